// Goal: what is fetched is what memory holds at that moment, whoever wrote it and however it is mapped.
// Method: programs that overwrite themselves, instructions over a page end, kernel writes, and more code than records.

import test from "ava";
import { accessExecute } from "../../../kernel/machine/index.ts";
import {
  a0,
  a1,
  add,
  addi,
  bne,
  compressedNop,
  ecall,
  jal,
  jalr,
  lui,
  ra,
  sh,
  sw,
  t0,
  t1,
  t2,
  zero,
} from "./assemble.ts";
import { BareMachine } from "./bare.ts";

const code = 0x1000;
const next = 0x2000;

function machineWith(...instructions: number[]): BareMachine {
  const machine = new BareMachine();
  machine.map(code, 2 * 4096, "rwx");
  machine.writeCode(code, instructions);
  machine.hart.pc = code;
  return machine;
}

test("code: a store over the next instruction: the new one runs", (t) => {
  for (const isWarm of [false, true]) {
    const machine = machineWith(sw(t0, 4, a0), addi(t1, zero, 1), ecall);
    const { hart } = machine;
    hart.setRegister(a0, code);
    hart.setRegister(t0, addi(t1, zero, 1));
    if (isWarm) hart.run(10);
    hart.pc = code;
    hart.setRegister(t0, addi(t1, zero, 2));
    t.is(hart.run(10), "ecall");
    t.is(hart.getRegister(t1), 2);
  }
});

test("code: a loop that increments its own immediate: counts", (t) => {
  const step = 0x100000; // one in the immediate of addi
  const machine = machineWith(
    addi(t1, zero, 0),
    add(t0, t0, a1),
    sw(t0, 0, a0),
    addi(t2, t2, -1),
    bne(t2, zero, -16),
    ecall,
  );
  const { hart } = machine;
  hart.setRegister(a0, code);
  hart.setRegister(a1, step);
  hart.setRegister(t0, addi(t1, zero, 0));
  hart.setRegister(t2, 50);
  t.is(hart.run(1000), "ecall");
  t.is(hart.getRegister(t1), 49);
  t.is(hart.executed, 250);
});

test("code: written through another page of the same frame: the new code runs", (t) => {
  const machine = machineWith(addi(t1, t1, 1), ecall);
  const { hart } = machine;
  const alias = 0x50000;
  machine.map(alias, 4096, "rw", 0);
  machine.writeCode(next, [sw(t0, 0, a0), jalr(zero, 0, a1)]);
  hart.setRegister(a0, alias);
  hart.setRegister(a1, code);
  t.is(hart.run(10), "ecall");
  for (const value of [5, 6, 7]) {
    hart.setRegister(t0, addi(t1, zero, value));
    hart.pc = next;
    t.is(hart.run(10), "ecall");
    t.is(hart.getRegister(t1), value);
  }
});

test("code: written by the kernel and dropped: the new code runs", (t) => {
  const machine = machineWith(addi(t1, zero, 1), ecall);
  machine.hart.run(10);
  machine.writeCode(code, [addi(t1, zero, 2)]);
  machine.hart.dropCode(0);
  machine.hart.pc = code;
  machine.hart.run(10);
  t.is(machine.hart.getRegister(t1), 2);

  machine.writeCode(code, [addi(t1, zero, 3)]);
  machine.hart.dropAllCode();
  machine.hart.pc = code;
  machine.hart.run(10);
  t.is(machine.hart.getRegister(t1), 3);
});

test("code: a page without decoded code: stores to it ask for the right once", (t) => {
  const machine = machineWith(sw(t0, 0, a0), jal(zero, -4));
  machine.map(0x9000, 4096, "rw");
  machine.hart.setRegister(a0, 0x9000);
  machine.hart.run(1000);
  t.is(machine.fills.filter((fill) => fill === "w:9").length, 1);
});

/** addi t1, zero, 0x123 with its first half at the end of a page. */
function straddling(): BareMachine {
  const machine = machineWith();
  machine.writeCode(next - 4, [compressedNop, addi(t1, zero, 0x123), ecall]);
  machine.hart.pc = next - 4;
  return machine;
}

test("code: an instruction over a page end: runs, and again", (t) => {
  const machine = straddling();
  for (let i = 0; i < 3; i++) {
    machine.hart.pc = next - 4;
    machine.hart.setRegister(t1, 0);
    t.is(machine.hart.run(10), "ecall");
    t.is(machine.hart.executed, 2);
    t.is(machine.hart.getRegister(t1), 0x123);
    t.is(machine.hart.pc, next + 2);
  }
});

