// The public API: a cluster of emulated hosts, driven by calls between which time stands still.
//
// Two doors lead in. Commands get a virtual time and enter hosts as world events; observation
// folds the trace and looks at hosts that stand still, costs nothing and is not recorded.

import { readFileSync } from "node:fs";
import {
  console as consoleOps,
  control,
  fsHost,
  type HostId,
  inputKinds,
  makeMessage,
  type Message,
  parseHostName,
  wellKnownPort,
} from "../ports/index.ts";
import { must } from "../ports/base/index.ts";
import { strategies, strategyDefault, strategyNamed } from "../kernel/index.ts";
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
import type { ClusterConfig, Driver, DriverListener, GoLimits, Park } from "./driver.ts";
import type { WorldCommand } from "./engine.ts";
import { configOf, UsageError } from "./config.ts";
import { createInlineDriver } from "./inline.ts";
import type { JobState, Move, Observed } from "./observe.ts";
import { Recorder } from "./recorder.ts";
import type { OrderResult } from "./observe-agent.ts";
import { ClusterPorts, type PortsDoor } from "./ports-api.ts";
import { inputFromBytes, JobTask } from "./task.ts";
import type { HostView } from "./view.ts";
import { createWorkerDriver } from "./worker.ts";

const forever = Number.POSITIVE_INFINITY;
const guestPath = ["/bin", "/usr/bin"] as const;

/** A logged command: at `time`, the `number`-th of the run. */
export interface LoggedCommand {
  readonly time: number;
  readonly number: number;
  readonly host: HostId;
  readonly command: WorldCommand;
}

export class Cluster {
  readonly seed: number;
  readonly hosts: number;
  readonly profile: string;
  readonly log: LoggedCommand[] = [];
  readonly #config: ClusterConfig;
  readonly #recorder: Recorder;
  readonly #tasks: JobTask[] = [];
  readonly #onOutput: ClusterOptions["onOutput"];
  #driver: Driver | null = null;
  #now = 0;
  #orders = 1;
  /** Whom each order to move was for: an order ends with its task. */
  readonly #ordered = new Map<number, Task>();
  /** Makes ports, moves them, and sends and receives by them, for the operator. */
  readonly ports: ClusterPorts;
  #jobs = 1;
  #stopAsked = false;

