// Linux calls on signals: actions, masks, and signals to oneself.

import { afterRefusal, type Caller, type CallResult, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import {
  handlerDefault,
  isDiscarded,
  pendSignal,
  signalCodes,
  signalMax,
  signals,
  takePending,
  withoutSignal,
} from "../task/signal.ts";
import type { SignalSet } from "../task/task.ts";
import { copyIn, copyOut } from "../vm/index.ts";
import { sigaltstack } from "./handler-stack.ts";
import { leaveHandler } from "./signal-frame.ts";
import { type Arguments, type CallRow, rowsOf } from "./table.ts";

const setBytes = 8;
const actionBytes = 24;

function readSet(view: DataView, at: number): SignalSet {
  const set: SignalSet = [view.getUint32(at, true), view.getUint32(at + 4, true)];
  return withoutSignal(withoutSignal(set, signals.SIGKILL), signals.SIGSTOP);
}

function rtSigaction(caller: Caller, args: Arguments): CallResult {
  const [signal, newAction, oldAction, size] = args;
  const { kernel, task } = caller;
  if (signal < 1 || signal > signalMax || size !== setBytes) return returnValue(-errno.EINVAL);
  const reserved = signal === signals.SIGKILL || signal === signals.SIGSTOP;
  if (reserved && newAction !== 0) return returnValue(-errno.EINVAL);
  const fresh = newAction ? copyIn(kernel, task.memory, newAction, actionBytes) : null;
  if (fresh && !(fresh instanceof Uint8Array)) return afterRefusal(caller, fresh, newAction);
  if (oldAction) {
    const before = task.signals.actions.get(signal);
    const view = new DataView(new ArrayBuffer(actionBytes));
    view.setBigUint64(0, BigInt(before?.handler ?? handlerDefault), true);
    view.setBigUint64(8, BigInt(before?.flags ?? 0), true);
    view.setUint32(16, before?.mask[0] ?? 0, true);
    view.setUint32(20, before?.mask[1] ?? 0, true);
    const refusal = copyOut(kernel, task.memory, oldAction, new Uint8Array(view.buffer));
    if (refusal) return afterRefusal(caller, refusal, oldAction);
  }
  if (fresh) {
    const view = new DataView(fresh.buffer, fresh.byteOffset);
    const handler = Number(view.getBigInt64(0, true));
    const flags = Number(view.getBigUint64(8, true));
    task.signals.actions.set(signal, { handler, flags, mask: readSet(view, 16) });
    // POSIX: what is pending is discarded, even if it is blocked.
    if (isDiscarded(handler, signal)) {
      takePending(task, signal);
    }
  }
  return returnValue(0);
}

const how = { block: 0, unblock: 1, set: 2 } as const;

function rtSigprocmask(caller: Caller, args: Arguments): CallResult {
  const [operation, newSet, oldSet, size] = args;
  const { kernel, task, thread } = caller;
  if (size !== setBytes) return returnValue(-errno.EINVAL);
  const fresh = newSet ? copyIn(kernel, task.memory, newSet, setBytes) : null;
  if (fresh && !(fresh instanceof Uint8Array)) return afterRefusal(caller, fresh, newSet);
  if (fresh && (operation < 0 || operation > 2)) return returnValue(-errno.EINVAL);
  if (oldSet) {
    const bytes = new Uint8Array(Uint32Array.from(thread.signalMask).buffer);
    const refusal = copyOut(kernel, task.memory, oldSet, bytes);
    if (refusal) return afterRefusal(caller, refusal, oldSet);
  }
  if (fresh) {
    const set = readSet(new DataView(fresh.buffer, fresh.byteOffset), 0);
    const [low, high] = thread.signalMask;
    if (operation === how.block) thread.signalMask = [(low | set[0]) >>> 0, (high | set[1]) >>> 0];
    else if (operation === how.unblock) {
      thread.signalMask = [(low & ~set[0]) >>> 0, (high & ~set[1]) >>> 0];
    } else thread.signalMask = set;
  }
  return returnValue(0);
}

/** What is pending and blocked. */
function rtSigpending(caller: Caller, [address, size]: Arguments): CallResult {
  if (size < 0 || size > setBytes) return returnValue(-errno.EINVAL);
  const { kernel, task, thread } = caller;
  const { pending } = task.signals;
  const blocked = [pending[0] & thread.signalMask[0], pending[1] & thread.signalMask[1]];
  const bytes = new Uint8Array(Uint32Array.from(blocked).buffer).subarray(0, size);
  const refusal = copyOut(kernel, task.memory, address, bytes);
  return refusal ? afterRefusal(caller, refusal, address) : returnValue(0);
}

/** A signal to oneself acts before the program goes on, unless it is blocked. */
function signalSelf(caller: Caller, signal: number, code: number): CallResult {
  if (signal < 0 || signal > signalMax) return returnValue(-errno.EINVAL);
  if (signal === 0) return returnValue(0);
  pendSignal(caller.task, caller.thread, signal, { code, pid: caller.task.pid });
  return returnValue(0);
}

function kill(caller: Caller, [pid, signal]: Arguments): CallResult {
  const { task } = caller;
  const self = pid === task.pid || pid === 0 || pid === -1 || pid === -task.pid;
  return self ? signalSelf(caller, signal, signalCodes.user) : returnValue(-errno.ESRCH);
}

function tkill(caller: Caller, [tid, signal]: Arguments): CallResult {
  const self = tid === caller.thread.tid;
  return self ? signalSelf(caller, signal, signalCodes.thread) : returnValue(-errno.ESRCH);
}

function tgkill(caller: Caller, [pid, tid, signal]: Arguments): CallResult {
  if (pid !== caller.task.pid) return returnValue(-errno.ESRCH);
  return tkill(caller, [tid, signal, 0, 0, 0, 0]);
}

const row = rowsOf("local");

export const signalCalls: readonly CallRow[] = [
  row(129, "kill", kill, "To oneself; other tasks come with processes.", "partial"),
  row(130, "tkill", tkill, "To oneself.", "partial"),
  row(131, "tgkill", tgkill, "To oneself.", "partial"),
  row(132, "sigaltstack", sigaltstack, "The stack for handlers that ask for it."),
  row(134, "rt_sigaction", rtSigaction, "Remembers the action; ignoring discards what is pending."),
  row(139, "rt_sigreturn", (caller) => leaveHandler(caller), "The end of a handler."),
  row(136, "rt_sigpending", rtSigpending, "What was sent and is blocked."),
  row(135, "rt_sigprocmask", rtSigprocmask, "The thread's mask; unblocking delivers."),
];
