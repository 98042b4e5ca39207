// Pages go while the task runs, then those that it wrote meanwhile, and so on (V, Theimer 1985; Xen).
//
// The first round copies everything. A page that is written again before its turn is skipped: its
// next round comes. The rounds end when few pages are dirty (`--stop-below`), when there were enough of
// them (`--rounds`), or when they no longer help: the task dirties as fast as the cable carries.

import type { RoundProgress, Strategy } from "./strategy.ts";

/** A round has to leave less than this part of what the one before left: in tenths. */
const worthwhileTenths = 9;

function isWorthARound({ round, before, dirty, tuning }: RoundProgress): boolean {
  if (dirty <= tuning.stopPages || round >= tuning.rounds) return false;
  return dirty * 10 < before * worthwhileTenths;
}

export const preCopy: Strategy = {
  name: "pre-copy",
  doc: "Pages go while the task runs, then those written meanwhile; the rest during a short freeze.",
  fetchesOwed: true,
  rounds: { copies: () => "sent", goesOn: isWorthARound },
  place: () => "sent",
  pushes: false,
};