  private constructor(options: ClusterOptions) {
    this.#config = configOf(options);
    this.seed = this.#config.seed;
    this.hosts = this.#config.hosts;
    this.profile = this.#config.profile.name;
    this.#recorder = new Recorder(this.#config.trace);
    this.#onOutput = options.onOutput;
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
      result: (command) => this.#orderResult(command),
      runUntil: (condition, limits) => this.runUntil(condition, limits),
      notified: () => this.#recorder.observed.notified,
      views: () => this.views().flatMap(({ ports }) => ports),
      rights: (host) => this.#viewOf(host).rights,
    };
  }

  #orderResult(command: number): OrderResult | null {
    const { orders, refusals } = this.#recorder.observed;
    const order = orders[command];
    if (order) return order.result;
    const refusal = refusals.find((entry) => entry.command === command);
    if (!refusal) return null;
    const nothing = { host: "", port: "", once: 0, message: null };
    return { at: refusal.at, ok: false, code: 1, reason: refusal.reason, ...nothing };
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
      input: (job, count) =>
        cluster.#tasks[job - 1]?.input?.read(count) ?? Promise.resolve(new Uint8Array(0)),
    };
    cluster.#driver =
      (options.driver ?? "worker") === "inline"
        ? createInlineDriver(cluster.#config, module, listener)
        : await createWorkerDriver(cluster.#config, module, listener);
    return cluster;
  }

  get #running(): Driver {
    if (!this.#driver) throw new UsageError("the cluster is closed");
    return this.#driver;
  }

  /** Virtual time, ns. */
  get now(): number {
    return this.#now;
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
    const program = options.program ?? this.#findProgram(name);
    const input = inputOf(options.stdin);
    const job = this.#jobs++;
    this.#recorder.addJob(newJob(job, program, on));
    const task = new JobTask(job, input, () => this.#jobOf(job));
    this.#tasks.push(task);
    const environment = { ...defaultEnvironment(input), ...options.env };
    const message = makeMessage(control.spawn, {
      job,
      program,
      arguments: argv,
      environment: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      input: inputKinds[input?.kind ?? "empty"],
      terminal: input?.kind === "terminal",
      wanderNs: options.wander?.periodNs ?? 0,
      strategy: this.#strategy(options.wander?.strategy ?? "", true),
    });
    this.#order(on, message as Message);
    return Promise.resolve(task);
  }

  /** Looks a program up as the guests' shell would. */
  #findProgram(name: string): string {
    return name.includes("/") ? name : `${guestPath[0]}/${name}`;
  }

  /** Orders a move; passes no time. The order's number stands in `Move.command` and refusals. */
  orderMigration(task: Task, host: string, options: MigrateOptions = {}): number {
    const to = this.#host(host);
    const strategy = this.#strategy(options.strategy ?? strategyDefault, false);
    const job = this.#jobOf(task.job);
    const command = this.#orders++;
    if (job.exit) throw new UsageError(`%${task.job} has ended: nothing to migrate`);
    const body = {
      command,
      pid: this.#pidOf(job),
      to,
      strategy,
      readAhead: options.readAhead ?? 0,
    };
    this.#ordered.set(command, task);
    this.#order(job.host, makeMessage(control.migrate, body) as Message);
    return command;
  }

  /** Moves a task: returns when it runs at the target, or the move was aborted or refused. */
  async migrate(task: Task, host: string, options: MigrateOptions = {}): Promise<MoveResult> {
    const from = task.host;
    const command = this.orderMigration(task, host, options);
    await this.runUntil({ ordered: command });
    const move = task.moves.find((candidate) => candidate.command === command);
    const refusal = this.#recorder.observed.refusals.find((entry) => entry.command === command);
    const strategy = options.strategy ?? strategyDefault;
    if (move?.committedAt !== null && move !== undefined) return moved(move, from, host);
    const outcome = refusal?.outcome === "aborted" ? "aborted" : "refused";
    const reason = refusal?.reason ?? (task.exit ? "task-ended" : "no-answer");
    const nothing = { freezeNs: 0, pages: 0, bytes: 0, owed: 0 };
    return { outcome, reason, from, to: host, strategy, ...nothing };
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

  /** Tells every other host that this host's incarnation is dead for good. */
  declare(host: string): void {
    const dead = this.#host(host);
    for (let id = 0; id <= this.hosts; id++) {
      if (id !== dead) {
        this.#order(id, makeMessage(control.declare, { host: dead }) as Message);
      }
    }
  }

  /** Bytes typed at the terminal of a task that was spawned with one. */
  type(task: Task, bytes: Uint8Array, end: boolean): void {
    this.#order(fsHost, makeTyped(task.job, bytes, end), "console");
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

  #order(host: HostId, message: Message, to: "control" | "console" = "control"): void {
    this.#world(host, { do: "order", to: wellKnownPort(host, to), message });
  }

  #world(host: HostId, command: WorldCommand): void {
    const number = this.log.length;
    this.log.push({ time: this.#now, number, host, command });
    this.#running.request(host, [{ ask: "world", time: this.#now, number, command }]);
  }

  /** Lets virtual time pass. */
  async advance(ns: number): Promise<void> {
    await this.advanceTo(this.#now + ns);
  }

  async advanceTo(time: number): Promise<void> {
    if (time < this.#now) throw new UsageError(`time does not go back: it is ${this.#now} ns`);
    this.#stopAsked = false;
    const park = await this.#go({ until: time, ignoreQuiet: true, stopOnEvents: "none" });
    if (park === "stopped") return;
    this.#now = time;
  }

  async #go(limits: Parameters<Driver["go"]>[0]): Promise<Park> {
    const driver = this.#running;
    const park = await driver.go(limits);
    const { floor, clockMax, quietAt } = driver.times();
    this.#recorder.settle(floor);
    // An action may end beyond the limit, and be as far when nobody had stopped it.
    if (park === "stopped") this.#now = Math.max(this.#now, Math.min(clockMax + 1, limits.until));
    if (park === "quiescent") this.#now = Math.max(this.#now, quietAt);
    return park;
  }

  #jobOf(job: number): JobState {
    return must(this.#recorder.observed.jobs[job], `job %${job}`);
  }

  /** Runs until the condition holds. Time then stands skewMax after the event that met it. */
  async runUntil(condition: Condition, limits: RunLimits = {}): Promise<RunOutcome> {
    this.#stopAsked = false;
    const until = limits.withinNs === undefined ? forever : this.#now + limits.withinNs;
    const seen = { events: this.#recorder.lineCount };
    if (this.#met(condition, seen) !== undefined) return "met";
    for (;;) {
      const stops = stopsFor(condition);
      // An event at the very time at which the last run stood still has not been looked at.
      const unseen = this.#recorder.firstPending(stops.stopOnEvent ?? "");
      const park = await this.#go({
        until: Math.min(until, unseen + this.#config.profile.skewMaxNs),
        ignoreQuiet: false,
        ...stops,
      });
      const at = this.#met(condition, seen);
      if (at !== undefined) {
        await this.#reach(at + this.#config.profile.skewMaxNs, until);
        return "met";
      }
      if (park === "stopped" || this.#stopAsked) return "stopped";
      if (park === "quiescent") return "deadlock";
      const { floor } = this.#running.times();
      if (floor >= until) {
        this.#now = until;
        return "time";
      }
    }
  }

  /** Runs on to the time at which the next command may enter. */
  async #reach(time: number, until: number): Promise<void> {
    const stop = Math.max(this.#now, Math.min(time, until));
    await this.#go({ until: stop, ignoreQuiet: true, stopOnEvents: "none" });
    this.#now = stop;
  }

  /** The time of the event that meets the condition, or undefined. */
  #met(condition: Condition, seen: { readonly events: number }): number | undefined {
    if ("exited" in condition) return condition.exited.exit?.at;
    if ("allExited" in condition) {
      const exits = this.#tasks.map((task) => task.exit);
      if (exits.some((exit) => exit === null)) return undefined;
      return Math.max(this.#now, ...exits.map((exit) => exit?.at ?? 0));
    }
    if ("output" in condition) {
      const task = condition.of as JobTask;
      return condition.output.test(task.output) ? task.lastOutputAt : undefined;
    }
    if ("ordered" in condition) return this.#orderMet(condition.ordered);
    return this.#recorder.findEvent(condition.event, seen.events);
  }

  #orderMet(command: number): number | undefined {
    const { refusals, hostsDown, orders } = this.#recorder.observed;
    const order = orders[command];
    if (order) return order.result?.at;
    const refusal = refusals.find((entry) => entry.command === command);
    if (refusal) return refusal.at;
    const task = this.#ordered.get(command);
    const move = task?.moves.find((candidate) => candidate.command === command);
    if (move && move.activatedAt !== null) return move.activatedAt;
    if (move && move.committedAt !== null && hostsDown[move.to]) return move.committedAt;
    return task?.exit?.at;
  }

  /** On which hosts the task depends, and what their loss would do. */
  residuals(task: Task): readonly Residual[] {
    const view = this.#viewOf(this.#host(task.host));
    return view.tasks.find((entry) => entry.job === task.job)?.residuals ?? [];
  }

  /** All hosts as they stand; fs first. */
  views(): readonly HostView[] {
    return Array.from({ length: this.hosts + 1 }, (_, id) => this.#viewOf(id));
  }

  #viewOf(host: HostId): HostView {
    return this.#running.request(host, [{ ask: "view" }])[0] as HostView;
  }

  /** Saves every host and goes on with what was saved: nothing may differ afterwards. */
  cycleThroughSnapshots(): void {
    for (let id = 0; id <= this.hosts; id++) this.#running.request(id, [{ ask: "snapshot" }]);
  }

  /** The trace so far: events, one a line, without the header. */
  trace(): string {
    return this.#recorder.lines();
  }

  traceHash(header = ""): string {
    return header === "" ? this.#recorder.quickHash() : this.#recorder.hash(header);
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

  #strategy(name: string, emptyAllowed: boolean): string {
    if ((emptyAllowed && name === "") || strategyNamed(name)) return name;
    const known = strategies.map((strategy) => strategy.name).join(", ");
    throw new UsageError(`no such strategy: ${name} (${known})`);
  }

  #pidOf(job: JobState): number {
    if (job.pid !== null) return job.pid;
    const before = Object.values(this.#recorder.observed.jobs).filter(
      (other) => other.pid === null && other.host === job.host && other.job < job.job,
    ).length;
    return this.#viewOf(job.host).pidNext + before;
  }
}

/** What may meet a condition: a run stops there, and looks. */
function stopsFor(condition: Condition): Omit<GoLimits, "until" | "ignoreQuiet"> {
  return {
    stopOnEvents: "exited" in condition || "allExited" in condition ? "ends" : "all",
    stopOnOutput: "output" in condition,
    stopOnEvent: "event" in condition ? condition.event : "",
  };
}

function newJob(job: number, program: string, host: HostId): JobState {
  return {
    job,
    pid: null,
    program,
    bornAt: null,
    startedAt: null,
    host,
    exit: null,
    moves: [],
    movesFailed: 0,
  };
}

function moved(move: Move, from: string, to: string): MoveResult {
  const { strategy, pages, bytes, owed } = move;
  const freezeNs = (move.activatedAt ?? move.committedAt ?? 0) - (move.frozenAt ?? 0);
  return { outcome: "moved", from, to, strategy, freezeNs, pages, bytes, owed };
}

function inputOf(stdin: SpawnOptions["stdin"]): InputSource | null {
  if (stdin === undefined) return null;
  if (typeof stdin === "string") return inputFromBytes(new TextEncoder().encode(stdin));
  return stdin instanceof Uint8Array ? inputFromBytes(stdin) : stdin;
}

function defaultEnvironment(input: InputSource | null): Record<string, string> {
  return {
    PATH: guestPath.join(":"),
    HOME: "/",
    TERM: input?.kind === "terminal" ? "xterm-256color" : "dumb",
    LANG: "C.UTF-8",
  };
}

function makeTyped(job: number, bytes: Uint8Array, end: boolean): Message {
  return makeMessage(consoleOps.typed, { job, bytes, end }) as Message;
}
