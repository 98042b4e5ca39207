// What msync does for the objects of other tasks: what was written goes to their pagers, and is waited for.

import type { VmContext } from "./context.ts";
import type { AddressSpace, FaultResult } from "./fault.ts";
import { frameRecord } from "./frames.ts";
import { entriesIn, type MapEntry } from "./map.ts";
import type { MemoryObject } from "./object.ts";
import { returnPages } from "./swap.ts";

/** A page for which the pager has still to say that it has it; "silent": it takes nothing. */
export function returnManaged(
  vm: VmContext,
  space: AddressSpace,
  start: number,
  end: number,
): Extract<FaultResult, { readonly at: "wait" }> | "silent" | undefined {
  let untaken: Extract<FaultResult, { readonly at: "wait" }> | undefined;
  for (const entry of entriesIn(space.map, start, end)) {
    const { object, shared } = entry;
    if (!shared || !object.manager) continue;
    const inside = within(entry, start, end);
    const written = writtenPages(vm, object).filter(inside);
    if (object.manager.doubled) {
      if (written.length > 0 || object.swap.pages.size > 0) return "silent";
      continue;
    }
    returnPages(vm, object, written);
    const page = [...object.manager.returning.keys()].find(inside);
    if (page !== undefined) untaken = { at: "wait", object: object.id, page };
  }
  return untaken;
}

function within(entry: MapEntry, start: number, end: number): (page: number) => boolean {
  const first = Math.max(start, entry.start) - entry.start + entry.offset;
  const last = Math.min(end, entry.end) - entry.start + entry.offset;
  return (page) => page >= first && page < last;
}

function writtenPages({ memory }: VmContext, { resident }: MemoryObject): number[] {
  return [...resident]
    .filter(([, frame]) => frameRecord(memory.frames, frame).dirty)
    .map(([page]) => page);
}
