// Computing: whole programs here and under qemu-riscv64, in processes of their own.

import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { atLeast, type Bench, type Measured } from "./figure.ts";
import { median } from "./measure.ts";
import { compiler, compileProgram, missingTool, qemu } from "./tools.ts";

/** Programs, with the rounds that take about two seconds here. */
const kernels = [
  { name: "integer", rounds: 4000 },
  { name: "memory", rounds: 24 },
  { name: "floating-point", rounds: 100_000 },
] as const;

const runs = 3;

export const kernelBench: Bench = {
  name: "kernels",
  doc: "guest instructions a second and whole processes, against qemu-riscv64",
  run() {
    const missing = missingTool(compiler, qemu);
    if (missing === undefined) return Promise.resolve(kernels.flatMap(measureKernel));
    const reason = `needs ${missing}`;
    return Promise.resolve(kernels.map(({ name }) => ({ name: `${name} kernel`, reason })));
  },
};

interface Ran {
  readonly instructions: number;
  /** The program alone, without the start of Node. */
  readonly ms: number;
  readonly output: string;
  readonly wholeMs: number;
}

function measureKernel({ name, rounds }: (typeof kernels)[number]): readonly Measured[] {
  const elf = compileProgram(name);
  const args = [String(rounds)];
  const ours = Array.from({ length: runs }, () => runHere(elf, args));
  const theirs = Array.from({ length: runs }, () => runQemu(elf, args));
  const output = theirs[0]?.output;
  if (ours.some((run) => run.output !== output)) {
    return [{ name: `${name} kernel`, reason: "its output differs from qemu-riscv64's" }];
  }
  const instructions = ours[0]?.instructions ?? 0;
  const oursMs = median(ours.map(({ ms }) => ms));
  const qemuMs = median(theirs.map(({ ms }) => ms));
  return [
    {
      name: `${name} kernel`,
      ours: instructions / oursMs / 1000,
      yardstick: instructions / qemuMs / 1000,
      unit: "MIPS",
      against: "qemu-riscv64",
      aim: atLeast(0.1),
    },
    {
      name: `${name} kernel, whole process`,
      ours: median(ours.map(({ wholeMs }) => wholeMs)) / 1000,
      yardstick: qemuMs / 1000,
      unit: "s",
      against: "qemu-riscv64",
      aim: null,
    },
  ];
}

function runHere(elf: string, args: readonly string[]): Ran {
  const child = fileURLToPath(new URL("./child.js", import.meta.url));
  const start = performance.now();
  const text = execFileSync(process.execPath, [child, "run", elf, ...args], { encoding: "utf8" });
  return { ...(JSON.parse(text) as Ran), wholeMs: performance.now() - start };
}

function runQemu(
  elf: string,
  args: readonly string[],
): { readonly ms: number; readonly output: string } {
  const start = performance.now();
  const { stdout } = spawnSync(qemu, [elf, ...args], { encoding: "utf8" });
  return { ms: performance.now() - start, output: stdout };
}
