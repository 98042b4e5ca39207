// From the text of a line to its outcome: read, prepare (all that can be wrong with words), run.

import { UsageError } from "../../cluster/index.ts";
import type { Settings } from "../options.ts";
import { type Line, parseLine } from "./parse.ts";
import { done, failed, type Failure, type Outcome, status } from "./outcome.ts";
import { parseHost } from "../units.ts";
import type { Mounts } from "./programs.ts";
import type { Session } from "./session.ts";
import type { Action, Call, Prepared } from "./verb.ts";
import { findVerb, verbNames } from "./verbs.ts";
import { prepareProgram } from "./verbs-jobs.ts";
import { runToTime } from "./verbs-time.ts";

/** A line whose words are all right. */
export interface PreparedLine {
  readonly text: string;
  readonly run: Action;
  readonly mounts: Mounts;
}

export type PreparedText =
  | PreparedLine
  | { readonly nothing: true }
  | { readonly wrong: string; readonly column: number | null };

export function prepareLine(text: string, settings: Settings): PreparedText {
  const parsed = parseLine(text);
  if (!("line" in parsed)) return parsed;
  const { line } = parsed;
  const prepared = prepareCommand(line, settings);
  if ("wrong" in prepared) return { wrong: prepared.wrong, column: null };
  const { run, mounts } = prepared;
  return { text, run: line.at === null ? run : after(line.at, run), mounts: mounts ?? {} };
}

function prepareCommand({ words, on, background }: Line, settings: Settings): Prepared {
  const [name = "", ...args] = words;
  if (on !== null) {
    const host = parseHost(on, settings.hosts);
    if ("wrong" in host || host.value === "fs") {
      return { wrong: `expected @HOST: h1 to h${settings.hosts}, got "@${on}"` };
    }
  }
  const verb = findVerb(name);
  if (!verb?.prepare) {
    const host = { ...settings, on: on ?? settings.on };
    return prepareProgram(words, host, background, verbNames());
  }
  if (background && !verb.background) return { wrong: `"&" has no meaning after ${name}` };
  if (on !== null && !verb.on) return { wrong: `"@HOST" goes before programs, not before ${name}` };
  const call: Call = { args, on, background, scope: { hosts: settings.hosts }, settings };
  const prepared = verb.prepare(call);
  if (!("wrong" in prepared)) return prepared;
  return { wrong: `${name}: ${prepared.wrong} (usage: ${verb.usage})` };
}

/** `at TIME COMMAND`: the gap before it passes first. */
function after(time: number, run: Action): Action {
  return async (session) => {
    const came = await runToTime(session, time);
    return came.at === "done" ? run(session) : came;
  };
}

/** Runs a line. What cannot be, although its words are right, is a failure of the line. */
export async function runLine(session: Session, line: PreparedLine): Promise<Outcome> {
  const outcome = await line.run(session).catch((error: unknown) => {
    if (error instanceof UsageError) return failed("a line that can be", error.message);
    throw error;
  });
  session.lastStatus = outcome.status;
  return outcome;
}

const unreadable = "a line that can be read";

/** Reads and runs one line. */
export async function executeLine(session: Session, text: string): Promise<Outcome> {
  const prepared = prepareLine(text, session.settings);
  if ("nothing" in prepared) return done;
  if ("run" in prepared) return runLine(session, prepared);
  session.lastStatus = status.usage;
  return failed(unreadable, describeMistake(prepared), status.usage);
}

/** One line for a person. A line that cannot be read is told what is wrong with it, no more. */
export function describeFailure({ expected, got }: Failure): string {
  return expected === unreadable ? got : `expected ${expected}, got ${got}`;
}

/** What is wrong with a line, and where in it. */
export function describeMistake(mistake: {
  readonly wrong: string;
  readonly column: number | null;
}): string {
  return mistake.column === null ? mistake.wrong : `${mistake.wrong} (column ${mistake.column})`;
}
