// The names of what a decoded record points at. A record holds register numbers times eight, so that a register is one
// addition away. Picture of a record: layout.ts.

import { fRegisters, xRegisters } from "./layout";

@inline
export function setX(record: usize, value: u64): void {
  store<u64>(load<u8>(record, 2), value, xRegisters);
}

@inline
export function x1(record: usize): u64 {
  return load<u64>(load<u8>(record, 3), xRegisters);
}

/** The second source where the immediate's place holds it. */
@inline
export function x2(record: usize): u64 {
  return load<u64>(load<u32>(record, 4), xRegisters);
}

/** The second source of a store or branch: it lies where others name their destination. */
@inline
export function xs(record: usize): u64 {
  return load<u64>(load<u8>(record, 2), xRegisters);
}

@inline
export function immediate(record: usize): u64 {
  return u64(load<i32>(record, 4));
}

/** The address of a load or store. */
@inline
export function addressOf(record: usize): u64 {
  return x1(record) + immediate(record);
}

/** The bits of the instruction, for those records that keep them instead of an immediate. */
@inline
export function bitsOf(record: usize): u32 {
  return load<u32>(record, 4);
}

@inline
export function setF(record: usize, value: u64): void {
  store<u64>(load<u8>(record, 2), value, fRegisters);
}

@inline
export function f1(record: usize): u64 {
  return load<u64>(load<u8>(record, 3), fRegisters);
}

@inline
export function f2(record: usize): u64 {
  return load<u64>((bitsOf(record) >> 17) & 0xf8, fRegisters);
}

@inline
export function f3(record: usize): u64 {
  return load<u64>((bitsOf(record) >> 24) & 0xf8, fRegisters);
}

/** The float that a store stores. */
@inline
export function fs(record: usize): u64 {
  return load<u64>(load<u8>(record, 2), fRegisters);
}

/** A single in a double's register: the upper half is all ones. */
@inline
export function boxed(single: u32): u64 {
  return u64(single) | 0xffffffff00000000;
}

@inline
export function signed32(value: u64): u64 {
  return u64(i64(i32(value)));
}
