// The kernel's half of the pager interface: asking for pages, and what answers do to objects.
//
// At most one request is outstanding for a page. An answer is looked at only if the page was asked
// for; a page that is resident meanwhile is never overwritten.

import { hostName, portName, type PortUid } from "../../ports/index.ts";
import {
  type Body,
  createPort,
  destroyPort,
  fsHost,
  type HostId,
  isOp,
  locatePort,
  makeMessage,
  memory as memoryOps,
  type Message,
  sendMessage,
} from "../../ports/index.ts";
import { memoryErrors, pageBytes, type VmContext } from "./context.ts";
import { type Frame, frameRecord } from "./frames.ts";
import type { MemoryObject, Objects } from "./object.ts";
import { takePushed } from "./push.ts";
import { dropLeaving, evict, freeFrame, placePage, takeForArrival } from "./reclaim.ts";
import { loseSwap, onSwapAnswer, returnWritten } from "./swap.ts";

/** Asks the pager for `count` pages from `page` on. Requires: none is resident or requested. */
export function requestPages(
  vm: VmContext,
  object: MemoryObject,
  pager: PortUid,
  page: number,
  count: number,
): void {
  const { ports } = vm.memory;
  object.control ??= createPort(ports, { kind: "kernel", what: "object", id: object.id });
  for (let at = page; at < page + count; at++) object.requested.set(at, pager);
  vm.host.emit("pager.request", { object: object.id, pager: portName(pager), page, count });
  const rights = [{ kind: "send", uid: object.control }] as const;
  sendMessage(ports, pager, makeMessage(memoryOps.request, { page, count }, { rights }), vm.host);
}

/** Pages of an object whose waiters should look again. */
export interface PagesSettled {
  readonly object: MemoryObject;
  readonly pages: readonly number[];
}

/** A pager's message arrived at the control port of an object. */
export function onPagerMessage(
  vm: VmContext,
  object: MemoryObject,
  message: Message,
): PagesSettled {
  if (isOp(message, memoryOps.supply)) {
    return { object, pages: supply(vm, object, message.body) };
  }
  if (isOp(message, memoryOps.unavailable)) {
    const { page, count } = message.body;
    const answered = { page, count, precious: object.owed.has(page) };
    return { object, pages: settle(vm, object, answered, () => zeroPage(vm)) };
  }
  if (isOp(message, memoryOps.error)) {
    const { page, count, error } = message.body;
    vm.host.emit("pager.error", { object: object.id, page, count, error });
    return { object, pages: fail(object, page, count, error) };
  }
  if (isOp(message, memoryOps.flush) && object.pager) {
    vm.host.emit("pager.flush", { object: object.id, pages: object.resident.size });
    object.failed.clear();
    for (const [page, frame] of [...object.resident]) {
      // What was written here and is not returned yet will be: the last writer wins.
      const { dirty } = frameRecord(vm.memory.frames, frame);
      if (!dirty && !object.swap.storing.has(page)) evict(vm, object, page);
    }
    return { object, pages: [] };
  }
  if (isOp(message, memoryOps.pushed)) {
    return { object, pages: takePushed(vm, object, message, (bytes) => fillFrame(vm, bytes)) };
  }
  if (onSwapAnswer(vm, object, message)) {
    if (isOp(message, memoryOps.returned)) {
      dropLeaving(vm, object, message.body.page, message.body.count);
    }
    return { object, pages: [] };
  }
  vm.host.emit("pager.nonsense", { object: object.id, op: message.op });
  return { object, pages: [] };
}

function supply(
  vm: VmContext,
  object: MemoryObject,
  { page, bytes, precious }: Body<typeof memoryOps.supply.body>,
): number[] {
  const count = Math.floor(bytes.length / pageBytes);
  vm.host.emit("pager.supply", { object: object.id, page, count });
  return settle(vm, object, { page, count, precious }, (at) => {
    const from = (at - page) * pageBytes;
    return fillFrame(vm, bytes.subarray(from, from + pageBytes));
  });
}

