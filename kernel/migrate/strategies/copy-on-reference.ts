// Only the map goes; a page follows when it is touched (Accent, Zayas 1987).
//
// The freeze is the shortest there is, whatever the size of the image. The price is a fault over the
// cable for each page (`--read-ahead N` asks for N more with it), and a source that must stay up for
// as long as pages are owed.

import type { Strategy } from "./strategy.ts";

export const copyOnReference: Strategy = {
  name: "copy-on-reference",
  doc: "Pages follow when they are touched; the source keeps the rest until then.",
  fetchesOwed: false,
  rounds: null,
  place: ({ kind }) => (kind === "file" ? "refetched" : "left"),
  pushes: false,
};
