// Our own calls, with negative numbers: what a guest can ask of this kernel and of no Linux.

import { hostName } from "../../ports/index.ts";
import { afterRefusal, type Caller, type CallResult, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { addThread } from "../task/life.ts";
import { startAt } from "../task/registers.ts";
import { makeReady } from "../task/sched.ts";
import { copyOut } from "../vm/index.ts";
import { setImageRegister } from "../machine/index.ts";
import { portCalls } from "./port-calls.ts";
import { taskCalls } from "./task-calls.ts";
import { pagerCalls } from "./port-pager.ts";
import { type Arguments, type CallRow, rowsOf } from "./table.ts";

/** The linker relaxes accesses to small data through it: it is the same in all threads. */
const globalRegister = 3;
const argumentRegister = 10;
const threadsMax = 64;
/** More than any pid: thread ids of one task never meet those of another. */
const tidStride = 2_000_000;

/** The name of the host that the task is on: what `uname` must not tell. */
function hostNameCall(caller: Caller, [address, size]: Arguments): CallResult {
  const { kernel, task } = caller;
  const name = new TextEncoder().encode(hostName(kernel.state.id));
  if (size < name.length + 1) return returnValue(-errno.ERANGE);
  const bytes = new Uint8Array(name.length + 1);
  bytes.set(name);
  const refusal = copyOut(kernel, task.memory, address, bytes);
  return refusal ? afterRefusal(caller, refusal, address) : returnValue(name.length);
}

/** A thread more in this task; it starts at `entry` with `argument` in a0. */
function threadCreate(caller: Caller, [entry, stack, argument]: Arguments): CallResult {
  const { kernel, task } = caller;
  if (task.threads.size >= threadsMax) return returnValue(-errno.EAGAIN);
  const tid = Math.max(...task.threads.keys()) + tidStride;
  const thread = addThread(kernel, task, tid);
  startAt(thread.registers, entry, stack);
  setImageRegister(thread.registers, globalRegister, kernel.hart.getRegisterSigned(globalRegister));
  setImageRegister(thread.registers, argumentRegister, argument);
  makeReady(kernel.state, task, thread);
  return returnValue(tid);
}

const row = rowsOf("local");

export const kernelCalls: readonly CallRow[] = [
  row(-1, "host_name", hostNameCall, "Writes the host's name; returns its length."),
  row(
    -2,
    "thread_create",
    threadCreate,
    "entry, stack pointer, argument; returns the thread's id.",
  ),
  ...taskCalls,
  ...portCalls,
  ...pagerCalls,
];
