// The cluster's time. It stands still between calls; during one it passes until a limit, a
// condition, the end of all activity, or a call to stop.
//
// Events are settled up to the time at which the next command may enter and no further: an action
// that began before it may have ended later, and a command's events belong in front of its last.

import type { Condition, RunLimits, RunOutcome } from "./api.ts";
import { stopsFor } from "./conditions.ts";
import { UsageError } from "./config.ts";
import type { Driver, GoLimits, Park } from "./driver.ts";
import type { Recorder } from "./recorder.ts";

const forever = Number.POSITIVE_INFINITY;
/** A disturbed run is stopped after this much real time at the latest. */
const disturbedMsMax = 6;

export class Timeline {
  readonly #recorder: Recorder;
  readonly #skewMaxNs: number;
  #driver: Driver | null = null;
  #now = 0;
  #stopAsked = false;
  readonly #disturb: (() => void) | null;

  /** `disturb`: what happens at random stops; null: there are none. */
  constructor(recorder: Recorder, skewMaxNs: number, disturb: (() => void) | null) {
    this.#recorder = recorder;
    this.#skewMaxNs = skewMaxNs;
    this.#disturb = disturb;
  }

  /** The driver is there before time passes for the first time. */
  start(driver: Driver): void {
    this.#driver = driver;
  }

  get driver(): Driver {
    if (!this.#driver) throw new UsageError("the cluster is closed");
    return this.#driver;
  }

  get now(): number {
    return this.#now;
  }

  /** False: somebody has stopped it on its way. */
  async advanceTo(time: number): Promise<boolean> {
    if (time < this.#now) throw new UsageError(`time does not go back: it is ${this.#now} ns`);
    this.#stopAsked = false;
    const park = await this.#go({ until: time, ignoreQuiet: true, stopOnEvents: "none" });
    if (park === "stopped") return false;
    this.#now = time;
    return true;
  }

  /** Runs until `met` has the time of an event. Time then stands skewMax after that event. */
  async runUntil(
    condition: Condition,
    met: () => number | undefined,
    limits: RunLimits,
  ): Promise<RunOutcome> {
    this.#stopAsked = false;
    const until = limits.withinNs === undefined ? forever : this.#now + limits.withinNs;
    if (met() !== undefined) return "met";
    const stops = stopsFor(condition);
    for (;;) {
      // An event at the very time at which the last run stood still has not been looked at.
      const unseen = this.#recorder.firstPending(stops.stopOnEvent);
      const park = await this.#go({
        until: Math.min(until, unseen + this.#skewMaxNs),
        ignoreQuiet: false,
        ...stops,
      });
      const at = met();
      if (at !== undefined) {
        await this.#reach(at + this.#skewMaxNs, until);
        return "met";
      }
      if (park === "stopped" || this.#stopAsked) return "stopped";
      if (park === "quiescent") return "deadlock";
      const { floor } = this.driver.times();
      if (until !== forever && floor >= until) {
        this.#now = until;
        return "time";
      }
    }
  }

  /**
   * Runs until at least one more event is in the trace, and little further: first to the next
   * action of any host, then on in strides that double up to skewMax. False: nothing will ever
   * happen by itself.
   */
  async step(): Promise<boolean> {
    const from = this.#recorder.lineCount;
    for (let stride = 1; ; stride = Math.min(2 * stride, this.#skewMaxNs)) {
      const soonest = Math.min(this.driver.times().floor, this.#recorder.pendingFrom);
      const next = Math.max(this.#now, soonest);
      if (!Number.isFinite(next)) return false;
      this.#stopAsked = false;
      const limits = { until: next + stride, ignoreQuiet: false, stopOnEvents: "none" } as const;
      const park = await this.#go(limits);
      if (park === "limit") this.#now = limits.until;
      if (this.#recorder.lineCount > from) return true;
      if (park === "quiescent") return false;
      if (park === "stopped" || this.#stopAsked) return true;
    }
  }

  /** Runs on to the time at which the next command may enter. */
  async #reach(time: number, until: number): Promise<void> {
    const stop = Math.max(this.#now, Math.min(time, until));
    await this.#go({ until: stop, ignoreQuiet: true, stopOnEvents: "none" });
    this.#now = stop;
  }

  /** Is as far at the end as if nothing had disturbed it. */
  async #go(limits: GoLimits): Promise<Park> {
    let { until } = limits;
    for (;;) {
      const park = await this.#goOnce({ ...limits, until });
      if (park !== "disturbed") return park;
      // An event may have brought the end nearer: it is not told again.
      until = this.driver.times().until;
    }
  }

  async #goOnce(limits: GoLimits): Promise<Park | "disturbed"> {
    const { driver } = this;
    const timer = this.#disturb && setTimeout(() => driver.stop(), disturbedMsMax * Math.random());
    const park = await driver.go(limits);
    if (timer) clearTimeout(timer);
    const { floor, clockMax, quietAt, until } = driver.times();
    // An action may end beyond the limit, and be as far when nobody had stopped it.
    const stoppedAt = Math.max(this.#now, Math.min(clockMax + 1, limits.until));
    const settled = { limit: until, quiescent: limits.ignoreQuiet ? until : quietAt };
    const to = park === "stopped" ? stoppedAt : Math.max(this.#now, settled[park]);
    this.#recorder.settle(Math.min(floor, to));
    if (park === "stopped" && this.#disturb && !this.#stopAsked) {
      this.#disturb();
      return "disturbed";
    }
    if (park === "stopped") this.#now = stoppedAt;
    if (park === "quiescent") this.#now = Math.max(this.#now, quietAt);
    return park;
  }

  /** Makes a run that is under way stand still soon. */
  stop(): void {
    this.#stopAsked = true;
    this.#driver?.stop();
  }

  async close(): Promise<void> {
    const driver = this.#driver;
    this.#driver = null;
    await driver?.close();
  }
}
