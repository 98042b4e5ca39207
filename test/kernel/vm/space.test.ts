// Goal: whatever is mapped, unmapped, protected, read and written, memory holds what was written
// last, and every frame is with the object that says so; at the end all frames are free again.
// Method: random histories against a table of pages; the pager answers at once or much later.

import { fc, testProp } from "@fast-check/ava";
import {
  anonymousObject,
  copyIn,
  copyOut,
  destroySpace,
  discard,
  entryAt,
  fileObject,
  framesFree,
  growMapping,
  mapAnonymous,
  mapPrivate,
  type MemoryObject,
  moveMapping,
  pageBytes,
  protect,
  unmap,
} from "../../../kernel/vm/index.ts";
import { answerAll, type Bench, createBench, framesHeld } from "./memory-bench.ts";

const first = 0x40;
const span = 24;
const frames = 256;
const filePages = 120;
const range = fc.tuple(
  fc.integer({ min: first, max: first + span }),
  fc.integer({ min: 1, max: 8 }),
);
const protection = fc.constantFrom(0, 1, 3, 5, 7);
const page = fc.integer({ min: first, max: first + span + 40 });
const step = fc.oneof(
  fc.record({ do: fc.constant("map" as const), range, protection }),
  fc.record({ do: fc.constant("file" as const), range, protection, offset: fc.nat(10) }),
  fc.record({ do: fc.constant("unmap" as const), range }),
  fc.record({ do: fc.constant("protect" as const), range, protection }),
  fc.record({ do: fc.constant("write" as const), page, value: fc.nat(255) }),
  fc.record({ do: fc.constant("write" as const), page, value: fc.nat(255) }),
  fc.record({ do: fc.constant("read" as const), page }),
  fc.record({ do: fc.constant("answer" as const) }),
  fc.record({ do: fc.constant("discard" as const), range }),
  fc.record({ do: fc.constant("move" as const), range, page }),
  fc.record({ do: fc.constant("grow" as const), page, pages: fc.integer({ min: 1, max: 6 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface Cell {
  value: number;
  protection: number;
  /** What it holds when it has not been written: zero, or the file's. */
  readonly fresh: number;
}
type Table = Map<number, Cell>;

/** Does the step on both. Says what went wrong, if anything did. */
function perform(bench: Bench, file: MemoryObject, table: Table, one: Step): string | undefined {
  const { vm, space } = bench;
  switch (one.do) {
    case "map":
    case "file": {
      const [start, pages] = one.range;
      const region = { start, pages, protection: one.protection, name: "" };
      if (one.do === "map") mapAnonymous(vm, space, region);
      else mapPrivate(vm, space, region, file, one.offset);
      for (let at = 0; at < pages; at++) {
        const value = one.do === "map" ? 0 : one.offset + at + 1;
        table.set(start + at, { value, protection: one.protection, fresh: value });
      }
      return undefined;
    }
    case "unmap": {
      const [start, pages] = one.range;
      unmap(vm, space, start, start + pages);
      for (let at = 0; at < pages; at++) table.delete(start + at);
      return undefined;
    }
    case "protect": {
      const [start, pages] = one.range;
      const cells = Array.from({ length: pages }, (_, index) => table.get(start + index));
      const whole = cells.every((cell) => cell !== undefined);
      if (whole) cells.forEach((cell) => ((cell as Cell).protection = one.protection));
      const done = protect(vm, space, start, start + pages, one.protection);
      return done === whole ? undefined : `protect says ${done}`;
    }
    case "write":
      return write(bench, file, table, one.page, one.value);
    case "read":
      return read(bench, file, table, one.page);
    case "discard":
      drop(bench, table, one.range);
      return undefined;
    case "move":
      move(bench, table, one.range, one.page + 40);
      return undefined;
    case "grow":
      grow(bench, table, one.page, one.pages);
      return undefined;
    case "answer":
      answerAll(bench, file);
      return undefined;
  }
}

/** As MADV_DONTNEED: private pages are what they were before they were written. */
function drop({ vm, space }: Bench, table: Table, [start, pages]: readonly [number, number]): void {
  discard(vm, space, start, start + pages);
  for (let at = start; at < start + pages; at++) {
    const cell = table.get(at);
    if (cell) cell.value = cell.fresh;
  }
}

/** As mremap to a place of the caller's. */
function move(
  { vm, space }: Bench,
  table: Table,
  [start, pages]: readonly [number, number],
  to: number,
): void {
  unmap(vm, space, to, to + pages);
  moveMapping(vm, space, { start, pages }, to);
  for (let at = 0; at < pages; at++) {
    const cell = table.get(start + at);
    table.delete(start + at);
    if (cell) table.set(to + at, cell);
    else table.delete(to + at);
  }
}

/** As mremap in place, if there is room behind the mapping of the page. */
function grow({ vm, space }: Bench, table: Table, page: number, pages: number): void {
  const entry = entryAt(space.map, page);
  if (!entry) return;
  const { end } = entry;
  for (let at = end; at < end + pages; at++) if (table.has(at)) return;
  const { fresh, protection } = table.get(end - 1) as Cell;
  growMapping(vm, space, end, pages);
  const isFile = fresh !== 0;
  for (let at = 0; at < pages; at++) {
    const value = isFile ? fresh + at + 1 : 0;
    table.set(end + at, { value, protection, fresh: value });
  }
}

function write(
  bench: Bench,
  file: MemoryObject,
  table: Table,
  page: number,
  value: number,
): string | undefined {
  const cell = table.get(page);
  const put = () =>
    copyOut(bench.vm, bench.space, page * pageBytes, new Uint8Array(pageBytes).fill(value));
  let refusal = put();
  if (refusal?.at === "wait") {
    answerAll(bench, file);
    refusal = put();
  }
  const allowed = cell !== undefined && (cell.protection & 2) !== 0;
  if (cell && allowed) cell.value = value;
  return allowed === (refusal === undefined) ? undefined : `write: ${refusal?.at ?? "done"}`;
}

function read(bench: Bench, file: MemoryObject, table: Table, page: number): string | undefined {
  const cell = table.get(page);
  const get = () => copyIn(bench.vm, bench.space, page * pageBytes + 5, 1);
  let bytes = get();
  if (!(bytes instanceof Uint8Array) && bytes.at === "wait") {
    answerAll(bench, file);
    bytes = get();
  }
  const allowed = cell !== undefined && (cell.protection & 1) !== 0;
  if (!(bytes instanceof Uint8Array)) return allowed ? `read: ${bytes.at}` : undefined;
  if (!cell || !allowed) return "read what may not be read";
  return bytes[0] === cell.value ? undefined : `read ${bytes[0]}, written was ${cell.value}`;
}

/** Every frame in use is held by one object, and every translation is of a mapped page. */
function accountingFault(bench: Bench): string | undefined {
  const { vm, space } = bench;
  const held = framesHeld(bench);
  const used = frames - framesFree(vm.memory.frames);
  if (held !== used) return `${used} frames in use, ${held} held by objects`;
  let mapped = 0;
  for (const { mappings } of vm.memory.frames.used.values()) mapped += mappings.length;
  return mapped === space.pmap.pages.size ? undefined : "the reverse lists are not the pmap";
}

testProp(
  "space: any history: reads see the last write, and frames before = after",
  [fc.array(step, { maxLength: 60 })],
  (t, steps) => {
    const bench = createBench(frames);
    const { vm, space } = bench;
    const path = "/f";
    const bytes = filePages * pageBytes;
    const file = fileObject(vm.memory.objects, { port: bench.pager, bytes, path });
    const holder = anonymousObject(vm.memory.objects, { object: file, offset: 0 });
    const table: Table = new Map();
    for (const one of steps) {
      t.is(perform(bench, file, table, one), undefined);
      t.is(accountingFault(bench), undefined);
    }
    for (const [page, frame] of file.resident) {
      t.is(vm.hart.frame(frame)[5], page + 1, "no private write reached the file's pages");
    }
    destroySpace(vm, space);
    t.deepEqual([...vm.memory.objects.all.values()], [file, holder]);
    t.is(frames - framesFree(vm.memory.frames), file.resident.size);
  },
  { numRuns: 400 },
);
