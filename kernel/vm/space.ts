// Changing an address space: map, unmap, protect, and take it down. Translations follow.

import { must } from "../../ports/base/index.ts";
import { dropUse, dropUses } from "./collapse.ts";
import type { VmContext } from "./context.ts";
import type { AddressSpace } from "./fault.ts";
import {
  clipRange,
  createMap,
  entriesIn,
  entryAt,
  insertEntry,
  type MapEntry,
  pagerBelow,
  protectRange,
  removeRange,
} from "./map.ts";
import { anonymousObject, type MemoryObject } from "./object.ts";
import { clearPmap, createPmap, protection, removePage } from "./pmap.ts";
import { isReached } from "./reach.ts";
import { releaseRange } from "./release.ts";
import { keepWritten, returnWritten } from "./swap.ts";

const writeBit = protection.write;
const everything = protection.read | protection.write | protection.execute;

/** An empty address space under a tag of the hart that nobody else uses. */
export function createSpace(tag: number): AddressSpace {
  return { map: createMap(), pmap: createPmap(tag), readAhead: 0, pushes: false };
}

export interface Region {
  readonly start: number;
  readonly pages: number;
  readonly protection: number;
  readonly name: string;
  /** See `MapEntry.limit`; everything by default. */
  readonly limit?: number;
}

/** Maps zero-filled memory over whatever was in the range. */
export function mapAnonymous(vm: VmContext, space: AddressSpace, region: Region): void {
  mapObject(vm, space, region, { object: anonymousObject(vm.memory.objects, null) });
}

/** Maps zero-filled memory that further mappings can show too; it never has more pages. */
export function mapSharedAnonymous(vm: VmContext, space: AddressSpace, region: Region): void {
  const object = anonymousObject(vm.memory.objects, null, region.pages);
  mapObject(vm, space, region, { object, shared: true });
}

/** Maps pages of a file, from its page `offset` on, so that writes stay private. */
export function mapPrivate(
  vm: VmContext,
  space: AddressSpace,
  region: Region,
  file: MemoryObject,
  offset: number,
): void {
  const object = anonymousObject(vm.memory.objects, { object: file, offset });
  mapObject(vm, space, region, { object });
}

/** Maps the pages of an object themselves. */
export function mapShared(
  vm: VmContext,
  space: AddressSpace,
  region: Region,
  object: MemoryObject,
  offset: number,
): void {
  mapObject(vm, space, region, { object, offset, shared: true });
}

interface Mapped {
  readonly object: MemoryObject;
  readonly offset?: number;
  readonly shared?: boolean;
}

function mapObject(
  vm: VmContext,
  space: AddressSpace,
  { start, pages, protection, name, limit = everything }: Region,
  { object, offset = 0, shared = false }: Mapped,
): void {
  if (shared && object.pager && (limit & writeBit) !== 0) keepWritten(object);
  const entry: MapEntry = {
    ...{ start, end: start + pages, object, offset, protection, limit, shared, name },
    inheritance: shared ? "share" : "copy",
    needsCopy: false,
  };
  object.users.add(entry); // it may be what the range has mapped until now
  unmap(vm, space, start, start + pages);
  insertEntry(space.map, entry);
}

/** Takes the range out of the map and frees what only it could reach. */
export function unmap(vm: VmContext, space: AddressSpace, start: number, end: number): void {
  for (const entry of removeRange(space.map, start, end)) {
    forgetTranslations(vm, space, entry.start, entry.end);
    dropUse(vm, entry.object, entry);
  }
}

/** False, and nothing changed, when part of the range is not mapped. */
export function protect(
  vm: VmContext,
  space: AddressSpace,
  start: number,
  end: number,
  protection: number,
): boolean {
  if (!protectRange(space.map, start, end, protection)) return false;
  for (const entry of entriesIn(space.map, start, end)) {
    forgetTranslations(vm, space, entry.start, entry.end);
  }
  return true;
}

/** How many pages from `start` on, up to `end`, may be given the protection. */
export function protectablePages(
  { map }: AddressSpace,
  start: number,
  end: number,
  wanted: number,
): number {
  let covered = start;
  for (const entry of entriesIn(map, start, end)) {
    if (entry.start > covered || (wanted & ~entry.limit) !== 0) break;
    covered = Math.min(entry.end, end);
  }
  return covered - start;
}

/** How many pages from `start` on, up to `end`, are mapped and allow the access. */
export function allowedPages(
  space: AddressSpace,
  start: number,
  end: number,
  protection: number,
): number {
  let covered = start;
  for (const entry of entriesIn(space.map, start, end)) {
    if (entry.start > covered || (entry.protection & protection) === 0) break;
    covered = Math.min(entry.end, end);
  }
  return covered - start;
}

/** Takes the whole address space down. */
export function destroySpace(vm: VmContext, space: AddressSpace): void {
  clearPmap(space.pmap, vm.memory.frames, vm.hart);
  const shown = new Map<MemoryObject, MapEntry[]>();
  for (const entry of space.map.entries.splice(0)) {
    const entries = shown.get(entry.object);
    if (entries) entries.push(entry);
    else shown.set(entry.object, [entry]);
  }
  for (const [object, entries] of shown) dropUses(vm, object, entries);
}

