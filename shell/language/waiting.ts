// How a session waits: the only place in which virtual time passes for a line.
//
//   wait ──▶ cluster runs ──▶ met, time, limit, deadlock ──▶ back to the line
//               │    ▲
//               ▼    │ interrupt, typed bytes, signals: the cluster stands still, is told, goes on
//
// A pacer says how far time may go at once, so that a line at a terminal keeps the terminal's pace.

import type { Cluster, Condition } from "../../cluster/index.ts";

/** Why a wait ended. */
export type Waited = "met" | "time" | "deadlock" | "interrupted" | "limit";

export interface Pacer {
  /** The virtual time up to which a line that waits may run now; asked again and again. */
  grant(now: number): Promise<number>;
}

/** What the waiting asks of its session. */
export interface WaitingFor {
  readonly cluster: Cluster;
  readonly maxTimeNs: number | null;
  /** Nothing happens by itself, but somebody sits at the terminal. */
  readonly listens: boolean;
}

export class Waiting {
  readonly #session: WaitingFor;
  readonly #pacer: Pacer | null;
  /** What the cluster is told when it stands still. */
  #told: ((cluster: Cluster) => void)[] = [];
  #interrupted = false;
  #attention: (() => void) | null = null;

  constructor(session: WaitingFor, pacer: Pacer | null) {
    this.#session = session;
    this.#pacer = pacer;
  }

  /** Lets virtual time pass until the condition holds, and no further than `--max-time`. */
  async wait(condition: Condition, withinNs?: number, paced = true): Promise<Waited> {
    const { cluster } = this.#session;
    const endNs = withinNs === undefined ? Infinity : cluster.now + withinNs;
    for (;;) {
      if (this.takeInterrupt()) return "interrupted";
      const limitNs = Math.min(endNs, this.#session.maxTimeNs ?? Infinity);
      const grantedNs = await this.#granted(paced);
      if (this.#interrupted) continue;
      this.tellCluster();
      const untilNs = Math.min(limitNs, grantedNs);
      const limits =
        untilNs === Infinity ? {} : { withinNs: Math.max(0, untilNs - this.#session.cluster.now) };
      const outcome = await cluster.runUntil(condition, limits);
      if (outcome === "met") return "met";
      if (outcome === "time" && untilNs >= limitNs) return limitNs === endNs ? "time" : "limit";
      if (outcome === "deadlock") {
        if (!this.#session.listens) return "deadlock";
        await this.#nextAttention();
      }
    }
  }

  /** Lets virtual time pass up to a time, as fast as it can. */
  async advanceTo(time: number): Promise<Waited> {
    const { cluster, maxTimeNs } = this.#session;
    const spent = maxTimeNs !== null && time > maxTimeNs;
    const until = spent ? Math.max(cluster.now, maxTimeNs) : time;
    do {
      this.tellCluster();
      await cluster.advanceTo(until);
      if (this.takeInterrupt()) return "interrupted";
    } while (cluster.now < until);
    return spent ? "limit" : "met";
  }

  /** Whatever waits returns. */
  interrupt(): void {
    this.noteInterrupt();
    this.attend();
  }

  /** What comes next does not begin. */
  noteInterrupt(): void {
    this.#interrupted = true;
  }

  /** Whether somebody has asked to interrupt; once. */
  takeInterrupt(): boolean {
    const was = this.#interrupted;
    this.#interrupted = false;
    return was;
  }

  /** Something that the cluster is told as soon as it stands still. */
  tell(what: (cluster: Cluster) => void): void {
    this.#told.push(what);
    this.attend();
  }

  /** Requires: the cluster stands still. */
  tellCluster(): void {
    const told = this.#told;
    this.#told = [];
    for (const what of told) what(this.#session.cluster);
  }

  async #granted(paced: boolean): Promise<number> {
    if (!paced || !this.#pacer) return Infinity;
    return this.#pacer.grant(this.#session.cluster.now);
  }

  /** Whatever waits looks up, and goes on if there is nothing for it. */
  attend(): void {
    this.#attention?.();
    this.#attention = null;
    this.#session.cluster.stop();
  }

  #nextAttention(): Promise<void> {
    if (this.#interrupted || this.#told.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#attention = resolve;
    });
  }
}
