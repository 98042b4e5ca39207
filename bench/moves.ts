// Migration in real time: of a task that has next to nothing, and a thousand times of 1 MiB.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Cluster, type ClusterOptions } from "../cluster/index.ts";
import { atMost, type Bench, type Figure, type Measured, under } from "./figure.ts";
import { millisecondsOf } from "./measure.ts";
import { postMessageRoundTrip } from "./pair.ts";
import { compiler, compileProgram, missingTool } from "./tools.ts";

const drivers = ["inline", "worker"] as const;
const strategies = ["eager-all", "copy-on-reference"] as const;
type DriverName = (typeof drivers)[number];

const movesOfEmpty = 300;

export const moveBench: Bench = {
  name: "moves",
  doc: "a migration of an empty task, by both strategies and in both drivers",
  async run() {
    const bare = await postMessageRoundTrip(2000, 128);
    const figures: Figure[] = [];
    for (const driver of drivers) {
      for (const strategy of strategies) {
        figures.push({
          name: `move of a sleeping task, ${strategy} (${driver})`,
          ours: await moveEmpty(driver, strategy),
          yardstick: bare,
          unit: "ms",
          against: "postMessage round trip",
          aim: under(2),
        });
      }
    }
    return [...figures, ...strategies.map(measureAllocations)];
  },
};

/** So much room for what is new that nothing is collected while it is counted. */
const quietNode = ["--expose-gc", "--min-semi-space-size=512", "--max-semi-space-size=512"];

function measureAllocations(strategy: string): Figure {
  const child = fileURLToPath(new URL("./child.js", import.meta.url));
  const words = [...quietNode, child, "allocated", strategy];
  const text = execFileSync(process.execPath, words, { encoding: "utf8" });
  const { bytes, wireBytes } = JSON.parse(text) as { bytes: number; wireBytes: number };
  return {
    name: `allocated by a move of a sleeping task, ${strategy}`,
    ours: bytes / 1024,
    yardstick: wireBytes / 1024,
    unit: "KiB",
    against: "bytes on cables",
    aim: null,
  };
}

/** Milliseconds for one move of a task that sleeps. */
async function moveEmpty(driver: DriverName, strategy: string): Promise<number> {
  const task = { argv: ["count", "1000000", "1s"], mounts: {} };
  return (await timeMoves({ driver, strategy, moves: movesOfEmpty, ...task })) / movesOfEmpty;
}

const movesOfMebibyte = 1000;
const secondsMax = 20;

export const thousandBench: Bench = {
  name: "thousand-moves",
  doc: "1,000 moves of a program that keeps writing to 1 MiB, against 20 seconds",
  async run(): Promise<readonly Measured[]> {
    const missing = missingTool(compiler);
    if (missing !== undefined)
      return [{ name: "1,000 moves of 1 MiB", reason: `needs ${missing}` }];
    const figures: Figure[] = [];
    for (const strategy of strategies) {
      figures.push({
        name: `1,000 moves of 1 MiB, ${strategy} (worker)`,
        ours: (await moveMebibyte(strategy)) / 1000,
        yardstick: secondsMax,
        unit: "s",
        against: "the most it may take",
        aim: atMost(1),
      });
    }
    return figures;
  },
};

function moveMebibyte(strategy: string): Promise<number> {
  const task = { argv: ["/mnt/mebibyte"], mounts: { mebibyte: compileProgram("mebibyte") } };
  return timeMoves({ driver: "worker", strategy, moves: movesOfMebibyte, ...task });
}

interface Moves {
  readonly driver: DriverName;
  readonly strategy: string;
  readonly moves: number;
  readonly argv: readonly string[];
  readonly mounts: NonNullable<ClusterOptions["mounts"]>;
}

/** Milliseconds that all moves take, round and round three hosts, as an operator orders them. */
async function timeMoves({ driver, strategy, moves, argv, mounts }: Moves): Promise<number> {
  const hosts = 3;
  const cluster = await Cluster.boot({ hosts, driver, mounts, trace: "control" });
  const task = await cluster.spawn("h1", argv);
  await cluster.advance(100_000_000); // it has begun, and has all its memory
  const moveAll = async (count: number): Promise<void> => {
    for (let move = 0; move < count; move++) {
      const at = Number(task.host.slice(1));
      const { outcome, reason } = await cluster.migrate(task, `h${(at % hosts) + 1}`, { strategy });
      if (outcome !== "moved") throw new Error(`move ${move} was ${outcome}: ${reason}`);
    }
  };
  await moveAll(Math.ceil(moves / 10)); // warms up
  const ms = await millisecondsOf(() => moveAll(moves));
  await cluster.close();
  return ms;
}
