// Plain data to bytes and back, with shared references kept: how a host is saved and a task packed.
//
// Plain means: undefined, null, booleans, numbers, strings, arrays, Maps, Sets, Uint8Array,
// Uint32Array, and objects without a prototype of their own. Anything else is a mistake of ours:
// state that moves or is saved holds no functions and no class instances. An object that is
// reached twice is written once; so two entries of a map that share a memory object still do.

import { assert, unreachable } from "./assert.ts";
import { ByteReader, BytesError, ByteWriter } from "./bytes.ts";

const tags = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  integer: 4,
  negative: 5,
  float: 6,
  string: 7,
  array: 8,
  map: 9,
  set: 10,
  bytes: 11,
  words: 12,
  object: 13,
  again: 14,
  knownKeys: 15,
} as const;

interface Writing {
  readonly out: ByteWriter;
  readonly seen: Map<object, number>;
  readonly shapes: Map<string, number>;
}

export function encodePlain(value: unknown): Uint8Array {
  const writing: Writing = { out: new ByteWriter(4096), seen: new Map(), shapes: new Map() };
  write(writing, value);
  return writing.out.finish();
}

function write(writing: Writing, value: unknown): void {
  const { out } = writing;
  switch (typeof value) {
    case "undefined":
      out.u8(tags.undefined);
      return;
    case "boolean":
      out.u8(value ? tags.true : tags.false);
      return;
    case "number":
      writeNumber(out, value);
      return;
    case "string":
      out.u8(tags.string).string(value);
      return;
    case "object":
      if (value === null) out.u8(tags.null);
      else writeObject(writing, value);
      return;
    case "bigint":
    case "symbol":
    case "function":
      assert(false, `plain data holds no ${typeof value}`);
      return;
    default:
      unreachable(value as never);
  }
}

function writeNumber(out: ByteWriter, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    out.u8(value < 0 ? tags.negative : tags.integer).u53(Math.abs(value));
    return;
  }
  const words = new Uint32Array(new Float64Array([value]).buffer);
  out
    .u8(tags.float)
    .u32(words[0] as number)
    .u32(words[1] as number);
}

function writeObject(writing: Writing, value: object): void {
  const { out, seen } = writing;
  const again = seen.get(value);
  if (again !== undefined) {
    out.u8(tags.again).u32(again);
    return;
  }
  seen.set(value, seen.size);
  if (Array.isArray(value)) {
    out.u8(tags.array).u32(value.length);
    for (const item of value) write(writing, item);
  } else if (value instanceof Map) {
    out.u8(tags.map).u32(value.size);
    for (const [key, item] of value) {
      write(writing, key);
      write(writing, item);
    }
  } else if (value instanceof Set) {
    out.u8(tags.set).u32(value.size);
    for (const item of value) write(writing, item);
  } else if (value instanceof Uint8Array) {
    out.u8(tags.bytes).bytes(value);
  } else if (value instanceof Uint32Array) {
    out.u8(tags.words).bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else {
    writeRecord(writing, value);
  }
}

function writeRecord(writing: Writing, value: object): void {
  const { out, shapes } = writing;
  assert(Object.getPrototypeOf(value) === Object.prototype, "plain data holds no class instances");
  const keys = Object.keys(value);
  const shape = keys.join(",");
  const known = shapes.get(shape);
  if (known === undefined) {
    shapes.set(shape, shapes.size);
    out.u8(tags.object).u32(keys.length);
    for (const key of keys) out.string(key);
  } else {
    out.u8(tags.knownKeys).u32(known);
  }
  for (const key of keys) write(writing, (value as Record<string, unknown>)[key]);
}

interface Reading {
  readonly from: ByteReader;
  readonly seen: unknown[];
  readonly shapes: string[][];
}

/** The inverse of `encodePlain`. Throws `BytesError` on bytes that it did not write. */
export function decodePlain(bytes: Uint8Array): unknown {
  return read({ from: new ByteReader(bytes), seen: [], shapes: [] });
}

function read(reading: Reading): unknown {
  const { from } = reading;
  const tag = from.u8();
  switch (tag) {
    case tags.undefined:
      return undefined;
    case tags.null:
      return null;
    case tags.false:
      return false;
    case tags.true:
      return true;
    case tags.integer:
      return from.u53();
    case tags.negative:
      return -from.u53();
    case tags.float:
      return new Float64Array(new Uint32Array([from.u32(), from.u32()]).buffer)[0];
    case tags.string:
      return from.string();
    case tags.again:
      return reading.seen[from.u32()];
    default:
      return readObject(reading, tag);
  }
}

function remember<T>(reading: Reading, value: T): T {
  reading.seen.push(value);
  return value;
}

function readObject(reading: Reading, tag: number): unknown {
  const { from } = reading;
  switch (tag) {
    case tags.array: {
      const list: unknown[] = remember(reading, []);
      for (let count = from.u32(); count > 0; count--) list.push(read(reading));
      return list;
    }
    case tags.map: {
      const map = remember(reading, new Map<unknown, unknown>());
      for (let count = from.u32(); count > 0; count--) {
        const key = read(reading);
        map.set(key, read(reading));
      }
      return map;
    }
    case tags.set: {
      const set = remember(reading, new Set<unknown>());
      for (let count = from.u32(); count > 0; count--) set.add(read(reading));
      return set;
    }
    case tags.bytes:
      return remember(reading, from.bytes().slice());
    case tags.words: {
      const raw = from.bytes().slice();
      return remember(reading, new Uint32Array(raw.buffer, 0, raw.length >> 2));
    }
    case tags.object: {
      const keys: string[] = [];
      for (let count = from.u32(); count > 0; count--) keys.push(from.string());
      reading.shapes.push(keys);
      return readRecord(reading, keys);
    }
    case tags.knownKeys: {
      const keys = reading.shapes[from.u32()];
      if (!keys) throw new BytesError("plain: an unknown shape");
      return readRecord(reading, keys);
    }
    default:
      throw new BytesError(`plain: no tag ${tag}`);
  }
}

function readRecord(reading: Reading, keys: readonly string[]): unknown {
  const record: Record<string, unknown> = remember(reading, {});
  for (const key of keys) record[key] = read(reading);
  return record;
}
