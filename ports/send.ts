// Sends of threads: one at a time for each thread, each with an outcome from the principal's host.
//
//                 ┌───────────── refused: full ─────────── room
//                 ▼                                         ▲
//   (submit) ──▶ out ── done ──▶ over                       │ "room"
//                 │ ▲                                       │
//                 │ └───────── found ──────── location ◀────┘ the port has moved
//                 └── moved, unknown ───────────▲
//
// A send stays on the host where it was made until it has an outcome, also when its thread has
// moved on (EXACT §2.16). "room" and "location" mean that the message is certainly not queued
// anywhere; then it can be given back. While it is "out" only an answer ends it, or the death of
// the host it went to: then nobody knows, and it is never sent a second time.
//
// Since a thread has no second send while the first is open, and since the queue moves with the
// port before the new principal takes anything, messages of one thread to one port stay in order,
// by whatever path they went (EXACT "FIFO by policy").

import { assert, type ByteReader, must } from "./base/index.ts";
import {
  answerNames,
  bulkBytes,
  datagram,
  kinds,
  readAnswer,
  readLocation,
  tell,
  writeLocation,
} from "./datagram.ts";
import { type HostId, hostName, portName, type PortUid, uidHost, uidIncarnation } from "./ids.ts";
import { learn, noteRights, relocate, touchRights } from "./learn.ts";
import { planted } from "./plant.ts";
import {
  dropRights,
  isLost,
  locatePort,
  portHere,
  type Ports,
  type PortsHost,
  type Principal,
  type Proxy,
  proxyTo,
  type Sender,
  type SendRecord,
  throughCodec,
} from "./port.ts";
import { type Body, hosts as hostOps, type Message } from "./protocol/index.ts";
import { giveRoom } from "./stream.ts";
import { type Place, placeOf, relaysFor, takeIn } from "./take-in.ts";
import { decodeMessage, encodeMessage, type Location } from "./wire/codec.ts";
import { incarnationOf, isKnownDead, sendDatagram, hearOfIncarnation } from "./wire/transport.ts";

/** Mach's codes for how a send ends. */
export const sendEnds = { sent: 0, timedOut: 0x10000004, interrupted: 0x10000007 } as const;

/** Bytes of threads' messages that may lie queued on one host. */
export const queuedBytesMax: number = 64 * 2 ** 20;
const shortRetryNs = 10_000_000;

export interface SendRequest {
  readonly to: PortUid;
  /** Its id is unique in the cluster. Rights in it are the message's now. */
  readonly message: Message;
  readonly sender: Sender;
  /** By a send-once right: it never waits for room. */
  readonly always: boolean;
  /** How long it may wait; null: without end; 0: not at all. */
  readonly timeoutNs: number | null;
}

export type Submitted =
  { readonly done: true; readonly code: number } | { readonly done: false; readonly id: number };

/**
 * Sends for a thread. Done with code 0: it is queued, or its port is dead and it was destroyed,
 * which a sender cannot tell from that. Done with another code: it was certainly not sent, and its
 * rights are the caller's again. Not done: `PortsHost.sendEnded` will say.
 */
export function sendForThread(ports: Ports, request: SendRequest, host: PortsHost): Submitted {
  host.charge(host.costs.messageNs);
  const { to, message, always, timeoutNs, sender } = request;
  const port = ports.table.get(to);
  if (port?.where === "here" && (always || hasRoom(port))) {
    const copy = host.paranoid ? throughCodec(ports, message) : message;
    queueHere(ports, port, copy, 0, host);
    return noteEnd(request.message.id, request, { code: sendEnds.sent, definite: true }, host);
  }
  if (!port && !proxyTo(ports, to)) {
    destroySend(ports, message, to, host);
    return noteEnd(message.id, request, { code: sendEnds.sent, definite: true }, host);
  }
  if (port?.where === "here" && timeoutNs === 0) {
    return noteEnd(message.id, request, { code: sendEnds.timedOut, definite: true }, host);
  }
  const deadline = timeoutNs === null ? null : host.now + timeoutNs;
  const record: SendRecord = {
    id: message.id,
    to,
    message,
    sender,
    always,
    state: "room",
    host: ports.host,
    hops: 0,
    deadline,
    giveUp: null,
  };
  assert(!ports.sends.has(record.id), "a message is sent once");
  ports.sends.set(record.id, record);
  if (deadline !== null) host.timer(deadline, { on: "send", id: record.id });
  submit(ports, record, host);
  return { done: false, id: record.id };
}

