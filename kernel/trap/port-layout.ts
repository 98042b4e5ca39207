// How a message lies in a guest's memory: the structures of <sojourn.h>, to values and back.
//
//   header  bits │ size │ remote │ local │ reserved │ id                        24 bytes
//   body    count │ descriptors of 12 or 16 bytes     only if bits say COMPLEX
//   bytes   whatever the task likes
//   trailer type │ size │ sequence │ pad │ sender (64)    received messages only, on a multiple of 4

import { allocateBytes } from "../../ports/base/index.ts";
import {
  type Incoming,
  type InPart,
  type Outgoing,
  type OutPart,
  partKinds,
  sendCodes,
} from "../../ports/index.ts";

const headerBytes = 24;
const trailerBytes = 24;
const portBytes = 12;
const memoryBytes = 16;
const complex = 0x80000000;
const descriptors = { port: 0, memory: 1, ports: 2 } as const;

/** Rights that one message carries in its body, at most. */
const rightsMax = 4096;

/** A descriptor as the sender wrote it; what it points at has not been read. */
export type Descriptor =
  | { readonly kind: "port"; readonly name: number; readonly disposition: number }
  | {
      readonly kind: "ports";
      readonly address: number;
      readonly count: number;
      readonly disposition: number;
      readonly deallocate: boolean;
    }
  | {
      readonly kind: "memory";
      readonly address: number;
      readonly size: number;
      readonly deallocate: boolean;
    };

/** A message without the parts that its descriptors stand for. */
export interface Decoded extends Outgoing {
  readonly descriptors: readonly Descriptor[];
}

const noDescriptors: readonly Descriptor[] = [];
const noParts: readonly OutPart[] = [];

// Words are put together by hand: a view costs more than all of a small message's.

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24)) >>>
    0
  );
}

function setWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** The message, or the code with which it is refused. */
export function decodeLayout(message: Uint8Array): Decoded | number {
  if (message.length < headerBytes) return sendCodes.messageTooSmall;
  const bits = wordAt(message, 0);
  let at = headerBytes;
  let list = noDescriptors;
  if (bits >= complex) {
    const read = decodeDescriptors(viewOf(message), at);
    if (typeof read === "number") return read;
    list = read.list;
    at = read.end;
  }
  return {
    remote: wordAt(message, 8),
    remoteDisposition: bits & 0xff,
    local: wordAt(message, 12),
    localDisposition: (bits >>> 8) & 0xff,
    number: wordAt(message, 20) | 0,
    descriptors: list,
    parts: noParts,
    bytes: message.subarray(at),
  };
}

function decodeDescriptors(
  view: DataView,
  start: number,
): { readonly list: readonly Descriptor[]; readonly end: number } | number {
  if (view.byteLength < start + 4) return sendCodes.messageTooSmall;
  const count = view.getUint32(start, true);
  let at = start + 4;
  let rights = 0;
  const list: Descriptor[] = [];
  while (list.length < count) {
    if (view.byteLength < at + portBytes) return sendCodes.messageTooSmall;
    const type = view.getUint8(at + 11);
    if (type > descriptors.ports) return sendCodes.invalidType;
    const size = type === descriptors.port ? portBytes : memoryBytes;
    if (view.byteLength < at + size) return sendCodes.messageTooSmall;
    const one = decodeDescriptor(view, at, type);
    if (one.kind !== "memory") rights += one.kind === "port" ? 1 : one.count;
    if (rights > rightsMax) return sendCodes.noBuffer;
    list.push(one);
    at += size;
  }
  return { list, end: at };
}

function decodeDescriptor(view: DataView, at: number, type: number): Descriptor {
  const disposition = view.getUint8(at + 10);
  if (type === descriptors.port) {
    return { kind: "port", name: view.getUint32(at, true), disposition };
  }
  // An address beyond 2^53 loses its last digits here; it is beyond all memory with any digits.
  const address = Number(view.getBigUint64(at, true));
  const deallocate = view.getUint8(at + 8) !== 0;
  const length = view.getUint32(at + 12, true);
  return type === descriptors.memory
    ? { kind: "memory", address, size: length, deallocate }
    : { kind: "ports", address, count: length, disposition, deallocate };
}

