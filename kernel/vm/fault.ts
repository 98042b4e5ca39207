// The page fault, from top to bottom (after Mach's vm_fault).
//
//   1. which entry of the map, and does it allow the access?      else SIGSEGV
//   2. walk the shadow chain from the entry's object:
//        resident → found;  failed → SIGBUS;  requested → wait
//        owed → ask the residual pager, wait;  has a pager → ask it, wait
//        else the object below;  at the bottom → a zero page in the first object
//   3. found below the first object and written: copy up
//   4. enter the translation, as much as may be used without looking again

import type { PortUid } from "../../ports/index.ts";
import type { Access } from "../machine/index.ts";
import { memoryErrors, pageBytes, type VmContext } from "./context.ts";
import type { Frame } from "./frames.ts";
import { type AddressMap, entryAt, type MapEntry } from "./map.ts";
import type { MemoryObject, PageFailure } from "./object.ts";
import { fillFrame, requestPages, zeroPage } from "./pager.ts";
import { enterPage, type Pmap, protection } from "./pmap.ts";

export interface AddressSpace {
  readonly map: AddressMap;
  readonly pmap: Pmap;
  /** Pages that a fault on an owed page asks for beyond the one touched. */
  readAhead: number;
}

export type FaultResult =
  | { readonly at: "mapped" }
  | { readonly at: "wait"; readonly object: number; readonly page: number }
  | { readonly at: "refused"; readonly why: "unmapped" | "protected" }
  | { readonly at: "lost"; readonly failure: PageFailure };

const allowedBits = [protection.read, protection.write, protection.execute] as const;
/** Pages asked for at a time from a file's pager: 64 KiB. */
const fileClusterPages = 16;

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
  let object = first;
  let at = firstPage;
  // Ends because shadow chains do.
  for (;;) {
    const frame = object.resident.get(at);
    if (frame !== undefined) return found(vm, space, { entry, page, access, object, frame });
    const absent = absentPage(vm, space, object, at);
    if (absent) return absent;
    if (!object.shadow) break;
    at += object.shadow.offset;
    object = object.shadow.object;
  }
  const frame = zeroPage(vm);
  if (frame === undefined) return outOfMemory;
  vm.host.emit("vm.zero", { object: first.id, page: firstPage });
  first.resident.set(firstPage, frame);
  return found(vm, space, { entry, page, access, object: first, frame });
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
  if (failure) return { at: "lost", failure };
  if (object.requested.has(page)) return wait;
  const residual = object.owed.get(page);
  if (residual !== undefined) {
    const count = runLength(
      object,
      page,
      1 + space.readAhead,
      (at) => object.owed.get(at),
      residual,
    );
    requestPages(vm, object, residual, page, count);
    return wait;
  }
  if (!object.pager) return undefined;
  const pages = Math.ceil(object.pager.bytes / pageBytes);
  if (page >= pages) {
    return { at: "lost", failure: { error: memoryErrors.io, host: null } };
  }
  const { port } = object.pager;
  const inFile = (at: number): PortUid | undefined => (at < pages ? port : undefined);
  requestPages(vm, object, port, page, runLength(object, page, fileClusterPages, inFile, port));
  return wait;
}

/** How many pages from `page` on, at most `limit`, are all absent and with that pager. */
function runLength(
  object: MemoryObject,
  page: number,
  limit: number,
  pagerOf: (page: number) => PortUid | undefined,
  pager: PortUid,
): number {
  let count = 1;
  while (count < limit) {
    const at = page + count;
    if (object.resident.has(at) || object.requested.has(at) || object.failed.has(at)) break;
    if (pagerOf(at) !== pager) break;
    count++;
  }
  return count;
}

interface Found {
  readonly entry: MapEntry;
  readonly page: number;
  readonly access: Access;
  readonly object: MemoryObject;
  readonly frame: Frame;
}

function found(vm: VmContext, space: AddressSpace, at: Found): FaultResult {
  const { entry, page, access, object } = at;
  const own = object === entry.object;
  if (own || access !== 1) {
    // A file's own object is never written through a private mapping.
    const writable = own && !object.pager ? entry.protection : entry.protection & ~protection.write;
    map(vm, space, page, at.frame, writable);
    return { at: "mapped" };
  }
  const objectPage = page - entry.start + entry.offset;
  const copy = fillFrame(vm, vm.hart.frame(at.frame));
  if (copy === undefined) return outOfMemory;
  vm.host.emit("vm.copy-up", { object: entry.object.id, page: objectPage, from: object.id });
  entry.object.resident.set(objectPage, copy);
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

const outOfMemory: FaultResult = {
  at: "lost",
  failure: { error: memoryErrors.noMemory, host: null },
};
