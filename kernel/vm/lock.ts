// A pager's lock request: first restrict, then return what was written, then flush, then one answer.
//
// Only pages that are here are concerned: what is asked for later comes with its own lock. What is
// flushed is gone from here at once; a fault that follows asks behind what was returned.

import { dropRights, memory as memoryOps, type Message } from "../../ports/index.ts";
import { answerPager, noteNonsense } from "./agreement.ts";
import type { VmContext } from "./context.ts";
import { frameRecord } from "./frames.ts";
import type { Manager } from "./manager.ts";
import type { MemoryObject } from "./object.ts";
import { removeMappings } from "./pmap.ts";
import { evict } from "./reclaim.ts";
import { returnPages } from "./swap.ts";

const keepLock = 8;
const returnsMax = 2;

/** Returns the pages for whose locks somebody may have waited. */
export function onLock(
  vm: VmContext,
  object: MemoryObject,
  manager: Manager,
  message: Message<typeof memoryOps.lock.body>,
): number[] {
  const { page, count, returns, flush, prohibited } = message.body;
  if (returns > returnsMax || prohibited > keepLock || count === 0) {
    noteNonsense(vm, object, message.op, "lock");
    dropRights(vm.memory.ports, message as Message);
    return [];
  }
  const here = [...object.resident.keys()].filter((at) => at >= page && at < page + count);
  vm.host.emit("pager.lock", { object: object.id, page, count, here: here.length, prohibited });
  if (prohibited !== keepLock) for (const at of here) restrict(vm, object, manager, at, prohibited);
  if (returns > 0 && !manager.doubled) returnPages(vm, object, here.filter(isWritten(vm, object)));
  if (flush) for (const at of here) drop(vm, object, manager, at);
  answerPager(vm, object, message as Message, memoryOps.locked, { page, count });
  return here;
}

/** From now on the page may be used so; a lock of nothing is none. */
export function restrict(
  vm: VmContext,
  object: MemoryObject,
  manager: Manager,
  page: number,
  prohibited: number,
): void {
  manager.deadlines.delete(page);
  if (prohibited === 0) manager.locks.delete(page);
  else manager.locks.set(page, { prohibited, asked: 0, refused: false });
  const frame = object.resident.get(page);
  if (frame !== undefined) removeMappings(vm.memory.frames, vm.hart, frame);
}

function isWritten({ memory }: VmContext, { resident }: MemoryObject): (page: number) => boolean {
  return (page) => frameRecord(memory.frames, resident.get(page) as number).dirty;
}

function drop(vm: VmContext, object: MemoryObject, manager: Manager, page: number): void {
  for (const table of [manager.locks, manager.returning, manager.deadlines, object.swap.storing]) {
    table.delete(page);
  }
  evict(vm, object, page);
}
