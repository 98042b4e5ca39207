// Fused multiply-add in integers: a * b + c with one rounding at the end.
//
//        product    hhhhhhhhhhhhhhhhhhhhhh llllllllllllllllllllll    128 bits, leading one at 126
//        addend          cccccccccccc                                shifted to the same exponent
//
// 106 bits of product and 53 of addend overlap or lie apart. Only when they lie apart do bits fall
// out below, and then the leading bit moves by one place at most, so that the sticky bit is far
// below the place where the result is cut.
import {
  bias,
  exponentOf,
  isInfinity,
  isNaNBits,
  isNegative,
  isSignalling,
  isZero,
  infinityOf,
  nanResult,
  normalizeAndRound,
  roundDown,
  significandOf,
  shiftRightSticky,
  zeroOf,
} from "./softfloat-format";
import { multiplyWide, wideLow } from "./softfloat-arithmetic";

export function multiplyAdd<T>(a: T, b: T, c: T, rm: u32): T {
  const isImpossible = (isInfinity<T>(a) && isZero<T>(b)) || (isZero<T>(a) && isInfinity<T>(b));
  if (isNaNBits<T>(a) || isNaNBits<T>(b) || isNaNBits<T>(c)) {
    // RISC-V notes infinity * 0 even when a quiet NaN is added to it.
    return nanResult<T>(
      isImpossible || isSignalling<T>(a) || isSignalling<T>(b) || isSignalling<T>(c),
    );
  }
  if (isImpossible) return nanResult<T>(true);

  const negative = isNegative<T>(a) != isNegative<T>(b);
  if (isInfinity<T>(a) || isInfinity<T>(b)) {
    return isInfinity<T>(c) && isNegative<T>(c) != negative
      ? nanResult<T>(true)
      : infinityOf<T>(negative);
  }
  if (isInfinity<T>(c)) return c;
  if (isZero<T>(a) || isZero<T>(b)) {
    if (!isZero<T>(c) || isNegative<T>(c) == negative) return c;
    return zeroOf<T>(rm == roundDown);
  }
  return multiplyAddFinite<T>(a, b, c, negative, rm);
}

/** `a` and `b` are finite and not zero, `c` is finite. */
function multiplyAddFinite<T>(a: T, b: T, c: T, negative: bool, rm: u32): T {
  let high = multiplyWide(significandOf<T>(a) << 1, significandOf<T>(b));
  let low = wideLow;
  let exponent = exponentOf<T>(a) + exponentOf<T>(b) - bias<T>() + 1;
  if (high < (<u64>1) << 62) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    exponent -= 1;
  }
  if (isZero<T>(c)) return normalizeAndRound<T>(negative, exponent, high | u64(low != 0), rm);

  let addendHigh = significandOf<T>(c);
  let addendLow: u64 = 0;
  const distance = exponent - exponentOf<T>(c);
  if (distance > 0) {
    addendLow = shiftedLow(addendHigh, 0, distance);
    addendHigh = distance < 64 ? addendHigh >> distance : 0;
  } else if (distance < 0) {
    low = shiftedLow(high, low, -distance);
    high = -distance < 64 ? high >> -distance : 0;
    exponent -= distance;
  }
  if (isNegative<T>(c) == negative) {
    const sumLow = low + addendLow;
    const sumHigh = high + addendHigh + u64(sumLow < low);
    return normalizeAndRound<T>(negative, exponent, sumHigh | u64(sumLow != 0), rm);
  }
  const isAddendBigger = addendHigh > high || (addendHigh == high && addendLow > low);
  return isAddendBigger
    ? subtractAndRound<T>(!negative, exponent, addendHigh, addendLow, high, low, rm)
    : subtractAndRound<T>(negative, exponent, high, low, addendHigh, addendLow, rm);
}

/** The low half of `high:low` shifted right by `distance` > 0, sticky. */
function shiftedLow(high: u64, low: u64, distance: i32): u64 {
  if (distance < 64) return (high << (64 - distance)) | shiftRightSticky(low, distance);
  if (distance == 64) return high | u64(low != 0);
  return shiftRightSticky(high, distance - 64) | u64(low != 0);
}

/** Rounds a difference that is not negative. Its leading bits, 64 and more, may have cancelled. */
function subtractAndRound<T>(
  negative: bool,
  exponent: i32,
  bigHigh: u64,
  bigLow: u64,
  smallHigh: u64,
  smallLow: u64,
  rm: u32,
): T {
  let high = bigHigh - smallHigh - u64(bigLow < smallLow);
  let low = bigLow - smallLow;
  if (high == 0) {
    if (low == 0) return zeroOf<T>(rm == roundDown);
    high = low;
    low = 0;
    exponent -= 64;
  }
  const shift = <i32>clz<u64>(high) - 1;
  if (shift > 0) {
    high = (high << shift) | (low >> (64 - shift));
    low <<= shift;
    exponent -= shift;
  }
  return normalizeAndRound<T>(negative, exponent, high | u64(low != 0), rm);
}
