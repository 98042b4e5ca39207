// mremap: a mapping shrinks or grows where it is, or moves with all its pages.
//
//   new <= old            what is behind the new end is unmapped
//   room behind it        it grows
//   MAYMOVE               its entries move to free space and grow there
//   FIXED                 the same, to a place of the caller's: what is there is unmapped
//   old = 0, shared       a second mapping of the same pages
//
// Pages stay where they are, in their objects; only the map changes.

import { must } from "../../ports/base/index.ts";
import { type Caller, type CallResult, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import {
  entriesIn,
  entryAt,
  findSpace,
  growMapping,
  type MapEntry,
  mapShared,
  moveMapping,
  pageBytes,
  protection,
  rangeEnd,
  unmap,
  userPageEnd,
  userPageFirst,
} from "../vm/index.ts";
import { exceedsLimits } from "./linux-limits.ts";
import { isCrowded, mapTopPage, pagesOf } from "./linux-ranges.ts";
import type { Arguments } from "./table.ts";

/** MREMAP_DONTUNMAP (4) is refused: nothing here needs a mapping whose pages have gone. */
const moveFlags = { mayMove: 1, fixed: 2 } as const;

interface Remap {
  readonly entry: MapEntry;
  readonly start: number;
  readonly before: number;
  readonly after: number;
}

export function mremap(caller: Caller, args: Arguments): CallResult {
  const [address, oldBytes, newBytes, flags, target] = args;
  const mayMove = (flags & moveFlags.mayMove) !== 0;
  const fixed = (flags & moveFlags.fixed) !== 0;
  const known = (flags & ~(moveFlags.mayMove | moveFlags.fixed)) === 0;
  if (!known || (fixed && !mayMove)) return returnValue(-errno.EINVAL);
  if (address % pageBytes !== 0 || oldBytes < 0 || newBytes <= 0) return returnValue(-errno.EINVAL);
  const start = address / pageBytes;
  const entry = entryAt(caller.task.memory.map, start);
  if (!entry) return returnValue(-errno.EFAULT);
  const remap = { entry, start, before: pagesOf(oldBytes), after: pagesOf(newBytes) };
  const result = fixed ? moveTo(caller, remap, target) : resize(caller, remap, mayMove);
  return returnValue(result < 0 ? result : result * pageBytes);
}

/** Without a wish for a place. Returns the page where the mapping is afterwards, or -errno. */
function resize(caller: Caller, remap: Remap, mayMove: boolean): number {
  const { start, before, after } = remap;
  const { kernel, task } = caller;
  const { map } = task.memory;
  if (before >= after) {
    if (start + before > userPageEnd + 1) return -errno.EINVAL;
    if (before > after) unmap(kernel, task.memory, start + after, start + before);
    return start;
  }
  const error = refusalToGrow(caller, remap);
  if (error !== 0) return -error;
  const end = start + before;
  const free = entriesIn(map, end, start + after).length === 0 && start + after <= userPageEnd;
  if (before > 0 && rangeEnd(map, remap.entry) === end && free) {
    growMapping(kernel, task.memory, end, after - before);
    return start;
  }
  if (!mayMove || isCrowded(caller)) return -errno.ENOMEM;
  const to = findSpace(map, after, mapTopPage);
  if (to === undefined) return -errno.ENOMEM;
  relocate(caller, remap, to);
  return to;
}

function moveTo(caller: Caller, asked: Remap, target: number): number {
  const { kernel, task } = caller;
  const { start, before, after } = asked;
  const to = target / pageBytes;
  if (!Number.isInteger(to) || to < 0 || to + after > userPageEnd) return -errno.EINVAL;
  if (start < to + after && to < start + before) return -errno.EINVAL;
  if (to < userPageFirst) return -errno.EPERM;
  if (isCrowded(caller)) return -errno.ENOMEM;
  unmap(kernel, task.memory, to, to + after);
  if (before > after) unmap(kernel, task.memory, start + after, start + before);
  // What is unmapped may have been a part of the same entry, and left another one at the start.
  const entry = entryAt(task.memory.map, start);
  if (!entry) return -errno.EFAULT;
  const remap = { ...asked, entry, before: Math.min(before, after) };
  const error = refusalToGrow(caller, remap);
  if (error !== 0) return -error;
  relocate(caller, remap, to);
  return to;
}

function refusalToGrow({ task }: Caller, { entry, start, before, after }: Remap): number {
  if (before === 0 && !entry.shared) return errno.EINVAL;
  if (start + before > rangeEnd(task.memory.map, entry)) return errno.EFAULT;
  const data = !entry.shared && (entry.protection & protection.write) !== 0;
  const more = Math.max(0, after - before);
  return more > 0 && exceedsLimits(task, more, data) ? errno.ENOMEM : 0;
}

/** Requires: nothing is mapped at the new place. */
function relocate(
  { kernel, task }: Caller,
  { entry, start, before, after }: Remap,
  to: number,
): void {
  if (before === 0) {
    const { object, offset, protection, limit, name } = entry;
    const region = { start: to, pages: after, protection, limit, name };
    mapShared(kernel, task.memory, region, object, offset + (start - entry.start));
    return;
  }
  moveMapping(kernel, task.memory, { start, pages: before }, to);
  must(entryAt(task.memory.map, to), "what was moved");
  if (after > before) growMapping(kernel, task.memory, to + before, after - before);
}
