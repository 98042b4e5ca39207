// Who runs: one hart, round robin with an instruction quantum.
//
// The registers of the current thread are in the hart and nowhere else; those of all others are
// in their records. A stop at a horizon changes nothing here: the quantum ends only when it is
// spent or the thread blocks.

import { assert } from "../../ports/base/index.ts";
import { type Kernel, type TaskState, threadOf, type ThreadRef } from "./kernel.ts";
import type { Task, Thread } from "./task.ts";

export function isCurrent(state: TaskState, thread: Thread): boolean {
  return state.current?.tid === thread.tid;
}

/** The thread waits for nothing; it gets its turns, unless its task is stopped. */
export function makeReady(state: TaskState, task: Task, thread: Thread): void {
  assert(task.state === "running", "only threads of a running task become ready");
  thread.state = { at: "runnable" };
  if (task.stopped === 0) state.ready.push({ pid: task.pid, tid: thread.tid });
}

/** Whether a guest thread could run now. */
export function anyReady(state: TaskState): boolean {
  return state.current !== null || state.ready.length > 0;
}

/** Puts the next thread on the hart if none is there. False: there is none. */
export function dispatch(kernel: Kernel): boolean {
  const { state, hart, host } = kernel;
  if (state.current) return true;
  const next = state.ready.shift();
  if (!next) return false;
  state.current = next;
  state.quantumLeft = host.quantumInstructions;
  const task = state.tasks.get(next.pid) as Task;
  hart.loadThread(threadOf(state, next).registers);
  hart.setAddressSpace(task.memory.pmap.space);
  hart.clearReservation();
  return true;
}

/** Takes the current thread off the hart. */
export function undispatch(kernel: Kernel): ThreadRef {
  const { state, hart } = kernel;
  const { current } = state;
  assert(current !== null, "a thread is on the hart");
  hart.saveThread(threadOf(state, current).registers);
  state.current = null;
  return current;
}

/** The quantum is spent: the current thread goes behind all others that are ready. */
export function rotate(kernel: Kernel): void {
  if (kernel.state.ready.length === 0) {
    kernel.state.quantumLeft = kernel.host.quantumInstructions;
    return;
  }
  kernel.state.ready.push(undispatch(kernel));
}

/** Takes a thread out of the running, whatever its state. Its record then has its registers. */
export function suspend(kernel: Kernel, thread: Thread): void {
  const { state } = kernel;
  if (isCurrent(state, thread)) undispatch(kernel);
  const at = state.ready.findIndex((ref) => ref.tid === thread.tid);
  if (at >= 0) state.ready.splice(at, 1);
}
