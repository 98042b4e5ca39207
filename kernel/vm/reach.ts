// Who reaches a page of a memory object: through a range of a map, or from an object above.
//
//   range ──▶ object ◀── object above ◀── range         a page is reached if some range shows it,
//                            (hides)                     and no object on the way has one of its own
//
// What nobody reaches is freed; what one alone reaches need not be copied when it is written.

import { must } from "../../ports/base/index.ts";
import { frameRecord, type Frames } from "./frames.ts";
import type { MapEntry, MemoryObject, User } from "./object.ts";

export function isEntry(user: User): user is MapEntry {
  return "inheritance" in user;
}

/** Whether a range that is no exception shows pages from `first` up to `end`, hidden or not. */
export function isReached(
  object: MemoryObject,
  first: number,
  end: number,
  isException: (user: User) => boolean,
): boolean {
  for (const user of object.users) {
    if (isException(user)) continue;
    if (isEntry(user)) {
      if (shows(user, first, end)) return true;
      continue;
    }
    const offset = offsetBelow(user);
    if (isReached(user, first - offset, end - offset, isException)) return true;
  }
  return false;
}

function offsetBelow({ shadow }: MemoryObject): number {
  return must(shadow, "what a user of an object shows").offset;
}

/** A shared range may be made longer: all pages of its object count as shown. */
function shows(
  { offset, start, end: last, shared }: MapEntry,
  first: number,
  end: number,
): boolean {
  return shared || (offset < end && offset + last - start > first);
}

/** Whether anybody beside these ranges shows pages of the object, whichever they are. */
export function isReachedBeside(object: MemoryObject, entries: ReadonlySet<MapEntry>): boolean {
  return isReached(object, 0, Infinity, (user) => isEntry(user) && entries.has(user));
}

/** Whether somebody finds the object's page, other than by way of `except`. */
export function isFound(
  frames: Frames,
  object: MemoryObject,
  page: number,
  except?: MemoryObject,
): boolean {
  for (const user of object.users) {
    if (user === except) continue;
    if (isEntry(user)) {
      if (shows(user, page, page + 1)) return true;
      continue;
    }
    const at = page - offsetBelow(user);
    if (!hides(frames, user, at) && isFound(frames, user, at, except)) return true;
  }
  return false;
}

/**
 * Whether the object has the page itself, so that nobody looks further down. Zeros that were only read
 * do not count: they may be dropped and made again.
 */
export function hides(frames: Frames, object: MemoryObject, page: number): boolean {
  const frame = object.resident.get(page);
  if (frame !== undefined) {
    const { dirty, remade } = frameRecord(frames, frame);
    if (dirty || !remade) return true;
  }
  return object.swap.pages.has(page) || object.owed.has(page) || object.failed.has(page);
}

/** The pages in the range that the object knows anything of. */
export function pagesHeld(object: MemoryObject, first: number, end: number): Set<number> {
  const { resident, failed, owed, requested, swap } = object;
  const tables = [resident, failed, owed, requested, swap.pages, swap.waiting];
  const found = new Set<number>();
  if (end - first <= tables.reduce((sum, { size }) => sum + size, 0)) {
    for (let page = first; page < end; page++) {
      if (tables.some((table) => table.has(page))) found.add(page);
    }
    return found;
  }
  for (const table of tables) {
    for (const page of table.keys()) if (page >= first && page < end) found.add(page);
  }
  return found;
}

/** Whether requests or copies of the object are under way, or a task that maps it stands still. */
export function isBusy({ sealed, requested, unwanted, swap }: MemoryObject): boolean {
  const making = swap.asked && swap.port === null;
  const moving = swap.storing.size + swap.waiting.size + requested.size + unwanted.size;
  return sealed > 0 || making || moving > 0;
}
