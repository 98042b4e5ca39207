// Messages to bytes and back. The only place that knows how a message looks on a cable.
//
//   code u16 | id u53 | via u32 | reply right | count u16, rights | the body's fields, as in the row
//   right:  kind u8 (0 none, 1 send, 2 send-once, 3 receive, 4 dead) | uid u53 | count u53
//           | policy u8 | host u8, epoch u32: where it was last
//
// A right travels with the sender's idea of where its receiver is, so that the receiving host
// starts from there and not from the port's origin. A count is stored plus one, 0 for none.

import { ByteReader, ByteWriter, BytesError } from "../base/index.ts";
import { type HostId, hostIdMax, type PortUid } from "../ids.ts";
import { type LocationName, locationNames } from "../location-names.ts";
import {
  type Body,
  type FieldKind,
  type Message,
  opByCode,
  opByName,
  type Right,
  type Schema,
} from "../protocol/schema.ts";

/** Where a host believes that a port's receive right is. */
export interface Location {
  readonly host: HostId;
  readonly epoch: number;
}

/** The same, with the way to find it when it has moved. */
export interface Known extends Location {
  readonly policy: LocationName;
}

const rightKinds = ["send", "send-once", "receive", "dead"] as const;

export function encodeMessage(
  writer: ByteWriter,
  message: Message,
  locate: (uid: PortUid) => Known,
): void {
  const op = opByName(message.op);
  writer
    .u16(op.code)
    .u53(message.id)
    .u32((message.via ?? -1) + 1);
  encodeRight(writer, message.reply, locate);
  writer.u16(message.rights.length);
  for (const right of message.rights) encodeRight(writer, right, locate);
  for (const name of Object.keys(op.body)) {
    encodeField(writer, op.body[name] as FieldKind, message.body[name] as never);
  }
}

/** Throws `BytesError` naming the field when the bytes are no message. */
export function decodeMessage(
  reader: ByteReader,
  learn: (uid: PortUid, known: Known) => void,
): Message {
  const code = reader.u16();
  const op = opByCode(code);
  if (!op) throw new BytesError(`no message has code ${code}`);
  const id = reader.u53();
  const via = reader.u32() - 1;
  const reply = decodeRight(reader, learn);
  const rights: Right[] = [];
  for (let count = reader.u16(); count > 0; count--) {
    const right = decodeRight(reader, learn);
    if (!right) throw new BytesError("rights: an empty right in the body");
    rights.push(right);
  }
  const body: Record<string, unknown> = {};
  for (const name of Object.keys(op.body)) {
    try {
      body[name] = decodeField(reader, op.body[name] as FieldKind);
    } catch (error) {
      if (error instanceof BytesError) throw new BytesError(`${op.name} ${name}: ${error.message}`);
      throw error;
    }
  }
  const message = { op: op.name, id, reply, rights, body: body as Body<Schema> };
  return via < 0 ? message : { ...message, via };
}

function encodeRight(
  writer: ByteWriter,
  right: Right | null,
  locate: (uid: PortUid) => Known,
): void {
  if (!right) {
    writer.u8(0);
    return;
  }
  const { host, epoch, policy } = locate(right.uid);
  writer
    .u8(rightKinds.indexOf(right.kind) + 1)
    .u53(right.uid)
    .u53((right.count ?? -1) + 1);
  writer.u8(locationNames.indexOf(policy)).u8(host).u32(epoch);
}

function decodeRight(
  reader: ByteReader,
  learn: (uid: PortUid, known: Known) => void,
): Right | null {
  const code = reader.u8();
  if (code === 0) return null;
  const kind = rightKinds[code - 1];
  if (!kind) throw new BytesError(`right: no kind ${code}`);
  const uid = reader.u53();
  const count = reader.u53() - 1;
  const policy = decodePolicy(reader);
  const host = reader.u8();
  if (host > hostIdMax) throw new BytesError(`right: no host ${host}`);
  const known = { host, epoch: reader.u32(), policy };
  if (kind !== "dead") learn(uid, known);
  return count < 0 ? { kind, uid } : { kind, uid, count };
}

function decodePolicy(reader: ByteReader): LocationName {
  const policy = reader.u8();
  const name = locationNames[policy];
  if (!name) throw new BytesError(`right: no location policy ${policy}`);
  return name;
}

function encodeField(writer: ByteWriter, kind: FieldKind, value: never): void {
  switch (kind) {
    case "u8":
      writer.u8(value);
      return;
    case "u32":
      writer.u32(value);
      return;
    case "u53":
      writer.u53(value);
      return;
    case "i53":
      writer.u8(value < 0 ? 1 : 0).u53(Math.abs(value));
      return;
    case "flag":
      writer.u8(value ? 1 : 0);
      return;
    case "string":
      writer.string(value);
      return;
    case "bytes":
      writer.bytes(value);
      return;
    case "strings":
      writer.u32((value as readonly string[]).length);
      for (const item of value as readonly string[]) writer.string(item);
      return;
    case "u53s":
      writer.u32((value as readonly number[]).length);
      for (const item of value as readonly number[]) writer.u53(item);
      return;
  }
}

function decodeField(reader: ByteReader, kind: FieldKind): unknown {
  switch (kind) {
    case "u8":
      return reader.u8();
    case "u32":
      return reader.u32();
    case "u53":
      return reader.u53();
    case "i53":
      return (reader.u8() === 1 ? -1 : 1) * reader.u53();
    case "flag":
      return reader.u8() !== 0;
    case "string":
      return reader.string();
    case "bytes":
      return ownBytes(reader.bytes());
    case "strings":
      return decodeList(reader, 4, () => reader.string());
    case "u53s":
      return decodeList(reader, 8, () => reader.u53());
  }
}

/**
 * Bytes to keep. Whatever is most of its buffer is the message that a link has put together, which
 * nobody else has: that is kept as it is.
 */
function ownBytes(view: Uint8Array): Uint8Array {
  return view.length * 2 >= view.buffer.byteLength ? view : view.slice();
}

function decodeList<T>(reader: ByteReader, bytesMin: number, item: () => T): T[] {
  const count = reader.u32();
  if (count * bytesMin > reader.left)
    throw new BytesError(`a list of ${count} is longer than the packet`);
  return Array.from({ length: count }, item);
}
