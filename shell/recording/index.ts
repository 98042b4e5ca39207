// Recordings: what others may use of them.

export { replayBeside, replayCommand } from "./replay.ts";
export { createSaveFile, saveRecording } from "./save.ts";
export { verifyDeterminism, type VerifyOptions } from "./verify.ts";
