// Host control: what an operator, or another kernel, asks of a host or of a task.
//
// The operator's commands enter at a host's control port as world events: enqueued, reliable and
// without latency. Task messages go to the task's port, which moves with the task.

import { defineInterface, type Interface } from "./schema.ts";

const rows = {
  spawn: {
    doc: "Start a program as a job. `program` is looked up in the guests' tree.",
    body: {
      job: "u32",
      program: "string",
      arguments: "strings",
      environment: "strings",
      input: "u8",
      terminal: "flag",
      wanderNs: "u53",
      strategy: "string",
    },
  },
  migrate: {
    doc: "Move a task. `command` names the order in the events that answer it.",
    body: { command: "u53", pid: "u53", to: "u8", strategy: "string", readAhead: "u32" },
  },
  signal: {
    doc: "Deliver a signal to a task.",
    body: { command: "u53", pid: "u53", signal: "u8" },
  },
  declare: { doc: "Declare a host's incarnation dead for this host.", body: { host: "u8" } },
} as const;

export const control: Interface<typeof rows> = defineInterface("control", 0x240, rows);

const notifyRows = {
  sendOnce: {
    doc: "A send-once right was destroyed unused: its request will never be answered.",
    body: {},
  },
} as const;

export const notify: Interface<typeof notifyRows> = defineInterface("notify", 0x280, notifyRows);
