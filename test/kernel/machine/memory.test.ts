// Goal: faults are precise, translations are those of the pmap, and flushes are complete.
// Method: single accesses at page ends, and the record of what the hart asked `fill`.

import test from "ava";
import { accessExecute, accessRead, accessWrite } from "../../../kernel/machine/index.ts";
import type { Access } from "../../../kernel/machine/index.ts";
import {
  a0,
  addi,
  amoaddW,
  bne,
  ecall,
  jal,
  jalr,
  lb,
  ld,
  lrD,
  sb,
  sd,
  sh,
  sw,
  t0,
  zero,
} from "./assemble.ts";
import { BareMachine } from "./bare.ts";
import type { Rights } from "./bare.ts";

const code = 0x1000;
const first = 0x8000;
const second = 0x9000;

function machineWith(rights: readonly [Rights, Rights], ...instructions: number[]): BareMachine {
  const machine = new BareMachine();
  machine.map(code, 4096, "rx");
  machine.map(first, 4096, rights[0]);
  machine.map(second, 4096, rights[1]);
  machine.writeCode(code, instructions);
  machine.hart.pc = code;
  machine.hart.setRegister(t0, -1);
  return machine;
}

interface FaultCase {
  readonly title: string;
  readonly instruction: number;
  readonly address: number;
  readonly rights: readonly [Rights, Rights];
  readonly at: number;
  readonly access: Access;
}

const faults: readonly FaultCase[] = [
  {
    title: "load from nowhere",
    instruction: ld(t0, 0, a0),
    address: 0x70008,
    rights: ["rw", "rw"],
    at: 0x70008,
    access: accessRead,
  },
  {
    title: "load into x0",
    instruction: ld(zero, 0, a0),
    address: 0x70008,
    rights: ["rw", "rw"],
    at: 0x70008,
    access: accessRead,
  },
  {
    title: "load whose second page is missing",
    instruction: ld(t0, 0, a0),
    address: second - 3,
    rights: ["rw", "none"],
    at: second,
    access: accessRead,
  },
  {
    title: "load whose first page is missing",
    instruction: ld(t0, 0, a0),
    address: second - 3,
    rights: ["none", "rw"],
    at: second - 3,
    access: accessRead,
  },
  {
    title: "store whose second page is read-only",
    instruction: sd(t0, 0, a0),
    address: second - 5,
    rights: ["rw", "r"],
    at: second,
    access: accessWrite,
  },
  {
    title: "store whose first page is read-only",
    instruction: sd(t0, 0, a0),
    address: second - 5,
    rights: ["r", "rw"],
    at: second - 5,
    access: accessWrite,
  },
  {
    title: "store to a read-only page",
    instruction: sb(t0, 0, a0),
    address: first,
    rights: ["r", "rw"],
    at: first,
    access: accessWrite,
  },
  {
    title: "atomic on a read-only page",
    instruction: amoaddW(t0, t0, a0),
    address: first,
    rights: ["r", "rw"],
    at: first,
    access: accessWrite,
  },
  {
    title: "LR from nowhere",
    instruction: lrD(t0, a0),
    address: 0x70008,
    rights: ["rw", "rw"],
    at: 0x70008,
    access: accessRead,
  },
  {
    title: "load above 2^38",
    instruction: lb(t0, 0, a0),
    address: 2 ** 38,
    rights: ["rw", "rw"],
    at: 2 ** 38,
    access: accessRead,
  },
  {
    title: "load that wraps below a page",
    instruction: ld(t0, 0, a0),
    address: 2 ** 38 + first,
    rights: ["rw", "rw"],
    at: 2 ** 38 + first,
    access: accessRead,
  },
];

for (const { title, instruction, address, rights, at, access } of faults) {
  test(`memory: ${title}: a precise fault`, (t) => {
    const machine = machineWith(rights, addi(zero, zero, 0), instruction, ecall);
    const { hart } = machine;
    const before = [machine.read(first, 4096), machine.read(second, 4096)];
    hart.setRegister(a0, address);
    t.is(hart.run(100), "page-fault");
    t.is(hart.pc, code + 4);
    t.is(hart.executed, 1);
    t.is(hart.stopAddress, at);
    t.is(hart.stopAccess, access);
    t.is(hart.getRegisterSigned(t0), -1);
    t.deepEqual([machine.read(first, 4096), machine.read(second, 4096)], before);
  });
}

test("memory: the instruction after a fault that was mended: runs once", (t) => {
  const machine = machineWith(["none", "none"], ld(t0, 0, a0), ecall);
  machine.hart.setRegister(a0, first + 8);
  t.is(machine.hart.run(10), "page-fault");
  machine.map(first, 4096, "r", 1);
  machine.write(first + 8, Uint8Array.of(42));
  t.is(machine.hart.run(10), "ecall");
  t.is(machine.hart.getRegister(t0), 42);
});

test("memory: stores of every width over a page end: land on both sides", (t) => {
  for (const [store, bytes] of [
    [sh, 2],
    [sw, 4],
    [sd, 8],
  ] as const) {
    for (let before = 1; before < bytes; before++) {
      const machine = machineWith(["rw", "rw"], store(t0, 0, a0), ld(t0, 0, a0), ecall);
      machine.hart.setRegisterBig(t0, 0x8877665544332211n);
      machine.hart.setRegister(a0, second - before);
      t.is(machine.hart.run(10), "ecall");
      const expected = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88].fill(0, bytes);
      t.deepEqual([...machine.read(second - before, 8)], expected);
      t.is(machine.hart.getRegisterBig(t0), BigInt.asUintN(bytes * 8, 0x8877665544332211n));
    }
  }
});

