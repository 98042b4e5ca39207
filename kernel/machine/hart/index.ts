// The interpreter: runs decoded records until a trap, a fault or the end of its budget.
//
//   record ──op──▶ one case of the switch ──▶ next record (8 bytes a halfword), one taken off what is left
//
// A place without a record holds operation 0: TypeScript decodes the code there and the same place is looked at again.
// Dropped code is zeroed in place, so the record pointer of a program that overwrites itself finds operation 0 too.
// An operation that is no instruction (not decoded, page end, straddling) takes nothing off the budget.

import {
  executedAt, flagsAt, instretAt, pcAt, shiftAt, spaceAt, stopBitsAt, stopBudget, stopEbreak, stopEcall, stopIllegal,
  stopPageFault, straddleAt,
} from "./layout";
import { atomic } from "./atomic";
import { control } from "./control";
import { float } from "./float";
import {
  divide, divideUnsigned, divideWord, divideWordUnsigned, multiplyHigh, multiplyHighMixed, multiplyHighUnsigned,
  remainder, remainderUnsigned, remainderWord, remainderWordUnsigned,
} from "./integer";
import { lookExecute, placeOf, readAt, writeEntry, writeSlow } from "./memory";
import {
  opAdd, opAddi, opAddiShort, opAddiw, opAddiwShort, opAddShort, opAddw, opAddwShort, opAnd, opAndi, opAndiShort,
  opAndShort, opAuipc, opBeq, opBeqShort, opBge, opBgeu, opBlt, opBltu, opBne, opBneShort, opBranchFar, opCsrrci,
  opCsrrw, opDiv, opDivu, opDivuw, opDivw, opEbreak, opEcall, opFld, opFldShort, opFlw, opFmaddS, opFcvtDS, opFsd,
  opFsdShort, opFsw, opIllegal, opJal, opJalFar, opJalr, opJalrShort, opJump, opJumpFar, opJumpRegister, opLb, opLbu,
  opLd, opLdShort, opLh, opLhu, opLi, opLiShort, opLrW, opAmomaxuD, opLw, opLwShort, opLwu, opMul, opMulh, opMulhsu,
  opMulhu, opMulw, opNone, opNop, opNopShort, opOr, opOri, opOrShort, opPageEnd, opProbe, opRem, opRemu, opRemuw,
  opRemw, opSb, opSd, opSdShort, opSh, opSll, opSlli, opSlliShort, opSlliw, opSllw, opSlt, opSlti, opSltiu, opSltu,
  opSra, opSrai, opSraiShort, opSraiw, opSraw, opSrl, opSrli, opSrliShort, opSrliw, opSrlw, opStraddle, opSub,
  opSubShort, opSubw, opSubwShort, opSw, opSwShort, opXor, opXori, opXorShort,
} from "./ops";
import { addressOf, bitsOf, boxed, fs, immediate, setF, setX, signed32, x1, x2, xs } from "./registers";
import { fflags, setFflags } from "./softfloat";

/** Decodes from a halfword of a page on. 0 if the instruction there reaches into a page that cannot be executed. */
@external("kernel", "decode")
declare function decode(records: u32, slot: u32, page: f64): i32;

/** The page that is being executed, and where its records begin. */
let pageStart: u64 = 0;
let pageRecords: usize = 0;
let budget: u32 = 0;

