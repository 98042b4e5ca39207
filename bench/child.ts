// A fresh process for what can be measured only there: start, memory, and a whole run.
//
//   child.js hosts N        boots N hosts and fs, and prints {ms, bytes} for each worker
//   child.js bare N         the same for N + 1 workers that instantiate a small module
//   child.js run ELF ARG    runs a program as a user would, and prints {instructions, ms, output}

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

async function main(): Promise<unknown> {
  const count = Number(first) + 1;
  if (verb === "hosts") return costOfStart(count, () => startHosts(count - 1));
  if (verb === "bare") return costOfStart(count, () => startBare(count));
  return run(first, rest);
}

console.log(JSON.stringify(await main()));
