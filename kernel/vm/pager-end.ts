// What becomes of an object whose pager is of no use any more, or takes nothing back.
//
//   written pages    the default pager keeps them from now on
//   all that waits   looks again, and finds the object's pager dead

import { takeAwaiting } from "./agreement.ts";
import type { VmContext } from "./context.ts";
import { frameRecord } from "./frames.ts";
import type { Manager } from "./manager.ts";
import type { MemoryObject } from "./object.ts";
import { returnPages } from "./swap.ts";

/** The pager does not take back what was written: from now on the default pager does. */
export function double(vm: VmContext, object: MemoryObject, manager: Manager): void {
  const { swap } = object;
  manager.doubled = true;
  manager.returning.clear();
  vm.host.emit("pager.doubled", { object: object.id, pages: swap.storing.size });
  for (const [page, frame] of swap.storing) {
    if (object.resident.get(page) === frame) frameRecord(vm.memory.frames, frame).dirty = true;
  }
  swap.storing.clear();
  swap.waiting.clear();
  swap.port = null;
  swap.asked = false;
  const written = [...object.resident]
    .filter(([, frame]) => frameRecord(vm.memory.frames, frame).dirty)
    .map(([page]) => page);
  if (written.length > 0) returnPages(vm, object, written);
}

/** The pager will not answer any more. */
export function endPager(vm: VmContext, object: MemoryObject, manager: Manager): number[] {
  manager.state = "dead";
  const pages = new Set([...takeAwaiting(object), ...manager.deadlines.keys()]);
  for (const page of object.requested.keys()) {
    if (object.requested.get(page) === object.pager?.port) pages.add(page);
  }
  for (const page of manager.locks.keys()) pages.add(page);
  manager.deadlines.clear();
  for (const page of pages) {
    object.requested.delete(page);
    object.unwanted.delete(page);
  }
  if (!manager.doubled) double(vm, object, manager);
  return [...pages];
}
