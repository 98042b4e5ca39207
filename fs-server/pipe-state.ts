// What the pipe server remembers of each pipe, as plain data.
//
//   end:   waiting ──join──▶ open ──▶ gone       closed, no right to it left, its host dead, forgone
//             └───────────────────────▲
//
//   writers (whole messages that wait) ──▶ buffer ──▶ readers (requests that wait)
//
// Readers wait only while the buffer is empty. A pipe of which both ends are gone is forgotten.

import { type files, type HostId, type Message, pipeEnds, type PortUid } from "../ports/index.ts";
import { createBuffer, type PipeBuffer } from "./pipe-buffer.ts";

export type EndName = "read" | "write";

export interface PipeEnd {
  readonly name: EndName;
  /** The host, and its incarnation, on which its holder begins. */
  readonly host: HostId;
  readonly incarnation: number;
  at: "waiting" | "open" | "gone";
  /** Null before somebody has joined. */
  port: PortUid | null;
}

/** A write that is not wholly in the buffer. */
export interface WaitingWrite {
  readonly request: Message<typeof files.write.body>;
  /** Bytes that have gone in. */
  done: number;
}

export interface Pipe {
  readonly number: number;
  readonly read: PipeEnd;
  readonly write: PipeEnd;
  readonly buffer: PipeBuffer;
  readonly readers: Message<typeof files.read.body>[];
  readonly writers: WaitingWrite[];
}

export interface PipesState {
  readonly pipes: Map<number, Pipe>;
}

export function createPipe(number: number, ends: Pick<Pipe, "read" | "write">): Pipe {
  return { number, ...ends, buffer: createBuffer(), readers: [], writers: [] };
}

export function waitingEnd(name: EndName, host: HostId, incarnation: number): PipeEnd {
  return { name, host, incarnation, at: "waiting", port: null };
}

/** Undefined for a number that is none of `pipeEnds`. */
export function endNamed(pipe: Pipe, code: number): PipeEnd | undefined {
  if (code === pipeEnds.read) return pipe.read;
  return code === pipeEnds.write ? pipe.write : undefined;
}

/** The tag of an end's port: `7:read` is the reader's end of pipe 7. */
export function endTag(pipe: Pipe, end: PipeEnd): string {
  return `${pipe.number}:${end.name}`;
}

export function parseEndTag(
  state: PipesState,
  tag: string,
): { readonly pipe: Pipe; readonly end: PipeEnd } | undefined {
  const match = /^([0-9]+):(read|write)$/.exec(tag);
  const pipe = match ? state.pipes.get(Number(match[1])) : undefined;
  return pipe && { pipe, end: match?.[2] === "read" ? pipe.read : pipe.write };
}
