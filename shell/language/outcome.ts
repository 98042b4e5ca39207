// How a line ended: what scripts judge and what the next line is told.

export type Outcome =
  /** Carried out. The status is the program's for a line that waited for one, else 0. */
  | { readonly at: "done"; readonly status: number }
  /** Refused, or not as expected. */
  | Failure
  /** The session is to be left. */
  | { readonly at: "leave"; readonly status: number };

export interface Failure {
  readonly at: "failed";
  readonly status: number;
  readonly expected: string;
  readonly got: string;
  /** FILE:LINE of the line; none at a terminal. */
  readonly place?: string;
}

/** A line that has been carried out, for those who report about each. */
export interface LineDone {
  readonly text: string;
  /** FILE:LINE */
  readonly place: string;
  readonly outcome: Outcome;
  readonly fromNs: number;
  readonly untilNs: number;
}

/** The statuses of our own that lines end with, as the command line documents them. */
export const status = {
  failed: 1,
  usage: 64,
  file: 74,
  deadlock: 75,
  limit: 124,
  interrupted: 130,
} as const;

export const done: Outcome = { at: "done", status: 0 };

export function failed(expected: string, got: string, code: number = status.failed): Failure {
  return { at: "failed", status: code, expected, got };
}

const readable = "a line that can be read";

/** A line that cannot be read: nothing has happened. */
export function unreadable(wrong: string): Failure {
  return failed(readable, wrong, status.usage);
}

/** One line for a person. A line that cannot be read is told what is wrong with it, no more. */
export function describeFailure({ expected, got }: Failure): string {
  return expected === readable ? got : `expected ${expected}, got ${got}`;
}

/** What no `||`, `&&` or `if` takes for an answer: the lines after it do not run. */
export function endsAll({ expected, status: code }: Failure): boolean {
  return expected === readable || code === status.interrupted || code === status.limit;
}
