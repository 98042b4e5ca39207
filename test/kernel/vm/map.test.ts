// Goal: an address map is a function from pages to (object, page of it, protection), nothing else.
// Method: random changes applied to the map and to a plain table of pages; both must agree.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import {
  type AddressMap,
  anonymousObject,
  createMap,
  createObjects,
  entriesIn,
  entryAt,
  findSpace,
  insertEntry,
  type MemoryObject,
  protectRange,
  removeRange,
  userPageFirst,
} from "../../../kernel/vm/index.ts";

const span = 48;
const first = userPageFirst;
const pageIn = fc.integer({ min: first, max: first + span - 1 });
const range = fc.tuple(pageIn, fc.integer({ min: 1, max: 12 }));
const change = fc.oneof(
  fc.record({ do: fc.constant("insert" as const), range, protection: fc.nat(7) }),
  fc.record({ do: fc.constant("remove" as const), range }),
  fc.record({ do: fc.constant("protect" as const), range, protection: fc.nat(7) }),
);
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

interface Cell {
  readonly object: MemoryObject;
  readonly offset: number;
  readonly protection: number;
}
type Table = Map<number, Cell>;

const pagesOf = ([start, count]: readonly [number, number]): number[] =>
  Array.from({ length: count }, (_, index) => start + index);

/** Applies the change to both; says whether both accepted or both refused it. */
function apply(map: AddressMap, table: Table, change: Change, fresh: () => MemoryObject): boolean {
  const pages = pagesOf(change.range);
  const [start, count] = change.range;
  switch (change.do) {
    case "remove": {
      for (const entry of removeRange(map, start, start + count)) entry.object.users.delete(entry);
      pages.forEach((page) => table.delete(page));
      return true;
    }
    case "insert": {
      if (pages.some((page) => table.has(page))) {
        return entriesIn(map, start, start + count).length > 0;
      }
      const object = fresh();
      const { protection } = change;
      const entry = {
        start,
        end: start + count,
        object,
        offset: 5,
        protection,
        limit: 7,
        shared: false,
        inheritance: "copy" as const,
        needsCopy: false,
        name: "",
      };
      insertEntry(map, entry);
      pages.forEach((page, index) => table.set(page, { object, offset: 5 + index, protection }));
      return true;
    }
    case "protect": {
      const { protection } = change;
      const whole = pages.every((page) => table.has(page));
      if (whole) {
        for (const page of pages) table.set(page, { ...(table.get(page) as Cell), protection });
      }
      return protectRange(map, start, start + count, protection) === whole;
    }
  }
}

function disagreement(map: AddressMap, table: Table): string | undefined {
  for (let page = first - 2; page < first + span + 14; page++) {
    const entry = entryAt(map, page);
    const cell = table.get(page);
    if (!entry || !cell) {
      if (entry || cell) return `page ${page} is only in one of them`;
      continue;
    }
    const offset = page - entry.start + entry.offset;
    if (entry.object !== cell.object) return `page ${page}: another object`;
    if (offset !== cell.offset) return `page ${page}: offset ${offset}, not ${cell.offset}`;
    if (entry.protection !== cell.protection) return `page ${page}: another protection`;
  }
  let last = 0;
  for (const { start, end } of map.entries) {
    if (start < last || start >= end) return `entry ${start}-${end} out of order`;
    last = end;
  }
  const objects = new Set(map.entries.map(({ object }) => object));
  const wrong = [...objects].some((object) => {
    const showing = map.entries.filter((entry) => entry.object === object);
    return object.users.size !== showing.length || showing.some((one) => !object.users.has(one));
  });
  return wrong ? "an object's users are not its entries" : undefined;
}

/** The highest free range, found by looking at each. */
function spaceIn(table: Table, count: number, below: number): number | undefined {
  for (let start = below - count; start >= first; start--) {
    if (pagesOf([start, count]).every((page) => !table.has(page))) return start;
  }
  return undefined;
}

testProp(
  "map: any inserts, removes and protections: as a table of pages",
  [fc.array(change, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 20 }), pageIn],
  (t, changes, count, below) => {
    const objects = createObjects();
    const map = createMap();
    const table: Table = new Map();
    for (const one of changes) {
      t.true(
        apply(map, table, one, () => anonymousObject(objects, null)),
        "both or neither",
      );
      t.is(disagreement(map, table), undefined);
      // What it remembers of the last search holds in the next.
      t.is(findSpace(map, count, below), spaceIn(table, count, below));
    }
  },
  { numRuns: 1000 },
);

test("map: hole in the range: protect refuses and has clipped nothing", (t) => {
  const objects = createObjects();
  const map = createMap();
  for (const start of [0x20, 0x28]) {
    const object = anonymousObject(objects, null);
    insertEntry(map, {
      start,
      end: start + 4,
      object,
      offset: 0,
      protection: 3,
      limit: 7,
      shared: false,
      inheritance: "copy" as const,
      needsCopy: false,
      name: "",
    });
  }
  const before = structuredClone(map.entries);
  t.false(protectRange(map, 0x21, 0x2a, 1));
  t.deepEqual(map.entries, before);
});

test("map: entries that would overlap: our mistake, asserted", (t) => {
  const object = anonymousObject(createObjects(), null);
  const map = createMap();
  const entry = {
    start: 0x20,
    end: 0x24,
    object,
    offset: 0,
    protection: 3,
    limit: 7,
    shared: false,
    inheritance: "copy" as const,
    needsCopy: false,
    name: "",
  };
  insertEntry(map, entry);
  t.throws(() => insertEntry(map, { ...entry, start: 0x23, end: 0x30 }), { message: /overlap/ });
});
