// Goal: with more pages than frames memory still holds what was written last; what can be had again is
// dropped, what cannot is sent to swap once, and nobody is told that memory is full before swap is.
// Method: swap is a table that the test keeps, and that answers when the test says so.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { isOp, makeMessage, memory as memoryOps } from "../../../ports/index.ts";
import {
  copyIn,
  copyOut,
  destroySpace,
  discard,
  entryAt,
  fault,
  fileObject,
  framesFree,
  mapAnonymous,
  mapPrivate,
  type MemoryObject,
  onPagerMessage,
  pageBytes,
  returnPages,
} from "../../../kernel/vm/index.ts";
import { must } from "../../../ports/base/index.ts";
import { answerAll, type Bench, createBench, framesHeld, pagerMessages } from "./memory-bench.ts";

const [read, write] = [0, 1] as const;
const start = 0x100;
const nothing: readonly number[] = [];

interface Swapping extends Bench {
  readonly object: MemoryObject;
  readonly swap: Map<number, Uint8Array>;
}

/** Anonymous memory whose swap object is there already, at the bench's pager. */
function withSwap(pages: number, frames: number): Swapping {
  const bench = createBench(frames);
  mapAnonymous(bench.vm, bench.space, { start, pages, protection: 3, name: "" });
  const { object } = must(entryAt(bench.space.map, start), "the mapping");
  object.swap.port = bench.pager;
  object.swap.asked = true;
  return { ...bench, object, swap: new Map() };
}

/** Swap answers all that it was asked and sent. Returns the pages that were sent to it. */
function answer(bench: Swapping, error: number = 0): number[] {
  const { vm, object, swap } = bench;
  const sent: number[] = [];
  for (const message of pagerMessages(bench)) {
    if (isOp(message, memoryOps.return)) {
      const { page, bytes } = message.body;
      const count = bytes.length / pageBytes;
      for (let at = 0; at < count; at++) {
        sent.push(page + at);
        if (error === 0) swap.set(page + at, bytes.slice(at * pageBytes, (at + 1) * pageBytes));
      }
      onPagerMessage(vm, object, makeMessage(memoryOps.returned, { page, count, error }));
    } else if (isOp(message, memoryOps.request)) {
      const { page, count } = message.body;
      for (let at = page; at < page + count; at++) {
        const bytes = must(swap.get(at), `page ${at} at swap`);
        const body = { page: at, bytes, precious: false, prohibited: 0 };
        onPagerMessage(vm, object, makeMessage(memoryOps.supply, body));
      }
    }
  }
  return sent;
}

function put(bench: Swapping, page: number, value: number): string {
  const bytes = new Uint8Array(pageBytes).fill(value);
  return copyOut(bench.vm, bench.space, (start + page) * pageBytes, bytes)?.at ?? "done";
}

function get(bench: Swapping, page: number): number | string {
  const bytes = copyIn(bench.vm, bench.space, (start + page) * pageBytes + 9, 1);
  return bytes instanceof Uint8Array ? (bytes[0] as number) : bytes.at;
}

/** Again and again while it has to wait, with swap answering in between. */
function patiently(bench: Swapping, doIt: () => number | string): number | string {
  for (let attempt = 0; attempt < 20; attempt++) {
    const result = doIt();
    if (result !== "wait" && result !== "full") return result;
    answer(bench);
  }
  return "never";
}

test("reclaim: dirty pages: the faulting thread waits for memory, and has it when swap has the page", (t) => {
  const bench = withSwap(3, 2);
  put(bench, 0, 1);
  put(bench, 1, 2);
  t.is(put(bench, 2, 3), "full");
  t.is(bench.object.resident.size, 2, "what is under way to swap stays until it is there");
  t.deepEqual(answer(bench).length, 1);
  t.is(bench.object.resident.size, 1);
  t.is(put(bench, 2, 3), "done");
  for (const page of [0, 1, 2])
    t.is(
      patiently(bench, () => get(bench, page)),
      page + 1,
    );
});

