// Linux calls on the process itself: names, ids, random bytes, the end.

import { concerns, draw } from "../../ports/base/index.ts";
import { destroyPort } from "../../ports/index.ts";
import { afterRefusal, type Caller, type CallResult, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { endTask } from "../task/life.ts";
import { suspend } from "../task/sched.ts";
import { copyOut } from "../vm/index.ts";
import { type Arguments, type CallRow, rowsOf } from "./table.ts";

const nameBytes = 65;
/** What `uname` says is the same on every host: a program cannot tell by it that it moved. */
const systemNames = ["Linux", "sojourn", "6.1.0", "#1 sojourn", "riscv64", "(none)"] as const;

function put(caller: Caller, address: number, bytes: Uint8Array, value: number): CallResult {
  const refusal = copyOut(caller.kernel, caller.task.memory, address, bytes);
  return refusal ? afterRefusal(caller, refusal, address) : returnValue(value);
}

function uname(caller: Caller, [address]: Arguments): CallResult {
  const bytes = new Uint8Array(nameBytes * systemNames.length);
  systemNames.forEach((name, index) => {
    bytes.set(new TextEncoder().encode(name), index * nameBytes);
  });
  return put(caller, address, bytes, 0);
}

const randomBytesMax = 65536;

/** From the seed and the task, whatever host it is on. */
function getrandom(caller: Caller, [address, count, flags]: Arguments): CallResult {
  if (flags < 0 || flags > 7) return returnValue(-errno.EINVAL);
  if (count < 0) return returnValue(-errno.EFAULT);
  const { kernel, task } = caller;
  const bytes = new Uint8Array(Math.min(count, randomBytesMax));
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = draw(kernel.host.seed, concerns.getrandom, task.pid, task.randomDraws + at);
  }
  const result = put(caller, address, bytes, bytes.length);
  if (result.do === "return" && result.value > 0) task.randomDraws += bytes.length;
  return result;
}

function setTidAddress(caller: Caller, [address]: Arguments): CallResult {
  caller.thread.clearTid = address;
  return returnValue(caller.thread.tid);
}

function setRobustList(_caller: Caller, [, bytes]: Arguments): CallResult {
  return returnValue(bytes === 24 ? 0 : -errno.EINVAL);
}

function getcwd(caller: Caller, [address, size]: Arguments): CallResult {
  return size < 2 ? returnValue(-errno.ERANGE) : put(caller, address, Uint8Array.of(0x2f, 0), 2);
}

function exitGroup(caller: Caller, [status]: Arguments): CallResult {
  endTask(caller.kernel, caller.task, { status: status & 0xff, signal: 0, lost: null });
  return { do: "gone" };
}

function exit(caller: Caller, args: Arguments): CallResult {
  const { kernel, task, thread } = caller;
  if (task.threads.size === 1) return exitGroup(caller, args);
  suspend(kernel, thread);
  thread.state = { at: "gone" };
  task.threads.delete(thread.tid);
  destroyPort(kernel.state.ports, thread.replyPort, kernel.host);
  return { do: "gone" };
}

const fixed =
  (value: (caller: Caller) => number): CallRow["call"] =>
  (caller) =>
    returnValue(value(caller));

const row = rowsOf("local");

const root = fixed(() => 0);

export const processCalls: readonly CallRow[] = [
  row(17, "getcwd", getcwd, "The working folder is the root."),
  row(93, "exit", exit, "Ends the thread, and the task with its last."),
  row(94, "exit_group", exitGroup, "Ends the task; its home is told."),
  row(96, "set_tid_address", setTidAddress, "Remembered until the thread ends."),
  row(99, "set_robust_list", setRobustList, "Accepted; there are no robust futexes yet."),
  row(
    124,
    "sched_yield",
    fixed(() => 0),
    "The quantum goes on: there is nobody to be fair to.",
  ),
  row(160, "uname", uname, "The same on every host."),
  row(
    172,
    "getpid",
    fixed(({ task }) => task.pid),
    "The pid, which names the home.",
  ),
  row(
    173,
    "getppid",
    fixed(() => 1),
    "Tasks started by the operator are children of 1.",
  ),
  row(174, "getuid", root, "Guests are root."),
  row(175, "geteuid", root, "Guests are root."),
  row(176, "getgid", root, "Guests are root."),
  row(177, "getegid", root, "Guests are root."),
  row(
    178,
    "gettid",
    fixed(({ thread }) => thread.tid),
    "The thread's id.",
  ),
  row(278, "getrandom", getrandom, "From the seed and the task."),
  row(
    293,
    "rseq",
    fixed(() => -errno.ENOSYS),
    "Not there; libraries do without.",
  ),
];
