// Goal: whatever instructions a program strings together, all registers and memory end as they do in qemu.
// Method: random programs (random-sequence.ts), the same file in qemu-riscv64 and in a bare hart, outputs compared.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { BareMachine, loadProgram, runProgram } from "../kernel/machine/bare.ts";
import { needs } from "../needs.ts";
import { allNames, dumpedState, randomProgram } from "./random-sequence.ts";
import { Random } from "./random-sequence-random.ts";

const firstSeed = Number(process.env["SEQUENCE_SEED"] ?? 1);
const programCount = Number(process.env["SEQUENCE_COUNT"] ?? 20);
const instructionCount = Number(process.env["SEQUENCE_LENGTH"] ?? 1000);
const seeds = Array.from({ length: programCount }, (_, i) => firstSeed + i);

needs("qemu-riscv64")("oracle: random programs: all registers and memory as in qemu", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sojourn-sequence-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const seed of seeds) {
    const { file } = randomProgram(seed, instructionCount);
    const path = join(folder, `program-${seed}`);
    writeFileSync(path, file, { mode: 0o755 });
    const theirs = execFileSync("qemu-riscv64", [path]);
    const ours = runInHart(file, () => 1_000_000);
    t.is(ours.stop, "exit", replay(seed));
    t.deepEqual(differences(ours.output, theirs), [], replay(seed));
  }
});

test("oracle: random programs: every instruction occurs in them", (t) => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    for (const name of randomProgram(seed, 1000).names) seen.add(name);
  }
  t.deepEqual(
    allNames.filter((name) => !seen.has(name)),
    [],
  );
});

test("hart: random programs: the budget cannot be seen", (t) => {
  for (const seed of seeds) {
    const { file } = randomProgram(seed, instructionCount);
    const random = new Random(seed);
    const whole = runInHart(file, () => 1_000_000);
    const single = runInHart(file, () => 1);
    const pieces = runInHart(file, () => 1 + random.below(50));
    t.is(whole.stop, "exit", replay(seed));
    t.deepEqual(single, whole, replay(seed));
    t.deepEqual(pieces, whole, replay(seed));
  }
});

function runInHart(file: Uint8Array, nextBudget: () => number): ReturnType<typeof runProgram> {
  const machine = new BareMachine();
  loadProgram(machine, file);
  return runProgram(machine, nextBudget);
}

function replay(seed: number): string {
  return `SEQUENCE_SEED=${seed} SEQUENCE_COUNT=1 npx ava dist/test/oracle/random-sequence.test.js`;
}

/** The first few places where two dumps differ. */
function differences(ours: Uint8Array, theirs: Uint8Array): string[] {
  const expected = dumpedState(theirs);
  return [...dumpedState(ours)]
    .filter(([name, value]) => expected.get(name) !== value)
    .slice(0, 8)
    .map(([name, value]) => `${name}: ${value}, qemu has ${expected.get(name)}`);
}
