// The ports of one host: who holds their receive rights, and how a message gets to them.
//
//   send ──▶ principal here ──▶ queue or owner          the receive right is on this host
//       └──▶ proxy ──▶ stream to the host where the principal is believed to be
//
// A stream is go-back-N for one proxy: the messages without an outcome, in order, stamped with
// the port's location epoch. The outcome comes from the principal's host:
//
//   ok(n)      all up to n are queued               moved(host, epoch)   send them there again
//   full(n)    n and later were refused; "room" follows       dead       no such port any more
//
// That alone keeps messages of one host to one port in order, wherever the port goes (NORMA IPC
// v2 §3.2.2, §6.7): a receive right moves with its queue, and its new principal accepts nothing
// of its own epoch before the queue is there. `stream.ts` has the away half of this file.

import { assert, ByteReader, ByteWriter } from "./base/index.ts";
import type { TraceSink } from "./events.ts";
import { counterFirst, type HostId, makePortUid, portName, type PortUid, uidHost } from "./ids.ts";
import { makeMessage, type Message, notify, type Right } from "./protocol/index.ts";
import { decodeMessage, encodeMessage, type Location } from "./wire/codec.ts";
import type { Peer } from "./wire/peer.ts";

/** Who receives: a native server, the kernel itself (replies, memory objects), or a task's space. */
export type Owner =
  | { readonly kind: "server"; readonly server: string; readonly tag: string }
  | { readonly kind: "kernel"; readonly what: string; readonly id: number };

export interface Principal {
  readonly uid: PortUid;
  readonly where: "here";
  /** Location epoch: +1 each time the receive right changes hosts. */
  epoch: number;
  owner: Owner;
  readonly queue: Message[];
  limit: number;
  /** While its task is frozen, messages are queued and nobody receives. */
  held: boolean;
  /** Next stream number expected from each host, in this epoch. */
  readonly sources: Map<HostId, number>;
  /** Hosts that were refused because the queue was full; they get "room". */
  readonly starved: HostId[];
  /** What this host had sent, before the port came here, and has no outcome yet. */
  returning: Stream | null;
  /** Sent here while `returning` is open: it must not overtake what is in it. */
  readonly behind: Message[];
}

export interface Proxy {
  readonly uid: PortUid;
  readonly where: "away";
  host: HostId;
  epoch: number;
  stream: Stream;
  /** Refused for a full queue: the stream waits for "room". */
  stalled: boolean;
  /** When the receive right left this host; senders who ask are sent on. Null: never was here. */
  forwardsSince: number | null;
}

/**
 * Messages on their way to the principal at `host` in location epoch `epoch`, and not answered;
 * `first` is the number of the first of them. A proxy starts another stream only when this is empty.
 */
export interface Stream {
  readonly host: HostId;
  readonly epoch: number;
  first: number;
  unanswered: Message[];
}

export type Port = Principal | Proxy;

export interface Ports {
  readonly host: HostId;
  readonly incarnation: number;
  counter: number;
  readonly table: Map<PortUid, Port>;
  readonly peers: Map<HostId, Peer>;
  /**
   * Ports that came here by a move, or were forwarded from here, and are no more: who asks in this
   * location epoch or an earlier one is told so. (What was made here and is not here is dead.)
   */
  readonly gone: Map<PortUid, number>;
  /** The virtual time for which the flush of delayed outcomes is armed, or null. */
  flushAt: number | null;
  /** What the links brought and nobody has looked at yet: drained before an action ends. */
  readonly arrivals: Arrival[];
}

export type Arrival =
  | { readonly on: "datagram"; readonly from: HostId; readonly bytes: Uint8Array }
  | { readonly on: "dead"; readonly host: HostId; readonly incarnation: number }
  | { readonly on: "unreachable"; readonly host: HostId }
  | { readonly on: "told-dead"; readonly host: HostId };

export interface PortCosts {
  readonly messageNs: number;
  readonly packetNs: number;
}

