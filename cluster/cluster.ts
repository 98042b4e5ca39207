// The public API: a cluster of emulated hosts, driven by calls between which time stands still.
//
// Two doors lead in. Commands get a virtual time and enter hosts as world events; observation
// folds the trace and looks at hosts that stand still, costs nothing and is not recorded.

import { readFileSync } from "node:fs";
import type { FileQuestion, ListAnswer } from "../fs-server/index.ts";
import {
  console as consoleOps,
  control,
  fsHost,
  type HostId,
  isOp,
  makeMessage,
  type Message,
  parseHostName,
  pipes,
  wellKnownPort,
} from "../ports/index.ts";
import { assert, must } from "../ports/base/index.ts";
import { type RangeView, strategies, strategyDefault, strategyNamed } from "../kernel/index.ts";
import type {
  ClusterOptions,
  Condition,
  InputSource,
  MigrateOptions,
  MoveResult,
  Residual,
  RunLimits,
  RunOutcome,
  SpawnOptions,
  Task,
} from "./api.ts";
import { conditionMet } from "./conditions.ts";
import { configOf, UsageError } from "./config.ts";
import type { ClusterConfig, DriverListener } from "./driver.ts";
import type { WorldCommand } from "./engine.ts";
import { incarnationAfter } from "./incarnations.ts";
import { createInlineDriver } from "./inline.ts";
import type { JobState, Observed } from "./observe.ts";
import { moveResult, orderResult } from "./orders.ts";
import type { SeenFile } from "./outside.ts";
import { ClusterPorts, type PortsDoor } from "./ports-api.ts";
import type { LoggedCommand } from "./recording.ts";
import { Recorder } from "./recorder.ts";
import { inputOf, makeSpawn, newJob, programPath } from "./spawn.ts";
import { JobTask } from "./task.ts";
import { Timeline } from "./timeline.ts";
import type { HostView } from "./view.ts";
import { createWorkerDriver } from "./worker.ts";

export type { LoggedCommand } from "./recording.ts";

export class Cluster {
  readonly seed: number;
  readonly hosts: number;
  readonly profile: string;
  readonly log: LoggedCommand[] = [];
  readonly #config: ClusterConfig;
  readonly #recorder: Recorder;
  readonly #time: Timeline;
  readonly #tasks: JobTask[] = [];
  readonly #onOutput: ClusterOptions["onOutput"];
  readonly #input: Map<number, Uint8Array[]> | null;
  #orders = 1;
  /** Whom each order to move was for: an order ends with its task. */
  readonly #ordered = new Map<number, Task>();
  /** Makes ports, moves them, and sends and receives by them, for the operator. */
  readonly ports: ClusterPorts;
  #jobs = 1;

