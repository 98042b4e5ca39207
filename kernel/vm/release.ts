// Giving up what an object holds: frames, what pagers owe, and the copies in swap.

import {
  destroyPort,
  makeMessage,
  memory as memoryOps,
  type PortUid,
  sendMessage,
} from "../../ports/index.ts";
import { sendToPager } from "./agreement.ts";
import { releaseWrites } from "./claim.ts";
import type { VmContext } from "./context.ts";
import { endManaged } from "./drain.ts";
import { frameRecord } from "./frames.ts";
import type { MemoryObject } from "./object.ts";
import { removeMappings } from "./pmap.ts";
import { pagesHeld } from "./reach.ts";
import { freeFrame } from "./reclaim.ts";
import { forgetSwapped, returnWritten } from "./swap.ts";

/** The pages are as if they had never been touched. */
export function releasePages(vm: VmContext, object: MemoryObject, pages: Iterable<number>): void {
  const declined = new Map<PortUid, number[]>();
  const gone = new Set<number>();
  for (const page of pages) {
    gone.add(page);
    const frame = object.resident.get(page);
    if (frame !== undefined) {
      removeMappings(vm.memory.frames, vm.hart, frame);
      freeFrame(vm, frame);
    }
    const pager = object.owed.get(page);
    if (pager !== undefined) {
      const pages = declined.get(pager);
      if (pages) pages.push(page);
      else declined.set(pager, [page]);
    }
    if (object.requested.has(page)) object.unwanted.add(page);
    object.resident.delete(page);
    object.failed.delete(page);
    object.owed.delete(page);
  }
  if (gone.size > 0) forgetSwapped(object, (page) => gone.has(page));
  decline(vm, object, declined);
}

/** Tells residual pagers that these pages of theirs are not wanted any more. */
function decline(
  vm: VmContext,
  object: MemoryObject,
  declined: ReadonlyMap<PortUid, readonly number[]>,
): void {
  if (declined.size === 0) return;
  const stillOwing = new Set(object.owed.values());
  for (const [pager, pages] of declined) {
    if (stillOwing.has(pager)) takeUnseen(vm, pager, pages);
    else terminate(vm, pager);
  }
}

/** As if the pages had come: the pager may drop them. */
function takeUnseen(vm: VmContext, pager: PortUid, pages: readonly number[]): void {
  const sorted = pages.toSorted((a, b) => a - b);
  for (let at = 0; at < sorted.length;) {
    const page = sorted[at] as number;
    let count = 1;
    while (sorted[at + count] === page + count) count++;
    sendMessage(vm.memory.ports, pager, makeMessage(memoryOps.taken, { page, count }), vm.host);
    at += count;
  }
}

/** As `releasePages`, for all pages from `first` up to `end`. */
export function releaseRange(
  vm: VmContext,
  object: MemoryObject,
  first: number,
  end: number,
): void {
  releasePages(vm, object, pagesHeld(object, first, end));
}

/** Tells those of the pagers that owe nothing of the object any more that they are not needed. */
export function dismissPagers(
  vm: VmContext,
  object: MemoryObject,
  pagers: ReadonlySet<PortUid>,
): void {
  if (pagers.size === 0) return;
  const stillOwing = new Set(object.owed.values());
  for (const pager of pagers) {
    if (!stillOwing.has(pager)) terminate(vm, pager);
  }
}

export function terminate({ memory, host }: VmContext, pager: PortUid): void {
  sendMessage(memory.ports, pager, makeMessage(memoryOps.terminate, {}), host);
}

/**
 * Nobody shows the object any more. What is below it is left to the caller. While swap is making an
 * object for it, or a claim is open, it stays without users: the answer has to find somebody who says that it is not needed.
 */
export function endObject(vm: VmContext, object: MemoryObject): void {
  const { frames, objects, ports } = vm.memory;
  if (object.writes === "asked") return;
  returnWritten(vm, object);
  releaseWrites(vm, object);
  if (object.pager) objects.files.delete(object.pager.port);
  for (const frame of object.resident.values()) {
    if (frameRecord(frames, frame).mappings.length > 0) removeMappings(frames, vm.hart, frame);
    freeFrame(vm, frame);
  }
  object.resident.clear();
  const pagers = new Set([...object.owed.values(), ...object.requested.values()]);
  if (object.pager && object.control !== null) pagers.add(object.pager.port);
  if (object.swap.port !== null && !object.pager) pagers.add(object.swap.port);
  if (object.manager && object.pager) {
    pagers.delete(object.pager.port);
    if (object.swap.port !== null && object.manager.doubled) pagers.add(object.swap.port);
    endManaged(vm, object);
  }
  for (const pager of pagers) {
    if (pager === object.pager?.port) sendToPager(vm, object, pager, memoryOps.terminate, {});
    else terminate(vm, pager);
  }
  object.owed.clear();
  object.requested.clear();
  if (object.swap.asked && object.swap.port === null) return;
  objects.all.delete(object.id);
  const controls = [...(object.control === null ? [] : [object.control]), ...object.formerControls];
  for (const control of controls) destroyPort(ports, control, vm.host);
}