function hasRoom(port: Principal): boolean {
  return port.queue.length < port.limit;
}

function queueHere(
  ports: Ports,
  port: Principal,
  message: Message,
  hops: number,
  host: PortsHost,
): void {
  if (host.wants)
    host.emit("ipc.queued", { msg: portName(message.id), port: portName(port.uid), hops });
  if (!takeIn(ports, port, message, host)) noteDestroyed(message, port.uid, host);
}

/** Brings a send on its way, or into the line of those that wait for room or for a location. */
function submit(ports: Ports, record: SendRecord, host: PortsHost): void {
  const port = ports.table.get(record.to) ?? proxyTo(ports, record.to);
  if (!port) {
    endSend(ports, record, { code: sendEnds.sent, definite: true, destroyed: true }, host);
  } else if (port.where === "here") {
    if (record.always || hasRoom(port)) {
      queueHere(ports, port, record.message, record.hops, host);
      endSend(ports, record, { code: sendEnds.sent, definite: true }, host);
    } else {
      waitForRoom(record, port.waiting);
      if (!port.starved.includes(ports.host)) port.starved.push(ports.host);
    }
  } else if (port.paused || (port.search && port.search.phase !== "trying")) {
    waitForLocation(record, port);
  } else if (isLost(ports, port)) {
    waitForLocation(record, port);
    ports.agenda.push({ on: "lost", uid: record.to });
  } else if (port.waiting.length > 0 && !record.always) waitForRoom(record, port.waiting);
  else transmit(ports, record, port, host);
}

function waitForRoom(record: SendRecord, line: number[]): void {
  record.state = "room";
  line.push(record.id);
}

function waitForLocation(record: SendRecord, { waiting }: Proxy): void {
  record.state = "location";
  if (!waiting.includes(record.id)) waiting.push(record.id);
}

function transmit(ports: Ports, record: SendRecord, proxy: Proxy, host: PortsHost): void {
  const { message } = record;
  record.state = "out";
  record.host = proxy.host;
  record.hops++;
  if (record.hops > 1) {
    host.emit("ipc.resent", {
      msg: portName(record.id),
      port: portName(record.to),
      to: hostName(proxy.host),
      hops: record.hops,
    });
  }
  const writer = datagram(ports, proxy.host, bulkBytes(message.body)).u8(kinds.send);
  writer.u53(record.to).u8(Math.min(record.hops, 255)).u32(proxy.epoch);
  writer.u8(proxy.waiting.length > 0 ? 1 : 0);
  encodeMessage(writer, message, (right) => locatePort(ports, right));
  touchRights(ports, proxy.host, message);
  sendDatagram(ports, proxy.host, writer.finish(), host, record.id);
}

/** A send of a thread on another host, by whatever path. */
export function onSend(ports: Ports, from: HostId, reader: ByteReader, host: PortsHost): void {
  const uid = reader.u53();
  const hops = reader.u8();
  const epoch = reader.u32();
  const more = reader.u8() === 1;
  const port = ports.table.get(uid);
  if (port?.where !== "here") {
    onSendElsewhere(ports, { uid, hops, epoch, more }, reader, host);
    return;
  }
  const message = decodeMessage(reader, (right, known) => learn(ports, right, known));
  const here = { host: ports.host, epoch: port.epoch };
  const sender = uidHost(message.id);
  if (message.via === undefined && !hasRoom(port)) {
    if (!port.starved.includes(sender)) port.starved.push(sender);
    refuseSend(ports, uid, message.id, { answer: "full", ...here }, host);
    return;
  }
  if (isShort(ports, message)) {
    refuseSend(ports, uid, message.id, { answer: "short", ...here }, host);
    return;
  }
  noteRights(ports, from, message);
  host.charge(host.costs.messageNs);
  queueHere(ports, port, message, hops, host);
  if (more && !port.starved.includes(sender)) port.starved.push(sender);
  answer(ports, uid, message.id, { answer: "done", host: ports.host, epoch: port.epoch }, host);
}

