// The door between a guest and the kernel: why the hart stopped, and what happens then.
//
//   ecall ──▶ table of calls ──▶ return │ wait │ signal │ gone
//   page fault ──▶ vm/fault ──▶ mapped (the instruction is done again) │ wait │ SIGSEGV, SIGBUS
//   illegal, ebreak, misaligned ──▶ SIGILL, SIGTRAP, SIGBUS          time ──▶ the clock in a register
//
// Nothing of a trapping instruction has happened when it gets here, and pc stands on it: a thread
// that waits for a page, wherever it wakes up, just does the instruction once more.

import { assert, must } from "../../ports/base/index.ts";
import { dropRights, isOp, type Message, notify, removeReceiver } from "../../ports/index.ts";
import type { StopReason } from "../machine/index.ts";
import { afterLoss, type Caller, type CallResult } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { execCall, finishExec } from "../task/exec.ts";
import type { Kernel, ThreadRef } from "../task/kernel.ts";
import { completeCall, passInstruction } from "../task/registers.ts";
import { suspend } from "../task/sched.ts";
import { signals } from "../task/signal.ts";
import type { Continuation, Task, Thread } from "../task/task.ts";
import { block, disarm, waiterForMemory } from "../task/wait.ts";
import { fault, pageBytes } from "../vm/index.ts";
import { force, resume } from "./deliver.ts";
import { kernelCalls } from "./kernel-calls.ts";
import { descriptorCalls, descriptorFinishers } from "./linux-descriptors.ts";
import { fileCalls, fileFinishers } from "./linux-files.ts";
import { listingCalls, listingFinishers } from "./linux-listing.ts";
import { linuxCallName } from "./linux-names.ts";
import { limitCalls } from "./linux-limits.ts";
import { memfdCalls } from "./linux-memfd.ts";
import { memoryCalls, memoryFinishers } from "./linux-memory.ts";
import { processCalls } from "./linux-process.ts";
import { portFinishers } from "./port-exchange.ts";
import { pagerFinishers } from "./port-pager.ts";
import { removeCalls, removeFinishers } from "./linux-remove.ts";
import { signalCalls } from "./linux-signals.ts";
import { taskFinishers } from "./task-calls.ts";
import { syncCalls, syncFinishers } from "./linux-sync.ts";
import { timeCalls, timeFinishers } from "./linux-time.ts";
import { transferCalls, transferFinishers } from "./linux-transfer.ts";
import type { Arguments, CallRow, Finisher, Finishers } from "./table.ts";

/** All Linux calls that are there, in the order of their numbers. */
export const linuxCalls: readonly CallRow[] = [
  ...descriptorCalls,
  ...fileCalls,
  ...limitCalls,
  ...listingCalls,
  ...memfdCalls,
  ...memoryCalls,
  ...processCalls,
  ...removeCalls,
  ...signalCalls,
  ...syncCalls,
  ...timeCalls,
  ...transferCalls,
].sort((a, b) => a.number - b.number);

const calls = new Map<number, CallRow>(
  [...linuxCalls, ...kernelCalls].map((row) => [row.number, row]),
);
const finishers: Finishers = {
  ...descriptorFinishers,
  ...fileFinishers,
  ...listingFinishers,
  ...memoryFinishers,
  ...portFinishers,
  ...removeFinishers,
  ...syncFinishers,
  ...pagerFinishers,
  ...taskFinishers,
  ...timeFinishers,
  ...transferFinishers,
  [execCall]: finishExec,
  signal: () => ({ do: "continue" }),
};
const callRegister = 17;
const argumentRegister = 10;
const callNumberMax = 1024;

/** The current thread stopped for a reason of its own. Requires: it is on the hart. */
export function onTrap(kernel: Kernel, reason: StopReason): void {
  const { state, hart, host } = kernel;
  const ref = must(state.current, "a current thread");
  const task = must(state.tasks.get(ref.pid), "the current task");
  const thread = must(task.threads.get(ref.tid), "the current thread");
  const caller = { kernel, task, thread };
  switch (reason) {
    case "budget":
      return;
    case "time":
      hart.setRegister(hart.stopBits, host.now);
      passInstruction(kernel, thread);
      return;
    case "ecall":
      hart.clearReservation();
      host.charge(host.trapNs);
      apply(caller, doCall(caller));
      return;
    case "page-fault":
      hart.clearReservation();
      apply(caller, onFault(caller));
      return;
    case "illegal":
      force(caller, signals.SIGILL, { address: hart.pc, why: "fault", host: -1 });
      return;
    case "ebreak":
      force(caller, signals.SIGTRAP, { address: hart.pc, why: "fault", host: -1 });
      return;
    case "misaligned":
      // BUS_ADRALN
      force(caller, signals.SIGBUS, { address: hart.stopAddress, why: "fault", host: -1 }, 1);
      return;
  }
}

