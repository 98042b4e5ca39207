// The page fault, from top to bottom (after Mach's vm_fault).
//
//   1. which entry of the map, and does it allow the access?      else SIGSEGV
//      written, and others may show its object: it gets an object of its own above that
//   2. walk the shadow chain from the entry's object:
//        resident → found;  failed → SIGBUS;  requested → wait
//        (of a pager that is a task also: it is not ready, or has prohibited the access → wait)
//        owed → ask the residual pager, wait;  at swap → ask it, wait;  has a pager → ask it, wait
//        in swap → ask swap, wait;  else the object below;  at the bottom → a zero page in the first
//        a frame is needed and none can be had at once → wait for memory
//   3. found below the first object and written: copy up, or take up what nobody else finds
//   4. enter the translation, as much as may be used without looking again
//
// Each step is an event; those of a fault that only maps what is there are in a trace of all detail.

import { must } from "../../ports/base/index.ts";
import type { Access } from "../machine/index.ts";
import { allowedBy, isLockedOut, mayAsk } from "./agreement.ts";
import { dropUse, shorten, takeUp, tidyChain } from "./collapse.ts";
import { memoryErrors, type VmContext } from "./context.ts";
import { fillFrame, zeroPage } from "./fill.ts";
import { type Frame, frameRecord } from "./frames.ts";
import { settleLoans } from "./lend.ts";
import { type AddressMap, entryAt, type MapEntry } from "./map.ts";
import type { Manager } from "./manager.ts";
import { anonymousObject, type MemoryObject, type PageFailure } from "./object.ts";
import { deadHostOf, runLength, sourceOf } from "./page-source.ts";
import { requestPages } from "./pager.ts";
import { enterPage, type Pmap, protection, removeMappings } from "./pmap.ts";
import { isReached } from "./reach.ts";
import { framesAvailable, makeRoom, placePage } from "./reclaim.ts";

export interface AddressSpace {
  readonly map: AddressMap;
  readonly pmap: Pmap;
  /** Pages that a fault on an owed page asks for beyond the one touched. */
  readAhead: number;
  /** Whether those who owe pages send them without being asked. */
  pushes: boolean;
}

export type FaultResult =
  | { readonly at: "mapped" }
  | { readonly at: "wait"; readonly object: number; readonly page: number }
  /** No frame is free, and one will be. */
  | { readonly at: "full" }
  | { readonly at: "refused"; readonly why: "unmapped" | "protected" }
  | { readonly at: "lost"; readonly failure: PageFailure };

const allowedBits = [protection.read, protection.write, protection.execute] as const;
export function fault(
  vm: VmContext,
  space: AddressSpace,
  page: number,
  access: Access,
): FaultResult {
  vm.host.charge(vm.host.vmCosts.faultNs);
  const entry = entryAt(space.map, page);
  const result = entry
    ? allowed(vm, space, entry, page, access)
    : ({ at: "refused", why: "unmapped" } as const);
  if (vm.host.wantsAll) tellResult(vm, page, result);
  return result;
}

function allowed(
  vm: VmContext,
  space: AddressSpace,
  entry: MapEntry,
  page: number,
  access: Access,
): FaultResult {
  if ((entry.protection & (allowedBits[access] as number)) === 0) {
    return { at: "refused", why: "protected" };
  }
  if (entry.needsCopy && access === 1) takeOwn(vm, entry);
  return resolve(vm, space, entry, page, access);
}

/** How the fault ends: what the thread has to do. */
function tellResult({ host }: VmContext, page: number, result: FaultResult): void {
  switch (result.at) {
    case "mapped":
      return; // `fault.map` has said it
    case "wait":
      host.emit("fault.wait", { object: result.object, page: result.page });
      return;
    case "full":
      host.emit("fault.full", { page });
      return;
    case "refused":
      host.emit("fault.refused", { page, why: result.why });
      return;
    case "lost":
      host.emit("fault.lost", { page, error: result.failure.error });
      return;
  }
}

/** The range is written from now on: what it shows is its own, if it is not already. */
export function takeOwn(vm: VmContext, entry: MapEntry): void {
  entry.needsCopy = false;
  const { object: below, offset, start, end } = entry;
  if (!isReached(below, offset, offset + end - start, (user) => user === entry)) return;
  const object = anonymousObject(vm.memory.objects, { object: below, offset: 0 });
  vm.host.emit("vm.shadow", { object: object.id, below: below.id });
  entry.object = object;
  object.users.add(entry);
  dropUse(vm, below, entry);
}

function resolve(
  vm: VmContext,
  space: AddressSpace,
  entry: MapEntry,
  page: number,
  access: Access,
): FaultResult {
  const first = entry.object;
  const firstPage = page - entry.start + entry.offset;
  if (first.pages !== null && firstPage >= first.pages) return beyondEnd;
  if (first.shadow && !first.shadow.object.pager) tidyChain(vm, first);
  let object = first;
  let at = firstPage;
  // Ends because shadow chains do.
  for (;;) {
    const frame = object.resident.get(at);
    if (frame !== undefined) {
      return found(vm, space, { entry, page, access, object, objectPage: at, frame });
    }
    const absent = absentPage(vm, space, object, at, access);
    if (absent) return absent;
    if (!object.shadow) break;
    at += object.shadow.offset;
    object = object.shadow.object;
    if (vm.host.wantsAll) vm.host.emit("fault.below", { object: object.id, page: at });
  }
  const short = noRoom(vm);
  if (short) return short;
  const frame = must(zeroPage(vm), "a frame");
  vm.host.emit("vm.zero", { object: first.id, page: firstPage });
  placePage(vm, first, firstPage, frame);
  frameRecord(vm.memory.frames, frame).remade = true;
  return found(vm, space, { entry, page, access, object: first, objectPage: firstPage, frame });
}

