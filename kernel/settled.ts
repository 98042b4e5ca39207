// Pages that threads, moves and postponed orders waited for have come, or never will.

import type { PortUid } from "../ports/index.ts";
import { type MoveKernel, noteFetched, noteStored, orderMove } from "./migrate/index.ts";
import type { Task } from "./task/task.ts";
import { waitersFor } from "./task/wait.ts";
import { wake } from "./trap/index.ts";
import { onPagerDead, onPagerTimer, type PagesSettled } from "./vm/index.ts";

/** Exec has committed: a move that was ordered meanwhile begins. */
export function startPostponed(kernel: MoveKernel, task: Task): void {
  const order = task.postponed;
  if (!order || task.state !== "running") return;
  task.postponed = null;
  orderMove(kernel, task, order);
}

/** Pages have come or failed: whoever waits for them looks again. */
export function onSettled(kernel: MoveKernel, settled: PagesSettled): void {
  for (const ref of waitersFor(kernel, settled)) {
    wake(kernel, ref, null);
    const task = kernel.state.tasks.get(ref.pid);
    if (task) startPostponed(kernel, task);
  }
  noteFetched(kernel);
}

/** A pager that is a task has had its time, for some of what it was asked. */
export function onPagerPatience(kernel: MoveKernel, object: number): void {
  const settled = onPagerTimer(kernel, object);
  if (!settled) return;
  onSettled(kernel, settled);
  noteStored(kernel);
}

/** The port of a pager that is a task may have died. */
export function onPagerPortDead(kernel: MoveKernel, uid: PortUid): void {
  const settled = onPagerDead(kernel, uid);
  if (!settled) return;
  onSettled(kernel, settled);
  noteStored(kernel);
}
