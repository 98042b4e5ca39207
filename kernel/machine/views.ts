// The linear memory of a hart as TypeScript sees it. It is allocated once and never grows, so no view is ever detached.

export interface Views {
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
  readonly words: Uint32Array;
}

export function viewsOf(buffer: ArrayBuffer): Views {
  return {
    bytes: new Uint8Array(buffer),
    halves: new Uint16Array(buffer),
    words: new Uint32Array(buffer),
  };
}

const wordValues = 0x1_0000_0000;

/** A doubleword as a number: exact below 2^53. */
export function readNumber({ words }: Views, at: number): number {
  return (words[at >> 2] ?? 0) + (words[(at >> 2) + 1] ?? 0) * wordValues;
}

/** Writes a whole number as a doubleword; a negative one in two's complement. */
export function writeNumber({ words }: Views, at: number, value: number): void {
  words[at >> 2] = value % wordValues;
  words[(at >> 2) + 1] = Math.floor(value / wordValues);
}

export function readBig({ words }: Views, at: number): bigint {
  return BigInt(words[at >> 2] ?? 0) | (BigInt(words[(at >> 2) + 1] ?? 0) << 32n);
}

export function writeBig({ words }: Views, at: number, value: bigint): void {
  words[at >> 2] = Number(BigInt.asUintN(32, value));
  words[(at >> 2) + 1] = Number(BigInt.asUintN(32, value >> 32n));
}
