// Goal: copies of address spaces are what their ranges' inheritance says, whoever writes first, and
// nothing is kept that nobody finds: not after any history, not after a thousand generations.
// Method: spaces against plain tables of values, with few frames, and accounts that are counted anew.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { must } from "../../../ports/base/index.ts";
import {
  type AddressSpace,
  copySpace,
  destroySpace,
  discard,
  entriesIn,
  entryAt,
  fileObject,
  framesFree,
  growMapping,
  type Inheritance,
  mapAnonymous,
  mapPrivate,
  mapSharedAnonymous,
  moveMapping,
  prepareRange,
  protect,
  setInheritance,
  unmap,
} from "../../../kernel/vm/index.ts";
import { makeRoom } from "../../../kernel/vm/reclaim.ts";
import {
  answerSwap,
  chainOf,
  createWorld,
  faultIn,
  framesUsed,
  get,
  newSpace,
  patiently,
  put,
  type World,
} from "./copies-world.ts";

const start = 0x40;

function mapped(world: World, pages: number): AddressSpace {
  const space = newSpace(world);
  mapAnonymous(world.vm, space, { start, pages, protection: 3, name: "" });
  return space;
}

function copyOf(world: World, space: AddressSpace): AddressSpace {
  const tag = world.nextTag++;
  const copy = copySpace(world.vm, space, tag);
  world.spaces.set(tag, copy);
  return copy;
}

function end(world: World, space: AddressSpace): void {
  destroySpace(world.vm, space);
  world.spaces.delete(space.pmap.space);
}

const values = (world: World, space: AddressSpace, pages: number): unknown[] =>
  Array.from({ length: pages }, (_, at) => get(world, space, start + at));

test("copies: inherited as a copy: no page is copied before it is written, and then only that one", (t) => {
  const world = createWorld(64);
  const parent = mapped(world, 8);
  for (let page = 0; page < 8; page++) put(world, parent, start + page, page + 1);
  const child = copyOf(world, parent);
  t.deepEqual(values(world, child, 8), [1, 2, 3, 4, 5, 6, 7, 8]);
  t.is(framesUsed(world), 8);
  t.is(put(world, child, start + 2, 50), "done");
  t.is(put(world, parent, start + 5, 60), "done");
  t.is(framesUsed(world), 10);
  t.deepEqual(values(world, child, 8), [1, 2, 50, 4, 5, 6, 7, 8]);
  t.deepEqual(values(world, parent, 8), [1, 2, 3, 4, 5, 60, 7, 8]);
  t.is(faultIn(world), undefined);
});

test("copies: both sides have written a page: the old contents are kept by nobody", (t) => {
  const world = createWorld(64);
  const parent = mapped(world, 4);
  for (let page = 0; page < 4; page++) put(world, parent, start + page, 1);
  const child = copyOf(world, parent);
  put(world, child, start, 2);
  put(world, parent, start, 3);
  t.is(framesUsed(world), 5);
  t.true(world.events.includes("vm.take-up"));
  t.is(faultIn(world), undefined);
});

test("copies: one side ends: the other has its pages without a chain, and writes without a copy", (t) => {
  const world = createWorld(64);
  const parent = mapped(world, 4);
  for (let page = 0; page < 4; page++) put(world, parent, start + page, 1);
  const child = copyOf(world, parent);
  put(world, child, start, 2);
  end(world, parent);
  t.is(framesUsed(world), 4);
  t.is(chainOf(must(entryAt(child.map, start), "the mapping")).length, 1);
  put(world, child, start + 1, 3);
  t.is(framesUsed(world), 4);
  t.deepEqual(values(world, child, 4), [2, 3, 1, 1]);
});

test("copies: inherited shared: each sees what the other writes, also a third one", (t) => {
  const world = createWorld(64);
  const parent = mapped(world, 4);
  put(world, parent, start, 1);
  t.true(setInheritance(parent, start, start + 4, "share"));
  const child = copyOf(world, parent);
  put(world, child, start, 2);
  put(world, parent, start + 1, 3);
  const grandchild = copyOf(world, child);
  put(world, grandchild, start + 2, 4);
  for (const space of [parent, child, grandchild]) {
    t.deepEqual(values(world, space, 4), [2, 3, 4, 0]);
  }
  end(world, parent);
  end(world, child);
  t.deepEqual(values(world, grandchild, 4), [2, 3, 4, 0]);
  end(world, grandchild);
  t.is(framesUsed(world), 0);
});

