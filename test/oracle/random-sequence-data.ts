// The data of the random programs: floats of both sizes, integers, and the values at which things change.

import type { Random } from "./random-sequence-random.ts";

/** Data begins with this many values that are doubles for the most part; as many singles follow, and so on. */
export const doubleCount = 128;

const specials: readonly bigint[] = [
  0n,
  1n,
  0xffff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0xffff_ffff_8000_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  // Doubles: 1, -1, 0.5, 2^31, 2^63, the largest, the least normal, the least, infinity, two NaNs.
  0x3ff0_0000_0000_0000n,
  0xbff0_0000_0000_0000n,
  0x3fe0_0000_0000_0000n,
  0x41e0_0000_0000_0000n,
  0x43e0_0000_0000_0000n,
  0x7fef_ffff_ffff_ffffn,
  0x0010_0000_0000_0000n,
  0x0000_0000_0000_0003n,
  0x7ff0_0000_0000_0000n,
  0xfff0_0000_0000_0000n,
  0x7ff8_0000_0000_0000n,
  0x7ff0_0000_0000_0001n,
  // Singles in their boxes: the same kinds.
  0xffff_ffff_3f80_0000n,
  0xffff_ffff_bf80_0000n,
  0xffff_ffff_4f00_0000n,
  0xffff_ffff_7f7f_ffffn,
  0xffff_ffff_0080_0000n,
  0xffff_ffff_0000_0001n,
  0xffff_ffff_7f80_0000n,
  0xffff_ffff_7fc0_0000n,
  0xffff_ffff_7f80_0001n,
];

export function randomData(random: Random, dataBytes: number, valueBytes: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(dataBytes));
  for (let index = 0; index < valueBytes / 8; index++) {
    const isSingle = Math.floor(index / doubleCount) % 2 === 1;
    view.setBigUint64(index * 8, randomValue(random, isSingle), true);
  }
  return new Uint8Array(view.buffer);
}

/** A float of moderate size for the most part; else a special value, a small integer, or any bits. */
function randomValue(random: Random, isSingle: boolean): bigint {
  const bits = (BigInt(random.bits()) << 32n) | BigInt(random.bits());
  switch (random.below(8)) {
    case 0:
    case 1:
      return random.pick(specials);
    case 2:
      return BigInt.asUintN(64, BigInt(random.below(2000) - 1000));
    case 3:
      return bits;
    default:
      return isSingle ? moderateSingle(random, bits) : moderateDouble(random, bits);
  }
}

function moderateSingle(random: Random, bits: bigint): bigint {
  const exponent = BigInt(97 + random.below(60));
  return 0xffff_ffff_0000_0000n | (bits & 0x807f_ffffn) | (exponent << 23n);
}

function moderateDouble(random: Random, bits: bigint): bigint {
  const exponent = BigInt(953 + random.below(140));
  return (bits & 0x800f_ffff_ffff_ffffn) | (exponent << 52n);
}
