// All hosts in this thread: the same hosts, the same windows, the same trace as with workers.
//
// The thread is given back to the event loop at least every 20 ms, so that Ctrl-C is heard.

import type { HostId } from "../ports/index.ts";
import { answerRequest, buildEngine, timingOf } from "./build.ts";
import type {
  ClusterConfig,
  Driver,
  DriverListener,
  DriverTimes,
  GoLimits,
  HostRequest,
  Park,
} from "./driver.ts";
import type { Engine } from "./engine.ts";
import { type Board, grant, limit, type Timing, untilOf } from "./horizon.ts";
import {
  type BoardMemory,
  createBoard,
  eventMayStopRun,
  outputMayStopRun,
  publish,
  setLimits,
} from "./board.ts";

const stretchMs = 20;

interface Wanted {
  readonly job: number;
  readonly count: number;
}

export function createInlineDriver(
  config: ClusterConfig,
  module: WebAssembly.Module,
  listener: DriverListener,
): Driver {
  return new InlineDriver(config, module, listener);
}

class InlineDriver implements Driver {
  readonly #engines: Engine[] = [];
  readonly #board: Board;
  readonly #timing: Timing;
  readonly #listener: DriverListener;
  #stopping = false;
  #wanted: Wanted | null = null;
  #given: Uint8Array | null = null;
  /** Not renewed by each run: a caller of many short ones is to be heard too. */
  #yieldedAt = performance.now();

  constructor(config: ClusterConfig, module: WebAssembly.Module, listener: DriverListener) {
    this.#listener = listener;
    this.#timing = timingOf(config);
    const count = config.hosts + 1;
    this.#board = createBoard(count, (bytes): BoardMemory => new ArrayBuffer(bytes));
    const skew = config.profile.skewMaxNs;
    for (let id = 0; id < count; id++) {
      const engine = buildEngine(
        {
          config,
          timing: this.#timing,
          module,
          streams: {
            output: (job, stream, bytes) => {
              const at = this.#clockOf(id);
              outputMayStopRun(this.#board, id, at, skew);
              this.#listener.console({ at, job, stream, bytes });
            },
            input: (job, count) => this.#input(job, count),
          },
          output: {
            trace: (record, event) => {
              eventMayStopRun(this.#board, record, event, skew);
              this.#listener.trace(record);
            },
            send: (to, arrive, number, bytes) => {
              this.#engineOf(to).receivePacket(id, arrive, number, bytes);
              this.#board.mail[to] = Math.min(this.#board.mail[to] as number, arrive);
            },
          },
        },
        id,
      );
      this.#engines.push(engine);
      publish(this.#board, id, engine);
    }
  }

  #engineOf(id: HostId): Engine {
    return this.#engines[id] as Engine;
  }

  #clockOf(id: HostId): number {
    return this.#engines[id]?.clock() ?? 0;
  }

  #input(job: number, count: number): Uint8Array | "wait" {
    const given = this.#given;
    this.#given = null;
    if (given) return given;
    this.#wanted = { job, count };
    return "wait";
  }

  async go(limits: GoLimits): Promise<Park> {
    setLimits(this.#board, limits);
    this.#stopping = false;
    for (;;) {
      const granted = grant(this.#board, this.#timing);
      if (this.#stopping) return "stopped";
      if ("park" in granted) return granted.park;
      for (const id of granted.wake) await this.#window(id);
    }
  }

  /** One host, up to its horizon. */
  async #window(id: HostId): Promise<void> {
    const engine = this.#engineOf(id);
    const horizon = { at: this.#board.horizon[id] as number };
    while (!this.#stopping) {
      const did = engine.room(horizon);
      if (did === "idle") break;
      if (did === "wait") await this.#fetchInput();
      if (performance.now() - this.#yieldedAt > stretchMs) await this.#yield();
    }
    publish(this.#board, id, engine);
  }

  /** Virtual time stands until the bytes are there. */
  async #fetchInput(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = null;
    if (!wanted) return;
    this.#given = await this.#listener.input(wanted.job, wanted.count);
    this.#yieldedAt = performance.now();
  }

  async #yield(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    this.#yieldedAt = performance.now();
  }

  stop(): void {
    this.#stopping = true;
  }

  request(host: HostId, requests: readonly HostRequest[]): readonly unknown[] {
    const engine = this.#engineOf(host);
    const answers = requests.map((request) => answerRequest(engine, host, request));
    publish(this.#board, host, engine);
    return answers;
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

  close(): Promise<void> {
    this.#stopping = true;
    return Promise.resolve();
  }
}
