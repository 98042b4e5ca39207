// Goal: every message of every interface is read back as it was written; foreign bytes are refused
// with a BytesError, and never with anything else.
// Method: bodies drawn from the rows of the interfaces; then the same bytes cut short or changed.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { ByteReader, BytesError, ByteWriter, must } from "../../../ports/base/index.ts";
import {
  allOps,
  fsHost,
  locationNames,
  makePortUid,
  type Message,
  type Op,
  type PortUid,
  type Right,
} from "../../../ports/index.ts";
import type { FieldKind } from "../../../ports/protocol/schema.ts";
import { decodeMessage, encodeMessage, type Known } from "../../../ports/wire/codec.ts";

const fieldOf: Record<FieldKind, fc.Arbitrary<unknown>> = {
  u8: fc.nat(0xff),
  u32: fc.nat(0xffffffff),
  u53: fc.maxSafeNat(),
  i53: fc.maxSafeInteger(),
  flag: fc.boolean(),
  string: fc.string({ unit: "grapheme", maxLength: 30 }),
  bytes: fc.uint8Array({ maxLength: 60 }),
  strings: fc.array(fc.string({ maxLength: 8 }), { maxLength: 5 }),
  u53s: fc.array(fc.maxSafeNat(), { maxLength: 6 }),
};

const uid: fc.Arbitrary<PortUid> = fc
  .tuple(fc.nat(127), fc.nat(16383), fc.integer({ min: 1, max: 0xffffffff }))
  .map(([host, incarnation, counter]) => makePortUid(host, incarnation, counter));
const right: fc.Arbitrary<Right> = fc.record(
  {
    kind: fc.constantFrom<Right["kind"]>("send", "send-once", "receive", "dead"),
    uid,
    count: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 }),
  },
  { requiredKeys: ["kind", "uid"], noNullPrototype: true },
);

function messageOf(op: Op): fc.Arbitrary<Message> {
  const fields = Object.fromEntries(
    Object.entries(op.body).map(([name, kind]) => [name, fieldOf[kind]]),
  );
  return fc.record(
    {
      op: fc.constant(op.name),
      id: fc.maxSafeNat(),
      via: fc.nat(0xfffffffe),
      reply: fc.option(right),
      rights: fc.array(right, { maxLength: 4 }),
      body: fc.record(fields, { noNullPrototype: true }),
    },
    { requiredKeys: ["op", "id", "reply", "rights", "body"], noNullPrototype: true },
  ) as fc.Arbitrary<Message>;
}

const message = fc.oneof(...allOps().map(messageOf));
const locate = (port: PortUid): Known => ({
  host: port % 128,
  epoch: port % 1000,
  policy: must(locationNames[port % locationNames.length], "a policy"),
});

function encode(one: Message): Uint8Array {
  const writer = new ByteWriter();
  encodeMessage(writer, one, locate);
  return writer.finish();
}

/** The message in the bytes, or the refusal; any other error is thrown on. */
function decode(bytes: Uint8Array): Message | BytesError {
  try {
    return decodeMessage(new ByteReader(bytes), () => undefined);
  } catch (error) {
    if (error instanceof BytesError) return error;
    throw error;
  }
}

for (const op of allOps()) {
  testProp(
    `codec: ${op.name}, any body: read back as written, with its rights' places`,
    [messageOf(op)],
    (t, one) => {
      const learnt: [PortUid, Known][] = [];
      const reader = new ByteReader(encode(one));
      const copy = decodeMessage(reader, (port, location) => learnt.push([port, location]));
      t.deepEqual(copy, one);
      t.is(reader.left, 0);
      const rights = [...(one.reply ? [one.reply] : []), ...one.rights];
      t.deepEqual(
        learnt,
        rights.filter(({ kind }) => kind !== "dead").map(({ uid: port }) => [port, locate(port)]),
      );
    },
    { numRuns: 40 },
  );
}

testProp("codec: cut short anywhere: refused", [message, fc.nat()], (t, one, at) => {
  const bytes = encode(one);
  t.true(decode(bytes.subarray(0, at % bytes.length)) instanceof BytesError);
});

testProp(
  "codec: some bytes changed: a message or a refusal, and a message is written back as it was read",
  [message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })],
  (t, one, changes) => {
    const bytes = encode(one).slice();
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    const read = decode(bytes);
    if (!(read instanceof BytesError)) t.deepEqual(decode(encode(read)), read);
    else t.pass();
  },
  { numRuns: 2000 },
);

testProp(
  "codec: random bytes after a good code: a message or a refusal",
  [fc.constantFrom(...allOps()), fc.uint8Array({ maxLength: 80 })],
  (t, { code }, rest) => {
    const read = decode(Uint8Array.of(code & 255, code >> 8, ...rest));
    t.true(read instanceof BytesError || typeof read.op === "string");
  },
  { numRuns: 2000 },
);

test("codec: a list that claims four thousand million items: refused before it is made", (t) => {
  const op = allOps().find(({ name }) => name === "migrate.pages") as Op;
  const writer = new ByteWriter();
  writer.u16(op.code).u53(0).u32(0).u8(0).u16(0).string("h1.1.1").u32(0).u32(0xffffffff);
  const read = decode(writer.finish());
  t.true(read instanceof BytesError);
  t.regex((read as BytesError).message, /^migrate\.pages pages: a list of 4294967295/);
});

test("codec: a right of another kind, an empty one, or at no host: refused", (t) => {
  const [op] = allOps() as [Op];
  const start = (): ByteWriter => new ByteWriter().u16(op.code).u53(0).u32(0);
  const cases: [ByteWriter, RegExp][] = [
    [start().u8(5).u53(1).u53(0).u8(0).u8(1).u32(0), /no kind 5/],
    [start().u8(0).u16(1).u8(0), /an empty right/],
    [start().u8(1).u53(1).u53(0).u8(9).u8(1).u32(0), /no location policy 9/],
    [start().u8(1).u53(1).u53(0).u8(0).u8(200).u32(0), /no host 200/],
    [new ByteWriter().u16(0xfffe), /no message has code 65534/],
  ];
  for (const [writer, expected] of cases) {
    const read = decode(writer.finish());
    t.true(read instanceof BytesError);
    t.regex((read as BytesError).message, expected);
  }
});

test("protocol: every message: documented, and its name and code are its own", (t) => {
  const ops = allOps();
  t.true(
    ops.every(({ doc }) => /^[A-Z].*[.?]$/.test(doc)),
    "a doc is a sentence",
  );
  t.is(new Set(ops.map(({ name }) => name)).size, ops.length);
  t.is(new Set(ops.map(({ code }) => code)).size, ops.length);
  t.is(fsHost, 0);
});