test("copies: a copy that is then shared: what was common is written by both together", (t) => {
  const world = createWorld(64);
  const parent = mapped(world, 2);
  put(world, parent, start, 1);
  const aside = copyOf(world, parent);
  setInheritance(parent, start, start + 2, "share");
  const child = copyOf(world, parent);
  put(world, child, start, 2);
  t.deepEqual(values(world, parent, 2), [2, 0]);
  t.deepEqual(values(world, aside, 2), [1, 0]);
});

test("copies: inherited not at all, or as zeros: a hole, or empty memory", (t) => {
  const world = createWorld(64);
  const parent = mapped(world, 6);
  for (let page = 0; page < 6; page++) put(world, parent, start + page, 9);
  t.true(setInheritance(parent, start, start + 2, "none"));
  t.true(setInheritance(parent, start + 4, start + 6, "zero"));
  t.false(setInheritance(parent, start + 4, start + 7, "none"), "part of it is not mapped");
  const child = copyOf(world, parent);
  t.deepEqual(values(world, child, 6), ["refused", "refused", 9, 9, 0, 0]);
  t.deepEqual(values(world, parent, 6), [9, 9, 9, 9, 9, 9]);
});

test("copies: memory that others write to: neither copied nor cleared for a child", (t) => {
  const world = createWorld(8);
  const space = newSpace(world);
  mapSharedAnonymous(world.vm, space, { start, pages: 2, protection: 3, name: "" });
  t.false(setInheritance(space, start, start + 2, "copy"));
  t.false(setInheritance(space, start, start + 2, "zero"));
  t.true(setInheritance(space, start, start + 2, "none"));
});

test("copies: a thousand generations, each writing a page: one object, no page held twice", (t) => {
  const world = createWorld(64);
  let space = mapped(world, 10);
  for (let page = 0; page < 10; page++) put(world, space, start + page, page);
  protect(world.vm, space, start + 4, start + 6, 1); // the map entry is divided: three show the object
  for (let generation = 0; generation < 1000; generation++) {
    const child = copyOf(world, space);
    put(world, child, start + (generation % 4), generation % 250);
    put(world, space, start + 9, 7);
    end(world, space);
    space = child;
    t.true(world.vm.memory.objects.all.size <= 4, `generation ${generation}`);
  }
  t.is(faultIn(world), undefined);
  t.is(framesUsed(world), 10);
  t.deepEqual(values(world, space, 10), [246, 247, 248, 249, 4, 5, 6, 7, 8, 9]);
});

test("copies: a thousand generations with a third of the memory: chains stay short, swap too", (t) => {
  const world = createWorld(8);
  let space = mapped(world, 12);
  for (let page = 0; page < 12; page++) put(world, space, start + page, page);
  for (let generation = 0; generation < 1000; generation++) {
    const child = copyOf(world, space);
    put(world, child, start + (generation % 12), generation % 250);
    put(world, space, start + ((generation + 6) % 12), 5);
    end(world, space);
    space = child;
    answerSwap(world);
    const longest = Math.max(...space.map.entries.map((entry) => chainOf(entry).length));
    t.true(longest <= 3, `generation ${generation}: a chain of ${longest}`);
    t.true(world.swap.size <= 6, `generation ${generation}: ${world.swap.size} objects at swap`);
  }
  t.is(faultIn(world), undefined);
  const last = (page: number): number => (999 - ((999 - page) % 12)) % 250;
  t.deepEqual(
    values(world, space, 12),
    Array.from({ length: 12 }, (_, page) => last(page)),
  );
  end(world, space);
  answerSwap(world);
  t.is(world.swap.size, 0);
});

