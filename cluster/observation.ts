// The door of observation: what can be seen of a cluster between calls.
//
// It folds the trace and looks at hosts that stand still. Nothing here costs virtual time, changes
// a trace or is recorded.

import type { ConsoleQuestion, FileQuestion, InputView, ListAnswer } from "../fs-server/index.ts";
import { must } from "../ports/base/index.ts";
import { fsHost, type HostId, parseHostName } from "../ports/index.ts";
import { type Forecast, type RangeView, strategyDefault } from "../kernel/index.ts";
import type { MigrateOptions, Residual, Task } from "./api.ts";
import { UsageError } from "./config.ts";
import type { ClusterConfig } from "./driver.ts";
import type { JobState, Observed } from "./observed.ts";
import { unitOptions } from "./orders.ts";
import type { SeenFile } from "./outside.ts";
import { Recorder } from "./recorder.ts";
import type { JobTask } from "./task.ts";
import { Timeline } from "./timeline.ts";
import type { HostView } from "./view.ts";

export abstract class ClusterObservation {
  readonly seed: number;
  readonly hosts: number;
  readonly profile: string;
  /** What is fixed for the run, for the header of a trace. */
  readonly config: ClusterConfig;
  protected readonly recorder: Recorder;
  protected readonly time: Timeline;
  protected readonly jobTasks: JobTask[] = [];

  protected constructor(config: ClusterConfig, disturbed: boolean) {
    this.config = config;
    this.seed = config.seed;
    this.hosts = config.hosts;
    this.profile = config.profile.name;
    this.recorder = new Recorder(config.trace);
    const disturb = disturbed ? (): void => this.#disturb() : null;
    this.time = new Timeline(this.recorder, config.profile.skewMaxNs, disturb);
  }

  /** Virtual time, ns. */
  get now(): number {
    return this.time.now;
  }

  get tasks(): readonly Task[] {
    return this.jobTasks;
  }

  get observed(): Observed {
    return this.recorder.observed;
  }

  /** What of this machine the run has seen. */
  filesSeen(): readonly SeenFile[] {
    return this.time.driver.request(fsHost, [{ ask: "files" }])[0] as readonly SeenFile[];
  }

  /** On which hosts the task depends, and what their loss would do. */
  residuals(task: Task): readonly Residual[] {
    const view = this.viewOf(this.hostId(task.host));
    return view.tasks.find((entry) => entry.job === task.job)?.residuals ?? [];
  }

  /** The address map of the task where it is now, and where its pages are. */
  memory(task: Task): readonly RangeView[] {
    if (task.pid === null || task.exit) return [];
    const request = { ask: "memory", pid: task.pid } as const;
    return this.time.driver.request(this.hostId(task.host), [request])[0] as readonly RangeView[];
  }

  /** What a move would do. Null for a task that has not begun or has ended. */
  forecast(task: Task, host: string, options: MigrateOptions = {}): Forecast | null {
    if (task.pid === null || task.exit) return null;
    const { strategy = strategyDefault } = options;
    const order = { to: this.hostId(host), strategy, ...unitOptions(options) };
    const request = { ask: "forecast", pid: task.pid, order } as const;
    return this.time.driver.request(this.hostId(task.host), [request])[0] as Forecast | null;
  }

  /** All hosts as they stand; fs first. */
  views(): readonly HostView[] {
    return Array.from({ length: this.hosts + 1 }, (_, id) => this.viewOf(id));
  }

  protected viewOf(host: HostId): HostView {
    return this.time.driver.request(host, [{ ask: "view" }])[0] as HostView;
  }

  /**
   * The entries of a directory in the guests' tree, sorted, or an errno. Nothing changes by it; null
   * while `fs` is down.
   */
  listFiles(path: string): ListAnswer | null {
    const question: FileQuestion = { ask: "list", path };
    return (this.observeServer("fs", "files", question) as ListAnswer | undefined) ?? null;
  }

  /** Reads of a job's terminal that wait, and what was typed and not read; null if there are none. */
  terminalInput(job: number): InputView | null {
    const question: ConsoleQuestion = { ask: "input", job };
    return (this.observeServer("fs", "console", question) as InputView | undefined) ?? null;
  }

  /** Asks a native server about its state. Nothing changes by it; undefined while its host is down. */
  observeServer(host: string, server: string, question: unknown): unknown {
    return this.time.driver.request(this.hostId(host), [{ ask: "server", server, question }])[0];
  }

  /** The trace so far: events, one a line, without the header. */
  trace(): string {
    return this.recorder.lines();
  }

  /** How many events are in the trace. */
  get eventCount(): number {
    return this.recorder.lineCount;
  }

  /** The events of the trace from this one on, one line each. */
  eventsFrom(first: number): readonly string[] {
    return this.recorder.linesFrom(first);
  }

  traceHash(header = ""): string {
    return header === "" ? this.recorder.quickHash() : this.recorder.hash(header);
  }

  /** Saving all hosts takes long: not at every stop. */
  #disturb(): void {
    if (Math.random() < 0.2) this.cycleThroughSnapshots();
  }

  /** Saves every host and goes on with what was saved: nothing may differ afterwards. */
  cycleThroughSnapshots(): void {
    for (let id = 0; id <= this.hosts; id++) this.time.driver.request(id, [{ ask: "snapshot" }]);
  }

  protected hostId(name: string): HostId {
    const id = parseHostName(name);
    if (id === undefined || id > this.hosts) {
      throw new UsageError(`no such host: ${name} (fs, h1 to h${this.hosts})`);
    }
    return id;
  }

  protected jobOf(job: number): JobState {
    return must(this.recorder.observed.jobs[job], `job %${job}`);
  }

  /** The one it has, or is going to have. */
  protected pidOf(job: JobState): number {
    const pidKnown = ({ job, pid }: JobState): number | null => pid ?? this.recorder.bornPid(job);
    const pid = pidKnown(job);
    if (pid !== null) return pid;
    const before = Object.values(this.recorder.observed.jobs).filter(
      (other) => other.host === job.host && other.job < job.job && pidKnown(other) === null,
    ).length;
    return this.viewOf(job.host).pidNext + before;
  }
}