function forgetTranslations(vm: VmContext, space: AddressSpace, start: number, end: number): void {
  if (end <= start) return;
  const { pmap } = space;
  if (end - start <= pmap.pages.size) {
    for (let page = start; page < end; page++) removePage(pmap, vm.memory.frames, vm.hart, page);
    return;
  }
  for (const page of [...pmap.pages.keys()]) {
    if (page >= start && page < end) removePage(pmap, vm.memory.frames, vm.hart, page);
  }
}

/** Sends what was written to shared files in the range to their servers. Returns their objects. */
export function returnShared(
  vm: VmContext,
  space: AddressSpace,
  start: number = 0,
  end: number = Infinity,
): readonly MemoryObject[] {
  const objects = new Set<MemoryObject>();
  for (const { object, shared, start: from, end: to } of space.map.entries) {
    if (
      shared &&
      object.pager &&
      !object.manager &&
      object.swap.port !== null &&
      from < end &&
      to > start
    ) {
      objects.add(object);
    }
  }
  for (const object of objects) returnWritten(vm, object);
  return [...objects];
}

/** Gives up what private memory in the range holds: it is as if it had never been touched. */
export function discard(vm: VmContext, space: AddressSpace, start: number, end: number): void {
  for (const entry of entriesIn(space.map, start, end)) {
    if (entry.shared || entry.object.pager) continue;
    const [from, to] = [Math.max(start, entry.start), Math.min(end, entry.end)];
    forgetTranslations(vm, space, from, to);
    const { shadow } = entry.object;
    const copies = entry.needsCopy || (shadow !== null && !shadow.object.pager);
    if (copies) for (const part of clipRange(space.map, from, to)) renew(vm, part);
    else releaseRange(vm, entry.object, pageAt(entry, from), pageAt(entry, to));
  }
}

/** The object's page that is shown at a page of the entry. */
function pageAt(entry: MapEntry, page: number): number {
  return page - entry.start + entry.offset;
}

/** The entry gets an object without any pages in place of one whose pages others may show too. */
function renew(vm: VmContext, entry: MapEntry): void {
  const { object } = entry;
  entry.object = anonymousObject(vm.memory.objects, pagerBelow(object));
  entry.object.users.add(entry);
  entry.needsCopy = false;
  dropUse(vm, object, entry);
}

/** Takes the pages of shared memory in the range away from all who map it: zeros come again. */
export function punch(vm: VmContext, space: AddressSpace, start: number, end: number): void {
  for (const entry of entriesIn(space.map, start, end)) {
    const [from, to] = [Math.max(start, entry.start), Math.min(end, entry.end)];
    releaseRange(vm, entry.object, pageAt(entry, from), pageAt(entry, to));
  }
}

/** Whether the page has contents: in a frame here, or with a host that owes it. */
export function isInCore(entry: MapEntry, page: number): boolean {
  let { object } = entry;
  let at = page - entry.start + entry.offset;
  // Ends because shadow chains do.
  for (;;) {
    if (object.resident.has(at) || object.owed.has(at) || object.swap.pages.has(at)) return true;
    if (!object.shadow) return false;
    at += object.shadow.offset;
    object = object.shadow.object;
  }
}

/** Moves what is mapped to another place. Requires: nothing is mapped there. */
export function moveMapping(
  vm: VmContext,
  space: AddressSpace,
  from: { readonly start: number; readonly pages: number },
  to: number,
): void {
  const { start, pages } = from;
  forgetTranslations(vm, space, start, start + pages);
  for (const entry of removeRange(space.map, start, start + pages)) {
    const moved = { ...entry, start: entry.start - start + to, end: entry.end - start + to };
    insertEntry(space.map, moved);
    entry.object.users.delete(entry);
  }
}

/**
 * Makes the mapping that ends at `end` longer. Requires: nothing is mapped behind it. What its object
 * has behind its end may be another's: those pages then get an object of their own.
 */
export function growMapping(vm: VmContext, space: AddressSpace, end: number, pages: number): void {
  const entry = must(entryAt(space.map, end - 1), "the entry to grow");
  const next = pageAt(entry, end);
  if (isFreeBehind(entry, next, next + pages)) {
    entry.end += pages;
    return;
  }
  insertEntry(space.map, {
    ...entry,
    start: end,
    end: end + pages,
    object: anonymousObject(vm.memory.objects, pagerBelow(entry.object)),
    offset: next,
    needsCopy: false,
  });
}

/** Whether the entry may show further pages of its object: they are nobody's yet, or all see them. */
function isFreeBehind(entry: MapEntry, first: number, end: number): boolean {
  const { object, shared, needsCopy } = entry;
  if (object.pager || object.pages !== null) return true;
  const copies = needsCopy || shared || (object.shadow !== null && !object.shadow.object.pager);
  return !copies && !isReached(object, first, end, (user) => user === entry);
}
