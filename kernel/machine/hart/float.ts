// The floating-point instructions (F, D) over softfloat: operands out of boxes, results into them.
//
// A single lies in a register of doubles with all upper bits set; if they are not set it counts as the canonical NaN.
// Moves, stores and sign injection never pass through wasm's floats. `fcvt` names: to, then from.

import { roundingAt, stopBitsAt, xRegisters } from "./layout";
import {
  opFaddD, opFaddS, opFclassD, opFclassS, opFcvtDL, opFcvtDLu, opFcvtDS, opFcvtDW, opFcvtDWu, opFcvtLD, opFcvtLS,
  opFcvtLuD, opFcvtLuS, opFcvtSD, opFcvtSL, opFcvtSLu, opFcvtSW, opFcvtSWu, opFcvtWD, opFcvtWS, opFcvtWuD, opFcvtWuS,
  opFdivD, opFdivS, opFeqD, opFeqS, opFleD, opFleS, opFltD, opFltS, opFmaddD, opFmaddS, opFmaxD, opFmaxS, opFminD,
  opFminS, opFmsubD, opFmsubS, opFmulD, opFmulS, opFmvDX, opFmvWX, opFmvXD, opFmvXW, opFnmaddD, opFnmaddS, opFnmsubD,
  opFnmsubS, opFsgnjD, opFsgnjS, opFsgnjnD, opFsgnjnS, opFsgnjxD, opFsgnjxS, opFsqrtD, opFsqrtS, opFsubD, opFsubS,
} from "./ops";
import { bitsOf, boxed, f1, f2, f3, setF, setX, signed32, x1 } from "./registers";
import {
  f32Add, f32Class, f32Div, f32Eq, f32Le, f32Lt, f32Max, f32Min, f32Mul, f32MulAdd, f32Sqrt, f32Sub, f32ToF64,
  f32ToI32, f32ToI64, f32ToU32, f32ToU64, f64Add, f64Class, f64Div, f64Eq, f64Le, f64Lt, f64Max, f64Min, f64Mul,
  f64MulAdd, f64Sqrt, f64Sub, f64ToF32, f64ToI32, f64ToI64, f64ToU32, f64ToU64, i32ToF32, i32ToF64, i64ToF32,
  i64ToF64, u32ToF32, u32ToF64, u64ToF32, u64ToF64,
} from "./softfloat";

const sign32: u32 = 0x80000000;
const sign64: u64 = 0x8000000000000000;
const dynamic: u32 = 7;

/** The rounding mode of an instruction; above 4 it is none. Instructions that do not round have a small number there. */
@inline
export function roundingOf(bits: u32): u32 {
  const mode = (bits >> 12) & 7;
  return mode == dynamic ? load<u32>(roundingAt) : mode;
}

/** Executes one instruction; false if its rounding mode makes it illegal. */
export function float(op: i32, record: usize): bool {
  const bits = bitsOf(record);
  const rounding = roundingOf(bits);
  if (rounding > 4) {
    store<u32>(stopBitsAt, bits);
    return false;
  }
  if (op < opFmaddD) single(op, record, rounding);
  else double(op, record, rounding);
  return true;
}

function single(op: i32, r: usize, rounding: u32): void {
  switch (op) {
    case opFmaddS: return setS(r, f32MulAdd(s1(r), s2(r), s3(r), rounding));
    case opFmsubS: return setS(r, f32MulAdd(s1(r), s2(r), s3(r) ^ sign32, rounding));
    case opFnmsubS: return setS(r, f32MulAdd(s1(r) ^ sign32, s2(r), s3(r), rounding));
    case opFnmaddS: return setS(r, f32MulAdd(s1(r) ^ sign32, s2(r), s3(r) ^ sign32, rounding));
    case opFaddS: return setS(r, f32Add(s1(r), s2(r), rounding));
    case opFsubS: return setS(r, f32Sub(s1(r), s2(r), rounding));
    case opFmulS: return setS(r, f32Mul(s1(r), s2(r), rounding));
    case opFdivS: return setS(r, f32Div(s1(r), s2(r), rounding));
    case opFsqrtS: return setS(r, f32Sqrt(s1(r), rounding));
    case opFsgnjS: return setS(r, (s1(r) & ~sign32) | (s2(r) & sign32));
    case opFsgnjnS: return setS(r, (s1(r) & ~sign32) | (~s2(r) & sign32));
    case opFsgnjxS: return setS(r, s1(r) ^ (s2(r) & sign32));
    case opFminS: return setS(r, f32Min(s1(r), s2(r)));
    case opFmaxS: return setS(r, f32Max(s1(r), s2(r)));
    case opFcvtWS: return setInteger(r, signed32(f32ToI32(s1(r), rounding)));
    case opFcvtWuS: return setInteger(r, signed32(f32ToU32(s1(r), rounding)));
    case opFcvtLS: return setInteger(r, f32ToI64(s1(r), rounding));
    case opFcvtLuS: return setInteger(r, f32ToU64(s1(r), rounding));
    case opFmvXW: return setInteger(r, signed32(f1(r)));
    case opFeqS: return setInteger(r, f32Eq(s1(r), s2(r)));
    case opFltS: return setInteger(r, f32Lt(s1(r), s2(r)));
    case opFleS: return setInteger(r, f32Le(s1(r), s2(r)));
    case opFclassS: return setInteger(r, f32Class(s1(r)));
    case opFcvtSW: return setS(r, i32ToF32(i32(x1(r)), rounding));
    case opFcvtSWu: return setS(r, u32ToF32(u32(x1(r)), rounding));
    case opFcvtSL: return setS(r, i64ToF32(i64(x1(r)), rounding));
    case opFcvtSLu: return setS(r, u64ToF32(x1(r), rounding));
    case opFmvWX: return setS(r, u32(x1(r)));
    case opFcvtSD: return setS(r, f64ToF32(f1(r), rounding));
    default: unreachable();
  }
}

