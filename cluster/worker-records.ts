// Records between the main thread and its workers, as bytes in mailboxes.

import { ByteReader, ByteWriter, decodePlain, encodePlain } from "../ports/base/index.ts";
import type { HostId } from "../ports/index.ts";
import type { TraceRecord } from "./trace.ts";

/** What a worker puts into its outbox. */
export type OutRecord =
  | { readonly is: "trace"; readonly record: TraceRecord }
  | {
      readonly is: "console";
      readonly at: number;
      readonly job: number;
      readonly stream: 1 | 2;
      readonly bytes: Uint8Array;
    }
  | { readonly is: "input"; readonly job: number; readonly count: number }
  | { readonly is: "answer"; readonly last: boolean; readonly bytes: Uint8Array }
  | { readonly is: "failure"; readonly message: string };

const kinds = { trace: 1, console: 2, input: 3, answer: 4, failure: 5 } as const;

export function encodeTrace(record: TraceRecord): Uint8Array {
  const writer = new ByteWriter(64 + record.text.length);
  writer
    .u8(kinds.trace)
    .u53(record.at)
    .u32(record.number)
    .u8(record.control ? 1 : 0);
  return writer.string(record.text).finish();
}

export function encodeConsole(
  at: number,
  job: number,
  stream: number,
  bytes: Uint8Array,
): Uint8Array {
  return new ByteWriter(32 + bytes.length)
    .u8(kinds.console)
    .u53(at)
    .u32(job)
    .u8(stream)
    .raw(bytes)
    .finish();
}

export function encodeInput(job: number, count: number): Uint8Array {
  return new ByteWriter(16).u8(kinds.input).u32(job).u32(count).finish();
}

export function encodeFailure(message: string): Uint8Array {
  return new ByteWriter(256).u8(kinds.failure).string(message).finish();
}

const answerPartBytes = 262_144;

/** An answer in as many records as it needs. */
export function encodeAnswer(answer: unknown): readonly Uint8Array[] {
  const bytes = encodePlain(answer);
  const records: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += answerPartBytes) {
    const part = bytes.subarray(at, at + answerPartBytes);
    const last = at + answerPartBytes >= bytes.length ? 1 : 0;
    records.push(new ByteWriter(part.length + 8).u8(kinds.answer).u8(last).raw(part).finish());
  }
  return records;
}

export function decodeAnswer(parts: readonly Uint8Array[]): unknown {
  return decodePlain(Buffer.concat(parts));
}

export function decodeOut(bytes: Uint8Array, host: HostId): OutRecord {
  const reader = new ByteReader(bytes);
  const kind = reader.u8();
  switch (kind) {
    case kinds.trace: {
      const at = reader.u53();
      const number = reader.u32();
      const control = reader.u8() === 1;
      return { is: "trace", record: { at, host, number, control, text: reader.string() } };
    }
    case kinds.console: {
      const at = reader.u53();
      const job = reader.u32();
      const stream = reader.u8() === 1 ? 1 : 2;
      return { is: "console", at, job, stream, bytes: reader.raw(reader.left) };
    }
    case kinds.input:
      return { is: "input", job: reader.u32(), count: reader.u32() };
    case kinds.answer:
      return { is: "answer", last: reader.u8() === 1, bytes: reader.raw(reader.left) };
    default:
      return { is: "failure", message: reader.string() };
  }
}

/** What stands before the bytes of a packet in an inbox. */
export function encodePacketHead(from: HostId, arrive: number, number: number): Uint8Array {
  return new ByteWriter(32).u8(from).u53(arrive).u53(number).finish();
}

export function decodePacket(record: Uint8Array): {
  readonly from: HostId;
  readonly arrive: number;
  readonly number: number;
  readonly bytes: Uint8Array;
} {
  const reader = new ByteReader(record);
  const from = reader.u8();
  const arrive = reader.u53();
  const number = reader.u53();
  return { from, arrive, number, bytes: reader.raw(reader.left) };
}
