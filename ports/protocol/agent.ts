// The operator's hands: what each host's agent is asked to do with ports and rights.
//
// Orders enter at a host's control port as world events. `pid` says in whose name space: a task's,
// or 0, the host's own; an order for a task goes after the task. Each ends with one event
// `agent.done` that names its `command`. Agents pass rights to each other in `user.message`s.

import { defineInterface, type Interface } from "./schema.ts";

const rows = {
  make: {
    doc: "Make a port with this queue limit; an empty policy is the cluster's.",
    body: { command: "u53", pid: "u53", limit: "u32", policy: "string" },
  },
  move: {
    doc: "Send the port's receive right to another host's own space.",
    body: { command: "u53", pid: "u53", uid: "u53", to: "u8", policy: "string" },
  },
  destroy: {
    doc: "Destroy the receive right: the port dies.",
    body: { command: "u53", pid: "u53", uid: "u53" },
  },
  give: {
    doc: "Give a right to a space: made of the receive right if it is here, else copied or moved. `once` is the number of a certain send-once right, 0 any.",
    body: {
      command: "u53",
      pid: "u53",
      uid: "u53",
      kind: "string",
      once: "u53",
      to: "u8",
      toPid: "u53",
    },
  },
  drop: {
    doc: "Give up one reference of a send right, or a send-once right.",
    body: { command: "u53", pid: "u53", uid: "u53", kind: "string", once: "u53" },
  },
  message: {
    doc: "Send a text as a thread of the space. `reply`: a port of which a send-once right goes along; `carry`: a right in the body; `timeoutNs` 2^53 - 1: wait for ever.",
    body: {
      command: "u53",
      pid: "u53",
      thread: "u32",
      uid: "u53",
      once: "u53",
      text: "string",
      reply: "u53",
      carryKind: "string",
      carry: "u53",
      carryOnce: "u53",
      timeoutNs: "u53",
    },
  },
  receive: {
    doc: "Receive the next message of a port, or wait for one; `timeoutNs` as in `message`.",
    body: { command: "u53", pid: "u53", uid: "u53", timeoutNs: "u53" },
  },
  answer: {
    doc: "To the agent that sent a right: it has a name now, or why not.",
    body: { command: "u53", code: "u32", reason: "string", once: "u53" },
  },
  closed: {
    doc: "To the agent of the host where the task is: what its thread had sent has an outcome.",
    body: { command: "u53", pid: "u53", thread: "u32" },
  },
} as const;

export const agent: Interface<typeof rows> = defineInterface("agent", 0x380, rows);

/** In `timeoutNs`: no timeout. */
export const noTimeout: number = Number.MAX_SAFE_INTEGER;
