// The kernel's half of swap: pages of anonymous memory for which the default pager on fs keeps copies.
//
//   returnPages ──create──▶ (swap) ──created──▶ the object's port    once for each object
//               ──return──▶ (the port) ──returned──▶ pages           the copy is there
//
// A page stays in its frame; the frame is clean from the moment its contents went. Whoever drops the
// frame of a clean page whose copy is there gets it back by the fault path.

import {
  fsHost,
  isOp,
  makeMessage,
  memory as memoryOps,
  type Message,
  type PortUid,
  sendMessage,
  wellKnownPort,
} from "../../ports/index.ts";
import { controlOf, sendToPager } from "./agreement.ts";
import { pageBytes, type VmContext } from "./context.ts";
import { frameRecord } from "./frames.ts";
import { type Manager, patienceOf, takeBackNs } from "./manager.ts";
import type { MemoryObject } from "./object.ts";
import { clearDirty } from "./pmap.ts";

/** What `SwapCopies.error` is when swap was lost with its host. */
export const swapLost = 5;
/** Pages in one message: 64 KiB. */
const messagePages = 16;

/** Sends the contents of resident pages, as they are now or soon, to swap. */
export function returnPages(vm: VmContext, object: MemoryObject, pages: readonly number[]): void {
  const { swap } = object;
  const control = controlOf(vm, object);
  if (swap.port !== null) {
    sendRuns(vm, object, swap.port, pages);
    return;
  }
  for (const page of pages) swap.waiting.add(page);
  if (swap.asked) return;
  swap.asked = true;
  const reply = { kind: "send-once", uid: control } as const;
  const message = makeMessage(memoryOps.create, {}, { reply });
  sendMessage(vm.memory.ports, wellKnownPort(fsHost, "swap"), message, vm.host);
}

/** Pages of a file that were written through a mapping are returned to its server from now on. */
export function keepWritten(object: MemoryObject): void {
  if (object.manager?.doubled) return;
  object.swap.port = object.pager?.port ?? null;
  object.swap.asked = true;
}

/** Returns to a file's server what was written here and is not under way yet. */
export function returnWritten(vm: VmContext, object: MemoryObject): void {
  if (!object.pager || object.swap.port === null) return;
  const written = [...object.resident]
    .filter(([, frame]) => frameRecord(vm.memory.frames, frame).dirty)
    .map(([page]) => page);
  if (written.length > 0) returnPages(vm, object, written);
}

/** Whether swap has the page as it is. */
export function isStored(vm: VmContext, object: MemoryObject, page: number): boolean {
  if (!object.swap.pages.has(page)) return false;
  const frame = object.resident.get(page);
  return frame === undefined || !frameRecord(vm.memory.frames, frame).dirty;
}

/** Whether pages of the object are on their way to swap. */
export function isStoring({ swap }: MemoryObject): boolean {
  return swap.storing.size + swap.waiting.size > 0;
}

function sendRuns(
  vm: VmContext,
  object: MemoryObject,
  port: PortUid,
  pages: readonly number[],
): void {
  const here = pages.filter((page) => object.resident.has(page)).sort((a, b) => a - b);
  let at = 0;
  while (at < here.length) {
    const first = here[at] as number;
    let count = 1;
    while (count < messagePages && here[at + count] === first + count) count++;
    sendRun(vm, object, port, here.slice(at, at + count));
    at += count;
  }
}

function sendRun(vm: VmContext, object: MemoryObject, port: PortUid, run: readonly number[]): void {
  const page = run[0] as number;
  const bytes = new Uint8Array(run.length * pageBytes);
  const frames = run.map((at) => object.resident.get(at) as number);
  frames.forEach((frame, index) => {
    bytes.set(vm.hart.frame(frame), index * pageBytes);
    object.swap.storing.set(page + index, frame);
  });
  clearDirty(vm.memory.frames, vm.hart, frames);
  vm.host.emit("pager.return", { object: object.id, page, count: run.length });
  sendToPager(vm, object, port, memoryOps.return, { page, bytes, dirty: true, keeps: true });
  if (object.manager && !object.manager.doubled) expectTaken(vm, object, object.manager, run);
}

/** A task has to take pages back before long: memory of this host is not lost to it. */
function expectTaken(
  vm: VmContext,
  object: MemoryObject,
  manager: Manager,
  run: readonly number[],
): void {
  const { action, ns } = patienceOf(manager);
  const until = vm.host.now + (action === "wait" ? takeBackNs : ns);
  for (const page of run) manager.returning.set(page, until);
  vm.host.pagerTimer(until, object.id);
}

/** False: the message is no answer of swap. */
export function onSwapAnswer(vm: VmContext, object: MemoryObject, message: Message): boolean {
  const { swap } = object;
  if (isOp(message, memoryOps.created)) {
    const waiting = [...swap.waiting];
    swap.waiting.clear();
    swap.error = message.body.error;
    swap.port = message.rights[0]?.uid ?? null;
    if (swap.port === null) swap.asked = false;
    else sendRuns(vm, object, swap.port, waiting);
    return true;
  }
  if (!isOp(message, memoryOps.returned)) return false;
  const { page, count, error } = message.body;
  if (error !== 0) swap.error = error;
  for (let at = page; at < page + count; at++) {
    const frame = swap.storing.get(at);
    swap.storing.delete(at);
    // What has been unmapped or replaced meanwhile is not what swap has.
    if (frame === undefined || object.resident.get(at) !== frame) continue;
    if (error === 0) {
      if (!object.pager || object.manager?.doubled) swap.pages.add(at); // a file's server has all
    } else frameRecord(vm.memory.frames, frame).dirty = true;
  }
  return true;
}

/** The pages mean something else from now on. */
export function forgetSwapped({ swap }: MemoryObject, inside: (page: number) => boolean): void {
  for (const set of [swap.pages, swap.storing, swap.waiting]) {
    for (const page of set.keys()) if (inside(page)) set.delete(page);
  }
}

/** Swap is lost with its host. Returns the pages that were only there. */
export function loseSwap(object: MemoryObject): number[] {
  const { swap } = object;
  const lost = [...swap.pages].filter((page) => !object.resident.has(page));
  if (isStoring(object)) swap.error = swapLost;
  leaveSwap(object);
  swap.asked = false;
  return lost;
}

/** The object at swap is not this one's any more: nobody here may tell it to end. */
export function leaveSwap({ swap }: MemoryObject): void {
  swap.asked = swap.asked && swap.port === null; // one that is being made will be this one's
  swap.port = null;
  swap.pages.clear();
  swap.storing.clear();
  swap.waiting.clear();
}
