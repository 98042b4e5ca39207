// Goal: the line stands on the screen where the terminal thinks it does, at any width.
// Method: rows are compared with the text that made them; a screen of cells reads what is painted.

import { fc, testProp } from "@fast-check/ava";
import test from "ava";
import { createEditor, type Editor } from "../../../shell/terminal/editor.ts";
import { putText } from "../../../shell/terminal/editor-state.ts";
import { inColumns, layout } from "../../../shell/terminal/layout.ts";
import { clustersOf, cutText, widthOfText } from "../../../shell/terminal/width.ts";
import { typeKeys } from "./keys.ts";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });

function lineOf(text: string, place: number = text.length): Editor {
  return putText(createEditor([]), text, place);
}

test("layout: a line shorter than the screen: one row, the cursor behind it", (t) => {
  t.deepEqual(layout(lineOf("ps"), "> ", 10), {
    rows: [{ text: "> ps", full: false }],
    row: 0,
    column: 4,
  });
});

test("layout: a line that fills its row: the cursor is in the next", (t) => {
  const { rows, row, column } = layout(lineOf("12345678"), "> ", 10);
  t.deepEqual(rows, [
    { text: "> 12345678", full: true },
    { text: "", full: false },
  ]);
  t.deepEqual([row, column], [1, 0]);
});

test("layout: wide characters: none is cut by the margin", (t) => {
  const { rows, row, column } = layout(lineOf("a你好"), "> ", 6);
  t.deepEqual(
    rows.map(({ text }) => text),
    ["> a你", "好"],
  );
  t.deepEqual([row, column], [1, 2]);
});

test("layout: several lines: each has the second prompt, the cursor is in its own", (t) => {
  const { rows, row, column } = layout(lineOf("if a\nps\nend", 6), "h1> ", 20);
  t.deepEqual(
    rows.map(({ text }) => text),
    ["h1> if a", "> ps", "> end"],
  );
  t.deepEqual([row, column], [1, 3]);
});

test("layout: what would move the cursor is written out", (t) => {
  t.is(layout(lineOf("a\x1bb\tc\x7f"), "", 20).rows[0]?.text, "a^[b  c^?");
});

test("layout: a search: its own prompt, which says when nothing was found", (t) => {
  const history = ["count 1"];
  const found = typeKeys("<C-r>co", { history }).editor;
  t.is(layout(found, "h1> ", 60).rows[0]?.text, "(reverse-i-search)'co': count 1");
  const newer = typeKeys("<C-s>zz", { history }).editor;
  t.is(layout(newer, "h1> ", 60).rows[0]?.text, "(failed i-search)'zz': ");
});

test("width: letters 1, combining marks 0, East Asian and pictures 2", (t) => {
  const cases: readonly (readonly [string, number])[] = [
    ["abc", 3],
    ["e\u0301", 1],
    ["你好", 4],
    ["ｱ", 1],
    ["Ａ", 2],
    ["한글", 4],
    ["👍", 2],
    ["👩‍👩‍👧", 2],
    ["✔️", 2],
    ["\u200b", 0],
    ["ж→█", 3],
  ];
  for (const [text, width] of cases) t.is(widthOfText(text), width, JSON.stringify(text));
});

test("width: a text that is cut: whole characters only", (t) => {
  t.is(cutText("ab你c", 3), "ab");
  t.is(cutText("ab你c", 4), "ab你");
  t.is(cutText("", 4), "");
});

const anyText = fc.array(
  fc.constantFrom("a", " ", "é", "你", "👍", "\n", "\x01", "\t", "e\u0301"),
  {
    maxLength: 60,
  },
);

testProp(
  "layout: any text at any width: no row is too wide, nothing is lost, the cursor is where it belongs",
  [
    anyText,
    fc.nat(80),
    fc.integer({ min: 4, max: 30 }),
    fc.constantFrom("", "h1> ", "sojourn 你> "),
  ],
  (t, parts, place, columns, prompt) => {
    const editor = lineOf(parts.join(""), place);
    const { rows, row, column } = layout(editor, prompt, columns);
    for (const { text } of rows) t.true(widthOfText(text) <= columns);
    t.true(row < rows.length && column < columns);
    const whole = layout(editor, prompt, 10_000).rows.map(({ text }) => text);
    const joined: string[] = [""];
    for (const { text, full } of rows) {
      joined[joined.length - 1] += text;
      if (!full) joined.push("");
    }
    t.deepEqual(joined.slice(0, -1), whole);
  },
);

testProp(
  "layout: columns: all items, none twice, no row beyond the screen if the widest fits",
  [
    fc.array(fc.stringMatching(/^[a-z你]{1,12}$/), { maxLength: 40 }),
    fc.integer({ min: 26, max: 80 }),
  ],
  (t, items, columns) => {
    const rows = inColumns(items, columns);
    t.deepEqual(rows.join(" ").split(/ +/).filter(Boolean).sort(), [...items].sort());
    for (const row of rows) t.true(widthOfText(row) <= columns);
  },
);

test("width: clusters: joined they are the text", (t) => {
  for (const text of ["", "plain", "e\u0301x👩‍👩‍👧\n你"]) t.is(clustersOf(text).join(""), text);
});
