// What comes out of the hosts, put in order: the merged trace and what is observed from it.
//
// Records of each host come in order; records of different hosts are merged by (time, host,
// number) once no host can emit an earlier one any more.

import { createHash, type Hash } from "node:crypto";
import type { ControlEvent } from "./observe-agent.ts";
import { observe } from "./observe.ts";
import { type JobState, nothingObserved, type Observed } from "./observed.ts";
import { type TraceLevel, traceOrder, type TraceRecord } from "./trace.ts";

export class Recorder {
  readonly #keeps: boolean;
  #pending: TraceRecord[] = [];
  readonly #lines: string[] = [];
  readonly #hash: Hash = createHash("sha256");
  observed: Observed = nothingObserved;

  constructor(level: TraceLevel) {
    this.#keeps = level !== "control";
  }

  /** A job that the operator has ordered; hosts have not heard of it yet. */
  addJob(job: JobState): void {
    const { observed } = this;
    this.observed = { ...observed, jobs: { ...observed.jobs, [job.job]: job } };
  }

  add(record: TraceRecord): void {
    this.#pending.push(record);
  }

  /** Everything that happened before `floor` is known: it is merged and looked at. */
  settle(floor: number): void {
    const ready: TraceRecord[] = [];
    const later: TraceRecord[] = [];
    for (const record of this.#pending) (record.at < floor ? ready : later).push(record);
    this.#pending = later;
    ready.sort(traceOrder);
    for (const record of ready) {
      if (this.#keeps) {
        this.#lines.push(record.text);
        this.#hash.update(record.text).update("\n");
      }
      if (!record.control) continue;
      this.observed = observe(this.observed, JSON.parse(record.text) as ControlEvent);
    }
  }

  /** The time of the first event that a condition may wait for and that is not settled yet. */
  firstPending(name: string): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { at, control, text } of this.#pending) {
      if (control || (name !== "" && text.includes(markOf(name)))) first = Math.min(first, at);
    }
    return first;
  }

  /** The time of the first event that is not settled yet. */
  get pendingFrom(): number {
    return this.#pending.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
  }

  /** The pid of a job whose birth is not settled yet. */
  bornPid(job: number): number | null {
    for (const { control, text } of this.#pending) {
      if (!control || !text.includes(markOf("task.born"))) continue;
      const event = JSON.parse(text) as ControlEvent;
      if (event["job"] === job && event["parent"] === undefined) return Number(event["pid"]);
    }
    return null;
  }

  /** Whether an event of that name has been kept at or after line `from`. */
  findEvent(name: string, from: number): number | undefined {
    const mark = markOf(name);
    for (let line = from; line < this.#lines.length; line++) {
      const text = this.#lines[line] as string;
      if (text.includes(mark)) return (JSON.parse(text) as ControlEvent).at;
    }
    return undefined;
  }

  get lineCount(): number {
    return this.#lines.length;
  }

  /** The lines from that one on. */
  linesFrom(from: number): readonly string[] {
    return this.#lines.slice(from);
  }

  lines(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  /** SHA-256 of the lines so far, after `header`. */
  hash(header: string): string {
    const hash = createHash("sha256").update(header);
    for (const line of this.#lines) hash.update(line).update("\n");
    return hash.digest("hex");
  }

  quickHash(): string {
    return this.#hash.copy().digest("hex");
  }
}

/** How an event of that name can be told from its line. */
function markOf(name: string): string {
  return `"event":"${name}"`;
}