/** Executes at most `limit` instructions (at least one is allowed) and says why it stopped. */
export function run(limit: u32): u32 {
  budget = limit;
  setFflags(load<u32>(flagsAt));
  const space = load<u64>(spaceAt);
  const shift = load<u32>(shiftAt);
  let left = limit;
  const start = load<u64>(pcAt) & ~1; // an odd pc would lie between records
  let record = enter(start);
  if (record == 0) return leaveAt(start, left, stopPageFault);
  let op: i32 = load<u16>(record);

  for (;;) {
    if (left == 0) return leave(record, left, stopBudget);
    switch (op) {
      case opNop: record += 16; break;
      case opNopShort: record += 8; break;
      case opLi: setX(record, immediate(record)); record += 16; break;
      case opLiShort: setX(record, immediate(record)); record += 8; break;
      case opAuipc: setX(record, pcOf(record) + immediate(record)); record += 16; break;

      case opAddi: setX(record, x1(record) + immediate(record)); record += 16; break;
      case opAddiShort: setX(record, x1(record) + immediate(record)); record += 8; break;
      case opAddiw: setX(record, signed32(x1(record) + immediate(record))); record += 16; break;
      case opAddiwShort: setX(record, signed32(x1(record) + immediate(record))); record += 8; break;
      case opSlti: setX(record, u64(i64(x1(record)) < i64(immediate(record)))); record += 16; break;
      case opSltiu: setX(record, u64(x1(record) < immediate(record))); record += 16; break;
      case opXori: setX(record, x1(record) ^ immediate(record)); record += 16; break;
      case opOri: setX(record, x1(record) | immediate(record)); record += 16; break;
      case opAndi: setX(record, x1(record) & immediate(record)); record += 16; break;
      case opAndiShort: setX(record, x1(record) & immediate(record)); record += 8; break;
      case opSlli: setX(record, x1(record) << immediate(record)); record += 16; break;
      case opSlliShort: setX(record, x1(record) << immediate(record)); record += 8; break;
      case opSrli: setX(record, x1(record) >> immediate(record)); record += 16; break;
      case opSrliShort: setX(record, x1(record) >> immediate(record)); record += 8; break;
      case opSrai: setX(record, u64(i64(x1(record)) >> i64(immediate(record)))); record += 16; break;
      case opSraiShort: setX(record, u64(i64(x1(record)) >> i64(immediate(record)))); record += 8; break;
      case opSlliw: setX(record, signed32(x1(record) << immediate(record))); record += 16; break;
      case opSrliw: setX(record, signed32(u32(x1(record)) >> u32(immediate(record)))); record += 16; break;
      case opSraiw: setX(record, u64(i64(i32(x1(record)) >> i32(immediate(record))))); record += 16; break;

      case opAdd: setX(record, x1(record) + x2(record)); record += 16; break;
      case opAddShort: setX(record, x1(record) + x2(record)); record += 8; break;
      case opSub: setX(record, x1(record) - x2(record)); record += 16; break;
      case opSubShort: setX(record, x1(record) - x2(record)); record += 8; break;
      case opAddw: setX(record, signed32(x1(record) + x2(record))); record += 16; break;
      case opAddwShort: setX(record, signed32(x1(record) + x2(record))); record += 8; break;
      case opSubw: setX(record, signed32(x1(record) - x2(record))); record += 16; break;
      case opSubwShort: setX(record, signed32(x1(record) - x2(record))); record += 8; break;
      case opSlt: setX(record, u64(i64(x1(record)) < i64(x2(record)))); record += 16; break;
      case opSltu: setX(record, u64(x1(record) < x2(record))); record += 16; break;
      case opXor: setX(record, x1(record) ^ x2(record)); record += 16; break;
      case opXorShort: setX(record, x1(record) ^ x2(record)); record += 8; break;
      case opOr: setX(record, x1(record) | x2(record)); record += 16; break;
      case opOrShort: setX(record, x1(record) | x2(record)); record += 8; break;
      case opAnd: setX(record, x1(record) & x2(record)); record += 16; break;
      case opAndShort: setX(record, x1(record) & x2(record)); record += 8; break;
      // wasm masks the count of a shift as RISC-V does: six bits of a doubleword's, five of a word's.
      case opSll: setX(record, x1(record) << x2(record)); record += 16; break;
      case opSrl: setX(record, x1(record) >> x2(record)); record += 16; break;
      case opSra: setX(record, u64(i64(x1(record)) >> i64(x2(record)))); record += 16; break;
      case opSllw: setX(record, u64(i64(i32(x1(record)) << i32(x2(record))))); record += 16; break;
      case opSrlw: setX(record, signed32(u32(x1(record)) >> u32(x2(record)))); record += 16; break;
      case opSraw: setX(record, u64(i64(i32(x1(record)) >> i32(x2(record))))); record += 16; break;

      case opMul: setX(record, x1(record) * x2(record)); record += 16; break;
      case opMulw: setX(record, signed32(x1(record) * x2(record))); record += 16; break;
      case opMulh: setX(record, multiplyHigh(x1(record), x2(record))); record += 16; break;
      case opMulhsu: setX(record, multiplyHighMixed(x1(record), x2(record))); record += 16; break;
      case opMulhu: setX(record, multiplyHighUnsigned(x1(record), x2(record))); record += 16; break;
      case opDiv: setX(record, divide(x1(record), x2(record))); record += 16; break;
      case opDivu: setX(record, divideUnsigned(x1(record), x2(record))); record += 16; break;
      case opRem: setX(record, remainder(x1(record), x2(record))); record += 16; break;
      case opRemu: setX(record, remainderUnsigned(x1(record), x2(record))); record += 16; break;
      case opDivw: setX(record, u64(i64(divideWord(i32(x1(record)), i32(x2(record)))))); record += 16; break;
      case opDivuw: setX(record, signed32(divideWordUnsigned(u32(x1(record)), u32(x2(record))))); record += 16; break;
      case opRemw: setX(record, u64(i64(remainderWord(i32(x1(record)), i32(x2(record)))))); record += 16; break;
      case opRemuw: setX(record, signed32(remainderWordUnsigned(u32(x1(record)), u32(x2(record))))); record += 16; break;

      case opLb: {
        const at = readAt(addressOf(record), 0, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setX(record, u64(load<i8>(at)));
        record += 16;
        break;
      }
      case opLbu: {
        const at = readAt(addressOf(record), 0, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setX(record, load<u8>(at));
        record += 16;
        break;
      }
      case opLh: {
        const at = readAt(addressOf(record), 1, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setX(record, u64(load<i16>(at)));
        record += 16;
        break;
      }
      case opLhu: {
        const at = readAt(addressOf(record), 1, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setX(record, load<u16>(at));
        record += 16;
        break;
      }
      case opLw: {
        const at = readAt(addressOf(record), 3, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setX(record, u64(load<i32>(at)));
        record += 16;
        break;
      }
      case opLwShort: {
        const at = readAt(addressOf(record), 3, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setX(record, u64(load<i32>(at)));
        record += 8;
        break;
      }
      case opLwu: {
        const at = readAt(addressOf(record), 3, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setX(record, load<u32>(at));
        record += 16;
        break;
      }
      case opLd: {
        const at = readAt(addressOf(record), 7, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setX(record, load<u64>(at));
        record += 16;
        break;
      }
      case opLdShort: {
        const at = readAt(addressOf(record), 7, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setX(record, load<u64>(at));
        record += 8;
        break;
      }
      case opFlw: {
        const at = readAt(addressOf(record), 3, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setF(record, boxed(load<u32>(at)));
        record += 16;
        break;
      }
      case opFld: {
        const at = readAt(addressOf(record), 7, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setF(record, load<u64>(at));
        record += 16;
        break;
      }
      case opFldShort: {
        const at = readAt(addressOf(record), 7, space, shift);
        if (at == 0) return leave(record, left, stopPageFault);
        setF(record, load<u64>(at));
        record += 8;
        break;
      }
      case opProbe: {
        if (readAt(addressOf(record), load<u8>(record, 2), space, shift) == 0) return leave(record, left, stopPageFault);
        record += 16;
        break;
      }

      case opSb: {
        const address = addressOf(record);
        const entry = writeEntry(address, 0, space, shift);
        if (entry != 0) store<u8>(placeOf(entry, address), u8(xs(record)));
        else if (!writeSlow(address, xs(record), 1)) return leave(record, left, stopPageFault);
        record += 16;
        break;
      }
      case opSh: {
        const address = addressOf(record);
        const entry = writeEntry(address, 1, space, shift);
        if (entry != 0) store<u16>(placeOf(entry, address), u16(xs(record)));
        else if (!writeSlow(address, xs(record), 2)) return leave(record, left, stopPageFault);
        record += 16;
        break;
      }
      case opSw: {
        const address = addressOf(record);
        const entry = writeEntry(address, 3, space, shift);
        if (entry != 0) store<u32>(placeOf(entry, address), u32(xs(record)));
        else if (!writeSlow(address, xs(record), 4)) return leave(record, left, stopPageFault);
        record += 16;
        break;
      }
      case opSwShort: {
        const address = addressOf(record);
        const entry = writeEntry(address, 3, space, shift);
        if (entry != 0) store<u32>(placeOf(entry, address), u32(xs(record)));
        else if (!writeSlow(address, xs(record), 4)) return leave(record, left, stopPageFault);
        record += 8;
        break;
      }
      case opSd: {
        const address = addressOf(record);
        const entry = writeEntry(address, 7, space, shift);
        if (entry != 0) store<u64>(placeOf(entry, address), xs(record));
        else if (!writeSlow(address, xs(record), 8)) return leave(record, left, stopPageFault);
        record += 16;
        break;
      }
      case opSdShort: {
        const address = addressOf(record);
        const entry = writeEntry(address, 7, space, shift);
        if (entry != 0) store<u64>(placeOf(entry, address), xs(record));
        else if (!writeSlow(address, xs(record), 8)) return leave(record, left, stopPageFault);
        record += 8;
        break;
      }
      case opFsw: {
        const address = addressOf(record);
        const entry = writeEntry(address, 3, space, shift);
        if (entry != 0) store<u32>(placeOf(entry, address), u32(fs(record)));
        else if (!writeSlow(address, fs(record), 4)) return leave(record, left, stopPageFault);
        record += 16;
        break;
      }
      case opFsd: {
        const address = addressOf(record);
        const entry = writeEntry(address, 7, space, shift);
        if (entry != 0) store<u64>(placeOf(entry, address), fs(record));
        else if (!writeSlow(address, fs(record), 8)) return leave(record, left, stopPageFault);
        record += 16;
        break;
      }
      case opFsdShort: {
        const address = addressOf(record);
        const entry = writeEntry(address, 7, space, shift);
        if (entry != 0) store<u64>(placeOf(entry, address), fs(record));
        else if (!writeSlow(address, fs(record), 8)) return leave(record, left, stopPageFault);
        record += 8;
        break;
      }

      case opBeq: record += x1(record) == xs(record) ? jumpOf(record) : 16; break;
      case opBne: record += x1(record) != xs(record) ? jumpOf(record) : 16; break;
      case opBlt: record += i64(x1(record)) < i64(xs(record)) ? jumpOf(record) : 16; break;
      case opBge: record += i64(x1(record)) >= i64(xs(record)) ? jumpOf(record) : 16; break;
      case opBltu: record += x1(record) < xs(record) ? jumpOf(record) : 16; break;
      case opBgeu: record += x1(record) >= xs(record) ? jumpOf(record) : 16; break;
      case opBeqShort: record += x1(record) == 0 ? jumpOf(record) : 8; break;
      case opBneShort: record += x1(record) != 0 ? jumpOf(record) : 8; break;
      case opJump: record += jumpOf(record); break;
      case opJal: {
        setX(record, pcOf(record) + 4);
        record += jumpOf(record);
        break;
      }

      // A jump whose target cannot be executed has happened: the fault is the next instruction's.
      case opBranchFar: {
        const target = farTarget(record);
        left--;
        if (left == 0) return leaveAt(target, left, stopBudget);
        record = enter(target);
        if (record == 0) return leaveAt(target, left, stopPageFault);
        op = load<u16>(record);
        continue;
      }
      case opJumpFar:
      case opJalFar: {
        const target = pcOf(record) + immediate(record);
        if (op == opJalFar) setX(record, pcOf(record) + 4);
        left--;
        if (left == 0) return leaveAt(target, left, stopBudget);
        record = enter(target);
        if (record == 0) return leaveAt(target, left, stopPageFault);
        op = load<u16>(record);
        continue;
      }
      case opJalr:
      case opJalrShort:
      case opJumpRegister: {
        const target = addressOf(record) & ~1;
        if (op != opJumpRegister) setX(record, pcOf(record) + (op == opJalr ? 4 : 2));
        left--;
        if ((target ^ pageStart) >> 12 == 0) {
          record = pageRecords + ((usize(target) & 4095) << 2);
        } else {
          if (left == 0) return leaveAt(target, left, stopBudget);
          record = enter(target);
          if (record == 0) return leaveAt(target, left, stopPageFault);
        }
        op = load<u16>(record);
        continue;
      }
      case opPageEnd: {
        const next = pcOf(record);
        record = enter(next);
        if (record == 0) return leaveAt(next, left, stopPageFault);
        op = load<u16>(record);
        continue;
      }
      case opStraddle: {
        const second = lookExecute(pageStart + 4096);
        if (second == 0) return leave(record, left, stopPageFault);
        op = straddling(record, second);
        continue;
      }
      case opNone: {
        const pc = pcOf(record);
        record = enter(pc);
        if (record == 0) return leaveAt(pc, left, stopPageFault);
        if (load<u16>(record) == opNone) {
          const slot = (u32(pc) & 4095) >> 1;
          if (decode(u32(pageRecords), slot, f64(pc >> 12)) == 0) return leave(record, left, stopPageFault);
        }
        op = load<u16>(record);
        continue;
      }
      case opEcall: return leave(record, left, stopEcall);
      case opEbreak: return leave(record, left, stopEbreak);
      case opIllegal: {
        store<u32>(stopBitsAt, bitsOf(record));
        return leave(record, left, stopIllegal);
      }
      default: {
        const reason = rare(op, record, limit - left);
        if (reason != 0) return leave(record, left, reason);
        record += 16;
        break;
      }
    }
    left--;
    op = load<u16>(record);
  }
  return unreachable();
}

/** Executes an instruction of the groups that are not worth a case each: 0, or the reason to stop. */
function rare(op: i32, record: usize, done: u32): u32 {
  if (op >= opFmaddS && op <= opFcvtDS) return float(op, record) ? 0 : stopIllegal;
  if (op >= opLrW && op <= opAmomaxuD) return atomic(op, record);
  if (op >= opCsrrw && op <= opCsrrci) return control(op, record, load<u64>(instretAt) + done);
  return unreachable();
}

/** How far the record of the target of a jump or branch in the page is. */
@inline
function jumpOf(record: usize): usize {
  return load<u32>(record, 4);
}

/** Makes the page of an address the one that is executed. Its record, or 0 after a page fault. */
function enter(pc: u64): usize {
  const entry = lookExecute(pc);
  if (entry == 0) return 0;
  pageStart = pc & ~4095;
  pageRecords = load<u32>(entry, 8);
  return pageRecords + ((usize(pc) & 4095) << 2);
}

@inline
function pcOf(record: usize): u64 {
  return pageStart + u64((record - pageRecords) >> 2);
}

/** Where a far branch goes on. Its record's immediate is: offset << 4 | condition << 1 | is compressed. */
function farTarget(record: usize): u64 {
  const packed = load<i32>(record, 4);
  const a = x1(record);
  const b = xs(record);
  const isLess = packed & 8 ? (packed & 4 ? a < b : i64(a) < i64(b)) : a == b;
  const isTaken = packed & 2 ? !isLess : isLess;
  if (isTaken) return pcOf(record) + u64(i64(packed >> 4));
  return pcOf(record) + (packed & 1 ? 2 : 4);
}

/** The operation of an instruction over a page end, if its second half is still what was decoded; else 0. */
function straddling(record: usize, secondEntry: usize): i32 {
  const truth = pageRecords + straddleAt;
  const secondHalf = load<u16>(load<u32>(secondEntry, 12));
  if (load<u16>(record) == opStraddle && load<u16>(truth, 2) == secondHalf) return load<u16>(truth);
  store<u16>(record, opNone);
  return opNone;
}

function leave(record: usize, left: u32, reason: u32): u32 {
  return leaveAt(pcOf(record), left, reason);
}

function leaveAt(pc: u64, left: u32, reason: u32): u32 {
  const executed = budget - left;
  store<u64>(pcAt, pc);
  store<u32>(executedAt, executed);
  store<u64>(instretAt, load<u64>(instretAt) + executed);
  store<u32>(flagsAt, fflags);
  return reason;
}
