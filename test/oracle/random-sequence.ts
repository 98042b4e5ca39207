// Random programs for the oracle: about a thousand instructions, no traps, and at the end all state is written out.
//
//   prologue   x8 and x2 point into data; all other registers are loaded from it
//   body       random items, each from a row of the decoder's tables with random bits in what the row leaves open
//   epilogue   x1 … x31, f0 … f31, fcsr go to the dump area; write(1, data, all of it); exit(0)
//
// Never written by the body: x2 and x8 (addresses of data) and x3 (counts the turns of a loop). Encoding goes through
// the same tables as decoding; a wrong piece in a format shows because qemu then runs another instruction than we do.

import { decode } from "../../kernel/machine/decode.ts";
import { compressedRows, wideRows } from "../../kernel/machine/decode-table.ts";
import type { Row } from "../../kernel/machine/decode-table.ts";
import { Code, encode, rowNamed, scatter } from "./random-sequence-code.ts";
import { doubleCount, randomData } from "./random-sequence-data.ts";
import { writeElf } from "./random-sequence-elf.ts";
import { Random } from "./random-sequence-random.ts";

export interface RandomProgram {
  readonly file: Uint8Array;
  /** The rows that the body contains, by name. */
  readonly names: ReadonlySet<string>;
}

const codeBase = 0x10000;
const dataBase = 0x40000;
const dataBytes = 4 * 4096;
/** 2 KiB of special values below, 2 KiB of scratch above. */
const valuesPointer = dataBase + 2048;
/** On a page end, so that accesses near it lie on both sides. */
const crossingPointer = dataBase + 2 * 4096;
const dumpBase = dataBase + 3 * 4096;
const fixedRegisters = new Set([2, 3, 8]);

export function randomProgram(seed: number, instructionCount: number): RandomProgram {
  const random = new Random(seed);
  const code = new Code(codeBase + random.below(2048) * 2, random);
  prologue(code);
  while (code.instructionCount < instructionCount) item(code);
  code.land();
  epilogue(code);
  const data = randomData(random, dataBytes, dumpBase - dataBase);
  const file = writeElf({ entry: code.start, code: code.toBytes(), dataBase, data });
  return { file, names: code.names };
}

/** Names of the rows that no random program contains: they trap, or refuse. */
export const namesLeftOut: ReadonlySet<string> = new Set([
  "ecall",
  "ebreak",
  "c.ebreak",
  "reserved",
]);

export const allNames: readonly string[] = [...wideRows, ...compressedRows]
  .map(([name]) => name)
  .filter((name) => !namesLeftOut.has(name));

// --- Items ---

const branchNames = ["beq", "bne", "blt", "bge", "bltu", "bgeu"];
const jumpNames = new Set([
  ...branchNames,
  "jal",
  "jalr",
  "c.j",
  "c.jr",
  "c.jalr",
  "c.beqz",
  "c.bnez",
]);
const controlNames = new Set(["csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci"]);
const plainRows = [...wideRows, ...compressedRows].filter(([name]) => isPlain(name));
const floatRows = plainRows.filter(([, , format]) => format === "bits");
const integerRows = plainRows.filter((row) => /^(r|i|shift)$/.test(row[2]) && !isMemory(row));
const memoryRows = plainRows.filter((row) => isMemory(row));
const compressedPlainRows = compressedRows.filter(([name]) => isPlain(name));
const atomicRows = wideRows.filter(([name]) => name.startsWith("amo"));

function isPlain(name: string): boolean {
  if (namesLeftOut.has(name) || jumpNames.has(name) || controlNames.has(name)) return false;
  return !name.startsWith("amo") && !/^(lr|sc)\./.test(name) && name !== "c.addi16sp";
}

function isMemory([name]: Row): boolean {
  return /^(c\.)?f?(l|s)[bhwd]u?(sp)?$/.test(name);
}

function item(code: Code): void {
  code.step();
  const kind = code.random.below(100);
  if (kind < 8) plain(code, code.random.pick(plainRows));
  else if (kind < 22) integerOperation(code);
  else if (kind < 40) floatOperation(code);
  else if (kind < 55) plain(code, code.random.pick(memoryRows));
  else if (kind < 67) plain(code, code.random.pick(compressedPlainRows));
  else if (kind < 74) freshValue(code);
  else if (kind < 80) atomicOperation(code);
  else if (kind < 84) conditionalPair(code);
  else if (kind < 89) controlAccess(code);
  else if (kind < 97) forwardJump(code);
  else if (kind < 99) loop(code);
  else stackMove(code);
}

/** A row with random bits where it leaves them open, but for what would trap or spoil a fixed register. */
function plain(code: Code, row: Row, before: (bits: number) => void = () => {}): void {
  const [name, , , mask, match] = row;
  for (;;) {
    let bits = match | (code.random.bits() & ~mask);
    if (match < 0x10000 && (match & 3) !== 3) bits &= 0xffff;
    if (isMemory(row)) bits = withFixedBase(row, bits, code.random);
    const decoded = decode(bits);
    if (decoded.name !== name || !isHarmless(row, bits)) continue;
    before(bits);
    code.emit(bits);
    return;
  }
}

