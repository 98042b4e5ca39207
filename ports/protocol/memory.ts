// Between a kernel that caches pages and the pager that has them (Mach's EMMI).
//
//   kernel                          pager
//     │── init (object port) ────────▶│   a kernel shows the object; of pagers that are tasks only
//     │◀─ ready (control port) ───────│   how the kernel may deal with it; nothing is asked before
//     │── request (object port) ─────▶│   at most one outstanding for a page and kernel
//     │◀─ supply (control port) ──────│   precious: the pager has dropped its copy
//     │◀─ unavailable / error ────────│   zero fill, or a memory error for all who wait
//     │── unlock (object port) ──────▶│   the kernel has the page and wants an access more
//     │◀─ lock (control port) ────────│   first restrict, then return, then flush, then
//     │── locked (its reply port) ───▶│   one answer, behind all that was returned
//     │── return (object port) ──────▶│   pages that were written; the kernel keeps them until
//     │◀─ returned (control port) ────│   the pager says that it has them
//     │◀─ destroy (control port) ─────│   no page can be had any more
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
    doc: "Please supply pages, wanted for this access (1 read, 2 write, 4 execute); `rights[0]` is the control port of the kernel that asks.",
    body: { page: "u53", count: "u32", access: "u8" },
    rights: ["send: the kernel's control port for the object"],
  },
  supply: {
    doc: "Contents of one or more consecutive pages. `prohibited`: accesses that the kernel has to ask for first (1 read, 2 write, 4 execute). A reply right is answered by `supplied`.",
    body: { page: "u53", bytes: "bytes", precious: "flag", prohibited: "u8" },
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
    doc: "Whole pages that the kernel wants to drop: the pager keeps them and says `returned`. `keeps`: the kernel has them still.",
    body: { page: "u53", bytes: "bytes", dirty: "flag", keeps: "flag" },
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
  terminate: {
    doc: "The kernel has dropped the object; `rights[0]`, if it comes from a kernel that has said `init`, was its control port.",
    body: {},
  },
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
  init: {
    doc: "A kernel shows the object from now on, of a task or of a file that a program has mapped; `rights[0]` is its control port. `moved`: a task has come with the mapping.",
    body: { pageBytes: "u32", moved: "flag" },
    rights: ["send: the kernel's control port for the object"],
  },
  ready: {
    doc: "The pager will answer. `mayCache`: the pages may stay when nobody maps them. `copy`: 0, a copy has to be made at once, 1, it may be made page by page when it is written. `action` and `waitNs`: what a kernel does whose mapper left it open when an answer does not come: 0 wait, 1 fail, 2 substitute. It may be said again; a reply right is answered by `changed`.",
    body: { mayCache: "flag", copy: "u8", action: "u8", waitNs: "u53" },
  },
  changed: { doc: "Answer to ready: from now on it is as said there.", body: {} },
  unlock: {
    doc: "The kernel has the pages and wants these accesses too, all that were asked so far.",
    body: { page: "u53", count: "u32", access: "u8" },
    rights: ["send: the kernel's control port for the object"],
  },
  lock: {
    doc: "Of the pages that are here: prohibit these accesses (8: as before), return them (0 none, 1 what was written, 2 precious ones too), and drop them if `flush`. A reply right is answered by `locked`.",
    body: { page: "u53", count: "u32", returns: "u8", flush: "flag", prohibited: "u8" },
  },
  locked: {
    doc: "Answer to lock, behind everything that was returned for it.",
    body: { page: "u53", count: "u32" },
  },
  supplied: {
    doc: "Answer to a supply: 0, or 23 (KERN_MEMORY_PRESENT): some page was not asked for.",
    body: { page: "u53", count: "u32", error: "u32" },
  },
  claim: {
    doc: "To a file's object: programs of this kernel's host are going to write it through shared mappings. `grant`: 0, or a task that has come from another host brings that claim, which has changed hosts `step` times since it was granted.",
    body: { grant: "u53", step: "u53" },
    rights: ["send: the kernel's control port for the object"],
  },
  claimed: {
    doc: "Answer to claim, at the control port: 0, and which grant and step of it; or an errno: another host writes it, and the grant of the claim that is refused.",
    body: { error: "u32", grant: "u53", step: "u53" },
  },
  release: {
    doc: "Nobody on the kernel's host writes the object any more. `to`: the host to which the task has gone that did; else -1.",
    body: { to: "i53", incarnation: "u53" },
    rights: ["send: the kernel's control port for the object"],
  },
  gone: {
    doc: "To a file's object: a task that maps it has gone from this kernel to that host, whose kernel will say init.",
    body: { to: "u53", incarnation: "u53" },
    rights: ["send: the kernel's control port for the object"],
  },
  cut: {
    doc: "To the control port of a kernel that shows the file: it ends there now, and what was behind that is gone.",
    body: { bytes: "u53" },
  },
  flushed: {
    doc: "Answer to flush and to cut: the kernel has dropped what it had to.",
    body: {},
    rights: ["send: the kernel's control port for the object"],
  },
  writing: {
    doc: "To the control port of a kernel that has claimed to write: another wants to. Does it still?",
    body: {},
  },
  wrote: {
    doc: "Answer to writing; what was released before has come before it.",
    body: { writes: "flag" },
    rights: ["send: the kernel's control port for the object"],
  },
  destroy: {
    doc: "The object is no more: pages that are here are dropped, later faults fail with this errno.",
    body: { error: "u32" },
  },
} as const;

export const memory: Interface<typeof rows> = defineInterface("memory", 0x180, rows);
