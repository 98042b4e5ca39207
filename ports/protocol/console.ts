// Consoles: where the standard streams of a job live (on host `fs`).

import { defineInterface, type Interface } from "./schema.ts";

/** What a job's standard input is; it decides when a read completes. */
export const inputKinds = { empty: 0, file: 1, pipe: 2, terminal: 3 } as const;

const rows = {
  attach: {
    doc: "Make the three streams of a job; `input` is one of the input kinds. A job in the background may not read its terminal.",
    body: { job: "u32", input: "u8", terminal: "flag", foreground: "flag" },
  },
  attached: {
    doc: "Standard input, output and error, which then speak the files interface.",
    body: { error: "u32" },
    rights: ["send: standard input", "send: standard output", "send: standard error"],
  },
  foreground: {
    doc: "A job gets its terminal, or another one has it from now on; a world event.",
    body: { job: "u32", foreground: "flag" },
  },
  typed: {
    doc: "Bytes typed at a job's terminal; a world event. `flush`: a reader gets what there is of the line, be it nothing; `end`: the end of input, for good.",
    body: { job: "u32", bytes: "bytes", flush: "flag", end: "flag" },
  },
} as const;

export const console: Interface<typeof rows> = defineInterface("console", 0x140, rows);
