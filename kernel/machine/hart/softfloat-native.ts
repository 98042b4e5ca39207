// When wasm's own arithmetic gives exactly what RISC-V asks for, flags included.
//
// wasm rounds to nearest-even and has no flags. So it may be used when the mode is nearest-even and
//  - the result is finite and not near the subnormals: then no flag but inexact can be due; and
//  - inexact is set already, or the result is shown here to be exact.
// Each function answers "yes" or "perhaps not". On "perhaps not" the integer code decides, which at
// worst costs time: a program that works with inexact numbers takes that way once and has the flag
// from then on, and one that works with whole numbers only is shown to be exact here.
import {
  bias,
  exponentField,
  fflags,
  flagInexact,
  fractionBits,
  fractionOf,
} from "./softfloat-format";

/** Twice the smallest normal number: nothing that rounds to this or more was tiny. */
@inline
export function smallestSure<F>(): F {
  return sizeof<F>() == 8
    ? <F>reinterpret<f64>((<u64>2) << 52)
    : <F>reinterpret<f32>((<u32>2) << 23);
}

/** A sum that is subnormal is exact, so that only overflow and what is not finite need care. */
@inline
export function isSumSure<F>(x: F, y: F, sum: F): bool {
  return abs<F>(sum) < <F>Infinity && ((fflags & flagInexact) != 0 || isSumExact<F>(x, y, sum));
}

/** Knuth's two-sum: the rounding error of a sum is itself a number, and these steps find it. */
@inline
export function isSumExact<F>(x: F, y: F, sum: F): bool {
  const yPart = sum - x;
  const xPart = sum - yPart;
  return x - xPart + (y - yPart) == <F>0;
}

@inline
export function isProductSure<F, T>(x: F, y: F, product: F): bool {
  if (isNormalSure<F>(product)) {
    return (
      (fflags & flagInexact) != 0 ||
      isProductExact<T>(reinterpret<T>(x), reinterpret<T>(y), reinterpret<T>(product))
    );
  }
  return product == <F>0 && (x == <F>0 || y == <F>0);
}

@inline
export function isQuotientSure<F, T>(x: F, y: F, quotient: F): bool {
  if (isNormalSure<F>(quotient)) {
    return (
      (fflags & flagInexact) != 0 ||
      isQuotientExact<T>(reinterpret<T>(x), reinterpret<T>(y), reinterpret<T>(quotient))
    );
  }
  return quotient == <F>0 && x == <F>0;
}

/** A root is never tiny and never overflows. */
@inline
export function isRootSure<F, T>(x: F, root: F): bool {
  if (isNormalSure<F>(root))
    return (fflags & flagInexact) != 0 || isRootExact<T>(reinterpret<T>(x), reinterpret<T>(root));
  return root == <F>0;
}

@inline
export function isNormalSure<F>(result: F): bool {
  const size = abs<F>(result);
  return size >= smallestSure<F>() && size < <F>Infinity;
}

/** Exact if the low half of the product of the significands, which rounding cuts off, is zero. */
export function isProductExact<T>(a: T, b: T, product: T): bool {
  if (exponentField<T>(a) == 0 || exponentField<T>(b) == 0) return false;
  const carry = exponentField<T>(product) + bias<T>() - exponentField<T>(a) - exponentField<T>(b);
  const kept = 64 - fractionBits<T>() - carry; // carry is 0 or 1
  return (digitsOf<T>(a) * digitsOf<T>(b)) << kept == 0;
}

/** Exact if quotient * b = a. They differ by less than 2^54 units: 64 bits of each will do. */
function isQuotientExact<T>(a: T, b: T, quotient: T): bool {
  if (exponentField<T>(a) == 0 || exponentField<T>(b) == 0) return false;
  const below = exponentField<T>(a) - exponentField<T>(b) + bias<T>() - exponentField<T>(quotient);
  const shift = fractionBits<T>() + below; // below is 0 or 1
  return digitsOf<T>(quotient) * digitsOf<T>(b) == digitsOf<T>(a) << shift;
}

/** Exact if root * root = a; as above. */
function isRootExact<T>(a: T, root: T): bool {
  if (exponentField<T>(a) == 0) return false;
  const odd = exponentField<T>(a) - 2 * exponentField<T>(root) + bias<T>();
  const shift = fractionBits<T>() + odd; // odd is 0 or 1
  return digitsOf<T>(root) * digitsOf<T>(root) == digitsOf<T>(a) << shift;
}

/** The significand of a normal number as an integer. */
@inline
function digitsOf<T>(a: T): u64 {
  return fractionOf<T>(a) | ((<u64>1) << fractionBits<T>());
}
