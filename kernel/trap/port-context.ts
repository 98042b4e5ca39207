// What the calls on ports share: the caller's name space, its arguments, and its memory.
//
// A call makes sure of the memory that it will write before it changes anything: a page that is not
// here makes the thread wait and do the call once more, memory that is not there is
// KERN_INVALID_ADDRESS.

import { assert } from "../../ports/base/index.ts";
import { acquireTransits, type PortName, type PortUid } from "../../ports/index.ts";
import {
  afterLoss,
  again,
  type Caller,
  type CallResult,
  returnValue,
  spaceOf,
} from "../task/call.ts";
import type { Continuation } from "../task/task.ts";
import { copyIn, copyOut, type CopyRefusal, prepareRange } from "../vm/index.ts";

/** Mach's KERN_INVALID_ADDRESS: what ports know nothing of. */
const invalidAddress = 1;

export { spaceOf };

/** A 32-bit argument, however the caller extended it; other numbers are no name: NULL. */
export function wordOf(argument: number): PortName {
  return argument >= -(2 ** 31) && argument < 2 ** 32 ? argument >>> 0 : 0;
}

/** What a call does whose memory is not there, or not yet. */
export function refuseMemory(
  caller: Caller,
  refusal: CopyRefusal,
  address: number,
  code: number = invalidAddress,
  then: Continuation = again,
): CallResult {
  switch (refusal.at) {
    case "wait": {
      const { object, page } = refusal;
      const since = caller.kernel.host.now;
      return { do: "wait", wait: { for: "page", object, page, since, then } };
    }
    case "full":
      return { do: "wait", wait: { for: "memory", since: caller.kernel.host.now, then } };
    case "refused":
      return returnValue(code);
    case "lost":
      return afterLoss(refusal.failure, address) ?? returnValue(code);
  }
}

/** Undefined: so many words can be written at each of the addresses. */
export function prepareWords(
  caller: Caller,
  ...places: readonly (readonly [address: number, words: number])[]
): CallResult | undefined {
  const { kernel, task } = caller;
  for (const [address, words] of places) {
    const refusal = prepareRange(kernel, task.memory, address, words * 4, 1);
    if (refusal) return refuseMemory(caller, refusal, address);
  }
  return undefined;
}

/** Requires: the words have been prepared. */
export function storeWords(caller: Caller, address: number, words: readonly number[]): void {
  const bytes = new Uint8Array(Uint32Array.from(words).buffer);
  const refusal = copyOut(caller.kernel, caller.task.memory, address, bytes);
  assert(refusal === undefined, "memory that was prepared can be written");
}

export function readWord(caller: Caller, address: number): number | CallResult {
  const bytes = copyIn(caller.kernel, caller.task.memory, address, 4);
  if (!(bytes instanceof Uint8Array)) return refuseMemory(caller, bytes, address);
  return new DataView(bytes.buffer).getUint32(0, true);
}

/** A call that cannot go on before the port has more transits for this task, or has come here. */
export type Lacking = { readonly acquire: PortUid } | { readonly claim: PortUid };

export function isLacking(answer: unknown): answer is Lacking {
  return (
    typeof answer === "object" && answer !== null && ("acquire" in answer || "claim" in answer)
  );
}

/** Attempts the call; asks for transits that it lacks, which may be there at once. */
export function attempt<T>(caller: Caller, call: () => T | Lacking): T | Lacking {
  const answer = call();
  if (!isLacking(answer) || !("acquire" in answer)) return answer;
  const { kernel, task } = caller;
  acquireTransits(kernel.state.ports, answer.acquire, task.pid, kernel.host);
  return call();
}

/** The thread waits for what the call lacks, and then makes it once more: nothing has changed. */
export function waitForPort(lacking: Lacking): CallResult {
  const port = "acquire" in lacking ? lacking.acquire : lacking.claim;
  return { do: "wait", wait: { for: "port", port, then: again } };
}

/** Rights have changed hands: threads of the task that wait to receive have to look again. */
export function noteChanged({ kernel, task }: Caller): void {
  if (task.space.receivers.length > 0) kernel.state.recheck.add(task.pid);
}
