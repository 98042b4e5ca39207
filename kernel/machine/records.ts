// An instruction as the interpreter wants it: eight bytes in which nothing is left to work out.
//
//   byte 0-1  operation, made special where that is cheaper (x0 as source or destination, target in the same page)
//   byte 2    rd * 8; of stores and branches rs2 * 8; of a probe the bytes less one
//   byte 3    rs1 * 8
//   byte 4-7  the immediate; or rs2 * 8; or how far the target's record is; or the bits of the instruction

import type { Decoded } from "./decode.ts";
import * as ops from "./hart/ops.ts";

export interface CodeRecord {
  readonly operation: number;
  readonly first: number;
  readonly second: number;
  readonly immediate: number;
}

/** The record of an instruction at an offset of its page. */
export function recordOf(instruction: Decoded, pageOffset: number): CodeRecord {
  const { operation, rd, immediate } = instruction;
  if (isBranch(operation)) return branch(instruction, pageOffset);
  if (isLoad(operation) && rd === 0) {
    return { ...record(instruction, ops.opProbe), first: loadBytes(operation) - 1 };
  }
  if (hasOnlyResult(operation) && rd === 0) return nop(instruction);
  switch (operation) {
    case ops.opFence:
    case ops.opFenceI:
      return nop(instruction);
    case ops.opLui:
      return shaped(instruction, ops.opLi, immediate);
    case ops.opAddi:
      return shaped(instruction, instruction.rs1 === 0 ? ops.opLi : ops.opAddi, immediate);
    case ops.opAdd:
      return addition(instruction);
    case ops.opJal:
      return jump(instruction, pageOffset);
    case ops.opJalr:
      return record(instruction, linkingJump(instruction));
    default:
      return shaped(instruction, operation, lastField(instruction));
  }
}

function record(instruction: Decoded, operation: number, immediate?: number): CodeRecord {
  const { rd, rs1, rs2, format } = instruction;
  const isFirstSource = format === "s" || format === "b" || stores.has(instruction.operation);
  return {
    operation,
    first: (isFirstSource ? rs2 : rd) * 8,
    second: rs1 * 8,
    immediate: immediate ?? instruction.immediate,
  };
}

/** With the operation's short form if the instruction is compressed. */
function shaped(instruction: Decoded, operation: number, immediate: number): CodeRecord {
  const short = instruction.bytes === 2 ? shortForms.get(operation) : undefined;
  return record(instruction, short ?? operation, immediate);
}

function nop(instruction: Decoded): CodeRecord {
  const operation = instruction.bytes === 2 ? ops.opNopShort : ops.opNop;
  return { operation, first: 0, second: 0, immediate: 0 };
}

/** `add` from x0 is a move, and a move is `addi` of nothing. */
function addition(instruction: Decoded): CodeRecord {
  const { rs1, rs2 } = instruction;
  if (rs1 === 0) return shaped({ ...instruction, rs1: rs2 }, ops.opAddi, 0);
  return shaped(instruction, ops.opAdd, rs2 * 8);
}

function lastField({ operation, format, immediate, rs2, bits }: Decoded): number {
  if (operation === ops.opIllegal || format === "bits") return bits | 0;
  return format === "r" || format === "c.r" ? rs2 * 8 : immediate;
}

function jump(instruction: Decoded, pageOffset: number): CodeRecord {
  const { rd, immediate } = instruction;
  if (!isInPage(pageOffset + immediate)) {
    return record(instruction, rd === 0 ? ops.opJumpFar : ops.opJalFar);
  }
  return record(instruction, rd === 0 ? ops.opJump : ops.opJal, immediate * 4);
}

function linkingJump({ rd, bytes }: Decoded): number {
  if (rd === 0) return ops.opJumpRegister;
  return bytes === 2 ? ops.opJalrShort : ops.opJalr;
}

function branch(instruction: Decoded, pageOffset: number): CodeRecord {
  const { operation, immediate, bytes } = instruction;
  if (isInPage(pageOffset + immediate)) return shaped(instruction, operation, immediate * 4);
  const condition = conditions[operation - ops.opBeq] ?? 0;
  const packed = (immediate << 4) | (condition << 1) | (bytes === 2 ? 1 : 0);
  return record(instruction, ops.opBranchFar, packed);
}

function isInPage(offset: number): boolean {
  return offset >= 0 && offset < 4096;
}

/** Less (4), unsigned (2), negated (1), for beq, bne, blt, bge, bltu, bgeu. */
const conditions = [0, 1, 4, 5, 6, 7];

function isBranch(operation: number): boolean {
  return operation >= ops.opBeq && operation <= ops.opBgeu;
}

function isLoad(operation: number): boolean {
  return operation >= ops.opLb && operation <= ops.opLwu;
}

/** lb, lh, lw, ld, lbu, lhu, lwu. */
function loadBytes(operation: number): number {
  return 1 << ((operation - ops.opLb) & 3);
}

/** Instructions that do nothing but write rd. */
function hasOnlyResult(operation: number): boolean {
  return (
    operation === ops.opLui ||
    operation === ops.opAuipc ||
    (operation >= ops.opAddi && operation <= ops.opSraw) ||
    (operation >= ops.opMul && operation <= ops.opRemuw)
  );
}

const stores: ReadonlySet<number> = new Set([
  ops.opSb,
  ops.opSh,
  ops.opSw,
  ops.opSd,
  ops.opFsw,
  ops.opFsd,
]);

/** Every operation that a compressed instruction can have, but for those whose record does not tell the length. */
const shortForms: ReadonlyMap<number, number> = new Map([
  [ops.opLi, ops.opLiShort],
  [ops.opAddi, ops.opAddiShort],
  [ops.opAddiw, ops.opAddiwShort],
  [ops.opSlli, ops.opSlliShort],
  [ops.opSrli, ops.opSrliShort],
  [ops.opSrai, ops.opSraiShort],
  [ops.opAndi, ops.opAndiShort],
  [ops.opAdd, ops.opAddShort],
  [ops.opSub, ops.opSubShort],
  [ops.opXor, ops.opXorShort],
  [ops.opOr, ops.opOrShort],
  [ops.opAnd, ops.opAndShort],
  [ops.opAddw, ops.opAddwShort],
  [ops.opSubw, ops.opSubwShort],
  [ops.opLw, ops.opLwShort],
  [ops.opLd, ops.opLdShort],
  [ops.opSw, ops.opSwShort],
  [ops.opSd, ops.opSdShort],
  [ops.opFld, ops.opFldShort],
  [ops.opFsd, ops.opFsdShort],
  [ops.opBeq, ops.opBeqShort],
  [ops.opBne, ops.opBneShort],
]);
