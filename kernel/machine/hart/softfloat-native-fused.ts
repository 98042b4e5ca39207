// Fused multiply-add by wasm's own arithmetic, where the two roundings of the plain way can be
// shown to do no harm.
//
// Compilers fuse wherever they may, so that this is the floating-point instruction that matters
// most. wasm has none; as in softfloat-native.ts, "perhaps not" sends the caller to the integer
// code.
import { fflags, flagInexact } from "./softfloat-format";
import { isNormalSure, isProductExact, isSumExact } from "./softfloat-native";

// --- Single precision: through double, where a product of two singles is exact ---

/**
 * `sum` is x * y + z, rounded once, to double. Rounding it again to single is right unless it is a
 * halfway point between two singles: from any other place, the exact value rounds to the same side.
 */
export function isNarrowedSumSure(product: f64, z: f64, sum: f64, result: f32): bool {
  if (!isNormalSure<f32>(result)) return sum == 0; // f64 has no underflow here: exact
  if ((fflags & flagInexact) == 0) return <f64>result == sum && isSumExact<f64>(product, z, sum);
  return (reinterpret<u64>(sum) & 0x1fffffff) != 0x10000000;
}

// --- Double precision ---

/** Whether x * y is a number of 53 bits, so that adding to it is the only rounding. */
export function isPlainProduct(x: f64, y: f64, product: f64): bool {
  if (isNormalSure<f64>(product)) {
    return isProductExact<u64>(reinterpret<u64>(x), reinterpret<u64>(y), reinterpret<u64>(product));
  }
  return product == 0 && (x == 0 || y == 0);
}

const factorLeast: f64 = reinterpret<f64>((<u64>(1023 - 450)) << 52);
const factorMost: f64 = reinterpret<f64>((<u64>(1023 + 450)) << 52);
const addendLeast: f64 = reinterpret<f64>((<u64>(1023 - 900)) << 52);
const addendMost: f64 = reinterpret<f64>((<u64>(1023 + 900)) << 52);

/**
 * Then every step of `fusedByParts` is far from overflow and from the subnormals: the last bit of a
 * product's error is at least 2^-450 * 2^-450 * 2^-104.
 */
export function isFarFromLimits(x: f64, y: f64, z: f64): bool {
  const sizeX = abs<f64>(x);
  const sizeY = abs<f64>(y);
  const sizeZ = abs<f64>(z);
  return (
    sizeX >= factorLeast &&
    sizeX <= factorMost &&
    sizeY >= factorLeast &&
    sizeY <= factorMost &&
    ((sizeZ >= addendLeast && sizeZ <= addendMost) || z == 0)
  );
}

/**
 * x * y + z by the way of Boldo and Melquiond: the product and the sums are kept as a rounded
 * number and its error, and the two errors are added with rounding to odd, which acts as a sticky
 * bit for the last addition.
 */
export function fusedByParts(x: f64, y: f64, product: f64, z: f64): f64 {
  const productError = errorOfProduct(x, y, product);
  const lower = z + productError;
  const lowerError = errorOfSum(z, productError, lower);
  const upper = product + lower;
  const upperError = errorOfSum(product, lower, upper);
  return upper + sumToOdd(lowerError, upperError);
}

@inline
function errorOfSum(x: f64, y: f64, sum: f64): f64 {
  const yPart = sum - x;
  return x - (sum - yPart) + (y - yPart);
}

/** Dekker's product: each factor is split into two halves whose products are exact. */
@inline
function errorOfProduct(x: f64, y: f64, product: f64): f64 {
  const xHigh = upperHalf(x);
  const yHigh = upperHalf(y);
  const xLow = x - xHigh;
  const yLow = y - yHigh;
  return xHigh * yHigh - product + xHigh * yLow + xLow * yHigh + xLow * yLow;
}

/** The upper 26 bits, rounded. */
@inline
function upperHalf(x: f64): f64 {
  const scaled = x * 134217729; // 2^27 + 1
  return scaled - (scaled - x);
}

/** x + y; where that is not exact, the neighbour whose last bit is 1. */
@inline
function sumToOdd(x: f64, y: f64): f64 {
  const sum = x + y;
  const error = errorOfSum(x, y, sum);
  const bits = reinterpret<u64>(sum);
  if (error == 0 || (bits & 1) != 0) return sum;
  return reinterpret<f64>(error > 0 == sum > 0 ? bits + 1 : bits - 1);
}
