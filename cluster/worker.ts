// Each host in a worker thread. The main thread starts runs, hears the bell, and looks; it is
// never between two hosts.

import { Worker } from "node:worker_threads";
import { encodePlain, must } from "../ports/base/index.ts";
import type { HostId } from "../ports/index.ts";
import { boardOver, setLimits } from "./board.ts";
import { timingOf } from "./build.ts";
import type {
  ClusterConfig,
  Driver,
  DriverListener,
  DriverTimes,
  GoLimits,
  HostRequest,
  Park,
} from "./driver.ts";
import { type Board, limit, type Timing, untilOf } from "./horizon.ts";
import {
  allocateShared,
  answerWord,
  type Mailbox,
  openGate,
  openShared,
  parkCode,
  type Shared,
  word,
} from "./shared.ts";
import { grantTo } from "./worker-grant.ts";
import type { WorkerStart } from "./worker-main.ts";
import { decodeAnswer, decodeOut } from "./worker-records.ts";

export async function createWorkerDriver(
  config: ClusterConfig,
  module: WebAssembly.Module,
  listener: DriverListener,
): Promise<Driver> {
  const driver = new WorkerDriver(config, module, listener);
  await driver.booted();
  return driver;
}

/** `worker-main.ts` with all that it imports in one file, made by the build: it starts sooner. */
const hostProgram = new URL("./worker-host.js", import.meta.url);

const parkNames: Readonly<Record<number, Park>> = {
  [parkCode.limit]: "limit",
  [parkCode.quiescent]: "quiescent",
  [parkCode.stopped]: "stopped",
};

class WorkerDriver implements Driver {
  readonly #shared: Shared;
  readonly #board: Board;
  readonly #timing: Timing;
  readonly #listener: DriverListener;
  readonly #workers: Worker[] = [];
  readonly #answers: Uint8Array[][];
  #failure: Error | null = null;
  #closed = false;

  constructor(config: ClusterConfig, module: WebAssembly.Module, listener: DriverListener) {
    this.#listener = listener;
    this.#timing = timingOf(config);
    const count = config.hosts + 1;
    const buffers = allocateShared(count);
    this.#shared = openShared(buffers);
    this.#board = boardOver(buffers.board, count);
    this.#board.mail.fill(Number.POSITIVE_INFINITY);
    this.#board.stopAt.fill(Number.POSITIVE_INFINITY);
    this.#answers = Array.from({ length: count }, () => []);
    Atomics.store(this.#shared.words, word.awake, count);
    for (let id = 0; id < count; id++) {
      const start: WorkerStart = { id, config, module, buffers };
      const worker = new Worker(hostProgram, { workerData: start });
      worker.on("error", (error) => this.#fail(error));
      this.#workers.push(worker);
    }
  }

  booted(): Promise<Park> {
    return this.#untilParked();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    const { words } = this.#shared;
    Atomics.store(words, word.park, parkCode.failed);
    Atomics.add(words, word.bell, 1);
    Atomics.notify(words, word.bell);
  }

  go(limits: GoLimits): Promise<Park> {
    const { words } = this.#shared;
    setLimits(this.#board, limits);
    Atomics.store(words, word.stop, 0);
    Atomics.store(words, word.park, parkCode.running);
    if (!this.#failure) grantTo(this.#shared, this.#board, this.#timing);
    return this.#untilParked();
  }

  stop(): void {
    Atomics.store(this.#shared.words, word.stop, 1);
  }

  async #untilParked(): Promise<Park> {
    const { words } = this.#shared;
    for (;;) {
      const bell = Atomics.load(words, word.bell);
      const code = Atomics.load(words, word.park);
      this.#drainAll();
      if (this.#failure) throw this.#failure;
      if (code !== parkCode.running) return must(parkNames[code], "a way to park");
      const waiting = Atomics.waitAsync(words, word.bell, bell, 1000);
      if (waiting.async) await waiting.value;
    }
  }

  #drainAll(): void {
    for (let id = 0; id < this.#shared.count; id++) this.#drain(id);
  }

  #drain(id: HostId): void {
    for (const bytes of (this.#shared.outboxes[id] as Mailbox).drain()) {
      const record = decodeOut(bytes, id);
      switch (record.is) {
        case "trace":
          this.#listener.trace(record.record);
          break;
        case "console":
          this.#listener.console(record);
          break;
        case "input":
          void this.#fetchInput(id, record.job, record.count);
          break;
        case "answer":
          (this.#answers[id] as Uint8Array[]).push(
            new Uint8Array([record.last ? 1 : 0]),
            record.bytes.slice(),
          );
          break;
        case "failure":
          this.#failure ??= new Error(record.message);
          break;
      }
    }
  }

  async #fetchInput(id: HostId, job: number, count: number): Promise<void> {
    const bytes = await this.#listener.input(job, count);
    if (this.#closed) return;
    const { words } = this.#shared;
    (this.#shared.requests[id] as Mailbox).put(bytes);
    Atomics.add(words, answerWord(this.#shared, id), 1);
    Atomics.notify(words, answerWord(this.#shared, id));
  }

  /**
   * Asks a host that stands still. The answer takes some tens of microseconds: this thread looks
   * for it without sleeping, so that observation needs no promise.
   */
  request(host: HostId, requests: readonly HostRequest[]): readonly unknown[] {
    (this.#shared.requests[host] as Mailbox).put(encodePlain(requests));
    openGate(this.#shared, host);
    const parts = this.#answers[host] as Uint8Array[];
    for (;;) {
      this.#drain(host);
      if (this.#failure) throw this.#failure;
      // Parts come in pairs: whether it is the last one, and its bytes.
      if (parts.length > 0 && parts[parts.length - 2]?.[0] === 1) break;
    }
    const bytes = parts.splice(0).filter((_, index) => index % 2 === 1);
    return decodeAnswer(bytes) as readonly unknown[];
  }

  times(): DriverTimes {
    const { clock, limits } = this.#board;
    return {
      clockMax: Math.max(...clock),
      quietAt: limits[limit.quietAt] as number,
      floor: limits[limit.floor] as number,
      until: untilOf(this.#board),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