/** What a page that is not resident asks of the faulting thread; undefined: look below. */
function absentPage(
  vm: VmContext,
  space: AddressSpace,
  object: MemoryObject,
  page: number,
  access: Access,
): FaultResult | undefined {
  const wait: FaultResult = { at: "wait", object: object.id, page };
  const failure = object.failed.get(page);
  if (failure) {
    // A file may have grown when it is asked for the next time.
    if (object.pager && failure.host === null) object.failed.delete(page);
    return { at: "lost", failure };
  }
  if (object.requested.has(page)) return wait;
  const source = sourceOf(object, page, space.readAhead);
  if (!source) return undefined;
  const isTask = object.manager !== null && source.pager === object.pager?.port;
  if (isTask) {
    const may = mayAsk(vm, object, object.manager, page);
    if (may === "wait") return wait;
    if (may === "below") return undefined;
    if (may === "lost") return { at: "lost", failure: failureOf(object.manager) };
  }
  const dead = isTask ? null : deadHostOf(vm, source.pager);
  if (dead !== null) return { at: "lost", failure: { error: memoryErrors.io, host: dead } };
  const short = noRoom(vm);
  if (short) return short;
  // Each page that is asked for has a frame promised.
  const limit = Math.min(source.cluster, framesAvailable(vm));
  const count = runLength(object, page, limit, source);
  requestPages(vm, object, source.pager, page, count, allowedBits[access]);
  return wait;
}

/** Why pages of a pager that is no more cannot be had. */
function failureOf({ error, lostWith }: Manager): PageFailure {
  return { error, host: lostWith };
}

/** Undefined: a frame is available. */
function noRoom(vm: VmContext): FaultResult | undefined {
  let room = makeRoom(vm);
  if (room !== "ready" && vm.memory.objects.loans.size > 0) {
    settleLoans(vm);
    room = makeRoom(vm);
  }
  if (room === "ready") return undefined;
  return room === "wait" ? { at: "full" } : outOfMemory;
}

interface Found {
  readonly entry: MapEntry;
  readonly page: number;
  readonly access: Access;
  readonly object: MemoryObject;
  readonly objectPage: number;
  readonly frame: Frame;
}

function found(vm: VmContext, space: AddressSpace, at: Found): FaultResult {
  const { entry, page, access, object } = at;
  const own = object === entry.object;
  if (vm.host.wantsAll) {
    vm.host.emit("fault.found", { object: object.id, page: at.objectPage, frame: at.frame });
  }
  if (own && access === 1 && object.writes === "lost") return beyondEnd;
  const locked = object.manager && waitForLock(vm, at, own ? access : 0);
  if (locked) return locked;
  if (own || access !== 1) {
    // A file's own object is never written through a private mapping, nor what others may show.
    const writable =
      own && !entry.needsCopy && (entry.shared || !object.pager) && object.writes !== "lost"
        ? entry.protection
        : entry.protection & ~protection.write;
    const unlocked = object.manager ? allowedBy(object, at.objectPage) : writable;
    map(vm, space, page, at.frame, writable & unlocked);
    return { at: "mapped" };
  }
  const objectPage = page - entry.start + entry.offset;
  if (takeUp(vm, object, entry.object, at.objectPage)) {
    map(vm, space, page, at.frame, entry.protection);
    return { at: "mapped" };
  }
  const short = noRoom(vm);
  if (short) return short;
  // Making room may have taken the very frame that was found; there is room now.
  if (object.resident.get(at.objectPage) !== at.frame)
    return resolve(vm, space, entry, page, access);
  const copy = must(fillFrame(vm, vm.hart.frame(at.frame)), "a frame");
  vm.host.emit("vm.copy-up", { object: entry.object.id, page: objectPage, from: object.id });
  // Others who look through the same object still see the page below.
  if (entry.object.users.size > 1) removeMappings(vm.memory.frames, vm.hart, at.frame);
  placePage(vm, entry.object, objectPage, copy);
  frameRecord(vm.memory.frames, copy).dirty = true; // the write follows
  map(vm, space, page, copy, entry.protection);
  shorten(vm, entry.object);
  return { at: "mapped" };
}

/** The pager has prohibited the access: it is asked to allow it. Undefined: it has not. */
function waitForLock(
  vm: VmContext,
  { object, objectPage: page }: Found,
  access: Access,
): FaultResult | undefined {
  const locked = isLockedOut(vm, object, page, allowedBits[access]);
  if (locked === "wait") return { at: "wait", object: object.id, page };
  const { manager } = object;
  return locked === "lost" && manager ? { at: "lost", failure: failureOf(manager) } : undefined;
}

function map(
  vm: VmContext,
  space: AddressSpace,
  page: number,
  frame: Frame,
  allowed: number,
): void {
  if (vm.host.wantsAll) vm.host.emit("fault.map", { page, frame, allowed });
  enterPage(space.pmap, vm.memory.frames, vm.hart, page, { frame, allowed });
}

const beyondEnd: FaultResult = {
  at: "lost",
  failure: { error: memoryErrors.io, host: null },
};

const outOfMemory: FaultResult = {
  at: "lost",
  failure: { error: memoryErrors.noMemory, host: null },
};
