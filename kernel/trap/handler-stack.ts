// The stack that a thread has named for its handlers (sigaltstack).
//
//   none ──sigaltstack──▶ named ──a handler with SA_ONSTACK──▶ in use, while the stack pointer is in it
//
// Whether it is in use is nowhere written down: the stack pointer says it, so that a handler may also
// be left by longjmp. One that disarms itself is put back by the return from its handler.

import { afterRefusal, type Caller, type CallResult, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import type { HandlerStack, Thread } from "../task/task.ts";
import { copyIn, copyOut } from "../vm/index.ts";
import type { Arguments } from "./table.ts";

/** Linux's stack_t: address, flags, size. */
export const stackBytes = 24;
const bytesMin = 2048;
const stackFlags = { inUse: 1, none: 2, disarms: 0x8000_0000 } as const;
const stackRegister = 2;

function isIn({ handlerStack: stack }: Thread, pointer: number): boolean {
  if (!stack || stack.disarms) return false;
  return pointer > stack.address && pointer - stack.address <= stack.bytes;
}

/** Where the frame of a handler ends; undefined: it would leave the handlers' stack that is in use. */
export function frameTop(
  thread: Thread,
  pointer: number,
  bytes: number,
  wanted: boolean,
): number | undefined {
  if (isIn(thread, pointer)) return isIn(thread, pointer - bytes) ? pointer : undefined;
  const { handlerStack: stack } = thread;
  return wanted && stack ? stack.address + stack.bytes : pointer;
}

/** A handler starts. */
export function leaveStack(thread: Thread): void {
  if (thread.handlerStack?.disarms) thread.handlerStack = null;
}

/** Writes the thread's stack for handlers as stack_t. `extra` are flags that depend on where it runs. */
export function packStack(
  view: DataView,
  at: number,
  { handlerStack: stack }: Thread,
  extra: number = 0,
): void {
  view.setBigUint64(at, BigInt(stack?.address ?? 0), true);
  const flags = stack ? extra | (stack.disarms ? stackFlags.disarms : 0) : stackFlags.none;
  view.setUint32(at + 8, flags >>> 0, true);
  view.setBigUint64(at + 16, BigInt(stack?.bytes ?? 0), true);
}

/** What a stack_t asks for: null for none, or an errno. */
export function unpackStack(view: DataView): HandlerStack | null | number {
  const flags = view.getUint32(8, true);
  const mode = flags & 0x7fff_ffff;
  if (mode === stackFlags.none) return null;
  if (mode !== 0 && mode !== stackFlags.inUse) return errno.EINVAL;
  const address = Number(view.getBigUint64(0, true));
  const bytes = Number(view.getBigUint64(16, true));
  if (bytes < bytesMin) return errno.ENOMEM;
  return { address, bytes, disarms: flags >= stackFlags.disarms };
}

export function sigaltstack(caller: Caller, [fresh, old]: Arguments): CallResult {
  const { kernel, task, thread } = caller;
  const pointer = kernel.hart.getRegisterSigned(stackRegister);
  const bytes = fresh ? copyIn(kernel, task.memory, fresh, stackBytes) : null;
  if (bytes && !(bytes instanceof Uint8Array)) return afterRefusal(caller, bytes, fresh);
  const wanted = bytes && unpackStack(new DataView(bytes.buffer, bytes.byteOffset, stackBytes));
  const inUse = isIn(thread, pointer);
  if (fresh && inUse) return returnValue(-errno.EPERM);
  if (typeof wanted === "number") return returnValue(-wanted);
  if (old) {
    const view = new DataView(new ArrayBuffer(stackBytes));
    packStack(view, 0, thread, inUse ? stackFlags.inUse : 0);
    const refusal = copyOut(kernel, task.memory, old, new Uint8Array(view.buffer));
    if (refusal) return afterRefusal(caller, refusal, old);
  }
  if (fresh) thread.handlerStack = wanted;
  return returnValue(0);
}
