// One round of pre-copy, then post-copy for what was written meanwhile.
//
// A page that was copied and not written since is at the target and is never sent again. The freeze
// carries no page; after it the source owes only what was dirtied during the round.

import type { Strategy } from "./strategy.ts";

export const hybrid: Strategy = {
  name: "hybrid",
  doc: "One round while the task runs; pages written meanwhile stay, and are pushed after the move.",
  fetchesOwed: true,
  rounds: { copies: () => "sent", goesOn: () => false },
  place: ({ kind }) => (kind === "file" ? "refetched" : "left"),
  pushes: true,
};
