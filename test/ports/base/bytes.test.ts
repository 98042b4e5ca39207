// Goal: what a writer wrote, a reader reads; what is too short or out of range is said, not guessed.
// Method: random sequences of fields; short and foreign bytes.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import {
  allocateBriefly,
  allocateBytes,
  ByteReader,
  BytesError,
  ByteWriter,
} from "../../../ports/base/index.ts";

const field = fc.oneof(
  fc.record({ kind: fc.constant("u8" as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant("u16" as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant("u32" as const), value: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant("u53" as const), value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant("bytes" as const), value: fc.uint8Array({ maxLength: 700 }) }),
  fc.record({ kind: fc.constant("string" as const), value: fc.string({ unit: "grapheme" }) }),
  fc.record({ kind: fc.constant("string" as const), value: fc.string({ maxLength: 90 }) }),
);
type Field = typeof field extends fc.Arbitrary<infer Value> ? Value : never;

function write(writer: ByteWriter, { kind, value }: Field): void {
  switch (kind) {
    case "bytes":
      writer.bytes(value);
      return;
    case "string":
      writer.string(value);
      return;
    case "u8":
    case "u16":
    case "u32":
    case "u53":
      writer[kind](value);
      return;
  }
}

testProp(
  "bytes: any fields: read back as written, to the last byte",
  [fc.array(field)],
  (t, fields) => {
    const writer = new ByteWriter(1);
    for (const one of fields) write(writer, one);
    const bytes = writer.finish();
    t.is(bytes.length, writer.length);
    // Somewhere within a larger buffer, as a packet lies in a frame.
    const around = new Uint8Array(bytes.length + 10).fill(0xee);
    around.set(bytes, 5);
    const reader = new ByteReader(around.subarray(5, 5 + bytes.length));
    for (const { kind, value } of fields) t.deepEqual(reader[kind](), value);
    t.is(reader.left, 0);
  },
);

testProp("bytes: cut short anywhere: BytesError", [field, fc.nat()], (t, one, cut) => {
  const writer = new ByteWriter();
  write(writer, one);
  const bytes = writer.finish();
  const reader = new ByteReader(bytes.subarray(0, cut % bytes.length));
  t.throws(() => reader[one.kind](), { instanceOf: BytesError });
});

test("bytes: integers: little-endian", (t) => {
  const bytes = new ByteWriter().u16(0x0102).u32(0x03040506).u53(0x1f_0708090a0b0c).finish();
  t.is(Buffer.from(bytes).toString("hex"), "0201" + "06050403" + "0c0b0a0908071f00");
});

test("bytes: eight bytes above 2^53: BytesError", (t) => {
  const top = Uint8Array.of(255, 255, 255, 255, 255, 255, 0x1f, 0);
  t.is(new ByteReader(top).u53(), Number.MAX_SAFE_INTEGER);
  top[6] = 0x20;
  t.throws(() => new ByteReader(top).u53(), { instanceOf: BytesError });
});

test("bytes: a length that points past the end: BytesError, and nothing set aside for it", (t) => {
  const lying = new ByteWriter().u32(0xffffffff).u8(1).finish();
  t.throws(() => new ByteReader(lying).bytes(), { instanceOf: BytesError });
});

test("bytes: read bytes: a view, not a copy", (t) => {
  const bytes = new ByteWriter().bytes(Uint8Array.of(1, 2)).finish();
  const view = new ByteReader(bytes).bytes();
  bytes[5] = 9;
  t.deepEqual([...view], [1, 9]);
});

testProp(
  "bytes: arrays that share blocks: as long as asked for, zero, and nobody else's",
  [fc.array(fc.oneof(fc.nat(100), fc.nat(3000), fc.nat(20_000)), { maxLength: 40 })],
  (t, lengths) => {
    const arrays = lengths.flatMap((length) => [allocateBytes(length), allocateBriefly(length)]);
    t.true(arrays.every((array) => array.every((byte) => byte === 0)));
    arrays.forEach((array, index) => array.fill(index + 1));
    t.true(arrays.every((array, index) => array.every((byte) => byte === index + 1)));
    t.deepEqual(
      arrays.map(({ length }) => length),
      lengths.flatMap((length) => [length, length]),
    );
  },
);
