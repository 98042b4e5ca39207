// Moving bytes between the kernel and a task's memory, through the same door as the hart.
//
// Nothing is half done: the pages are made ready first, then the bytes move. A page that has to
// come from a pager is a value for the caller, who blocks the thread and tries again.

import type { Access } from "../machine/index.ts";
import { memoryErrors, pageBytes, type VmContext } from "./context.ts";
import { type AddressSpace, fault, type FaultResult } from "./fault.ts";
import { translate } from "./pmap.ts";
import { pagesStoring } from "./reclaim.ts";

/** How often a range is looked through: with more pages than memory has it is never all there. */
const roundsMax = 8;

export type CopyRefusal = Exclude<FaultResult, { readonly at: "mapped" }>;

/** Makes every page of the range ready for the access. Undefined: it is. */
export function prepareRange(
  vm: VmContext,
  space: AddressSpace,
  address: number,
  bytes: number,
  access: Access,
): CopyRefusal | undefined {
  if (bytes === 0) return undefined;
  if (!(address >= 0) || address + bytes > 2 ** 38) return { at: "refused", why: "unmapped" };
  const first = Math.floor(address / pageBytes);
  const last = Math.floor((address + bytes - 1) / pageBytes);
  // Making room for one page may take another of the range: once more, until all are there.
  for (let round = 0; round < roundsMax; round++) {
    const result = faultIn(vm, space, { first, last }, access);
    if (result !== "again") return result === "ready" ? undefined : result;
  }
  // What is on its way to swap makes room for the rest when it is there.
  if (pagesStoring(vm) > 0) return { at: "full" };
  return { at: "lost", failure: { error: memoryErrors.noMemory, host: null } };
}

/** "again": pages were missing. */
function faultIn(
  vm: VmContext,
  space: AddressSpace,
  { first, last }: { readonly first: number; readonly last: number },
  access: Access,
): CopyRefusal | "ready" | "again" {
  let missing = false;
  for (let page = first; page <= last; page++) {
    if (translate(space.pmap, vm.memory.frames, page, access) >= 0) continue;
    const result = fault(vm, space, page, access);
    if (result.at !== "mapped") return result;
    missing = true;
  }
  return missing ? "again" : "ready";
}

/** The bytes, or why they cannot be had now. */
export function copyIn(
  vm: VmContext,
  space: AddressSpace,
  address: number,
  bytes: number,
): Uint8Array | CopyRefusal {
  const refusal = prepareRange(vm, space, address, bytes, 0);
  if (refusal) return refusal;
  const copy = new Uint8Array(bytes);
  readPrepared(vm, space, address, copy);
  return copy;
}

/** Reads as many bytes as `target` has, or says why not, and then has read none. */
export function copyInto(
  vm: VmContext,
  space: AddressSpace,
  address: number,
  target: Uint8Array,
): CopyRefusal | undefined {
  const refusal = prepareRange(vm, space, address, target.length, 0);
  if (!refusal) readPrepared(vm, space, address, target);
  return refusal;
}

function readPrepared(
  vm: VmContext,
  space: AddressSpace,
  address: number,
  target: Uint8Array,
): void {
  eachPage(address, target.length, (page, from, at, count) => {
    const frame = translate(space.pmap, vm.memory.frames, page, 0);
    target.set(vm.hart.frame(frame).subarray(from, from + count), at);
  });
}

/** Writes the bytes, or says why not, and then has written none. */
export function copyOut(
  vm: VmContext,
  space: AddressSpace,
  address: number,
  bytes: Uint8Array,
): CopyRefusal | undefined {
  const refusal = prepareRange(vm, space, address, bytes.length, 1);
  if (refusal) return refusal;
  eachPage(address, bytes.length, (page, from, at, count) => {
    const frame = translate(space.pmap, vm.memory.frames, page, 1);
    const part = count === bytes.length ? bytes : bytes.subarray(at, at + count);
    vm.hart.frame(frame).set(part, from);
    vm.hart.dropCode(frame);
  });
  return undefined;
}

/** A zero-terminated string of at most `limit` bytes; null without a zero among them. */
export function copyInString(
  vm: VmContext,
  space: AddressSpace,
  address: number,
  limit: number,
): string | null | CopyRefusal {
  const parts: number[] = [];
  let at = address;
  while (parts.length < limit) {
    const count = Math.min(pageBytes - (at % pageBytes), limit - parts.length);
    const bytes = copyIn(vm, space, at, count);
    if (!(bytes instanceof Uint8Array)) return bytes;
    const zero = bytes.indexOf(0);
    parts.push(...(zero < 0 ? bytes : bytes.subarray(0, zero)));
    if (zero >= 0) return new TextDecoder().decode(Uint8Array.from(parts));
    at += count;
  }
  return null;
}

function eachPage(
  address: number,
  bytes: number,
  visit: (page: number, from: number, at: number, count: number) => void,
): void {
  let at = 0;
  while (at < bytes) {
    const from = (address + at) % pageBytes;
    const count = Math.min(pageBytes - from, bytes - at);
    visit(Math.floor((address + at) / pageBytes), from, at, count);
    at += count;
  }
}
