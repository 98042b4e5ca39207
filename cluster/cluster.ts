// The public API: a cluster of emulated hosts, driven by calls between which time stands still.
//
// Two doors lead in. Commands (`commands.ts`; those about programs are here) get a virtual time, enter
// hosts as world events and are logged. Observation (`observation.ts`) costs nothing and is not.

import { readFileSync } from "node:fs";
import {
  console as consoleOps,
  control,
  fsHost,
  type HostId,
  isOp,
  makeMessage,
  type Message,
  pipes,
} from "../ports/index.ts";
import { assert } from "../ports/base/index.ts";
import { strategies, strategyDefault, strategyNamed, tuningDefaults } from "../kernel/index.ts";
import type {
  ClusterOptions,
  Condition,
  InputSource,
  MigrateOptions,
  MoveResult,
  RunLimits,
  RunOutcome,
  SpawnOptions,
  Task,
} from "./api.ts";
import { ClusterCommands } from "./commands.ts";
import { conditionMet } from "./conditions.ts";
import { configOf, UsageError } from "./config.ts";
import type { DriverListener } from "./driver.ts";
import { incarnationAfter } from "./incarnations.ts";
import { createInlineDriver } from "./inline.ts";
import type { JobState } from "./observed.ts";
import { moveResult, orderResult, unitOptions } from "./orders.ts";
import { ClusterPorts, type PortsDoor } from "./ports-api.ts";
import type { LoggedCommand } from "./recording.ts";
import { inputOf, makeSpawn, newJob, programPath } from "./spawn.ts";
import { JobTask } from "./task.ts";
import { createWorkerDriver } from "./worker.ts";

export type { LoggedCommand } from "./recording.ts";

export class Cluster extends ClusterCommands {
  /** Makes ports, moves them, and sends and receives by them, for the operator. */
  readonly ports: ClusterPorts;
  readonly #onOutput: ClusterOptions["onOutput"];
  readonly #input: Map<number, Uint8Array[]> | null;
  #jobs = 1;
  #orders = 1;
  /** Whom each order to move was for: an order ends with its task. */
  readonly #ordered = new Map<number, Task>();

  private constructor(options: ClusterOptions) {
    super(configOf(options), options.disturbed ?? false);
    this.#onOutput = options.onOutput;
    this.#input = options.keepInput === false ? null : new Map();
    this.ports = new ClusterPorts(this.#portsDoor());
  }

  #portsDoor(): PortsDoor {
    return {
      hostOf: (name) => this.hostId(name),
      placeOf: (task) => {
        const job = this.jobOf(task.job);
        if (job.exit) throw new UsageError(`%${task.job} has ended: it has no ports`);
        return { host: job.host, pid: this.pidOf(job) };
      },
      order: (host, command, message, task) => {
        if (task) this.#ordered.set(command, task);
        this.order(host, message);
      },
      nextCommand: () => this.#orders++,
      result: (command) => orderResult(this.observed, command),
      runUntil: (condition, limits) => this.runUntil(condition, limits),
      notified: () => this.recorder.observed.notified,
      views: () => this.views().flatMap(({ ports }) => ports),
      rights: (host) => this.viewOf(host).rights,
    };
  }

