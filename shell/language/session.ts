// A session: one cluster, its jobs and variables, and the program that has the terminal.
//
//   line ──▶ prepare ──▶ run ──▶ wait ──▶ outcome
//
//   foreground job    waited for until all its tasks have ended, or one is stopped; Ctrl-C, Ctrl-Z
//                     and typed bytes are its own
//
// Between lines time stands still for a script; a line that does not wait passes none.

import type { Cluster, Condition, InputSource, Task } from "../../cluster/index.ts";
import { signalName, signals } from "../../kernel/index.ts";
import type { Settings } from "../options.ts";
import { formatDuration, type JobName } from "../units.ts";
import { describeExit, lacksFile, waitersOf } from "../view-exit.ts";
import { type Pace, paceDefault } from "../pace.ts";
import { type Job, Jobs, liveTasks, stopOf } from "./jobs.ts";
import { failed, type Failure, type Outcome, status } from "./outcome.ts";
import { PortNames } from "./port-names.ts";
import type { LiveTerminal, SessionOptions } from "./session-options.ts";
import { Waiting, type Waited } from "./waiting.ts";

export type { LiveTerminal, SessionOptions } from "./session-options.ts";
export type { Pacer, Waited } from "./waiting.ts";

export type HostState = "up" | "down" | "paused";

export class Session {
  readonly jobs: Jobs = new Jobs();
  readonly variables: Map<string, string> = new Map();
  readonly talk: (line: string) => void;
  readonly interactive: boolean;
  readonly live: LiveTerminal | null;
  readonly watch: SessionOptions["watch"];
  settings: Settings;
  /** Holds at a terminal: in scripts time passes only while a line waits. */
  pace: Pace = paceDefault;
  /** The status with which the last line ended. */
  lastStatus = 0;
  /** Where the line that runs stands: FILE:LINE; empty at a terminal. */
  place = "";
  #cluster: Cluster;
  #names: PortNames;
  readonly #boot: SessionOptions["boot"];
  readonly #print: (line: string) => void;
  /** What verbs print goes here instead, while it is to be a program's input. */
  #captured: string[] | null = null;
  readonly #waiting: Waiting;
  /** What hosts are once the commands given so far have taken effect. */
  readonly #hostStates = new Map<string, HostState>();
  readonly #told = new Set<Job>();
  #foreground: Job | null = null;
  /** How often Ctrl-C was pressed for the job in the foreground. */
  #interrupts = 0;

  constructor(options: SessionOptions) {
    this.#cluster = options.cluster;
    this.#names = new PortNames(options.cluster);
    this.#boot = options.boot;
    this.#print = options.print;
    this.settings = options.settings;
    this.talk = options.talk;
    this.interactive = options.interactive ?? false;
    this.live = options.live ?? null;
    this.watch = options.watch;
    this.#waiting = new Waiting(this, options.pacer ?? null);
  }

  get cluster(): Cluster {
    return this.#cluster;
  }

  /** Ports and rights by their names. */
  get names(): PortNames {
    return this.#names;
  }

  get foreground(): Job | null {
    return this.#foreground;
  }

  get maxTimeNs(): number | null {
    return this.settings.maxTimeNs;
  }

  /** Somebody at the terminal may do something for the program in the foreground. */
  get listens(): boolean {
    return this.interactive && this.#foreground !== null;
  }

  /** Nobody has given the cluster a command, and another one can be had. Time may have passed. */
  get canReboot(): boolean {
    return this.#boot !== undefined && this.#cluster.log.length === 0;
  }

