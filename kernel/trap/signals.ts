// Signals from outside a task: what becomes of one, whatever the task is doing.
//
//   message ──▶ pending ──▶ a runnable thread meets it now          ─┐
//                     ├───▶ one that waits: ends, stops, or its wait ├─▶ not while it is stopped,
//                     │     is ended for the handler, if it can be  ─┘   but for SIGKILL
//                     └───▶ SIGCONT continues a stopped task first, even if it is ignored or blocked
//
// Signals to a frozen task wait in the queue of its port and travel with it, in order.

import { receiveCodes, removeReceiver } from "../../ports/index.ts";
import type { Caller } from "../task/call.ts";
import type { Kernel } from "../task/kernel.ts";
import { completeCall } from "../task/registers.ts";
import {
  changesStopped,
  hasSignal,
  pendSignal,
  signalEffect,
  signalMax,
  signals,
  takePending,
} from "../task/signal.ts";
import type { Task, Thread } from "../task/task.ts";
import { disarm, giveUpWait } from "../task/wait.ts";
import { must } from "../../ports/base/index.ts";
import { deliverPending, end, pendingFor, resume, stopTask } from "./deliver.ts";
import { interruptedSleep } from "./linux-time.ts";
import { wake } from "./trap.ts";

/** A signal from outside the task; `order` is the number of the operator's order, 0 for none. */
export function onSignal(kernel: Kernel, task: Task, signal: number, order: number = 0): void {
  kernel.host.emit("task.signal", { pid: task.pid, signal });
  if (signal < 1 || signal > signalMax) return;
  if (order > 0 && changesStopped(signal)) {
    if (order < task.signals.lastOrder) return;
    task.signals.lastOrder = order;
  }
  const caller = { kernel, task, thread: takerOf(task, signal) };
  const effect = pendSignal(task, caller.thread, signal);
  if (signal === signals.SIGKILL) end(caller, signal, null);
  else if (task.stopped !== 0) {
    if (signal === signals.SIGCONT) continueTask(kernel, task);
  } else if (effect.do !== "nothing" && effect.do !== "pend") meet(caller);
}

/** The first thread that does not block the signal, or else the first. */
function takerOf(task: Task, signal: number): Thread {
  const threads = [...task.threads.values()];
  const taker = threads.find(({ signalMask }) => !hasSignal(signalMask, signal));
  return taker ?? must(threads[0], "a thread of the task");
}

/** The task goes on, and meets what was sent to it while it was stopped. */
function continueTask(kernel: Kernel, task: Task): void {
  task.stopped = 0;
  kernel.host.emit("task.continued", { pid: task.pid, job: task.job });
  for (const thread of [...task.threads.values()]) {
    const caller = { kernel, task, thread };
    if (thread.state.at === "runnable") resume(caller);
    else if (thread.state.at === "waiting") meet(caller);
  }
}

/** The thread meets what is pending, as far as it can now. */
function meet(caller: Caller): void {
  const { kernel, task, thread } = caller;
  if (thread.state.at === "runnable") {
    deliverPending(caller);
    return;
  }
  let handled = false;
  for (const signal of pendingFor(task, thread)) {
    if (task.stopped !== 0) return;
    const effect = signalEffect(task, thread, signal, false);
    if (effect.do === "handle") {
      handled = true;
      continue;
    }
    takePending(task, signal);
    if (effect.do === "stop") stopTask(kernel, task, signal);
    else if (effect.do === "end") {
      end(caller, signal, null);
      return;
    }
  }
  if (handled && task.stopped === 0) interrupt(caller);
}

/**
 * A signal with a handler ends a sleep, and a wait for a message; and one for room, if it was
 * certainly not sent. Other waits are short, or their answers cannot be called back.
 */
function interrupt(caller: Caller): void {
  const { kernel, task, thread } = caller;
  if (task.state !== "running" || thread.state.at !== "waiting") return;
  const { wait } = thread.state;
  if (wait.for === "message") {
    disarm(kernel, thread);
    removeReceiver(task.space, thread.tid);
    thread.state = { at: "runnable" };
    completeCall(kernel, thread, receiveCodes.interrupted);
    resume(caller);
  } else if (wait.for === "send") giveUpWait(kernel, wait);
  else if (wait.for === "time") {
    thread.state = { at: "waiting", wait: interruptedSleep(wait, kernel.host.now) };
    wake(kernel, { pid: task.pid, tid: thread.tid }, null);
  }
}
