// The external memory management interface as tasks see it: the messages of `memory` as those of tasks.
//
//   msgh_id │ (the kernel's control port, as a descriptor) │ 64-bit fields │ 32-bit fields │ pages
//
// Fields stand in the order of their row in ports/protocol/memory.ts, those of 64 bits first, filled up
// to a multiple of 8 bytes, as C lays out a structure; <pager.h> has these structures. The numbers
// of what a pager is sent are those of Mach 3.

import {
  type Body,
  memory,
  type Message,
  type Op,
  partKinds,
  type Right,
  type Schema,
  user,
} from "../../ports/index.ts";

/** What a pager is sent. */
const toPager: ReadonlyMap<string, number> = new Map([
  [memory.init.name, 2200],
  [memory.terminate.name, 2201],
  [memory.request.name, 2203],
  [memory.unlock.name, 2204],
  [memory.locked.name, 2206],
  [memory.supplied.name, 2207],
  [memory.return.name, 2208],
  [memory.changed.name, 2209],
]);

/** What it sends. */
const fromPager: ReadonlyMap<number, Op> = new Map<number, Op>([
  [2300, memory.ready],
  [2301, memory.supply],
  [2302, memory.unavailable],
  [2303, memory.error],
  [2304, memory.returned],
  [2305, memory.lock],
  [2306, memory.destroy],
]);

const wideKinds: ReadonlySet<string> = new Set(["u53", "i53"]);
const noBytes = new Uint8Array(0);

interface Fields {
  readonly wide: readonly string[];
  readonly narrow: readonly string[];
  /** The field of the pages, if there is one. */
  readonly rest: string | undefined;
  /** Bytes before the pages. */
  readonly fixed: number;
}

function fieldsOf({ body }: Op): Fields {
  const names = Object.keys(body);
  const kindOf = (name: string): string => body[name] ?? "";
  const wide = names.filter((name) => wideKinds.has(kindOf(name)));
  const rest = names.find((name) => kindOf(name) === "bytes");
  const narrow = names.filter((name) => !wide.includes(name) && name !== rest);
  const fixed = Math.ceil((wide.length * 8 + narrow.length * 4) / 8) * 8;
  return { wide, narrow, rest, fixed };
}

interface Sent {
  readonly id: number;
  /** The kernel's control port, if the message bears it. */
  readonly control: Right | null;
  /** The number of the send-once right by which it goes. */
  readonly via?: number | undefined;
}

/** A message of the interface in the form in which a task receives it. */
export function encodeForTask<S extends Schema>(op: Op<S>, body: Body<S>, sent: Sent): Message {
  const number = toPager.get(op.name) ?? 0;
  const message = {
    op: user.message.name,
    id: sent.id,
    reply: null,
    rights: sent.control ? [sent.control] : [],
    body: {
      number,
      token: 0,
      bytes: encodeBody(op as Op, body),
      parts: sent.control ? [partKinds.port, 1] : [],
      memory: noBytes,
    },
  };
  return sent.via === undefined ? message : { ...message, via: sent.via };
}

function encodeBody(op: Op, body: Readonly<Record<string, unknown>>): Uint8Array {
  const { wide, narrow, rest, fixed } = fieldsOf(op);
  const pages = rest === undefined ? noBytes : (body[rest] as Uint8Array);
  const bytes = new Uint8Array(fixed + pages.length);
  const view = new DataView(bytes.buffer);
  wide.forEach((name, at) => view.setBigUint64(at * 8, BigInt(Number(body[name])), true));
  narrow.forEach((name, at) => view.setUint32(wide.length * 8 + at * 4, Number(body[name]), true));
  bytes.set(pages, fixed);
  return bytes;
}

/** What a task's message means, with its reply right; undefined: nothing. */
export function decodeFromTask(message: Message<typeof user.message.body>): Message | undefined {
  const { number, bytes, parts } = message.body;
  const op = fromPager.get(number);
  if (!op || parts.length > 0) return undefined;
  const body = decodeBody(op, bytes);
  return body && { op: op.name, id: message.id, reply: message.reply, rights: [], body };
}

function decodeBody(op: Op, bytes: Uint8Array): Record<string, never> | undefined {
  const { wide, narrow, rest, fixed } = fieldsOf(op);
  if (bytes.length < fixed || (rest === undefined && bytes.length > fixed)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body: Record<string, number | boolean | Uint8Array> = {};
  for (const [at, name] of wide.entries()) {
    const value = Number(view.getBigUint64(at * 8, true));
    if (!Number.isSafeInteger(value)) return undefined;
    body[name] = value;
  }
  for (const [at, name] of narrow.entries()) {
    const value = view.getUint32(wide.length * 8 + at * 4, true);
    const kind = op.body[name];
    if ((kind === "flag" && value > 1) || (kind === "u8" && value > 255)) return undefined;
    body[name] = kind === "flag" ? value === 1 : value;
  }
  if (rest !== undefined) body[rest] = bytes.subarray(fixed);
  return body as Record<string, never>;
}
