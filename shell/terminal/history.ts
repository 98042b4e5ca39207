// Lines of earlier sessions: one row each in a file that is only ever appended to.
//
//   $SOJOURN_HISTORY, else $XDG_STATE_HOME/sojourn/history, else ~/.local/state/sojourn/history
//
// A newline within a line is written `\n`, a backslash `\\`. Two sessions at once append to the same
// file, each row in one piece. A file that has grown to twice what is kept is cut at the next start.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { codeOf, refuseMachineFile } from "../exit-status.ts";

/** Lines that are kept. */
export const historyMax = 2_000;

export interface History {
  readonly lines: readonly string[];
  /** Remembers a line that was accepted. */
  add(line: string): void;
}

/** Undefined: none is to be kept. */
export function historyPath(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const own = env["SOJOURN_HISTORY"];
  if (own !== undefined) return own === "" ? undefined : own;
  const { XDG_STATE_HOME: state, HOME: home } = env;
  if (state !== undefined && state.startsWith("/")) return join(state, "sojourn/history");
  return home ? join(home, ".local/state/sojourn/history") : undefined;
}

/** `warn` is called once at most, with a sentence: without its file, history lasts for the session. */
export function openHistory(path: string | undefined, warn: (line: string) => void): History {
  let file = path;
  const give = (doing: string, error: unknown): void => {
    if (file !== undefined) {
      const { message } = refuseMachineFile(doing, file, error);
      warn(`history is not kept: ${message}`);
    }
    file = undefined;
  };
  let lines = read(file, give);
  return {
    get lines() {
      return lines;
    },
    add: (line) => {
      if (!isKept(line) || line === lines.at(-1)) return;
      lines = [...lines, line].slice(-historyMax);
      if (file === undefined) return;
      try {
        makeFolder(dirname(file));
        appendFileSync(file, `${printRow(line)}\n`, { mode: 0o600 });
      } catch (error) {
        give("write", error);
      }
    },
  };
}

/** Node's own way to make parents never ends where the system denies that they are missing. */
function makeFolder(path: string, levels = 4): void {
  if (existsSync(path)) return;
  if (levels > 0) makeFolder(dirname(path), levels - 1);
  mkdirSync(path, { mode: 0o700 });
}

/** A line that begins with a blank is not for history. */
function isKept(line: string): boolean {
  return line.trim() !== "" && !/^\s/.test(line);
}

function read(
  path: string | undefined,
  fail: (doing: string, error: unknown) => void,
): readonly string[] {
  if (path === undefined) return [];
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) !== "ENOENT") fail("read", error);
    return [];
  }
  const rows = text.split("\n").filter((row) => row !== "");
  if (rows.length > 2 * historyMax) shorten(path, rows.slice(-historyMax));
  return rows.slice(-historyMax).map(parseRow);
}

/** In one step: whoever reads sees the old file or the new one. */
function shorten(path: string, rows: readonly string[]): void {
  const next = `${path}.${process.pid}`;
  try {
    writeFileSync(next, rows.map((row) => `${row}\n`).join(""), { mode: 0o600 });
    renameSync(next, path);
  } catch {
    // It stays long; the next session tries again.
    rmSync(next, { force: true });
  }
}

export function printRow(line: string): string {
  return line.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}

export function parseRow(row: string): string {
  const marks: Readonly<Record<string, string>> = { n: "\n", r: "\r", "\\": "\\" };
  return row.replace(/\\(.)/g, (whole, mark: string) => marks[mark] ?? whole);
}
