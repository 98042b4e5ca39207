// The away half of the ports: streams to principals on other hosts, and their outcomes.
//
//   datagram:  count u8, accepted streams (uid, epoch, number)* | kind u8 …
//     none     only the accepted streams
//     message  uid, epoch, number, message       one message of a stream
//     refused  uid, epoch, number, answer, host, epoch'
//     room     uid                               a queue that was full has room again
//
// Accepted numbers ride on the next datagram to the same host, or go alone after a millisecond:
// the reply to a request brings the request's outcome with it.

import { assert, ByteReader, BytesError, ByteWriter, must } from "./base/index.ts";
import { type HostId, hostName, portName, type PortUid, uidHost } from "./ids.ts";
import {
  enqueue,
  locatePort,
  type Port,
  type Ports,
  type PortsHost,
  type PortsTimer,
  type Principal,
  type Proxy,
  sendOnceNotification,
  type Stream,
  throughCodec,
} from "./port.ts";
import type { Message } from "./protocol/index.ts";
import { decodeMessage, encodeMessage, type Location } from "./wire/codec.ts";
import { onLinkTimer, peerOf, receiveFrame, sendDatagram } from "./wire/transport.ts";

const kinds = { none: 0, message: 1, refused: 2, room: 3 } as const;
const answers = { full: 0, moved: 1, dead: 2 } as const;
const flushDelayNs = 1_000_000;
const retryDelayNs = 1_000_000;

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
    else enqueue(port, copy, host);
  } else sendAway(ports, port, message, host);
}

/** A proxy that looks for the port at its origin; undefined if that is here: the port is dead. */
function proxyTo(ports: Ports, uid: PortUid): Proxy | undefined {
  if (uidHost(uid) === ports.host) return undefined;
  return makeProxy(ports, uid, { host: uidHost(uid), epoch: 0 });
}

export function makeProxy(ports: Ports, uid: PortUid, location: Location): Proxy {
  const proxy: Proxy = {
    uid,
    where: "away",
    host: location.host,
    epoch: location.epoch,
    stream: newStream(location),
    stalled: false,
    forwardsSince: null,
  };
  ports.table.set(uid, proxy);
  return proxy;
}

function newStream(location: Location): Stream {
  return { host: location.host, epoch: location.epoch, first: 0, unanswered: [] };
}

function destroyMessage(ports: Ports, message: Message, host: PortsHost): void {
  host.emit("msg.destroyed", { op: message.op, id: message.id });
  const notification = sendOnceNotification(message);
  if (notification) sendMessage(ports, notification.to.uid, notification.message, host);
}

function sendAway(ports: Ports, proxy: Proxy, message: Message, host: PortsHost): void {
  if (proxy.stream.unanswered.length === 0 && proxy.stream.epoch !== proxy.epoch) {
    proxy.stream = newStream(proxy);
  }
  const { unanswered } = proxy.stream;
  unanswered.push(message);
  if (!proxy.stalled) transmit(ports, proxy, unanswered.length - 1, host);
}

/** Puts the message at `index` of the unanswered ones on the link. */
function transmit(ports: Ports, proxy: Proxy, index: number, host: PortsHost): void {
  const { stream } = proxy;
  const message = must(stream.unanswered[index], "message of a stream");
  const writer = datagram(ports, stream.host, message.body);
  writer
    .u8(kinds.message)
    .u53(proxy.uid)
    .u32(stream.epoch)
    .u53(stream.first + index);
  encodeMessage(writer, message, (uid) => locatePort(ports, uid));
  sendDatagram(ports, stream.host, writer.finish(), host);
}

/** Starts a datagram with all accepted numbers that wait for a ride to that host. */
function datagram(ports: Ports, to: HostId, body: Message["body"] = {}): ByteWriter {
  const { accepted } = peerOf(ports, to);
  const writer = new ByteWriter(256 + bulkBytes(body));
  let left = Math.min(accepted.size, 255);
  writer.u8(left);
  for (const [uid, { epoch, number }] of accepted) {
    if (left-- === 0) break;
    writer.u53(uid).u32(epoch).u53(number);
    accepted.delete(uid);
  }
  return writer;
}

/** What a body has in bytes: with room for them from the start they are copied once. */
function bulkBytes(body: Message["body"]): number {
  let bytes = 0;
  for (const name in body) {
    const field: unknown = body[name];
    if (field instanceof Uint8Array) bytes += field.length;
  }
  return bytes;
}

