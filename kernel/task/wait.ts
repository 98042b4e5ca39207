// Blocking and waking. A waiting thread is a record; these functions keep the indexes to it.

import { must } from "../../ports/base/index.ts";
import { addReceiver, control, giveUpSend, sendCodes, wellKnownPort } from "../../ports/index.ts";
import { framesAvailable, type PagesSettled, pagesStoring } from "../vm/index.ts";
import { type Kernel, post, type ThreadRef } from "./kernel.ts";
import { isCurrent, undispatch } from "./sched.ts";
import type { Task, Thread, Wait } from "./task.ts";

/** When the wait ends by itself; null: never. */
export function deadlineOf(wait: Wait): number | null {
  return wait.for === "time" || wait.for === "message" ? wait.deadline : null;
}

/** The thread waits from now on. Its registers are in its record afterwards. */
export function block(kernel: Kernel, task: Task, thread: Thread, wait: Wait): void {
  const { state } = kernel;
  if (isCurrent(state, thread)) undispatch(kernel);
  thread.state = { at: "waiting", wait };
  // These two are no index of this host: the line of receivers travels with the space, and the
  // send stays here when the thread travels.
  if (wait.for === "message") addReceiver(task.space, { tid: thread.tid, name: wait.name });
  else if (wait.for === "send") {
    state.openSends.set(wait.id, { pid: task.pid, tid: thread.tid, port: task.port });
  }
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
    return;
  }
  if (wait.for === "memory") {
    state.memoryWaiters.push(ref);
    return;
  }
  const deadline = deadlineOf(wait);
  if (deadline === null) return;
  state.sleepers++;
  host.sleepTimer(deadline, ref);
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
  } else if (wait.for === "memory") {
    const at = state.memoryWaiters.findIndex(({ tid }) => tid === thread.tid);
    must(state.memoryWaiters.splice(at, 1)[0], "a thread that waits for memory");
  } else if (deadlineOf(wait) !== null) state.sleepers--;
}

/** Whoever waits for this send waits no longer: it ends as soon as it is certainly not sent. */
export function giveUpWait(kernel: Kernel, { id, host }: SendWait): void {
  const { state } = kernel;
  const code = sendCodes.interrupted;
  if (host === state.id) giveUpSend(state.ports, id, code, kernel.host);
  else post(kernel, wellKnownPort(host, "control"), control.giveUp, { send: id, code });
}

type SendWait = Extract<Wait, { readonly for: "send" }>;

/** The next thread that waits for memory, if there is some, or if waiting is of no use. */
export function waiterForMemory(kernel: Kernel): ThreadRef | undefined {
  const [first] = kernel.state.memoryWaiters;
  if (!first) return undefined;
  return framesAvailable(kernel) > 0 || pagesStoring(kernel) === 0 ? first : undefined;
}

/** Threads for which one of the settled pages was the one they waited for. */
export function waitersFor(kernel: Kernel, settled: PagesSettled): readonly ThreadRef[] {
  const waiters = kernel.state.pageWaiters.get(settled.object.id);
  if (!waiters) return [];
  const pages = new Set(settled.pages);
  return waiters.filter((waiter) => pages.has(waiter.page));
}