test("copies: a copy has written all that it shows: it looks past what the others still show", (t) => {
  const world = createWorld(64);
  const parent = mapped(world, 4);
  for (let page = 0; page < 4; page++) put(world, parent, start + page, 1);
  const [child, other] = [copyOf(world, parent), copyOf(world, parent)];
  for (let page = 0; page < 4; page++) put(world, child, start + page, 2);
  t.true(world.events.includes("vm.bypass"));
  t.is(chainOf(must(entryAt(child.map, start), "the mapping")).length, 1);
  t.deepEqual(values(world, other, 4), [1, 1, 1, 1]);
  t.is(faultIn(world), undefined);
});

test("copies: memory of a copy given up: zeros, and the other side has what it had", (t) => {
  const world = createWorld(64);
  const parent = mapped(world, 4);
  for (let page = 0; page < 4; page++) put(world, parent, start + page, 8);
  const child = copyOf(world, parent);
  put(world, child, start, 9);
  discard(world.vm, child, start, start + 2);
  t.deepEqual(values(world, child, 4), [0, 0, 8, 8]);
  t.deepEqual(values(world, parent, 4), [8, 8, 8, 8]);
  unmap(world.vm, child, start + 3, start + 4);
  growMapping(world.vm, child, start + 3, 1);
  t.is(get(world, child, start + 3), 0, "what was unmapped does not come back");
});

// Any history.

