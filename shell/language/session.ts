// A session: one cluster, its jobs, and the waiting in which virtual time passes.
//
//   line ──▶ prepare ──▶ run ──▶ wait ──▶ outcome
//                                 │ ▲
//                       interrupt, typed bytes: the cluster stands still, is told, and goes on
//
// Between lines time stands still. A line that does not wait passes none.

import type { Cluster, Condition, InputSource, SpawnOptions, Task } from "../../cluster/index.ts";
import { signals } from "../../kernel/index.ts";
import type { Settings } from "../options.ts";
import { formatDuration, type JobName } from "../units.ts";
import { describeExit, waitersOf } from "../view-exit.ts";
import { type Job, Jobs } from "./jobs.ts";
import { failed, type Failure, type Outcome, status } from "./outcome.ts";
import { PortNames } from "./port-names.ts";

export interface SessionOptions {
  readonly cluster: Cluster;
  /** What holds where a line says nothing else: hosts, environment, `--max-time`. */
  readonly settings: Settings;
  /** A line of what verbs print: standard output. */
  readonly print: (line: string) => void;
  /** A line of talk: standard error. */
  readonly talk: (line: string) => void;
  /** At a terminal: foreground programs read from it, and Ctrl-C goes to them. */
  readonly interactive?: boolean;
}

/** Why a wait ended. */
export type Waited = "met" | "time" | "deadlock" | "interrupted" | "limit";

export type HostState = "up" | "down" | "paused";

interface Typed {
  readonly task: Task;
  readonly bytes: Uint8Array;
  readonly end: boolean;
}

export class Session {
  readonly cluster: Cluster;
  readonly settings: Settings;
  readonly jobs: Jobs = new Jobs();
  /** Ports and rights by their names. */
  readonly names: PortNames;
  readonly print: (line: string) => void;
  readonly talk: (line: string) => void;
  readonly interactive: boolean;
  /** The status with which the last line ended. */
  lastStatus = 0;
  /** What hosts are once the commands given so far have taken effect. */
  readonly #hostStates = new Map<string, HostState>();
  readonly #told = new Set<Job>();
  #typed: Typed[] = [];
  #foreground: Job | null = null;
  #interrupted = false;
  #attention: (() => void) | null = null;

  constructor(options: SessionOptions) {
    this.cluster = options.cluster;
    this.settings = options.settings;
    this.names = new PortNames(options.cluster);
    this.print = options.print;
    this.talk = options.talk;
    this.interactive = options.interactive ?? false;
  }

  get foreground(): Job | null {
    return this.#foreground;
  }

  /** A task that somebody else has started becomes a job of this session. */
  adopt(task: Task, command: string): Job {
    return this.jobs.add(task, command);
  }

  async start(
    host: string,
    argv: readonly string[],
    options: SpawnOptions,
  ): Promise<Job | Failure> {
    const state = this.hostState(host);
    if (state === "down") return failed(`${argv[0] ?? ""} to start on ${host}`, `${host} is down`);
    return this.adopt(await this.cluster.spawn(host, argv, options), argv.join(" "));
  }

  /** The job of that name, or the failure that says that there is none. */
  job(name: JobName | undefined): Job | Failure {
    const job = name === undefined ? this.jobs.last : this.jobs.find(name);
    if (job) return job;
    if (name === undefined) return failed("a job", "none has been started");
    return failed("a job", `no such job: ${"job" in name ? `%${name.job}` : name.pid}`);
  }

  hostState(host: string): HostState {
    return this.#hostStates.get(host) ?? "up";
  }

  setHostState(host: string, state: HostState): void {
    this.#hostStates.set(host, state);
  }

  /** Waits until the job has ended, as the line that has it in the foreground. */
  async waitInForeground(job: Job): Promise<Outcome> {
    this.#foreground = job;
    let interrupts = 0;
    try {
      for (;;) {
        const waited = await this.wait({ exited: job.task });
        if (waited === "met") return this.ended(job);
        const again = waited === "interrupted" && this.interactive && ++interrupts === 1;
        if (!again) return this.unmet(`${job.command} to end`, waited);
        this.cluster.kill(job.task, signals.SIGINT);
      }
    } finally {
      this.#foreground = null;
    }
  }

