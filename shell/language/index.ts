// The line shell: what others may use of it.

export type { Offer } from "./arguments.ts";
export { describeMistake } from "./include.ts";
export { type Job, type Jobs, type JobState, liveTasks, stateOf, stopOf } from "./jobs.ts";
export {
  executeLine,
  type PreparedLine,
  prepareLine,
  prepareStatements,
  runLine,
} from "./lines.ts";
export { describeFailure, done, failed, type Failure, type Outcome } from "./outcome.ts";
export { parseScript } from "./parse.ts";
export { constantCommand } from "./plain.ts";
export { programsIn } from "./programs.ts";
export { runLines, runScripts } from "./script.ts";
export { type LiveTerminal, type Pacer, Session, type SessionOptions } from "./session.ts";
export type * from "./syntax.ts";
export { type Topic, topicNames, topics, type Verb, type VerbOption } from "./verb.ts";
export { waitForAll } from "./verbs-jobs.ts";
export { findVerb, helpLines, helpOn, verbNames, verbTable } from "./verbs.ts";
