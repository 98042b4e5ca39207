// What a story is made of. Everything in it is said by the numbers of events: the first is 0.

import type { TraceEvent } from "./event.ts";

export interface Message {
  /** Its event of sending; the receiving one, or null if the trace has none. */
  readonly from: number;
  to: number | null;
  /** On its way: refused, sent again, relayed. */
  readonly steps: number[];
  /** `files.open`; for messages of threads `message`. */
  readonly op: string;
  readonly id: string;
  /** Whose message it is; 0 if that cannot be told. */
  pid: number;
}

/** The events of a message in order, as far as there are any. */
export function pathOf({ from, steps, to }: Message): readonly number[] {
  return to === null ? [from, ...steps] : [from, ...steps, to];
}

/** Whether a message never left its host. */
export function isLocal({ events }: Story, message: Message): boolean {
  const host = events[message.from]?.host;
  return message.to !== null && pathOf(message).every((index) => events[index]?.host === host);
}

export type Doing = "runs" | "waits" | "page" | "stopped" | "frozen";

export interface Span {
  readonly doing: Doing;
  readonly from: number;
  to: number;
}

/** A task on one host: from one event to another. */
export interface Stay {
  readonly host: string;
  readonly from: number;
  /** The last event of the trace, if it never ended. */
  to: number;
  end: "open" | "moved" | "exit" | "lost";
  readonly spans: Span[];
}

export interface TaskStory {
  readonly pid: number;
  job: number | null;
  program: string;
  readonly stays: Stay[];
}

export interface MoveStory {
  readonly move: string;
  readonly pid: number;
  readonly from: string;
  readonly to: string;
  /** The events `migrate.freeze` and `migrate.activate`. */
  readonly frozen: number;
  readonly active: number;
  readonly strategy: string;
}

/** A host that is down, or stands still. */
export interface Outage {
  readonly host: string;
  readonly what: "down" | "paused";
  readonly from: number;
  to: number;
}

export interface Story {
  readonly events: readonly TraceEvent[];
  /** All hosts that have an event; `fs` first. */
  readonly hosts: readonly string[];
  readonly tasks: readonly TaskStory[];
  readonly messages: readonly Message[];
  readonly moves: readonly MoveStory[];
  readonly outages: readonly Outage[];
  /** For each event the task that it is about, or 0. */
  readonly pids: readonly number[];
}
