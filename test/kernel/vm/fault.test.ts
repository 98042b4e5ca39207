// Goal: each step of the fault path does what it says, and pagers are answered page by page.
// Method: a fake pager whose requests the test reads and answers by hand; one situation a test.

import test from "ava";
import { makeMessage, memory as memoryOps } from "../../../ports/index.ts";
import {
  anonymousObject,
  copyIn,
  copyInString,
  copyOut,
  destroySpace,
  failPagesOf,
  fault,
  fileObject,
  framesFree,
  insertEntry,
  mapAnonymous,
  mapPrivate,
  type MemoryObject,
  onPagerMessage,
  pageBytes,
  unmap,
} from "../../../kernel/vm/index.ts";
import {
  answerAll,
  type Bench,
  createBench,
  pageRequests,
  pagerMessages,
  supply,
} from "./memory-bench.ts";

const [read, write, execute] = [0, 1, 2] as const;
const start = 0x100;
const address = start * pageBytes;

function withAnonymous(pages: number, protection: number = 3, frames: number = 64): Bench {
  const bench = createBench(frames);
  mapAnonymous(bench.vm, bench.space, { start, pages, protection, name: "" });
  return bench;
}

function withFile(filePages: number, pages: number = filePages): Bench & { file: MemoryObject } {
  const bench = createBench(64);
  const bytes = filePages * pageBytes;
  const file = fileObject(bench.vm.memory.objects, { port: bench.pager, bytes, path: "/f" });
  mapPrivate(bench.vm, bench.space, { start, pages, protection: 3, name: "/f" }, file, 0);
  return { ...bench, file };
}

/** An anonymous object of which the pager owes the pages from 0 to `pages`. */
function withOwed(pages: number, readAhead: number): Bench & { object: MemoryObject } {
  const bench = createBench(64);
  const object = anonymousObject(bench.vm.memory.objects, null);
  for (let page = 0; page < pages; page++) object.owed.set(page, bench.pager);
  insertEntry(bench.space.map, {
    start,
    end: start + pages,
    object,
    offset: 0,
    protection: 3,
    limit: 7,
    shared: false,
    inheritance: "copy",
    needsCopy: false,
    name: "",
  });
  bench.space.readAhead = readAhead;
  return { ...bench, object };
}

const byteAt = ({ vm, space }: Bench, page: number): unknown => {
  const bytes = copyIn(vm, space, (start + page) * pageBytes + 9, 1);
  return bytes instanceof Uint8Array ? bytes[0] : bytes.at;
};

test("fault: nothing mapped, or not allowed: refused, and nothing has changed", (t) => {
  const { vm, space } = withAnonymous(1, 1);
  t.deepEqual(fault(vm, space, start + 1, read), { at: "refused", why: "unmapped" });
  t.deepEqual(fault(vm, space, start, write), { at: "refused", why: "protected" });
  t.deepEqual(fault(vm, space, start, execute), { at: "refused", why: "protected" });
  t.is(framesFree(vm.memory.frames), 64);
});

test("fault: anonymous page touched: zeros, even in a frame that was used before", (t) => {
  const bench = withAnonymous(2, 3, 1);
  const { vm, space } = bench;
  t.is(copyOut(vm, space, address, new Uint8Array(pageBytes).fill(7)), undefined);
  unmap(vm, space, start, start + 1);
  t.is(framesFree(vm.memory.frames), 1);
  t.is(byteAt(bench, 1), 0);
});

test("fault: file page: asked for in a run of 16 at most, waited for, then mapped", (t) => {
  const bench = withFile(20);
  const { vm, space, file } = bench;
  t.deepEqual(fault(vm, space, start, read), { at: "wait", object: file.id, page: 0 });
  t.deepEqual(pageRequests(bench), [{ page: 0, count: 16 }]);
  t.is(fault(vm, space, start + 5, read).at, "wait");
  t.deepEqual(pageRequests(bench), [], "a page is asked for once");
  t.is(fault(vm, space, start + 17, read).at, "wait");
  t.deepEqual(pageRequests(bench), [{ page: 17, count: 3 }], "not beyond the file's end");
  supply(bench, file, { page: 0, count: 16 });
  t.is(byteAt(bench, 3), 4);
});

test("fault: file page written: copied up, and the file's own page stays as it was", (t) => {
  const bench = withFile(2);
  const { vm, space, file } = bench;
  fault(vm, space, start, write);
  answerAll(bench, file);
  t.is(copyOut(vm, space, address + 9, Uint8Array.of(200)), undefined);
  t.is(byteAt(bench, 0), 200);
  t.is(vm.hart.frame(file.resident.get(0) as number)[9], 1);
  t.is(bench.events.filter((event) => event === "vm.copy-up").length, 1);
});

