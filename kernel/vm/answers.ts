// What a pager's answer does to the pages that were asked for, and only to those.
//
//   requested ──supply──▶ resident (perhaps locked)      ──unavailable──▶ zeros
//            └──error──▶ failed                           given up meanwhile: as if never asked for

import { type Message, memory as memoryOps, type PortUid } from "../../ports/index.ts";
import { answerPager, noteNonsense, takeAwaiting } from "./agreement.ts";
import { memoryErrors, pageBytes, type VmContext } from "./context.ts";
import { fillFrame } from "./fill.ts";
import { type Frame, frameRecord } from "./frames.ts";
import { restrict } from "./lock.ts";
import type { MemoryObject } from "./object.ts";
import { placePage } from "./reclaim.ts";
import { dismissPagers } from "./release.ts";

/** KERN_MEMORY_PRESENT, KERN_INVALID_ARGUMENT. */
const supplyErrors = { notAsked: 23, badSize: 4 } as const;

/** Pages have come. Returns those whose waiters look again. */
export function supply(
  vm: VmContext,
  object: MemoryObject,
  message: Message<typeof memoryOps.supply.body>,
  from: PortUid | null,
): number[] {
  const { page, bytes, precious, prohibited } = message.body;
  const count = Math.floor(bytes.length / pageBytes);
  if (bytes.length % pageBytes !== 0 || count === 0 || prohibited > 7) {
    noteNonsense(vm, object, message.op, prohibited > 7 ? "lock" : "size");
    const body = { page, count, error: supplyErrors.badSize };
    answerPager(vm, object, message as Message, memoryOps.supplied, body);
    return [];
  }
  vm.host.emit("pager.supply", { object: object.id, page, count });
  const settled = settle(vm, object, { page, count, precious, from }, (at) => {
    const from = (at - page) * pageBytes;
    return fillFrame(vm, bytes.subarray(from, from + pageBytes));
  });
  const { manager } = object;
  if (manager && prohibited !== 0) {
    for (const at of settled) {
      if (object.resident.has(at)) restrict(vm, object, manager, at, prohibited);
    }
  }
  const error = settled.length === count ? 0 : supplyErrors.notAsked;
  answerPager(vm, object, message as Message, memoryOps.supplied, { page, count, error });
  return whole(vm, object, message.op, settled, count);
}

/** Whoever waits looks again. Pages that were not asked for: a task speaks nonsense. */
export function whole(
  vm: VmContext,
  object: MemoryObject,
  op: string,
  settled: readonly number[],
  count: number,
): number[] {
  if (settled.length < count && object.manager) noteNonsense(vm, object, op, "unasked");
  return [...settled, ...takeAwaiting(object)];
}

export interface Answered {
  readonly page: number;
  readonly count: number;
  /** The pager has dropped its copy: nobody has the pages but this kernel. */
  readonly precious: boolean;
  /** Who says so; null: the only one that can. */
  readonly from: PortUid | null;
}

/** The pages of the range that were asked for, of whoever answers. */
function askedIn(
  { requested }: MemoryObject,
  { page, count, from }: Omit<Answered, "precious">,
): number[] {
  const asked: number[] = [];
  if (count > requested.size) {
    for (const at of requested.keys()) if (at >= page && at < page + count) asked.push(at);
    asked.sort((a, b) => a - b);
  } else {
    for (let at = page; at < page + count; at++) if (requested.has(at)) asked.push(at);
  }
  return from === null ? asked : asked.filter((at) => requested.get(at) === from);
}

/** Each page of the range that was asked for gets a frame; without one it has to be asked for again. */
export function settle(
  vm: VmContext,
  object: MemoryObject,
  answered: Answered,
  frameFor: (page: number) => Frame | undefined,
): number[] {
  const { precious } = answered;
  const settled = askedIn(object, answered);
  const owing = new Set<PortUid>();
  for (const at of settled) {
    object.requested.delete(at);
    object.manager?.deadlines.delete(at);
    if (object.unwanted.delete(at)) continue;
    const frame = frameFor(at);
    if (frame !== undefined) {
      placePage(vm, object, at, frame);
      if (precious) frameRecord(vm.memory.frames, frame).dirty = true;
    } else if (precious) object.failed.set(at, { error: memoryErrors.noMemory, host: null });
    else continue;
    const pager = object.owed.get(at);
    if (pager !== undefined && !precious) owing.add(pager);
    object.owed.delete(at);
  }
  dismissPagers(vm, object, owing); // swap keeps copies; a residual pager ends by itself
  return settled;
}

/** The pages that were asked for cannot be had. */
export function fail(
  object: MemoryObject,
  answered: Omit<Answered, "precious">,
  error: number,
): number[] {
  const failed = askedIn(object, answered);
  for (const at of failed) {
    object.requested.delete(at);
    object.manager?.deadlines.delete(at);
    if (!object.unwanted.delete(at)) object.failed.set(at, { error, host: null });
  }
  return failed;
}
