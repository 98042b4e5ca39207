// A hart with nothing around it but a page map: what the tests of the machine run programs on.

import { readFileSync } from "node:fs";
import {
  accessExecute,
  accessRead,
  accessWrite,
  createHart,
} from "../../../kernel/machine/index.ts";
import { pageBytes } from "../../../kernel/machine/index.ts";
import type { Access, Hart, StopReason } from "../../../kernel/machine/index.ts";

const wasm = readFileSync(new URL("../../../kernel/machine/hart.wasm", import.meta.url));
export const hartModule: WebAssembly.Module = new WebAssembly.Module(wasm);

/** What may be done with a page, as in `ls -l`. */
export type Rights = "r" | "rw" | "rx" | "rwx" | "x" | "none";

interface Page {
  frame: number;
  rights: Rights;
}

const letters: Record<Access, string> = {
  [accessRead]: "r",
  [accessWrite]: "w",
  [accessExecute]: "x",
};

export class BareMachine {
  readonly hart: Hart;
  /** By address space and page. */
  readonly pages: Map<string, Page> = new Map();
  /** Every question of the hart, as `access:page`. */
  readonly fills: string[] = [];
  space = 1;
  #framesUsed = 0;

  constructor(memoryBytes: number = 1 << 20) {
    this.hart = createHart(hartModule, memoryBytes, (page, access) => this.#fill(page, access));
  }

  #fill(page: number, access: Access): number {
    this.fills.push(`${letters[access]}:${page}`);
    const found = this.pages.get(`${this.space}:${page}`);
    return found?.rights.includes(letters[access]) ? found.frame : -1;
  }

  setSpace(space: number): void {
    this.space = space;
    this.hart.setAddressSpace(space);
  }

  /** Gives the pages from an address on frames of their own, or shows those that begin with `frame`. */
  map(address: number, bytes: number, rights: Rights, frame?: number): number {
    const first = frame ?? this.#framesUsed;
    const count = Math.ceil(bytes / pageBytes);
    if (frame === undefined) this.#framesUsed += count;
    for (let i = 0; i < count; i++) {
      this.pages.set(`${this.space}:${address / pageBytes + i}`, { frame: first + i, rights });
    }
    return first;
  }

  write(address: number, bytes: Uint8Array): void {
    bytes.forEach((byte, i) => {
      this.hart.frame(this.#frameOf(address + i))[(address + i) % pageBytes] = byte;
    });
  }

  read(address: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => {
      return this.hart.frame(this.#frameOf(address + i))[(address + i) % pageBytes] ?? 0;
    });
  }

  #frameOf(address: number): number {
    const page = this.pages.get(`${this.space}:${Math.floor(address / pageBytes)}`);
    if (page === undefined) throw new Error(`nothing at ${address.toString(16)}`);
    return page.frame;
  }

  /** Instruction words: four bytes each, or two where the lowest bits say so. */
  writeCode(address: number, instructions: readonly number[]): number {
    const bytes = instructions.flatMap((bits) => {
      const all = [bits & 255, (bits >>> 8) & 255, (bits >>> 16) & 255, bits >>> 24];
      return (bits & 3) === 3 ? all : all.slice(0, 2);
    });
    this.write(address, Uint8Array.from(bytes));
    return bytes.length;
  }
}

export interface ProgramEnd {
  readonly stop: StopReason | "exit";
  readonly exitCode: number;
  readonly output: Uint8Array;
  readonly executed: number;
}

const callWrite = 64;
const callExit = 93;
const callExitGroup = 94;

/** Runs until exit, handling write and exit alone; `nextBudget` is asked before each run. */
export function runProgram(machine: BareMachine, nextBudget: () => number): ProgramEnd {
  const { hart } = machine;
  const output: Uint8Array[] = [];
  let executed = 0;
  for (;;) {
    const stop = hart.run(nextBudget());
    executed += hart.executed;
    if (stop === "budget") continue;
    const call = hart.getRegister(17);
    if (stop === "ecall" && (call === callExit || call === callExitGroup)) {
      const exitCode = hart.getRegister(10) & 255;
      return { stop: "exit", exitCode, output: Buffer.concat(output), executed };
    }
    if (stop !== "ecall" || call !== callWrite) {
      return { stop, exitCode: -1, output: Buffer.concat(output), executed };
    }
    output.push(machine.read(hart.getRegister(11), hart.getRegister(12)));
    hart.setRegister(10, hart.getRegister(12));
    hart.pc += 4;
  }
}

/** Maps the segments of a static executable, and a stack. */
export function loadProgram(machine: BareMachine, file: Uint8Array): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tableAt = Number(view.getBigUint64(32, true));
  for (let i = 0; i < view.getUint16(56, true); i++) {
    const at = tableAt + i * view.getUint16(54, true);
    if (view.getUint32(at, true) !== 1) continue;
    const [offset, address, fileBytes, memoryBytes] = [8, 16, 32, 40].map((field) =>
      Number(view.getBigUint64(at + field, true)),
    ) as [number, number, number, number];
    const start = address - (address % pageBytes);
    machine.map(start, address - start + memoryBytes, "rwx");
    machine.write(address, file.subarray(offset, offset + fileBytes));
  }
  machine.map(stackEnd - stackBytes, stackBytes, "rw");
  machine.hart.pc = Number(view.getBigUint64(24, true));
  machine.hart.setRegister(2, stackEnd - 64);
}

const stackEnd = 0x3f_f000_0000;
const stackBytes = 1 << 16;
