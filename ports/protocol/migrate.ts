// How a task changes hosts: between source, target, and the task's home, which decides.
//
//   source            target             home
//     │── reserve ──────▶│                 │
//     │◀──── reserved ───│  (or refused)   │
//     │── pages* ───────▶│                 │   a few at a time: more when some are taken
//     │◀─────── taken* ──│                 │
//     │── round ────────▶│                 │   only if the strategy copies while the task runs on;
//     │◀─────── rounded ─│                 │   then more rounds, and at last the freeze
//     │── transfer ─────▶│                 │   the task is frozen at the source, whole at the target
//     │◀──── prepared ───│                 │
//     │── commit ────────┼────────────────▶│   from here on only the home's answer frees the source
//     │◀─────────────────┼──── committed ──│   the line that changes the owner was passed before this
//     │── activate ─────▶│                 │   with the messages that came during the freeze
//     │◀──── activated ──│                 │
//
// Any of them may be late or repeated after a restart. Every message carries the move's name
// (source host, incarnation, counter). Presumed abort: the source may thaw alone only while it has
// not sent commit; the target, once prepared, neither drops nor runs its copy until it is told.

import { defineInterface, type Interface } from "./schema.ts";

const rows = {
  reserve: {
    doc: "Will you take this task? Answered by reserved or refused.",
    body: { move: "string", pid: "u53", home: "u8", epoch: "u32", pages: "u53", version: "u32" },
  },
  reserved: {
    doc: "Room is set aside by this incarnation of the target; send the task.",
    body: { move: "string", incarnation: "u32" },
  },
  refused: { doc: "No, and why.", body: { move: "string", reason: "string" } },
  pages: {
    doc: "Pages of one object of the image, before the image itself.",
    body: { move: "string", object: "u32", pages: "u53s", bytes: "bytes" },
  },
  transfer: {
    doc: "The image: everything but the pages sent before.",
    body: { move: "string", image: "bytes" },
  },
  prepared: { doc: "The target could run it, and will wait to be told.", body: { move: "string" } },
  activate: {
    doc: "The task is yours. `queues`: what arrived at its ports while it was frozen.",
    body: { move: "string", queues: "bytes" },
  },
  activated: { doc: "It runs at the target; the source may clean up.", body: { move: "string" } },
  abort: { doc: "The move is off; forget it.", body: { move: "string" } },
  inquire: {
    doc: "The target, in doubt, asks the source. Answered by abort or activate, or not yet.",
    body: { move: "string" },
  },
  taken: { doc: "The target has these pages; more may be sent.", body: { move: "string" } },
  round: {
    doc: "All pages of a round of copying have been sent; the task still runs at the source.",
    body: { move: "string", round: "u32" },
  },
  rounded: {
    doc: "The target has the pages of the round.",
    body: { move: "string", round: "u32" },
  },
} as const;

export const migrate: Interface<typeof rows> = defineInterface("migrate", 0x1c0, rows);

const homeRows = {
  commit: {
    doc: "Make `to` the owner if owner, epoch and move still are as the source believes.",
    body: {
      move: "string",
      pid: "u53",
      epoch: "u32",
      from: "u8",
      fromIncarnation: "u32",
      to: "u8",
      toIncarnation: "u32",
    },
  },
  verdict: {
    doc: "What the home has recorded of a move: committed, aborted, or open.",
    body: { move: "string", pid: "u53", verdict: "string" },
  },
  query: {
    doc: "What became of this move of that source?",
    body: { move: "string", pid: "u53", from: "u8", fromIncarnation: "u32" },
  },
  exited: {
    doc: "The task ended at its owner.",
    body: { pid: "u53", epoch: "u32", status: "u32" },
  },
  ended: {
    doc: "The task died with its owner: whoever keeps pages for it may drop them.",
    body: { pid: "u53" },
  },
} as const;

export const home: Interface<typeof homeRows> = defineInterface("home", 0x200, homeRows);
