// The bytes that are in a pipe: a ring of fixed size, made by the first byte that goes in.
//
//   ┌────────┬───────────────────┬─────────┐
//   │  free  │ start … + length  │  free   │      what reaches the end goes on at the beginning
//   └────────┴───────────────────┴─────────┘

import { assert } from "../ports/base/index.ts";

/** What a pipe of Linux holds. */
const pipeBytes = 65536;

export interface PipeBuffer {
  ring: Uint8Array;
  start: number;
  length: number;
}

export function createBuffer(): PipeBuffer {
  return { ring: new Uint8Array(0), start: 0, length: 0 };
}

export function roomIn({ length }: PipeBuffer): number {
  return pipeBytes - length;
}

/** Copies the bytes in, behind what is there. Requires: there is room. */
export function putBytes(buffer: PipeBuffer, bytes: Uint8Array): void {
  assert(bytes.length <= roomIn(buffer), "room for the bytes in a pipe");
  if (buffer.ring.length === 0) buffer.ring = new Uint8Array(pipeBytes);
  const at = (buffer.start + buffer.length) % pipeBytes;
  const first = Math.min(bytes.length, pipeBytes - at);
  buffer.ring.set(bytes.subarray(0, first), at);
  buffer.ring.set(bytes.subarray(first), 0);
  buffer.length += bytes.length;
}

/** Takes out at most `count` bytes, those that went in first. */
export function takeBytes(buffer: PipeBuffer, count: number): Uint8Array {
  const { ring, start } = buffer;
  const bytes = new Uint8Array(Math.min(count, buffer.length));
  const first = Math.min(bytes.length, pipeBytes - start);
  bytes.set(ring.subarray(start, start + first));
  bytes.set(ring.subarray(0, bytes.length - first), first);
  buffer.start = (start + bytes.length) % pipeBytes;
  buffer.length -= bytes.length;
  return bytes;
}