/** The port is not here: its forwarder passes the send on, or its sender has to. */
function onSendElsewhere(
  ports: Ports,
  { uid, hops, epoch, more }: Passing & { readonly epoch: number },
  reader: ByteReader,
  host: PortsHost,
): void {
  const next = relaysFor(ports, uid, epoch);
  const bytes = reader.raw(reader.left);
  const place = placeOf(ports, uid, epoch);
  const twice = planted(ports, "duplicate-on-forward") && place.answer === "moved";
  if (next && hops <= host.hosts) relay(ports, { uid, hops, more }, next, bytes, host);
  else refuseSend(ports, uid, messageId(bytes), place, host);
  if (twice) relay(ports, { uid, hops, more }, place, bytes, host);
}

/** Whether the host has memory for one more message. What it counts is never too little. */
function isShort(ports: Ports, next: Message): boolean {
  ports.queuedBytes += bulkBytes(next.body);
  if (ports.queuedBytes <= queuedBytesMax) return false;
  ports.queuedBytes = queuedNow(ports); // what was received meanwhile had not been taken off
  const short = ports.queuedBytes + bulkBytes(next.body) > queuedBytesMax;
  if (!short) ports.queuedBytes += bulkBytes(next.body);
  return short;
}

function queuedNow(ports: Ports): number {
  let bytes = 0;
  for (const port of ports.table.values()) {
    if (port.where !== "here" || !port.counted) continue;
    for (const { body } of port.queue) bytes += bulkBytes(body);
  }
  return bytes;
}

interface Passing {
  readonly uid: PortUid;
  readonly hops: number;
  readonly more: boolean;
}

/** DEMOS/MP: the forwarder passes the message on, and tells the sender's kernel where to. */
function relay(
  ports: Ports,
  { uid, hops, more }: Passing,
  next: Location,
  bytes: Uint8Array,
  host: PortsHost,
): void {
  const id = messageId(bytes);
  host.charge(host.costs.messageNs);
  host.emit("ipc.relayed", {
    msg: portName(id),
    port: portName(uid),
    to: hostName(next.host),
    hops: hops + 1,
  });
  const writer = datagram(ports, next.host, bytes.length).u8(kinds.send);
  writer
    .u53(uid)
    .u8(hops + 1)
    .u32(next.epoch)
    .u8(more ? 1 : 0)
    .raw(bytes);
  sendDatagram(ports, next.host, writer.finish(), host);
  const incarnation = incarnationOf(ports, next.host);
  const body = { send: id, uid, hops: hops + 1, ...next, incarnation };
  if (isSenderAlive(ports, id)) tell(ports, uidHost(id), hostOps.relayed, body, host);
}

/** The id of an encoded message: what follows its code. */
function messageId(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(2, true) + view.getUint32(6, true) * 2 ** 32;
}

function refuseSend(ports: Ports, uid: PortUid, id: number, place: Place, host: PortsHost): void {
  host.emit("ipc.refused", {
    msg: portName(id),
    port: portName(uid),
    answer: place.answer,
    to: hostName(uidHost(id)),
  });
  answer(ports, uid, id, place, host);
}

/** The outcome goes to the sender's host, whoever brought the message. */
function answer(ports: Ports, uid: PortUid, id: number, place: Place, host: PortsHost): void {
  const to = uidHost(id);
  if (to === ports.host) {
    onOutcome(ports, { id, uid, ...place }, host);
    return;
  }
  if (!isSenderAlive(ports, id)) return;
  const writer = datagram(ports, to).u8(kinds.answer).u53(id).u53(uid);
  writeLocation(writer.u8(answerNames.indexOf(place.answer)), place);
  sendDatagram(ports, to, writer.finish(), host);
}

/** Another incarnation of the sender's host knows nothing of the send. */
function isSenderAlive(ports: Ports, id: number): boolean {
  return uidHost(id) === ports.host || !isKnownDead(ports, uidHost(id), uidIncarnation(id));
}

export function onAnswer(ports: Ports, reader: ByteReader, host: PortsHost): void {
  const id = reader.u53();
  const uid = reader.u53();
  const outcome = readAnswer(reader);
  const { host: at, epoch } = readLocation(reader);
  onOutcome(ports, { id, uid, answer: outcome, host: at, epoch }, host);
}

interface Outcome extends Place {
  readonly id: number;
  readonly uid: PortUid;
}

