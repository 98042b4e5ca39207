// What signals do to the thread that meets them: when it goes on, or at once for what it did itself.
//
//   pending ──the thread is about to go on──▶ ends │ stops │ a handler starts │ nothing
//   a fault, or SIGPIPE by a write ──▶ the same, but a fault cannot be put off
//
// A stopped task's threads are in no line of ready ones. What they wait for goes on being served: a
// call whose answer comes is finished, and its thread is runnable when the task is continued.

import { endTask } from "../task/life.ts";
import type { Caller, Lost } from "../task/call.ts";
import type { Kernel } from "../task/kernel.ts";
import { isCurrent, makeReady, suspend } from "../task/sched.ts";
import {
  hasSignal,
  signalEffect,
  signalMax,
  signals,
  takePending,
  withSignal,
} from "../task/signal.ts";
import type { SignalSender, Task, Thread } from "../task/task.ts";
import { block } from "../task/wait.ts";
import { entryAt, pageBytes } from "../vm/index.ts";
import { byKernel, enterHandler, infoOf, type SignalInfo } from "./signal-frame.ts";

/** The thread goes on; pending signals that it does not block are delivered first. */
export function resume(caller: Caller): void {
  const { kernel, task, thread } = caller;
  if (deliverPending(caller) && !isCurrent(kernel.state, thread)) {
    makeReady(kernel.state, task, thread);
  }
}

/**
 * Delivers what is pending to a runnable thread. False: it does not go on now, or not at all. As in
 * Linux each handler gets its frame, and the last one runs first.
 */
export function deliverPending(caller: Caller): boolean {
  const { kernel, task, thread } = caller;
  while (task.stopped === 0) {
    const [signal] = pendingFor(task, thread);
    if (signal === undefined) return true;
    const sender = takePending(task, signal);
    const effect = signalEffect(task, thread, signal, false);
    if (effect.do === "end") {
      end(caller, signal, null);
      return false;
    }
    if (effect.do === "stop") stopTask(kernel, task, signal);
    else if (effect.do === "handle" && !handle(caller, signal, infoOf(sender), sender))
      return false;
  }
  return false;
}

const noSignals: readonly number[] = [];

/** Pending signals that the thread does not block, in the order of their numbers. */
export function pendingFor(task: Task, thread: Thread): readonly number[] {
  const { pending } = task.signals;
  if (pending[0] === 0 && pending[1] === 0) return noSignals;
  const found: number[] = [];
  for (let signal = 1; signal <= signalMax; signal++) {
    if (hasSignal(pending, signal) && !hasSignal(thread.signalMask, signal)) found.push(signal);
  }
  return found;
}

/** None of its threads runs until it is continued, wherever it is by then. */
export function stopTask(kernel: Kernel, task: Task, signal: number): void {
  for (const thread of task.threads.values()) suspend(kernel, thread);
  task.stopped = signal;
  kernel.host.emit("task.stopped", { pid: task.pid, job: task.job, signal });
}

/** Starts the handler. False: the thread does not go on now, or not at all. */
function handle(
  caller: Caller,
  signal: number,
  info: SignalInfo,
  sender: SignalSender | null,
): boolean {
  const { kernel, task, thread } = caller;
  const first = enterHandler(caller, signal, info);
  if (!first) return true;
  if (first.do === "wait") {
    // The stack is on a page that is not here: the signal is delivered when it is.
    task.signals.pending = withSignal(task.signals.pending, signal);
    if (sender) task.signals.senders.set(signal, sender);
    suspend(kernel, thread);
    block(kernel, task, thread, first.wait);
  } else end(caller, signals.SIGSEGV, null);
  return false;
}

/** A signal for what the thread itself did: it cannot be put off, but a program may handle it. */
export function force(
  caller: Caller,
  signal: number,
  lost: Lost | null,
  code: number = lost ? faultCode(caller, signal, lost.address) : 0,
): void {
  const { kernel, task, thread } = caller;
  if (task.state !== "running" || signalEffect(task, thread, signal, true).do !== "handle") {
    end(caller, signal, lost);
    return;
  }
  const info = lost ? { code, address: lost.address } : byKernel;
  const first = enterHandler(caller, signal, info);
  if (first) {
    // For want of its stack's page: the thread then does the same once more, and gets the signal.
    if (first.do !== "wait") end(caller, signals.SIGSEGV, null);
    else {
      suspend(kernel, thread);
      block(kernel, task, thread, first.wait);
    }
    return;
  }
  if (!isCurrent(kernel.state, thread)) makeReady(kernel.state, task, thread);
}

/**
 * si_code of what a thread did: of a page fault that nothing is mapped there (1), that it is not
 * allowed (2), or that there is no such page in the object (BUS_ADRERR, 2); of others their first.
 */
function faultCode({ task }: Caller, signal: number, address: number): number {
  if (signal === signals.SIGBUS) return 2;
  if (signal !== signals.SIGSEGV) return 1;
  return entryAt(task.memory.map, Math.floor(address / pageBytes)) ? 2 : 1;
}

export function end({ kernel, task }: Caller, signal: number, lost: Lost | null): void {
  endTask(kernel, task, { status: 0, signal, lost });
}
