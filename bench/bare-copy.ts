// The least that bytes can cost on their way from one thread's memory to another's: a copy into
// shared memory and a copy out of it, one thread each, at the same time.
//
//   memory of one ──copy──▶ ring of places ──copy──▶ memory of the other
//
// Two counters say how many places were filled and emptied; who is ahead of the other sleeps.

import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

interface CopyTask {
  readonly ring: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly bytes: number;
  /** How many times all bytes go over. */
  readonly rounds: number;
  readonly fills: boolean;
}

const placeBytes = 65536;
const places = 16;
const counter = { filled: 0, emptied: 1 } as const;
/** Looks before a sleep: about what a sleep and a wake-up cost. */
const looks = 20_000;

/** Milliseconds for `bytes`, a whole number of places, from one thread to another. */
export async function copyThroughSharedMemory(bytes: number, rounds: number): Promise<number> {
  const ring = new SharedArrayBuffer(places * placeBytes);
  const counters = new SharedArrayBuffer(8);
  const url = new URL("./bare-copy.js", import.meta.url);
  const workers = [true, false].map((fills) => {
    const given: CopyTask = { ring, counters, bytes, rounds, fills };
    return new Worker(url, { workerData: given });
  });
  const times = await Promise.all(
    workers.map(
      (worker) =>
        new Promise<number>((resolve, reject) => {
          worker.once("message", resolve);
          worker.once("error", reject);
        }),
    ),
  );
  await Promise.all(workers.map((worker) => worker.terminate()));
  return Math.max(...times) / rounds;
}

function waitUntilPast(words: Int32Array, at: number, count: number): void {
  for (let left = looks; left > 0; left--) if (Atomics.load(words, at) > count) return;
  for (let seen = Atomics.load(words, at); seen <= count; seen = Atomics.load(words, at)) {
    Atomics.wait(words, at, seen);
  }
}

/** Copies all bytes once for a start; the time of the rounds after that counts. */
function carry({ ring, counters, bytes, rounds, fills }: CopyTask): number {
  const words = new Int32Array(counters);
  const memory = new Uint8Array(bytes).fill(1);
  const shared = new Uint8Array(ring);
  const perRound = bytes / placeBytes;
  let start = performance.now();
  for (let place = 0; place < (rounds + 1) * perRound; place++) {
    if (place === perRound) start = performance.now();
    const from = (place % places) * placeBytes;
    const part = memory.subarray((place % perRound) * placeBytes).subarray(0, placeBytes);
    if (fills) {
      waitUntilPast(words, counter.emptied, place - places);
      shared.set(part, from);
    } else {
      waitUntilPast(words, counter.filled, place);
      part.set(shared.subarray(from, from + placeBytes));
    }
    const done = fills ? counter.filled : counter.emptied;
    Atomics.add(words, done, 1);
    Atomics.notify(words, done);
  }
  return performance.now() - start;
}

if (!isMainThread) parentPort?.postMessage(carry(workerData as CopyTask));
