// Traffic without a thread: what kernels and native servers send to ports, pipelined.
//
// A stream is go-back-N for one proxy: the messages without an outcome, in order, stamped with the
// port's location epoch. The principal's host answers:
//
//   accepted n   all up to n are queued            moved, unknown   send them elsewhere again
//   full         n and later were refused;         dead             no such port any more
//                "room" follows
//
// A host accepts only its own epoch, and after one refusal refuses, or ignores, all that follow
// until the stream resumes: so messages of one host to one port stay in order, wherever the port
// goes (NORMA IPC v2 §3.2.2, §6.7).

import { assert, type ByteReader, must } from "./base/index.ts";
import {
  answerNames,
  bulkBytes,
  datagram,
  kinds,
  noteAccepted,
  readAnswer,
  readLocation,
  writeLocation,
} from "./datagram.ts";
import { type HostId, hostName, portName, type PortUid } from "./ids.ts";
import { endSearch, learn, relocate, touchRights } from "./learn.ts";
import { dropRights, isLost, locatePort, newStream, proxyTo, throughCodec } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Port, Ports, Principal, Proxy, Stream } from "./state.ts";
import { type Body, makeMessage, type Message, type Op, type Schema } from "./protocol/index.ts";
import { type Place, placeOf, takeIn } from "./take-in.ts";
import { decodeMessage, encodeMessage } from "./wire/codec.ts";
import { sendDatagram } from "./wire/transport.ts";

/**
 * Sends a message to a port, wherever it is. Never fails here: a message that reaches nobody
 * becomes a notification on its reply right.
 */
export function sendMessage(ports: Ports, to: PortUid, message: Message, host: PortsHost): void {
  host.charge(host.costs.messageNs);
  if (host.wants) host.emit("msg.send", { port: portName(to), op: message.op, id: message.id });
  const port = ports.table.get(to) ?? proxyTo(ports, to);
  if (!port) destroyMessage(ports, message, host);
  else if (port.where === "here") {
    const copy = host.paranoid ? throughCodec(ports, message) : message;
    if (port.returning) port.behind.push(copy);
    else takeIn(ports, port, copy, host);
  } else sendAway(ports, port, message, host);
}

/** Sends a port what it receives itself; `tell` is the same for a host. */
export function ask<S extends Schema>(
  ports: Ports,
  to: PortUid,
  op: Op<S>,
  body: Body<S>,
  host: PortsHost,
): void {
  sendMessage(ports, to, makeMessage(op, body) as Message, host);
}

/** A message of a kernel or a server reaches nobody. */
export function destroyMessage(ports: Ports, message: Message, host: PortsHost): void {
  host.emit("msg.destroyed", { op: message.op, id: message.id });
  dropRights(ports, message);
}

function sendAway(ports: Ports, proxy: Proxy, message: Message, host: PortsHost): void {
  if (proxy.stream.unanswered.length === 0 && proxy.stream.epoch !== proxy.epoch) {
    proxy.stream = newStream(ports, proxy);
  }
  proxy.stream.unanswered.push(message);
  pump(ports, proxy, host);
}

/** Puts on the link what has not been there, unless the stream has to wait. */
function pump(ports: Ports, proxy: Proxy, host: PortsHost): void {
  if (isLost(ports, proxy)) {
    proxy.stalled = true;
    ports.agenda.push({ on: "lost", uid: proxy.uid });
    return;
  }
  const { stream } = proxy;
  while (!proxy.stalled && !proxy.paused && stream.sent < stream.unanswered.length) {
    transmit(ports, proxy, stream.sent++, host);
  }
}

/** Puts the message at `index` of the unanswered ones on the link. */
function transmit(ports: Ports, { uid, stream }: Proxy, index: number, host: PortsHost): void {
  const message = must(stream.unanswered[index], "message of a stream");
  const writer = datagram(ports, stream.host, bulkBytes(message.body)).u8(kinds.message);
  writer
    .u53(uid)
    .u53(stream.id)
    .u32(stream.epoch)
    .u53(stream.first + index);
  encodeMessage(writer, message, (right) => locatePort(ports, right));
  touchRights(ports, stream.host, message);
  sendDatagram(ports, stream.host, writer.finish(), host);
}

