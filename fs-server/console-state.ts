// What the console server remembers of each job, as plain data.
//
//   typed ──▶ partial ──newline──▶ lines ──▶ readers, the first that asked first
//
// `lines` has whole lines; one may lack its newline, or be empty, when it was handed over early or
// the input has ended. The operator's commands reach this host at once, a job's attach takes its
// time: what was typed meanwhile is kept for it, as a terminal keeps what is typed ahead.

import type { Message, PortUid } from "../ports/index.ts";

export type Stream = 0 | 1 | 2;
export type InputKind = "empty" | "file" | "pipe" | "terminal";

export interface Job {
  readonly job: number;
  readonly input: InputKind;
  /** Whether output and error are a terminal. */
  readonly terminal: boolean;
  /** Whether it has its terminal: it may read it. */
  foreground: boolean;
  /** How many tasks have each of the streams: each closes it once. */
  readonly holders: [number, number, number];
  /** Null once closed. */
  readonly ports: [PortUid | null, PortUid | null, PortUid | null];
  readonly lines: Uint8Array[];
  partial: Uint8Array;
  ended: boolean;
  /** Reads of a terminal that no line has answered. */
  readonly readers: Message[];
}

/** What the operator did with a job that has not attached its streams yet, in order. */
export interface Early {
  readonly typed: Typed[];
  /** Undefined: as it was started. */
  foreground: boolean | undefined;
}

export interface Typed {
  readonly bytes: Uint8Array;
  readonly flush: boolean;
  readonly end: boolean;
}

export interface ConsoleState {
  readonly jobs: Map<number, Job>;
  readonly early: Map<number, Early>;
  /** Jobs that have closed all their streams: nothing is early for them. */
  readonly ended: Set<number>;
}

/** The tag of a job's port: `3:0` is the standard input of job 3. */
export function streamTag(job: number, stream: Stream): string {
  return `${job}:${stream}`;
}

export function parseStreamTag(
  tag: string,
): { readonly job: number; readonly stream: Stream } | undefined {
  const match = /^([0-9]+):([012])$/.exec(tag);
  return match ? { job: Number(match[1]), stream: Number(match[2]) as Stream } : undefined;
}
