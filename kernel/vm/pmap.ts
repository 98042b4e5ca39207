// The only writer of translations: which virtual page of which address space is which frame.
//
//   enter, remove, protect   each also drops what the hart has cached of the page
//   clear dirty, begin era   each also lets the hart ask again before it writes
//   translate                what the hart calls when its TLB misses; sets accessed and dirty
//
// Protections are bits: 1 read, 2 write, 4 execute.

import { must } from "../../ports/base/index.ts";
import type { Access, Hart } from "../machine/index.ts";
import { type Frame, frameRecord, type Frames, type Pmap, type Translation } from "./frames.ts";

export const protection = { none: 0, read: 1, write: 2, execute: 4 } as const;
const needed = [protection.read, protection.write, protection.execute] as const;

export type { Pmap } from "./frames.ts";

export function createPmap(space: number): Pmap {
  return { space, pages: new Map() };
}

export function enterPage(
  pmap: Pmap,
  frames: Frames,
  hart: Hart,
  page: number,
  translation: Translation,
): void {
  const before = pmap.pages.get(page);
  if (before) forget(pmap, frames, before.frame, page);
  pmap.pages.set(page, translation);
  frames.pmaps.set(pmap.space, pmap);
  const record = frameRecord(frames, translation.frame);
  record.mappings.push({ space: pmap.space, page });
  record.accessed = true;
  hart.flushPage(pmap.space, page);
}

export function removePage(pmap: Pmap, frames: Frames, hart: Hart, page: number): void {
  const before = pmap.pages.get(page);
  if (!before) return;
  pmap.pages.delete(page);
  forget(pmap, frames, before.frame, page);
  hart.flushPage(pmap.space, page);
}

/** Takes a frame away from all who map it. */
export function removeMappings(frames: Frames, hart: Hart, frame: Frame): void {
  for (const { space, page } of [...frameRecord(frames, frame).mappings]) {
    removePage(must(frames.pmaps.get(space), "the pmap of a mapping"), frames, hart, page);
  }
}

/** What is mapped in the range can be read as before; the next write is a fault. */
export function denyWrites(pmap: Pmap, hart: Hart, start: number, end: number): void {
  const few = end - start < pmap.pages.size;
  const pages = few
    ? Array.from({ length: end - start }, (_, at) => start + at)
    : pmap.pages.keys();
  for (const page of pages) {
    const translation = page < start || page >= end ? undefined : pmap.pages.get(page);
    if (!translation || (translation.allowed & protection.write) === 0) continue;
    pmap.pages.set(page, { ...translation, allowed: translation.allowed & ~protection.write });
    hart.flushPage(pmap.space, page);
  }
}

function forget(pmap: Pmap, frames: Frames, frame: Frame, page: number): void {
  const { mappings } = frameRecord(frames, frame);
  const at = mappings.findIndex((mapping) => mapping.space === pmap.space && mapping.page === page);
  must(mappings[at], "the reverse of a translation");
  mappings.splice(at, 1);
}

/** Takes all translations away, at the end of a task or after it has left. */
export function clearPmap(pmap: Pmap, frames: Frames, hart: Hart): void {
  for (const [page, { frame }] of pmap.pages) forget(pmap, frames, frame, page);
  pmap.pages.clear();
  frames.pmaps.delete(pmap.space);
  hart.flushSpace(pmap.space);
}

/** A new era begins: what is written from now on shows in `writtenSince`, for whoever keeps the era. */
export function beginEra(frames: Frames, hart: Hart): number {
  hart.flushWriteTags();
  return ++frames.era;
}

/** The pager of the frames has what they hold now. */
export function clearDirty(frames: Frames, hart: Hart, cleared: readonly Frame[]): void {
  for (const frame of cleared) {
    const record = frameRecord(frames, frame);
    record.dirty = record.remade = false;
  }
  hart.flushWriteTags();
}

/** The frame for an access, or -1: the fault path has to look. */
export function translate(pmap: Pmap, frames: Frames, page: number, access: Access): Frame {
  const translation = pmap.pages.get(page);
  if (!translation || (translation.allowed & (needed[access] as number)) === 0) return -1;
  const record = frameRecord(frames, translation.frame);
  record.accessed = true;
  if (access === 1) {
    record.dirty = true;
    record.written = frames.era;
  }
  return translation.frame;
}
