// What a verb is: a row of the table that drives lines, scripts, the command line and help.

import type { Parsed } from "../units.ts";
import type { Settings } from "../options.ts";
import type { Scope } from "./arguments.ts";
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
}

export type Action = (session: Session) => Promise<Outcome>;

/** A line that has been read whole: nothing can be wrong with its words any more. */
export interface Ready {
  readonly run: Action;
  /** Files of this machine that guests have to see. */
  readonly mounts?: Mounts;
}

export type Prepared = Ready | { readonly wrong: string };

export interface Verb {
  readonly name: string;
  readonly usage: string;
  /** One line. */
  readonly help: string;
  readonly examples: readonly string[];
  /** What `help VERB` says beyond the line. */
  readonly more?: readonly string[];
  /** Whether `&` may follow. */
  readonly background?: true;
  /** Whether `@HOST` may come before. */
  readonly on?: true;
  readonly prepare: (call: Call) => Prepared;
}

/** Prepares with arguments that have been read, or passes on what is wrong with them. */
export function withArguments<Value>(
  read: Parsed<Value>,
  action: (value: Value) => Action,
): Prepared {
  return "wrong" in read ? read : { run: action(read.value) };
}
