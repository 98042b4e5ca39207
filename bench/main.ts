// The benchmarks: `main.js [--json] [NAME…]`. Figures beside their yardsticks, measured in the same
// run; nothing fails for being slow, and a machine without a tool gets a line that says which.

import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import {
  type Bench,
  isFigure,
  isMissing,
  meetsAim,
  type Measured,
  ratioOf,
  tableOf,
} from "./figure.ts";
import { depthBench } from "./depth.ts";
import { guestPortBench } from "./guest-ports.ts";
import { forwardBench } from "./forward.ts";
import { giantBench } from "./giant.ts";
import { hostBench } from "./hosts.ts";
import { kernelBench } from "./kernels.ts";
import { memoryBench } from "./memory.ts";
import { messageBench } from "./messages.ts";
import { moveBench, thousandBench } from "./moves.ts";
import { portBench } from "./ports.ts";
import { idleBench, parallelBench } from "./parallel.ts";
import { shellBench } from "./shell.ts";
import { removeCompiled } from "./tools.ts";

const benches: readonly Bench[] = [
  kernelBench,
  messageBench,
  hostBench,
  moveBench,
  memoryBench,
  parallelBench,
  idleBench,
  portBench,
  guestPortBench,
  depthBench,
  forwardBench,
  shellBench,
  thousandBench,
  giantBench,
];

const exitUsage = 64;

async function main(): Promise<number> {
  const { values, positionals, tokens } = parseArgs({
    options: { json: { type: "boolean" } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const option = tokens.find((token) => token.kind === "option" && token.name !== "json");
  if (option?.kind === "option") return misused(`no such option: ${option.rawName}`);
  const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown !== undefined) return misused(`no such benchmark: ${unknown}`);
  const chosen = benches.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  const machine = machineNow();
  const measured = await measureAll(chosen);
  const text = values["json"] === true ? jsonOf(machine, measured) : tableOf(measured);
  process.stdout.write(values["json"] === true ? text : `${text}${machineLine(machine)}\n`);
  return 0;
}

function misused(reason: string): number {
  process.stderr.write(`bench: ${reason}\n`);
  process.stderr.write("usage: bench [--json] [NAME…]\n");
  for (const { name, doc } of benches) process.stderr.write(`  ${name.padEnd(16)}${doc}\n`);
  return exitUsage;
}

async function measureAll(chosen: readonly Bench[]): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  try {
    for (const bench of chosen) {
      if (process.stderr.isTTY) process.stderr.write(`${bench.name}: ${bench.doc}\n`);
      measured.push(...(await bench.run()));
    }
  } finally {
    removeCompiled();
  }
  return measured;
}

interface Machine {
  readonly node: string;
  readonly cores: number;
  readonly processor: string;
  /** What else wanted the cores in the minute before: figures of a busy machine say little. */
  readonly load: number;
}

function machineNow(): Machine {
  return {
    node: process.version,
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    load: loadavg()[0] ?? 0,
  };
}

function machineLine({ node, cores, processor, load }: Machine): string {
  return `Node ${node}, ${cores} cores of ${processor}, load ${load.toFixed(1)} at the start`;
}

function jsonOf(machine: Machine, measured: readonly Measured[]): string {
  const figures = measured
    .filter(isFigure)
    .map((figure) => ({ ...figure, ratio: ratioOf(figure), met: meetsAim(figure) }));
  const notMeasured = measured.filter(isMissing);
  return `${JSON.stringify({ machine, figures, notMeasured }, null, 2)}\n`;
}

process.exitCode = await main();