/** A message of another host's stream. */
export function onMessage(ports: Ports, from: HostId, reader: ByteReader, host: PortsHost): void {
  const uid = reader.u53();
  const stream = reader.u53();
  const epoch = reader.u32();
  const number = reader.u53();
  const port = ports.table.get(uid);
  const place = { uid, stream, number };
  if (port?.where !== "here") {
    refuse(ports, from, place, placeOf(ports, uid, epoch), host);
    return;
  }
  if (port.epoch !== epoch) {
    const here = { answer: "moved", host: ports.host, epoch: port.epoch } as const;
    refuse(ports, from, place, here, host);
    return;
  }
  const source = port.sources.get(from);
  const expected = source && source.stream >= stream ? source.next : 0;
  const stale = source !== undefined && source.stream > stream;
  if (stale || number !== expected) return; // or it follows one that was refused
  const message = decodeMessage(reader, (right, known) => learn(ports, right, known));
  if (port.queue.length >= port.limit && !isNeverRefused(port, message)) {
    if (!port.starved.includes(from)) port.starved.push(from);
    refuse(ports, from, place, { answer: "full", host: ports.host, epoch }, host);
    return;
  }
  port.sources.set(from, { stream, next: number + 1 });
  noteAccepted(ports, from, uid, place, host);
  host.charge(host.costs.messageNs);
  takeIn(ports, port, message, host);
}

/** Notifications, and what the port receives itself: a counted port takes them always. */
function isNeverRefused(port: Principal, message: Message): boolean {
  return port.counted !== null || message.op.startsWith("port.");
}

interface StreamPlace {
  readonly uid: PortUid;
  readonly stream: number;
  readonly number: number;
}

function refuse(
  ports: Ports,
  to: HostId,
  { uid, stream, number }: StreamPlace,
  { answer, ...location }: Place,
  host: PortsHost,
): void {
  const where = hostName(location.host);
  host.emit("msg.refused", { port: portName(uid), to: hostName(to), answer, where });
  const writer = datagram(ports, to).u8(kinds.refused).u53(uid).u53(stream).u53(number);
  writeLocation(writer.u8(answerNames.indexOf(answer)), location);
  sendDatagram(ports, to, writer.finish(), host);
}

/** The stream that an outcome speaks of, or undefined when it is an older one. */
function streamOf(port: Port | undefined, id: number): Stream | undefined {
  const stream = port?.where === "here" ? port.returning : port?.stream;
  return stream?.id === id ? stream : undefined;
}

export function onAccepted(ports: Ports, reader: ByteReader, host: PortsHost): void {
  const uid = reader.u53();
  const id = reader.u53();
  const number = reader.u53();
  const port = ports.table.get(uid);
  const stream = streamOf(port, id);
  if (!port || !stream || number < stream.first) return;
  const count = number - stream.first + 1;
  assert(count <= stream.sent, "only what was sent is accepted");
  stream.unanswered.splice(0, count);
  stream.first += count;
  stream.sent -= count;
  if (port.where === "here") {
    if (stream.unanswered.length === 0) endReturning(ports, port, host);
  } else {
    endSearch(ports, port);
    tidy(ports, port);
  }
}

/** Whether nothing is under way to the port from here. */
export function isIdle(ports: Ports, { uid, stream, waiting }: Proxy): boolean {
  if (stream.unanswered.length > 0 || waiting.length > 0) return false;
  for (const { to } of ports.sends.values()) if (to === uid) return false;
  return true;
}

