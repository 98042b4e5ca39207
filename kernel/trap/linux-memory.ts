// Linux calls that make and change mappings: brk, mmap, munmap, mprotect. (`linux-remap.ts` has mremap,
// `linux-advice.ts` what only asks or says something of them.)

import { must } from "../../ports/base/index.ts";
import { files, isOp, lookupRight, type Message, type PortUid } from "../../ports/index.ts";
import { type Caller, type CallResult, finishWith, request, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import type { CallData, OpenFile } from "../task/task.ts";
import {
  entriesIn,
  entryAt,
  fileObject,
  findSpace,
  mapAnonymous,
  mappedPages,
  mapPrivate,
  mapShared,
  mapSharedAnonymous,
  pageBytes,
  protect,
  protectablePages,
  protection,
  showFile,
  unmap,
  userPageEnd,
  userPageFirst,
} from "../vm/index.ts";
import { exceedsLimits } from "./linux-limits.ts";
import { finishSync, madvise, mincore, msync } from "./linux-advice.ts";
import { claimFile, claimRange } from "./linux-claims.ts";
import {
  commitLimit,
  isCrowded,
  mapTopPage,
  pagesOf,
  protectionOf,
  rangeOf,
} from "./linux-ranges.ts";
import { mremap } from "./linux-remap.ts";
import { releasing } from "./pager-rights.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

const mapFlags = {
  shared: 1,
  private: 2,
  sharedValidate: 3,
  type: 0xf,
  fixed: 0x10,
  anonymous: 0x20,
  noReserve: 0x4000,
  hugePages: 0x40000,
  noReplace: 0x100000,
} as const;
/** MAP_GROWSDOWN to MAP_FIXED_NOREPLACE: what MAP_SHARED_VALIDATE knows. */
const validFlags = 0x1ff_d33;
const heapLimitBytes = 64 * 2 ** 30;

function brk(caller: Caller, [end]: Arguments): CallResult {
  const { kernel, task } = caller;
  const { heap } = task;
  if (end < heap.start || end > heap.start + heapLimitBytes) return returnValue(heap.end);
  const before = pagesOf(heap.end);
  const after = pagesOf(end);
  if (after > before) {
    if (entriesIn(task.memory.map, before, after).length > 0) return returnValue(heap.end);
    if (after - before > commitLimit(caller)) return returnValue(heap.end);
    if (exceedsLimits(task, after - before, true)) return returnValue(heap.end);
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
  readonly limit: number;
  readonly shared: boolean;
}

function mmap(caller: Caller, args: Arguments): CallResult {
  const [address, , , flags, fd, offset] = args;
  if (offset < 0 || offset % pageBytes !== 0) return returnValue(-errno.EINVAL);
  const anonymous = (flags & mapFlags.anonymous) !== 0;
  const file = anonymous ? null : caller.task.files[fd];
  if (file === undefined) return returnValue(-errno.EBADF);
  if (!anonymous && file === null) return returnValue(-errno.EBADF);
  const target = placeMapping(caller, args, file);
  if (typeof target === "number") return returnValue(-target);
  if (!file || file.path === "/dev/zero") {
    const map = target.shared ? mapSharedAnonymous : mapAnonymous;
    map(caller.kernel, caller.task.memory, { ...target, name: "" });
    return returnValue(target.start * pageBytes);
  }
  const right = must(lookupRight(caller.task.space, file.name), "right of an open file");
  const data = { ...target, address, flags, offset: offset / pageBytes, path: file.path };
  return request(caller, right.uid, files.map, {}, { call: "mmap", data });
}

/** Where the mapping goes and how it is protected, or an errno. Changes nothing. */
function placeMapping(caller: Caller, args: Arguments, file: OpenFile | null): MapRequest | number {
  const [address, bytes, bits, flags] = args;
  const kind = flags & mapFlags.type;
  const allowed = protectionOf(bits);
  if (bytes <= 0 || allowed === undefined) return bytes < 0 ? errno.ENOMEM : errno.EINVAL;
  const shared = kind === mapFlags.shared || kind === mapFlags.sharedValidate;
  if (!shared && kind !== mapFlags.private) return errno.EINVAL;
  const pages = pagesOf(bytes);
  if (pages > userPageEnd || isCrowded(caller)) return errno.ENOMEM;
  if ((flags & mapFlags.hugePages) !== 0) return errno.ENOMEM; // there are none
  const start = placeAt(caller, address, pages, flags);
  if (typeof start === "number") return start;
  if (kind === mapFlags.sharedValidate && (flags & ~validFlags) !== 0) return errno.EOPNOTSUPP;
  const limit = file ? limitOf(file, shared, allowed) : protectionAll;
  if (typeof limit === "object") return limit.error;
  const counted = !shared && (allowed & protection.write) !== 0;
  const reserved = counted && (flags & mapFlags.noReserve) === 0;
  if (reserved && pages > commitLimit(caller)) return errno.ENOMEM;
  if (exceedsLimits(caller.task, pages, counted)) return errno.ENOMEM;
  return { start: start.page, pages, protection: allowed, limit, shared };
}

const protectionAll = protection.read | protection.write | protection.execute;

/** The most that may be allowed to a mapping of the file, or why there can be none. */
function limitOf(
  file: OpenFile,
  shared: boolean,
  allowed: number,
): number | { readonly error: number } {
  const access = file.flags & 3;
  const writes = shared && (allowed & protection.write) !== 0;
  if (access === 1 || (writes && access !== 2)) return { error: errno.EACCES };
  if (file.path === "/dev/zero") return protectionAll;
  if ((file.mode & 0o170000) !== 0o100000) return { error: errno.ENODEV };
  if (!shared) return protectionAll;
  return access === 2 ? protectionAll : protection.read | protection.execute;
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
  return mapFile(caller, { ...data, port: right.uid, size });
}

/** Maps a file that its server knows, if this host may write it; else the thread waits to hear that. */
function mapFile(caller: Caller, data: CallData): CallResult {
  const { kernel, task } = caller;
  const target = data as unknown as MapRequest;
  const [port, bytes] = [data["port"] as PortUid, data["size"] as number];
  const name = data["path"] as string;
  const offset = data["offset"] as number;
  // Another thread may have mapped something meanwhile, at the very place.
  const place = placeAt(caller, data["address"] as number, target.pages, data["flags"] as number);
  if (typeof place === "number") return returnValue(-place);
  const file = fileObject(kernel.memory.objects, { port, bytes, path: name });
  if (target.shared && (target.protection & protection.write) !== 0) {
    const unclaimed = claimFile(caller, file, finishWith("mapClaimed", data, null));
    if (unclaimed) return unclaimed;
  }
  showFile(kernel, file, false);
  const map = target.shared ? mapShared : mapPrivate;
  map(kernel, task.memory, { ...target, start: place.page, name }, file, offset);
  return returnValue(place.page * pageBytes);
}

function munmap(caller: Caller, [address, bytes]: Arguments): CallResult {
  const range = rangeOf(address, bytes);
  if (!range) return returnValue(-errno.EINVAL);
  const { kernel, task } = caller;
  const entry = entryAt(task.memory.map, range.start);
  const divides = entry && entry.start < range.start && entry.end > range.end;
  if (divides && isCrowded(caller)) return returnValue(-errno.ENOMEM);
  unmap(kernel, task.memory, range.start, range.end);
  return returnValue(0);
}

/** As in Linux, what comes before a hole or a mapping that may not have it is changed all the same. */
function mprotect(caller: Caller, [address, bytes, bits]: Arguments): CallResult {
  const allowed = protectionOf(bits);
  if (allowed === undefined || address % pageBytes !== 0) return returnValue(-errno.EINVAL);
  if (bytes === 0) return returnValue(0);
  const range = rangeOf(address, bytes);
  if (!range || isCrowded(caller)) return returnValue(-errno.ENOMEM);
  const { kernel, task } = caller;
  const { start, end } = range;
  const pages = protectablePages(task.memory, start, end, allowed);
  const writes = (allowed & protection.write) !== 0 && pages > 0;
  const then = finishWith("protectClaimed", { address, bytes, bits }, null);
  const unclaimed = writes ? claimRange(caller, start, start + pages, then) : undefined;
  if (unclaimed) return unclaimed;
  if (pages > 0) protect(kernel, task.memory, start, start + pages, allowed);
  if (pages === end - start) return returnValue(0);
  const hole = mappedPages(task.memory.map, start, end) === pages;
  return returnValue(-(hole ? errno.ENOMEM : errno.EACCES));
}

function finishProtect(caller: Caller, { address, bytes, bits }: CallData): CallResult {
  return mprotect(caller, [address as number, bytes as number, bits as number, 0, 0, 0]);
}

const row = rowsOf("local");

export const memoryCalls: readonly CallRow[] = [
  row(214, "brk", brk, "Moves the end of the heap."),
  row(215, "munmap", releasing(munmap), "Takes a range out of the map and frees its pages."),
  row(
    216,
    "mremap",
    releasing(mremap),
    "Grows, shrinks or moves a mapping; MREMAP_DONTUNMAP is refused.",
  ),
  row(
    222,
    "mmap",
    releasing(mmap),
    "Anonymous memory and files, private and shared; what is written to a shared file is there for reads of its host at once, for others after msync.",
  ),
  row(226, "mprotect", mprotect, "Changes the protection of whole pages."),
  row(
    227,
    "msync",
    msync,
    "Brings what was written to shared files to their servers, and waits for them.",
  ),
  row(
    232,
    "mincore",
    mincore,
    "A page is in core if it has contents, here or where they are owed.",
  ),
  row(
    233,
    "madvise",
    madvise,
    "DONTNEED and REMOVE drop pages, POPULATE brings them; hints are accepted.",
  ),
];

export const memoryFinishers: Finishers = {
  mmap: releasing(finishMap),
  mapClaimed: releasing(mapFile),
  protectClaimed: finishProtect,
  msync: finishSync,
};