function double(op: i32, r: usize, rounding: u32): void {
  switch (op) {
    case opFmaddD: return setF(r, f64MulAdd(f1(r), f2(r), f3(r), rounding));
    case opFmsubD: return setF(r, f64MulAdd(f1(r), f2(r), f3(r) ^ sign64, rounding));
    case opFnmsubD: return setF(r, f64MulAdd(f1(r) ^ sign64, f2(r), f3(r), rounding));
    case opFnmaddD: return setF(r, f64MulAdd(f1(r) ^ sign64, f2(r), f3(r) ^ sign64, rounding));
    case opFaddD: return setF(r, f64Add(f1(r), f2(r), rounding));
    case opFsubD: return setF(r, f64Sub(f1(r), f2(r), rounding));
    case opFmulD: return setF(r, f64Mul(f1(r), f2(r), rounding));
    case opFdivD: return setF(r, f64Div(f1(r), f2(r), rounding));
    case opFsqrtD: return setF(r, f64Sqrt(f1(r), rounding));
    case opFsgnjD: return setF(r, (f1(r) & ~sign64) | (f2(r) & sign64));
    case opFsgnjnD: return setF(r, (f1(r) & ~sign64) | (~f2(r) & sign64));
    case opFsgnjxD: return setF(r, f1(r) ^ (f2(r) & sign64));
    case opFminD: return setF(r, f64Min(f1(r), f2(r)));
    case opFmaxD: return setF(r, f64Max(f1(r), f2(r)));
    case opFcvtWD: return setInteger(r, signed32(f64ToI32(f1(r), rounding)));
    case opFcvtWuD: return setInteger(r, signed32(f64ToU32(f1(r), rounding)));
    case opFcvtLD: return setInteger(r, f64ToI64(f1(r), rounding));
    case opFcvtLuD: return setInteger(r, f64ToU64(f1(r), rounding));
    case opFmvXD: return setInteger(r, f1(r));
    case opFeqD: return setInteger(r, f64Eq(f1(r), f2(r)));
    case opFltD: return setInteger(r, f64Lt(f1(r), f2(r)));
    case opFleD: return setInteger(r, f64Le(f1(r), f2(r)));
    case opFclassD: return setInteger(r, f64Class(f1(r)));
    case opFcvtDW: return setF(r, i32ToF64(i32(x1(r))));
    case opFcvtDWu: return setF(r, u32ToF64(u32(x1(r))));
    case opFcvtDL: return setF(r, i64ToF64(i64(x1(r)), rounding));
    case opFcvtDLu: return setF(r, u64ToF64(x1(r), rounding));
    case opFmvDX: return setF(r, x1(r));
    case opFcvtDS: return setF(r, f32ToF64(s1(r)));
    default: unreachable();
  }
}

@inline
function setS(record: usize, value: u32): void {
  setF(record, boxed(value));
}

@inline
function setInteger(record: usize, value: u64): void {
  setX(record, value);
  store<u64>(xRegisters, 0);
}

@inline
function s1(record: usize): u32 {
  return unboxed(f1(record));
}

@inline
function s2(record: usize): u32 {
  return unboxed(f2(record));
}

@inline
function s3(record: usize): u32 {
  return unboxed(f3(record));
}

@inline
function unboxed(value: u64): u32 {
  return u32(value >> 32) == 0xffffffff ? u32(value) : 0x7fc00000;
}
