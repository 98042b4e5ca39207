// The ports of one host: who holds their receive rights, and what this host knows of the others.
//
//   send ──▶ principal here ──▶ queue ──▶ owner             the receive right is on this host
//       └──▶ proxy ──▶ the host where the principal is believed to be
//
// Two kinds of traffic reach a port on another host. Kernels and native servers pipeline theirs:
// a stream, go-back-N, one for each proxy (`stream.ts`). A user thread has one send without an
// outcome at most, and its outcome comes from the principal's host (`send.ts`). How a port that has
// moved is found is a policy (`location.ts`).
//
// What follows from one thing for another is not called but put on the agenda, which is worked off
// before the action ends (`agenda.ts`): so no part of the ports has to know all others.

import { assert, ByteReader, ByteWriter, must } from "./base/index.ts";
import { counterFirst, type HostId, makePortUid, portName, type PortUid, uidHost } from "./ids.ts";
import type { LocationName } from "./location-names.ts";
import type { Plant } from "./plant.ts";
import { makeMessage, type Message, notify, type Right } from "./protocol/index.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Counted, Owner, Ports, Principal, Proxy, Stream } from "./state.ts";
import { decodeMessage, encodeMessage, type Known, type Location } from "./wire/codec.ts";

const queueLimitDefault = 1024;

export function createPorts(
  host: HostId,
  incarnation: number,
  policy: LocationName = "redirect",
  plant: Plant | null = null,
): Ports {
  return {
    host,
    incarnation,
    policy,
    plant,
    counter: counterFirst,
    streams: 1,
    messages: 1,
    stamp: 1,
    activity: 1,
    queuedBytes: 0,
    malformed: 0,
    table: new Map(),
    peers: new Map(),
    sends: new Map(),
    gone: new Map(),
    departed: new Set(),
    recounts: new Map(),
    recountNext: 1,
    flushAt: null,
    agenda: [],
  };
}

/** Makes a port whose receive right is here, for the kernel or a native server: not counted. */
export function createPort(ports: Ports, owner: Owner, limit: number = queueLimitDefault): PortUid {
  const uid = makePortUid(ports.host, ports.incarnation, ports.counter++);
  ports.table.set(uid, newPrincipal(uid, { owner, epoch: 0, limit, policy: ports.policy }));
  return uid;
}

/** Makes one of the well-known ports of this host. */
export function createWellKnownPort(ports: Ports, uid: PortUid, owner: Owner): void {
  const limit = queueLimitDefault;
  ports.table.set(uid, newPrincipal(uid, { owner, epoch: 0, limit, policy: ports.policy }));
}

/** What a new principal is told; the rest is empty. */
export interface PrincipalPlan {
  readonly owner: Owner;
  readonly epoch: number;
  readonly limit: number;
  readonly policy: LocationName;
}

export function newPrincipal(uid: PortUid, plan: PrincipalPlan): Principal {
  return {
    uid,
    where: "here",
    ...plan,
    queue: [],
    stamps: [],
    held: false,
    sources: new Map(),
    starved: [],
    returning: null,
    behind: [],
    waiting: [],
    watchers: new Set(),
    trail: new Set(),
    holders: new Set(),
    pausing: null,
    pauses: 0,
    counted: null,
  };
}

/**
 * A proxy that looks for the port at its origin. Undefined if that is here and the port never left:
 * it is dead. If it left and nothing is known of it any more, its host is this one: it is lost.
 */
export function proxyTo(ports: Ports, uid: PortUid): Proxy | undefined {
  if (uidHost(uid) === ports.host && !ports.departed.has(uid)) return undefined;
  return makeProxy(ports, uid, { host: uidHost(uid), epoch: 0, policy: ports.policy });
}

export function makeProxy(ports: Ports, uid: PortUid, known: Known): Proxy {
  const proxy: Proxy = {
    uid,
    where: "away",
    host: known.host,
    epoch: known.epoch,
    policy: known.policy,
    stream: newStream(ports, known),
    stalled: false,
    forwardsSince: null,
    waiting: [],
    paused: false,
    search: null,
    claim: null,
    watched: false,
    listens: null,
    activity: 0,
    leaving: false,
    standing: [],
  };
  ports.table.set(uid, proxy);
  return proxy;
}

export function newStream(ports: Ports, { host, epoch }: Location): Stream {
  return { id: ports.streams++, host, epoch, first: 0, unanswered: [], sent: 0 };
}

/** Whether this host knows no host on which it could try to find the port. */
export function isLost(ports: Ports, proxy: Proxy): boolean {
  return proxy.host === ports.host;
}

/** Whether nothing may be sent to the port now: it is about to move, or is being looked for. */
export function isBarred({ paused, search }: Proxy): boolean {
  return paused || (search !== null && search.phase !== "trying");
}

/** The principal of a port that is here, or undefined. */
export function portHere(ports: Ports, uid: PortUid): Principal | undefined {
  const port = ports.table.get(uid);
  return port?.where === "here" ? port : undefined;
}

/** What this host believes about where a port is, and how it is found when it has moved. */
export function locatePort(ports: Ports, uid: PortUid): Known {
  const port = ports.table.get(uid);
  if (!port) return { host: uidHost(uid), epoch: 0, policy: ports.policy };
  const host = port.where === "here" ? ports.host : port.host;
  return { host, epoch: port.epoch, policy: port.policy };
}

/** Puts a message in the queue of a port that is here. Never refuses: limits are the caller's. */
export function enqueue(ports: Ports, port: Principal, message: Message, host: PortsHost): void {
  port.queue.push(message);
  port.stamps.push(ports.stamp++);
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
  if (port.held) return undefined;
  port.stamps.shift();
  return port.queue.shift();
}

/** The rights of a message, its reply right among them, are no more. */
export function dropRights(ports: Ports, message: Message): void {
  const { id, reply, rights } = message;
  if (reply) ports.agenda.push({ on: "dropped", right: reply, id });
  for (const right of rights) ports.agenda.push({ on: "dropped", right, id });
}

/** A send-once right is destroyed unused: its port is told so (Mach Kernel Principles, ch. 4). */
export function sendOnceNotification(right: Right, id: number): Message {
  return makeMessage(notify.sendOnce, {}, { id, via: right.count }) as Message;
}

/** The counts of a port that is known to be counted. */
export function countedOf(port: Principal): Counted {
  return must(port.counted, "counts of a counted port");
}
