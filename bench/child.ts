// A fresh process for what can be measured only there: start, memory, and a whole run.
//
//   child.js hosts N        boots N hosts and fs, and prints {ms, bytes} for each worker
//   child.js bare N         the same for N + 1 workers that instantiate a small module
//   child.js run ELF ARG    runs a program as a user would, and prints {instructions, ms, output}
//   child.js allocated S    moves a task that sleeps by strategy S, and prints {bytes, wireBytes} a move;
//                           Node has to be told not to collect garbage meanwhile: `quietNode`
//   child.js giant S MIB N  moves a task with an image of that many MiB by strategy S, which writes a
//                           64th of it N times, and prints {peakBytes, heldBytes, output}

import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { Cluster } from "../cluster/index.ts";
import { smallModule } from "./bare-worker.ts";

const [verb = "", first = "", ...rest] = process.argv.slice(2);

interface Cost {
  readonly ms: number;
  readonly bytes: number;
}

/** What a start costs each of `count` workers. `start` answers when all of them are up. */
async function costOfStart(
  count: number,
  start: () => Promise<() => Promise<void>>,
): Promise<Cost> {
  const bytesBefore = process.memoryUsage().rss;
  const timeBefore = performance.now();
  const stop = await start();
  const ms = (performance.now() - timeBefore) / count;
  const bytes = (process.memoryUsage().rss - bytesBefore) / count;
  await stop();
  return { ms, bytes };
}

async function startHosts(hosts: number): Promise<() => Promise<void>> {
  const cluster = await Cluster.boot({ hosts, trace: "control" });
  return () => cluster.close();
}

async function startBare(count: number): Promise<() => Promise<void>> {
  const module = new WebAssembly.Module(smallModule);
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL("./bare-worker.js", import.meta.url), { workerData: { module } }),
  );
  await Promise.all(
    workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))),
  );
  return async () => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
}

async function run(elf: string, args: readonly string[]): Promise<unknown> {
  const cluster = await Cluster.boot({ mounts: { program: elf }, trace: "control" });
  const start = performance.now();
  const task = await cluster.spawn("h1", ["/mnt/program", ...args]);
  await cluster.runUntil({ exited: task });
  const ms = performance.now() - start;
  const instructions = cluster.views().reduce((sum, view) => sum + view.instructions, 0);
  const { output } = task;
  await cluster.close();
  return { instructions, ms, output };
}

const movesCounted = 40;

/** What moves of a sleeping task allocate on all hosts, and what they put on cables. */
async function allocated(strategy: string): Promise<unknown> {
  const cluster = await Cluster.boot({ hosts: 3, driver: "inline", trace: "control" });
  const task = await cluster.spawn("h1", ["count", "1000000", "1s"]);
  await cluster.advance(100_000_000);
  const moveAll = async (moves: number): Promise<void> => {
    for (let move = 0; move < moves; move++) {
      const to = `h${(Number(task.host.slice(1)) % 3) + 1}`;
      const { outcome } = await cluster.migrate(task, to, { strategy });
      if (outcome !== "moved") throw new Error(`a move was ${outcome}`);
    }
  };
  await moveAll(3 * movesCounted); // warms up
  globalThis.gc?.();
  const before = [bytesInUse(), wireBytes(cluster)] as const;
  await moveAll(movesCounted);
  const bytes = (bytesInUse() - before[0]) / movesCounted;
  const onWire = (wireBytes(cluster) - before[1]) / movesCounted;
  await cluster.close();
  return { bytes, wireBytes: onWire };
}

/**
 * What the process needed at its worst moment beyond hosts that have nothing, and what one copy of
 * each page on each host that ever had it comes to: source and target, and `fs` with the file.
 */
async function giant(strategy: string, mebibytes: number, rounds: string): Promise<unknown> {
  const cluster = await Cluster.boot({ hosts: 2, memoryBytes: 2 ** 31, trace: "control" });
  const emptyBytes = process.memoryUsage().rss;
  const sizes = [mebibytes, mebibytes / 16, mebibytes / 64].map((size) => `${size * 1024}KiB`);
  const task = await cluster.spawn("h1", ["toucher", ...sizes, rounds]);
  const ready = await cluster.runUntil({ output: /^ready$/m, of: task });
  if (ready !== "met") throw new Error(`toucher did not get ready: ${task.errors}`);
  const atSource = framesOf(cluster, "h1");
  const { outcome, reason } = await cluster.migrate(task, "h2", { strategy });
  if (outcome !== "moved") throw new Error(`${strategy}: ${outcome}: ${reason}`);
  let atTarget = 0;
  while (!task.exit) {
    atTarget = Math.max(atTarget, framesOf(cluster, "h2"));
    await cluster.advance(10_000_000);
  }
  if (task.exit.status !== 0) throw new Error(`toucher failed: ${task.errors}`);
  const { output } = task;
  await cluster.close();
  const heldBytes = (atSource + atTarget) * 4096 + mebibytes * 2 ** 20;
  return { peakBytes: peakBytes() - emptyBytes, heldBytes, output };
}

function framesOf(cluster: Cluster, name: string): number {
  return cluster.views().find(({ host }) => host === name)?.framesUsed ?? 0;
}

/** The most memory that the process ever had, as Linux counts it. */
function peakBytes(): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(found?.[1]) * 1024;
}

function bytesInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function wireBytes(cluster: Cluster): number {
  const cables = cluster.views().flatMap((view) => view.cables);
  return cables.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function main(): Promise<unknown> {
  const count = Number(first) + 1;
  if (verb === "hosts") return costOfStart(count, () => startHosts(count - 1));
  if (verb === "allocated") return allocated(first);
  if (verb === "giant") return giant(first, Number(rest[0]), rest[1] ?? "16");
  if (verb === "bare") return costOfStart(count, () => startBare(count));
  return run(first, rest);
}

console.log(JSON.stringify(await main()));
