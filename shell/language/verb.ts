// What a verb is: a row of the table that drives the command line, lines, scripts, completion, help
// and docs/shell.md.

import type { Parsed } from "../units.ts";
import type { Settings } from "../options.ts";
import type { Kind, Scope } from "./arguments.ts";
import type { Outcome } from "./outcome.ts";
import type { Mounts } from "./programs.ts";
import type { Session } from "./session.ts";

/** A verb's words, and what stood around them. */
export interface Call {
  readonly args: readonly string[];
  readonly on: string | null;
  readonly background: boolean;
  readonly scope: Scope;
  readonly settings: Settings;
  /** Reads the lines of a file, named as the line's own file names it, for `source`. */
  readonly include: (path: string) => Prepared;
}

export type Action = (session: Session) => Promise<Outcome>;

/** A line that has been read whole: nothing can be wrong with its words any more. */
export interface Ready {
  readonly run: Action;
  /** Files of this machine that guests have to see. */
  readonly mounts?: Mounts;
}

/** `place`: FILE:LINE, if what is wrong stands in another file than the line. */
export type Prepared = Ready | { readonly wrong: string; readonly place?: string };

/** An option of a verb, for completion and help. A verb that takes options of `run` says so. */
export interface VerbOption {
  readonly name: string;
  /** What its value is; null for a flag. */
  readonly value: Kind<unknown> | null;
  readonly help: string;
}

export interface Verb {
  readonly name: string;
  readonly usage: string;
  /** One line. */
  readonly help: string;
  readonly examples: readonly string[];
  /** What `help VERB` says beyond the line. */
  readonly more?: readonly string[];
  /** What stands where, for completion; the last one may stand more than once. */
  readonly words?: readonly Kind<unknown>[];
  readonly options?: readonly VerbOption[];
  /** The group in `help` and docs/shell.md. */
  readonly topic: Topic;
  /** Whether `&` may follow. */
  readonly background?: true;
  /** Whether `@HOST` may come before. */
  readonly on?: true;
  /** As a line of the shell and of scripts. */
  readonly prepare?: (call: Call) => Prepared;
  /** As `sojourn VERB WORD…`: returns the exit status. Throws a `Refusal`. */
  readonly command?: (words: readonly string[]) => Promise<number>;
}

/** In the order in which they stand in help and docs/shell.md. */
export const topics = {
  programs: "Programs and jobs",
  look: "Looking",
  world: "Breaking and mending",
  time: "Time",
  ports: "Ports and messages",
  script: "Scripts and settings",
  record: "Recordings and traces",
  tools: "Experiments",
} as const;

export type Topic = keyof typeof topics;

export const topicNames: readonly Topic[] = Object.keys(topics) as Topic[];

/** Prepares with arguments that have been read, or passes on what is wrong with them. */
export function withArguments<Value>(
  read: Parsed<Value>,
  action: (value: Value) => Action,
): Prepared {
  return "wrong" in read ? read : { run: action(read.value) };
}
