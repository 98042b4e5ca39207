// Frames for pages that are new here.

import type { VmContext } from "./context.ts";
import type { Frame } from "./frames.ts";
import { takeForArrival } from "./reclaim.ts";

/** A frame with these bytes, or undefined when memory is full. */
export function fillFrame(vm: VmContext, bytes: Uint8Array): Frame | undefined {
  const frame = takeForArrival(vm);
  if (frame === undefined) return undefined;
  vm.hart.frame(frame).set(bytes);
  vm.hart.dropCode(frame);
  return frame;
}

/** A frame of zeros, or undefined when memory is full. */
export function zeroPage(vm: VmContext): Frame | undefined {
  const frame = takeForArrival(vm);
  if (frame === undefined) return undefined;
  vm.hart.frame(frame).fill(0);
  vm.hart.dropCode(frame);
  return frame;
}
