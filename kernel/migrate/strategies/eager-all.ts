// Everything goes while the task stands still (Charlotte, LOCUS; Milojičić et al. 2000, section 3.2).
//
// The freeze is as long as the image is large, and afterwards the source can be switched off.

import type { Strategy } from "./strategy.ts";

export const eagerAll: Strategy = {
  name: "eager-all",
  doc: "All pages go during the freeze; nothing is left on the source.",
  fetchesOwed: true,
  rounds: null,
  place: () => "sent",
  pushes: false,
};