interface Answered {
  readonly page: number;
  readonly count: number;
  /** The pager has dropped its copy: nobody has the pages but this kernel. */
  readonly precious: boolean;
}

/** Each page of the range that was asked for gets a frame; without one it has to be asked for again. */
function settle(
  vm: VmContext,
  object: MemoryObject,
  { page, count, precious }: Answered,
  frameFor: (page: number) => Frame | undefined,
): number[] {
  const settled: number[] = [];
  for (let at = page; at < page + count; at++) {
    if (!object.requested.delete(at)) continue;
    settled.push(at);
    if (object.unwanted.delete(at)) continue;
    const frame = frameFor(at);
    if (frame !== undefined) {
      placePage(vm, object, at, frame);
      if (precious) frameRecord(vm.memory.frames, frame).dirty = true;
    } else if (precious) object.failed.set(at, { error: memoryErrors.noMemory, host: null });
    else continue;
    object.owed.delete(at);
  }
  return settled;
}

function fail(object: MemoryObject, page: number, count: number, error: number): number[] {
  const failed: number[] = [];
  for (let at = page; at < page + count; at++) {
    if (!object.requested.delete(at)) continue;
    failed.push(at);
    if (!object.unwanted.delete(at)) object.failed.set(at, { error, host: null });
  }
  return failed;
}

/** A frame with these bytes, or undefined when memory is full. */
export function fillFrame(vm: VmContext, bytes: Uint8Array): Frame | undefined {
  const frame = takeForArrival(vm);
  if (frame === undefined) return undefined;
  vm.hart.frame(frame).set(bytes);
  vm.hart.dropCode(frame);
  return frame;
}

/** A frame of zeros, or undefined when memory is full. */
export function zeroPage(vm: VmContext): Frame | undefined {
  const frame = takeForArrival(vm);
  if (frame === undefined) return undefined;
  vm.hart.frame(frame).fill(0);
  vm.hart.dropCode(frame);
  return frame;
}

/**
 * A host is dead: every page that it owed has failed, asked for or not. Returns what settled, so
 * that those who wait get their bus error.
 */
export function failPagesOf(vm: VmContext, dead: HostId): readonly PagesSettled[] {
  const settled: PagesSettled[] = [];
  for (const object of vm.memory.objects.all.values()) {
    const lost: number[] = [];
    const isLost = (pager: PortUid): boolean => locatePort(vm.memory.ports, pager).host === dead;
    for (const [page, pager] of object.requested) if (isLost(pager)) lost.push(page);
    for (const [page, pager] of object.owed) {
      if (isLost(pager) && !object.requested.has(page)) lost.push(page);
    }
    if (dead === fsHost) lost.push(...loseSwap(object));
    for (const page of lost) {
      object.requested.delete(page);
      object.owed.delete(page);
      if (object.unwanted.delete(page)) continue;
      object.failed.set(page, { error: memoryErrors.io, host: dead });
    }
    if (lost.length === 0) continue;
    vm.host.emit("pager.lost", { object: object.id, peer: hostName(dead), pages: lost.length });
    settled.push({ object, pages: lost });
  }
  return settled;
}

/** Drops a reference; the last one frees the pages and tells the pagers. */
export function dropObject(vm: VmContext, object: MemoryObject): void {
  if (--object.references > 0) return;
  const { objects, ports } = vm.memory;
  returnWritten(vm, object);
  forgetObject(objects, object);
  for (const frame of object.resident.values()) freeFrame(vm, frame);
  const pagers = new Set([...object.owed.values(), ...object.requested.values()]);
  if (object.pager && object.control !== null) pagers.add(object.pager.port);
  if (object.swap.port !== null && !object.pager) pagers.add(object.swap.port);
  for (const pager of pagers) {
    sendMessage(ports, pager, makeMessage(memoryOps.terminate, {}), vm.host);
  }
  if (object.control !== null) destroyPort(ports, object.control, vm.host);
  if (object.shadow) dropObject(vm, object.shadow.object);
}

function forgetObject(objects: Objects, object: MemoryObject): void {
  objects.all.delete(object.id);
  if (object.pager) objects.files.delete(object.pager.port);
}
