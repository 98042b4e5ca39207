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