  /** The outcome of a line that has waited for the job's end. Its number is free again. */
  ended(job: Job): Outcome {
    this.jobs.free(job);
    this.tell(job);
    const exit = job.task.exit;
    if (exit?.cause !== "not-run") return { at: "done", status: exit?.status ?? 0 };
    return failed(`a program that can be run`, describeExit(job.task) ?? "", status.usage);
  }

  /** Says once how a job ended, if it did not end by itself. */
  tell(job: Job): void {
    const text = describeExit(job.task);
    if (text === null || job.task.exit?.cause === "not-run" || this.#told.has(job)) return;
    this.#told.add(job);
    this.talk(`sojourn: ${text}`);
  }

  /** Lets virtual time pass until the condition holds, and no further than `--max-time`. */
  async wait(condition: Condition, withinNs?: number): Promise<Waited> {
    const endNs = withinNs === undefined ? null : this.cluster.now + withinNs;
    for (;;) {
      if (this.#takeInterrupt()) return "interrupted";
      this.#type();
      const limitNs = this.#leastLimit(endNs);
      const limits = limitNs === null ? {} : { withinNs: Math.max(0, limitNs - this.cluster.now) };
      const outcome = await this.cluster.runUntil(condition, limits);
      if (outcome === "met") return "met";
      if (outcome === "time") return limitNs === endNs ? "time" : "limit";
      if (outcome === "deadlock") {
        if (!this.#listens()) return "deadlock";
        await this.#nextAttention();
      }
    }
  }

  /** Lets virtual time pass up to a time. */
  async advanceTo(time: number): Promise<Waited> {
    const { maxTimeNs } = this.settings;
    if (maxTimeNs !== null && time > maxTimeNs) {
      await this.cluster.advanceTo(Math.max(this.cluster.now, maxTimeNs));
      return this.#takeInterrupt() ? "interrupted" : "limit";
    }
    await this.cluster.advanceTo(time);
    return this.#takeInterrupt() ? "interrupted" : "met";
  }

  /** What a line says that waited in vain. */
  unmet(expected: string, waited: Waited): Failure {
    switch (waited) {
      case "met":
      case "time":
        return failed(expected, `it was not so by ${formatDuration(this.cluster.now)} virtual`);
      case "limit":
        return failed(expected, "--max-time is spent", status.limit);
      case "interrupted":
        return failed(expected, "interrupted", status.interrupted);
      case "deadlock":
        return failed(expected, `deadlock: ${waitersOf(this.cluster, this.jobs)}`, status.deadlock);
    }
  }

  /** Ctrl-C: whatever waits returns, or passes it on to the program in the foreground. */
  interrupt(): void {
    this.#interrupted = true;
    this.#attend();
  }

  /** Bytes typed at the terminal, for the program in the foreground. */
  type(bytes: Uint8Array, end: boolean): void {
    if (!this.#foreground) return;
    this.#typed.push({ task: this.#foreground.task, bytes, end });
    this.#attend();
  }

  /** Standard input of programs: the terminal if there is one, else empty. */
  get input(): InputSource | undefined {
    if (!this.interactive) return undefined;
    return { kind: "terminal", read: () => Promise.resolve(new Uint8Array(0)) };
  }

  #attend(): void {
    this.#attention?.();
    this.#attention = null;
    this.cluster.stop();
  }

  /** Nothing happens by itself, but somebody sits at the terminal. */
  #listens(): boolean {
    return this.interactive && this.#foreground !== null;
  }

  #nextAttention(): Promise<void> {
    if (this.#interrupted || this.#typed.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#attention = resolve;
    });
  }

  #takeInterrupt(): boolean {
    const was = this.#interrupted;
    this.#interrupted = false;
    return was;
  }

  #type(): void {
    for (const { task, bytes, end } of this.#typed) this.cluster.type(task, bytes, end);
    this.#typed = [];
  }

  #leastLimit(endNs: number | null): number | null {
    const { maxTimeNs } = this.settings;
    if (endNs === null || maxTimeNs === null) return endNs ?? maxTimeNs;
    return Math.min(endNs, maxTimeNs);
  }
}
