// Only the map goes, and then the source sends the pages on its own (CRIU's lazy pages).
//
// It freezes like copy-on-reference, and like it answers faults at once. Between faults the residual
// pager pushes: 64 KiB, then 64 KiB more each time, up to 4 MiB; a fault brings it back to 64 KiB. So
// the source is free after about the time that the image takes on the cable.

import type { Strategy } from "./strategy.ts";

export const postCopy: Strategy = {
  name: "post-copy",
  doc: "The task runs at once; the source pushes its pages in the background, those touched first.",
  fetchesOwed: false,
  rounds: null,
  place: ({ kind }) => (kind === "file" ? "refetched" : "left"),
  pushes: true,
};
