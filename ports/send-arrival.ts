// The other end of a thread's send: the port's host takes it in, any other says what it knows.
//
//   here       queued, or refused: full, short of memory       the answer goes to the sender's host
//   elsewhere  refused: moved, unknown, dead                   whoever brought the send
//              or, under policy relay, passed on
//
// A forwarder keeps nothing of what it passes on (DEMOS/MP): the sender's host is told whither, and
// depends on that host from then on.

import type { ByteReader } from "./base/index.ts";
import { answerNames, bulkBytes, datagram, kinds, tell, writeLocation } from "./datagram.ts";
import { type HostId, hostName, portName, type PortUid, uidHost, uidIncarnation } from "./ids.ts";
import { learn, noteRights } from "./learn.ts";
import { planted } from "./plant.ts";
import type { PortsHost } from "./ports-host.ts";
import { hosts as hostOps, type Message } from "./protocol/index.ts";
import { onOutcome } from "./send.ts";
import { hasRoom, queueHere } from "./send-outcome.ts";
import type { Ports } from "./state.ts";
import { type Place, placeOf, relaysFor } from "./take-in.ts";
import { decodeMessage, type Location } from "./wire/codec.ts";
import { incarnationOf, isKnownDead, sendDatagram } from "./wire/transport.ts";

/** Bytes of threads' messages that may lie queued on one host. */
const queuedBytesMax = 64 * 2 ** 20;
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