test("fault: file page read, then written: the write still copies it up", (t) => {
  const bench = withFile(1);
  const { vm, space, file } = bench;
  fault(vm, space, start, read);
  answerAll(bench, file);
  t.is(byteAt(bench, 0), 1);
  t.is(copyOut(vm, space, address + 9, Uint8Array.of(200)), undefined);
  t.is(byteAt(bench, 0), 200);
  t.is(vm.hart.frame(file.resident.get(0) as number)[9], 1);
});

const lost = { at: "lost", failure: { error: 5, host: null } } as const;

test("fault: beyond the end of the file: its server is asked, each time; it may have grown", (t) => {
  const bench = withFile(1, 3);
  const { vm, space, file } = bench;
  t.is(fault(vm, space, start + 1, read).at, "wait");
  t.deepEqual(pageRequests(bench), [{ page: 1, count: 1 }]);
  onPagerMessage(vm, file, makeMessage(memoryOps.error, { page: 1, count: 1, error: 5 }));
  t.deepEqual(fault(vm, space, start + 1, read), lost);
  t.is(fault(vm, space, start + 1, read).at, "wait");
  supply(bench, file, { page: 1, count: 1 });
  t.is(byteAt(bench, 1), 2);
});

test("fault: pager fails: those who wait and those who come later get the error", (t) => {
  const bench = withFile(2);
  const { vm, space, file } = bench;
  fault(vm, space, start, read);
  const message = makeMessage(memoryOps.error, { page: 0, count: 1, error: 5 });
  t.deepEqual(onPagerMessage(vm, file, message).pages, [0]);
  t.deepEqual(fault(vm, space, start, read), { at: "lost", failure: { error: 5, host: null } });
  t.is(fault(vm, space, start + 1, read).at, "wait", "the other page may still come");
});

test("fault: unavailable: a page of zeros", (t) => {
  const bench = withFile(1);
  fault(bench.vm, bench.space, start, read);
  const message = makeMessage(memoryOps.unavailable, { page: 0, count: 1 });
  t.deepEqual(onPagerMessage(bench.vm, bench.file, message).pages, [0]);
  t.is(byteAt(bench, 0), 0);
});

test("pager: pages that nobody asked for: ignored, no frame is taken", (t) => {
  const bench = withFile(8);
  const { vm, file } = bench;
  t.deepEqual(supply(bench, file, { page: 0, count: 4 }).pages, []);
  t.is(framesFree(vm.memory.frames), 64);
  fault(vm, bench.space, start + 7, read);
  t.deepEqual(supply(bench, file, { page: 5, count: 9 }).pages, [7]);
  t.deepEqual(supply(bench, file, { page: 7, count: 1 }).pages, [], "a second answer");
  t.is(framesFree(vm.memory.frames), 63);
});

test("pager: half a page, or another message: no page comes of it", (t) => {
  const bench = withFile(1);
  const { vm, file } = bench;
  fault(vm, bench.space, start, read);
  const half = makeMessage(memoryOps.supply, {
    prohibited: 0,
    page: 0,
    bytes: new Uint8Array(99),
    precious: false,
  });
  t.deepEqual(onPagerMessage(vm, file, half).pages, []);
  t.deepEqual(onPagerMessage(vm, file, makeMessage(memoryOps.terminate, {})).pages, []);
  t.true(bench.events.includes("pager.nonsense"));
  t.is(fault(vm, bench.space, start, read).at, "wait");
});

test("fault: owed pages: asked for with read-ahead, one run of one pager, only what is absent", (t) => {
  const bench = withOwed(12, 3);
  const { vm, space, object } = bench;
  object.owed.set(2, 0x7777); // another pager
  t.is(fault(vm, space, start, read).at, "wait");
  t.deepEqual(pageRequests(bench), [{ page: 0, count: 2 }]);
  fault(vm, space, start + 5, write);
  t.deepEqual(pageRequests(bench), [{ page: 5, count: 4 }]);
  fault(vm, space, start + 4, read);
  t.deepEqual(pageRequests(bench), [{ page: 4, count: 1 }], "the next one is asked for already");
  supply(bench, object, { page: 5, count: 4 });
  t.is(byteAt(bench, 6), 7);
  t.deepEqual([...object.owed.keys()], [0, 1, 2, 3, 4, 9, 10, 11]);
});

