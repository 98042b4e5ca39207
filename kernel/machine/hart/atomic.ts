// Atomics (A). One hart a host, and nothing else touches memory while it runs: an action is atomic by itself.
//
// The reservation is (address, width, value loaded). SC succeeds if it names the latest LR and memory still holds the
// value; every SC ends the reservation.

import {
  accessRead, accessWrite, reservationAddressAt, reservationValueAt, reservationWidthAt, stopAddressAt,
  stopMisaligned, stopPageFault, xRegisters,
} from "./layout";
import { translate } from "./memory";
import {
  opAmoaddD, opAmoaddW, opAmoandD, opAmoandW, opAmomaxD, opAmomaxW, opAmomaxuD, opAmomaxuW, opAmominD, opAmominW,
  opAmominuD, opAmominuW, opAmoorD, opAmoorW, opAmoswapD, opAmoswapW, opAmoxorD, opAmoxorW, opLrD, opLrW, opScD,
  opScW,
} from "./ops";
import { setX, x1, x2 } from "./registers";

/** Executes one atomic: 0, or the reason to stop (then nothing has happened). */
export function atomic(op: i32, record: usize): u32 {
  const address = x1(record);
  const bytes: u32 = op < opLrD ? 4 : 8;
  if (address & (bytes - 1)) {
    store<u64>(stopAddressAt, address);
    return stopMisaligned;
  }
  if (op == opScW || op == opScD) return storeConditional(record, address, bytes);

  const isReserve = op == opLrW || op == opLrD;
  const at = translate(address, isReserve ? accessRead : accessWrite);
  if (at == 0) return stopPageFault;
  const old = bytes == 4 ? u64(load<i32>(at)) : load<u64>(at);
  if (isReserve) reserve(address, bytes, old);
  else if (bytes == 4) store<u32>(at, combineWord(op, u32(old), u32(x2(record))));
  else store<u64>(at, combine(op, old, x2(record)));
  setX(record, old);
  store<u64>(xRegisters, 0);
  return 0;
}

function reserve(address: u64, bytes: u32, value: u64): void {
  store<u32>(reservationWidthAt, bytes);
  store<u64>(reservationAddressAt, address);
  store<u64>(reservationValueAt, value);
}

function storeConditional(record: usize, address: u64, bytes: u32): u32 {
  let failed: u64 = 1;
  if (load<u32>(reservationWidthAt) == bytes && load<u64>(reservationAddressAt) == address) {
    const at = translate(address, accessWrite);
    if (at == 0) return stopPageFault;
    const now = bytes == 4 ? u64(load<i32>(at)) : load<u64>(at);
    if (now == load<u64>(reservationValueAt)) {
      if (bytes == 4) store<u32>(at, u32(x2(record)));
      else store<u64>(at, x2(record));
      failed = 0;
    }
  }
  store<u32>(reservationWidthAt, 0);
  setX(record, failed);
  store<u64>(xRegisters, 0);
  return 0;
}

function combineWord(op: i32, old: u32, operand: u32): u32 {
  switch (op) {
    case opAmoswapW: return operand;
    case opAmoaddW: return old + operand;
    case opAmoxorW: return old ^ operand;
    case opAmoandW: return old & operand;
    case opAmoorW: return old | operand;
    case opAmominW: return i32(old) < i32(operand) ? old : operand;
    case opAmomaxW: return i32(old) > i32(operand) ? old : operand;
    case opAmominuW: return old < operand ? old : operand;
    case opAmomaxuW: return old > operand ? old : operand;
    default: return unreachable();
  }
}

function combine(op: i32, old: u64, operand: u64): u64 {
  switch (op) {
    case opAmoswapD: return operand;
    case opAmoaddD: return old + operand;
    case opAmoxorD: return old ^ operand;
    case opAmoandD: return old & operand;
    case opAmoorD: return old | operand;
    case opAmominD: return i64(old) < i64(operand) ? old : operand;
    case opAmomaxD: return i64(old) > i64(operand) ? old : operand;
    case opAmominuD: return old < operand ? old : operand;
    case opAmomaxuD: return old > operand ? old : operand;
    default: return unreachable();
  }
}
