// The page fault, from top to bottom (after Mach's vm_fault).
//
//   1. which entry of the map, and does it allow the access?      else SIGSEGV
//   2. walk the shadow chain from the entry's object:
//        resident → found;  failed → SIGBUS;  requested → wait
//        owed → ask the residual pager, wait;  at swap → ask it, wait;  has a pager → ask it, wait
//        in swap → ask swap, wait;  else the object below;  at the bottom → a zero page in the first
//        a frame is needed and none can be had at once → wait for memory
//   3. found below the first object and written: copy up
//   4. enter the translation, as much as may be used without looking again

import { must } from "../../ports/base/index.ts";
import {
  type HostId,
  isKnownDead,
  type PortUid,
  uidHost,
  uidIncarnation,
} from "../../ports/index.ts";
import type { Access } from "../machine/index.ts";
import { memoryErrors, pageBytes, type VmContext } from "./context.ts";
import { type Frame, frameRecord } from "./frames.ts";
import { type AddressMap, entryAt, type MapEntry } from "./map.ts";
import type { MemoryObject, PageFailure } from "./object.ts";
import { fillFrame, requestPages, zeroPage } from "./pager.ts";
import { enterPage, type Pmap, protection } from "./pmap.ts";
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
/** Pages asked for at a time from a file's pager: 64 KiB. */
const fileClusterPages = 16;
/** And from swap. */
const swapClusterPages = 8;

export function fault(
  vm: VmContext,
  space: AddressSpace,
  page: number,
  access: Access,
): FaultResult {
  vm.host.charge(vm.host.vmCosts.faultNs);
  const entry = entryAt(space.map, page);
  if (!entry) return { at: "refused", why: "unmapped" };
  if ((entry.protection & (allowedBits[access] as number)) === 0) {
    return { at: "refused", why: "protected" };
  }
  return resolve(vm, space, entry, page, access);
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
  let object = first;
  let at = firstPage;
  // Ends because shadow chains do.
  for (;;) {
    const frame = object.resident.get(at);
    if (frame !== undefined) {
      return found(vm, space, { entry, page, access, object, objectPage: at, frame });
    }
    const absent = absentPage(vm, space, object, at);
    if (absent) return absent;
    if (!object.shadow) break;
    at += object.shadow.offset;
    object = object.shadow.object;
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
): FaultResult | undefined {
  const wait: FaultResult = { at: "wait", object: object.id, page };
  const failure = object.failed.get(page);
  if (failure) {
    // A file may have grown when it is asked for the next time.
    if (object.pager && failure.host === null) object.failed.delete(page);
    return { at: "lost", failure };
  }
  if (object.requested.has(page)) return wait;
  const source = sourceOf(space, object, page);
  if (!source) return undefined;
  const dead = deadHostOf(vm, source.pager);
  if (dead !== null) return { at: "lost", failure: { error: memoryErrors.io, host: dead } };
  const short = noRoom(vm);
  if (short) return short;
  // Each page that is asked for has a frame promised.
  const limit = Math.min(source.cluster, framesAvailable(vm));
  requestPages(vm, object, source.pager, page, runLength(object, page, limit, source));
  return wait;
}

/** Who has an absent page, which others it has, and how many are asked for at a time. */
interface Source {
  readonly pager: PortUid;
  readonly cluster: number;
  readonly has: (page: number) => boolean;
}

function sourceOf(space: AddressSpace, object: MemoryObject, page: number): Source | undefined {
  const { owed, swap } = object;
  const residual = owed.get(page);
  if (residual !== undefined) {
    const has = (at: number): boolean => owed.get(at) === residual;
    return { pager: residual, cluster: 1 + space.readAhead, has };
  }
  if (swap.port !== null && swap.pages.has(page)) {
    return { pager: swap.port, cluster: swapClusterPages, has: (at) => swap.pages.has(at) };
  }
  if (!object.pager) return undefined;
  // Its server knows the file's length: a page behind the last that was known is asked for alone.
  const pages = Math.ceil(object.pager.bytes / pageBytes);
  return { pager: object.pager.port, cluster: fileClusterPages, has: (at) => at < pages };
}

/** The host of a pager that is known to be no more; it will not answer. */
function deadHostOf({ memory: { ports } }: VmContext, pager: PortUid): HostId | null {
  const host = uidHost(pager);
  return isKnownDead(ports, host, uidIncarnation(pager)) ? host : null;
}

/** Undefined: a frame is available. */
function noRoom(vm: VmContext): FaultResult | undefined {
  const room = makeRoom(vm);
  if (room === "ready") return undefined;
  return room === "wait" ? { at: "full" } : outOfMemory;
}

/** How many pages from `page` on, at most `limit`, are all absent and with that source. */
function runLength(object: MemoryObject, page: number, limit: number, source: Source): number {
  let count = 1;
  while (count < limit) {
    const at = page + count;
    if (object.resident.has(at) || object.requested.has(at) || object.failed.has(at)) break;
    if (!source.has(at)) break;
    count++;
  }
  return count;
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
  if (own || access !== 1) {
    // A file's own object is never written through a private mapping.
    const writable =
      own && (entry.shared || !object.pager)
        ? entry.protection
        : entry.protection & ~protection.write;
    map(vm, space, page, at.frame, writable);
    return { at: "mapped" };
  }
  const objectPage = page - entry.start + entry.offset;
  const short = noRoom(vm);
  if (short) return short;
  // Making room may have taken the very frame that was found; there is room now.
  if (object.resident.get(at.objectPage) !== at.frame)
    return resolve(vm, space, entry, page, access);
  const copy = must(fillFrame(vm, vm.hart.frame(at.frame)), "a frame");
  vm.host.emit("vm.copy-up", { object: entry.object.id, page: objectPage, from: object.id });
  placePage(vm, entry.object, objectPage, copy);
  frameRecord(vm.memory.frames, copy).remade = true;
  map(vm, space, page, copy, entry.protection);
  return { at: "mapped" };
}

function map(
  vm: VmContext,
  space: AddressSpace,
  page: number,
  frame: Frame,
  allowed: number,
): void {
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
