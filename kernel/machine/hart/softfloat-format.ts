// What the bits of a floating-point number mean, and how an exact result is rounded back into bits.
//
//        f64 (T = u64)   | sign 1 | exponent 11 | fraction 52 |
//        f32 (T = u32)   | sign 1 | exponent  8 | fraction 23 |
//
// All arithmetic is written once, for both formats: a finite number that is not zero is taken apart
// into a sign, an exponent (biased as in its format) and a significand of 64 bits whose leading one
// stands at bit 62:
//
//        bit  63 62 61 ............. 10 9 ... 0
//             0  1. f  r  a  c  t  i  o n  0  0     value = significand * 2^(exponent - bias - 62)
//
// A subnormal is taken apart in the same way, with an exponent below 1. The lowest bit is sticky:
// it is 1 when anything nonzero was shifted out below it. That is all `roundToFormat` needs to know
// about the bits that were lost.

export const roundNearestEven: u32 = 0;
export const roundTowardZero: u32 = 1;
export const roundDown: u32 = 2;
export const roundUp: u32 = 3;
export const roundNearestAway: u32 = 4;

export const flagInexact: u32 = 1;
export const flagUnderflow: u32 = 2;
export const flagOverflow: u32 = 4;
export const flagDivideByZero: u32 = 8;
export const flagInvalid: u32 = 16;

/** The sticky flags of the running thread. Operations set bits; the interpreter clears them. */
export let fflags: u32 = 0;

/** For code that cannot assign to an imported variable. */
export function setFflags(flags: u32): void {
  fflags = flags;
}

@inline
export function raise(flags: u32): void {
  fflags |= flags;
}

/** The one NaN that RISC-V gives as a result. */
export function nanResult<T>(isInvalid: bool): T {
  if (isInvalid) raise(flagInvalid);
  return canonicalNaN<T>();
}

// --- The two formats ---

@inline
export function fractionBits<T>(): i32 {
  return sizeof<T>() == 8 ? 52 : 23;
}

/** The exponent field of infinities and NaNs. */
@inline
export function exponentSpecial<T>(): i32 {
  return sizeof<T>() == 8 ? 2047 : 255;
}

@inline
export function bias<T>(): i32 {
  return sizeof<T>() == 8 ? 1023 : 127;
}

@inline
export function signBit<T>(): T {
  return sizeof<T>() == 8 ? <T>0x8000000000000000 : <T>0x80000000;
}

@inline
export function canonicalNaN<T>(): T {
  return sizeof<T>() == 8 ? <T>0x7ff8000000000000 : <T>0x7fc00000;
}

@inline
export function infinityBits<T>(): T {
  return sizeof<T>() == 8 ? <T>0x7ff0000000000000 : <T>0x7f800000;
}

@inline
export function zeroOf<T>(negative: bool): T {
  return negative ? signBit<T>() : <T>0;
}

@inline
export function infinityOf<T>(negative: bool): T {
  return zeroOf<T>(negative) | infinityBits<T>();
}

// --- Questions about bits ---

@inline
export function isNegative<T>(a: T): bool {
  return (a & signBit<T>()) != 0;
}

@inline
export function magnitudeOf<T>(a: T): T {
  return a & ~signBit<T>();
}

@inline
export function isNaNBits<T>(a: T): bool {
  return magnitudeOf<T>(a) > infinityBits<T>();
}

@inline
export function isInfinity<T>(a: T): bool {
  return magnitudeOf<T>(a) == infinityBits<T>();
}

@inline
export function isZero<T>(a: T): bool {
  return magnitudeOf<T>(a) == 0;
}

/** A NaN whose first fraction bit is clear. */
export function isSignalling<T>(a: T): bool {
  const quietPosition = fractionBits<T>() - 1;
  return isNaNBits<T>(a) && (((<u64>a) >> quietPosition) & 1) == 0;
}

