// How an interface is written down: one table, one row a message, from which come the types,
// the codec and the printed documentation. A message without a row does not compile.

import { assert, must } from "../base/index.ts";
import type { PortUid } from "../ids.ts";

/** The kinds of a field. `u53` and `i53` are exact JavaScript integers. */
export interface FieldTypes {
  readonly u8: number;
  readonly u32: number;
  readonly u53: number;
  readonly i53: number;
  readonly flag: boolean;
  readonly string: string;
  readonly bytes: Uint8Array;
  readonly strings: readonly string[];
  readonly u53s: readonly number[];
}
export type FieldKind = keyof FieldTypes;
export type Schema = Readonly<Record<string, FieldKind>>;
export type Body<S extends Schema> = { readonly [K in keyof S]: FieldTypes[S[K]] };

/** A right as it travels in a message. Send-once rights carry replies. */
export interface Right {
  /** "dead": a right whose port had died when it was sent; its uid means nothing. */
  readonly kind: "send" | "send-once" | "receive" | "dead";
  readonly uid: PortUid;
  /**
   * Of counted ports only. Of a send right: the transits it carries, 1 or more. Of a send-once
   * right: its number at the port. Kernels and native servers pass each other uncounted rights.
   */
  readonly count?: number;
}

/** One row of an interface. */
export interface OpRow {
  readonly doc: string;
  readonly body: Schema;
  /** What the rights of the message are, in order. */
  readonly rights?: readonly string[];
}

export interface Op<S extends Schema = Schema> {
  readonly name: string;
  readonly code: number;
  readonly doc: string;
  readonly body: S;
  readonly rights: readonly string[];
}

/** What is queued at ports. Plain data; `id` pairs a reply with its request. */
export interface Message<S extends Schema = Schema> {
  readonly op: string;
  readonly id: number;
  readonly reply: Right | null;
  readonly rights: readonly Right[];
  readonly body: Body<S>;
  /** The number of the send-once right by which it is sent, to a counted port. */
  readonly via?: number;
}

export type Interface<R extends Readonly<Record<string, OpRow>>> = {
  readonly [K in keyof R]: Op<R[K]["body"]>;
};

const opsByName = new Map<string, Op>();
const opsByCode = new Map<number, Op>();

/** Declares an interface. `base` is the code of its first message on the wire; 64 fit. */
export function defineInterface<const R extends Readonly<Record<string, OpRow>>>(
  name: string,
  base: number,
  rows: R,
): Interface<R> {
  const ops: Record<string, Op> = {};
  Object.entries(rows).forEach(([key, row], index) => {
    assert(index < 64, `interface ${name} fits its codes`);
    const op: Op = {
      name: `${name}.${key}`,
      code: base + index,
      doc: row.doc,
      body: row.body,
      rights: row.rights ?? [],
    };
    assert(!opsByCode.has(op.code), `code ${op.code} is free for ${op.name}`);
    opsByName.set(op.name, op);
    opsByCode.set(op.code, op);
    ops[key] = op;
  });
  return ops as Interface<R>;
}

export function opByName(name: string): Op {
  return must(opsByName.get(name), `message ${name}`);
}

export function opByCode(code: number): Op | undefined {
  return opsByCode.get(code);
}

/** All messages of all interfaces, in the order of their codes, for the docs. */
export function allOps(): readonly Op[] {
  return [...opsByCode.values()].sort((a, b) => a.code - b.code);
}

/** What a message has beside its body. */
export interface Extras {
  readonly id?: number;
  readonly reply?: Right;
  readonly rights?: readonly Right[];
  readonly via?: number | undefined;
}

export function makeMessage<S extends Schema>(
  op: Op<S>,
  body: Body<S>,
  extras: Extras = {},
): Message<S> {
  const message = {
    op: op.name,
    id: extras.id ?? 0,
    reply: extras.reply ?? null,
    rights: extras.rights ?? [],
    body,
  };
  return extras.via === undefined ? message : { ...message, via: extras.via };
}

/** Narrows a message to one row of its interface. */
export function isOp<S extends Schema>(message: Message, op: Op<S>): message is Message<S> {
  return message.op === op.name;
}
