// Goal: the check is CRC-32C, at any length and alignment.
// Method: the vectors of RFC 3720 B.4, and the definition bit by bit.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { crc32c } from "../../../ports/base/index.ts";

const count = (at: (index: number) => number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => at(i));

for (const [name, bytes, check] of [
  ["nothing", new Uint8Array(0), 0],
  ["32 zeros", count(() => 0), 0x8a9136aa],
  ["32 ones", count(() => 0xff), 0x62a8ab43],
  ["32 counting up", count((index) => index), 0x46dd794e],
  ["32 counting down", count((index) => 31 - index), 0x113fdb5c],
  ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
] as const) {
  test(`crc32c: ${name}: as published`, (t) => {
    t.is(crc32c(bytes), check);
  });
}

/** The definition: division of polynomials, a bit at a time. */
function divide(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0x82f63b78 : 0);
  }
  return (rest ^ 0xffffffff) >>> 0;
}

testProp(
  "crc32c: any bytes at any offset: as by definition",
  [fc.uint8Array({ maxLength: 100 }), fc.nat(15)],
  (t, bytes, offset) => {
    const shifted = new Uint8Array(offset + bytes.length + 3).fill(0xa5);
    shifted.set(bytes, offset);
    t.is(crc32c(shifted.subarray(offset, offset + bytes.length)), divide(bytes));
  },
);

// Long ones are divided in stretches of 1,024 bytes, two at a time.
for (const length of [1023, 1024, 2047, 2048, 2049, 4096, 5000, 8248]) {
  test(`crc32c: ${length} bytes: as by definition, at each offset`, (t) => {
    const around = Uint8Array.from({ length: length + 8 }, (_, at) => (at * 7919) >>> 3);
    for (let offset = 0; offset < 8; offset++) {
      const bytes = around.subarray(offset, offset + length);
      t.is(crc32c(bytes), divide(bytes));
    }
  });
}

testProp(
  "crc32c: one bit of a packet is wrong: another check",
  [fc.integer({ min: 1, max: 8248 }), fc.nat(), fc.nat(7)],
  (t, length, place, bit) => {
    const bytes = Uint8Array.from({ length }, (_, at) => at * 31);
    const right = crc32c(bytes);
    const at = place % length;
    bytes[at] = (bytes[at] as number) ^ (1 << bit);
    t.not(crc32c(bytes), right);
  },
);
