// Goal: run stops where and for what it says, and leaves registers, counts and pc as its interface promises.
// Method: programs of a few words on a bare machine.

import test from "ava";
import { emptyThreadImage } from "../../../kernel/machine/index.ts";
import type { StopReason } from "../../../kernel/machine/index.ts";
import {
  a0,
  a1,
  add,
  addi,
  amoaddW,
  bne,
  compressedEbreak,
  compressedNop,
  csrCycle,
  csrInstret,
  csrrs,
  csrrw,
  csrrwi,
  csrTime,
  ebreak,
  ecall,
  faddD,
  fence,
  fenceI,
  jal,
  jalr,
  lrD,
  scD,
  sd,
  t0,
  t1,
  t2,
  zero,
} from "./assemble.ts";
import { BareMachine } from "./bare.ts";

const code = 0x1000;
const data = 0x8000;

function machineWith(...instructions: number[]): BareMachine {
  const machine = new BareMachine();
  machine.map(code, 4096, "rx");
  machine.map(data, 4096, "rw");
  machine.writeCode(code, instructions);
  machine.hart.pc = code;
  return machine;
}

interface Stop {
  readonly stop: StopReason;
  readonly pc: number;
  readonly executed: number;
}

function runOnce({ hart }: BareMachine, budget: number = 1000): Stop {
  const stop = hart.run(budget);
  return { stop, pc: hart.pc, executed: hart.executed };
}

test("hart: ecall: pc stays on it and it is not counted", (t) => {
  const machine = machineWith(addi(t0, zero, 7), ecall);
  t.deepEqual(runOnce(machine), { stop: "ecall", pc: code + 4, executed: 1 });
  t.deepEqual(runOnce(machine), { stop: "ecall", pc: code + 4, executed: 0 });
  machine.hart.pc += 4;
  machine.writeCode(code + 8, [ebreak]);
  machine.hart.dropCode(0);
  t.deepEqual(runOnce(machine), { stop: "ebreak", pc: code + 8, executed: 0 });
});

test("hart: c.ebreak: stops as ebreak does", (t) => {
  const machine = machineWith(compressedNop, compressedEbreak);
  t.deepEqual(runOnce(machine), { stop: "ebreak", pc: code + 2, executed: 1 });
});

test("hart: budget: exact, and the next run goes on", (t) => {
  const machine = machineWith(addi(t0, t0, 1), addi(t0, t0, 1), jal(zero, -8));
  t.deepEqual(runOnce(machine, 1), { stop: "budget", pc: code + 4, executed: 1 });
  t.deepEqual(runOnce(machine, 4), { stop: "budget", pc: code + 8, executed: 4 });
  t.is(machine.hart.getRegister(t0), 4);
  t.deepEqual(runOnce(machine, 1_000_000).executed, 1_000_000);
});

test("hart: budget: an ecall after the last instruction waits for the next run", (t) => {
  const machine = machineWith(addi(t0, zero, 1), ecall);
  t.is(runOnce(machine, 1).stop, "budget");
  t.is(runOnce(machine, 1).stop, "ecall");
});

const illegalWords: readonly (readonly [title: string, word: number, bits: number])[] = [
  ["zero halfword", 0x0000, 0],
  ["no such opcode", 0xffffffff, 0xffffffff],
  ["write to instret", csrrw(t0, csrInstret, t1), csrrw(t0, csrInstret, t1)],
  ["set of bits of time", csrrs(t0, csrTime, t1), csrrs(t0, csrTime, t1)],
  ["machine mode's register", csrrs(t0, 0x300, zero), csrrs(t0, 0x300, zero)],
  ["write to register 0", csrrw(t0, 0, t1), csrrw(t0, 0, t1)],
  ["rounding mode 5", faddD(1, 2, 3, 5), faddD(1, 2, 3, 5)],
  ["rounding mode 6", faddD(1, 2, 3, 6), faddD(1, 2, 3, 6)],
];

for (const [title, word, bits] of illegalWords) {
  test(`hart: illegal instruction: ${title}: stops on it with its bits`, (t) => {
    const machine = machineWith(addi(t0, zero, 1), word);
    t.deepEqual(runOnce(machine), { stop: "illegal", pc: code + 4, executed: 1 });
    t.is(machine.hart.stopBits, bits);
  });
}

test("hart: dynamic rounding mode: illegal only while frm holds none", (t) => {
  const machine = machineWith(csrrwi(zero, 2, 5), faddD(1, 2, 3, 0), faddD(1, 2, 3, 7));
  t.deepEqual(runOnce(machine), { stop: "illegal", pc: code + 8, executed: 2 });
  t.is(machine.hart.stopBits, faddD(1, 2, 3, 7));
});

test("hart: fences and hints: do nothing", (t) => {
  const hints = [fence, fenceI, addi(zero, zero, 5), add(zero, t0, t1), compressedNop];
  const machine = machineWith(...hints, ecall);
  t.deepEqual(runOnce(machine), { stop: "ecall", pc: code + 18, executed: 5 });
});

test("hart: counters: the thread's own instructions, across runs and threads", (t) => {
  const machine = machineWith(
    compressedNop,
    csrrs(t0, csrInstret, zero),
    csrrs(t1, csrCycle, zero),
    ecall,
  );
  const { hart } = machine;
  runOnce(machine, 1);
  const thread = emptyThreadImage();
  hart.saveThread(thread);
  hart.loadThread(emptyThreadImage());
  hart.pc = code;
  hart.run(2);
  t.is(hart.getRegister(t0), 1);
  hart.loadThread(thread);
  hart.run(100);
  t.is(hart.getRegister(t0), 1);
  t.is(hart.getRegister(t1), 2);
});

