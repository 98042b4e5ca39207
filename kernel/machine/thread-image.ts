// What a thread leaves in the hart, as plain words: it travels with the thread.
//
//   x1 … x31   31 doublewords        pc        1 doubleword
//   f0 … f31   32 doublewords        fcsr      1 word (frm << 5 | fflags)
//                                    instret   1 doubleword

import { fRegisters, flagsAt, instretAt, pcAt, roundingAt, xRegisters } from "./hart/layout.ts";
import type { Views } from "./views.ts";

const xAt = 0;
const fAt = 62;
const imagePcAt = 126;
const fcsrAt = 128;
const imageInstretAt = 129;

export const threadImageWords = 131;

/** All registers 0. */
export function emptyThreadImage(): Uint32Array {
  return new Uint32Array(threadImageWords);
}

export function loadThreadImage({ words }: Views, image: Uint32Array): void {
  words.set(image.subarray(xAt, fAt), (xRegisters >> 2) + 2);
  words.set(image.subarray(fAt, imagePcAt), fRegisters >> 2);
  words.set(image.subarray(imagePcAt, fcsrAt), pcAt >> 2);
  words.set(image.subarray(imageInstretAt, threadImageWords), instretAt >> 2);
  const fcsr = image[fcsrAt] ?? 0;
  words[roundingAt >> 2] = (fcsr >>> 5) & 7;
  words[flagsAt >> 2] = fcsr & 31;
}

export function saveThreadImage({ words }: Views, image: Uint32Array): void {
  image.set(words.subarray((xRegisters >> 2) + 2, (xRegisters >> 2) + 64), xAt);
  image.set(words.subarray(fRegisters >> 2, (fRegisters >> 2) + 64), fAt);
  image.set(words.subarray(pcAt >> 2, (pcAt >> 2) + 2), imagePcAt);
  image.set(words.subarray(instretAt >> 2, (instretAt >> 2) + 2), imageInstretAt);
  image[fcsrAt] = ((words[roundingAt >> 2] ?? 0) << 5) | (words[flagsAt >> 2] ?? 0);
}

/** Sets x1 … x31 of a thread that is not on the hart; negative values are sign-extended. */
export function setImageRegister(image: Uint32Array, index: number, value: number): void {
  writeImage(image, xAt + 2 * (index - 1), value);
}

export function setImagePc(image: Uint32Array, pc: number): void {
  writeImage(image, imagePcAt, pc);
}

export function imagePc(image: Uint32Array): number {
  return (image[imagePcAt] as number) + (image[imagePcAt + 1] as number) * 4294967296;
}

/** Counts an instruction that the kernel finished for a thread that is not on the hart. */
export function countImageInstruction(image: Uint32Array): void {
  const low = ((image[imageInstretAt] as number) + 1) >>> 0;
  image[imageInstretAt] = low;
  if (low === 0) image[imageInstretAt + 1] = (image[imageInstretAt + 1] as number) + 1;
}

function writeImage(image: Uint32Array, at: number, value: number): void {
  image[at] = value >>> 0;
  image[at + 1] = Math.floor(value / 4294967296) >>> 0;
}

/** Where registers lie in an image, in words. */
export const imageWords: {
  readonly x: (index: number) => number;
  readonly f: number;
  readonly pc: number;
  readonly fcsr: number;
} = { x: (index) => xAt + 2 * (index - 1), f: fAt, pc: imagePcAt, fcsr: fcsrAt };
