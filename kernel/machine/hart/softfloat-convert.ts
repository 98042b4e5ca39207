// Conversions between floating-point numbers and integers, and between the two formats.
import {
  bias,
  exponentField,
  exponentOf,
  flagInexact,
  flagInvalid,
  infinityOf,
  isInfinity,
  isNaNBits,
  isNegative,
  isSignalling,
  isZero,
  nanResult,
  normalizeAndRound,
  raise,
  roundDown,
  roundNearestAway,
  roundNearestEven,
  roundToFormat,
  roundUp,
  shiftRightSticky,
  significandOf,
  zeroOf,
} from "./softfloat-format";

/**
 * To an integer between -lowest and +highest. What lies outside (and a NaN, which counts as large)
 * gives the nearer bound and is invalid, but not inexact as well.
 */
export function toInteger<T>(a: T, rm: u32, lowest: u64, highest: u64): u64 {
  if (isZero<T>(a)) return 0;
  const negative = isNegative<T>(a) && !isNaNBits<T>(a);
  const exponent = exponentField<T>(a) - bias<T>();
  if (exponent > 63) return outOfRange(negative, lowest, highest);

  // Fixed point: `whole`, and `rest` as the 64 bits behind the point.
  const digits = significandOf<T>(a) << 1;
  let whole: u64 = 0;
  let rest: u64 = 0;
  if (exponent < 0) {
    rest = shiftRightSticky(digits, -1 - exponent);
  } else {
    whole = digits >> (63 - exponent);
    if (exponent < 63) rest = digits << (exponent + 1);
  }
  whole += u64(roundsUp(negative, whole, rest, rm));
  if (whole > (negative ? lowest : highest)) return outOfRange(negative, lowest, highest);
  if (rest != 0) raise(flagInexact);
  return negative ? 0 - whole : whole;
}

function outOfRange(negative: bool, lowest: u64, highest: u64): u64 {
  raise(flagInvalid);
  return negative ? 0 - lowest : highest;
}

function roundsUp(negative: bool, whole: u64, rest: u64, rm: u32): bool {
  const half: u64 = (<u64>1) << 63;
  if (rm == roundNearestEven) return rest > half || (rest == half && (whole & 1) != 0);
  if (rm == roundNearestAway) return rest >= half;
  return rest != 0 && rm == (negative ? roundDown : roundUp);
}

export function fromInteger<T>(negative: bool, magnitude: u64, rm: u32): T {
  if (magnitude == 0) return 0;
  return normalizeAndRound<T>(negative, bias<T>() + 62, magnitude, rm);
}

/** Between formats. Widening is always exact; narrowing can do all that arithmetic can. */
export function toFormat<From, To>(a: From, rm: u32): To {
  if (isNaNBits<From>(a)) return nanResult<To>(isSignalling<From>(a));
  if (isInfinity<From>(a)) return infinityOf<To>(isNegative<From>(a));
  if (isZero<From>(a)) return zeroOf<To>(isNegative<From>(a));
  const exponent = exponentOf<From>(a) - bias<From>() + bias<To>();
  return roundToFormat<To>(isNegative<From>(a), exponent, significandOf<From>(a), rm);
}
