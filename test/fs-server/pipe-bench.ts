// The pipe server on a bench: requests at the ends of a pipe, and their answers, for tests.

import { createPipeServer, type PipeView } from "../../fs-server/index.ts";
import { files, pipeEnds, pipes, type PortUid } from "../../ports/index.ts";
import {
  answerTo,
  type Bench,
  bytesOf,
  call,
  createBench,
  createMachine,
  post,
  service,
  textOf,
} from "./bench.ts";

export const capacity = 65536;
export const EPIPE = 32;

export function serve(): Bench {
  return createBench(createPipeServer(), createMachine({}).outside);
}

/** A pipe from a task on h1 to one on h2, both in their first incarnation. */
export function make(bench: Bench, pipe = 7): void {
  const ends = { reader: 2, readerIncarnation: 1, writer: 1, writerIncarnation: 1 };
  post(bench, service, pipes.make, { pipe, ...ends });
}

export function join(bench: Bench, end: keyof typeof pipeEnds, pipe = 7): PortUid {
  const body = { pipe, end: pipeEnds[end] };
  const joined = call(bench, service, pipes.join, body, pipes.joined);
  const [right] = joined.rights;
  if (!right) throw new Error(`join: error ${joined.body.error}`);
  return right.uid;
}

export function joinError(bench: Bench, end: number, pipe = 7): number {
  return call(bench, service, pipes.join, { pipe, end }, pipes.joined).body.error;
}

export function joined(): {
  readonly bench: Bench;
  readonly reader: PortUid;
  readonly writer: PortUid;
} {
  const bench = serve();
  make(bench);
  return { bench, reader: join(bench, "read"), writer: join(bench, "write") };
}

export function read(bench: Bench, port: PortUid, count: number): string {
  const { body } = call(bench, port, files.read, { count }, files.data);
  return body.error === 0 ? textOf(body.bytes) : `error ${body.error}`;
}

export function startRead(bench: Bench, port: PortUid, count: number): number {
  return post(bench, port, files.read, { count }).id;
}

export function startWrite(bench: Bench, port: PortUid, bytes: Uint8Array): number {
  return post(bench, port, files.write, { bytes }).id;
}

export function write(bench: Bench, port: PortUid, text: string): unknown {
  return call(bench, port, files.write, { bytes: bytesOf(text) }, files.count).body;
}

export function dataOf(bench: Bench, id: number): string {
  const { error, bytes } = answerTo(bench, id, files.data).body;
  return error === 0 ? textOf(bytes) : `error ${error}`;
}

export function countOf(
  bench: Bench,
  id: number,
): { readonly error: number; readonly value: number } {
  return answerTo(bench, id, files.count).body;
}

export function close(bench: Bench, port: PortUid): void {
  const { body } = call(bench, port, files.close, {}, files.count);
  if (body.error !== 0) throw new Error(`close: error ${body.error}`);
}

export function look(bench: Bench): readonly PipeView[] {
  return bench.server.observe?.(bench.state, { ask: "pipes" }, bench.outside) as PipeView[];
}

export const zeros = (count: number): Uint8Array => new Uint8Array(count);
