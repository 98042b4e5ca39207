// How a kernel service answers a thread: at once, later, or not to this thread any more.
//
//   return    a0 gets the value, the thread goes on behind its ecall
//   continue  the registers are as the thread shall find them
//   wait      the thread blocks; the wait's continuation says how the call is finished
//   signal    the thread gets a signal for what it did
//   gone      there is no thread any more

import type { Body, Message, Op, PortUid, Right, Schema, SpaceContext } from "../../ports/index.ts";
import { type CopyRefusal, memoryErrors, returnShared } from "../vm/index.ts";
import { errno } from "./errno.ts";
import { type Kernel, post } from "./kernel.ts";
import type { CallData, Continuation, Task, Thread, Wait } from "./task.ts";

export type CallResult =
  | { readonly do: "return"; readonly value: number }
  | { readonly do: "continue" }
  | { readonly do: "wait"; readonly wait: Wait }
  | { readonly do: "signal"; readonly signal: number; readonly lost: Lost | null }
  | { readonly do: "gone" };

/** What a task's last words have to say about memory: where, and whose loss it was. */
export interface Lost {
  readonly address: number;
  readonly why: "fault" | "host-lost" | "no-memory";
  /** The host that is lost; -1 when none is. */
  readonly host: number;
}

/** Whom a call is for. */
export interface Caller {
  readonly kernel: Kernel;
  readonly task: Task;
  readonly thread: Thread;
}

/** The task's name space, for what is done to rights in it. */
export function spaceOf({ kernel, task }: Pick<Caller, "kernel" | "task">): SpaceContext {
  return { ports: kernel.state.ports, space: task.space, spaceId: task.pid, host: kernel.host };
}

export const again: Continuation = { do: "again" };

export function returnValue(value: number): CallResult {
  return { do: "return", value };
}

export function finishWith(call: string, data: CallData, reply: Message | null): Continuation {
  return { do: "finish", call, data, reply };
}

/**
 * Sends a request on behalf of the thread, which waits for the answer. Its call is finished by the
 * finisher named `call` with `data` and the reply.
 */
export function request<S extends Schema>(
  caller: Caller,
  to: PortUid,
  op: Op<S>,
  body: Body<S>,
  then: { readonly call: string; readonly data: CallData },
): CallResult {
  const { kernel, task, thread } = caller;
  // What it wrote through mappings is in the files before anything is asked of files.
  if (op.name.startsWith("files.")) returnShared(kernel, task.memory);
  const id = ++thread.requests;
  const reply: Right = { kind: "send-once", uid: thread.replyPort };
  post(kernel, to, op, body, { id, reply });
  const wait: Wait = {
    for: "reply",
    request: id,
    server: to,
    then: finishWith(then.call, then.data, null),
  };
  return { do: "wait", wait };
}

/** What a call does whose bytes could not be moved: wait for page or memory, EFAULT, or SIGBUS. */
export function afterRefusal(
  caller: Caller,
  refusal: CopyRefusal,
  address: number,
  then: Continuation = again,
): CallResult {
  const since = caller.kernel.host.now;
  switch (refusal.at) {
    case "wait": {
      const { object, page } = refusal;
      return { do: "wait", wait: { for: "page", object, page, since, then } };
    }
    case "full":
      return { do: "wait", wait: { for: "memory", since, then } };
    case "refused":
      return returnValue(-errno.EFAULT);
    case "lost":
      return afterLoss(refusal.failure, address) ?? returnValue(-errno.EFAULT);
  }
}

/** A page that a dead host owed, or for which there is no memory, ends the task. */
export function afterLoss(
  failure: { readonly error: number; readonly host: number | null },
  address: number,
): CallResult | undefined {
  if (failure.host !== null) {
    return { do: "signal", signal: 7, lost: { address, why: "host-lost", host: failure.host } };
  }
  return failure.error === memoryErrors.noMemory
    ? { do: "signal", signal: 9, lost: { address, why: "no-memory", host: -1 } }
    : undefined;
}