/** A frame came off the cable: everything that follows from it on this host happens now. */
export function onFrame(ports: Ports, from: HostId, frame: Uint8Array, host: PortsHost): void {
  receiveFrame(ports, from, frame, host);
  drainArrivals(ports, host);
}

/** A timer that the ports asked for has come. Late and stale ones do no harm. */
export function onPortsTimer(ports: Ports, what: PortsTimer, host: PortsHost): void {
  if (what.on === "link") onLinkTimer(ports, what.peer, host);
  else if (what.on === "retry") resume(ports, what.port, host);
  else flushAccepted(ports, host);
  drainArrivals(ports, host);
}

/** Looks at what the links brought. Ends because handling an arrival adds none. */
export function drainArrivals(ports: Ports, host: PortsHost): void {
  for (let arrival = ports.arrivals.shift(); arrival; arrival = ports.arrivals.shift()) {
    if (arrival.on === "dead") onHostDead(ports, arrival.host, arrival.incarnation, host);
    else if (arrival.on === "unreachable") onUnreachable(ports, arrival.host, host);
    else if (arrival.on === "told-dead") host.toldDead(arrival.host);
    else onDatagram(ports, arrival.from, arrival.bytes, host);
  }
}

function flushAccepted(ports: Ports, host: PortsHost): void {
  if (ports.flushAt === null || ports.flushAt > host.now) return;
  ports.flushAt = null;
  for (const peer of ports.peers.values()) {
    while (peer.accepted.size > 0) {
      sendDatagram(ports, peer.host, datagram(ports, peer.host).u8(kinds.none).finish(), host);
    }
  }
}

function onDatagram(ports: Ports, from: HostId, bytes: Uint8Array, host: PortsHost): void {
  const reader = new ByteReader(bytes);
  try {
    for (let count = reader.u8(); count > 0; count--) {
      onAccepted(ports, { uid: reader.u53(), epoch: reader.u32(), number: reader.u53() }, host);
    }
    const kind = reader.u8();
    if (kind === kinds.message) onMessage(ports, from, reader, host);
    else if (kind === kinds.refused) onRefused(ports, reader, host);
    else if (kind === kinds.room) resume(ports, reader.u53(), host);
    else if (kind !== kinds.none) throw new BytesError(`datagram: no kind ${kind}`);
  } catch (error) {
    if (!(error instanceof BytesError)) throw error;
    host.emit("msg.malformed", { from: hostName(from), what: error.message });
  }
}

function onMessage(ports: Ports, from: HostId, reader: ByteReader, host: PortsHost): void {
  const uid = reader.u53();
  const epoch = reader.u32();
  const number = reader.u53();
  const port = ports.table.get(uid);
  if (port?.where !== "here") {
    const elsewhere = port ?? { host: uidHost(uid), epoch: 0 };
    const dead = isGone(ports, uid, port ? port.epoch : epoch);
    refuse(ports, from, { uid, epoch, number }, dead ? "dead" : "moved", elsewhere, host);
    return;
  }
  if (port.epoch !== epoch) {
    const here = { host: ports.host, epoch: port.epoch };
    refuse(ports, from, { uid, epoch, number }, "moved", here, host);
    return;
  }
  if (number !== (port.sources.get(from) ?? 0)) return; // follows one that was refused
  if (port.queue.length >= port.limit) {
    if (!port.starved.includes(from)) port.starved.push(from);
    refuse(ports, from, { uid, epoch, number }, "full", { host: ports.host, epoch }, host);
    return;
  }
  const message = decodeMessage(reader, (right, location) => learn(ports, right, location));
  port.sources.set(from, number + 1);
  accept(ports, from, { uid, epoch, number }, host);
  host.charge(host.costs.messageNs);
  enqueue(port, message, host);
}

/** Whether a port that is not here, and of which this is the latest epoch known, is no more. */
function isGone(ports: Ports, uid: PortUid, epoch: number): boolean {
  if (uidHost(uid) === ports.host && !ports.table.has(uid)) return true;
  return epoch <= (ports.gone.get(uid) ?? -1);
}

interface StreamPlace {
  readonly uid: PortUid;
  readonly epoch: number;
  readonly number: number;
}

function accept(ports: Ports, from: HostId, place: StreamPlace, host: PortsHost): void {
  peerOf(ports, from).accepted.set(place.uid, { epoch: place.epoch, number: place.number });
  if (ports.flushAt !== null) return;
  ports.flushAt = host.now + flushDelayNs;
  host.timer(ports.flushAt, { on: "flush" });
}

