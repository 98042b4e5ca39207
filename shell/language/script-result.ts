// How a file of lines ended, for those who report: standard error, TAP, JUnit.

import type { LineDone } from "./outcome.ts";

export interface ScriptResult {
  readonly file: string;
  readonly status: number;
  /** What the line that failed expected and got, and where it stands. */
  readonly failure: {
    readonly expected: string;
    readonly got: string;
    /** FILE:LINE, or FILE:end */
    readonly place: string;
  } | null;
  /** The line that runs the file again, if there is one. */
  readonly again: string | null;
  readonly lines: readonly LineDone[];
  readonly virtualNs: number;
}
