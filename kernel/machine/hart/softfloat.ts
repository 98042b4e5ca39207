// IEEE 754 arithmetic as RISC-V wants it: the same bits and flags on every machine that runs us.
//
//        name                             operands             runs natively when
//        fNAdd fNSub fNMul fNDiv fNSqrt   (a, b, rm)           nearest-even, only inexact at stake
//        fNMulAdd  (= a * b + c)          (a, b, c, rm)        so, and two roundings do no harm
//        fNMin fNMax fNEq fNLt fNLe       (a, b)               no operand is a NaN
//        fNClass                          (a)                  -
//        fNToI32 ..U32 ..I64 ..U64        (a, rm)              -
//        i32ToF32 u32.. i64.. u64..       (value, rm)          nearest-even, or few enough bits
//        f64ToF32                         (a, rm)              as for arithmetic
//        f32ToF64 i32ToF64 u32ToF64       (a)                  always exact
//
// Numbers are bit patterns: u64 for f64 and u32 for f32. A NaN never leaves a function as a
// floating-point value, since an engine may change its bits on the way. `rm` is 0 to 4; the caller
// has resolved the dynamic mode. Flags are OR-ed into `fflags`. The integer code behind every
// function can do all cases alone; softfloat-native.ts says why the shortcuts may be taken.
import { add, divide, multiply, squareRoot } from "./softfloat-arithmetic";
import { classify, equal, less, lessOrEqual, maximum, minimum } from "./softfloat-compare";
import { fromInteger, toFormat, toInteger } from "./softfloat-convert";
import { fflags, flagInexact, isNaNBits, roundNearestEven, signBit } from "./softfloat-format";
import { multiplyAdd } from "./softfloat-fused";
import {
  isNormalSure,
  isProductSure,
  isQuotientSure,
  isRootSure,
  isSumSure,
} from "./softfloat-native";
import {
  fusedByParts,
  isFarFromLimits,
  isNarrowedSumSure,
  isPlainProduct,
} from "./softfloat-native-fused";

export { fflags, setFflags } from "./softfloat-format";

// --- Both formats ---

@inline
function addEither<F, T>(a: T, b: T, rm: u32): T {
  if (rm == roundNearestEven) {
    const x = reinterpret<F>(a);
    const y = reinterpret<F>(b);
    const sum = x + y;
    if (isSumSure<F>(x, y, sum)) return reinterpret<T>(sum);
  }
  return add<T>(a, b, rm);
}

@inline
function multiplyEither<F, T>(a: T, b: T, rm: u32): T {
  if (rm == roundNearestEven) {
    const x = reinterpret<F>(a);
    const y = reinterpret<F>(b);
    const product = x * y;
    if (isProductSure<F, T>(x, y, product)) return reinterpret<T>(product);
  }
  return multiply<T>(a, b, rm);
}

@inline
function divideEither<F, T>(a: T, b: T, rm: u32): T {
  if (rm == roundNearestEven) {
    const x = reinterpret<F>(a);
    const y = reinterpret<F>(b);
    const quotient = x / y;
    if (isQuotientSure<F, T>(x, y, quotient)) return reinterpret<T>(quotient);
  }
  return divide<T>(a, b, rm);
}

@inline
function squareRootEither<F, T>(a: T, rm: u32): T {
  if (rm == roundNearestEven) {
    const x = reinterpret<F>(a);
    const root = sqrt<F>(x);
    if (isRootSure<F, T>(x, root)) return reinterpret<T>(root);
  }
  return squareRoot<T>(a, rm);
}

@inline
function fromSigned<F, T>(value: i64, rm: u32, exactMost: i64): T {
  if (isConversionSure(value >= -exactMost && value <= exactMost, rm))
    return reinterpret<T>(<F>value);
  return fromInteger<T>(value < 0, <u64>(value < 0 ? 0 - value : value), rm);
}

@inline
function fromUnsigned<F, T>(value: u64, rm: u32, exactMost: u64): T {
  if (isConversionSure(value <= exactMost, rm)) return reinterpret<T>(<F>value);
  return fromInteger<T>(false, value, rm);
}

@inline
function isConversionSure(isExact: bool, rm: u32): bool {
  return isExact || (rm == roundNearestEven && (fflags & flagInexact) != 0);
}

// --- f64 ---

export function f64Add(a: u64, b: u64, rm: u32): u64 {
  return addEither<f64, u64>(a, b, rm);
}

export function f64Sub(a: u64, b: u64, rm: u32): u64 {
  return addEither<f64, u64>(a, b ^ signBit<u64>(), rm);
}

export function f64Mul(a: u64, b: u64, rm: u32): u64 {
  return multiplyEither<f64, u64>(a, b, rm);
}

export function f64Div(a: u64, b: u64, rm: u32): u64 {
  return divideEither<f64, u64>(a, b, rm);
}

export function f64Sqrt(a: u64, rm: u32): u64 {
  return squareRootEither<f64, u64>(a, rm);
}

/** a * b + c, rounded once. For the negated forms the caller flips the signs of `a` and `c`. */
export function f64MulAdd(a: u64, b: u64, c: u64, rm: u32): u64 {
  if (rm == roundNearestEven) {
    const x = reinterpret<f64>(a);
    const y = reinterpret<f64>(b);
    const z = reinterpret<f64>(c);
    const product = x * y;
    if ((fflags & flagInexact) != 0) {
      if (isFarFromLimits(x, y, z)) return reinterpret<u64>(fusedByParts(x, y, product, z));
    }
    if (isPlainProduct(x, y, product)) {
      const sum = product + z;
      if (isSumSure<f64>(product, z, sum)) return reinterpret<u64>(sum);
    }
  }
  return multiplyAdd<u64>(a, b, c, rm);
}

