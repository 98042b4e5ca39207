// `source FILE`: the lines of another file, looked at with the line that sources it.

import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { Refusal, refuseMachineFile } from "../exit-status.ts";
import { checkStatements } from "./check.ts";
import { executeStatements } from "./execute.ts";
import { done, failed, status } from "./outcome.ts";
import { parseScript } from "./parse.ts";
import type { Include } from "./prepare.ts";
import type { Statement } from "./syntax.ts";
import type { Prepared } from "./verb.ts";

/** Files that source each other have to end somewhere. */
const depthMax = 20;

export interface From {
  /** The folder of the file whose lines source others. */
  readonly folder: string;
  readonly depth: number;
  /** Files that have been looked at, while nothing runs yet; null when it does. */
  readonly seen: Set<string> | null;
}

export function includer({ folder, depth, seen }: From): Include {
  return (path, settings) => {
    const name = isAbsolute(path) ? path : join(folder, path);
    if (seen?.has(name)) return { run: () => Promise.resolve(done) };
    if (depth >= depthMax) {
      return { wrong: `${name}: files source each other more than ${depthMax} deep` };
    }
    seen?.add(name);
    const read = readLines(name);
    if ("wrong" in read || "run" in read) return read;
    const inner = { folder: dirname(name), depth: depth + 1 };
    const checked = checkStatements(
      read.statements,
      settings,
      includer({ ...inner, seen: seen ?? new Set([name]) }),
    );
    if ("wrong" in checked) {
      const { wrong, line, column, place = `${name}:${line}` } = checked;
      return { wrong: describeMistake({ wrong, column }), place };
    }
    return {
      mounts: checked.mounts,
      run: async (session) => {
        const { place } = session;
        const include = includer({ ...inner, seen: null });
        const outcome = await executeStatements(session, read.statements, { file: name, include });
        session.place = place;
        return outcome;
      },
    };
  };
}

/** A file that is not there fails when its turn has come: a line before it may make it. */
function readLines(name: string): Prepared | { readonly statements: readonly Statement[] } {
  try {
    const parsed = parseScript(readFileSync(name, "utf8"));
    if ("statements" in parsed) return parsed;
    const mistake = "incomplete" in parsed ? parsed.incomplete : parsed;
    return { wrong: describeMistake(mistake), place: `${name}:${mistake.line}` };
  } catch (error) {
    const refusal = error instanceof Refusal ? error : refuseMachineFile("read", name, error);
    return { run: () => Promise.resolve(failed("a file of lines", refusal.message, status.file)) };
  }
}

/** What is wrong with a line, and where in it. */
export function describeMistake(mistake: {
  readonly wrong: string;
  readonly column: number | null;
}): string {
  return mistake.column === null ? mistake.wrong : `${mistake.wrong} (column ${mistake.column})`;
}
