// From the text of lines to their outcome: read, check (all that can be wrong with words), run.

import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { buffer as readAll } from "node:stream/consumers";
import { type Refusal, refuseMachineFile, refuseUsage } from "../exit-status.ts";
import type { Settings } from "../options.ts";
import { checkStatements, settingsOfScript, type WrongLine } from "./check.ts";
import { executeStatements } from "./execute.ts";
import { describeMistake, includer } from "./include.ts";
import { done, type Outcome, status, unreadable } from "./outcome.ts";
import { parseScript } from "./parse.ts";
import type { Mounts } from "./programs.ts";
import type { Session } from "./session.ts";
import type { Statement } from "./syntax.ts";
import type { Action } from "./verb.ts";

/** Lines whose words are all right, as far as they can be known. */
export interface PreparedLine {
  readonly text: string;
  readonly run: Action;
  readonly mounts: Mounts;
}

export type PreparedText =
  | PreparedLine
  | { readonly nothing: true }
  | { readonly wrong: string; readonly column: number | null };

/** What is typed at a terminal, or stands in an option. */
export function prepareLine(text: string, settings: Settings): PreparedText {
  const parsed = parseScript(text);
  if ("incomplete" in parsed) return parsed.incomplete;
  if ("wrong" in parsed) return parsed;
  return prepareStatements(text, parsed.statements, settings);
}

/** Before anything has happened `set hosts N` holds for the lines typed with it. */
function prepareTyped(text: string, session: Session): PreparedText {
  const parsed = parseScript(text);
  if (!session.canReboot || !("statements" in parsed)) return prepareLine(text, session.settings);
  const settings = settingsOfScript(parsed.statements, session.settings);
  return "wrong" in settings ? settings : prepareStatements(text, parsed.statements, settings);
}

export function prepareStatements(
  text: string,
  statements: readonly Statement[],
  settings: Settings,
): PreparedText {
  if (statements.length === 0) return { nothing: true };
  const from = { folder: ".", depth: 0 };
  const checked = checkStatements(statements, settings, includer({ ...from, seen: new Set() }));
  if ("wrong" in checked) {
    const { wrong, column, place } = checked;
    return { wrong: place === undefined ? wrong : `${place}: ${wrong}`, column };
  }
  const source = { file: "", include: includer({ ...from, seen: null }) };
  const run: Action = (session) => executeStatements(session, statements, source);
  return { text, run, mounts: checked.mounts };
}

/** Runs lines that have been prepared. */
export function runLine(session: Session, { run }: PreparedLine): Promise<Outcome> {
  return run(session);
}

/** Reads and runs lines, as typed at a terminal. */
export async function executeLine(session: Session, text: string): Promise<Outcome> {
  session.takeInterrupt();
  session.place = "";
  const prepared = prepareTyped(text, session);
  if ("nothing" in prepared) return done;
  if ("run" in prepared) return runLine(session, prepared);
  session.lastStatus = status.usage;
  return unreadable(describeMistake(prepared));
}

/** A file of lines that has been read and checked. */
export interface Script {
  /** As it was named; `-` is standard input. */
  readonly file: string;
  readonly text: string;
  /** What its first lines say a cluster is booted with, and what options do. */
  readonly settings: Settings;
  readonly mounts: Mounts;
  readonly run: Action;
}

/** Throws a `Refusal` for what cannot be read, or is wrong. */
export async function readScript(file: string, settings: Settings): Promise<Script> {
  return scriptOf(await readText(file), file, settings);
}

/** Throws a `Refusal` for what is wrong with the lines. */
export function scriptOf(text: string, file: string, given: Settings): Script {
  const parsed = parseScript(text);
  if (!("statements" in parsed)) {
    throw refuseLine(file, "incomplete" in parsed ? parsed.incomplete : parsed);
  }
  const { statements } = parsed;
  const from = { folder: file === "-" ? "." : dirname(file), depth: 0 };
  const settings = settingsOfScript(statements, given);
  if ("wrong" in settings) throw refuseLine(file, settings);
  const checked = checkStatements(statements, settings, includer({ ...from, seen: new Set() }));
  if ("wrong" in checked) throw refuseLine(file, checked);
  const source = { file, include: includer({ ...from, seen: null }) };
  return {
    file,
    text,
    settings,
    mounts: checked.mounts,
    run: (session) => executeStatements(session, statements, source),
  };
}

function refuseLine(file: string, mistake: WrongLine): Refusal {
  const place = mistake.place ?? `${file}:${mistake.line}`;
  return refuseUsage(`${place}: ${describeMistake(mistake)}`);
}

async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  if (isUtf8(bytes)) return bytes.toString("utf8");
  let from = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(newline, from);
    if (end < 0 || !isUtf8(bytes.subarray(from, end)))
      throw refuseUsage(`${file}:${line}: no UTF-8`);
    from = end + 1;
  }
}

const newline = 0x0a;

async function readBytes(file: string): Promise<Buffer> {
  try {
    return file === "-" ? await readAll(process.stdin) : readFileSync(file);
  } catch (error) {
    throw refuseMachineFile("read", file, error);
  }
}
