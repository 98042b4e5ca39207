// Registers of a thread, wherever they are: in the hart for the current one, else in its record.

import { countImageInstruction, imagePc, setImagePc, setImageRegister } from "../machine/index.ts";
import type { Kernel } from "./kernel.ts";
import { isCurrent } from "./sched.ts";
import type { Thread } from "./task.ts";

const stackPointer = 2;
const firstArgument = 10;
const callBytes = 4;

/** The call that the thread's pc stands on is done: a0 is its result, and pc moves on. */
export function completeCall(kernel: Kernel, thread: Thread, result: number): void {
  const { hart, state } = kernel;
  if (isCurrent(state, thread)) {
    hart.setRegister(firstArgument, result);
    passInstruction(kernel, thread);
    return;
  }
  setImageRegister(thread.registers, firstArgument, result);
  passInstruction(kernel, thread);
}

/** The kernel has done the four-byte instruction at pc for the thread. */
export function passInstruction(kernel: Kernel, thread: Thread): void {
  const { hart, state } = kernel;
  if (isCurrent(state, thread)) {
    hart.pc += callBytes;
    hart.countInstruction();
    return;
  }
  setImagePc(thread.registers, imagePc(thread.registers) + callBytes);
  countImageInstruction(thread.registers);
}

/** A fresh program: all registers zero but pc and the stack pointer. */
export function startAt(registers: Uint32Array, pc: number, stack: number): void {
  registers.fill(0);
  setImagePc(registers, pc);
  setImageRegister(registers, stackPointer, stack);
}

/** The registers of a thread as an image of their own. */
export function saveImage(kernel: Kernel, thread: Thread): Uint32Array {
  if (isCurrent(kernel.state, thread)) kernel.hart.saveThread(thread.registers);
  return thread.registers.slice();
}

/** The thread goes on with these registers. */
export function loadImage(kernel: Kernel, thread: Thread, image: Uint32Array): void {
  thread.registers.set(image);
  if (isCurrent(kernel.state, thread)) kernel.hart.loadThread(thread.registers);
}
