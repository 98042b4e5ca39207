// The yardstick of everything that crosses threads: a bare postMessage between two workers.

import { MessageChannel, Worker } from "node:worker_threads";
import { type PairTask, smallModule } from "./bare-worker.ts";

/** Milliseconds of one round trip, with `bytes` of payload and as many in the answer, or `answerBytes`. */
export async function postMessageRoundTrip(
  rounds: number,
  bytes: number,
  answerBytes: number = bytes,
): Promise<number> {
  return (await runPair({ rounds, bytes, depth: 1, answerBytes })) / rounds;
}

/** Messages a second one way, `depth` of them at most not acknowledged. */
export async function postMessageRate(
  messages: number,
  bytes: number,
  depth: number,
): Promise<number> {
  return (messages / (await runPair({ rounds: messages, bytes, depth, answerBytes: null }))) * 1000;
}

/** Milliseconds of all rounds. */
async function runPair(what: Omit<PairTask, "port" | "begins">): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  const [asking, answering] = [await startWorker(), await startWorker()];
  const task = (port: PairTask["port"], begins: boolean): PairTask => ({ ...what, port, begins });
  const finished = new Promise<number>((resolve) => asking.once("message", resolve));
  answering.postMessage(task(port2, false), [port2]);
  asking.postMessage(task(port1, true), [port1]);
  const total = await finished;
  await Promise.all([asking.terminate(), answering.terminate()]);
  return total;
}

async function startWorker(): Promise<Worker> {
  const module = new WebAssembly.Module(smallModule);
  const url = new URL("./bare-worker.js", import.meta.url);
  const worker = new Worker(url, { workerData: { module } });
  await new Promise((resolve) => worker.once("message", resolve));
  return worker;
}