/** Where out-of-line data lies: in the order of the parts that have some. */
export interface Region {
  readonly address: number;
  readonly bytes: number;
}

/** Bytes that a queued message of so many bytes and these parts takes, without its trailer. */
export function layoutBytes(next: {
  readonly bytes: number;
  readonly parts: readonly number[];
}): number {
  let size = headerBytes + next.bytes;
  if (next.parts.length > 0) size += 4;
  for (let at = 0; at < next.parts.length; at += 2) {
    size += next.parts[at] === partKinds.port ? portBytes : memoryBytes;
  }
  return size;
}

/** The same with its trailer: what a receiver has to have room for. */
export function receivedBytes(size: number): number {
  return Math.ceil(size / 4) * 4 + trailerBytes;
}

/** What the header says of the two rights; else as in `Incoming`. */
export interface HeaderRights {
  readonly remote: number;
  readonly remoteType: number;
  readonly local: number;
  readonly localType: number;
}

export function encodeLayout(
  message: Incoming,
  header: HeaderRights,
  regions: readonly Region[],
): Uint8Array {
  const { parts, bytes } = message;
  const size = layoutBytes({ bytes: bytes.length, parts: kindsOf(parts) });
  const result = allocateBytes(receivedBytes(size));
  const { remote, remoteType, local, localType } = header;
  const flag = parts.length > 0 ? complex : 0;
  setWord(result, 0, flag + remoteType + (localType << 8));
  setWord(result, 4, size);
  setWord(result, 8, remote);
  setWord(result, 12, local);
  setWord(result, 20, message.number);
  const at = parts.length > 0 ? encodeParts(viewOf(result), parts, regions) : headerBytes;
  result.set(bytes, at);
  encodeTrailer(result, result.length - trailerBytes, message);
  return result;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const noKinds: readonly number[] = [];

function kindsOf(parts: readonly InPart[]): readonly number[] {
  return parts.length === 0 ? noKinds : parts.flatMap(({ kind }) => [partKinds[kind], 0]);
}

function encodeParts(view: DataView, parts: readonly InPart[], regions: readonly Region[]): number {
  view.setUint32(headerBytes, parts.length, true);
  let at = headerBytes + 4;
  let next = 0;
  for (const part of parts) {
    view.setUint8(at + 11, descriptors[part.kind]);
    if (part.kind === "port") {
      view.setUint32(at, part.name, true);
      view.setUint8(at + 10, part.type);
      at += portBytes;
      continue;
    }
    const region = regions[next++] ?? { address: 0, bytes: 0 };
    view.setBigUint64(at, BigInt(region.address), true);
    view.setUint8(at + 8, 1); // the pages are the receiver's: sent on, they may go along
    if (part.kind === "ports") view.setUint8(at + 10, part.type);
    view.setUint32(at + 12, part.kind === "ports" ? region.bytes / 4 : region.bytes, true);
    at += memoryBytes;
  }
  return at;
}

function encodeTrailer(bytes: Uint8Array, at: number, { sequence, token }: Incoming): void {
  setWord(bytes, at + 4, trailerBytes);
  setWord(bytes, at + 8, sequence);
  setWord(bytes, at + 16, token);
  setWord(bytes, at + 20, Math.floor(token / 2 ** 32));
}

const noPieces: readonly Uint8Array[] = [];

/** What lies out of line: in the order of the parts that have some. */
export function outOfLine(parts: readonly InPart[]): readonly Uint8Array[] {
  if (parts.length === 0) return noPieces;
  return parts.flatMap((part) => {
    if (part.kind === "port") return [];
    if (part.kind === "memory") return [part.bytes];
    return [new Uint8Array(Uint32Array.from(part.names).buffer)];
  });
}
