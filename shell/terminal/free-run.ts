// Time that passes by itself while somebody sits at the prompt.
//
//   still ──start──▶ running ──quiescent──▶ still, until the next start
//                       └────stop──▶ still; what comes next enters at the time that it is then
//
// With the pace `step` it does not pass. Nothing here keeps the thread busy: the hosts run in
// slices, and where nothing can happen by itself nobody looks again.

import type { Cluster } from "../../cluster/index.ts";
import type { Pace } from "../pace.ts";

export interface Runs {
  readonly cluster: Cluster;
  readonly settings: { readonly maxTimeNs: number | null };
  readonly pace: Pace;
}

export class FreeRun {
  readonly #session: Runs;
  readonly #grant: (now: number) => Promise<number>;
  /** Called when a slice of time has passed. */
  readonly #onPassed: () => void;
  #running: Promise<void> | null = null;
  #stopping = false;

  constructor(session: Runs, grant: (now: number) => Promise<number>, onPassed: () => void) {
    this.#session = session;
    this.#grant = grant;
    this.#onPassed = onPassed;
  }

  /** Requires: the cluster stands still. */
  start(): void {
    // As long as nobody has asked for anything nothing can happen, and the hosts can still be chosen.
    const untouched = this.#session.cluster.log.length === 0;
    if (this.#running || untouched || this.#session.pace === "step") return;
    this.#stopping = false;
    this.#running = this.#run();
  }

  /** Returns when the cluster stands still. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#stopping = true;
    this.#session.cluster.stop();
    await running;
    this.#running = null;
  }

  async #run(): Promise<void> {
    const { cluster } = this.#session;
    const lastNs = this.#session.settings.maxTimeNs ?? Number.MAX_SAFE_INTEGER;
    while (!this.#stopping && cluster.now < lastNs) {
      const untilNs = Math.min(await this.#grant(cluster.now), lastNs);
      if (this.#stopping) return;
      const outcome = await cluster.runUntil({ never: true }, limitsOf(untilNs - cluster.now));
      this.#onPassed();
      if (outcome === "deadlock") return;
    }
  }
}

/** What would end beyond all numbers has no end. */
function limitsOf(withinNs: number): { readonly withinNs?: number } {
  return withinNs > Number.MAX_SAFE_INTEGER / 2 ? {} : { withinNs };
}
