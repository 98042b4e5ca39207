// What the Linux calls on memory have in common: ranges of pages, protections, and limits.

import type { Caller } from "../task/call.ts";
import { stackPages, stackTop } from "../task/stack.ts";
import { pageBytes, protection, userPageEnd } from "../vm/index.ts";

/** New mappings are put below this page, downwards: under the stack with a gap. */
export const mapTopPage: number = stackTop / pageBytes - stackPages - 256;

/** As many ranges as Linux allows a process (vm.max_map_count). */
const entriesMax = 65530;

/** Swap has at most so many pages (1 GiB). */
export const swapPages = 262144;

/** More pages than memory and swap together are refused at once, as by Linux's overcommit. */
export function commitLimit({ kernel }: Caller): number {
  return kernel.memory.frames.limit + swapPages;
}

export interface PageRange {
  readonly start: number;
  readonly end: number;
}

export const pagesOf = (bytes: number): number => Math.ceil(bytes / pageBytes);

/** PROT_ bits as protections: what can be written can be read, as in the hardware's tables. */
export function protectionOf(bits: number): number | undefined {
  if ((bits & ~0x0100_0007) !== 0) return undefined;
  const read = bits & 3 ? protection.read : 0;
  return read | (bits & 2 ? protection.write : 0) | (bits & 4 ? protection.execute : 0);
}

/** Whether the task has as many ranges as it may have. */
export function isCrowded({ task }: Caller): boolean {
  return task.memory.map.entries.length >= entriesMax;
}

/** Undefined: not at a page, empty, or not below the end of what guests may use. */
export function rangeOf(address: number, bytes: number): PageRange | undefined {
  if (address < 0 || address % pageBytes !== 0 || bytes <= 0) return undefined;
  const start = address / pageBytes;
  const end = start + pagesOf(bytes);
  return end <= userPageEnd + 1 ? { start, end } : undefined;
}
