// Memory out of line: read from the sender before anything changes, put into fresh pages of the
// receiver; or lent to the message and then the receiver's (`port-loans.ts`). Copy semantics in both
// directions: neither sees what the other writes later.

import { assert } from "../../ports/base/index.ts";
import { type OutPart, sendCodes } from "../../ports/index.ts";
import type { Caller, CallResult } from "../task/call.ts";
import {
  copyIn,
  copyOut,
  findSpace,
  framesFree,
  mapAnonymous,
  pageBytes,
  protection,
  takeLoan,
  unmap,
} from "../vm/index.ts";
import { isCrowded, mapTopPage } from "./linux-ranges.ts";
import { refuseMemory } from "./port-context.ts";
import type { Descriptor, Region } from "./port-layout.ts";

/** Bytes out of line in one message, at most. */
const memoryMax = 16 * 2 ** 20;

const pagesOf = (bytes: number): number => Math.ceil(bytes / pageBytes);

/** The parts of a message with what their descriptors point at, or a code, or a wait. */
export function readParts(
  caller: Caller,
  descriptors: readonly Descriptor[],
): readonly OutPart[] | number | CallResult {
  if (descriptors.reduce((sum, one) => sum + sizeOf(one), 0) > memoryMax) return sendCodes.noBuffer;
  if (descriptors.some((one) => one.kind !== "port" && one.deallocate) && isCrowded(caller)) {
    return sendCodes.invalidMemory;
  }
  const parts: OutPart[] = [];
  for (const one of descriptors) {
    if (one.kind === "port") {
      parts.push(one);
      continue;
    }
    const bytes = copyIn(caller.kernel, caller.task.memory, one.address, sizeOf(one));
    if (!(bytes instanceof Uint8Array)) {
      return refuseMemory(caller, bytes, one.address, sendCodes.invalidMemory);
    }
    if (one.kind === "memory") parts.push({ kind: "memory", bytes });
    else {
      const names = [...new Uint32Array(bytes.buffer)];
      parts.push({ kind: "ports", names, disposition: one.disposition });
    }
  }
  return parts;
}

function sizeOf(one: Descriptor): number {
  if (one.kind === "port") return 0;
  return one.kind === "memory" ? one.size : one.count * 4;
}

/** The message has been made: pages that were to go with it go. */
export function dropSent({ kernel, task }: Caller, descriptors: readonly Descriptor[]): void {
  for (const one of descriptors) {
    if (one.kind === "port" || !one.deallocate || sizeOf(one) === 0) continue;
    const start = Math.floor(one.address / pageBytes);
    unmap(kernel, task.memory, start, pagesOf(one.address + sizeOf(one)));
  }
}

/** Whether so many pieces of these sizes find pages and places. `lent`: frames for all but one are there. */
export function hasRoomFor(
  caller: Caller,
  sizes: readonly number[],
  lent: boolean = false,
): boolean {
  if (sizes.length === 0) return true;
  const { kernel, task } = caller;
  const pages = sizes.reduce((sum, bytes) => sum + pagesOf(bytes), 0);
  // One stretch for all, although each gets its own: whatever fits together fits apart.
  if (pages > 0 && findSpace(task.memory.map, pages, mapTopPage) === undefined) return false;
  return (lent ? 1 : pages) <= framesFree(kernel.memory.frames) && !isCrowded(caller);
}

const noRegions: readonly Region[] = [];

/** Puts each piece into fresh pages. Requires: there is room. */
export function placeRegions(caller: Caller, pieces: readonly Uint8Array[]): readonly Region[] {
  return pieces.length === 0 ? noRegions : pieces.map((bytes) => placeRegion(caller, bytes));
}

/** What was lent to the message, and then what does not fill a page. Requires: there is room. */
export function placeLent(
  { kernel, task }: Caller,
  message: number,
  bytes: number,
  tail: Uint8Array,
): readonly Region[] {
  const start = findSpace(task.memory.map, pagesOf(bytes), mapTopPage);
  assert(start !== undefined, "there is a place for what was received");
  const whole = Math.floor(bytes / pageBytes);
  takeLoan(kernel, task.memory, message, start);
  if (tail.length > 0) {
    const rights = protection.read | protection.write;
    const region = { start: start + whole, pages: 1, protection: rights, name: "" };
    mapAnonymous(kernel, task.memory, region);
    const refusal = copyOut(kernel, task.memory, (start + whole) * pageBytes, tail);
    assert(refusal === undefined, "there is a page for what was received");
  }
  return [{ address: start * pageBytes, bytes }];
}

function placeRegion({ kernel, task }: Caller, bytes: Uint8Array): Region {
  if (bytes.length === 0) return { address: 0, bytes: 0 };
  const pages = pagesOf(bytes.length);
  const start = findSpace(task.memory.map, pages, mapTopPage);
  assert(start !== undefined, "there is a place for what was received");
  const rights = protection.read | protection.write;
  mapAnonymous(kernel, task.memory, { start, pages, protection: rights, name: "" });
  const refusal = copyOut(kernel, task.memory, start * pageBytes, bytes);
  assert(refusal === undefined, "there are pages for what was received");
  return { address: start * pageBytes, bytes: bytes.length };
}