test("code: an instruction over a page end: its second half changes with the second page", (t) => {
  const machine = straddling();
  const { hart } = machine;
  machine.writeCode(0x1000, [sh(t0, 0, a0), jalr(zero, 0, a1)]);
  hart.run(10);
  for (const value of [0x7ff, 0x001]) {
    hart.pc = 0x1000;
    hart.setRegister(t0, addi(t1, zero, value) >>> 16);
    hart.setRegister(a0, next);
    hart.setRegister(a1, next - 2);
    t.is(hart.run(10), "ecall");
    t.is(hart.getRegister(t1), value);
  }
});

test("code: an instruction over a page end: its second half is that of the space it runs in", (t) => {
  const machine = straddling();
  const { hart } = machine;
  hart.run(10);
  machine.setSpace(2);
  machine.map(code, 4096, "rx", 0);
  machine.map(next, 4096, "rx");
  machine.write(next, Uint8Array.of(0x60, 0x45, 0x73, 0, 0, 0)); // the half with 0x456, ecall
  hart.pc = next - 2;
  t.is(hart.run(10), "ecall");
  t.is(hart.getRegister(t1), 0x456);
  machine.setSpace(1);
  hart.pc = next - 2;
  t.is(hart.run(10), "ecall");
  t.is(hart.getRegister(t1), 0x123);
});

test("code: an instruction over a page end: without its second page the fault is there", (t) => {
  const machine = straddling();
  const { hart } = machine;
  machine.map(next, 4096, "rw", 1);
  t.is(hart.run(10), "page-fault");
  t.is(hart.executed, 1);
  t.is(hart.pc, next - 2);
  t.is(hart.stopAddress, next);
  t.is(hart.stopAccess, accessExecute);

  machine.map(next, 4096, "rx", 1);
  t.is(hart.run(10), "ecall");
  machine.map(next, 4096, "none", 1);
  hart.flushPage(1, next / 4096);
  hart.pc = next - 2;
  t.is(hart.run(10), "page-fault");
  t.is(hart.stopAddress, next);
});

test("code: execution that runs over a page end: the next page is fetched only when reached", (t) => {
  const machine = machineWith();
  machine.writeCode(next - 2, [compressedNop]);
  machine.map(next, 4096, "rw", 1);
  machine.hart.pc = next - 2;
  t.is(machine.hart.run(1), "budget");
  t.is(machine.hart.pc, next);
  t.is(machine.hart.run(1), "page-fault");
  t.is(machine.hart.executed, 0);
  t.is(machine.hart.stopAddress, next);
});

test("code: branches to another page: taken and not taken, both ways", (t) => {
  const machine = machineWith();
  machine.writeCode(next - 4, [bne(t0, zero, 8)]);
  machine.writeCode(next, [ecall, bne(t0, zero, 4 - 4100), ecall]);
  machine.writeCode(code, [ecall]);
  const end = (pc: number, value: number): number => {
    machine.hart.pc = pc;
    machine.hart.setRegister(t0, value);
    machine.hart.run(1);
    return machine.hart.pc;
  };
  t.is(end(next - 4, 0), next);
  t.is(end(next - 4, 1), next + 4);
  t.is(end(next + 4, 0), next + 8);
  t.is(end(next + 4, 1), next + 4 + 4 - 4100);
});

test("code: more pages of code than records: all of them run, twice", (t) => {
  const pages = 700;
  const machine = new BareMachine((pages + 2) * 4096);
  machine.map(0x100000, pages * 4096, "rx");
  for (let i = 0; i < pages; i++) {
    machine.writeCode(0x100000 + i * 4096, [addi(t0, t0, 1), jal(zero, 4092)]);
  }
  machine.writeCode(0x100000 + (pages - 1) * 4096 + 4, [ecall]);
  for (let turn = 1; turn <= 2; turn++) {
    machine.hart.pc = 0x100000;
    t.is(machine.hart.run(10_000), "ecall");
    t.is(machine.hart.getRegister(t0), pages * turn);
  }
});

test("code: a far call and its return: the link is the next instruction", (t) => {
  const machine = machineWith(jal(ra, 4096), ecall);
  machine.writeCode(next, [lui(t0, 5), jalr(zero, 0, ra)]);
  t.is(machine.hart.run(10), "ecall");
  t.is(machine.hart.pc, code + 4);
  t.is(machine.hart.getRegister(t0), 0x5000);
});
