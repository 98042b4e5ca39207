// Page replacement: whose frame is taken when there is none left (second chance, with one hand).
//
//             accessed ──hand──▶ not accessed ──hand──▶ can it be had again?
//   yes: its file, swap or nothing at all has it  ──▶ free at once
//   no:  it is sent to swap ──returned──▶ free, unless it was accessed meanwhile
//
// A page that is sent stays where it is until swap has it. Frames of frozen tasks, and frames that
// no object has, are passed over. Every page that was asked for has a frame promised: what a fault
// may take is what is free beyond them, so that no answer ever finds memory full.

import { must } from "../../ports/base/index.ts";
import type { VmContext } from "./context.ts";
import {
  type Frame,
  type FrameRecord,
  frameRecord,
  framesFree,
  giveFrame,
  takeFrame,
} from "./frames.ts";
import type { MemoryObject } from "./object.ts";
import { removeMappings } from "./pmap.ts";
import { returnPages } from "./swap.ts";

/** Frames freed, or sent away, at a time. */
const batchMax = 32;

/** The frame is the object's page from now on; what had been there must be gone. */
export function placePage(vm: VmContext, object: MemoryObject, page: number, frame: Frame): void {
  object.resident.set(page, frame);
  frameRecord(vm.memory.frames, frame).owner = { object: object.id, page };
}

/** Requires: no address space of a live task maps the frame. */
export function freeFrame(vm: VmContext, frame: Frame): void {
  vm.hart.dropCode(frame);
  giveFrame(vm.memory.frames, frame);
}

/** Frames that are free and not promised to pages that were asked for. */
export function framesAvailable({ memory }: VmContext): number {
  const free = framesFree(memory.frames);
  if (free > memory.frames.limit / 2) return free; // promises are for pages that fitted once
  let promised = 0;
  for (const { requested } of memory.objects.all.values()) promised += requested.size;
  return free - promised;
}

/** Pages that are on their way to swap. */
export function pagesStoring({ memory }: VmContext): number {
  let count = 0;
  for (const { swap } of memory.objects.all.values()) {
    count += swap.storing.size + swap.waiting.size;
  }
  return count;
}

/**
 * Makes room for a fault. "ready": a frame is available. "wait": there will be one, or there may be.
 * "full": every frame is held by something that cannot be had again, and swap takes no more.
 */
export function makeRoom(vm: VmContext): "ready" | "wait" | "full" {
  if (framesAvailable(vm) > 0) return "ready";
  const { freed, sealed } = turnHand(vm, true);
  if (freed > 0 && framesAvailable(vm) > 0) return "ready";
  const asked = [...vm.memory.objects.all.values()].some(({ requested }) => requested.size > 0);
  return asked || sealed || pagesStoring(vm) > 0 ? "wait" : "full";
}

/** A frame for a page that has come: if there is none, one whose page can be had again. */
export function takeForArrival(vm: VmContext): Frame | undefined {
  const frame = takeFrame(vm.memory.frames);
  if (frame !== undefined) return frame;
  turnHand(vm, false);
  return takeFrame(vm.memory.frames);
}

/** Whether there is a frame for a page that nobody has asked for: none of those that are promised. */
export function hasRoomUnasked(vm: VmContext): boolean {
  if (framesAvailable(vm) > 0) return true;
  turnHand(vm, false);
  return framesAvailable(vm) > 0;
}

interface Turned {
  readonly freed: number;
  /** Pages that are on their way to swap. */
  readonly sending: number;
  /** Whether frames of frozen tasks were passed over. */
  readonly sealed: boolean;
}

/** Looks for room; frames that others have put into objects are looked for only if there is none. */
function turnHand(vm: VmContext, stores: boolean): Turned {
  const turned = sweep(vm, stores);
  if (turned.freed > 0 || turned.sending > 0 || turned.sealed) return turned;
  adopt(vm);
  return sweep(vm, stores);
}

/** Turns the hand until a batch is freed or on its way, at most twice around. */
function sweep(vm: VmContext, stores: boolean): Turned {
  const { frames, objects } = vm.memory;
  const batch = Math.max(1, Math.min(batchMax, Math.floor(frames.limit / 16)));
  const leaving = new Map<MemoryObject, number[]>();
  let sending = stores ? pagesStoring(vm) : 0;
  let freed = 0;
  let sealed = false;
  for (let step = 0; step < 2 * frames.untouched && freed < batch; step++) {
    frames.hand = (frames.hand + 1) % frames.untouched;
    const frame = frames.hand;
    const record = frames.used.get(frame);
    const object = record?.owner && objects.all.get(record.owner.object);
    if (!record?.owner || object?.resident.get(record.owner.page) !== frame) continue;
    const { page } = record.owner;
    if (object.sealed > 0) {
      sealed = true;
    } else if (record.accessed) {
      forgetAccess(vm, record);
    } else if (canBeHadAgain(object, page, record)) {
      evict(vm, object, page);
      freed++;
    } else if (stores && sending < batch && mayStore(object, page)) {
      leaving.set(object, [...(leaving.get(object) ?? []), page]);
      record.leaving = true;
      sending++;
    }
  }
  for (const [object, pages] of leaving) {
    vm.host.emit("vm.page-out", { object: object.id, pages: pages.length });
    returnPages(vm, object, pages);
  }
  return { freed, sending, sealed };
}

/** Frames that were put into objects by others get their owners, so that the hand finds them. */
function adopt({ memory }: VmContext): void {
  for (const object of memory.objects.all.values()) {
    for (const [page, frame] of object.resident) {
      const record = frameRecord(memory.frames, frame);
      if (record.owner?.object !== object.id || record.owner.page !== page) {
        record.owner = { object: object.id, page };
      }
    }
  }
}

/** It counts as used only if it is used again. */
function forgetAccess({ hart }: VmContext, record: FrameRecord): void {
  record.accessed = false;
  record.leaving = false;
  for (const { space, page } of record.mappings) hart.flushPage(space, page);
}

function canBeHadAgain(object: MemoryObject, page: number, record: FrameRecord): boolean {
  if (record.dirty || object.swap.storing.has(page)) return false;
  return object.pager !== null || record.remade || object.swap.pages.has(page);
}

function mayStore({ pager, swap }: MemoryObject, page: number): boolean {
  const busy = swap.storing.has(page) || swap.waiting.has(page);
  return (pager === null || swap.port !== null) && swap.error === 0 && !busy;
}

/** Takes a page out of its frame, from whoever maps it. Requires: it can be had again. */
export function evict(vm: VmContext, object: MemoryObject, page: number): void {
  const frame = must(object.resident.get(page), "a resident page");
  const { frames } = vm.memory;
  removeMappings(frames, vm.hart, frame);
  object.resident.delete(page);
  freeFrame(vm, frame);
  vm.host.emit("vm.evict", { object: object.id, page });
}

/** Swap has pages now: those that were sent to make room leave, unless they were used again. */
export function dropLeaving(
  vm: VmContext,
  object: MemoryObject,
  page: number,
  count: number,
): void {
  if (object.sealed > 0) return;
  for (let at = page; at < page + count; at++) {
    const frame = object.resident.get(at);
    if (frame === undefined) continue;
    const record = frameRecord(vm.memory.frames, frame);
    const leaves = record.leaving && !record.accessed && canBeHadAgain(object, at, record);
    record.leaving = false;
    if (leaves) evict(vm, object, at);
  }
}
