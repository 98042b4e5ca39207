// Goal: patterns name the files that they name in sh, in the order of the names' bytes.
// Method: the regular expression that says the same, on random names; sh itself on random patterns
// in a folder of this machine, all in one call.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fc, testProp } from "@fast-check/ava";
import test from "ava";
import { findFiles } from "../../shell/language/expand-files.ts";
import { matches, patternOf, type Piece } from "../../shell/language/glob.ts";
import { parseScript } from "../../shell/language/parse.ts";

test("glob: a long pattern of stars: is matched in a moment", (t) => {
  const pattern = patternOf(
    Array.from("*a".repeat(1000)).map((text) => ({ text, glob: text === "*" })),
  );
  t.true(matches(pattern, "a".repeat(5000)));
  t.false(matches(pattern, `${"a".repeat(5000)}b`));
});

// Patterns against the regular expression that says the same.

const member = fc.constantFrom("a", "b", "c", "d", "*", ".", "é");
const piece = fc.oneof(
  fc.record({ text: fc.constantFrom(...Array.from("abcd.*é😀")), glob: fc.constant(false) }),
  fc.record({ text: fc.constantFrom("*", "?"), glob: fc.constant(true) }),
  fc.record({
    text: fc
      .tuple(
        fc.constantFrom("[", "[!"),
        fc.array(fc.oneof(member, fc.constantFrom("a-c", "b-d", "]"))),
      )
      .map(([start, members]) => `${start}${[...members].sort().toReversed().join("")}x]`),
    glob: fc.constant(true),
  }),
);
const fileName = fc.string({
  unit: fc.constantFrom(...Array.from("abcdx.*]-é😀")),
  minLength: 1,
  maxLength: 8,
});

function regularExpression(pieces: readonly { text: string; glob: boolean }[]): RegExp {
  const parts = pieces.map(({ text, glob }) => {
    if (!glob) return text.replace(/[.*]/, "\\$&");
    if (text === "*") return ".*";
    if (text === "?") return ".";
    const not = text.startsWith("[!");
    return `[${not ? "^" : ""}${text.slice(not ? 2 : 1, -1).replaceAll("]", "\\]")}]`;
  });
  const dot = pieces[0]?.glob === false && pieces[0].text === "." ? "" : "(?!\\.)";
  return new RegExp(`^${dot}${parts.join("")}$`, "u");
}

testProp(
  "glob: random patterns: match the names that their regular expression matches",
  [fc.array(piece, { minLength: 1, maxLength: 6 }), fileName],
  (t, pieces, name) => {
    t.is(matches(patternOf(pieces), name), regularExpression(pieces).test(name));
  },
  { numRuns: 3000 },
);

// sh itself.

const paths = [
  "a/b",
  "a/.b",
  "ab/a",
  "b/a/c",
  "b/a/[",
  "b/a/*",
  "b/.x",
  ".h/a",
  "c/-",
  "c/!",
  "c/]",
];
const names = ["aa", "]", "-", "a-", "!", "A", "\\", "a b"];

const typed = fc
  .array(
    fc.oneof(
      fc.constantFrom("a", "b", "c", ".", "/", "*", "?", "[a-c]", "[!a]", "[!.]", "[]]", "[", "]"),
      fc.constantFrom("'*'", "\\*", "-", "!", "''", "./", "[a", "[!]", "A", "\\\\", "x", "[a-]"),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((units) => units.join(""))
  .filter((line) => !differs.test(line) && piecesOf(line) !== null);

/** The root, slashes in a row, and dots at the start: many a shell finds "." and ".." by `.*`. */
const differs = /^'*\/|\/('')*\/|(^|\/)'*\.(?!\/)/;

/** Null unless it is one word. */
function piecesOf(line: string): readonly Piece[] | null {
  const parsed = parseScript(`echo ${line}`);
  const [statement] = "statements" in parsed ? parsed.statements : [];
  const words = statement?.is === "run" ? statement.list.first[0]?.words : undefined;
  const parts = words?.length === 2 ? words[1]?.parts : undefined;
  return (
    parts?.map((part) => {
      return { text: part.is === "variable" ? "" : part.text, glob: part.is === "glob" };
    }) ?? null
  );
}

test("glob: random patterns in a folder: name the files that they name to sh", (t) => {
  const root = mkdtempSync(join(tmpdir(), "sojourn-glob-"));
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const path of [...paths, ...names]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "");
  }
  const lines = fc.sample(typed, 1000);
  const all = shFiles(root, lines);
  t.is(all.length, lines.length);
  for (const [index, expected] of all.entries()) {
    const line = lines[index] ?? "";
    const found = findFiles(piecesOf(line) ?? [], (folder) => listing(join(root, folder)));
    t.deepEqual(found, expected, line);
  }
});

function listing(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder);
  } catch {
    return null;
  }
}

function shFiles(root: string, lines: readonly string[]): readonly (readonly string[])[] {
  const show = `f() { printf '%s\\0' "$@" //; }`;
  const input = `${[show, ...lines.map((line) => `f ${line}`)].join("\n")}\n`;
  const env = { LC_ALL: "C" };
  const { stdout, stderr } = spawnSync("/bin/sh", { input, cwd: root, encoding: "utf8", env });
  if (stderr !== "") throw new Error(stderr);
  const outputs = stdout.split("\0//\0").slice(0, -1);
  return outputs.map((output) => output.split("\0"));
}
