// Changing an address space: map, unmap, protect, and take it down. Translations follow.

import { makeMessage, memory as memoryOps, type PortUid, sendMessage } from "../../ports/index.ts";
import type { VmContext } from "./context.ts";
import type { AddressSpace } from "./fault.ts";
import { entriesIn, insertEntry, type MapEntry, protectRange, removeRange } from "./map.ts";
import { createMap } from "./map.ts";
import { anonymousObject, type MemoryObject } from "./object.ts";
import { dropObject, freeFrame } from "./pager.ts";
import { clearPmap, createPmap, removePage } from "./pmap.ts";

/** An empty address space under a tag of the hart that nobody else uses. */
export function createSpace(tag: number): AddressSpace {
  return { map: createMap(), pmap: createPmap(tag), readAhead: 0 };
}

export interface Region {
  readonly start: number;
  readonly pages: number;
  readonly protection: number;
  readonly name: string;
}

/** Maps zero-filled memory over whatever was in the range. */
export function mapAnonymous(vm: VmContext, space: AddressSpace, region: Region): void {
  mapObject(vm, space, region, anonymousObject(vm.memory.objects, null));
}

/** Maps pages of a file, from its page `offset` on, so that writes stay private. */
export function mapPrivate(
  vm: VmContext,
  space: AddressSpace,
  region: Region,
  file: MemoryObject,
  offset: number,
): void {
  mapObject(vm, space, region, anonymousObject(vm.memory.objects, { object: file, offset }));
}

function mapObject(
  vm: VmContext,
  space: AddressSpace,
  { start, pages, protection, name }: Region,
  object: MemoryObject,
): void {
  unmap(vm, space, start, start + pages);
  insertEntry(space.map, { start, end: start + pages, object, offset: 0, protection, name });
}

/** Takes the range out of the map and frees what only it could reach. */
export function unmap(vm: VmContext, space: AddressSpace, start: number, end: number): void {
  for (const entry of removeRange(space.map, start, end)) {
    forgetTranslations(vm, space, entry.start, entry.end);
    releasePages(vm, entry);
    dropObject(vm, entry.object);
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
  for (const entry of space.map.entries.splice(0)) dropObject(vm, entry.object);
}

function forgetTranslations(vm: VmContext, space: AddressSpace, start: number, end: number): void {
  const { pmap } = space;
  if (end - start <= pmap.pages.size) {
    for (let page = start; page < end; page++) removePage(pmap, vm.memory.frames, vm.hart, page);
    return;
  }
  for (const page of [...pmap.pages.keys()]) {
    if (page >= start && page < end) removePage(pmap, vm.memory.frames, vm.hart, page);
  }
}

/**
 * Frees the entry's pages of an object of anonymous memory. No page of such an object is reached
 * through two entries: entries of one object come from clipping, which divides it.
 */
function releasePages(vm: VmContext, entry: MapEntry): void {
  const { object } = entry;
  if (object.pager) return;
  const last = entry.offset + (entry.end - entry.start);
  const inside = (page: number): boolean => page >= entry.offset && page < last;
  for (const [page, frame] of object.resident) {
    if (!inside(page)) continue;
    object.resident.delete(page);
    freeFrame(vm, frame);
  }
  const released = new Set<PortUid>();
  for (const [page, pager] of object.owed) {
    if (!inside(page)) continue;
    object.owed.delete(page);
    object.requested.delete(page);
    released.add(pager);
  }
  const stillOwing = new Set(object.owed.values());
  for (const pager of released) {
    if (stillOwing.has(pager)) continue;
    sendMessage(vm.memory.ports, pager, makeMessage(memoryOps.terminate, {}), vm.host);
  }
}