function doCall(caller: Caller): CallResult {
  const { kernel, task } = caller;
  const { hart, host, state } = kernel;
  const number = hart.getRegisterSigned(callRegister);
  const row = calls.get(number);
  if (!row) return missing(caller, number);
  if (host.wantsAll) host.emit("trap.ecall", { pid: task.pid, call: row.name });
  if (row.name === "rseq") countMissing(state.unsupported, row.name);
  return row.call(caller, argumentsOf(kernel));
}

function argumentsOf({ hart }: Kernel): Arguments {
  const at = (index: number): number => hart.getRegisterSigned(argumentRegister + index);
  return [at(0), at(1), at(2), at(3), at(4), at(5)];
}

/** A call that is not there: ENOSYS, and the summary names it. */
function missing({ kernel, task }: Caller, number: number): CallResult {
  const name = number < 0 ? `kernel call ${number}` : linuxCallName(number);
  // A program that tries every number does not make the summary grow without end.
  const listed = Math.abs(number) < callNumberMax ? name : "calls out of range";
  countMissing(kernel.state.unsupported, listed);
  kernel.host.emit("trap.missing", { pid: task.pid, call: name });
  return { do: "return", value: -errno.ENOSYS };
}

function countMissing(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function onFault(caller: Caller): CallResult {
  const { kernel, task } = caller;
  const { hart, host } = kernel;
  const address = hart.stopAddress;
  const access = hart.stopAccess;
  const page = Math.floor(address / pageBytes);
  if (host.wantsAll) host.emit("trap.fault", { pid: task.pid, address, access });
  const result = fault(kernel, task.memory, page, access);
  switch (result.at) {
    case "mapped":
      return { do: "continue" };
    case "wait": {
      const { object, page: objectPage } = result;
      const then: Continuation = { do: "again" };
      const wait = { for: "page", object, page: objectPage, since: host.now, then } as const;
      return { do: "wait", wait };
    }
    case "full":
      return { do: "wait", wait: { for: "memory", since: host.now, then: { do: "again" } } };
    case "refused":
      return { do: "signal", signal: signals.SIGSEGV, lost: { address, why: "fault", host: -1 } };
    case "lost": {
      const lost = afterLoss(result.failure, address);
      return (
        lost ?? { do: "signal", signal: signals.SIGBUS, lost: { address, why: "fault", host: -1 } }
      );
    }
  }
}

/** Does what a call or a finisher said. */
export function apply(caller: Caller, result: CallResult): void {
  const { kernel, task, thread } = caller;
  switch (result.do) {
    case "return":
      completeCall(kernel, thread, result.value);
      resume(caller);
      return;
    case "continue":
      resume(caller);
      return;
    case "wait":
      if (kernel.host.wants && result.wait.for !== "page") {
        kernel.host.emit("thread.wait", { pid: task.pid, tid: thread.tid, for: result.wait.for });
      }
      block(kernel, task, thread, result.wait);
      return;
    case "signal":
      force(caller, result.signal, result.lost);
      return;
    case "gone":
      return;
  }
}

/** Whatever a waiting thread waited for has come. `reply` is the answer, if it waited for one. */
export function wake(kernel: Kernel, ref: ThreadRef, reply: Message | null): void {
  const task = kernel.state.tasks.get(ref.pid);
  const thread = task?.threads.get(ref.tid);
  if (!task || !thread || thread.state.at !== "waiting") return;
  const { wait } = thread.state;
  disarm(kernel, thread);
  if (wait.for === "page" || wait.for === "memory") task.pageWaitNs += kernel.host.now - wait.since;
  else if (wait.for === "message") removeReceiver(task.space, thread.tid);
  thread.state = { at: "runnable" };
  const caller = { kernel, task, thread };
  if (wait.then.do === "again") {
    resume(caller);
    return;
  }
  const finish = must(finishers[wait.then.call], `finisher of ${wait.then.call}`) as Finisher;
  apply(caller, finish(caller, wait.then.data, reply ?? wait.then.reply));
}

/** Wakes a thread that waits for memory if it can go on. False: there is none. */
export function wakeForMemory(kernel: Kernel): boolean {
  const ref = waiterForMemory(kernel);
  if (ref) wake(kernel, ref, null);
  return ref !== undefined;
}

/** A message came to a thread's reply port. An answer to an earlier request is dropped. */
export function onReply(kernel: Kernel, task: Task, thread: Thread, message: Message): void {
  const { state } = thread;
  const expected = state.at === "waiting" && state.wait.for === "reply" ? state.wait.request : -1;
  if (expected !== message.id) {
    dropRights(kernel.state.ports, message);
    return;
  }
  const lost = isOp(message, notify.sendOnce);
  if (lost) kernel.host.emit("msg.unanswered", { pid: task.pid, request: message.id });
  wake(kernel, { pid: task.pid, tid: thread.tid }, message);
}

/** Starts a thread that has just been made by loading a program. */
export function startThread(kernel: Kernel, task: Task, thread: Thread, result: CallResult): void {
  assert(thread.state.at === "runnable", "a new thread waits for nothing");
  suspend(kernel, thread);
  apply({ kernel, task, thread }, result);
}
