// Recordings: what others may use of them.

export { replayBeside, replayCommand } from "./replay.ts";
export { createSaveFile, loadRecording, saveRecording, type SaveOptions } from "./save.ts";
export { verdictLine } from "./verdict.ts";
export { verifyDeterminism, type VerifyOptions } from "./verify.ts";
