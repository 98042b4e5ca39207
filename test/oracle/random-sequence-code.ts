// Machine code under construction: rows of the decoder's tables become bits, and jumps forward land later.

import { decode } from "../../kernel/machine/decode.ts";
import { fieldsOf } from "../../kernel/machine/decode-formats.ts";
import type { Format } from "../../kernel/machine/decode-formats.ts";
import { compressedRows, wideRows } from "../../kernel/machine/decode-table.ts";
import type { Row } from "../../kernel/machine/decode-table.ts";
import type { Random } from "./random-sequence-random.ts";

export class Code {
  readonly start: number;
  readonly random: Random;
  readonly names: Set<string> = new Set();
  instructionCount = 0;
  readonly #bytes: number[] = [];
  /** Jumps that still have to land: each knows how to encode itself for a distance. */
  #open: { readonly at: number; readonly encode: (distance: number) => number; items: number }[] =
    [];

  constructor(start: number, random: Random) {
    this.start = start;
    this.random = random;
  }

  get here(): number {
    return this.start + this.#bytes.length;
  }

  emit(bits: number): void {
    this.instructionCount++;
    this.names.add(decode(bits).name);
    this.#put(this.#bytes.length, bits);
  }

  emitRow(name: string, values: Values): void {
    this.emit(encode(rowNamed(name), values));
  }

  /** A jump over the next few items. `origin` is what the distance counts from. */
  emitForward(encodeFor: (distance: number) => number, origin: number = this.here): void {
    const at = this.#bytes.length;
    this.emit(encodeFor(16));
    const distanceTo = (distance: number): number => encodeFor(distance + this.start + at - origin);
    this.#open.push({ at, encode: distanceTo, items: 1 + this.random.below(3) });
  }

  /** Called between items: jumps whose items have passed land here. */
  step(): void {
    for (const jump of this.#open) jump.items--;
    for (const jump of this.#open.filter(({ items }) => items < 0)) this.#patch(jump);
    this.#open = this.#open.filter(({ items }) => items >= 0);
  }

  land(): void {
    for (const jump of this.#open) this.#patch(jump);
    this.#open = [];
  }

  #patch({ at, encode }: { at: number; encode: (distance: number) => number }): void {
    this.#put(at, encode(this.#bytes.length - at));
  }

  #put(at: number, bits: number): void {
    this.#bytes[at] = bits & 255;
    this.#bytes[at + 1] = (bits >>> 8) & 255;
    if ((bits & 3) !== 3) return;
    this.#bytes[at + 2] = (bits >>> 16) & 255;
    this.#bytes[at + 3] = bits >>> 24;
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

export interface Values {
  readonly rd?: number;
  readonly rs1?: number;
  readonly rs2?: number;
  readonly immediate?: number;
}

export function rowNamed(name: string): Row {
  const row = [...wideRows, ...compressedRows].find((each) => each[0] === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
}

/** The row with these values; what is not given is 0. */
export function encode([, , format, , match]: Row, values: Values): number {
  let bits = match | scatter(format, values.immediate ?? 0);
  if (format.startsWith("c.")) {
    if (format === "c.b") return bits | (((values.rs1 ?? 8) - 8) << 7);
    if (format === "c.mv" || format === "c.add" || format === "c.sdsp")
      bits |= (values.rs2 ?? 0) << 2;
    return bits | ((values.rd ?? values.rs1 ?? 0) << 7);
  }
  const isWithDestination = format !== "s" && format !== "b";
  if (isWithDestination) bits |= (values.rd ?? 0) << 7;
  return bits | ((values.rs1 ?? 0) << 15) | ((values.rs2 ?? 0) << 20);
}

export function scatter(format: Format, immediate: number): number {
  let bits = 0;
  for (const [high, low, to] of fieldsOf(format).pieces ?? []) {
    bits |= ((immediate >>> to) & ((1 << (high - low + 1)) - 1)) << low;
  }
  return bits;
}
