// A message and its answer between two hosts: a program on h1 asks the file server on fs, and
// waits. The cost of the run's start and end falls out as the difference of two runs.

import { Cluster } from "../cluster/index.ts";
import { atMost, type Bench, type Figure } from "./figure.ts";
import { medianOf, millisecondsOf } from "./measure.ts";
import { postMessageRoundTrip } from "./pair.ts";
import { compiler, compileProgram, missingTool } from "./tools.ts";

const rounds = 4000;
const payloadBytes = 128;
const drivers = ["worker", "inline"] as const;

export const messageBench: Bench = {
  name: "messages",
  doc: "a message round trip between two hosts, against a bare postMessage between two workers",
  async run() {
    const missing = missingTool(compiler);
    if (missing !== undefined) return [{ name: "message round trip", reason: `needs ${missing}` }];
    const bare = await medianOf(3, () => postMessageRoundTrip(rounds, payloadBytes));
    const figures: Figure[] = [];
    for (const driver of drivers) {
      figures.push({
        name: `message round trip (${driver})`,
        ours: (await roundTrip(driver)) * 1000,
        yardstick: bare * 1000,
        unit: "µs",
        against: "postMessage round trip",
        aim: driver === "worker" ? atMost(1) : null,
      });
    }
    return figures;
  },
};

/** Milliseconds. */
async function roundTrip(driver: "worker" | "inline"): Promise<number> {
  const elf = compileProgram("seek");
  const cluster = await Cluster.boot({
    hosts: 1,
    driver,
    mounts: { seek: elf },
    trace: "control",
  });
  const timeOf = (count: number): Promise<number> =>
    millisecondsOf(async () => {
      const task = await cluster.spawn("h1", ["/mnt/seek", String(count)]);
      await cluster.runUntil({ exited: task });
    });
  await timeOf(rounds); // warms up
  const difference = await medianOf(
    3,
    async () => (await timeOf(rounds + 10)) - (await timeOf(10)),
  );
  await cluster.close();
  return difference / rounds;
}