  private constructor(options: ClusterOptions) {
    this.#config = configOf(options);
    this.seed = this.#config.seed;
    this.hosts = this.#config.hosts;
    this.profile = this.#config.profile.name;
    this.#recorder = new Recorder(this.#config.trace);
    const disturb = options.disturbed ? (): void => this.#disturb() : null;
    this.#time = new Timeline(this.#recorder, this.#config.profile.skewMaxNs, disturb);
    this.#onOutput = options.onOutput;
    this.#input = options.keepInput === false ? null : new Map();
    this.ports = new ClusterPorts(this.#portsDoor());
  }

  #portsDoor(): PortsDoor {
    return {
      hostOf: (name) => this.#host(name),
      placeOf: (task) => {
        const job = this.#jobOf(task.job);
        if (job.exit) throw new UsageError(`%${task.job} has ended: it has no ports`);
        return { host: job.host, pid: this.#pidOf(job) };
      },
      order: (host, command, message, task) => {
        if (task) this.#ordered.set(command, task);
        this.#order(host, message);
      },
      nextCommand: () => this.#orders++,
      result: (command) => orderResult(this.observed, command),
      runUntil: (condition, limits) => this.runUntil(condition, limits),
      notified: () => this.#recorder.observed.notified,
      views: () => this.views().flatMap(({ ports }) => ports),
      rights: (host) => this.#viewOf(host).rights,
    };
  }

  /** Switches all hosts on, at virtual time 0. Throws `UsageError` for options that cannot be. */
  static async boot(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options);
    const module = new WebAssembly.Module(
      readFileSync(new URL("../kernel/machine/hart.wasm", import.meta.url)),
    );
    const listener: DriverListener = {
      trace: (record) => cluster.#recorder.add(record),
      console: ({ at, job, stream, bytes }) => {
        const task = cluster.#tasks[job - 1];
        task?.wrote(stream, bytes, at);
        if (task) cluster.#onOutput?.(task, stream, bytes);
      },
      input: (job, count) => cluster.#read(job, count),
    };
    cluster.#time.start(
      (options.driver ?? "worker") === "inline"
        ? createInlineDriver(cluster.#config, module, listener)
        : await createWorkerDriver(cluster.#config, module, listener),
    );
    return cluster;
  }

  async #read(job: number, count: number): Promise<Uint8Array> {
    const bytes = (await this.#tasks[job - 1]?.input?.read(count)) ?? new Uint8Array(0);
    const given = this.#input?.get(job);
    if (given) given.push(bytes.slice());
    else this.#input?.set(job, [bytes.slice()]);
    return bytes;
  }

  /** What jobs' reads of standard input were given, in order; null if it is not kept. */
  get input(): ReadonlyMap<number, readonly Uint8Array[]> | null {
    return this.#input;
  }

  /** What of this machine the run has seen. */
  filesSeen(): readonly SeenFile[] {
    return this.#time.driver.request(fsHost, [{ ask: "files" }])[0] as readonly SeenFile[];
  }

  /** Virtual time, ns. */
  get now(): number {
    return this.#time.now;
  }

  get tasks(): readonly Task[] {
    return this.#tasks;
  }

  get observed(): Observed {
    return this.#recorder.observed;
  }

  /** What is fixed for the run, for the header of a trace. */
  get config(): ClusterConfig {
    return this.#config;
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
    this.#order(on, makeSpawn(job, argv, input, options));
    return Promise.resolve(task);
  }

  #addTask(job: JobState, input: InputSource | null): JobTask {
    this.#recorder.addJob(job);
    const task = new JobTask(job.job, input, () => this.#jobOf(job.job));
    this.#tasks.push(task);
    return task;
  }

  /** Orders a move; passes no time. The order's number stands in `Move.command` and refusals. */
  orderMigration(task: Task, host: string, options: MigrateOptions = {}): number {
    const to = this.#host(host);
    const { strategy = strategyDefault, readAhead = 0 } = options;
    checkStrategy(strategy);
    const job = this.#jobOf(task.job);
    const command = this.#orders++;
    if (job.exit) throw new UsageError(`%${task.job} has ended: nothing to migrate`);
    const body = { command, pid: this.#pidOf(job), to, strategy, readAhead };
    this.#ordered.set(command, task);
    this.#order(job.host, makeMessage(control.migrate, body) as Message);
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

  /** Sends a signal. To a host that is down nothing is sent. */
  kill(task: Task, signal: number): void {
    const job = this.#jobOf(task.job);
    if (job.exit) return;
    const command = this.#orders++;
    const body = { command, pid: this.#pidOf(job), signal };
    this.#order(job.host, makeMessage(control.signal, body) as Message);
  }

  /** Memory, tasks, queues and packets inside the host are gone; its stable store is kept. */
  crash(host: string): void {
    this.#world(this.#host(host), { do: "crash" });
  }

  restart(host: string): void {
    this.#world(this.#host(host), { do: "restart" });
  }

  pause(host: string): void {
    this.#world(this.#host(host), { do: "pause" });
  }

  continue(host: string): void {
    this.#world(this.#host(host), { do: "continue" });
  }

  /** Cuts a cable in both directions, or from a to b only. What was handed to it still arrives. */
  cut(a: string, b: string, options: { readonly oneWay?: boolean } = {}): void {
    if (options.oneWay) this.#world(this.#host(a), { do: "cut", peer: this.#otherEnd(a, b) });
    else this.#cable(a, b, (peer) => ({ do: "cut", peer }));
  }

  heal(a: string, b: string): void {
    this.#cable(a, b, (peer) => ({ do: "heal", peer }));
  }

  /** Adds a delay to a cable, in both directions; 0 takes it away. */
  delay(a: string, b: string, ns: number): void {
    if (!(Number.isSafeInteger(ns) && ns >= 0)) throw new UsageError(`delay: ${ns} ns is no delay`);
    this.#cable(a, b, (peer) => ({ do: "delay", peer, ns }));
  }

  /** Loses a share of what is handed to a cable, in both directions, in parts of a million. */
  drop(a: string, b: string, ppm: number): void {
    if (!(Number.isInteger(ppm) && ppm >= 0 && ppm <= 1_000_000)) {
      throw new UsageError(`drop: ${ppm} is no number of parts of a million`);
    }
    this.#cable(a, b, (peer) => ({ do: "drop", peer, ppm }));
  }

  /** Tells every other host that this host's incarnation is dead for good. */
  declare(host: string): void {
    const dead = this.#host(host);
    for (let id = 0; id <= this.hosts; id++) {
      if (id !== dead) this.#order(id, makeMessage(control.declare, { host: dead }) as Message);
    }
  }

  /**
   * Bytes typed at the terminal of a task that was spawned with one. `flush`: a reader gets them
   * before the line is whole, or an empty read; `end`: the input ends for good.
   */
  type(task: Task, bytes: Uint8Array, end: boolean, flush: boolean = false): void {
    const message = makeMessage(consoleOps.typed, { job: task.job, bytes, flush, end });
    this.#order(fsHost, message as Message, "console");
  }

  /** The terminal is the task's from now on, or it may read it no more. */
  foreground(task: Task, foreground: boolean): void {
    const message = makeMessage(consoleOps.foreground, { job: task.job, foreground });
    this.#order(fsHost, message as Message, "console");
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
    this.#order(fsHost, makeMessage(pipes.make, body) as Message, "pipes");
    return pipe;
  }

  #cable(a: string, b: string, command: (peer: HostId) => WorldCommand): void {
    const [one, other] = [this.#host(a), this.#otherEnd(a, b)];
    this.#world(one, command(other));
    this.#world(other, command(one));
  }

  #otherEnd(a: string, b: string): HostId {
    const end = this.#host(b);
    if (end === this.#host(a)) throw new UsageError(`a cable has two ends: ${a} is given twice`);
    return end;
  }

  #order(host: HostId, message: Message, to: "control" | "console" | "pipes" = "control"): void {
    this.#world(host, { do: "order", to: wellKnownPort(host, to), message });
  }

  #world(host: HostId, command: WorldCommand): void {
    this.#enter({ time: this.now, number: this.log.length, host, command });
  }

  #enter(logged: LoggedCommand): void {
    const { time, number, host, command } = logged;
    this.log.push(logged);
    this.#time.driver.request(host, [{ ask: "world", time, number, command }]);
  }

  /** The same command once more, as another run has logged it. `input`: of a job that it starts. */
  repeat(logged: LoggedCommand, input: InputSource | null): void {
    const { time, number, host, command } = logged;
    assert(time === this.now && number === this.log.length, "commands are repeated in order");
    if (command.do === "order") this.#noteRepeated(host, command.message, input);
    this.#enter(logged);
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
    return this.#time.advanceTo(time);
  }

  /** Lets time pass until one more event is in the trace. False: nothing will happen by itself. */
  step(): Promise<boolean> {
    return this.#time.step();
  }

  #jobOf(job: number): JobState {
    return must(this.#recorder.observed.jobs[job], `job %${job}`);
  }

  /** Runs until the condition holds. Time then stands skewMax after the event that met it. */
  runUntil(condition: Condition, limits: RunLimits = {}): Promise<RunOutcome> {
    const from = this.#recorder.lineCount;
    const met = (): number | undefined => {
      const known = { now: this.now, recorder: this.#recorder, tasks: this.#tasks };
      return conditionMet({ ...known, ordered: this.#ordered }, condition, from);
    };
    return this.#time.runUntil(condition, met, limits);
  }

  /** On which hosts the task depends, and what their loss would do. */
  residuals(task: Task): readonly Residual[] {
    const view = this.#viewOf(this.#host(task.host));
    return view.tasks.find((entry) => entry.job === task.job)?.residuals ?? [];
  }

  /** The address map of the task where it is now, and where its pages are. */
  memory(task: Task): readonly RangeView[] {
    if (task.pid === null || task.exit) return [];
    const request = { ask: "memory", pid: task.pid } as const;
    return this.#time.driver.request(this.#host(task.host), [request])[0] as readonly RangeView[];
  }

  /** All hosts as they stand; fs first. */
  views(): readonly HostView[] {
    return Array.from({ length: this.hosts + 1 }, (_, id) => this.#viewOf(id));
  }

  #viewOf(host: HostId): HostView {
    return this.#time.driver.request(host, [{ ask: "view" }])[0] as HostView;
  }

  /** Saving all hosts takes long: not at every stop. */
  #disturb(): void {
    if (Math.random() < 0.2) this.cycleThroughSnapshots();
  }

  /** Saves every host and goes on with what was saved: nothing may differ afterwards. */
  cycleThroughSnapshots(): void {
    for (let id = 0; id <= this.hosts; id++) this.#time.driver.request(id, [{ ask: "snapshot" }]);
  }

  /**
   * The entries of a directory in the guests' tree, sorted, or an errno. Nothing changes by it; null
   * while `fs` is down.
   */
  listFiles(path: string): ListAnswer | null {
    const question: FileQuestion = { ask: "list", path };
    return (this.observeServer("fs", "files", question) as ListAnswer | undefined) ?? null;
  }

  /** Asks a native server about its state. Nothing changes by it; undefined while its host is down. */
  observeServer(host: string, server: string, question: unknown): unknown {
    return this.#time.driver.request(this.#host(host), [{ ask: "server", server, question }])[0];
  }

  /** The trace so far: events, one a line, without the header. */
  trace(): string {
    return this.#recorder.lines();
  }

  /** How many events are in the trace. */
  get eventCount(): number {
    return this.#recorder.lineCount;
  }

  /** The events of the trace from this one on, one line each. */
  eventsFrom(first: number): readonly string[] {
    return this.#recorder.linesFrom(first);
  }

  traceHash(header = ""): string {
    return header === "" ? this.#recorder.quickHash() : this.#recorder.hash(header);
  }

  /** Makes a run that is under way stand still soon. */
  stop(): void {
    this.#time.stop();
  }

  async close(): Promise<void> {
    await this.#time.close();
  }

  #host(name: string): HostId {
    const id = parseHostName(name);
    if (id === undefined || id > this.hosts) {
      throw new UsageError(`no such host: ${name} (fs, h1 to h${this.hosts})`);
    }
    return id;
  }

  #guestHost(name: string): HostId {
    const id = this.#host(name);
    if (id === fsHost) throw new UsageError("fs runs only its own servers: choose another host");
    return id;
  }

  #pidOf(job: JobState): number {
    const pidKnown = ({ job, pid }: JobState): number | null => pid ?? this.#recorder.bornPid(job);
    const pid = pidKnown(job);
    if (pid !== null) return pid;
    const before = Object.values(this.#recorder.observed.jobs).filter(
      (other) => other.host === job.host && other.job < job.job && pidKnown(other) === null,
    ).length;
    return this.#viewOf(job.host).pidNext + before;
  }
}

function checkStrategy(name: string): void {
  if (strategyNamed(name)) return;
  const known = strategies.map((strategy) => strategy.name).join(", ");
  throw new UsageError(`no such strategy: ${name} (${known})`);
}
