// Control registers (Zicsr): the floating-point status, and the counters of Zicntr.
//
//   fflags  the sticky exceptions, in softfloat's global while the hart runs
//   frm     the rounding mode that instructions with mode "dynamic" use
//   cycle, instret   what the thread has completed: they travel with it
//   time    the kernel's: the hart stops and is told the value
//
// A write to a counter, and any other register, is an illegal instruction.

import {
  csrCycle, csrFcsr, csrFflags, csrFrm, csrInstret, csrTime, roundingAt, stopBitsAt, stopIllegal, stopTime, xRegisters,
} from "./layout";
import { opCsrrc, opCsrrci, opCsrrs, opCsrrsi, opCsrrw, opCsrrwi } from "./ops";
import { bitsOf, setX } from "./registers";
import { fflags, setFflags } from "./softfloat";

/** Executes one access: 0, or the reason to stop. `completed` is the thread's instruction count so far. */
export function control(op: i32, record: usize, completed: u64): u32 {
  const bits = bitsOf(record);
  const register = i32(bits >> 20);
  const sourceField = (bits >> 15) & 31;
  const isWrite = op == opCsrrw || op == opCsrrwi || sourceField != 0;
  if (isWrite ? register < csrFflags || register > csrFcsr : !isReadable(register)) {
    store<u32>(stopBitsAt, bits);
    return stopIllegal;
  }
  if (register == csrTime) {
    store<u32>(stopBitsAt, (bits >> 7) & 31);
    return stopTime;
  }
  const old = readControl(register, completed);
  const source = op >= opCsrrwi ? u64(sourceField) : load<u64>(usize(sourceField) << 3, xRegisters);
  if (isWrite) writeControl(register, u32(combined(op, old, source)));
  setX(record, old);
  store<u64>(xRegisters, 0);
  return 0;
}

function isReadable(register: i32): bool {
  return (register >= csrFflags && register <= csrFcsr) || (register >= csrCycle && register <= csrInstret);
}

function combined(op: i32, old: u64, source: u64): u64 {
  if (op == opCsrrs || op == opCsrrsi) return old | source;
  if (op == opCsrrc || op == opCsrrci) return old & ~source;
  return source;
}

function readControl(register: i32, completed: u64): u64 {
  switch (register) {
    case csrFflags: return fflags;
    case csrFrm: return load<u32>(roundingAt);
    case csrFcsr: return (load<u32>(roundingAt) << 5) | fflags;
    default: return completed;
  }
}

function writeControl(register: i32, value: u32): void {
  if (register != csrFrm) setFflags(value & 31);
  if (register == csrFrm) store<u32>(roundingAt, value & 7);
  if (register == csrFcsr) store<u32>(roundingAt, (value >> 5) & 7);
}
