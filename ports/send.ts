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
// moved on. "room" and "location" mean that the message is certainly not queued
// anywhere; then it can be given back. While it is "out" only an answer ends it, or the death of
// the host it went to: then nobody knows, and it is never sent a second time.
//
// Since a thread has no second send while the first is open, and since the queue moves with the
// port before the new principal takes anything, messages of one thread to one port stay in order,
// by whatever path they went.

import { assert, type ByteReader, must } from "./base/index.ts";
import { bulkBytes, datagram, kinds, readAnswer, readLocation, tell } from "./datagram.ts";
import { type HostId, hostName, portName, type PortUid } from "./ids.ts";
import { endSearch, relocate, touchRights } from "./learn.ts";
import { isBarred, isLost, locatePort, portHere, proxyTo, throughCodec } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import { type Body, hosts as hostOps, type Message } from "./protocol/index.ts";
import {
  destroySend,
  endSend,
  hasRoom,
  noteEnd,
  queueHere,
  sendEnds,
  unknownEnd,
} from "./send-outcome.ts";
import type { Ports, Principal, Proxy, Sender, SendRecord } from "./state.ts";
import { giveRoom } from "./stream.ts";
import type { Place } from "./take-in.ts";
import { encodeMessage } from "./wire/codec.ts";
import { hearOfIncarnation, isKnownDead, sendDatagram } from "./wire/transport.ts";

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
    through: [],
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
  } else if (isBarred(port)) {
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
  record.through.length = 0;
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

export function onOutcome(ports: Ports, outcome: Outcome, host: PortsHost): void {
  const record = ports.sends.get(outcome.id);
  if (record?.state !== "out") return; // its host was taken for dead meanwhile: nobody asks again
  const port = ports.table.get(outcome.uid);
  const known = outcome.answer !== "unknown" && outcome.answer !== "dead";
  const knows = known && outcome.host !== ports.host;
  const learnt = knows && port?.where === "away" && outcome.epoch > port.epoch;
  if (learnt) relocate(ports, port, outcome);
  const isThere =
    outcome.answer === "done" || outcome.answer === "full" || outcome.answer === "short";
  if (isThere && port?.where === "away") endSearch(ports, port);
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
  record.through.push(record.host);
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
  while (turns > 0 && port.starved.length > 0) {
    const to = must(port.starved.shift(), "a starved host");
    if (to !== ports.host) {
      giveRoom(ports, to, port.uid, host);
      turns--;
      continue;
    }
    const record = ports.sends.get(port.waiting.shift() ?? 0);
    if (record) {
      submit(ports, record, host);
      turns--;
    }
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
    const depends = record.host === dead || record.through.includes(dead);
    if (record.state !== "out" || !depends) continue;
    endSend(ports, record, { code: sendEnds.sent, definite: false }, host);
  }
}