test("memory: a jump to nowhere: is done, and the fault is the target's", (t) => {
  for (const jump of [jalr(0, 0, a0), jal(0, 0x70000 - code)]) {
    const machine = machineWith(["rw", "rw"], jump);
    machine.hart.setRegister(a0, 0x70000);
    t.is(machine.hart.run(100), "page-fault");
    t.is(machine.hart.executed, 1);
    t.is(machine.hart.pc, 0x70000);
    t.is(machine.hart.stopAddress, 0x70000);
    t.is(machine.hart.stopAccess, accessExecute);
  }
});

test("memory: a jump as the last of a budget: nobody is asked for its target yet", (t) => {
  for (const jump of [jalr(0, 0, a0), jal(0, 0x70000 - code), bne(t0, zero, -4)]) {
    const machine = machineWith(["rw", "rw"], jump);
    machine.hart.setRegister(a0, 0x70000);
    t.is(machine.hart.run(1), "budget");
    t.deepEqual(machine.fills, ["x:1"]);
    t.is(machine.hart.run(1), "page-fault");
    t.is(machine.hart.executed, 0);
  }
});

test("memory: code on a page without the right: does not run", (t) => {
  const machine = machineWith(["rw", "rw"]);
  machine.writeCode(first, [ecall]);
  machine.hart.pc = first;
  t.is(machine.hart.run(1), "page-fault");
  t.is(machine.hart.stopAccess, accessExecute);
});

test("memory: translations: asked for once for each access, until flushed", (t) => {
  const machine = machineWith(
    ["rw", "rw"],
    lb(t0, 0, a0),
    sb(t0, 1, a0),
    lb(t0, 2, a0),
    jal(0, -12),
  );
  const { hart } = machine;
  const asked = (): string[] => {
    machine.fills.length = 0;
    hart.setRegister(a0, first);
    hart.run(40);
    return [...machine.fills];
  };
  t.deepEqual(asked(), ["x:1", "r:8", "w:8"]);
  t.deepEqual(asked(), []);
  hart.flushWriteTags();
  t.deepEqual(asked(), ["w:8"]);
  hart.flushPage(1, 8);
  t.deepEqual(asked(), ["r:8", "w:8"]);
  hart.flushPage(2, 8);
  hart.flushSpace(2);
  t.deepEqual(asked(), []);
  hart.flushSpace(1);
  t.deepEqual(asked(), ["x:1", "r:8", "w:8"]);
  hart.flushAll();
  t.deepEqual(asked(), ["x:1", "r:8", "w:8"]);
});

test("memory: address spaces: same page, own frames, no flush", (t) => {
  const machine = machineWith(["rw", "rw"], lb(t0, 0, a0), ecall);
  const { hart } = machine;
  machine.write(first, Uint8Array.of(1));
  const frames = [machine.pages.get("1:1")?.frame ?? -1];
  machine.setSpace(4095);
  machine.map(code, 4096, "rx", frames[0]);
  machine.map(first, 4096, "rw");
  machine.write(first, Uint8Array.of(2));
  const seen = [1, 4095, 1, 4095].map((space) => {
    machine.setSpace(space);
    hart.pc = code;
    hart.setRegister(a0, first);
    hart.run(10);
    return hart.getRegister(t0);
  });
  t.deepEqual(seen, [1, 2, 1, 2]);
  t.is(machine.fills.filter((fill) => fill === "r:8").length, 2);
});

test("memory: pages that share a place in the table: each keeps its own contents", (t) => {
  const machine = machineWith(["rw", "rw"], lb(t0, 0, a0), ecall);
  const far = first + 1024 * 4096;
  machine.map(far, 4096, "rw");
  machine.write(first, Uint8Array.of(1));
  machine.write(far, Uint8Array.of(2));
  const seen = [first, far, first].map((address) => {
    machine.hart.pc = code;
    machine.hart.setRegister(a0, address);
    machine.hart.run(10);
    return machine.hart.getRegister(t0);
  });
  t.deepEqual(seen, [1, 2, 1]);
});

test("memory: a page above 2^38: the pmap is not even asked", (t) => {
  for (const instruction of [ld(t0, 0, a0), sd(t0, 0, a0), jalr(0, 0, a0)]) {
    const machine = machineWith(["rw", "rw"], instruction);
    machine.map(2 ** 38, 4096, "rwx");
    machine.hart.setRegister(a0, 2 ** 38);
    t.is(machine.hart.run(10), "page-fault");
    t.is(machine.hart.stopAddress, 2 ** 38);
    t.deepEqual(machine.fills, ["x:1"]);
  }
});

test("memory: the highest page: can be used to its last byte", (t) => {
  const machine = machineWith(["rw", "rw"], sd(t0, -8, a0), ld(t0, -7, a0), ecall);
  machine.map(2 ** 38 - 4096, 4096, "rw");
  machine.hart.setRegister(a0, 2 ** 38);
  t.is(machine.hart.run(10), "page-fault");
  t.is(machine.hart.executed, 1);
  t.is(machine.hart.stopAddress, 2 ** 38);
});
