// The line shell: what others may use of it.

export {
  describeFailure,
  describeMistake,
  executeLine,
  type PreparedLine,
  prepareLine,
  runLine,
} from "./lines.ts";
export { done, failed, type Failure, type Outcome } from "./outcome.ts";
export { type Line, parseLine, printLine } from "./parse.ts";
export { runScripts } from "./script.ts";
export { Session, type SessionOptions } from "./session.ts";
export { runShell, runShellAt, type Terminal } from "./shell.ts";
export type { Verb } from "./verb.ts";
export { waitForAll } from "./verbs-jobs.ts";
export { findVerb, helpLines, helpOn, verbNames, verbTable } from "./verbs.ts";