function refuse(
  ports: Ports,
  to: HostId,
  place: StreamPlace,
  answer: keyof typeof answers,
  location: Location,
  host: PortsHost,
): void {
  const where = hostName(location.host);
  host.emit("msg.refused", { port: portName(place.uid), to: hostName(to), answer, where });
  const writer = datagram(ports, to);
  writer.u8(kinds.refused).u53(place.uid).u32(place.epoch).u53(place.number);
  writer.u8(answers[answer]).u8(location.host).u32(location.epoch);
  sendDatagram(ports, to, writer.finish(), host);
}

/** A right came with its sender's idea of where the port is; a later move beats an earlier one. */
function learn(ports: Ports, uid: PortUid, location: Location): void {
  const port = ports.table.get(uid);
  if (!port) {
    if (location.host !== ports.host) makeProxy(ports, uid, location);
    return;
  }
  if (port.where === "here" || port.epoch >= location.epoch) return;
  if (location.host === ports.host) return;
  relocate(port, location);
}

/** The port is known to be elsewhere. What was sent before gets its outcomes from where it went. */
export function relocate(proxy: Proxy, location: Location): void {
  proxy.host = location.host;
  proxy.epoch = location.epoch;
}

/** The stream that an outcome speaks of, or undefined when it is of an older epoch. */
function streamOf(port: Port | undefined, epoch: number): Stream | undefined {
  const stream = port?.where === "here" ? port.returning : port?.stream;
  return stream?.epoch === epoch ? stream : undefined;
}

function onAccepted(ports: Ports, { uid, epoch, number }: StreamPlace, host: PortsHost): void {
  const port = ports.table.get(uid);
  const stream = streamOf(port, epoch);
  if (!stream || number < stream.first) return;
  const count = number - stream.first + 1;
  assert(count <= stream.unanswered.length, "only what was sent is accepted");
  stream.unanswered.splice(0, count);
  stream.first += count;
  if (port?.where === "here" && stream.unanswered.length === 0) endReturning(port, host);
}

function onRefused(ports: Ports, reader: ByteReader, host: PortsHost): void {
  const uid = reader.u53();
  const epoch = reader.u32();
  const number = reader.u53();
  const answer = reader.u8();
  const location = { host: reader.u8(), epoch: reader.u32() };
  const port = ports.table.get(uid);
  const stream = streamOf(port, epoch);
  // Whatever followed the first refused message is refused too, or ignored: it says nothing new.
  if (!port || !stream || number !== stream.first) return;
  if (port.where === "here") cameHome(port, host);
  else if (answer === answers.dead && stream.epoch === port.epoch) buryProxy(ports, port, host);
  else if (answer === answers.dead) follow(ports, port, port, host);
  else if (answer === answers.full) port.stalled = true;
  else if (answer === answers.moved) follow(ports, port, location, host);
  else throw new BytesError(`refused: no answer ${answer}`);
}

/** Sent away, refused there, and meanwhile the port has come here: it is delivered here. */
function cameHome(port: Principal, host: PortsHost): void {
  const { unanswered } = must(port.returning, "stream of a port that came here");
  for (const message of unanswered) enqueue(port, message, host);
  endReturning(port, host);
}

/** Everything that was sent away has its outcome: what was sent here since comes after it. */
function endReturning(port: Principal, host: PortsHost): void {
  port.returning = null;
  for (const message of port.behind.splice(0)) enqueue(port, message, host);
}

/**
 * The principal has moved: everything without an outcome is sent to where it is now. An answer
 * older than what is known here comes from a host that the port is still on its way to.
 */
function follow(ports: Ports, proxy: Proxy, location: Location, host: PortsHost): void {
  const { unanswered } = proxy.stream;
  const early = location.epoch < proxy.epoch;
  if (!early) relocate(proxy, location);
  if (proxy.host === ports.host) {
    // Said to be here, and is not: it is no more, or it has still to arrive and takes these in.
    proxy.stalled = true;
    if (isGone(ports, proxy.uid, proxy.epoch)) buryProxy(ports, proxy, host);
    return;
  }
  host.emit("msg.redirected", {
    port: portName(proxy.uid),
    to: hostName(proxy.host),
    messages: unanswered.length,
  });
  // Within an epoch the numbers stay: what the receiver has counted it has counted.
  if (proxy.stream.epoch !== proxy.epoch) proxy.stream = { ...newStream(proxy), unanswered };
  proxy.stalled = true;
  if (early) host.timer(host.now + retryDelayNs, { on: "retry", port: proxy.uid });
  else resume(ports, proxy.uid, host);
}

