// Linux calls that ask or say something of memory that is mapped: madvise, mincore, msync.
//
// As in Linux they do what they can for the parts that are mapped, and then say ENOMEM if some of
// the range was not.

import { isOp, memory as memoryOps, type Message, type PortUid } from "../../ports/index.ts";
import { afterRefusal, type Caller, type CallResult, request, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import type { CallData } from "../task/task.ts";
import {
  copyOut,
  discard,
  entriesIn,
  entryAt,
  type Inheritance,
  isInCore,
  mappedPages,
  pageBytes,
  pagerBelow,
  prepareRange,
  punch,
  returnManaged,
  returnShared,
  setInheritance,
  userPageEnd,
} from "../vm/index.ts";
import { type PageRange, pagesOf } from "./linux-ranges.ts";
import type { Arguments } from "./table.ts";

const advice = { dontNeed: 4, free: 8, remove: 9, populateRead: 22, populateWrite: 23 } as const;
/** DONTFORK, DOFORK, WIPEONFORK, KEEPONFORK: what a child has there. */
const inheritances: ReadonlyMap<number, Inheritance | null> = new Map([
  [10, "none"],
  [11, null],
  [18, "zero"],
  [19, null],
]);
/** NORMAL to WILLNEED, MERGEABLE to NOHUGEPAGE, DONTDUMP, DODUMP, COLD, PAGEOUT: nothing changes. */
const hints: ReadonlySet<number> = new Set([0, 1, 2, 3, 12, 13, 14, 15, 16, 17, 20, 21]);
const knownAdvice: ReadonlySet<number> = new Set([
  ...hints,
  ...inheritances.keys(),
  ...Object.values(advice),
]);

export function madvise(caller: Caller, [address, bytes, what]: Arguments): CallResult {
  const { kernel, task } = caller;
  if (!knownAdvice.has(what) || address % pageBytes !== 0) return returnValue(-errno.EINVAL);
  if (bytes < 0 || address < 0) return returnValue(-errno.EINVAL);
  const start = address / pageBytes;
  const end = start + pagesOf(bytes);
  if (end === start) return returnValue(0);
  const whole = end <= userPageEnd && mappedPages(task.memory.map, start, end) === end - start;
  const missing = returnValue(whole ? 0 : -errno.ENOMEM);
  const entries = entriesIn(task.memory.map, start, end);
  const inheritance = inheritances.get(what);
  if (inheritance !== undefined) {
    return adviseChild(caller, { start, end }, inheritance) ? missing : returnValue(-errno.EINVAL);
  }
  switch (what) {
    case advice.dontNeed:
      discard(kernel, task.memory, start, end);
      return missing;
    case advice.free: // the pages may stay as they are until memory is short
      return entries.some(({ shared, object }) => shared || pagerBelow(object))
        ? returnValue(-errno.EINVAL)
        : missing;
    case advice.remove: {
      const bad = entries.some(({ shared, object }) => !shared || (object.shadow && !object.pager));
      const error = bad ? errno.EINVAL : 0;
      if (entries.some(({ object }) => object.pager)) return returnValue(-errno.EOPNOTSUPP);
      const readOnly = entries.some(({ limit }) => (limit & 2) === 0);
      if (error !== 0 || readOnly) return returnValue(-(error || errno.EACCES));
      punch(kernel, task.memory, start, end);
      return missing;
    }
    case advice.populateRead:
    case advice.populateWrite:
      return whole ? populate(caller, address, end - start, what) : missing;
    default:
      return missing;
  }
}

/** Each part that is mapped. Null: what it would be without advice. False: not for such memory. */
function adviseChild(
  { task }: Caller,
  { start, end }: PageRange,
  inheritance: Inheritance | null,
): boolean {
  return entriesIn(task.memory.map, start, end).every((entry) => {
    const [from, to] = [Math.max(start, entry.start), Math.min(end, entry.end)];
    const usual = entry.shared ? "share" : "copy";
    return setInheritance(task.memory, from, to, inheritance ?? usual);
  });
}

function populate(caller: Caller, address: number, pages: number, what: number): CallResult {
  const { kernel, task } = caller;
  const access = what === advice.populateRead ? 0 : 1;
  const refusal = prepareRange(kernel, task.memory, address, pages * pageBytes, access);
  if (!refusal) return returnValue(0);
  if (refusal.at === "refused") return returnValue(-errno.EINVAL);
  return afterRefusal(caller, refusal, address);
}

/** One byte a page: 1 if it has contents, here or where the task came from. */
export function mincore(caller: Caller, [address, bytes, vector]: Arguments): CallResult {
  const { kernel, task } = caller;
  if (address % pageBytes !== 0) return returnValue(-errno.EINVAL);
  const start = address / pageBytes;
  const pages = pagesOf(bytes);
  const { map } = task.memory;
  const whole =
    start >= 0 &&
    pages >= 0 &&
    start + pages <= userPageEnd &&
    mappedPages(map, start, start + pages) === pages;
  if (!whole) return returnValue(-errno.ENOMEM);
  const residence = new Uint8Array(pages);
  for (let at = 0; at < pages; at++) {
    const entry = entryAt(map, start + at);
    residence[at] = entry && isInCore(entry, start + at) ? 1 : 0;
  }
  const refusal = copyOut(kernel, task.memory, vector, residence);
  return refusal ? afterRefusal(caller, refusal, vector) : returnValue(0);
}

const syncFlags = { later: 1, invalidate: 2, now: 4 } as const;

/** What was written to shared files goes to their servers; MS_SYNC waits until they say so. */
export function msync(caller: Caller, [address, bytes, flags]: Arguments): CallResult {
  const { kernel, task } = caller;
  const { later, invalidate, now } = syncFlags;
  const both = (flags & later) !== 0 && (flags & now) !== 0;
  if ((flags & ~(later | invalidate | now)) !== 0 || both) return returnValue(-errno.EINVAL);
  if (address % pageBytes !== 0) return returnValue(-errno.EINVAL);
  if (bytes === 0) return returnValue(0);
  const start = address / pageBytes;
  const end = start + pagesOf(bytes);
  const whole =
    start >= 0 &&
    end > start &&
    end <= userPageEnd &&
    mappedPages(task.memory.map, start, end) === end - start;
  const written = returnShared(kernel, task.memory, start, end);
  const value = whole ? 0 : -errno.ENOMEM;
  const managed = returnManaged(kernel, task.memory, start, end);
  if (managed === "silent") return returnValue(-errno.EIO);
  if ((flags & now) !== 0 && managed) return afterRefusal(caller, managed, address);
  if ((flags & now) === 0) return returnValue(value);
  const servers = written.flatMap(({ pager }) => (pager ? [pager.port] : []));
  return synchronize(caller, servers, value);
}

function synchronize(caller: Caller, servers: readonly PortUid[], value: number): CallResult {
  const [next, ...rest] = servers;
  if (next === undefined) return returnValue(value);
  const then = { call: "msync", data: { rest, value } };
  return request(caller, next, memoryOps.synchronize, {}, then);
}

export function finishSync(caller: Caller, data: CallData, reply: Message | null): CallResult {
  if (!reply || !isOp(reply, memoryOps.synchronized)) return returnValue(-errno.EIO);
  return synchronize(caller, data["rest"] as readonly PortUid[], data["value"] as number);
}
