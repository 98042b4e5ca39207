// What one host puts into a datagram for another, whatever part of the ports it comes from.
//
//   datagram:  count u8, accepted streams (uid, stream, number)* | kind u8 …
//     none     only the accepted streams
//     message  uid, stream, epoch, number, message     one message of a stream            stream.ts
//     refused  uid, stream, number, answer, location   of a stream
//     room     uid                                     a queue that was full has room
//     send     uid, hops, epoch, more, message         a thread's send                    send.ts
//     answer   send, uid, answer, location             its outcome
//     tell     message                                 for the host's ports themselves    hosts.*
//
// Accepted numbers ride on the next datagram to the same host, or go alone after a millisecond:
// the reply to a request brings the request's outcome with it.

import { type ByteReader, BytesError, ByteWriter } from "./base/index.ts";
import { type HostId, hostIdMax, hostName, portName, type PortUid } from "./ids.ts";
import { locatePort } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Ports } from "./state.ts";
import { type Body, makeMessage, type Message, type Op, type Schema } from "./protocol/index.ts";
import { encodeMessage, type Location } from "./wire/codec.ts";
import { peerOf, sendDatagram } from "./wire/transport.ts";

export const kinds = {
  none: 0,
  message: 1,
  refused: 2,
  room: 3,
  send: 4,
  answer: 5,
  tell: 6,
} as const;

/** What the host of a principal, or one that was taken for it, says to a send or a stream. */
export const answerNames = ["done", "full", "short", "moved", "unknown", "dead"] as const;
export type Answer = (typeof answerNames)[number];

const flushDelayNs = 1_000_000;

/** Starts a datagram with all accepted numbers that wait for a ride to that host. */
export function datagram(ports: Ports, to: HostId, bytes: number = 0): ByteWriter {
  const { accepted } = peerOf(ports, to);
  const writer = new ByteWriter(256 + bytes);
  let left = Math.min(accepted.size, 255);
  writer.u8(left);
  for (const [uid, { stream, number }] of accepted) {
    if (left-- === 0) break;
    writer.u53(uid).u53(stream).u53(number);
    accepted.delete(uid);
  }
  return writer;
}

/** What a body has in bytes: with room for them from the start they are copied once. */
export function bulkBytes(body: Message["body"]): number {
  let bytes = 0;
  for (const name in body) {
    const field: unknown = body[name];
    if (field instanceof Uint8Array) bytes += field.length;
  }
  return bytes;
}

/** An outcome of a stream waits for the next datagram to that host, a millisecond at most. */
export function noteAccepted(
  ports: Ports,
  to: HostId,
  uid: PortUid,
  place: { readonly stream: number; readonly number: number },
  host: PortsHost,
): void {
  peerOf(ports, to).accepted.set(uid, place);
  if (ports.flushAt !== null) return;
  ports.flushAt = host.now + flushDelayNs;
  host.timer(ports.flushAt, { on: "flush" });
}

export function flushAccepted(ports: Ports, host: PortsHost): void {
  if (ports.flushAt === null || ports.flushAt > host.now) return;
  ports.flushAt = null;
  for (const peer of ports.peers.keys()) flushTo(ports, peer, host);
}

export function flushTo(ports: Ports, to: HostId, host: PortsHost): void {
  while (peerOf(ports, to).accepted.size > 0) {
    sendDatagram(ports, to, datagram(ports, to).u8(kinds.none).finish(), host);
  }
}

/** Tells the ports of another host, or of this one, something about a port. */
export function tell<S extends Schema>(
  ports: Ports,
  to: HostId,
  op: Op<S>,
  body: Body<S>,
  host: PortsHost,
): void {
  const message = makeMessage(op, body) as Message;
  if (to === ports.host) {
    ports.agenda.push({ on: "told", from: to, message });
    return;
  }
  if (host.wants) {
    const uid: unknown = message.body["uid"];
    const port = typeof uid === "number" ? portName(uid) : "";
    host.emit("ports.told", { op: op.name, to: hostName(to), port });
  }
  const writer = datagram(ports, to, bulkBytes(message.body)).u8(kinds.tell);
  encodeMessage(writer, message, (uid) => locatePort(ports, uid));
  sendDatagram(ports, to, writer.finish(), host);
}

export function writeLocation(writer: ByteWriter, { host, epoch }: Location): ByteWriter {
  return writer.u8(host).u32(epoch);
}

/** Throws `BytesError` for a host that cannot be. */
export function readLocation(reader: ByteReader): Location {
  const host = reader.u8();
  if (host > hostIdMax) throw new BytesError(`location: no host ${host}`);
  return { host, epoch: reader.u32() };
}

export function readAnswer(reader: ByteReader): Answer {
  const code = reader.u8();
  const answer = answerNames[code];
  if (!answer) throw new BytesError(`answer: no answer ${code}`);
  return answer;
}
