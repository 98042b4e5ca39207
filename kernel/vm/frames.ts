// Physical memory as the kernel keeps account of it: which frames are free, and what maps each.
//
// Accessed and dirty belong to the frame, not to a mapping; the reverse list says which
// translations have to go when a frame is taken away or write-protected.

import { assert, must } from "../../ports/base/index.ts";

export type Frame = number;

/** One translation of a frame: address space and virtual page. */
export interface Mapping {
  readonly space: number;
  readonly page: number;
}

export interface FrameRecord {
  readonly mappings: Mapping[];
  accessed: boolean;
  dirty: boolean;
}

export interface Frames {
  readonly limit: number;
  /** Frames from here on were never used. */
  untouched: Frame;
  readonly free: Frame[];
  readonly used: Map<Frame, FrameRecord>;
}

export function createFrames(limit: number): Frames {
  return { limit, untouched: 0, free: [], used: new Map() };
}

export function framesFree(frames: Frames): number {
  return frames.free.length + (frames.limit - frames.untouched);
}

/** A frame with undefined contents, or undefined when memory is full. */
export function takeFrame(frames: Frames): Frame | undefined {
  const frame =
    frames.free.pop() ?? (frames.untouched < frames.limit ? frames.untouched++ : undefined);
  if (frame !== undefined) frames.used.set(frame, { mappings: [], accessed: false, dirty: false });
  return frame;
}

/** Requires: nothing maps the frame any more. */
export function giveFrame(frames: Frames, frame: Frame): void {
  assert(frameRecord(frames, frame).mappings.length === 0, "a free frame is not mapped");
  frames.used.delete(frame);
  frames.free.push(frame);
}

export function frameRecord(frames: Frames, frame: Frame): FrameRecord {
  return must(frames.used.get(frame), `frame ${frame} in use`);
}