const first = 0x40;
const span = 8;
const spacesMax = 5;
const filePages = 8;
const range = fc.tuple(
  fc.integer({ min: first, max: first + span }),
  fc.integer({ min: 1, max: 6 }),
);
const who = fc.nat(spacesMax - 1);
const page = fc.integer({ min: first, max: first + span + 4 });
const writes = fc.record({ do: fc.constant("write" as const), who, page, value: fc.nat(255) });
const step = fc.oneof(
  fc.record({ do: fc.constant("map" as const), who, range, shared: fc.boolean() }),
  fc.record({ do: fc.constant("file" as const), who, range }),
  fc.record({ do: fc.constant("unmap" as const), who, range }),
  fc.record({ do: fc.constant("protect" as const), who, range, protection: fc.constantFrom(1, 3) }),
  writes,
  writes,
  writes,
  fc.record({ do: fc.constant("read" as const), who, page }),
  fc.record({ do: fc.constant("touch" as const), who, page }),
  fc.record({ do: fc.constant("copy" as const), who }),
  fc.record({ do: fc.constant("copy" as const), who }),
  fc.record({ do: fc.constant("end" as const), who }),
  fc.record({
    do: fc.constant("inherit" as const),
    who,
    range,
    as: fc.constantFrom<Inheritance>("none", "share", "copy", "copy", "zero"),
  }),
  fc.record({ do: fc.constant("discard" as const), who, range }),
  fc.record({ do: fc.constant("move" as const), who, range }),
  fc.record({ do: fc.constant("grow" as const), who, page, pages: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant("page-out" as const), who }),
  fc.record({ do: fc.constant("answer" as const), who }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A page of memory; spaces that share it have the same one. */
interface Cell {
  value: number;
  shared: boolean;
  readonly fresh: number;
}
interface Slot {
  readonly cell: Cell;
  protection: number;
  inheritance: Inheritance;
}
type Table = Map<number, Slot>;
interface Pair {
  readonly space: AddressSpace;
  readonly table: Table;
}

const slot = (fresh: number, shared: boolean): Slot => ({
  cell: { value: fresh, shared, fresh },
  protection: 3,
  inheritance: shared ? "share" : "copy",
});

/** A file whose pages are all here: page p is full of p + 101. */
function wholeFile(world: World): ReturnType<typeof fileObject> {
  const { vm } = world;
  const file = fileObject(vm.memory.objects, { port: 1, bytes: filePages * 4096, path: "/f" });
  const reader = newSpace(world);
  mapAnonymous(vm, reader, { start, pages: filePages, protection: 3, name: "" });
  for (let at = 0; at < filePages; at++) put(world, reader, start + at, at + 101);
  const { object } = must(entryAt(reader.map, start), "the mapping");
  for (const [at, frame] of object.resident) {
    must(vm.memory.frames.used.get(frame), "a frame").owner = { object: file.id, page: at };
    file.resident.set(at, frame);
  }
  object.resident.clear();
  end(world, reader);
  return file;
}

function mapNew(world: World, { space, table }: Pair, one: Step & { do: "map" | "file" }): void {
  const [at, pages] = one.range;
  const region = { start: at, pages, protection: 3, name: "" };
  const isFile = one.do === "file";
  const count = isFile ? Math.min(pages, filePages) : pages;
  if (one.do === "file") mapPrivate(world.vm, space, { ...region, pages: count }, fileOf(world), 0);
  else (one.shared ? mapSharedAnonymous : mapAnonymous)(world.vm, space, region);
  for (let index = 0; index < count; index++) {
    table.set(at + index, slot(isFile ? index + 101 : 0, one.do === "map" && one.shared));
  }
}

function fileOf({ vm }: World): ReturnType<typeof fileObject> {
  return must([...vm.memory.objects.files.values()][0], "the file");
}

/** The child's table; ranges that are shared from now on are so in both. */
function copyTable(table: Table): Table {
  const copy: Table = new Map();
  for (const [at, { cell, protection, inheritance }] of table) {
    if (inheritance === "none") continue;
    if (inheritance === "share") cell.shared = true;
    const mine =
      inheritance === "share"
        ? cell
        : inheritance === "zero"
          ? { value: 0, shared: false, fresh: 0 }
          : { ...cell };
    copy.set(at, { cell: mine, protection, inheritance });
  }
  return copy;
}

function eachIn(table: Table, [at, pages]: readonly [number, number]): (Slot | undefined)[] {
  return Array.from({ length: pages }, (_, index) => table.get(at + index));
}

/** A space to begin with, whose pages have all been written. */
function filled(world: World): Pair {
  const pair: Pair = { space: newSpace(world), table: new Map() };
  mapNew(world, pair, { do: "map", who: 0, range: [first, span], shared: false });
  for (const [at, { cell }] of pair.table) {
    put(world, pair.space, at, at);
    cell.value = at;
  }
  return pair;
}

function perform(world: World, pairs: Pair[], one: Step): string | undefined {
  const pair = pairs[one.who % Math.max(1, pairs.length)];
  const { vm } = world;
  if (!pair) {
    pairs.push({ space: newSpace(world), table: new Map() });
    return undefined;
  }
  const { space, table } = pair;
  switch (one.do) {
    case "map":
    case "file":
      mapNew(world, pair, one);
      return undefined;
    case "unmap":
      unmap(vm, space, one.range[0], one.range[0] + one.range[1]);
      for (let at = 0; at < one.range[1]; at++) table.delete(one.range[0] + at);
      return undefined;
    case "protect": {
      const slots = eachIn(table, one.range);
      const done = protect(vm, space, one.range[0], one.range[0] + one.range[1], one.protection);
      if (done) for (const each of slots) (each as Slot).protection = one.protection;
      return done === slots.every((each) => each !== undefined) ? undefined : "protect";
    }
    case "inherit":
      return inherit(pair, one.range, one.as);
    case "copy":
      if (pairs.length < spacesMax) {
        pairs.push({ space: copyOf(world, space), table: copyTable(table) });
      }
      return undefined;
    case "end":
      end(world, space);
      pairs.splice(pairs.indexOf(pair), 1);
      return undefined;
    case "discard":
      discard(vm, space, one.range[0], one.range[0] + one.range[1]);
      for (const each of eachIn(table, one.range)) {
        if (each && !each.cell.shared) each.cell.value = each.cell.fresh;
      }
      return undefined;
    case "move":
      move(world, pair, one.range);
      return undefined;
    case "grow":
      grow(world, pair, one.page, one.pages);
      return undefined;
    case "page-out":
      pageOut(world);
      return undefined;
    case "answer":
      answerSwap(world);
      return undefined;
    case "write": {
      const known = table.get(one.page);
      const done = put(world, space, one.page, one.value);
      const may = known !== undefined && (known.protection & 2) !== 0;
      if (may) known.cell.value = one.value;
      return done === (may ? "done" : "refused") ? undefined : `write: ${done}`;
    }
    case "touch": // a page is made ready to be written, and is not
      patiently(world, () => prepareRange(vm, space, one.page * 4096, 1, 1)?.at ?? "done");
      return undefined;
    case "read":
      return readFault(world, pair, one.page);
  }
}

function readFault(world: World, { space, table }: Pair, at: number): string | undefined {
  const value = get(world, space, at);
  const known = table.get(at);
  if (!known) return value === "refused" ? undefined : `page ${at}: read what is not there`;
  return value === known.cell.value ? undefined : `page ${at}: ${value}, not ${known.cell.value}`;
}

function inherit(
  { space, table }: Pair,
  span: readonly [number, number],
  as: Inheritance,
): string | undefined {
  const slots = eachIn(table, span);
  const whole = slots.every((each) => each !== undefined);
  const others = slots.some((each) => each?.cell.shared);
  const filled = slots.some((each) => each && each.cell.fresh > 100);
  const may = whole && !(others && (as === "copy" || as === "zero")) && !(filled && as === "zero");
  const done = setInheritance(space, span[0], span[0] + span[1], as);
  if (done) for (const each of slots) (each as Slot).inheritance = as;
  return done === may ? undefined : `inherit says ${done}`;
}

/** As mremap to a place where nothing is. */
function move(
  world: World,
  { space, table }: Pair,
  [from, pages]: readonly [number, number],
): void {
  const to = first + 2 * span;
  unmap(world.vm, space, to, to + pages);
  for (let at = to; at < to + pages; at++) table.delete(at);
  moveMapping(world.vm, space, { start: from, pages }, to);
  for (let at = 0; at < pages; at++) {
    const known = table.get(from + at);
    table.delete(from + at);
    if (known) table.set(to + at, known);
  }
}

/** As mremap in place of private memory, if there is room behind it. */
function grow(world: World, { space, table }: Pair, page: number, pages: number): void {
  const entry = entryAt(space.map, page);
  const behind = entry && table.get(entry.end - 1);
  if (!entry || !behind || behind.cell.shared) return;
  const { end: last } = entry;
  if (entriesIn(space.map, last, last + pages).length > 0) return;
  const { fresh } = behind.cell;
  if (fresh > 100 && fresh - 100 + pages > filePages) return;
  const { protection, inheritance } = behind;
  growMapping(world.vm, space, last, pages);
  for (let at = 0; at < pages; at++) {
    const value = fresh > 100 ? fresh + at + 1 : 0;
    table.set(last + at, { ...slot(value, false), protection, inheritance });
  }
}

/** Memory is short for a moment: as if somebody wanted every frame that is free, and then one. */
function pageOut({ vm }: World): void {
  const { frames } = vm.memory;
  const spare: number[] = [];
  while (framesFree(frames) > 0) {
    const frame = frames.free.pop() ?? frames.untouched++;
    spare.push(frame);
  }
  makeRoom(vm);
  frames.free.push(...spare);
}

testProp(
  "copies: any history of several spaces: reads see the right writes, and the accounts are right",
  [fc.array(step, { minLength: 20, maxLength: 100 }), fc.constantFrom(16, 32, 200)],
  (t, steps, frames) => {
    const world = createWorld(frames);
    const file = wholeFile(world);
    const holder = newSpace(world);
    mapPrivate(world.vm, holder, { start, pages: 1, protection: 1, name: "" }, file, 0);
    const pairs: Pair[] = [filled(world)];
    for (const one of steps) {
      t.is(perform(world, pairs, one), undefined);
      t.is(faultIn(world), undefined);
    }
    for (const pair of pairs) {
      for (const at of pair.table.keys()) t.is(readFault(world, pair, at), undefined);
    }
    for (const { space } of pairs) end(world, space);
    answerSwap(world);
    t.deepEqual([...world.vm.memory.objects.all.values()].filter(({ pager }) => !pager).length, 1);
    t.is(framesUsed(world), file.resident.size);
    t.is(world.swap.size, 0, "nothing is left at swap");
  },
  { numRuns: 500 },
);