  /** Switches all hosts on, at virtual time 0. Throws `UsageError` for options that cannot be. */
  static async boot(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options);
    const module = new WebAssembly.Module(
      readFileSync(new URL("../kernel/machine/hart.wasm", import.meta.url)),
    );
    const listener: DriverListener = {
      trace: (record) => cluster.recorder.add(record),
      console: ({ at, job, stream, bytes }) => {
        const task = cluster.jobTasks[job - 1];
        task?.wrote(stream, bytes, at);
        if (task) cluster.#onOutput?.(task, stream, bytes);
      },
      input: (job, count) => cluster.#read(job, count),
    };
    cluster.time.start(
      (options.driver ?? "worker") === "inline"
        ? createInlineDriver(cluster.config, module, listener)
        : await createWorkerDriver(cluster.config, module, listener),
    );
    return cluster;
  }

  async #read(job: number, count: number): Promise<Uint8Array> {
    const bytes = (await this.jobTasks[job - 1]?.input?.read(count)) ?? new Uint8Array(0);
    const given = this.#input?.get(job);
    if (given) given.push(bytes.slice());
    else this.#input?.set(job, [bytes.slice()]);
    return bytes;
  }

  /** What jobs' reads of standard input were given, in order; null if it is not kept. */
  get input(): ReadonlyMap<number, readonly Uint8Array[]> | null {
    return this.#input;
  }

  /** Starts a program as a job. It has not run one instruction until time passes. */
  spawn(host: string, argv: readonly string[], options: SpawnOptions = {}): Promise<Task> {
    const on = this.#guestHost(host);
    const name = argv[0];
    if (name === undefined) throw new UsageError("no program: give its name as argv[0]");
    if (options.wander?.strategy) checkStrategy(options.wander.strategy);
    const input = inputOf(options.stdin);
    const job = newJob(this.#jobs++, options.program ?? programPath(name), on);
    const task = this.#addTask(job, input);
    this.order(on, makeSpawn(job, argv, input, options));
    return Promise.resolve(task);
  }

  #addTask(job: JobState, input: InputSource | null): JobTask {
    this.recorder.addJob(job);
    const task = new JobTask(job.job, input, () => this.jobOf(job.job));
    this.jobTasks.push(task);
    return task;
  }

  /** Orders a move; passes no time. The order's number stands in `Move.command` and refusals. */
  orderMigration(task: Task, host: string, options: MigrateOptions = {}): number {
    const to = this.hostId(host);
    const { strategy = strategyDefault } = options;
    checkStrategy(strategy);
    const job = this.jobOf(task.job);
    const command = this.#orders++;
    if (job.exit) throw new UsageError(`%${task.job} has ended: nothing to migrate`);
    const unit = unitOptions(options);
    const body = { command, pid: this.pidOf(job), to, strategy, ...tuningOf(options), ...unit };
    this.#ordered.set(command, task);
    this.order(job.host, makeMessage(control.migrate, body) as Message);
    return command;
  }

  /** Moves a task: returns when it runs at the target, or the move was aborted or refused. */
  async migrate(task: Task, host: string, options: MigrateOptions = {}): Promise<MoveResult> {
    const from = task.host;
    const command = this.orderMigration(task, host, options);
    await this.runUntil({ ordered: command });
    const { strategy = strategyDefault } = options;
    return moveResult(this.observed, task, { command, from, to: host, strategy });
  }

  /** Sends a signal, to the tasks that the task has made too. To a host that is down nothing is sent. */
  kill(task: Task, signal: number): void {
    const job = this.jobOf(task.job);
    const send = (pid: number, host: HostId): void => {
      const command = this.#orders++;
      this.order(host, makeMessage(control.signal, { command, pid, signal }) as Message);
    };
    if (!job.exit) send(this.pidOf(job), job.host);
    for (const [pid, host] of Object.entries(job.children)) send(Number(pid), host);
  }

  /**
   * Bytes typed at the terminal of a task that was spawned with one. `flush`: a reader gets them
   * before the line is whole, or an empty read; `end`: the input ends for good.
   */
  type(task: Task, bytes: Uint8Array, end: boolean, flush: boolean = false): void {
    const message = makeMessage(consoleOps.typed, { job: task.job, bytes, flush, end });
    this.order(fsHost, message as Message, "console");
  }

  /** The terminal is the task's from now on, or it may read it no more. */
  foreground(task: Task, foreground: boolean): void {
    const message = makeMessage(consoleOps.foreground, { job: task.job, foreground });
    this.order(fsHost, message as Message, "console");
  }

  /**
   * Makes a pipe on `fs`, for a task to be spawned on `reader` and one on `writer`. Returns the
   * number by which their `streams` name it.
   */
  makePipe(reader: string, writer: string): number {
    const pipe = this.#orders++;
    const [from, to] = [this.#guestHost(writer), this.#guestHost(reader)];
    const body = {
      pipe,
      reader: to,
      readerIncarnation: incarnationAfter(this.log, to),
      writer: from,
      writerIncarnation: incarnationAfter(this.log, from),
    };
    this.order(fsHost, makeMessage(pipes.make, body) as Message, "pipes");
    return pipe;
  }

  /** The same command once more, as another run has logged it. `input`: of a job that it starts. */
  repeat(logged: LoggedCommand, input: InputSource | null): void {
    const { time, number, host, command } = logged;
    assert(time === this.now && number === this.log.length, "commands are repeated in order");
    if (command.do === "order") this.#noteRepeated(host, command.message, input);
    this.enter(logged);
  }

  #noteRepeated(host: HostId, message: Message, input: InputSource | null): void {
    const { command, pipe } = message.body as { readonly command?: number; readonly pipe?: number };
    this.#orders = Math.max(this.#orders, (command ?? pipe ?? 0) + 1);
    if (!isOp(message, control.spawn)) return;
    const { job, program } = message.body;
    assert(job === this.#jobs, "jobs are repeated in order");
    this.#addTask(newJob(this.#jobs++, program, host), input);
  }

  /** Lets virtual time pass. */
  async advance(ns: number): Promise<void> {
    await this.advanceTo(this.now + ns);
  }

  /** False: `stop` was called on the way; at a time that was the present, too. */
  advanceTo(time: number): Promise<boolean> {
    return this.time.advanceTo(time);
  }

  /** Lets time pass until one more event is in the trace. False: nothing will happen by itself. */
  step(): Promise<boolean> {
    return this.time.step();
  }

  /** Runs until the condition holds. Time then stands skewMax after the event that met it. */
  runUntil(condition: Condition, limits: RunLimits = {}): Promise<RunOutcome> {
    const from = this.recorder.lineCount;
    const met = (): number | undefined => {
      const known = { now: this.now, recorder: this.recorder, tasks: this.jobTasks };
      return conditionMet({ ...known, ordered: this.#ordered }, condition, from);
    };
    return this.time.runUntil(condition, met, limits);
  }

  /** Makes a run that is under way stand still soon. */
  stop(): void {
    this.time.stop();
  }

  async close(): Promise<void> {
    await this.time.close();
  }

  #guestHost(name: string): HostId {
    const id = this.hostId(name);
    if (id === fsHost) throw new UsageError("fs runs only its own servers: choose another host");
    return id;
  }
}

function checkStrategy(name: string): void {
  if (strategyNamed(name)) return;
  const known = strategies.map((strategy) => strategy.name).join(", ");
  throw new UsageError(`no such strategy: ${name} (${known})`);
}

function tuningOf({ readAhead, rounds, stopBelowBytes }: MigrateOptions): typeof tuningDefaults {
  return {
    readAhead: readAhead ?? tuningDefaults.readAhead,
    rounds: rounds ?? tuningDefaults.rounds,
    stopPages:
      stopBelowBytes === undefined ? tuningDefaults.stopPages : Math.floor(stopBelowBytes / 4096),
  };
}