/** What the ports need of their host. Its calls are performed at once. */
export interface PortsHost extends TraceSink {
  readonly now: number;
  readonly costs: PortCosts;
  /** Messages on one host go through the codec too, to find what is not plain. */
  readonly paranoid: boolean;
  charge(ns: number): void;
  /** Puts a frame on the cable to another host. */
  transmit(to: HostId, frame: Uint8Array): void;
  timer(at: number, what: PortsTimer): void;
  /** A message is in the queue of a port that is not held: its owner should look. */
  arrived(port: Principal): void;
  /** A host's incarnation is dead for this host, for ever. */
  hostDead(host: HostId, incarnation: number): void;
  /** A host says that it holds this host's incarnation for dead. */
  toldDead(host: HostId): void;
}

export type PortsTimer =
  | { readonly on: "link"; readonly peer: HostId }
  | { readonly on: "flush" }
  | { readonly on: "retry"; readonly port: PortUid };

export const queueLimitDefault = 1024;

export function createPorts(host: HostId, incarnation: number): Ports {
  return {
    host,
    incarnation,
    counter: counterFirst,
    table: new Map(),
    peers: new Map(),
    gone: new Map(),
    flushAt: null,
    arrivals: [],
  };
}

/** Makes a port whose receive right is here. */
export function createPort(ports: Ports, owner: Owner, limit: number = queueLimitDefault): PortUid {
  const uid = makePortUid(ports.host, ports.incarnation, ports.counter++);
  ports.table.set(uid, newPrincipal(uid, owner, 0, limit));
  return uid;
}

/** Makes one of the well-known ports of this host. */
export function createWellKnownPort(ports: Ports, uid: PortUid, owner: Owner): void {
  ports.table.set(uid, newPrincipal(uid, owner, 0, queueLimitDefault));
}

export function newPrincipal(uid: PortUid, owner: Owner, epoch: number, limit: number): Principal {
  return {
    uid,
    where: "here",
    epoch,
    owner,
    queue: [],
    limit,
    held: false,
    sources: new Map(),
    starved: [],
    returning: null,
    behind: [],
  };
}

/** The principal of a port that is here, or undefined. */
export function portHere(ports: Ports, uid: PortUid): Principal | undefined {
  const port = ports.table.get(uid);
  return port?.where === "here" ? port : undefined;
}

/** What this host believes about where a port is. */
export function locatePort(ports: Ports, uid: PortUid): Location {
  const port = ports.table.get(uid);
  if (!port) return { host: uidHost(uid), epoch: 0 };
  return { host: port.where === "here" ? ports.host : port.host, epoch: port.epoch };
}

/** Puts a message in the queue of a port that is here. Never refuses: limits are the caller's. */
export function enqueue(port: Principal, message: Message, host: PortsHost): void {
  port.queue.push(message);
  if (host.wants) host.emit("msg.enqueue", { port: portName(port.uid), op: message.op });
  if (!port.held) host.arrived(port);
}

/** A message that stays on this host, as it would look after a cable. */
export function throughCodec(ports: Ports, message: Message): Message {
  const writer = new ByteWriter();
  encodeMessage(writer, message, (uid) => locatePort(ports, uid));
  const reader = new ByteReader(writer.finish());
  const copy = decodeMessage(reader, () => undefined);
  assert(reader.left === 0, `${message.op} decodes to its last byte`);
  return copy;
}

/**
 * Receives the next message of a port, or undefined. Hosts that were refused for want of room are
 * told by the caller through `roomFor`.
 */
export function dequeue(port: Principal): Message | undefined {
  return port.held ? undefined : port.queue.shift();
}

/** A message that will reach nobody: its reply right, if any, becomes a notification. */
export function sendOnceNotification(message: Message): { to: Right; message: Message } | null {
  if (message.reply?.kind !== "send-once") return null;
  return { to: message.reply, message: makeMessage(notify.sendOnce, {}, { id: message.id }) };
}
