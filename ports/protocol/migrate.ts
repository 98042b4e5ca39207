// How tasks change hosts: between source, target, and their home, which decides. What moves is a
// unit of one or more tasks; most often it is one.
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
    doc: "Will you take these tasks, with so many pages? Answered by reserved or refused.",
    body: {
      move: "string",
      pids: "u53s",
      epochs: "u53s",
      home: "u8",
      pages: "u53",
      version: "u32",
    },
  },
  reserved: {
    doc: "Room is set aside by this incarnation of the target; send the tasks.",
    body: { move: "string", incarnation: "u32" },
  },
  refused: {
    doc: "No: which rule says so, of what, and what is wrong with that.",
    body: { move: "string", rule: "string", object: "string", detail: "string" },
  },
  pages: {
    doc: "Pages of one object of the image, before the image itself.",
    body: { move: "string", object: "u32", pages: "u53s", bytes: "bytes" },
  },
  transfer: {
    doc: "The image: everything but the pages sent before.",
    body: { move: "string", image: "bytes" },
  },
  prepared: {
    doc: "The target could run them, and will wait to be told.",
    body: { move: "string" },
  },
  activate: {
    doc: "The tasks are yours. `queues`: what arrived at their ports while they were frozen.",
    body: { move: "string", queues: "bytes" },
  },
  activated: { doc: "They run at the target; the source may clean up.", body: { move: "string" } },
  abort: { doc: "The move is off; forget it.", body: { move: "string" } },
  inquire: {
    doc: "The source, whom the home holds for dead, wants to know what the home has recorded. Answered by activated or refused.",
    body: { move: "string" },
  },
  taken: { doc: "The target has these pages; more may be sent.", body: { move: "string" } },
  round: {
    doc: "All pages of a round of copying have been sent; the tasks still run at the source.",
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
    doc: "Make `to` the owner of all these tasks, if owner, epoch and move of each still are as the source believes.",
    body: {
      move: "string",
      pids: "u53s",
      epochs: "u53s",
      from: "u8",
      fromIncarnation: "u32",
      to: "u8",
      toIncarnation: "u32",
    },
  },
  verdict: {
    doc: "What the home has recorded of a move: committed, aborted, or open.",
    body: { move: "string", verdict: "string" },
  },
  query: {
    doc: "What became of this move of that source?",
    body: { move: "string", pids: "u53s", from: "u8", fromIncarnation: "u32" },
  },
  exited: {
    doc: "The task ended at its owner.",
    body: { pid: "u53", epoch: "u32", status: "u32" },
  },
  birth: {
    doc: "A task that is at home there makes another on this host: its pid, and a record of its owner.",
    body: { host: "u8", incarnation: "u32" },
  },
  born: { doc: "The new task's pid, or why there is none.", body: { error: "u32", pid: "u53" } },
  ended: {
    doc: "These tasks have ended, some with their owner: whoever keeps pages for none but them may drop those.",
    body: { pids: "u53s" },
  },
} as const;

export const home: Interface<typeof homeRows> = defineInterface("home", 0x200, homeRows);