export function f64Min(a: u64, b: u64): u64 {
  return minimum<f64, u64>(a, b);
}

export function f64Max(a: u64, b: u64): u64 {
  return maximum<f64, u64>(a, b);
}

export function f64Eq(a: u64, b: u64): u32 {
  return equal<f64, u64>(a, b);
}

export function f64Lt(a: u64, b: u64): u32 {
  return less<f64, u64>(a, b);
}

export function f64Le(a: u64, b: u64): u32 {
  return lessOrEqual<f64, u64>(a, b);
}

export function f64Class(a: u64): u32 {
  return classify<u64>(a);
}

export function f64ToI32(a: u64, rm: u32): u32 {
  return <u32>toInteger<u64>(a, rm, 0x80000000, 0x7fffffff);
}

export function f64ToU32(a: u64, rm: u32): u32 {
  return <u32>toInteger<u64>(a, rm, 0, 0xffffffff);
}

export function f64ToI64(a: u64, rm: u32): u64 {
  return toInteger<u64>(a, rm, 0x8000000000000000, 0x7fffffffffffffff);
}

export function f64ToU64(a: u64, rm: u32): u64 {
  return toInteger<u64>(a, rm, 0, 0xffffffffffffffff);
}

/** Every integer of 32 bits is a double. */
export function i32ToF64(value: i32): u64 {
  return reinterpret<u64>(<f64>value);
}

export function u32ToF64(value: u32): u64 {
  return reinterpret<u64>(<f64>value);
}

export function i64ToF64(value: i64, rm: u32): u64 {
  return fromSigned<f64, u64>(value, rm, 1 << 53);
}

export function u64ToF64(value: u64, rm: u32): u64 {
  return fromUnsigned<f64, u64>(value, rm, 1 << 53);
}

// --- f32 ---

export function f32Add(a: u32, b: u32, rm: u32): u32 {
  return addEither<f32, u32>(a, b, rm);
}

export function f32Sub(a: u32, b: u32, rm: u32): u32 {
  return addEither<f32, u32>(a, b ^ signBit<u32>(), rm);
}

export function f32Mul(a: u32, b: u32, rm: u32): u32 {
  return multiplyEither<f32, u32>(a, b, rm);
}

export function f32Div(a: u32, b: u32, rm: u32): u32 {
  return divideEither<f32, u32>(a, b, rm);
}

export function f32Sqrt(a: u32, rm: u32): u32 {
  return squareRootEither<f32, u32>(a, rm);
}

export function f32MulAdd(a: u32, b: u32, c: u32, rm: u32): u32 {
  if (rm == roundNearestEven) {
    const product = <f64>reinterpret<f32>(a) * <f64>reinterpret<f32>(b);
    const z = <f64>reinterpret<f32>(c);
    const sum = product + z;
    const result = <f32>sum;
    if (isNarrowedSumSure(product, z, sum, result)) return reinterpret<u32>(result);
  }
  return multiplyAdd<u32>(a, b, c, rm);
}

export function f32Min(a: u32, b: u32): u32 {
  return minimum<f32, u32>(a, b);
}

export function f32Max(a: u32, b: u32): u32 {
  return maximum<f32, u32>(a, b);
}

export function f32Eq(a: u32, b: u32): u32 {
  return equal<f32, u32>(a, b);
}

export function f32Lt(a: u32, b: u32): u32 {
  return less<f32, u32>(a, b);
}

export function f32Le(a: u32, b: u32): u32 {
  return lessOrEqual<f32, u32>(a, b);
}

export function f32Class(a: u32): u32 {
  return classify<u32>(a);
}

export function f32ToI32(a: u32, rm: u32): u32 {
  return <u32>toInteger<u32>(a, rm, 0x80000000, 0x7fffffff);
}

export function f32ToU32(a: u32, rm: u32): u32 {
  return <u32>toInteger<u32>(a, rm, 0, 0xffffffff);
}

export function f32ToI64(a: u32, rm: u32): u64 {
  return toInteger<u32>(a, rm, 0x8000000000000000, 0x7fffffffffffffff);
}

export function f32ToU64(a: u32, rm: u32): u64 {
  return toInteger<u32>(a, rm, 0, 0xffffffffffffffff);
}

export function i32ToF32(value: i32, rm: u32): u32 {
  return fromSigned<f32, u32>(value, rm, 1 << 24);
}

export function u32ToF32(value: u32, rm: u32): u32 {
  return fromUnsigned<f32, u32>(value, rm, 1 << 24);
}

export function i64ToF32(value: i64, rm: u32): u32 {
  return fromSigned<f32, u32>(value, rm, 1 << 24);
}

export function u64ToF32(value: u64, rm: u32): u32 {
  return fromUnsigned<f32, u32>(value, rm, 1 << 24);
}

// --- Between the formats ---

export function f64ToF32(a: u64, rm: u32): u32 {
  if (rm == roundNearestEven) {
    const x = reinterpret<f64>(a);
    const narrow = <f32>x;
    if (isNormalSure<f32>(narrow) && ((fflags & flagInexact) != 0 || <f64>narrow == x)) {
      return reinterpret<u32>(narrow);
    }
  }
  return toFormat<u64, u32>(a, rm);
}

/** Always exact, for subnormals too; only a NaN needs care. */
export function f32ToF64(a: u32): u64 {
  if (isNaNBits<u32>(a)) return toFormat<u32, u64>(a, roundNearestEven);
  return reinterpret<u64>(<f64>reinterpret<f32>(a));
}
