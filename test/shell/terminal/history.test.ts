// Goal: lines of earlier sessions come back, whoever else writes the file, and whatever goes wrong with it.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fc, testProp } from "@fast-check/ava";
import test from "ava";
import type { ExecutionContext } from "ava";
import {
  historyMax,
  historyPath,
  openHistory,
  parseRow,
  printRow,
} from "../../../shell/terminal/history.ts";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), "sojourn-history-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function noWarning(line: string): void {
  throw new Error(line);
}

test("history: where it is kept: by our variable, by the state folder, at home, or nowhere", (t) => {
  t.is(historyPath({ SOJOURN_HISTORY: "/x/h", HOME: "/me" }), "/x/h");
  t.is(historyPath({ SOJOURN_HISTORY: "", HOME: "/me" }), undefined);
  t.is(historyPath({ XDG_STATE_HOME: "/state", HOME: "/me" }), "/state/sojourn/history");
  t.is(
    historyPath({ XDG_STATE_HOME: "relative", HOME: "/me" }),
    "/me/.local/state/sojourn/history",
  );
  t.is(historyPath({ HOME: "/me" }), "/me/.local/state/sojourn/history");
  t.is(historyPath({}), undefined);
});

test("history: lines: kept for the next session, doubles in a row once, blanks in front not", (t) => {
  const path = join(folder(t), "deep/er/history");
  const first = openHistory(path, noWarning);
  for (const line of ["ps", "ps", " secret", "", "  ", "repeat 2\n ps\nend", "ps"]) first.add(line);
  t.deepEqual(first.lines, ["ps", "repeat 2\n ps\nend", "ps"]);
  t.deepEqual(openHistory(path, noWarning).lines, first.lines);
  t.is(statSync(path).mode & 0o777, 0o600);
});

test("history: two sessions at once: both are kept", (t) => {
  const path = join(folder(t), "history");
  const [one, other] = [openHistory(path, noWarning), openHistory(path, noWarning)];
  one.add("count 1");
  other.add("count 2");
  one.add("count 3");
  t.deepEqual(openHistory(path, noWarning).lines, ["count 1", "count 2", "count 3"]);
});

test("history: a file that has grown: the last lines stay, and it is cut", (t) => {
  const path = join(folder(t), "history");
  const rows = Array.from({ length: 2 * historyMax + 1 }, (_, index) => `count ${index}\n`);
  writeFileSync(path, rows.join(""));
  const { lines } = openHistory(path, noWarning);
  t.is(lines.length, historyMax);
  t.is(lines.at(-1), `count ${2 * historyMax}`);
  t.is(readFileSync(path, "utf8").split("\n").length - 1, historyMax);
});

test("history: none wanted: lines last for the session", (t) => {
  const history = openHistory(undefined, noWarning);
  history.add("ps");
  t.deepEqual(history.lines, ["ps"]);
});

test("history: a file that cannot be written: one warning, and on it goes", (t) => {
  const path = folder(t);
  const warnings: string[] = [];
  const history = openHistory(path, (line) => warnings.push(line));
  history.add("ps");
  history.add("hosts");
  t.deepEqual(history.lines, ["ps", "hosts"]);
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? "", /history is not kept: cannot read .*: it is a folder/);
  mkdirSync(join(path, "sub"));
  chmodSync(join(path, "sub"), 0o500);
  writeFileSync(join(path, "file"), "");
  openHistory(join(path, "file/history"), (line) => warnings.push(line)).add("ps");
  t.is(warnings.length, 2);
  t.false(existsSync(join(path, "file/history")));
});

testProp("history: any line: one row, which reads back as the line", [fc.string()], (t, line) => {
  const row = printRow(line);
  t.false(/[\n\r]/.test(row));
  t.is(parseRow(row), line);
});
