// One hart and the physical memory of its host: the TypeScript side of the wasm module in hart/.
//
//   linear memory                                              (addresses: hart/layout.ts)
//   ┌──────────┬──────────┬─────────┬──────────────┬───────────────┬───────────────────────────┐
//   │ control  │ x0 … x31 │ statics │ translation  │ decoded pages │ frames of 4 KiB           │
//   │ block    │ f0 … f31 │ of wasm │ tables r w x │ 8 B a halfword│ 0, 1, 2 …                 │
//   └──────────┴──────────┴─────────┴──────────────┴───────────────┴───────────────────────────┘
//   0          0x100      0x10000   0x20000        0x50000         frameBase
//
// The hart knows spaces and pages only from `fill`, which the pmap gives it: the frame of a page for an access, or -1.
// `fill` may flush pages, and may drop code, but may not take away a translation that the same instruction has used.

import { assert } from "../../ports/base/index.ts";
import { CodePages } from "./code-pages.ts";
import {
  accessExecute,
  accessRead,
  accessWrite,
  codePageStride,
  codePages,
  executedAt,
  instretAt,
  pcAt,
  reservationAddressAt,
  reservationValueAt,
  reservationWidthAt,
  shiftAt,
  spaceAt,
  stopAccessAt,
  stopAddressAt,
  stopBitsAt,
  xRegisters,
} from "./hart/layout.ts";
import { loadThreadImage, saveThreadImage, threadImageWords } from "./thread-image.ts";
import {
  enterTranslation,
  executableFrame,
  flushPage,
  flushSpace,
  flushTable,
  flushTables,
  flushWritesOf,
  shiftOf,
} from "./translations.ts";
import type { Access } from "./translations.ts";
import { readBig, readNumber, viewsOf, writeBig, writeNumber } from "./views.ts";
import type { Views } from "./views.ts";

export const pageBytes = 4096;
const wasmPageBytes = 65536;
const wasmPagesMin = 16;
const wasmPagesMax = 65536;

/** Pages of decoded code: enough for large programs, and no more than a small host has frames. */
const codePagesMin = 16;
const codePagesMax = 512;

/**
 * Why `run` returned. Nothing of the instruction at `pc` has happened, and it is not counted:
 * - budget: as many instructions as were allowed are done
 * - ecall, ebreak: the kernel handles it and moves pc on
 * - page-fault: `stopAddress` (the first byte that cannot be accessed), `stopAccess`
 * - illegal: `stopBits` is the instruction
 * - misaligned: an atomic at `stopAddress`
 * - time: the kernel writes register `stopBits`, moves pc on by 4 and counts the instruction
 */
export type StopReason =
  "budget" | "ecall" | "ebreak" | "page-fault" | "illegal" | "misaligned" | "time";

/** In the order of the stop numbers in hart/layout.ts. */
const stopReasons = [
  "budget",
  "ecall",
  "ebreak",
  "page-fault",
  "illegal",
  "misaligned",
  "time",
] as const satisfies readonly StopReason[];

/** The frame of a page for an access, or -1: a page fault. */
export type Fill = (page: number, access: Access) => number;

/** What of the hart itself has to survive a snapshot: the rest is the thread's, the kernel's, or can be made again. */
export interface HartState {
  readonly reservation: {
    readonly bytes: number;
    readonly address: number;
    readonly value: readonly [low: number, high: number];
  } | null;
}

/** A hart. Registers, pc and addresses are whole numbers, exact below 2^53; the Big accessors are always exact. */
export interface Hart {
  readonly frameCount: number;
  /** All frames, one after the other. Code that is written through this must be dropped. */
  readonly physical: Uint8Array;
  /** Executes at most `budget` instructions, 1 to 1,000,000; a stop at the budget cannot be seen by the program. */
  run(budget: number): StopReason;
  /** Instructions completed in the last run. */
  readonly executed: number;
  readonly stopAddress: number;
  readonly stopAccess: Access;
  readonly stopBits: number;

  pc: number;
  /** As an unsigned number: right for addresses and lengths. */
  getRegister(register: number): number;
  getRegisterSigned(register: number): number;
  getRegisterBig(register: number): bigint;
  /** A negative number is stored in two's complement. Register 0 stays 0. */
  setRegister(register: number, value: number): void;
  setRegisterBig(register: number, value: bigint): void;
  /** Counts an instruction that the kernel has done for the thread. */
  countInstruction(): void;
  loadThread(image: Uint32Array): void;
  saveThread(image: Uint32Array): void;

