// vm_map: shows the memory object of another task, as Mach's vm_map does.
//
//   shared   the object's own pages, for all who map it on this host
//   a copy   what is written stays private; if the pager wants copies to be made at once, the call
//            waits until every page is here, else a page is copied when it is written
//
// The pager hears of this host at once. A task may map an object of its own: whoever touches a page
// then waits for another thread of the task to supply it, and no kernel waits with it.

import {
  dispositions,
  kern,
  portExtractRight,
  portName,
  type Right,
  watchPort,
} from "../../ports/index.ts";
import {
  afterRefusal,
  type Caller,
  type CallResult,
  finishWith,
  returnValue,
  spaceOf,
} from "../task/call.ts";
import { errno } from "../task/errno.ts";
import type { CallData } from "../task/task.ts";
import {
  entriesIn,
  entryAt,
  findSpace,
  greet,
  managedObject,
  mapPrivate,
  mapShared,
  pageBytes,
  pagerBelow,
  type Patience,
  patienceMax,
  prepareRange,
  protect,
  protection,
  unmap,
  userPageEnd,
  userPageFirst,
} from "../vm/index.ts";
import { isCrowded, mapTopPage, pagesOf, protectionOf } from "./linux-ranges.ts";
import { keepPager, releasing } from "./pager-rights.ts";
import { attempt, isLacking, waitForPort, wordOf } from "./port-context.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

/** Of the flags: PROT_ bits, then whether it is a copy, then what is done when the pager is silent. */
const copyFlag = 0x10;
const actionShift = 8;
const actions: readonly (Patience["action"] | null)[] = [null, "wait", "error", "substitute"];
const flagsKnown = 0x317;

interface Wanted {
  readonly start: number;
  readonly pages: number;
  readonly offset: number;
  readonly allowed: number;
  readonly copies: boolean;
  readonly patience: Patience | null;
}

function vmMap(caller: Caller, args: Arguments): CallResult {
  const wanted = decode(caller, args);
  if (typeof wanted === "number") return returnValue(-wanted);
  const context = spaceOf(caller);
  const name = wordOf(args[2]);
  const taken = attempt(caller, () => portExtractRight(context, name, dispositions.copySend));
  if (isLacking(taken)) return waitForPort(taken);
  if (taken.code !== kern.success || taken.right?.kind !== "send") return returnValue(-errno.EBADF);
  if (taken.right.count === undefined) return returnValue(-errno.EACCES); // no task's port
  return doMap(caller, wanted, taken.right);
}

/** What is wanted, or an errno. Changes nothing. */
function decode(caller: Caller, args: Arguments): Wanted | number {
  const [address, bytes, , offset, flags, ns] = args;
  const allowed = protectionOf(flags & 7);
  const action = actions[(flags >> actionShift) & 3];
  if (bytes <= 0 || allowed === undefined || (flags & ~flagsKnown) !== 0) return errno.EINVAL;
  if (offset < 0 || offset % pageBytes !== 0 || address % pageBytes !== 0) return errno.EINVAL;
  if (ns < 0 || ns > patienceMax || action === undefined) return errno.EINVAL;
  const pages = pagesOf(bytes);
  const start = placeOf(caller, address / pageBytes, pages);
  if (start === undefined || isCrowded(caller)) return errno.ENOMEM;
  const patience = action && { action, ns };
  return {
    ...{ start, pages, allowed, patience },
    offset: offset / pageBytes,
    copies: (flags & copyFlag) !== 0,
  };
}

function placeOf({ task }: Caller, wanted: number, pages: number): number | undefined {
  if (wanted === 0) return findSpace(task.memory.map, pages, mapTopPage);
  const fits = wanted >= userPageFirst && wanted + pages <= userPageEnd;
  return fits && entriesIn(task.memory.map, wanted, wanted + pages).length === 0
    ? wanted
    : undefined;
}

function doMap(caller: Caller, wanted: Wanted, right: Right): CallResult {
  const { kernel, task } = caller;
  const { start, pages, offset, allowed, copies, patience } = wanted;
  const path = portName(right.uid);
  const pager = { port: right.uid, path };
  const object = managedObject(kernel.memory.objects, pager, "task", patience);
  const rights = copies ? protection.read | protection.write : allowed;
  const region = { start, pages, protection: rights, name: `[${path}]` };
  const map = copies ? mapPrivate : mapShared;
  map(kernel, task.memory, region, object, offset);
  // A copy of the address space has no right to the object.
  for (const entry of entriesIn(task.memory.map, start, start + pages)) entry.inheritance = "none";
  keepPager(caller, right);
  watchPort(kernel.state.ports, right.uid, kernel.host);
  if (object.manager) greet(kernel, object, object.manager);
  if (!copies) return returnValue(start * pageBytes);
  return finishCopy(caller, { start, pages, at: start, allowed });
}

/** Brings and copies the pages of a copy, one after the other, if the pager wants that. */
function finishCopy(caller: Caller, data: CallData): CallResult {
  const { kernel, task } = caller;
  const { start, pages, at, allowed } = data as unknown as Copying;
  const below = managerOf(caller, start);
  if (below && (below.manager.state === "new" || below.manager.state === "asked")) {
    const { object, manager } = below;
    greet(kernel, object, manager);
    manager.awaiting.add(0);
    const then = finishWith("vmCopied", { ...data }, null);
    const { now: since } = kernel.host;
    return { do: "wait", wait: { for: "page", object: object.id, page: 0, since, then } };
  }
  const eager = below?.manager.copies === "at-once";
  for (let page = at; eager && page < start + pages; page++) {
    const refusal = prepareRange(kernel, task.memory, page * pageBytes, pageBytes, 1);
    if (!refusal) continue;
    if (refusal.at === "lost" || refusal.at === "refused") {
      dropCopy(caller, start, pages);
      return returnValue(-errno.EIO);
    }
    const then = finishWith("vmCopied", { start, pages, at: page, allowed }, null);
    return afterRefusal(caller, refusal, page * pageBytes, then);
  }
  protect(kernel, task.memory, start, start + pages, allowed);
  return returnValue(start * pageBytes);
}

interface Copying {
  readonly start: number;
  readonly pages: number;
  /** The next page to copy. */
  readonly at: number;
  readonly allowed: number;
}

const dropCopy = releasing(({ kernel, task }: Caller, start: number, pages: number): CallResult => {
  unmap(kernel, task.memory, start, start + pages);
  return returnValue(0);
});

function managerOf({ task }: Caller, page: number) {
  const entry = entryAt(task.memory.map, page);
  const object = entry && pagerBelow(entry.object)?.object;
  return object?.manager ? { object, manager: object.manager } : undefined;
}

const row = rowsOf("local");

export const pagerCalls: readonly CallRow[] = [
  row(
    -40,
    "vm_map",
    vmMap,
    "address or 0, bytes, send right to the memory object, offset, flags, nanoseconds: shows another task's object; returns the address.",
  ),
];

export const pagerFinishers: Finishers = { vmCopied: finishCopy };