/** A proxy that says only what everybody knows, the port's origin, need not be kept. */
function tidy(ports: Ports, proxy: Proxy): void {
  const idle = isIdle(ports, proxy) && !proxy.claim;
  const plain = proxy.forwardsSince === null && !proxy.watched && !proxy.paused && !proxy.search;
  if (idle && plain && proxy.activity === 0 && proxy.epoch === 0) ports.table.delete(proxy.uid);
}

export function onRefused(ports: Ports, reader: ByteReader, host: PortsHost): void {
  const uid = reader.u53();
  const id = reader.u53();
  const number = reader.u53();
  const answer = readAnswer(reader);
  const location = readLocation(reader);
  const port = ports.table.get(uid);
  const stream = streamOf(port, id);
  // Whatever followed the first refused message is refused too, or ignored: it says nothing new.
  if (!port || !stream || number !== stream.first) return;
  if (port.where === "here") {
    cameHome(ports, port, host);
    return;
  }
  port.stalled = true;
  stream.sent = 0;
  if (answer === "full") {
    endSearch(ports, port);
    return;
  }
  if (answer === "dead") {
    ports.agenda.push({ on: "died", uid, epoch: port.epoch });
  } else if (answer === "moved" && location.epoch > port.epoch) {
    relocate(ports, port, location);
  } else if (stream.epoch < port.epoch) ports.agenda.push({ on: "found", uid });
  else ports.agenda.push({ on: "lost", uid });
}

/** Sent away, refused there, and meanwhile the port has come here: it is delivered here. */
function cameHome(ports: Ports, port: Principal, host: PortsHost): void {
  const { unanswered } = must(port.returning, "stream of a port that came here");
  for (const message of unanswered) takeIn(ports, port, message, host);
  endReturning(ports, port, host);
}

/** Everything that was sent away has its outcome: what was sent here since comes after it. */
function endReturning(ports: Ports, port: Principal, host: PortsHost): void {
  port.returning = null;
  for (const message of port.behind.splice(0)) takeIn(ports, port, message, host);
}

/** The stream goes on, to where the port is now, from its first message without an outcome. */
export function resumeStream(ports: Ports, proxy: Proxy, host: PortsHost): void {
  const { stream } = proxy;
  if (stream.unanswered.length === 0) {
    proxy.stalled = false;
    return;
  }
  // What is out to an earlier place is answered from there first.
  if (stream.sent > 0 && stream.epoch !== proxy.epoch) return;
  if (stream.epoch !== proxy.epoch || stream.host !== proxy.host) {
    const { unanswered } = stream;
    host.emit("msg.redirected", {
      port: portName(proxy.uid),
      to: hostName(proxy.host),
      messages: unanswered.length,
    });
    proxy.stream = { ...newStream(ports, proxy), unanswered };
  }
  proxy.stalled = false;
  pump(ports, proxy, host);
}

/** A host that was refused for want of room may send again. */
export function giveRoom(ports: Ports, to: HostId, uid: PortUid, host: PortsHost): void {
  sendDatagram(ports, to, datagram(ports, to).u8(kinds.room).u53(uid).finish(), host);
}

/** Nobody will receive what the stream still has: its messages end as notifications. */
export function endStream(ports: Ports, proxy: Proxy, host: PortsHost): void {
  const { unanswered } = proxy.stream;
  proxy.stream = newStream(ports, proxy);
  proxy.stalled = false;
  for (const message of unanswered) destroyMessage(ports, message, host);
}

/** The host is dead to which this host had sent, before the port came here. */
export function abandonReturning(ports: Ports, port: Principal, host: PortsHost): void {
  const stream = port.returning;
  endReturning(ports, port, host);
  for (const message of stream?.unanswered ?? []) destroyMessage(ports, message, host);
}

/**
 * The port ends or leaves while what was sent away before it came has no outcome: a proxy waits for
 * those outcomes, and what was sent here since follows them.
 */
export function leaveReturning(ports: Ports, port: Principal, proxy: Proxy, host: PortsHost): void {
  if (!port.returning) return;
  proxy.stream = port.returning;
  for (const message of port.behind) sendAway(ports, proxy, message, host);
}