  /** Requires: `canReboot`. */
  async reboot(settings: Settings): Promise<void> {
    const before = this.#cluster;
    if (!this.#boot) return;
    this.#cluster = await this.#boot(settings);
    this.#names = new PortNames(this.#cluster);
    this.settings = settings;
    await before.close();
  }

  print(line: string): void {
    if (this.#captured) this.#captured.push(line);
    else this.#print(line);
  }

  /** Does it, and gives back what it printed instead of printing it. */
  async capture(
    action: () => Promise<Outcome>,
  ): Promise<{ readonly outcome: Outcome; readonly lines: readonly string[] }> {
    const before = this.#captured;
    const lines: string[] = [];
    this.#captured = lines;
    try {
      return { outcome: await action(), lines };
    } finally {
      this.#captured = before;
    }
  }

  /** Tasks that somebody has started become a job of this session. */
  adopt(
    tasks: readonly Task[],
    command: string,
    number?: number,
    options: { readonly terminal?: boolean } = {},
  ): Job {
    return this.jobs.add(tasks, command, options.terminal ?? false, number);
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

  /**
   * Waits as the line that has the job in the foreground: until it has ended, or is stopped. `begin`
   * comes first, with the job in front already; what it returns is the line's outcome.
   */
  async waitInForeground(job: Job, begin?: () => Promise<Outcome | null>): Promise<Outcome> {
    this.#foreground = job;
    this.#interrupts = 0;
    try {
      const begun = await begin?.();
      if (begun) return begun;
      const waited = await this.wait({ halted: job.tasks });
      if (waited === "met") return stopOf(job) ? this.#stopped(job) : this.#left(job);
      this.giveTerminal(job, false);
      return this.unmet(`${job.command} to end`, waited);
    } finally {
      this.#foreground = null;
    }
  }

  #stopped(job: Job): Outcome {
    const signal = stopOf(job)?.signal ?? signals.SIGSTOP;
    this.talk(`%${job.number} stopped (${signalName(signal)})  ${job.command}`);
    return { at: "done", status: 128 + signal };
  }

  /** The rest of a line whose program was ended by Ctrl-C is not wanted either. */
  #left(job: Job): Outcome {
    const bySignal = job.tasks.some(({ exit }) => exit?.signal === signals.SIGINT);
    if (this.#interrupts > 0 && bySignal) this.#waiting.noteInterrupt();
    return this.ended(job);
  }

  /** The job has the terminal, or goes on without: then it is stopped when it reads. */
  giveTerminal(job: Job, foreground: boolean): void {
    const [first] = job.tasks;
    if (job.terminal && first && !first.exit) this.cluster.foreground(first, foreground);
  }

  /** The outcome of a line that has waited for the job's end. Its number is free again. */
  ended(job: Job): Outcome {
    this.jobs.free(job);
    this.tell(job);
    const { exit } = job.task;
    if (exit?.cause !== "not-run") return { at: "done", status: exit?.status ?? 0 };
    const how = describeExit(job.task) ?? "";
    if (lacksFile(job.task)) return failed("its files to be there", how);
    return failed("a program that can be run", how, status.usage);
  }

  /** Says once how a job's tasks ended, if not by themselves. */
  tell(job: Job): void {
    if (liveTasks(job).length > 0 || this.#told.has(job)) return;
    this.#told.add(job);
    for (const task of job.tasks) {
      const isLast = task === job.task;
      if (!task.exit || (isLast && task.exit.cause === "not-run")) continue;
      // Those before the last are told to end by a pipe, or by the signal that ends them all.
      const usual = task.exit.signal === signals.SIGPIPE || task.exit.signal === signals.SIGINT;
      const text = isLast || !usual ? describeExit(task) : null;
      if (text !== null) this.talk(`sojourn: ${text}`);
    }
  }

  /** Lets virtual time pass until the condition holds, and no further than `--max-time`. */
  wait(
    condition: Condition,
    withinNs?: number,
    { paced = true }: { readonly paced?: boolean } = {},
  ): Promise<Waited> {
    return this.#waiting.wait(condition, withinNs, paced);
  }

  /** Lets virtual time pass up to a time. */
  advanceTo(time: number): Promise<Waited> {
    return this.#waiting.advanceTo(time);
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

  /** Ctrl-C: whatever waits returns; a program in front gets it first, and the line the second. */
  interrupt(): void {
    if (this.listens && this.#interrupts++ === 0) this.#signal(signals.SIGINT);
    else this.#waiting.interrupt();
  }

  /** A key at the terminal: the signal goes to all tasks of the job in the foreground. */
  signalForeground(signal: number): void {
    if (signal === signals.SIGINT) this.interrupt();
    else this.#signal(signal);
  }

  #signal(signal: number): void {
    const job = this.#foreground;
    if (!job) return;
    this.#waiting.tell((cluster) => {
      for (const task of liveTasks(job)) cluster.kill(task, signal);
    });
  }

  /** Whether somebody has asked to interrupt; once. */
  takeInterrupt(): boolean {
    return this.#waiting.takeInterrupt();
  }

  /** Somebody is there: a line that waits asks its pacer again. */
  attend(): void {
    this.#waiting.attend();
  }

  /** Bytes typed at the terminal, for the program in the foreground. */
  type(bytes: Uint8Array, end: boolean): void {
    const first = this.#foreground?.tasks[0];
    if (first) this.#waiting.tell((cluster) => cluster.type(first, bytes, end));
  }

  /** Standard input of programs: the terminal if there is one, else empty. */
  get input(): InputSource | undefined {
    if (!this.interactive) return undefined;
    return { kind: "terminal", read: () => Promise.resolve(new Uint8Array(0)) };
  }
}
