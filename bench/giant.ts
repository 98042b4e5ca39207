// A guest of 1 GiB that moves, under each strategy: a page may be once on each host that has it, so
// that memory is bounded whatever the size of the image. Each in a process of its own.

import { execFileSync } from "node:child_process";
import { freemem } from "node:os";
import { fileURLToPath } from "node:url";
import { strategies } from "../kernel/index.ts";
import { atMost, type Bench, type Figure, type Measured } from "./figure.ts";

const imageMebibytes = 1024;
const mebibyte = 2 ** 20;
/** Three copies of the image, what is kept in mind of each page, and room for the rest. */
const wantedBytes = 5 * imageMebibytes * mebibyte;
/** Of writing while the guest is copied in rounds, which takes 9 s of its time; and when it is not. */
const rounds = { many: "600", few: "16" } as const;
/** Of a page: 4 KiB, and what kernels keep in mind of it. */
const aim = atMost(1.25);

export const giantBench: Bench = {
  name: "gigabyte",
  doc: "memory of all hosts at its worst while a guest of 1 GiB moves, by each strategy",
  run: () => Promise.resolve(measureAll()),
};

interface Giant {
  readonly peakBytes: number;
  readonly heldBytes: number;
  readonly output: string;
}

function measureAll(): readonly Measured[] {
  if (freemem() < wantedBytes) return [{ name: "a guest of 1 GiB", reason: "needs 5 GiB free" }];
  const outputs = new Set<string>();
  const figures = strategies.map((strategy): Figure => {
    const { name } = strategy;
    const count = strategy.rounds ? rounds.many : rounds.few;
    const { peakBytes, heldBytes, output } = measure(name, count);
    outputs.add(`${count} ${output}`);
    return {
      name: `memory, a guest of 1 GiB moves, ${name}`,
      ours: peakBytes / mebibyte,
      yardstick: heldBytes / mebibyte,
      unit: "MiB",
      against: "each page once on each host that has it",
      aim,
    };
  });
  if (outputs.size === Object.keys(rounds).length) return figures;
  return [{ name: "a guest of 1 GiB", reason: "its output depends on the strategy" }];
}

function measure(strategy: string, count: string): Giant {
  const child = fileURLToPath(new URL("./child.js", import.meta.url));
  const words = [child, "giant", strategy, String(imageMebibytes), count];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" })) as Giant;
}
