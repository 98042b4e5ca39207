// The shell at a terminal: what others may use of it.

export { runShell, runShellAt, runShellOn, type ShellStart, type Terminal } from "./shell.ts";
