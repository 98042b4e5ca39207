// Goal: frames come back as they were; anything else is refused, never thrown at the caller.
// Method: random frames, and damage to them.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { crc32c } from "../../../ports/base/index.ts";
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  frameHeaderBytes,
} from "../../../ports/wire/frame.ts";

const safe = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const header = {
  source: fc.nat(127),
  destination: fc.nat(127),
  sourceIncarnation: fc.nat(16383),
  destinationIncarnation: fc.nat(65535),
  seq: safe,
  ack: safe,
  selectiveLow: fc.nat(4294967295),
  selectiveHigh: fc.nat(4294967295),
  transmission: safe,
  arrived: safe,
};
const data: fc.Arbitrary<Frame> = fc
  .record({ ...header, payload: fc.uint8Array({ maxLength: 300 }), more: fc.nat(1_000_000) })
  .map(({ more, ...rest }) => {
    const left = rest.payload.length === 0 ? 0 : rest.payload.length + more;
    return { ...rest, kind: "data", left };
  });
const bare: fc.Arbitrary<Frame> = fc.record({
  ...header,
  kind: fc.constantFrom("syn", "syn-ack", "ack", "ping", "stale", "dead"),
  left: fc.constant(0),
  payload: fc.constant(new Uint8Array(0)),
});

testProp("frame: any frame: comes back as it was", [fc.oneof(data, bare)], (t, frame) => {
  const bytes = encodeFrame(frame);
  t.is(bytes.length, frameHeaderBytes + frame.payload.length);
  t.deepEqual(decodeFrame(bytes), frame);
});

testProp(
  "frame: up to three bits flipped: corrupt",
  [data, fc.array(fc.nat(), { minLength: 1, maxLength: 3 })],
  (t, frame, flips) => {
    const bytes = encodeFrame(frame);
    const bits = new Set(flips.map((flip) => flip % (8 * bytes.length)));
    for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    t.is(decodeFrame(bytes), "corrupt");
  },
);

testProp("frame: cut short: refused", [data, fc.nat()], (t, frame, at) => {
  const bytes = encodeFrame(frame);
  const short = decodeFrame(bytes.subarray(0, at % bytes.length));
  t.true(short === "corrupt" || short === "malformed");
});

testProp(
  "frame: any bytes with a right check: a frame or malformed",
  [fc.uint8Array()],
  (t, junk) => {
    const bytes = new Uint8Array(frameHeaderBytes + junk.length);
    bytes.set(junk, 4);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, crc32c(bytes.subarray(4)), true);
    const frame = decodeFrame(bytes);
    t.true(
      frame === "malformed" || (typeof frame === "object" && frame.left >= frame.payload.length),
    );
  },
);

const spoilt: Record<string, (bytes: Uint8Array, view: DataView) => void> = {
  "another mark": (bytes) => (bytes[4] = 0),
  "no such kind": (bytes) => (bytes[5] = 7),
  "a number above 2^53": (_bytes, view) => view.setUint32(16, 0x200000, true),
  "more payload than message": (_bytes, view) => view.setUint32(36, 2, true),
  "payload in an ack": (bytes) => (bytes[5] = 3),
};

for (const [name, spoil] of Object.entries(spoilt)) {
  test(`frame: ${name}: malformed`, (t) => {
    const bytes = encodeFrame({
      kind: "data",
      source: 1,
      sourceIncarnation: 1,
      destination: 2,
      destinationIncarnation: 1,
      seq: 5,
      ack: 6,
      selectiveLow: 1,
      selectiveHigh: 0,
      transmission: 1,
      arrived: 0,
      left: 3,
      payload: Uint8Array.of(1, 2, 3),
    });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    t.is(typeof decodeFrame(bytes), "object");
    spoil(bytes, view);
    view.setUint32(0, crc32c(bytes.subarray(4)), true);
    t.is(decodeFrame(bytes), "malformed");
  });
}
