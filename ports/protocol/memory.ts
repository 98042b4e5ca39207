// Between a kernel that caches pages and the pager that has them (Mach's EMMI).
//
//   kernel                          pager
//     │── request (object port) ─────▶│   at most one outstanding for a page and kernel
//     │◀─ supply (control port) ──────│   precious: the pager has dropped its copy
//     │◀─ unavailable / error ────────│   zero fill, or a memory error for all who wait
//     │── terminate ─────────────────▶│   the kernel will ask no more
//
// A page is 4 KiB; pages are counted from the start of the object.

import { defineInterface, type Interface } from "./schema.ts";

const rows = {
  request: {
    doc: "Please supply pages; `rights[0]` is the control port of the kernel that asks.",
    body: { page: "u53", count: "u32" },
    rights: ["send: the kernel's control port for the object"],
  },
  supply: {
    doc: "Contents of one or more consecutive pages.",
    body: { page: "u53", bytes: "bytes", precious: "flag" },
  },
  unavailable: {
    doc: "The pager has no such pages: zero fill.",
    body: { page: "u53", count: "u32" },
  },
  error: {
    doc: "The pages cannot be had; errno.",
    body: { page: "u53", count: "u32", error: "u32" },
  },
  terminate: { doc: "The kernel has dropped the object.", body: {} },
} as const;

export const memory: Interface<typeof rows> = defineInterface("memory", 0x180, rows);
