// Multiplication and division (M): the products' upper halves, and the quotients for which wasm would trap.

/** The upper 64 bits of an unsigned product, from four products of halves. */
export function multiplyHighUnsigned(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32); // at most (2^32-1)^2 + 2^32-1: no overflow
  const carry = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (carry >> 32);
}

/** A negative factor counts 2^64 too much as unsigned: the other factor is taken off the upper half. */
export function multiplyHigh(a: u64, b: u64): u64 {
  return multiplyHighUnsigned(a, b) - (i64(a) < 0 ? b : 0) - (i64(b) < 0 ? a : 0);
}

export function multiplyHighMixed(a: u64, b: u64): u64 {
  return multiplyHighUnsigned(a, b) - (i64(a) < 0 ? b : 0);
}

// Division by zero gives all ones and leaves the dividend; the one quotient that overflows is the dividend, remainder 0.

export function divide(a: i64, b: i64): i64 {
  if (b == 0) return -1;
  if (b == -1) return 0 - a;
  return a / b;
}

export function divideUnsigned(a: u64, b: u64): u64 {
  return b == 0 ? u64.MAX_VALUE : a / b;
}

export function remainder(a: i64, b: i64): i64 {
  if (b == 0) return a;
  if (b == -1) return 0;
  return a % b;
}

export function remainderUnsigned(a: u64, b: u64): u64 {
  return b == 0 ? a : a % b;
}

export function divideWord(a: i32, b: i32): i32 {
  if (b == 0) return -1;
  if (b == -1) return 0 - a;
  return a / b;
}

export function divideWordUnsigned(a: u32, b: u32): u32 {
  return b == 0 ? u32.MAX_VALUE : a / b;
}

export function remainderWord(a: i32, b: i32): i32 {
  if (b == 0) return a;
  if (b == -1) return 0;
  return a % b;
}

export function remainderWordUnsigned(a: u32, b: u32): u32 {
  return b == 0 ? a : a % b;
}
