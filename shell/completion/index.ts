// Completion: what may stand at the cursor, and the scripts that tell bash, zsh and fish the same.

export { complete, type Completion } from "./complete.ts";
export { completionScript, shells } from "./scripts.ts";
export type { CommandRow } from "./shape.ts";
export type { Entry, VerbWords, World } from "./world.ts";
