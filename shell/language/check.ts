// Finds what is wrong with lines before any of them runs: verbs, hosts and programs that are not
// there, arguments that cannot be. What varies is looked at when its turn comes.

import type { Settings } from "../options.ts";
import { bootSettings } from "../options-settings.ts";
import { optionRows } from "../options-table.ts";
import { parseCount, parseDuration, parseHost } from "../units.ts";
import { addMounts, type Mounts } from "./programs.ts";
import { checkPipeline, type Include } from "./prepare.ts";
import { constantText, type List, type Pipeline, type Statement, type Word } from "./syntax.ts";

export interface WrongLine {
  readonly wrong: string;
  readonly line: number;
  /** Null if all of the line is meant. */
  readonly column: number | null;
  /** FILE:LINE, if it stands in another file. */
  readonly place?: string;
}

/** The files of this machine that guests have to see. */
export type Checked = { readonly mounts: Mounts } | WrongLine;

export function checkStatements(
  statements: readonly Statement[],
  settings: Settings,
  include: Include,
): Checked {
  const parts = statements.flatMap(partsOf);
  let mounts: Mounts = {};
  for (const part of parts) {
    const found = "word" in part ? checkWord(part) : checkPart(part, settings, include);
    if ("wrong" in found) return { line: part.line, column: null, ...found };
    const both = addMounts(mounts, found.mounts);
    if (!both) {
      const wrong = "two files of this machine have one name in /mnt";
      return { wrong, line: part.line, column: null };
    }
    mounts = both;
  }
  return { mounts };
}

/** A pipeline, or a word before one, with its line. */
type CheckPart =
  | { readonly line: number; readonly pipeline: Pipeline; readonly background: boolean }
  | { readonly line: number; readonly word: Word; readonly is: "at" | "repeat" };

function partsOf(statement: Statement): readonly CheckPart[] {
  const { line } = statement.place;
  switch (statement.is) {
    case "run": {
      const { at, list, background } = statement;
      const time: readonly CheckPart[] = at === null ? [] : [{ line, word: at, is: "at" }];
      return [...time, ...pipelinesOf(list, line, background)];
    }
    case "if": {
      const { condition, then, otherwise } = statement;
      return [...pipelinesOf(condition, line, false), ...[...then, ...otherwise].flatMap(partsOf)];
    }
    case "repeat":
      return [{ line, word: statement.count, is: "repeat" }, ...statement.body.flatMap(partsOf)];
  }
}

function pipelinesOf({ first, rest }: List, line: number, background: boolean): CheckPart[] {
  return [first, ...rest.map(({ pipeline }) => pipeline)].map((pipeline) => ({
    line,
    pipeline,
    background,
  }));
}

type Found =
  | { readonly mounts: Mounts }
  | { readonly wrong: string; readonly column?: number; readonly place?: string };

function checkPart(
  { pipeline, background }: Extract<CheckPart, { readonly pipeline: Pipeline }>,
  settings: Settings,
  include: Include,
): Found {
  const prepared = checkPipeline(pipeline, { settings, background, include });
  return "wrong" in prepared ? prepared : { mounts: prepared.mounts ?? {} };
}

function checkWord({ word, is }: Extract<CheckPart, { readonly word: Word }>): Found {
  const text = constantText(word);
  if (text === undefined) return { mounts: {} };
  const { column } = word;
  if (is === "at") {
    const time = parseDuration(text);
    if ("value" in time) return { mounts: {} };
    return { wrong: `expected a TIME after "at": ${time.wrong}, got "${text}"`, column };
  }
  const rounds = parseCount(text, { min: 0, max: roundsMax });
  if ("value" in rounds) return { mounts: {} };
  return { wrong: `repeat: expected ${rounds.wrong}, got "${text}"`, column };
}

export const roundsMax = 1_000_000_000;

/** The settings after the first lines of a script, as long as they are `set`. */
export function settingsOfScript(
  statements: readonly Statement[],
  settings: Settings,
): Settings | WrongLine {
  let result = settings;
  for (const statement of statements) {
    const set = setting(statement);
    if (!set) break;
    const row = optionRows.find(({ name }) => name === set.name);
    if (!row || !bootSettings.includes(set.name)) continue;
    const read = row.set(result, set.value);
    if ("wrong" in read) {
      const wrong = `set: ${set.name}: expected ${read.wrong}, got "${set.value}"`;
      return { wrong, line: statement.place.line, column: null };
    }
    result = read.value;
  }
  return "wrong" in parseHost(result.on, result.hosts) ? { ...result, on: "h1" } : result;
}

/** The words of a `set NAME VALUE` that nothing stands around. */
function setting(
  statement: Statement,
): { readonly name: string; readonly value: string } | undefined {
  if (statement.is !== "run" || statement.at !== null || statement.background) return undefined;
  const { first, rest } = statement.list;
  const [command, ...more] = first;
  if (!command || more.length > 0 || rest.length > 0) return undefined;
  const [verb, name, value] = command.words.map(constantText);
  if (verb !== "set") return undefined;
  return { name: name ?? "", value: value ?? "" };
}
