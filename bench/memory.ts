// Pages on their way between two hosts in real time: all at once, and one fault after the other.

import { Cluster, type Task } from "../cluster/index.ts";
import { copyThroughSharedMemory } from "./bare-copy.ts";
import { atLeast, type Bench, type Figure } from "./figure.ts";
import { medianOf, millisecondsOf } from "./measure.ts";
import { postMessageRate, postMessageRoundTrip } from "./pair.ts";
import { compiler, compileProgram, missingTool } from "./tools.ts";

const pageBytes = 4096;
const imagePages = 4096;
const imageBytes = imagePages * pageBytes;
/** As many as a message of the migration has, and as many of them under way. */
const messageBytes = 65536;
const messagesUnderWay = 32;
const drivers = ["worker", "inline"] as const;
type DriverName = (typeof drivers)[number];

const moves = 12;
const runs = 3;
const faultPages = 2048;
const readAheads = [0, 1, 3, 7, 15] as const;

export const memoryBench: Bench = {
  name: "memory",
  doc: "MB/s of a move of 16 MiB, and faults a second that a remote pager serves",
  async run() {
    const missing = missingTool(compiler);
    if (missing !== undefined) return [{ name: "pages of a move", reason: `needs ${missing}` }];
    return [...(await measureMoves()), ...(await measureFaults())];
  },
};

async function measureMoves(): Promise<readonly Figure[]> {
  const copied = ratePerSecond(await copyThroughSharedMemory(imageBytes, moves));
  const posted = await medianOf(runs, postedMegabytes);
  const figures: Figure[] = [];
  for (const driver of drivers) {
    const ours = ratePerSecond(await medianMoveMs(driver));
    const common = { ours, unit: "MB/s" };
    const isAimed = driver === "worker";
    figures.push(
      {
        ...common,
        name: `pages of a move, eager-all (${driver})`,
        yardstick: copied,
        against: "copy through shared memory",
        aim: isAimed ? atLeast(0.5) : null,
      },
      {
        ...common,
        name: "the same",
        yardstick: posted,
        against: "postMessage, 64 KiB, depth 32",
        aim: isAimed ? atLeast(1) : null,
      },
    );
  }
  return figures;
}

const megabyte = 1_000_000;

function ratePerSecond(ms: number): number {
  return imageBytes / megabyte / (ms / 1000);
}

async function postedMegabytes(): Promise<number> {
  const messages = (moves * imageBytes) / messageBytes;
  return (
    ((await postMessageRate(messages, messageBytes, messagesUnderWay)) * messageBytes) / megabyte
  );
}

/** Milliseconds of one move of the image from h1 to h2, or back. */
async function medianMoveMs(driver: DriverName): Promise<number> {
  const cluster = await bootWithSpread(driver);
  const task = await startSpread(cluster, imagePages, "100000");
  const move = (): Promise<number> =>
    millisecondsOf(() => moveOn(cluster, task, { strategy: "eager-all" }));
  for (let warm = 0; warm < moves / 2; warm++) await move();
  const ms = await medianOf(moves, move);
  await cluster.close();
  return ms;
}

async function measureFaults(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const readAhead of readAheads) {
    const answerBytes = (readAhead + 1) * pageBytes;
    const bareMs = await postMessageRoundTrip(2000, 64, answerBytes);
    for (const driver of drivers) {
      const ms = await medianOf(runs, () => faultsMs(driver, readAhead));
      figures.push({
        name: `faults that a remote pager serves, read-ahead ${readAhead} (${driver})`,
        ours: faultPages / (readAhead + 1) / ms,
        yardstick: 1 / bareMs,
        unit: "k/s",
        against: "postMessage round trip, as many bytes",
        aim: null,
      });
    }
  }
  return figures;
}

/** Milliseconds that a program takes to touch all its pages, which its source has still. */
async function faultsMs(driver: DriverName, readAhead: number): Promise<number> {
  const cluster = await bootWithSpread(driver);
  for (let warm = 0; warm < 2; warm++) await touchAfterMove(cluster, readAhead);
  const ms = await touchAfterMove(cluster, readAhead);
  await cluster.close();
  return ms;
}

async function touchAfterMove(cluster: Cluster, readAhead: number): Promise<number> {
  const task = await startSpread(cluster, faultPages, "1");
  await moveOn(cluster, task, { strategy: "copy-on-reference", readAhead });
  const ms = await millisecondsOf(() => cluster.runUntil({ exited: task }));
  if (task.exit?.status !== 0) throw new Error(`spread failed: ${task.errors}`);
  return ms;
}

function bootWithSpread(driver: DriverName): Promise<Cluster> {
  const mounts = { spread: compileProgram("spread") };
  return Cluster.boot({ hosts: 2, driver, mounts, trace: "control" });
}

async function startSpread(cluster: Cluster, pages: number, seconds: string): Promise<Task> {
  const task = await cluster.spawn("h1", ["/mnt/spread", String(pages), seconds]);
  const outcome = await cluster.runUntil({ output: /ready/, of: task });
  if (outcome !== "met") throw new Error(`spread did not start: ${task.errors}`);
  return task;
}

async function moveOn(
  cluster: Cluster,
  task: Task,
  options: { readonly strategy: string; readonly readAhead?: number },
): Promise<void> {
  const to = task.host === "h1" ? "h2" : "h1";
  const { outcome, reason } = await cluster.migrate(task, to, options);
  if (outcome !== "moved") throw new Error(`${options.strategy} was ${outcome}: ${reason}`);
}