function isHarmless([name, , format]: Row, bits: number): boolean {
  const { rd } = decode(bits);
  const isFloatResult = /^(c\.)?fl[wd]|^f(?!cvt\.(w|l)|mv\.x|eq|lt|le|class|ence)/.test(name);
  const rounding = (bits >>> 12) & 7;
  if (format === "bits" && rounding > 4 && rounding !== 7) return false;
  return isFloatResult || !fixedRegisters.has(rd);
}

/** x8 or x2, and with x2 often an offset so small that the access may lie over the page end. */
function withFixedBase([, , format]: Row, bits: number, random: Random): number {
  if (format !== "i" && format !== "s") return format.endsWith("sp") ? bits : bits & ~(7 << 7);
  if (random.below(2) === 0) return (bits & ~(31 << 15)) | (8 << 15);
  const based = (bits & ~(31 << 15)) | (2 << 15);
  if (random.below(2) === 0) return based;
  return (based & ~scatter(format, -1)) | scatter(format, random.below(16) - 8);
}

/** Mostly with fresh operands: results of results are soon all 0 or all ones. */
function integerOperation(code: Code): void {
  const { random } = code;
  plain(code, random.pick(integerRows), (bits) => {
    if (random.below(3) === 0) return;
    for (const rd of [(bits >>> 15) & 31, (bits >>> 20) & 31]) {
      if (!fixedRegisters.has(rd))
        code.emitRow("ld", { rd, rs1: 8, immediate: valueOffset(random) });
    }
  });
}

/** Mostly with fresh operands of its precision: results of results are soon all NaN. */
function floatOperation(code: Code): void {
  const { random } = code;
  const row = random.pick(floatRows);
  const isSingle = /\.(s|s\.\w+)$/.test(row[0]);
  plain(code, row, (bits) => {
    if (random.below(3) === 0) return;
    for (const rd of [(bits >>> 15) & 31, (bits >>> 20) & 31, bits >>> 27]) {
      const index = random.below(doubleCount) + (isSingle ? doubleCount : 0);
      code.emitRow("fld", { rd, rs1: 8, immediate: -2048 + index * 8 });
    }
  });
}

function valueOffset(random: Random): number {
  return -2048 + random.below(256) * 8;
}

/** Operations turn registers into NaN, 0 and all ones in the long run; special values from data come back. */
function freshValue(code: Code): void {
  const { random } = code;
  const name = random.pick(["ld", "ld", "lw", "fld", "fld", "flw", "flw"]);
  const rd = name.startsWith("f") ? random.below(32) : freeRegister(random);
  code.emitRow(name, { rd, rs1: 8, immediate: valueOffset(random) });
}

function freeRegister(random: Random): number {
  for (;;) {
    const register = 1 + random.below(31);
    if (!fixedRegisters.has(register)) return register;
  }
}

/** Two different ones. */
function freeRegisters(random: Random): [number, number] {
  const first = freeRegister(random);
  for (;;) {
    const second = freeRegister(random);
    if (second !== first) return [first, second];
  }
}

function atomicOperation(code: Code): void {
  const { random } = code;
  const address = freeRegister(random);
  code.emitRow("addi", { rd: address, rs1: 8, immediate: random.below(250) * 8 });
  const ordering = random.below(4) << 25;
  const values = { rd: freeOrZero(random), rs1: address, rs2: random.below(32) };
  code.emit(encode(random.pick(atomicRows), values) | ordering);
}

function freeOrZero(random: Random): number {
  return random.below(8) === 0 ? 0 : freeRegister(random);
}

/** LR and SC with nothing between them that traps; sometimes the value changes, sometimes there is a second SC. */
function conditionalPair(code: Code): void {
  const { random } = code;
  const width = random.pick(["w", "d"]);
  const [address, loaded] = freeRegisters(random);
  code.emitRow("addi", { rd: address, rs1: 8, immediate: random.below(250) * 8 });
  code.emitRow(`lr.${width}`, { rd: random.below(4) === 0 ? 0 : loaded, rs1: address });
  if (random.below(3) === 0) code.emitRow("sd", { rs1: address, rs2: random.below(32) });
  const stores = 1 + random.below(2);
  for (let i = 0; i < stores; i++) {
    code.emitRow(`sc.${width}`, { rd: loaded, rs1: address, rs2: random.below(32) });
  }
}

/** Any access to fflags; frm and fcsr only get rounding modes that exist. */
function controlAccess(code: Code): void {
  const { random } = code;
  const rd = freeOrZero(random);
  const name = random.pick([...controlNames]);
  const register = random.pick([1, 1, 2, 3]);
  const bits = encode(rowNamed(name), { rd }) | (register << 20);
  if (register === 1) {
    code.emit(bits | (random.below(32) << 15));
  } else if (name === "csrrw") {
    const source = freeRegister(random);
    const mode = random.below(5);
    const flags = random.below(32);
    const immediate = register === 2 ? mode : (mode << 5) | flags;
    code.emitRow("addi", { rd: source, immediate });
    code.emit(bits | (source << 15));
  } else if (name === "csrrwi") {
    code.emit(bits | (random.below(register === 2 ? 5 : 32) << 15));
  } else {
    code.emit(bits);
  }
}

