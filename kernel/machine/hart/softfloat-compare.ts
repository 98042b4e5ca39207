// Comparisons, minimum and maximum, and classification.
//
//        operation     with a quiet NaN     with a signalling NaN
//        eq            0                    0, invalid
//        lt, le        0, invalid           0, invalid
//        min, max      the other operand    the other operand, invalid
//                      (or, of two NaNs, the canonical NaN)
//
// wasm's comparisons are false for every NaN, so each function tries them first and looks for NaNs
// afterwards.
import {
  canonicalNaN,
  exponentField,
  flagInvalid,
  isInfinity,
  isNaNBits,
  isNegative,
  isSignalling,
  isZero,
  raise,
} from "./softfloat-format";

@inline
export function equal<F, T>(a: T, b: T): u32 {
  if (reinterpret<F>(a) == reinterpret<F>(b)) return 1;
  if (isSignalling<T>(a) || isSignalling<T>(b)) raise(flagInvalid);
  return 0;
}

@inline
export function less<F, T>(a: T, b: T): u32 {
  if (reinterpret<F>(a) < reinterpret<F>(b)) return 1;
  if (isNaNBits<T>(a) || isNaNBits<T>(b)) raise(flagInvalid);
  return 0;
}

@inline
export function lessOrEqual<F, T>(a: T, b: T): u32 {
  if (reinterpret<F>(a) <= reinterpret<F>(b)) return 1;
  if (isNaNBits<T>(a) || isNaNBits<T>(b)) raise(flagInvalid);
  return 0;
}

/** Equal operands have equal bits, unless they are zeros: then -0 is the smaller one. */
export function minimum<F, T>(a: T, b: T): T {
  if (reinterpret<F>(a) < reinterpret<F>(b)) return a;
  if (reinterpret<F>(b) < reinterpret<F>(a)) return b;
  return isNaNBits<T>(a) || isNaNBits<T>(b) ? theNumberOf<T>(a, b) : a | b;
}

export function maximum<F, T>(a: T, b: T): T {
  if (reinterpret<F>(a) > reinterpret<F>(b)) return a;
  if (reinterpret<F>(b) > reinterpret<F>(a)) return b;
  return isNaNBits<T>(a) || isNaNBits<T>(b) ? theNumberOf<T>(a, b) : a & b;
}

/** At least one of the two is a NaN. */
function theNumberOf<T>(a: T, b: T): T {
  if (isSignalling<T>(a) || isSignalling<T>(b)) raise(flagInvalid);
  if (!isNaNBits<T>(a)) return a;
  if (!isNaNBits<T>(b)) return b;
  return canonicalNaN<T>();
}

/**
 * One bit, from bit 0 on: -infinity, -normal, -subnormal, -0, +0, +subnormal, +normal, +infinity,
 * signalling NaN, quiet NaN.
 */
export function classify<T>(a: T): u32 {
  if (isNaNBits<T>(a)) return isSignalling<T>(a) ? 1 << 8 : 1 << 9;
  if (isInfinity<T>(a)) return isNegative<T>(a) ? 1 << 0 : 1 << 7;
  if (isZero<T>(a)) return isNegative<T>(a) ? 1 << 3 : 1 << 4;
  if (exponentField<T>(a) == 0) return isNegative<T>(a) ? 1 << 2 : 1 << 5;
  return isNegative<T>(a) ? 1 << 1 : 1 << 6;
}
