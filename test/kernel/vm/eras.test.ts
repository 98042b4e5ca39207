// Goal: whoever asks what is written from a time on is told just that, however many ask, and whenever others
// begin to.
// Method: a task's pages written between eras of two who ask; frames that change hands.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { objectsOf } from "../../../kernel/migrate/image.ts";
import {
  beginEra,
  copyOut,
  type Frame,
  frameRecord,
  mapAnonymous,
  pageBytes,
  unmap,
  writtenSince,
} from "../../../kernel/vm/index.ts";
import { must } from "../../../ports/base/index.ts";
import { createLoneHost, createRunning, dataAddress, dataPages } from "../lone-host.ts";

const first = dataAddress / pageBytes;

testProp(
  "eras: writes and beginnings in any order: each sees what was written since it began, no more",
  [
    fc.array(
      fc.oneof(fc.record({ write: fc.nat(dataPages - 1) }), fc.record({ begin: fc.nat(2) })),
      { minLength: 1, maxLength: 40 },
    ),
  ],
  (t, steps) => {
    t.pass(); // also when nobody begins
    const lone = createLoneHost(1, 1 << 20);
    const { kernel } = lone;
    const { frames } = kernel.memory;
    const task = createRunning(lone, [0x73]);
    copyOut(kernel, task.memory, dataAddress, new Uint8Array(dataPages * pageBytes));
    const object = must(objectsOf(task).at(-1), "the object of the data");
    const eras = new Map<number, { era: number; written: Set<number> }>();
    for (const step of steps) {
      if ("begin" in step) {
        eras.set(step.begin, { era: beginEra(frames, kernel.hart), written: new Set() });
        continue;
      }
      const byte = Uint8Array.of(1);
      copyOut(kernel, task.memory, dataAddress + step.write * pageBytes, byte);
      for (const { written } of eras.values()) written.add(step.write);
    }
    for (const { era, written } of eras.values()) {
      for (let page = 0; page < dataPages; page++) {
        const frame = must(object.resident.get(page), `page ${page}`);
        t.is(writtenSince(frames, frame, era), written.has(page), `page ${page} since ${era}`);
      }
    }
  },
);

test("eras: a frame that was freed and taken for another page: counts as written", (t) => {
  const lone = createLoneHost(1, 1 << 20);
  const { kernel } = lone;
  const { frames } = kernel.memory;
  const task = createRunning(lone, [0x73]);
  copyOut(kernel, task.memory, dataAddress, new Uint8Array(pageBytes));
  const frame: Frame = must(objectsOf(task).at(-1)?.resident.get(0), "a frame");
  const era = beginEra(frames, kernel.hart);
  t.false(writtenSince(frames, frame, era));
  unmap(kernel, task.memory, first, first + dataPages);
  mapAnonymous(kernel, task.memory, { start: 0x90, pages: 1, protection: 3, name: "" });
  copyOut(kernel, task.memory, 0x90 * pageBytes, Uint8Array.of(1));
  const again = must(objectsOf(task).at(-1)?.resident.get(0), "a frame");
  t.is(again, frame, "the same frame");
  t.is(frameRecord(frames, again).written, era);
  t.true(writtenSince(frames, again, era));
});
