// What tasks send each other: the kernel knows how many rights there are and where the memory is,
// and nothing of what the bytes mean.

import { defineInterface, type Interface } from "./schema.ts";

const rows = {
  message: {
    doc: "A task's message. `number` is msgh_id; `parts` describes its body: pairs of kind and length, in order: 1 a port (length 1), 2 an array of ports, 3 memory of so many bytes. The rights of all ports stand in the message's rights, the memory, joined, in `memory`. `token` is the pid of the sender, 0 for the operator.",
    body: {
      number: "i53",
      token: "u53",
      bytes: "bytes",
      parts: "u53s",
      memory: "bytes",
    },
  },
} as const;

export const user: Interface<typeof rows> = defineInterface("user", 0x2c0, rows);

/** The kinds of `parts`. */
export const partKinds = { port: 1, ports: 2, memory: 3 } as const;