function forwardJump(code: Code): void {
  const { random } = code;
  const name = random.pick([...jumpNames]);
  const rd = freeOrZero(random);
  if (name === "jalr" || name === "c.jr" || name === "c.jalr") {
    jumpByRegister(code, name, rd);
  } else if (name.startsWith("b")) {
    const values = { rs1: random.below(32), rs2: random.below(32) };
    code.emitForward((immediate) => encode(rowNamed(name), { ...values, immediate }));
  } else if (name === "jal") {
    code.emitForward((immediate) => encode(rowNamed(name), { rd, immediate }));
  } else {
    const rs1 = 8 + random.below(8);
    const values = name === "c.j" ? {} : { rs1 };
    code.emitForward((immediate) => encode(rowNamed(name), { ...values, immediate }));
  }
}

function jumpByRegister(code: Code, name: string, rd: number): void {
  const target = freeRegister(code.random);
  const origin = code.here;
  code.emitRow("auipc", { rd: target });
  if (name === "jalr") {
    const lowest = code.random.below(2);
    code.emitForward(
      (distance) => encode(rowNamed(name), { rd, rs1: target, immediate: distance + lowest }),
      origin,
    );
    return;
  }
  // The address is made before the jump; so the jump goes just past a nop that is skipped.
  code.emitRow("addi", { rd: target, rs1: target, immediate: 4 + 4 + 2 + 4 });
  code.emit(rowNamed(name)[4] | (target << 7));
  code.emitRow("addi", { rd: freeRegister(code.random), immediate: 77 });
}

/** A few items, a few times: the only branches backwards. */
function loop(code: Code): void {
  const { random } = code;
  code.land();
  code.emitRow("addi", { rd: 3, immediate: 1 + random.below(5) });
  const start = code.here;
  const items = 1 + random.below(4);
  for (let i = 0; i < items; i++) plain(code, random.pick(plainRows));
  code.emitRow("addi", { rd: 3, rs1: 3, immediate: -1 });
  code.emitRow("bne", { rs1: 3, immediate: start - code.here });
}

/** The one instruction that only ever writes x2: there and back. */
function stackMove(code: Code): void {
  const immediate = (1 + code.random.below(31)) * 16;
  const name = "c.addi16sp";
  code.emit(rowNamed(name)[4] | scatter(name, immediate));
  code.emit(rowNamed(name)[4] | scatter(name, -immediate));
}

// --- Around the body ---

function prologue(code: Code): void {
  loadAddress(code, 8, valuesPointer);
  loadAddress(code, 2, crossingPointer);
  for (let register = 0; register < 32; register++) {
    code.emitRow("fld", { rd: register, rs1: 8, immediate: -2048 + register * 16 });
  }
  for (let register = 1; register < 32; register++) {
    if (fixedRegisters.has(register)) continue;
    code.emitRow("ld", { rd: register, rs1: 8, immediate: -2048 + register * 24 });
  }
}

function epilogue(code: Code): void {
  loadAddress(code, 2, dumpBase);
  for (let register = 1; register < 32; register++) {
    code.emitRow("sd", { rs1: 2, rs2: register, immediate: register * 8 });
  }
  for (let register = 0; register < 32; register++) {
    code.emitRow("fsd", { rs1: 2, rs2: register, immediate: 256 + register * 8 });
  }
  code.emit(encode(rowNamed("csrrs"), { rd: 5 }) | (3 << 20));
  code.emitRow("sd", { rs1: 2, rs2: 5, immediate: 512 });
  code.emitRow("addi", { rd: 10, immediate: 1 });
  loadAddress(code, 11, dataBase);
  code.emitRow("lui", { rd: 12, immediate: dataBytes });
  code.emitRow("addi", { rd: 17, immediate: 64 });
  code.emitRow("ecall", {});
  code.emitRow("addi", { rd: 10 });
  code.emitRow("addi", { rd: 17, immediate: 93 });
  code.emitRow("ecall", {});
}

function loadAddress(code: Code, rd: number, address: number): void {
  const low = (address << 20) >> 20;
  code.emitRow("lui", { rd, immediate: address - low });
  code.emitRow("addi", { rd, rs1: rd, immediate: low });
}

/** What a dump says of a register, for the message of a failure. */
export function dumpedState(dump: Uint8Array): Map<string, string> {
  const view = new DataView(dump.buffer, dump.byteOffset, dump.byteLength);
  const state = new Map<string, string>();
  const at = dumpBase - dataBase;
  const hex = (offset: number): string => view.getBigUint64(offset, true).toString(16);
  for (let i = 0; i < 32; i++) state.set(`x${i}`, hex(at + i * 8));
  for (let i = 0; i < 32; i++) state.set(`f${i}`, hex(at + 256 + i * 8));
  state.set("fcsr", hex(at + 512));
  for (let i = 0; i < at; i += 8) state.set(`data+${i}`, hex(i));
  return state;
}
