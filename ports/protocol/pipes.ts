// Pipes between tasks, wherever they are: a server on `fs` keeps the bytes that are under way.
//
//   operator ──make──▶ pipe server          a pipe of which neither end is there yet
//   writer   ──join──▶  │   ◀──join── reader
//            ◀─joined──      ──joined─▶     each then holds a right to its end, and speaks files
//
//   reader's end    read: bytes, as soon as there are any; none once nobody can write any more
//   writer's end    write: waits for room; EPIPE once nobody can read any more
//
// An end is gone when its holder has closed it (an acknowledged message), when the last right to
// it is gone (its holder died with a host: no-senders), when the host that should have started its
// holder died before it joined, or when that host says that it will not be joined.

import { defineInterface, type Interface } from "./schema.ts";

/** The ends of a pipe; a descriptor of a task that is 0 reads, any other writes. */
export const pipeEnds = { read: 0, write: 1 } as const;

const rows = {
  make: {
    doc: "Make a pipe with this number; a task on host `reader` and one on host `writer` will join it, in these incarnations of the hosts. A world event.",
    body: {
      pipe: "u53",
      reader: "u8",
      readerIncarnation: "u32",
      writer: "u8",
      writerIncarnation: "u32",
    },
  },
  join: {
    doc: "Ask for an end of the pipe, once for each end.",
    body: { pipe: "u53", end: "u8" },
  },
  forgo: {
    doc: "The end will not be joined: its task has ended before. Not answered.",
    body: { pipe: "u53", end: "u8" },
  },
  joined: {
    doc: "The end, which then speaks the files interface.",
    body: { error: "u32" },
    rights: ["send: the end of the pipe"],
  },
} as const;

export const pipes: Interface<typeof rows> = defineInterface("pipes", 0x3c0, rows);
