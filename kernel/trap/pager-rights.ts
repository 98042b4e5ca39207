// The rights by which a task holds the objects of other tasks that it maps.
//
// They are among the names that the kernel keeps in the task's space, as those of open files: they
// move with it, end with it, and are counted. When the last range that shows an object is unmapped
// its right is given up; if no kernel has another, the pager hears that there are no senders.

import {
  keepRight,
  type PortUid,
  privateEntryOfPort,
  type Right,
  releaseRight,
} from "../../ports/index.ts";
import { type Caller, type CallResult, spaceOf } from "../task/call.ts";
import type { MemoryObject } from "../vm/index.ts";

/** Keeps the right to an object that is mapped now; a task keeps one of each. */
export function keepPager(caller: Caller, right: Right): void {
  const context = spaceOf(caller);
  const known = privateEntryOfPort(context.space, right.uid);
  const name = keepRight(context, right);
  if (known) releaseRight(context, name);
}

/** A call by which ranges may go: rights to what is not shown any more are given up after it. */
export function releasing<A extends readonly unknown[]>(
  call: (caller: Caller, ...rest: A) => CallResult,
): (caller: Caller, ...rest: A) => CallResult {
  return (caller, ...rest) => {
    const before = pagersOf(caller);
    const result = call(caller, ...rest);
    if (before.size > 0) releaseAllBut(caller, before, pagersOf(caller));
    return result;
  };
}

function releaseAllBut(
  caller: Caller,
  before: ReadonlySet<PortUid>,
  after: ReadonlySet<PortUid>,
): void {
  const context = spaceOf(caller);
  for (const uid of before) {
    const entry = after.has(uid) ? undefined : privateEntryOfPort(context.space, uid);
    if (entry) releaseRight(context, entry.name);
  }
}

const none: ReadonlySet<PortUid> = new Set();

/** The ports of other tasks whose objects the task shows. */
function pagersOf({ kernel, task }: Caller): ReadonlySet<PortUid> {
  let any = false;
  for (const { manager } of kernel.memory.objects.files.values()) any ||= manager !== null;
  if (!any) return none;
  const ports = new Set<PortUid>();
  for (const entry of task.memory.map.entries) {
    let object: MemoryObject | undefined = entry.object;
    // Ends because shadow chains do.
    while (object) {
      if (object.manager && object.pager) ports.add(object.pager.port);
      object = object.shadow?.object;
    }
  }
  return ports;
}
