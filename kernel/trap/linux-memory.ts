// Linux calls on memory: brk, mmap, munmap, mprotect.

import { must } from "../../ports/base/index.ts";
import { files, isOp, lookupRight, type Message } from "../../ports/index.ts";
import { type Caller, type CallResult, request, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { stackPages, stackTop } from "../task/stack.ts";
import type { CallData } from "../task/task.ts";
import {
  entriesIn,
  fileObject,
  findSpace,
  framesFree,
  mapAnonymous,
  mapPrivate,
  pageBytes,
  protect,
  protection,
  unmap,
  userPageEnd,
  userPageFirst,
} from "../vm/index.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

const mapFlags = {
  shared: 1,
  private: 2,
  type: 0xf,
  fixed: 0x10,
  anonymous: 0x20,
  noReplace: 0x100000,
} as const;
/** New mappings are put below this page, downwards: under the stack with a gap. */
export const mapTopPage: number = stackTop / pageBytes - stackPages - 256;
const heapLimitBytes = 64 * 2 ** 30;

/** As many ranges as Linux allows a process (vm.max_map_count). */
const entriesMax = 65530;

const pagesOf = (bytes: number): number => Math.ceil(bytes / pageBytes);

/** PROT_ bits as protections: what can be written can be read, as in the hardware's tables. */
function protectionOf(bits: number): number | undefined {
  if ((bits & ~0x0100_0007) !== 0) return undefined;
  const read = bits & 3 ? protection.read : 0;
  return read | (bits & 2 ? protection.write : 0) | (bits & 4 ? protection.execute : 0);
}

function brk(caller: Caller, [end]: Arguments): CallResult {
  const { kernel, task } = caller;
  const { heap } = task;
  if (end < heap.start || end > heap.start + heapLimitBytes) return returnValue(heap.end);
  const before = pagesOf(heap.end);
  const after = pagesOf(end);
  if (after > before) {
    if (entriesIn(task.memory.map, before, after).length > 0) return returnValue(heap.end);
    if (after - before > framesFree(kernel.memory.frames)) return returnValue(heap.end);
    const rights = protection.read | protection.write;
    const region = { start: before, pages: after - before, protection: rights, name: "[heap]" };
    mapAnonymous(kernel, task.memory, region);
  } else if (after < before) {
    unmap(kernel, task.memory, after, before);
  }
  heap.end = end;
  return returnValue(end);
}

interface MapRequest {
  readonly start: number;
  readonly pages: number;
  readonly protection: number;
}

function mmap(caller: Caller, args: Arguments): CallResult {
  const [, , , flags, fd, offset] = args;
  const target = placeMapping(caller, args);
  if (typeof target === "number") return returnValue(-target);
  if ((flags & mapFlags.anonymous) !== 0) {
    mapAnonymous(caller.kernel, caller.task.memory, { ...target, name: "" });
    return returnValue(target.start * pageBytes);
  }
  if (offset < 0 || offset % pageBytes !== 0) return returnValue(-errno.EINVAL);
  const file = caller.task.files[fd];
  if (!file) return returnValue(-errno.EBADF);
  if ((file.mode & 0o170000) !== 0o100000) return returnValue(-errno.ENODEV);
  if ((file.flags & 3) === 1) return returnValue(-errno.EACCES);
  const right = must(lookupRight(caller.task.space, file.name), "right of an open file");
  const data = { ...target, offset: offset / pageBytes, path: file.path };
  return request(caller, right.uid, files.map, {}, { call: "mmap", data });
}

/** Where the mapping goes and how it is protected, or an errno. Changes nothing. */
function placeMapping(caller: Caller, args: Arguments): MapRequest | number {
  const [address, bytes, bits, flags] = args;
  const kind = flags & mapFlags.type;
  const allowed = protectionOf(bits);
  if (bytes <= 0 || allowed === undefined) return bytes < 0 ? errno.ENOMEM : errno.EINVAL;
  if (kind !== mapFlags.private && kind !== mapFlags.shared) return errno.EINVAL;
  if (kind === mapFlags.shared && allowed & protection.write && !(flags & mapFlags.anonymous)) {
    return errno.ENODEV; // writable shared files are not there: nobody would write them back
  }
  const pages = pagesOf(bytes);
  if (pages > userPageEnd || isCrowded(caller)) return errno.ENOMEM;
  if (allowed !== 0 && pages > caller.kernel.memory.frames.limit) return errno.ENOMEM;
  const start = placeAt(caller, address, pages, flags);
  return typeof start === "object" ? { start: start.page, pages, protection: allowed } : start;
}

/** Whether the task has as many ranges as it may have. */
export function isCrowded({ task }: Caller): boolean {
  return task.memory.map.entries.length >= entriesMax;
}

function placeAt(
  caller: Caller,
  address: number,
  pages: number,
  flags: number,
): { readonly page: number } | number {
  const { map } = caller.task.memory;
  const fixed = (flags & (mapFlags.fixed | mapFlags.noReplace)) !== 0;
  const wanted = address / pageBytes;
  const fits = wanted >= userPageFirst && wanted + pages <= userPageEnd;
  if (fixed) {
    if (!Number.isInteger(wanted)) return errno.EINVAL;
    if (!fits) return address >= 0 && wanted < userPageFirst ? errno.EPERM : errno.ENOMEM;
    const taken =
      (flags & mapFlags.noReplace) !== 0 && entriesIn(map, wanted, wanted + pages).length > 0;
    return taken ? errno.EEXIST : { page: wanted };
  }
  const hint = Math.floor(wanted);
  if (address > 0 && fits && entriesIn(map, hint, hint + pages).length === 0) return { page: hint };
  const page = findSpace(map, pages, mapTopPage);
  return page === undefined ? errno.ENOMEM : { page };
}

function finishMap(caller: Caller, data: CallData, reply: Message | null): CallResult {
  if (!reply || !isOp(reply, files.mapped)) return returnValue(-errno.EIO);
  const { error, size } = reply.body;
  const [right] = reply.rights;
  if (error !== 0 || !right) return returnValue(-(error || errno.EIO));
  const { kernel, task } = caller;
  const { start, pages, protection: allowed } = data as unknown as MapRequest;
  const name = data["path"] as string;
  const file = fileObject(kernel.memory.objects, { port: right.uid, bytes: size, path: name });
  const region = { start, pages, protection: allowed, name };
  mapPrivate(kernel, task.memory, region, file, data["offset"] as number);
  return returnValue(start * pageBytes);
}

function munmap(caller: Caller, [address, bytes]: Arguments): CallResult {
  const range = rangeOf(address, bytes);
  if (!range) return returnValue(-errno.EINVAL);
  if (isCrowded(caller)) return returnValue(-errno.ENOMEM);
  unmap(caller.kernel, caller.task.memory, range.start, range.end);
  return returnValue(0);
}

function rangeOf(address: number, bytes: number): { start: number; end: number } | undefined {
  if (address < 0 || address % pageBytes !== 0 || bytes <= 0) return undefined;
  const start = address / pageBytes;
  const end = start + pagesOf(bytes);
  return end <= userPageEnd + 1 ? { start, end } : undefined;
}

function mprotect(caller: Caller, [address, bytes, bits]: Arguments): CallResult {
  const allowed = protectionOf(bits);
  if (allowed === undefined || address % pageBytes !== 0) return returnValue(-errno.EINVAL);
  if (bytes === 0) return returnValue(0);
  const range = rangeOf(address, bytes);
  if (!range || isCrowded(caller)) return returnValue(-errno.ENOMEM);
  const done = protect(caller.kernel, caller.task.memory, range.start, range.end, allowed);
  return returnValue(done ? 0 : -errno.ENOMEM);
}

/** Advice that may be ignored is; advice that promises zeros is not there yet. */
function madvise(caller: Caller, [address, bytes, advice]: Arguments): CallResult {
  void caller;
  if (address % pageBytes !== 0 || bytes < 0) return returnValue(-errno.EINVAL);
  return returnValue([0, 1, 2, 3, 14, 15].includes(advice) ? 0 : -errno.EINVAL);
}

const row = rowsOf("local");

export const memoryCalls: readonly CallRow[] = [
  row(214, "brk", brk, "Moves the end of the heap."),
  row(215, "munmap", munmap, "Takes a range out of the map and frees its pages."),
  row(
    222,
    "mmap",
    mmap,
    "Anonymous memory and private files; shared files are read-only.",
    "partial",
  ),
  row(226, "mprotect", mprotect, "Changes the protection of whole pages."),
  row(233, "madvise", madvise, "Accepts hints that change nothing; refuses the others.", "partial"),
];

export const memoryFinishers: Finishers = { mmap: finishMap };