function onOutcome(ports: Ports, outcome: Outcome, host: PortsHost): void {
  const record = ports.sends.get(outcome.id);
  if (record?.state !== "out") return; // its host was taken for dead meanwhile: nobody asks again
  const port = ports.table.get(outcome.uid);
  const known = outcome.answer !== "unknown" && outcome.answer !== "dead";
  const knows = known && outcome.host !== ports.host;
  const learnt = knows && port?.where === "away" && outcome.epoch > port.epoch;
  if (learnt) relocate(ports, port, outcome);
  const isThere =
    outcome.answer === "done" || outcome.answer === "full" || outcome.answer === "short";
  if (isThere && port?.where === "away") port.search = null;
  if (outcome.answer === "done") {
    noteCarriers(ports, record.message, outcome.host);
    endSend(ports, record, { code: sendEnds.sent, definite: true }, host);
    return;
  }
  if (record.giveUp !== null && outcome.answer !== "dead") {
    endSend(ports, record, { code: record.giveUp, definite: true }, host);
  } else if (port?.where !== "away") submit(ports, record, host);
  else if (outcome.answer === "full") waitForRoom(record, port.waiting);
  else if (outcome.answer === "short") {
    waitForRoom(record, port.waiting);
    host.timer(host.now + shortRetryNs, { on: "send", id: record.id });
  } else {
    waitForLocation(record, port);
    const { uid } = outcome;
    if (outcome.answer === "dead") ports.agenda.push({ on: "died", uid, epoch: port.epoch });
    else if (learnt || port.host !== record.host) ports.agenda.push({ on: "found", uid });
    else ports.agenda.push({ on: "lost", uid });
  }
}

/** Receive rights in a message that was queued there. */
function noteCarriers(ports: Ports, { rights }: Message, at: HostId): void {
  for (const { kind, uid } of rights) {
    const travel = kind === "receive" ? portHere(ports, uid)?.counted?.travel : null;
    if (travel) travel.carrier = at;
  }
}

/** A forwarder has passed the send on: its outcome depends on another host now. */
export function onRelayed(
  ports: Ports,
  body: Body<(typeof hostOps.relayed)["body"]>,
  host: PortsHost,
): void {
  const port = ports.table.get(body.uid);
  const isNews = port?.where === "away" && body.epoch > port.epoch && body.host !== ports.host;
  if (isNews) relocate(ports, port, body);
  const record = ports.sends.get(body.send);
  if (record?.state !== "out" || body.hops <= record.hops) return;
  record.host = body.host;
  record.hops = body.hops;
  // From now on this host depends on that incarnation, which it may never have met itself.
  if (body.host === ports.host) return;
  hearOfIncarnation(ports, body.host, body.incarnation, host);
  if (isKnownDead(ports, body.host, body.incarnation)) endSend(ports, record, unknownEnd, host);
}

/** Nothing bars the way to the port any more: all that waited for a location goes there. */
export function resumeSends(ports: Ports, uid: PortUid, host: PortsHost): void {
  const port = ports.table.get(uid);
  if (!port) return;
  for (const id of port.waiting.splice(0)) {
    const record = ports.sends.get(id);
    if (record) submit(ports, record, host);
  }
}

/** The port's host has room: the first that waits may try again. Or nobody here makes use of it. */
export function onRoom(ports: Ports, from: HostId, uid: PortUid, host: PortsHost): void {
  const port = ports.table.get(uid);
  const mayTry = port?.where === "away" && !port.paused && port.search?.phase !== "asking";
  const record = mayTry ? ports.sends.get(port.waiting.shift() ?? 0) : undefined;
  if (record && mayTry) transmit(ports, record, port, host);
  else if (!mayTry || port.stream.unanswered.length === 0) {
    tell(ports, from, hostOps.idle, { uid }, host);
  }
}

/** After a message was received: those who were refused for want of room may send again. */
export function roomFor(ports: Ports, port: Principal, host: PortsHost): void {
  let turns = port.limit - port.queue.length;
  while (turns-- > 0 && port.starved.length > 0) {
    const to = must(port.starved.shift(), "a starved host");
    if (to !== ports.host) {
      giveRoom(ports, to, port.uid, host);
      continue;
    }
    const record = ports.sends.get(port.waiting.shift() ?? 0);
    if (record) submit(ports, record, host);
    if (port.waiting.length > 0 && !port.starved.includes(to)) port.starved.push(to);
  }
}

/** The port ends or leaves: who waits for room tries again, and learns it. */
export function releaseStarved(ports: Ports, port: Principal, host: PortsHost): void {
  for (const to of port.starved.splice(0)) {
    if (to !== ports.host) giveRoom(ports, to, port.uid, host);
  }
}

