// Before a file is written through a shared mapping: this host claims it, and the thread waits to hear
// whether it may. If the programs of another host write the file, the call fails with ETXTBSY.

import { type Caller, type CallResult, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import type { Continuation } from "../task/task.ts";
import { claimPage, claimWrites, entriesIn, type MemoryObject } from "../vm/index.ts";

/** Undefined: the file may be written from here. `then` ends the call when the answer has come. */
export function claimFile(
  { kernel }: Caller,
  file: MemoryObject,
  then: Continuation,
): CallResult | undefined {
  const claim = claimWrites(kernel, file);
  if (claim === "yes") return undefined;
  if (claim === "gone") return returnValue(-errno.EIO);
  if (claim === "busy") return returnValue(-errno.ETXTBSY);
  const { now: since } = kernel.host;
  return { do: "wait", wait: { for: "page", object: file.id, page: claimPage, since, then } };
}

/** The same for the files that are shared in a range. */
export function claimRange(
  caller: Caller,
  start: number,
  end: number,
  then: Continuation,
): CallResult | undefined {
  for (const { object, shared } of entriesIn(caller.task.memory.map, start, end)) {
    const unclaimed = shared ? claimFile(caller, object, then) : undefined;
    if (unclaimed) return unclaimed;
  }
  return undefined;
}
