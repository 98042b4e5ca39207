// What a host costs to start and to keep, against a bare worker with a small wasm instance. Each
// measurement in a fresh process: memory that was used once is seldom given back.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { atMost, type Bench, type Figure } from "./figure.ts";
import { median } from "./measure.ts";

const counts = [1, 64] as const;
const runs = 3;
const mebibyte = 2 ** 20;

export const hostBench: Bench = {
  name: "hosts",
  doc: "start time and memory of a host, against a bare worker with a small wasm instance",
  run: () => Promise.resolve(counts.flatMap(measureStart)),
};

interface Cost {
  readonly ms: number;
  readonly bytes: number;
}

function measureStart(hosts: number): readonly Figure[] {
  const ours = costOf("hosts", hosts);
  const bare = costOf("bare", hosts);
  const against = `bare worker, ${hosts + 1} together`;
  const name = hosts === 1 ? "host, alone with fs" : `host, one of ${hosts} with fs`;
  return [
    {
      name: `${name}: start`,
      ours: ours.ms,
      yardstick: bare.ms,
      unit: "ms",
      against,
      aim: atMost(1.5),
    },
    {
      name: `${name}: memory`,
      ours: ours.bytes / mebibyte,
      yardstick: bare.bytes / mebibyte,
      unit: "MiB",
      against,
      aim: atMost(1.7),
    },
  ];
}

function costOf(verb: "hosts" | "bare", count: number): Cost {
  const child = fileURLToPath(new URL("./child.js", import.meta.url));
  const costs = Array.from({ length: runs }, () => {
    const text = execFileSync(process.execPath, [child, verb, String(count)], { encoding: "utf8" });
    return JSON.parse(text) as Cost;
  });
  return { ms: median(costs.map(({ ms }) => ms)), bytes: median(costs.map(({ bytes }) => bytes)) };
}