  /** Whose translations count: 1 to 4095. Flushes nothing. */
  setAddressSpace(space: number): void;
  flushPage(space: number, page: number): void;
  flushSpace(space: number): void;
  flushAll(): void;
  /** After this every page asks `fill` again before it is written: for clearing dirty bits. */
  flushWriteTags(): void;
  /** The frame was written by the kernel, or has a new owner. */
  dropCode(frame: number): void;
  /** Many frames were: memory has been restored. */
  dropAllCode(): void;
  /** At a switch of threads, a trap, a move, and when a page's right to be written is revoked. */
  clearReservation(): void;
  frame(frame: number): Uint8Array;

  saveState(): HartState;
  restoreState(state: HartState): void;
}

/** A hart with zeroed memory. The module is hart.wasm, compiled once for all hosts. */
export function createHart(module: WebAssembly.Module, memoryBytes: number, fill: Fill): Hart {
  return new WasmHart(module, memoryBytes, fill);
}

class WasmHart implements Hart {
  readonly frameCount: number;
  readonly physical: Uint8Array;
  readonly #frameBase: number;
  readonly #views: Views;
  readonly #fill: Fill;
  readonly #code: CodePages;
  readonly #run: (budget: number) => number;
  #space = 1;

  constructor(module: WebAssembly.Module, memoryBytes: number, fill: Fill) {
    assert(memoryBytes > 0 && memoryBytes % pageBytes === 0, "memory is whole pages");
    this.frameCount = memoryBytes / pageBytes;
    const codePageCount = Math.min(Math.max(this.frameCount, codePagesMin), codePagesMax);
    this.#frameBase = roundUp(codePages + codePageCount * codePageStride, wasmPageBytes);
    const memory = allocate(this.#frameBase + memoryBytes);
    this.#views = viewsOf(memory.buffer);
    this.physical = new Uint8Array(memory.buffer, this.#frameBase, memoryBytes);
    this.#fill = fill;
    this.#code = new CodePages(this.#views, this.frameCount, {
      frameBase: this.#frameBase,
      pageCount: codePageCount,
      forbidWrites: (frameAddress) => flushWritesOf(this.#views, frameAddress),
      forgetRecords: () => flushTable(this.#views, accessExecute),
      fetchFrame: (page) => this.#fetchFrame(page),
    });
    const instance = new WebAssembly.Instance(module, {
      env: { memory },
      kernel: {
        fill: (page: number, access: Access) => Number(this.#enter(page, access)),
        decode: (records: number, slot: number, page: number) =>
          Number(this.#code.decodeBlock(records >>> 0, slot, page)),
      },
    });
    this.#run = instance.exports["run"] as (budget: number) => number;
    this.setAddressSpace(1);
  }

  run(budget: number): StopReason {
    assert(budget >= 1 && budget <= 1_000_000, "a budget is 1 to 1,000,000 instructions");
    const reason = stopReasons[this.#run(budget)];
    assert(reason !== undefined, "the hart stops for a known reason");
    return reason;
  }

  /** Asks the pmap for a page and enters its answer. False: a page fault. */
  #enter(page: number, access: Access): boolean {
    const frame = this.#fill(page, access);
    if (frame < 0) return false;
    assert(frame < this.frameCount, "the pmap names a frame of this host");
    // A frame with decoded code has no write tag, so a store to it comes here first.
    if (access === accessWrite) this.#code.drop(frame);
    const records = access === accessExecute ? this.#code.bind(frame) : 0;
    const frameAddress = this.#frameBase + frame * pageBytes;
    enterTranslation(this.#views, { space: this.#space, page, access, frameAddress, records });
    return true;
  }

  #fetchFrame(page: number): number {
    const known = executableFrame(this.#views, this.#space, page);
    if (known >= 0) return known;
    if (page < pageCountMax && this.#enter(page, accessExecute)) {
      return executableFrame(this.#views, this.#space, page);
    }
    writeNumber(this.#views, stopAddressAt, page * pageBytes);
    this.#setWord(stopAccessAt, accessExecute);
    return -1;
  }

  get executed(): number {
    return this.#word(executedAt);
  }

  get stopAddress(): number {
    return readNumber(this.#views, stopAddressAt);
  }

  get stopAccess(): Access {
    const access = this.#word(stopAccessAt);
    return access === accessRead || access === accessWrite ? access : accessExecute;
  }

  get stopBits(): number {
    return this.#word(stopBitsAt);
  }

  get pc(): number {
    return readNumber(this.#views, pcAt);
  }

  set pc(address: number) {
    writeNumber(this.#views, pcAt, address);
  }

  getRegister(register: number): number {
    return readNumber(this.#views, registerAt(register));
  }

  getRegisterSigned(register: number): number {
    const at = registerAt(register);
    return this.#word(at) + (this.#word(at + 4) | 0) * 0x1_0000_0000;
  }

  getRegisterBig(register: number): bigint {
    return readBig(this.#views, registerAt(register));
  }

  setRegister(register: number, value: number): void {
    assert(Number.isSafeInteger(value), "a register is set to a whole number");
    if (register !== 0) writeNumber(this.#views, registerAt(register), value);
  }

  setRegisterBig(register: number, value: bigint): void {
    if (register !== 0) writeBig(this.#views, registerAt(register), value);
  }

  countInstruction(): void {
    const low = (this.#word(instretAt) + 1) >>> 0;
    this.#setWord(instretAt, low);
    if (low === 0) this.#setWord(instretAt + 4, this.#word(instretAt + 4) + 1);
  }

  loadThread(image: Uint32Array): void {
    assert(image.length === threadImageWords, "a thread image has its fixed length");
    loadThreadImage(this.#views, image);
  }

  saveThread(image: Uint32Array): void {
    assert(image.length === threadImageWords, "a thread image has its fixed length");
    saveThreadImage(this.#views, image);
  }

  setAddressSpace(space: number): void {
    assert(space >= 1 && space <= 4095, "an address space has a number from 1 to 4095");
    this.#space = space;
    this.#setWord(spaceAt, 0);
    this.#setWord(spaceAt + 4, space << 20);
    this.#setWord(shiftAt, shiftOf(space));
  }

  flushPage(space: number, page: number): void {
    flushPage(this.#views, space, page);
  }

  flushSpace(space: number): void {
    flushSpace(this.#views, space);
  }

  flushAll(): void {
    flushTables(this.#views);
  }

  flushWriteTags(): void {
    flushTable(this.#views, accessWrite);
  }

  dropCode(frame: number): void {
    this.#code.drop(frame);
  }

  dropAllCode(): void {
    this.#code.dropAll();
  }

  clearReservation(): void {
    this.#setWord(reservationWidthAt, 0);
  }

  frame(frame: number): Uint8Array {
    assert(frame >= 0 && frame < this.frameCount, "the frame exists");
    return this.physical.subarray(frame * pageBytes, (frame + 1) * pageBytes);
  }

  saveState(): HartState {
    const bytes = this.#word(reservationWidthAt);
    if (bytes === 0) return { reservation: null };
    const address = readNumber(this.#views, reservationAddressAt);
    const value = [this.#word(reservationValueAt), this.#word(reservationValueAt + 4)] as const;
    return { reservation: { bytes, address, value } };
  }

  restoreState({ reservation }: HartState): void {
    this.clearReservation();
    if (reservation === null) return;
    this.#setWord(reservationWidthAt, reservation.bytes);
    writeNumber(this.#views, reservationAddressAt, reservation.address);
    this.#setWord(reservationValueAt, reservation.value[0]);
    this.#setWord(reservationValueAt + 4, reservation.value[1]);
  }

  #word(at: number): number {
    return this.#views.words[at >> 2] ?? 0;
  }

  #setWord(at: number, value: number): void {
    this.#views.words[at >> 2] = value;
  }
}

/** Addresses end at 2^38. */
const pageCountMax = 2 ** 26;

function registerAt(register: number): number {
  assert(register >= 0 && register < 32, "a register has a number from 0 to 31");
  return xRegisters + register * 8;
}

function allocate(bytes: number): WebAssembly.Memory {
  const pages = Math.max(roundUp(bytes, wasmPageBytes) / wasmPageBytes, wasmPagesMin);
  assert(pages <= wasmPagesMax, "tables and frames together have at most 4 GiB");
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