/** Its time is over, or whoever waits for it does no more; it ends when it is certainly not sent. */
export function giveUpSend(ports: Ports, id: number, code: number, host: PortsHost): void {
  const record = ports.sends.get(id);
  if (!record) return;
  if (record.state === "out") {
    record.giveUp = code;
    return;
  }
  removeWaiting(ports, record);
  endSend(ports, record, { code, definite: true }, host);
}

/** A timer of a send: its deadline, or the time to try again where there was no room at all. */
export function onSendTimer(ports: Ports, id: number, host: PortsHost): void {
  const record = ports.sends.get(id);
  if (!record) return;
  if (record.deadline !== null && host.now >= record.deadline) {
    giveUpSend(ports, id, sendEnds.timedOut, host);
  } else if (record.state === "room") {
    removeWaiting(ports, record);
    submit(ports, record, host);
  }
}

function removeWaiting(ports: Ports, { id, to }: SendRecord): void {
  const waiting = ports.table.get(to)?.waiting;
  const at = waiting?.indexOf(id) ?? -1;
  if (at >= 0) waiting?.splice(at, 1);
}

/** The port is dead: what waits to be sent to it is destroyed, which its sender cannot tell. */
export function endWaiting(ports: Ports, waiting: number[], host: PortsHost): void {
  for (const id of waiting.splice(0)) {
    const record = ports.sends.get(id);
    if (!record) continue;
    endSend(ports, record, { code: sendEnds.sent, definite: true, destroyed: true }, host);
  }
}

/** These never went out to the host that is dead: the port may be elsewhere. */
export function retractSends(ports: Ports, dead: HostId, ids: readonly number[]): void {
  for (const id of ids) {
    const record = ports.sends.get(id);
    const port = record && (ports.table.get(record.to) ?? proxyTo(ports, record.to));
    if (record?.state !== "out" || record.host !== dead || port?.where !== "away") continue;
    waitForLocation(record, port);
    ports.agenda.push({ on: "lost", uid: record.to, silent: dead });
  }
}

/** A host is dead: nobody knows whether the sends that were out to it have arrived. */
export function abandonSends(ports: Ports, dead: HostId, host: PortsHost): void {
  for (const record of [...ports.sends.values()]) {
    if (record.state !== "out" || record.host !== dead) continue;
    endSend(ports, record, { code: sendEnds.sent, definite: false }, host);
  }
}

const unknownEnd = { code: sendEnds.sent, definite: false } as const;

interface End {
  readonly code: number;
  /** Whether it is known what became of the message. */
  readonly definite: boolean;
  /** Its port is dead. */
  readonly destroyed?: boolean;
}

function endSend(ports: Ports, record: SendRecord, end: End, host: PortsHost): void {
  const { id, message, sender } = record;
  ports.sends.delete(id);
  if (end.destroyed) destroySend(ports, message, record.to, host);
  if (!end.definite) loseReceiveRights(ports, message);
  const { code } = noteEnd(id, record, end, host);
  host.sendEnded({ id, sender, code, returned: code === sendEnds.sent ? null : message });
}

/** A receive right in a message that may have arrived: for this host its port is dead, and if the
 *  receiver asks for it, it is told so. (EXACT §3.24) */
function loseReceiveRights(ports: Ports, { rights }: Message): void {
  for (const right of rights) {
    if (right.kind === "receive") ports.agenda.push({ on: "dropped", right, id: 0 });
  }
}

export function noteEnd(
  id: number,
  { to, sender }: { readonly to: PortUid; readonly sender: Sender },
  { code, definite }: End,
  host: PortsHost,
): { readonly done: true; readonly code: number } {
  if (host.wants) {
    const by = senderName(sender, id);
    host.emit("ipc.outcome", { msg: portName(id), port: portName(to), by, code, definite });
  }
  return { done: true, code };
}

/** A sender as traces print it: `pid.tid`, or the host's name for its own threads. */
export function senderName({ pid, tid }: Sender, id: number): string {
  if (pid !== 0) return `${pid}.${tid}`;
  return tid === 0 ? hostName(uidHost(id)) : `${hostName(uidHost(id))}.${tid}`;
}

function destroySend(ports: Ports, message: Message, to: PortUid, host: PortsHost): void {
  noteDestroyed(message, to, host);
  dropRights(ports, message);
}

export function noteDestroyed(message: Message, port: PortUid, host: PortsHost): void {
  host.emit("ipc.destroyed", { msg: portName(message.id), port: portName(port) });
}
