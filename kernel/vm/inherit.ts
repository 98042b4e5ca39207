// Copies of address spaces: each range goes on in the copy as its inheritance says.
//
//   none    nothing is there
//   zero    the same range, empty
//   share   both ranges show one object from now on: each sees what the other writes
//   copy    both show one object and neither writes to it: whoever writes first puts an object of its
//           own above it, into which written pages are copied
//
// The copy of private memory is symmetric (Mach): neither side is the original. A range of a file that
// is shared becomes a private one over the same file.

import type { VmContext } from "./context.ts";
import { type AddressSpace, takeOwn } from "./fault.ts";
import {
  clipRange,
  entriesIn,
  insertEntry,
  type MapEntry,
  mappedPages,
  pagerBelow,
} from "./map.ts";
import { anonymousObject, type Inheritance } from "./object.ts";
import { denyWrites } from "./pmap.ts";
import { createSpace } from "./space.ts";

/** A new address space with what it inherits from the other. */
export function copySpace(vm: VmContext, from: AddressSpace, tag: number): AddressSpace {
  const { readAhead, pushes } = from;
  const copy: AddressSpace = { ...createSpace(tag), readAhead, pushes };
  for (const entry of from.map.entries) {
    const inherited = inherit(vm, from, entry);
    if (inherited) insertEntry(copy.map, inherited);
  }
  return copy;
}

function inherit(vm: VmContext, from: AddressSpace, entry: MapEntry): MapEntry | undefined {
  const { objects } = vm.memory;
  const { object, offset } = entry;
  switch (entry.inheritance) {
    case "none":
      return undefined;
    case "zero":
      return { ...entry, object: anonymousObject(objects, null), needsCopy: false };
    case "share":
      if (entry.needsCopy) takeOwn(vm, entry);
      entry.shared = true;
      return { ...entry };
    case "copy":
      if (object.pager) {
        const own = anonymousObject(objects, { object, offset: 0 });
        return { ...entry, object: own, offset, shared: false };
      }
      entry.needsCopy = true;
      denyWrites(from.pmap, vm.hart, entry.start, entry.end);
      return { ...entry };
  }
}

/**
 * Says what copies will have in place of the range. False, and nothing changed: part of it is not
 * mapped, or cannot go on in that way, because others write to what would have to be copied or cleared.
 */
export function setInheritance(
  { map }: AddressSpace,
  start: number,
  end: number,
  inheritance: Inheritance,
): boolean {
  if (mappedPages(map, start, end) < end - start) return false;
  if (!entriesIn(map, start, end).every((entry) => mayInherit(entry, inheritance))) return false;
  for (const entry of clipRange(map, start, end)) entry.inheritance = inheritance;
  return true;
}

function mayInherit({ object, shared }: MapEntry, inheritance: Inheritance): boolean {
  if (inheritance === "copy") return !shared || object.pager !== null;
  if (inheritance === "zero") return !shared && pagerBelow(object) === null;
  return true;
}
