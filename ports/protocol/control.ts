// Host control: what an operator, or another kernel, asks of a host or of a task.
//
// The operator's commands enter at a host's control port as world events: enqueued, reliable and
// without latency. Task messages go to the task's port, which moves with the task.

import { defineInterface, type Interface } from "./schema.ts";

const rows = {
  spawn: {
    doc: "Start a program as a job. `program` is looked up in the guests' tree. `streams` are opened in order as its descriptors, instead of the console's: `FD<PATH`, `FD>PATH`, `FD>>PATH`, `FD|PIPE` (a number that pipes.make was told), `FD&FD`.",
    body: {
      job: "u32",
      program: "string",
      arguments: "strings",
      environment: "strings",
      input: "u8",
      terminal: "flag",
      foreground: "flag",
      streams: "strings",
      wanderNs: "u53",
      strategy: "string",
    },
  },
  migrate: {
    doc: "Move a task, and with it all tasks of these jobs that are on its host. `sharing` says what becomes of tasks that share memory with them. `command` names the order in the events that answer it; the rest tunes the strategy.",
    body: {
      command: "u53",
      pid: "u53",
      to: "u8",
      strategy: "string",
      readAhead: "u32",
      rounds: "u32",
      stopPages: "u32",
      jobs: "u53s",
      sharing: "string",
    },
  },
  signal: {
    doc: "Deliver a signal to a task.",
    body: { command: "u53", pid: "u53", signal: "u8" },
  },
  declare: { doc: "Declare a host's incarnation dead for this host.", body: { host: "u8" } },
  sendEnded: {
    doc: "To a task's port: the outcome of a send that its thread left open on another host. `returned`: it was not sent, and the rest is the message, its rights and its reply right, which come back.",
    body: {
      send: "u53",
      tid: "u53",
      code: "u32",
      returned: "flag",
      number: "i53",
      token: "u53",
      bytes: "bytes",
      parts: "u53s",
      memory: "bytes",
    },
  },
  giveUp: {
    doc: "A thread that has moved on waits no longer for a send that it left here; `code` is how it ends if it was not sent.",
    body: { send: "u53", code: "u32" },
  },
} as const;

export const control: Interface<typeof rows> = defineInterface("control", 0x240, rows);

const notifyRows = {
  sendOnce: {
    doc: "A send-once right was destroyed unused: its request will never be answered.",
    body: {},
  },
  portDeleted: {
    doc: "The name, for which a dead-name notification was asked, is no longer in the space.",
    body: { name: "u32" },
  },
  noSenders: {
    doc: "The last send right is gone; so many had been made of the receive right by then.",
    body: { makeSends: "u32" },
  },
  deadName: { doc: "The port that the name stands for has died.", body: { name: "u32" } },
} as const;

export const notify: Interface<typeof notifyRows> = defineInterface("notify", 0x280, notifyRows);
