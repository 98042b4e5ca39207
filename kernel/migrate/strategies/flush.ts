// Dirty pages go to the file server's host, and the target pages from there (Sprite).
//
// What is dirty when the move begins is written to swap while the task runs; what it dirties meanwhile
// follows during the freeze. Nothing stays on the source: the task depends on `fs`, which it does
// anyway. A move that is aborted has lost nothing: the copies in swap stay good.

import type { Strategy } from "./strategy.ts";

export const flush: Strategy = {
  name: "flush",
  doc: "Dirty pages go to swap on fs, and the target pages from there; nothing is left on the source.",
  fetchesOwed: true,
  rounds: {
    copies: ({ kind }) => (kind === "file" ? "not" : "swapped"),
    goesOn: () => false,
  },
  place: ({ kind }) => (kind === "file" ? "refetched" : "swapped"),
  pushes: false,
};
