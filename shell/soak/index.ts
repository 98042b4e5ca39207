// The soak: random worlds of ports that move, and checkers that read what happened.

export { soakCommand, soakHelp } from "./command.ts";
export { soak, type SoakReport } from "./soak.ts";