test("reclaim: bytes for several pages while all else is on its way to swap: they wait for it", (t) => {
  const bench = withSwap(8, 4);
  for (const page of [0, 1, 2]) put(bench, page, page + 1);
  returnPages(bench.vm, bench.object, [0, 1, 2]);
  const bytes = new Uint8Array(3 * pageBytes).fill(9);
  const write = (): string =>
    copyOut(bench.vm, bench.space, (start + 5) * pageBytes, bytes)?.at ?? "done";
  t.is(write(), "full");
  t.deepEqual(answer(bench), [0, 1, 2]);
  t.is(patiently(bench, write), "done");
});

test("reclaim: pages that were only read: dropped without a word", (t) => {
  const bench = withSwap(6, 2);
  for (let page = 0; page < 6; page++) t.is(get(bench, page), 0);
  t.deepEqual(pagerMessages(bench), []);
  t.is(framesFree(bench.vm.memory.frames), 0);
});

test("reclaim: page that came back and was not written: not sent a second time", (t) => {
  const bench = withSwap(3, 2);
  for (const page of [0, 1, 2]) patiently(bench, () => put(bench, page, page + 1));
  const before = bench.swap.size;
  for (let round = 0; round < 10; round++) {
    for (const page of [0, 1, 2])
      t.is(
        patiently(bench, () => get(bench, page)),
        page + 1,
      );
  }
  t.true(bench.swap.size <= 3 && bench.swap.size >= before);
  let sent = 0;
  for (let round = 0; round < 10; round++) {
    for (const page of [0, 1, 2]) {
      while (get(bench, page) !== page + 1) sent += answer(bench).length;
    }
  }
  t.is(sent, 0);
});

test("reclaim: page used again while it is under way to swap: it stays", (t) => {
  const bench = withSwap(3, 2);
  put(bench, 0, 1);
  put(bench, 1, 2);
  t.is(put(bench, 2, 3), "full");
  const [leaving] = [...bench.object.swap.storing.keys()];
  t.is(put(bench, leaving as number, 77), "done");
  answer(bench);
  t.true(bench.object.resident.has(leaving as number));
  patiently(bench, () => put(bench, 2, 3));
  t.is(
    patiently(bench, () => get(bench, leaving as number)),
    77,
    "not what swap was sent first",
  );
});

test("reclaim: swap takes nothing: lost for want of memory, and what was there stays", (t) => {
  const bench = withSwap(3, 2);
  put(bench, 0, 1);
  put(bench, 1, 2);
  t.is(put(bench, 2, 3), "full");
  answer(bench, 28);
  t.deepEqual(fault(bench.vm, bench.space, start + 2, write), {
    at: "lost",
    failure: { error: 12, host: null },
  });
  t.deepEqual([get(bench, 0), get(bench, 1)], [1, 2]);
});

test("reclaim: object of a frozen task: its pages stay, and others wait", (t) => {
  const bench = withSwap(3, 2);
  put(bench, 0, 1);
  put(bench, 1, 2);
  bench.object.sealed = 1;
  t.is(put(bench, 2, 3), "full");
  t.deepEqual(pagerMessages(bench), []);
  t.is(bench.object.resident.size, 2);
});

test("reclaim: pages of a file: dropped and asked for again", (t) => {
  const bench = createBench(4);
  const { vm, space, pager } = bench;
  const file = fileObject(vm.memory.objects, { port: pager, bytes: 12 * pageBytes, path: "/f" });
  mapPrivate(vm, space, { start, pages: 12, protection: 3, name: "/f" }, file, 0);
  for (let page = 0; page < 12; page++) {
    const address = (start + page) * pageBytes;
    while (copyIn(vm, space, address, 1) instanceof Uint8Array === false) answerAll(bench, file);
    t.deepEqual(copyIn(vm, space, address, 1), Uint8Array.of(page + 1));
    t.true(framesFree(vm.memory.frames) >= 0);
  }
});

