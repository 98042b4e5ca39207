// Blocking and waking. A waiting thread is a record; these functions keep the indexes to it.

import { must } from "../../ports/base/index.ts";
import type { PagesSettled } from "../vm/index.ts";
import type { Kernel, ThreadRef } from "./kernel.ts";
import { isCurrent, undispatch } from "./sched.ts";
import type { Task, Thread, Wait } from "./task.ts";

/** The thread waits from now on. Its registers are in its record afterwards. */
export function block(kernel: Kernel, task: Task, thread: Thread, wait: Wait): void {
  if (isCurrent(kernel.state, thread)) undispatch(kernel);
  thread.state = { at: "waiting", wait };
  arm(kernel, task, thread);
}

/** Enters a waiting thread into the indexes of this host: when it blocks, thaws or arrives. */
export function arm(kernel: Kernel, task: Task, thread: Thread): void {
  const { state, host } = kernel;
  if (thread.state.at !== "waiting") return;
  const { wait } = thread.state;
  const ref = { pid: task.pid, tid: thread.tid };
  if (wait.for === "page") {
    const waiters = state.pageWaiters.get(wait.object) ?? [];
    waiters.push({ ...ref, page: wait.page });
    state.pageWaiters.set(wait.object, waiters);
  } else if (wait.for === "time") {
    state.sleepers++;
    host.sleepTimer(wait.deadline, ref);
  }
}

/** The opposite of `arm`: when the wait is over, or the task is frozen or ends. */
export function disarm(kernel: Kernel, thread: Thread): void {
  const { state } = kernel;
  if (thread.state.at !== "waiting") return;
  const { wait } = thread.state;
  if (wait.for === "page") {
    const waiters = must(state.pageWaiters.get(wait.object), "waiters for an object");
    const rest = waiters.filter((waiter) => waiter.tid !== thread.tid);
    if (rest.length > 0) state.pageWaiters.set(wait.object, rest);
    else state.pageWaiters.delete(wait.object);
  } else if (wait.for === "time") {
    state.sleepers--;
  }
}

/** Threads for which one of the settled pages was the one they waited for. */
export function waitersFor(kernel: Kernel, settled: PagesSettled): readonly ThreadRef[] {
  const waiters = kernel.state.pageWaiters.get(settled.object.id);
  if (!waiters) return [];
  const pages = new Set(settled.pages);
  return waiters.filter((waiter) => pages.has(waiter.page));
}
