// Goal: draws are a function of their arguments, the same on every machine, and look random.
// Method: fixed values as a guard of the format; counts over many draws.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { concerns, draw, drawBelow } from "../../../ports/base/index.ts";

testProp(
  "random: any arguments: an integer of 32 bits, the same again",
  [fc.maxSafeNat(), fc.array(fc.maxSafeNat(), { maxLength: 5 })],
  (t, seed, parts) => {
    const value = draw(seed, ...parts);
    t.true(Number.isInteger(value) && value >= 0 && value <= 0xffffffff);
    t.is(draw(seed, ...parts), value);
  },
);

testProp(
  "random: any bound: below it",
  [fc.integer({ min: 1, max: 4294967296 }), fc.maxSafeNat(), fc.nat()],
  (t, bound, seed, part) => {
    const value = drawBelow(bound, seed, part);
    t.true(Number.isInteger(value) && value >= 0 && value < bound);
  },
);

test("random: every argument counts: its value, its place, its high bits, their number", (t) => {
  const draws = [
    draw(1, 2, 3),
    draw(2, 2, 3),
    draw(1, 3, 2),
    draw(1, 2),
    draw(1, 2, 3, 0),
    draw(1, 2, 3 + 4294967296),
    draw(1 + 4294967296, 2, 3),
    draw(1),
  ];
  t.is(new Set(draws).size, draws.length);
});

test("random: each concern: a number of its own", (t) => {
  const numbers = Object.values(concerns);
  t.is(new Set(numbers).size, numbers.length);
});

test("random: 64,000 draws in 64 boxes: evenly filled", (t) => {
  const boxes = new Array<number>(64).fill(0);
  for (let at = 0; at < 64_000; at++) {
    const box = drawBelow(64, 7, concerns.loss, at);
    boxes[box] = (boxes[box] as number) + 1;
  }
  // Chi-squared with 63 degrees of freedom: below 120 but for one seed in a hundred thousand.
  const chiSquared = boxes.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  t.true(chiSquared < 120);
  t.true(chiSquared > 25, "and not suspiciously evenly");
});

test("random: neighbouring counters: half of the bits differ", (t) => {
  let differing = 0;
  for (let at = 0; at < 1000; at++) {
    let bits = draw(1, concerns.delay, at) ^ draw(1, concerns.delay, at + 1);
    for (; bits !== 0; bits &= bits - 1) differing++;
  }
  t.true(Math.abs(differing - 16_000) < 400);
});