@inline
export function exponentField<T>(a: T): i32 {
  return (<i32>(a >> (<T>fractionBits<T>()))) & exponentSpecial<T>();
}

@inline
export function fractionOf<T>(a: T): u64 {
  return (<u64>a) & (((<u64>1) << fractionBits<T>()) - 1);
}

/** The exponent of a finite number that is not zero; below 1 when it is subnormal. */
export function exponentOf<T>(a: T): i32 {
  const field = exponentField<T>(a);
  return field != 0 ? field : 64 - fractionBits<T>() - <i32>clz<u64>(fractionOf<T>(a));
}

/** The bit in front of the fraction, which is not stored: 1 for normal numbers. */
@inline
function leadingOne<T>(a: T): u64 {
  return u64(exponentField<T>(a) != 0) << fractionBits<T>();
}

/** The significand of a finite number that is not zero, its leading one at bit 62. */
export function significandOf<T>(a: T): u64 {
  const fraction = fractionOf<T>(a);
  const shift = exponentField<T>(a) != 0 ? 62 - fractionBits<T>() : <i32>clz<u64>(fraction) - 1;
  return (fraction | leadingOne<T>(a)) << shift;
}

// --- Rounding ---

/** Shifts right; what falls out below is remembered in the lowest bit. */
export function shiftRightSticky(value: u64, count: i32): u64 {
  if (count > 63) return u64(value != 0);
  const lost = value & (((<u64>1) << count) - 1);
  return (value >> count) | u64(lost != 0);
}

/** Brings the leading one to bit 62, from wherever it is, and rounds. There must be one. */
export function normalizeAndRound<T>(negative: bool, exponent: i32, significand: u64, rm: u32): T {
  const shift = <i32>clz<u64>(significand) - 1;
  if (shift < 0)
    return roundToFormat<T>(negative, exponent + 1, shiftRightSticky(significand, 1), rm);
  return roundToFormat<T>(negative, exponent - shift, significand << shift, rm);
}

/**
 * The one place where a result is rounded and where underflow, overflow and inexact are found.
 * Adding `increment` carries into the kept bits exactly when the mode rounds the magnitude up; a
 * tie that went up although nearest-even is asked for is taken back by clearing the last bit.
 */
export function roundToFormat<T>(negative: bool, exponent: i32, significand: u64, rm: u32): T {
  const lostBits = 62 - fractionBits<T>();
  const lostMask: u64 = ((<u64>1) << lostBits) - 1;
  const half: u64 = (<u64>1) << (lostBits - 1);
  const increment = incrementFor(negative, rm, half, lostMask);

  let isTiny = false;
  if (exponent < 1) {
    // Tiny after rounding: rounded as if exponents had no limit, it stays below the normal numbers.
    isTiny = exponent < 0 || significand + increment < (<u64>1) << 63;
    significand = shiftRightSticky(significand, 1 - exponent);
    exponent = 1;
  }
  const lost = significand & lostMask;
  let rounded = (significand + increment) >> lostBits;
  if (lost == half && rm == roundNearestEven) rounded &= ~1;

  // The leading one, if there is one, counts 1 in the exponent field; so does a carry out of the
  // fraction.
  const magnitude = ((<u64>(exponent - 1)) << fractionBits<T>()) + rounded;
  if (magnitude >= <u64>infinityBits<T>()) {
    raise(flagOverflow | flagInexact);
    return zeroOf<T>(negative) | (increment == 0 ? infinityBits<T>() - 1 : infinityBits<T>());
  }
  if (lost != 0) raise(isTiny ? flagUnderflow | flagInexact : flagInexact);
  return zeroOf<T>(negative) | (<T>magnitude);
}

function incrementFor(negative: bool, rm: u32, half: u64, lostMask: u64): u64 {
  if (rm == roundNearestEven || rm == roundNearestAway) return half;
  return rm == (negative ? roundDown : roundUp) ? lostMask : 0;
}
