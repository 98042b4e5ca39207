// What the console server remembers of each job, as plain data.
//
//   typed ──▶ partial ──newline──▶ lines ──▶ readers, the first that asked first
//
// `lines` has whole lines (the last one may lack its newline when the input has ended).

import type { Message, PortUid } from "../ports/index.ts";

export type Stream = 0 | 1 | 2;
export type InputKind = "empty" | "file" | "pipe" | "terminal";

export interface Job {
  readonly job: number;
  readonly input: InputKind;
  /** Whether output and error are a terminal. */
  readonly terminal: boolean;
  /** Null once closed. */
  readonly ports: [PortUid | null, PortUid | null, PortUid | null];
  readonly lines: Uint8Array[];
  partial: Uint8Array;
  ended: boolean;
  /** Reads of a terminal that no line has answered. */
  readonly readers: Message[];
}

export interface ConsoleState {
  readonly jobs: Map<number, Job>;
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
