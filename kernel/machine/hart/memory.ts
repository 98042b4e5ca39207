// How the interpreter reaches memory: a translation table answers at once, or TypeScript fills it, or the access faults.
//
//   address ──▶ table entry of its page ── tag matches ──▶ linear memory
//                        │ no
//                        ▼
//                 fill (pmap, by way of hart.ts) ── no translation ──▶ page fault, nothing has happened
//
// The tag is compared with the page of the access's last byte, so an access over a page end also takes the slow way,
// which translates both pages before it moves a byte.

import {
  accessExecute, accessRead, accessWrite, addressBits, bounceAt, entryMask, executeTable, readTable, shiftAt, spaceAt,
  stopAccessAt, stopAddressAt, tableBytes, writeTable,
} from "./layout";

/** Enters the translation of a page in the table of the access. Not 0 if there is one. */
@external("kernel", "fill")
declare function fill(page: f64, access: i32): i32;

/** Where the last `last + 1` bytes from `address` can be read, or 0 after a page fault. */
@inline
export function readAt(address: u64, last: u64, space: u64, shift: u32): usize {
  const entry = entryOf(readTable, address, shift);
  if (load<u64>(entry) == (space | ((address + last) >> 12))) return placeOf(entry, address);
  return readSlow(address, last);
}

/** The entry that a store of `last + 1` bytes may use, or 0: then `writeSlow` has to do it. */
@inline
export function writeEntry(address: u64, last: u64, space: u64, shift: u32): usize {
  const entry = entryOf(writeTable, address, shift);
  return load<u64>(entry) == (space | ((address + last) >> 12)) ? entry : 0;
}

/** The place of an address whose entry matched. */
@inline
export function placeOf(entry: usize, address: u64): usize {
  return usize(address) + load<u32>(entry, 8);
}

/** Stores the lowest `bytes` bytes of the value; false after a page fault. */
export function writeSlow(address: u64, value: u64, bytes: u32): bool {
  const end = address + bytes - 1;
  const first = translate(address, accessWrite);
  if (first == 0) return false;
  if (address >> 12 == end >> 12) {
    storeBytes(first, value, bytes);
    return true;
  }
  const second = translate(end & ~4095, accessWrite);
  if (second == 0) return false;
  const inFirst = 4096 - (u32(address) & 4095);
  storeBytes(first, value, inFirst);
  storeBytes(second, value >> (inFirst << 3), bytes - inFirst);
  return true;
}

function readSlow(address: u64, last: u64): usize {
  const end = address + last;
  const first = translate(address, accessRead);
  if (first == 0 || address >> 12 == end >> 12) return first;
  const second = translate(end & ~4095, accessRead);
  if (second == 0) return 0;
  const inFirst: usize = 4096 - (usize(address) & 4095);
  memory.copy(bounceAt, first, inFirst);
  memory.copy(usize(bounceAt) + inFirst, second, usize(last) + 1 - inFirst);
  return bounceAt;
}

function storeBytes(at: usize, value: u64, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i++) store<u8>(at + i, u8(value >> (i << 3)));
}

/** The place of a byte, or 0 after a page fault (whose address and access it leaves in the control block). */
export function translate(address: u64, access: u32): usize {
  const entry = look(address, access);
  return entry == 0 ? 0 : usize(load<u32>(entry, 12) + (u32(address) & 4095));
}

/** The matching entry of a table, filled if need be; 0 after a page fault. */
export function look(address: u64, access: u32): usize {
  const entry = entryOf(readTable + access * tableBytes, address, load<u32>(shiftAt));
  const page = address >> 12;
  if (load<u64>(entry) == (load<u64>(spaceAt) | page)) return entry;
  if (address >> addressBits == 0 && fill(f64(page), access) != 0) return entry;
  store<u64>(stopAddressAt, address);
  store<u32>(stopAccessAt, access);
  return 0;
}

/** The entry of the page that an instruction address lies on; 0 after a page fault. */
export function lookExecute(address: u64): usize {
  return look(address, accessExecute);
}

@inline
function entryOf(table: usize, address: u64, shift: u32): usize {
  return table + (((u32(address >> 12) + shift) & entryMask) << 4);
}
