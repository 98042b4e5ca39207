// Giving up what private memory holds: frames, what pagers owe, and the copies in swap.

import { makeMessage, memory as memoryOps, type PortUid, sendMessage } from "../../ports/index.ts";
import type { VmContext } from "./context.ts";
import type { MapEntry } from "./map.ts";
import type { MemoryObject } from "./object.ts";
import { freeFrame } from "./reclaim.ts";
import { forgetSwapped } from "./swap.ts";

/**
 * Frees the pages that the entry has of its own in the range. No page of a private object is reached
 * through two entries: entries of one object come from clipping, which divides it.
 */
export function releasePages(vm: VmContext, entry: MapEntry, start: number, end: number): void {
  const { object, shared } = entry;
  if (object.pager || shared) return;
  const first = entry.offset + (start - entry.start);
  const last = first + (end - start);
  const released = new Set<PortUid>();
  for (const page of pagesHeld(object, first, last)) {
    const frame = object.resident.get(page);
    if (frame !== undefined) freeFrame(vm, frame);
    const pager = object.owed.get(page);
    if (pager !== undefined) released.add(pager);
    if (object.requested.has(page)) object.unwanted.add(page);
    object.resident.delete(page);
    object.failed.delete(page);
    object.owed.delete(page);
  }
  forgetSwapped(object, (page) => page >= first && page < last);
  if (released.size === 0) return;
  const stillOwing = new Set(object.owed.values());
  for (const pager of released) {
    if (stillOwing.has(pager)) continue;
    sendMessage(vm.memory.ports, pager, makeMessage(memoryOps.terminate, {}), vm.host);
  }
}

/** The pages in the range that the object knows anything of. */
function pagesHeld(object: MemoryObject, first: number, last: number): ReadonlySet<number> {
  const { resident, failed, owed, requested } = object;
  const tables = [resident, failed, owed, requested];
  const found = new Set<number>();
  if (last - first <= tables.reduce((sum, { size }) => sum + size, 0)) {
    for (let page = first; page < last; page++) {
      if (tables.some((table) => table.has(page))) found.add(page);
    }
    return found;
  }
  for (const table of tables) {
    for (const page of table.keys()) if (page >= first && page < last) found.add(page);
  }
  return found;
}