test("fault: owing host dies: its pages are lost, asked for or not; others stay owed", (t) => {
  const bench = withOwed(3, 0);
  const { vm, space, object } = bench;
  const far = 5 * 16384 * 4294967296 + 20; // a port of host 5
  object.owed.set(0, far).set(1, far);
  fault(vm, space, start, read);
  t.deepEqual(
    failPagesOf(vm, 5, 1).map(({ pages }) => [...pages].sort((a, b) => a - b)),
    [[0, 1]],
  );
  t.deepEqual(fault(vm, space, start, read), { at: "lost", failure: { error: 5, host: 5 } });
  t.deepEqual(fault(vm, space, start + 1, read), { at: "lost", failure: { error: 5, host: 5 } });
  t.is(fault(vm, space, start + 2, read).at, "wait");
});

test("unmap: owed pages: their pager is told which are not wanted, and when none is", (t) => {
  const bench = withOwed(4, 0);
  unmap(bench.vm, bench.space, start, start + 2);
  const told = pagerMessages(bench).map(({ op, body }) => [op, body]);
  t.deepEqual(told, [["memory.taken", { page: 0, count: 2 }]]);
  unmap(bench.vm, bench.space, start + 2, start + 4);
  t.deepEqual(
    pagerMessages(bench).map(({ op }) => op),
    ["memory.terminate"],
  );
  t.is(bench.vm.memory.objects.all.size, 0);
});

test("copy: across three pages: every byte where it belongs", (t) => {
  const { vm, space } = withAnonymous(4);
  const bytes = Uint8Array.from({ length: 2 * pageBytes + 200 }, (_, index) => index * 7);
  t.is(copyOut(vm, space, address + pageBytes - 100, bytes), undefined);
  t.deepEqual(copyIn(vm, space, address + pageBytes - 100, bytes.length), bytes);
  const around = copyIn(vm, space, address + pageBytes - 101, 1);
  t.deepEqual(around, Uint8Array.of(0));
});

test("copy: last page missing, protected or to come: refused, and no byte was written", (t) => {
  const bench = withAnonymous(2);
  const { vm, space } = bench;
  const text = new Uint8Array(pageBytes + 10).fill(9);
  const untouched = (): void => {
    const bytes = copyIn(vm, space, address, 2 * pageBytes) as Uint8Array;
    t.true(bytes.every((byte) => byte === 0));
  };
  t.like(copyOut(vm, space, address + pageBytes, text), { at: "refused", why: "unmapped" });
  untouched();
  mapAnonymous(vm, space, { start: start + 2, pages: 1, protection: 1, name: "" });
  t.like(copyOut(vm, space, address + pageBytes, text), { at: "refused", why: "protected" });
  untouched();
  const file = fileObject(vm.memory.objects, { port: bench.pager, bytes: pageBytes, path: "/f" });
  mapPrivate(vm, space, { start: start + 2, pages: 1, protection: 3, name: "/f" }, file, 0);
  t.like(copyOut(vm, space, address + pageBytes, text), { at: "wait", object: file.id });
  untouched();
  answerAll(bench, file);
  t.is(copyOut(vm, space, address + pageBytes, text), undefined);
});

test("copy: addresses no guest has: refused", (t) => {
  const { vm, space } = withAnonymous(1);
  for (const bad of [-1, -4096, 2 ** 38, 2 ** 52, Number.MAX_SAFE_INTEGER, 0]) {
    t.like(copyIn(vm, space, bad, 8), { at: "refused" }, `${bad}`);
    t.like(copyOut(vm, space, bad, new Uint8Array(8)), { at: "refused" }, `${bad}`);
  }
  t.deepEqual(copyIn(vm, space, -1, 0), new Uint8Array(0));
});

test("copy: string: over a page's end, too long, and without an end before the mapping's", (t) => {
  const { vm, space } = withAnonymous(2);
  const text = new TextEncoder().encode("over the edge\0");
  copyOut(vm, space, address + pageBytes - 5, text);
  t.is(copyInString(vm, space, address + pageBytes - 5, 100), "over the edge");
  t.is(copyInString(vm, space, address + pageBytes - 5, 13), null);
  copyOut(vm, space, address + 2 * pageBytes - 3, Uint8Array.of(65, 65, 65));
  t.like(copyInString(vm, space, address + 2 * pageBytes - 3, 100), { at: "refused" });
});

test("space: two mappings of one file: its pages are shared, and gone with the last", (t) => {
  const bench = withFile(2);
  const { vm, space, file } = bench;
  mapPrivate(vm, space, { start: start + 9, pages: 2, protection: 1, name: "/f" }, file, 0);
  fault(vm, space, start, read);
  answerAll(bench, file);
  t.is(fault(vm, space, start + 9, read).at, "mapped");
  unmap(vm, space, start, start + 2);
  t.is(file.resident.size, 2);
  destroySpace(vm, space);
  t.is(framesFree(vm.memory.frames), 64);
  t.is(vm.memory.objects.files.size, 0);
  t.deepEqual(
    pagerMessages(bench).map(({ op }) => op),
    ["memory.terminate"],
  );
});
