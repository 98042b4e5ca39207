// The barrier's end: the last host to arrive, or the main thread when it starts a run, decides who
// goes on. The main thread is not in the loop.

import type { Board, Timing } from "./horizon.ts";
import { grant } from "./horizon.ts";
import { openGate, parkCode, ringBell, runWord, type Shared, word } from "./shared.ts";

export function grantTo(shared: Shared, board: Board, timing: Timing): void {
  const { words } = shared;
  const decided = grant(board, timing);
  if (Atomics.load(words, word.stop) === 1) {
    park(shared, parkCode.stopped);
    return;
  }
  if ("park" in decided) {
    park(shared, parkCode[decided.park]);
    return;
  }
  Atomics.store(words, word.awake, decided.wake.length);
  for (const id of decided.wake) {
    Atomics.store(words, runWord(id), 1);
    openGate(shared, id);
  }
}

function park(shared: Shared, code: number): void {
  Atomics.store(shared.words, word.park, code);
  ringBell(shared);
}
