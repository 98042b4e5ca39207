// Goal: the heap gives items back in order, whatever the mix of pushes and pops.
// Method: against a sorted array.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { heapPop, heapPush } from "../../../ports/base/index.ts";

type Item = readonly [time: number, seq: number];
const order = (x: Item, y: Item): number => x[0] - y[0] || x[1] - y[1];

test("heap: empty: undefined, and stays empty", (t) => {
  const heap: Item[] = [];
  t.is(heapPop(heap, order), undefined);
  t.deepEqual(heap, []);
});

testProp(
  "heap: any pushes and pops: the same as a sorted array",
  [fc.array(fc.option(fc.nat(20), { nil: null }), { maxLength: 300 })],
  (t, steps) => {
    const heap: Item[] = [];
    const model: Item[] = [];
    steps.forEach((time, seq) => {
      if (time === null) {
        t.is(heapPop(heap, order), model.shift());
        return;
      }
      const item: Item = [time, seq];
      heapPush(heap, item, order);
      model.push(item);
      model.sort(order);
    });
    t.is(heap.length, model.length);
    while (model.length > 0) t.is(heapPop(heap, order), model.shift());
    t.is(heap.length, 0);
  },
);

testProp(
  "heap: copied in the middle: the copy gives the same",
  [fc.array(fc.nat(50), { minLength: 1 })],
  (t, times) => {
    const heap: Item[] = [];
    times.forEach((time, seq) => heapPush(heap, [time, seq], order));
    const copy = structuredClone(heap);
    while (heap.length > 0) t.deepEqual(heapPop(copy, order), heapPop(heap, order));
    t.is(copy.length, 0);
  },
);
