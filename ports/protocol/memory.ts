// Between a kernel that caches pages and the pager that has them (Mach's EMMI).
//
//   kernel                          pager
//     │── request (object port) ─────▶│   at most one outstanding for a page and kernel
//     │◀─ supply (control port) ──────│   precious: the pager has dropped its copy
//     │◀─ unavailable / error ────────│   zero fill, or a memory error for all who wait
//     │── return (object port) ──────▶│   pages that were written; the kernel keeps them until
//     │◀─ returned (control port) ────│   the pager says that it has them
//     │── push ──────────────────────▶│   send the rest on your own, when nothing is asked for
//     │◀─ pushed (control port) ──────│   the pager keeps the pages until
//     │── taken ─────────────────────▶│   the kernel has them
//     │◀─ flush (control port) ───────│   somebody wrote to the file: drop its pages
//     │── terminate ─────────────────▶│   the kernel will ask no more
//
//     │── create ────────▶ swap       │   an object for pages that have no pager of their own
//     │◀─ created + the object port ──│
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
  return: {
    doc: "Whole pages that the kernel wants to drop: the pager keeps them and says `returned`.",
    body: { page: "u53", bytes: "bytes", dirty: "flag" },
    rights: ["send: the kernel's control port for the object"],
  },
  returned: {
    doc: "The pager has the returned pages, or errno: it has not.",
    body: { page: "u53", count: "u32", error: "u32" },
  },
  create: { doc: "To the default pager: a new object for anonymous pages.", body: {} },
  created: {
    doc: "The new object's port, or errno.",
    body: { error: "u32" },
    rights: ["send: the memory object"],
  },
  synchronize: {
    doc: "Answered when all that was returned before is in the object.",
    body: {},
  },
  synchronized: { doc: "Answer to synchronize.", body: {} },
  flush: {
    doc: "The object has changed: the kernel drops what it has of it, and asks again when it is used.",
    body: {},
  },
  terminate: { doc: "The kernel has dropped the object.", body: {} },
  push: {
    doc: "To a residual pager: send what you keep without being asked; what is asked for goes first.",
    body: {},
    rights: ["send: the kernel's control port for the object"],
  },
  pushed: {
    doc: "Pages that nobody has asked for. The pager keeps them until they are taken.",
    body: { page: "u53", bytes: "bytes" },
    rights: ["send: the pager's port for the object"],
  },
  taken: { doc: "The kernel has the pushed pages.", body: { page: "u53", count: "u32" } },
} as const;

export const memory: Interface<typeof rows> = defineInterface("memory", 0x180, rows);
