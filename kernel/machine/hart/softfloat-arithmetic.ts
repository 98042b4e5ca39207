// Add, multiply, divide and square root in integers: any rounding mode, any operands, exact flags.
//
// Each function first deals with NaN, infinity and zero, then computes an exact or sticky
// significand and leaves the rest to `roundToFormat`. See softfloat-format.ts for the form in which
// numbers are taken apart.
import {
  bias,
  exponentOf,
  flagDivideByZero,
  infinityOf,
  isInfinity,
  isNaNBits,
  isNegative,
  isSignalling,
  isZero,
  magnitudeOf,
  nanResult,
  normalizeAndRound,
  raise,
  roundDown,
  shiftRightSticky,
  significandOf,
  zeroOf,
} from "./softfloat-format";

export function add<T>(a: T, b: T, rm: u32): T {
  if (isNaNBits<T>(a) || isNaNBits<T>(b))
    return nanResult<T>(isSignalling<T>(a) || isSignalling<T>(b));
  if (isInfinity<T>(a)) {
    return isInfinity<T>(b) && a != b ? nanResult<T>(true) : a;
  }
  if (isInfinity<T>(b)) return b;
  if (isZero<T>(a)) {
    if (!isZero<T>(b) || a == b) return b;
    return zeroOf<T>(rm == roundDown);
  }
  if (isZero<T>(b)) return a;
  return magnitudeOf<T>(a) >= magnitudeOf<T>(b) ? addOrdered<T>(a, b, rm) : addOrdered<T>(b, a, rm);
}

/** Both are finite and not zero, and the magnitude of `big` is not below that of `small`. */
function addOrdered<T>(big: T, small: T, rm: u32): T {
  const exponent = exponentOf<T>(big);
  const bigPart = significandOf<T>(big);
  const smallPart = shiftRightSticky(significandOf<T>(small), exponent - exponentOf<T>(small));
  const isSum = isNegative<T>(big) == isNegative<T>(small);
  const significand = isSum ? bigPart + smallPart : bigPart - smallPart;

  if (significand == 0) return zeroOf<T>(rm == roundDown);
  return normalizeAndRound<T>(isNegative<T>(big), exponent, significand, rm);
}

export function multiply<T>(a: T, b: T, rm: u32): T {
  if (isNaNBits<T>(a) || isNaNBits<T>(b))
    return nanResult<T>(isSignalling<T>(a) || isSignalling<T>(b));
  const negative = isNegative<T>(a) != isNegative<T>(b);
  if (isInfinity<T>(a) || isInfinity<T>(b)) {
    return isZero<T>(a) || isZero<T>(b) ? nanResult<T>(true) : infinityOf<T>(negative);
  }
  if (isZero<T>(a) || isZero<T>(b)) return zeroOf<T>(negative);

  const high = multiplyWide(significandOf<T>(a) << 1, significandOf<T>(b));
  const exponent = exponentOf<T>(a) + exponentOf<T>(b) - bias<T>() + 1;
  return normalizeAndRound<T>(negative, exponent, high | u64(wideLow != 0), rm);
}

/** The low half of the last `multiplyWide`. */
export let wideLow: u64 = 0;

/** The high 64 bits of a product of 128. wasm has no instruction for it; four products do it. */
export function multiplyWide(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const lowest = aLow * bLow;
  const middle = aHigh * bLow + (lowest >> 32);
  const middleLow = aLow * bHigh + (middle & 0xffffffff);
  wideLow = (middleLow << 32) | (lowest & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (middleLow >> 32);
}

export function divide<T>(a: T, b: T, rm: u32): T {
  if (isNaNBits<T>(a) || isNaNBits<T>(b))
    return nanResult<T>(isSignalling<T>(a) || isSignalling<T>(b));
  const negative = isNegative<T>(a) != isNegative<T>(b);
  if (isInfinity<T>(a)) return isInfinity<T>(b) ? nanResult<T>(true) : infinityOf<T>(negative);
  if (isInfinity<T>(b)) return zeroOf<T>(negative);
  if (isZero<T>(b)) {
    if (isZero<T>(a)) return nanResult<T>(true);
    raise(flagDivideByZero);
    return infinityOf<T>(negative);
  }
  if (isZero<T>(a)) return zeroOf<T>(negative);
  return divideFinite<T>(a, b, negative, rm);
}

/**
 * wasm's own division, of the significands as numbers in [1, 2), gives the nearest 53 bits. The
 * remainder is then found exactly in integers, and its sign says whether the true quotient lies a
 * little above or a little below. (It cannot lie halfway between two numbers of 53 bits: a quotient
 * of such numbers never does.)
 */
function divideFinite<T>(a: T, b: T, negative: bool, rm: u32): T {
  const dividend = significandOf<T>(a) >> 10;
  const divisor = significandOf<T>(b) >> 10;
  const quotient = reinterpret<u64>(numberFrom(dividend, 0) / numberFrom(divisor, 0));
  const exponent = exponentOf<u64>(quotient) - 1023; // -1 when the dividend is the smaller, else 0
  const digits = significandOf<u64>(quotient) >> 10;

  // The difference is below 2^53 in magnitude, so that 64 bits of it are enough.
  const remainder = <i64>((dividend << (52 - exponent)) - digits * divisor);
  const significand = besideNearest(digits, remainder);
  return normalizeAndRound<T>(
    negative,
    exponentOf<T>(a) - exponentOf<T>(b) + bias<T>() + exponent,
    significand,
    rm,
  );
}

export function squareRoot<T>(a: T, rm: u32): T {
  if (isNaNBits<T>(a)) return nanResult<T>(isSignalling<T>(a));
  if (isZero<T>(a)) return a;
  if (isNegative<T>(a)) return nanResult<T>(true);
  if (isInfinity<T>(a)) return a;

  // As in divideFinite: the nearest root from wasm, the side from the remainder. a = radicand *
  // 4^half.
  const unbiased = exponentOf<T>(a) - bias<T>();
  const odd = unbiased & 1;
  const radicand = significandOf<T>(a) >> 10;
  const root = reinterpret<u64>(sqrt<f64>(numberFrom(radicand, odd)));
  const digits = significandOf<u64>(root) >> 10;
  const remainder = <i64>((radicand << (52 + odd)) - digits * digits);
  return normalizeAndRound<T>(
    false,
    ((unbiased - odd) >> 1) + bias<T>(),
    besideNearest(digits, remainder),
    rm,
  );
}

/** A double in [1, 2), or for `exponent` 1 in [2, 4); the leading one of `digits` is bit 52. */
@inline
function numberFrom(digits: u64, exponent: i32): f64 {
  return reinterpret<f64>((digits & ~((<u64>1) << 52)) | ((<u64>(1023 + exponent)) << 52));
}

/** The nearest 53 bits, widened; a sticky bit says on which side of them the true value lies. */
@inline
function besideNearest(digits: u64, remainder: i64): u64 {
  return (digits << 10) + <u64>(i64(remainder > 0) - i64(remainder < 0));
}
