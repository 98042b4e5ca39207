// What the ports of two hosts say to each other about ports.
//
// Those of the first table are addressed to a port and go wherever its receive right is, in order
// with other traffic; the ports themselves receive them. Those of the second are for a host.

import { defineInterface, type Interface } from "./schema.ts";

const portRows = {
  yield: {
    doc: "Send rights are gone: their transits come back.",
    body: { transits: "u53" },
  },
  acquire: {
    doc: "The sender's one transit cannot be split: it asks for more, for a space of its own.",
    body: { host: "u8", space: "u53" },
  },
  watch: { doc: "A host wants to be told when the port dies.", body: { host: "u8" } },
  hold: { doc: "A host has a right to the port: it is to be told of moves.", body: { host: "u8" } },
  pull: {
    doc: "The receive right, which went in a message, has been received on this host.",
    body: { host: "u8" },
  },
  carried: {
    doc: "The message with the receive right lies on this host now.",
    body: { host: "u8" },
  },
  abandon: { doc: "The message with the receive right was destroyed: the port dies.", body: {} },
} as const;

export const port: Interface<typeof portRows> = defineInterface("port", 0x300, portRows);

const hostRows = {
  granted: {
    doc: "More transits, for the space that asked.",
    body: { uid: "u53", transits: "u53", space: "u53" },
  },
  died: {
    doc: "The port is dead, in or before this location epoch.",
    body: { uid: "u53", epoch: "u32" },
  },
  located: {
    doc: "The port's receive right is on this host since this location epoch.",
    body: { uid: "u53", host: "u8", epoch: "u32" },
  },
  listen: {
    doc: "For who wants to hear of the port's death: its host is this one now. Nothing is sent there for that.",
    body: { uid: "u53", host: "u8", epoch: "u32" },
  },
  lookup: { doc: "Where is this port?", body: { uid: "u53", round: "u32" } },
  known: {
    doc: "The answer: `state` 0 never heard of it, 1 here, 2 sent to `host`, 3 dead, 4 under way to `host`. `losses`: whether a host has died, as far as this one knows.",
    body: {
      uid: "u53",
      round: "u32",
      state: "u8",
      host: "u8",
      epoch: "u32",
      losses: "flag",
    },
  },
  carry: {
    doc: "The receive right itself: all that its port is, with its queue.",
    body: { port: "bytes" },
  },
  pause: {
    doc: "Policy update: the port is about to move; send nothing more to it until told where.",
    body: { uid: "u53", round: "u32", epoch: "u32" },
  },
  paused: {
    doc: "Everything that this host sent to the port has arrived before this.",
    body: { uid: "u53", round: "u32" },
  },
  resume: {
    doc: "Policy update: go on, to the host where the port is now.",
    body: { uid: "u53", host: "u8", epoch: "u32" },
  },
  relayed: {
    doc: "Policy relay: the send went on to this host; later ones may go there directly.",
    body: {
      send: "u53",
      uid: "u53",
      hops: "u8",
      host: "u8",
      incarnation: "u32",
      epoch: "u32",
    },
  },
  idle: {
    doc: "Nobody here waits for room any more: the next one may have it.",
    body: { uid: "u53" },
  },
  count: {
    doc: "A host is dead: report what you hold of these ports.",
    body: { round: "u53", uids: "u53s" },
  },
  counted: {
    doc: "For each of the ports, in order: transits held, activity, 1 if something with a right of it is under way, the number of send-once rights, and their numbers.",
    body: { round: "u53", counts: "u53s" },
  },
} as const;

export const hosts: Interface<typeof hostRows> = defineInterface("hosts", 0x340, hostRows);
