// Calling a signal handler: the frame that RISC-V Linux puts on the stack, and the way back.
//
//   sp ──▶ siginfo           128 bytes: number, error, code, address
//          ucontext          flags, link, stack, mask, at 176: pc, x1 … x31, f0 … f31, fcsr
//
// The frame goes below the stack pointer, or to the top of the stack that the thread has named for
// handlers (handler-stack.ts), if the handler asks for that and the thread is not there already.
//
// The handler returns to two instructions in a page of ours, which do rt_sigreturn: it takes the
// registers and the mask back from the frame, as the handler may have changed them.

import {
  afterRefusal,
  type Caller,
  type CallResult,
  finishWith,
  returnValue,
} from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { sigreturnAddress } from "../task/exec.ts";
import { loadImage, saveImage } from "../task/registers.ts";
import { handlerDefault, withoutSignal, withSignal } from "../task/signal.ts";
import type { SignalSender, SignalSet } from "../task/task.ts";
import { copyIn, copyOut } from "../vm/index.ts";
import { frameTop, leaveStack, packStack, stackBytes, unpackStack } from "./handler-stack.ts";
import { imageWords } from "../machine/index.ts";

const infoBytes = 128;
const stackAt = infoBytes + 16;
const maskAt = infoBytes + 40;
const registersAt = infoBytes + 176;
const floatsAt = registersAt + 256;
const statusAt = floatsAt + 256;
const frameBytes = infoBytes + 176 + 784;
const flags = { onStack: 0x0800_0000, noDefer: 0x4000_0000, resetHandler: 0x8000_0000 } as const;

/** What the signal is about: si_code, and the address of a fault. */
export interface SignalInfo {
  readonly code: number;
  readonly address: number;
}

/** SI_KERNEL: for no address. */
export const byKernel: SignalInfo = { code: 0x80, address: 0 };

/** Of a signal that was sent: si_pid stands where the address of a fault does. */
export function infoOf({ code, pid }: SignalSender): SignalInfo {
  return { code, address: pid };
}

/**
 * Makes the thread start the handler. Undefined when it does; else what has to happen first: the
 * stack may be on a page that is not here, or on none at all.
 */
export function enterHandler(
  caller: Caller,
  signal: number,
  info: SignalInfo,
): CallResult | undefined {
  const { kernel, task, thread } = caller;
  const action = task.signals.actions.get(signal);
  const image = saveImage(kernel, thread);
  const { x, f, pc, fcsr } = imageWords;
  const stack = readWide(image, x(2));
  const handlerFlags = action?.flags ?? 0;
  const top = frameTop(thread, stack, frameBytes, (handlerFlags & flags.onStack) !== 0);
  if (top === undefined) return returnValue(-errno.EFAULT);
  const frame = Math.floor((top - frameBytes) / 16) * 16;

  const bytes = new Uint8Array(frameBytes);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, signal, true);
  view.setInt32(8, info.code, true);
  view.setBigUint64(16, BigInt(info.address), true);
  packStack(view, stackAt, thread);
  setMask(view, thread.signalMask);
  const words = new Uint32Array(bytes.buffer);
  words.set(image.subarray(pc, pc + 2), registersAt / 4);
  words.set(image.subarray(x(1), x(1) + 62), registersAt / 4 + 2);
  words.set(image.subarray(f, f + 64), floatsAt / 4);
  words[statusAt / 4] = image[fcsr] as number;
  const refusal = copyOut(kernel, task.memory, frame, bytes);
  if (refusal) return afterRefusal(caller, refusal, frame, finishWith("signal", {}, null));

  leaveStack(thread);
  const mask = union(thread.signalMask, action?.mask ?? [0, 0]);
  thread.signalMask = (handlerFlags & flags.noDefer) !== 0 ? mask : withSignal(mask, signal);
  if (handlerFlags >= flags.resetHandler && (handlerFlags & flags.resetHandler) !== 0) {
    task.signals.actions.set(signal, { handler: handlerDefault, flags: 0, mask: [0, 0] });
  }
  writeWide(image, pc, action?.handler ?? 0);
  writeWide(image, x(1), sigreturnAddress);
  writeWide(image, x(2), frame);
  writeWide(image, x(10), signal);
  writeWide(image, x(11), frame);
  writeWide(image, x(12), frame + infoBytes);
  loadImage(kernel, thread, image);
  return undefined;
}

/** rt_sigreturn: the registers as they stand in the frame at the stack pointer. */
export function leaveHandler(caller: Caller): CallResult {
  const { kernel, task, thread } = caller;
  const image = saveImage(kernel, thread);
  const { x, f, pc, fcsr } = imageWords;
  const frame = readWide(image, x(2));
  const bytes = copyIn(kernel, task.memory, frame, frameBytes);
  if (!(bytes instanceof Uint8Array)) {
    const refused = afterRefusal(caller, bytes, frame);
    return refused.do === "return" ? { do: "signal", signal: 11, lost: null } : refused;
  }
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, frameBytes / 4);
  image.set(words.subarray(registersAt / 4, registersAt / 4 + 2), pc);
  image.set(words.subarray(registersAt / 4 + 2, registersAt / 4 + 64), x(1));
  image.set(words.subarray(floatsAt / 4, floatsAt / 4 + 64), f);
  image[fcsr] = (words[statusAt / 4] as number) & 0xff;
  const mask: SignalSet = [words[maskAt / 4] as number, words[maskAt / 4 + 1] as number];
  thread.signalMask = withoutSignal(withoutSignal(mask, 9), 19);
  const view = new DataView(bytes.buffer, bytes.byteOffset + stackAt, stackBytes);
  const stack = unpackStack(view);
  if (typeof stack === "object") thread.handlerStack = stack;
  loadImage(kernel, thread, image);
  return { do: "continue" };
}

function setMask(view: DataView, [low, high]: SignalSet): void {
  view.setUint32(maskAt, low, true);
  view.setUint32(maskAt + 4, high, true);
}

function union(a: SignalSet, b: SignalSet): SignalSet {
  return [(a[0] | b[0]) >>> 0, (a[1] | b[1]) >>> 0];
}

function readWide(image: Uint32Array, at: number): number {
  return (image[at] as number) + (image[at + 1] as number) * 4294967296;
}

function writeWide(image: Uint32Array, at: number, value: number): void {
  image[at] = value >>> 0;
  image[at + 1] = Math.floor(value / 4294967296) >>> 0;
}
