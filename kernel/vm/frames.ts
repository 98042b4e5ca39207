// Physical memory as the kernel keeps account of it: which frames are free, and what maps each.
//
// Accessed and dirty belong to the frame, not to a mapping; the reverse list says which
// translations have to go when a frame is taken away or write-protected.

import { assert } from "../../ports/base/index.ts";

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
  /** The object's page that is in it; null: whoever took the frame keeps track of it. */
  owner: { readonly object: number; readonly page: number } | null;
  /** Not written yet: the fault path makes the same again from zeros, or from the object below. */
  remade: boolean;
  /** Sent to swap in order to be freed. */
  leaving: boolean;
  /** The era in which it was last written or taken: see `writtenSince`. */
  written: number;
}

export interface Frames {
  readonly limit: number;
  /** Frames from here on were never used. */
  untouched: Frame;
  readonly free: Frame[];
  readonly used: Map<Frame, FrameRecord>;
  /** The frame that page replacement has looked at last. */
  hand: Frame;
  /** Counts the times from which on somebody has wanted to know what is written. */
  era: number;
  /** The address spaces that map frames, by their tags. */
  readonly pmaps: Map<number, Pmap>;
}

/** The translations of one address space; `space` is the hart's tag for them. */
export interface Pmap {
  readonly space: number;
  readonly pages: Map<number, Translation>;
}

export interface Translation {
  readonly frame: Frame;
  readonly allowed: number;
}

export function createFrames(limit: number): Frames {
  return { limit, untouched: 0, free: [], used: new Map(), hand: 0, era: 1, pmaps: new Map() };
}

export function framesFree(frames: Frames): number {
  return frames.free.length + (frames.limit - frames.untouched);
}

/** A frame with undefined contents, or undefined when memory is full. */
export function takeFrame(frames: Frames): Frame | undefined {
  const frame =
    frames.free.pop() ?? (frames.untouched < frames.limit ? frames.untouched++ : undefined);
  if (frame !== undefined) frames.used.set(frame, freshRecord(frames.era));
  return frame;
}

function freshRecord(era: number): FrameRecord {
  return {
    mappings: [],
    accessed: false,
    dirty: false,
    owner: null,
    remade: false,
    leaving: false,
    written: era,
  };
}

/** Requires: nothing maps the frame any more. */
export function giveFrame(frames: Frames, frame: Frame): void {
  assert(frameRecord(frames, frame).mappings.length === 0, "a free frame is not mapped");
  frames.used.delete(frame);
  frames.free.push(frame);
}

/** Whether the frame was written, or taken for something else, since that era began. */
export function writtenSince(frames: Frames, frame: Frame, era: number): boolean {
  return frameRecord(frames, frame).written >= era;
}

export function frameRecord(frames: Frames, frame: Frame): FrameRecord {
  // Asked several times for each page of a move: the sentence is made only when it is needed.
  const record = frames.used.get(frame);
  if (record === undefined) assert(false, `frame ${frame} in use`);
  return record;
}
