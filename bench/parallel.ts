// What threads are for: two hosts compute at once, and hosts with nothing to do cost nothing.

import { availableParallelism } from "node:os";
import { Cluster } from "../cluster/index.ts";
import { atLeast, atMost, type Bench } from "./figure.ts";
import { medianOf, millisecondsOf } from "./measure.ts";
import { compiler, compileProgram, missingTool } from "./tools.ts";

const rounds = 1500;
const seeks = 2000;

export const parallelBench: Bench = {
  name: "parallel",
  doc: "two computing tasks on two hosts, against one after the other",
  async run() {
    const name = "two tasks on two hosts (worker)";
    const missing = missingTool(compiler);
    if (missing !== undefined) return [{ name, reason: `needs ${missing}` }];
    if (availableParallelism() < 2) return [{ name, reason: "needs two cores" }];
    const elf = compileProgram("integer");
    const cluster = await Cluster.boot({ hosts: 2, mounts: { integer: elf }, trace: "control" });
    const spawn = (host: string) => cluster.spawn(host, ["/mnt/integer", String(rounds)]);
    const inTurn = async (): Promise<void> => {
      for (const host of ["h1", "h2"]) await cluster.runUntil({ exited: await spawn(host) });
    };
    const together = async (): Promise<void> => {
      await Promise.all(["h1", "h2"].map(spawn));
      await cluster.runUntil({ allExited: true });
    };
    await together(); // warms up
    const inTurnMs = await medianOf(3, () => millisecondsOf(inTurn));
    const togetherMs = await medianOf(3, () => millisecondsOf(together));
    await cluster.close();
    const aim = atLeast(1.6);
    return [
      {
        name,
        ours: (2 * rounds) / togetherMs,
        yardstick: (2 * rounds) / inTurnMs,
        unit: "rounds/ms",
        against: "one after the other",
        aim,
      },
    ];
  },
};

export const idleBench: Bench = {
  name: "idle",
  doc: "a run with 62 more hosts that do nothing, against the same with 2",
  async run() {
    const missing = missingTool(compiler);
    if (missing !== undefined) return [{ name: "64 hosts", reason: `needs ${missing}` }];
    const figure = async (name: string, program: string, count: number) => ({
      name,
      ours: await runBeside(64, program, count),
      yardstick: await runBeside(2, program, count),
      unit: "ms",
      against: "the same with 2 hosts",
      aim: atMost(1.1),
    });
    return [
      await figure("computing among 64 hosts (worker)", "integer", rounds),
      await figure("2,000 messages among 64 hosts (worker)", "seek", seeks),
    ];
  },
};

/** Milliseconds of a run on h1 in a cluster of that many hosts, once that is up. */
async function runBeside(hosts: number, program: string, count: number): Promise<number> {
  const mounts = { [program]: compileProgram(program) };
  const cluster = await Cluster.boot({ hosts, mounts, trace: "control" });
  const run = (): Promise<number> =>
    millisecondsOf(async () => {
      const task = await cluster.spawn("h1", [`/mnt/${program}`, String(count)]);
      await cluster.runUntil({ exited: task });
    });
  await run(); // warms up
  const ms = await medianOf(3, run);
  await cluster.close();
  return ms;
}
