// Address maps: sorted, non-overlapping ranges of pages over memory objects.
//
// All numbers are pages of 4 KiB; `end` is one past the last. Changing a range first clips the
// entries at its ends, so that every entry is wholly inside or wholly outside.

import { assert } from "../../ports/base/index.ts";
import type { MapEntry, MemoryObject, Shadow } from "./object.ts";

export type { MapEntry } from "./object.ts";

export interface AddressMap {
  readonly entries: MapEntry[];
  /** No page is free from `from` up to `top`: who looks for space begins below. */
  readonly packed: { top: number; from: number };
}

/** Pages that guests may use: the user half of Sv39, less the last page and the first 16. */
export const userPageFirst = 0x10;
export const userPageEnd = 0x3ffffff;

export function createMap(): AddressMap {
  return { entries: [], packed: { top: 0, from: 0 } };
}

/** Index of the first entry that ends after `page`. */
function indexAfter(map: AddressMap, page: number): number {
  let low = 0;
  let high = map.entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((map.entries[middle] as MapEntry).end > page) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function entryAt(map: AddressMap, page: number): MapEntry | undefined {
  const entry = map.entries[indexAfter(map, page)];
  return entry && entry.start <= page ? entry : undefined;
}

/** Entries that overlap the range, in order. */
export function entriesIn(map: AddressMap, start: number, end: number): readonly MapEntry[] {
  const first = indexAfter(map, start);
  let last = first;
  while (last < map.entries.length && (map.entries[last] as MapEntry).start < end) last++;
  return map.entries.slice(first, last);
}

/** Requires: the range is empty. The entry is a user of its object from now on. */
export function insertEntry(map: AddressMap, entry: MapEntry): void {
  assert(entry.start < entry.end, "a map entry has pages");
  assert(entriesIn(map, entry.start, entry.end).length === 0, "map entries do not overlap");
  entry.object.users.add(entry);
  if (entry.needsCopy || entry.shared) entry.object.common = true;
  map.entries.splice(indexAfter(map, entry.start), 0, entry);
}

function clipAt(map: AddressMap, page: number): void {
  const index = indexAfter(map, page);
  const entry = map.entries[index];
  if (!entry || entry.start >= page) return;
  const tail: MapEntry = { ...entry, start: page, offset: entry.offset + (page - entry.start) };
  entry.end = page;
  entry.object.users.add(tail);
  map.entries.splice(index + 1, 0, tail);
}

/** Divides the entries at the ends of the range. Returns those inside. */
export function clipRange(map: AddressMap, start: number, end: number): readonly MapEntry[] {
  clipAt(map, start);
  clipAt(map, end);
  return entriesIn(map, start, end);
}

/** Removes the range. Returns what was there: still users of their objects until the caller says. */
export function removeRange(map: AddressMap, start: number, end: number): readonly MapEntry[] {
  const removed = clipRange(map, start, end);
  map.packed.from = Math.max(map.packed.from, end);
  if (removed.length > 0) map.entries.splice(indexAfter(map, start), removed.length);
  return removed;
}

/** Changes the protection of the range. False, and nothing changed, when part of it is not mapped. */
export function protectRange(
  map: AddressMap,
  start: number,
  end: number,
  protection: number,
): boolean {
  if (mappedPages(map, start, end) < end - start) return false;
  for (const entry of clipRange(map, start, end)) entry.protection = protection;
  return true;
}

/** Whether Linux would keep both as one range: `next` goes on where `entry` ends. */
function continues(entry: MapEntry, next: MapEntry): boolean {
  const same =
    entry.end === next.start &&
    entry.protection === next.protection &&
    entry.limit === next.limit &&
    entry.shared === next.shared &&
    entry.inheritance === next.inheritance &&
    entry.name === next.name;
  if (!same) return false;
  const pages = entry.end - entry.start;
  if (entry.object === next.object) return entry.offset + pages === next.offset;
  if (entry.shared) return false;
  const [below, nextBelow] = [pagerBelow(entry.object), pagerBelow(next.object)];
  if (!below || !nextBelow) return !below && !nextBelow;
  const inFile = below.offset + entry.offset + pages;
  return below.object === nextBelow.object && inFile === nextBelow.offset + next.offset;
}

/** The object with a pager at the bottom of the chain, as seen from the first; null: zeros are there. */
export function pagerBelow(first: MemoryObject): Shadow | null {
  let [object, offset] = [first, 0];
  // Ends because shadow chains do.
  while (object.shadow) {
    offset += object.shadow.offset;
    ({ object } = object.shadow);
  }
  return object.pager ? { object, offset } : null;
}

/** Where the range that begins with this entry ends, as Linux counts ranges. */
export function rangeEnd(map: AddressMap, entry: MapEntry): number {
  let last = entry;
  // Ends because entries are finite and each is behind the one before.
  for (;;) {
    const next = entryAt(map, last.end);
    if (!next || !continues(last, next)) return last.end;
    last = next;
  }
}

/** How many pages from `start` on, up to `end`, have a mapping. */
export function mappedPages(map: AddressMap, start: number, end: number): number {
  let covered = start;
  for (const entry of entriesIn(map, start, end)) {
    if (entry.start > covered) break;
    covered = Math.min(entry.end, end);
  }
  return covered - start;
}

/** The highest free range of `count` pages that ends at or below `below`. */
export function findSpace(map: AddressMap, count: number, below: number): number | undefined {
  const { packed } = map;
  if (packed.top !== below) [packed.top, packed.from] = [below, below];
  let end = Math.min(packed.from, below);
  for (let index = indexAfter(map, end); index >= 0; index--) {
    const entry = map.entries[index];
    if (!entry || entry.start >= end) continue;
    if (entry.end >= packed.from) packed.from = entry.start;
    if (entry.end <= end - count) break;
    end = entry.start;
  }
  const start = end - count;
  return start >= userPageFirst ? start : undefined;
}
