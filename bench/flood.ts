// Runs of bench/programs/flood.c: one program sends messages to another, here and through a pipe.

import { spawnSync } from "node:child_process";
import { Cluster } from "../cluster/index.ts";
import { median, medianOf, millisecondsOf } from "./measure.ts";
import { compileProgram, qemu } from "./tools.ts";

export interface Flood {
  readonly messages: number;
  readonly bytes: number;
  /** Threads that send. */
  readonly threads: number;
  /** The hosts on which one program sends and the other receives. */
  readonly from: string;
  readonly to: string;
}

const runs = 3;
/** Of the run whose time is taken off: start and end of both programs. */
const few = 16;

/** Messages a second in real time. */
export async function floodRate(flood: Flood, driver: "inline" | "worker"): Promise<number> {
  const mounts = { flood: compileProgram("flood") };
  const cluster = await Cluster.boot({ hosts: 2, driver, mounts, trace: "control" });
  let run = 0;
  const timeOf = (messages: number): Promise<number> =>
    millisecondsOf(() => runFlood(cluster, { ...flood, messages }, `flood-${run++}`));
  await timeOf(flood.messages); // warms up
  const ms = await medianOf(runs, async () => {
    const short = await timeOf(few);
    return (await timeOf(flood.messages + few)) - short;
  });
  await cluster.close();
  return (flood.messages / ms) * 1000;
}

async function runFlood(cluster: Cluster, flood: Flood, name: string): Promise<void> {
  const { messages, bytes, threads, from, to } = flood;
  const what = [String(messages), String(bytes), name];
  const receiver = await cluster.spawn(to, ["/mnt/flood", "receive", ...what]);
  const sender = await cluster.spawn(from, ["/mnt/flood", "send", ...what, String(threads)]);
  await cluster.runUntil({ exited: receiver });
  await cluster.runUntil({ exited: sender });
  if (receiver.exit?.status !== 0 || sender.exit?.status !== 0) {
    throw new Error(`flood failed: ${receiver.errors}${sender.errors}`);
  }
}

/** Messages a second through a pipe under qemu-riscv64, each with one write and one read. */
export function pipeRate({ messages, bytes }: Flood): number {
  const elf = compileProgram("flood");
  const timeOf = (count: number): number => {
    const start = performance.now();
    spawnSync(qemu, [elf, "pipe", String(count), String(bytes)]);
    return performance.now() - start;
  };
  const times = Array.from({ length: runs }, () => timeOf(messages + few) - timeOf(few));
  return (messages / median(times)) * 1000;
}
