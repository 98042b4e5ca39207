// Only what cannot be had elsewhere goes during the freeze (MOSIX).
//
// Anonymous pages have no other copy; pages of files are clean, and come again from the file server
// when they are touched. For a program whose image is mostly its files the freeze is much shorter.

import type { Strategy } from "./strategy.ts";

export const eagerDirty: Strategy = {
  name: "eager-dirty",
  doc: "Anonymous pages go during the freeze; clean pages of files come again from the file server.",
  fetchesOwed: true,
  rounds: null,
  place: ({ kind }) => (kind === "file" ? "refetched" : "sent"),
  pushes: false,
};