/** A stalled stream goes on, from its first message without an outcome. */
function resume(ports: Ports, uid: PortUid, host: PortsHost): void {
  const port = ports.table.get(uid);
  if (port?.where !== "away" || !port.stalled) return;
  port.stalled = false;
  port.stream.unanswered.forEach((_, index) => transmit(ports, port, index, host));
}

/** After a message was received: hosts that were refused may send again. */
export function roomFor(ports: Ports, port: Principal, host: PortsHost): void {
  while (port.starved.length > 0 && port.queue.length < port.limit) {
    tryAgain(ports, must(port.starved.shift(), "a starved host"), port, host);
  }
}

function tryAgain(ports: Ports, to: HostId, { uid }: Principal, host: PortsHost): void {
  sendDatagram(ports, to, datagram(ports, to).u8(kinds.room).u53(uid).finish(), host);
}

/** The port ends or leaves: who waits for room tries again, and learns it. */
export function releaseStarved(ports: Ports, port: Principal, host: PortsHost): void {
  for (const to of port.starved.splice(0)) tryAgain(ports, to, port, host);
}

/** Nobody will receive what the proxy stands for: its messages end as notifications. */
function buryProxy(ports: Ports, proxy: Proxy, host: PortsHost): void {
  ports.table.delete(proxy.uid);
  if (proxy.forwardsSince !== null) ports.gone.set(proxy.uid, proxy.epoch);
  for (const message of proxy.stream.unanswered) destroyMessage(ports, message, host);
}

/** The last right to a port elsewhere is gone, and its server knows: nothing is left to remember. */
export function forgetPort(ports: Ports, uid: PortUid): void {
  const port = ports.table.get(uid);
  if (port?.where === "away" && port.stream.unanswered.length === 0) ports.table.delete(uid);
}

/** A port dies with its receive right: what is queued is destroyed. */
export function destroyPort(ports: Ports, uid: PortUid, host: PortsHost): void {
  const port = ports.table.get(uid);
  if (port?.where !== "here") return;
  ports.table.delete(uid);
  if (port.epoch > 0) ports.gone.set(uid, port.epoch);
  releaseStarved(ports, port, host);
  leaveReturning(ports, port, { host: ports.host, epoch: port.epoch }, host);
  for (const message of port.queue) destroyMessage(ports, message, host);
  host.emit("port.dead", { port: portName(uid) });
}

/**
 * A host's incarnation is dead for this host. Messages without an outcome may or may not have been
 * received there: they are never sent a second time. Ports that were only believed to be there are
 * looked for at their origin at the next send.
 */
function onHostDead(ports: Ports, dead: HostId, incarnation: number, host: PortsHost): void {
  peerOf(ports, dead).accepted.clear();
  for (const port of [...ports.table.values()]) {
    if (port.where === "here") {
      port.sources.delete(dead);
      const starved = port.starved.indexOf(dead);
      if (starved >= 0) port.starved.splice(starved, 1);
      if (port.returning?.host === dead) abandonReturning(ports, port, host);
    } else if (port.host === dead) buryProxy(ports, port, host);
    else if (port.stream.host === dead) abandonStream(ports, port, host);
  }
  host.hostDead(dead, incarnation);
}

/** Nobody answers for a host that was dead already: what was for it ends here. */
function onUnreachable(ports: Ports, peer: HostId, host: PortsHost): void {
  for (const port of [...ports.table.values()]) {
    if (port.where === "here") {
      if (port.returning?.host === peer) abandonReturning(ports, port, host);
    } else if (port.stream.host === peer) abandonStream(ports, port, host);
  }
}

/** The port has moved on, but what was sent to it before went to a host that is gone. */
function abandonStream(ports: Ports, proxy: Proxy, host: PortsHost): void {
  const { unanswered } = proxy.stream;
  proxy.stream = newStream(proxy);
  proxy.stalled = false;
  for (const message of unanswered) destroyMessage(ports, message, host);
}

function abandonReturning(ports: Ports, port: Principal, host: PortsHost): void {
  const stream = port.returning;
  endReturning(port, host);
  for (const message of stream?.unanswered ?? []) destroyMessage(ports, message, host);
}

/**
 * The port ends or leaves while what was sent away before it came has no outcome: a proxy waits for
 * those outcomes, and what was sent here since follows them.
 */
export function leaveReturning(ports: Ports, port: Principal, to: Location, host: PortsHost): void {
  if (!port.returning) return;
  const known = ports.table.get(port.uid);
  const proxy = known?.where === "away" ? known : makeProxy(ports, port.uid, to);
  proxy.stream = port.returning;
  for (const message of port.behind) sendAway(ports, proxy, message, host);
}