test("hart: rdtime: the kernel is asked, with the register that wants it", (t) => {
  const machine = machineWith(csrrs(t2, csrTime, zero), ecall);
  t.deepEqual(runOnce(machine), { stop: "time", pc: code, executed: 0 });
  t.is(machine.hart.stopBits, t2);
});

test("hart: x0: stays 0 whatever writes it", (t) => {
  const machine = machineWith(
    addi(zero, zero, 5),
    amoaddW(zero, zero, a0),
    csrrwi(zero, 1, 31),
    csrrs(zero, 1, zero),
    jalr(zero, 0, a1),
  );
  machine.hart.setRegister(a0, data);
  machine.hart.setRegister(a1, code);
  machine.write(data, Uint8Array.of(1, 2, 3, 4));
  machine.hart.setRegister(zero, 9);
  machine.hart.run(5);
  t.is(machine.hart.pc, code);
  t.is(machine.hart.getRegister(zero), 0);
});

test("hart: jalr: the lowest bit is cleared, and the target may be the link", (t) => {
  const machine = machineWith(jalr(t0, 1, t0), ecall, ecall);
  machine.hart.setRegister(t0, code + 8);
  t.deepEqual(runOnce(machine), { stop: "ecall", pc: code + 8, executed: 1 });
  t.is(machine.hart.getRegister(t0), code + 4);
});

test("hart: pc: an odd one counts as the even one below", (t) => {
  const machine = machineWith(addi(t0, zero, 1), ecall);
  machine.hart.pc = code + 1;
  t.deepEqual(runOnce(machine), { stop: "ecall", pc: code + 4, executed: 1 });
});

test("hart: registers: negative, unsigned and big views agree", (t) => {
  const { hart } = machineWith();
  hart.setRegister(a0, -2);
  t.is(hart.getRegisterBig(a0), 0xffff_ffff_ffff_fffen);
  t.is(hart.getRegisterSigned(a0), -2);
  t.is(hart.getRegister(a0), 2 ** 64);
  hart.setRegister(a0, -(2 ** 40) - 3);
  t.is(hart.getRegisterSigned(a0), -(2 ** 40) - 3);
  hart.setRegister(a0, Number.MAX_SAFE_INTEGER);
  t.is(hart.getRegister(a0), Number.MAX_SAFE_INTEGER);
  hart.setRegisterBig(a0, -1n);
  t.is(hart.getRegisterBig(a0), 0xffff_ffff_ffff_ffffn);
});

test("hart: thread image: everything comes back", (t) => {
  const machine = machineWith(faddD(3, 1, 2, 7), csrrs(t0, 3, zero), ecall);
  const { hart } = machine;
  const image = emptyThreadImage().map((_, i) => (i * 0x9e3779b1) >>> 0);
  image[128] = (3 << 5) | 0x11;
  hart.loadThread(image);
  const again = emptyThreadImage();
  hart.saveThread(again);
  t.deepEqual(again, image);
});

test("hart: atomics: a misaligned address stops before anything happens", (t) => {
  const machine = machineWith(amoaddW(t0, t1, a0));
  machine.hart.setRegister(a0, data + 2);
  t.deepEqual(runOnce(machine), { stop: "misaligned", pc: code, executed: 0 });
  t.is(machine.hart.stopAddress, data + 2);
});

/** LR, what happens then, SC: the value that SC returned. */
function afterReservation(between: (machine: BareMachine) => void): number {
  const machine = machineWith(lrD(t0, a0), compressedNop, scD(t1, zero, a0), ecall);
  machine.hart.setRegister(a0, data);
  machine.write(data, Uint8Array.of(7));
  machine.hart.run(1);
  between(machine);
  machine.hart.run(10);
  return machine.hart.getRegister(t1);
}

test("hart: reservation: kept by the end of a budget and by a snapshot", (t) => {
  const kept = afterReservation(({ hart }) => hart.run(1));
  t.is(kept, 0);
  const restored = afterReservation(({ hart }) => {
    const state = structuredClone(hart.saveState());
    hart.clearReservation();
    hart.restoreState(state);
  });
  t.is(restored, 0);
});

test("hart: reservation: lost when cleared, or when memory holds another value", (t) => {
  t.is(
    afterReservation(({ hart }) => hart.clearReservation()),
    1,
  );
  t.is(
    afterReservation((machine) => machine.write(data, Uint8Array.of(8))),
    1,
  );
});

test("hart: SC without a reservation: fails and touches no memory", (t) => {
  const machine = machineWith(scD(t1, zero, a0), ecall);
  machine.hart.setRegister(a0, 0x77000);
  t.is(runOnce(machine).stop, "ecall");
  t.is(machine.hart.getRegister(t1), 1);
});

test("hart: a loop across runs: every split of the budget gives the same registers", (t) => {
  const loop = [addi(t0, t0, 1), add(t1, t1, t0), sd(t1, 0, a0), bne(t0, a1, -12), ecall];
  const end = (budget: number): Uint32Array => {
    const machine = machineWith(...loop);
    machine.hart.setRegister(a0, data);
    machine.hart.setRegister(a1, 500);
    while (machine.hart.run(budget) === "budget");
    const image = emptyThreadImage();
    machine.hart.saveThread(image);
    return image;
  };
  for (const budget of [1, 2, 3, 7, 1999]) t.deepEqual(end(budget), end(2000), `${budget}`);
});