test("reclaim: page given up while it is asked for: the late answer is dropped, zeros follow", (t) => {
  const bench = withSwap(3, 2);
  for (const page of [0, 1, 2]) patiently(bench, () => put(bench, page, page + 1));
  const { object, vm, space } = bench;
  const away = must(
    [...bench.swap.keys()].find((page) => !object.resident.has(page)),
    "a page",
  );
  let result = fault(vm, space, start + away, read).at;
  while (result === "full") {
    answer(bench);
    result = fault(vm, space, start + away, read).at;
  }
  t.is(result, "wait");
  discard(vm, space, start + away, start + away + 1);
  t.is(get(bench, away), "wait", "until the answer has come");
  answer(bench);
  t.is(
    patiently(bench, () => get(bench, away)),
    0,
  );
});

const pages = 12;
const step = fc.oneof(
  fc.record({ do: fc.constant("write" as const), page: fc.nat(pages - 1), value: fc.nat(255) }),
  fc.record({ do: fc.constant("read" as const), page: fc.nat(pages - 1), value: fc.constant(0) }),
  fc.record({ do: fc.constant("drop" as const), page: fc.nat(pages - 1), value: fc.nat(3) }),
  fc.record({ do: fc.constant("touch" as const), page: fc.nat(pages - 1), value: fc.nat(255) }),
);

testProp(
  "reclaim: any history: reads see the last write, and no frame is lost",
  [fc.array(step, { maxLength: 120 }), fc.integer({ min: 2, max: 9 })],
  (t, steps, frames) => {
    const bench = withSwap(pages, frames);
    const { vm, space } = bench;
    const table = new Array<number>(pages).fill(0);
    for (const { do: what, page, value } of steps) {
      if (what === "write") {
        t.is(
          patiently(bench, () => put(bench, page, value)),
          "done",
        );
        table[page] = value;
      } else if (what === "read") {
        t.is(
          patiently(bench, () => get(bench, page)),
          table[page] as number,
        );
      } else if (what === "touch") {
        if (put(bench, page, value) === "done") table[page] = value; // and swap says nothing yet
      } else {
        const end = Math.min(pages, page + value);
        discard(vm, space, start + page, start + end);
        table.fill(0, page, Math.max(page, end));
      }
      t.is(framesHeld(bench), frames - framesFree(vm.memory.frames));
    }
    for (const page of table.keys()) {
      t.is(
        patiently(bench, () => get(bench, page)),
        table[page] as number,
      );
    }
    destroySpace(vm, space);
    t.is(framesFree(vm.memory.frames), frames);
    t.deepEqual([...vm.memory.objects.all.keys()], nothing);
  },
  { numRuns: 300 },
);

test("reclaim: pages that nobody asked for: leave the frames that are promised to those asked for", (t) => {
  const frames = 8;
  const bench = withSwap(64, frames);
  const { vm, object, pager, space } = bench;
  for (let page = 0; page < 20; page++) object.owed.set(page, pager);
  t.is(fault(vm, space, start, read).at, "wait");
  const pushed = makeMessage(
    memoryOps.pushed,
    { page: 1, bytes: new Uint8Array(19 * pageBytes) },
    { rights: [{ kind: "send", uid: pager }] },
  );
  onPagerMessage(vm, object, pushed);
  t.is(object.resident.size, frames - 1, "as many as there was room for");
  t.is(object.owed.size, 20 - (frames - 1), "the others are still owed");
  const bytes = new Uint8Array(pageBytes).fill(7);
  const supply = { page: 0, bytes, precious: false, prohibited: 0 };
  onPagerMessage(vm, object, makeMessage(memoryOps.supply, supply));
  t.is(object.failed.size, 0);
  t.deepEqual(copyIn(vm, space, start * pageBytes, 1), Uint8Array.of(7));
});
