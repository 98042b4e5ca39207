// Goal: the keys of readline do to a line what hands expect of them.
// Method: keys in, line and cursor out; and random keys, which must leave a line that is whole.

import { fc, testProp } from "@fast-check/ava";
import test from "ava";
import { createEditor, editorStep, textOf } from "../../../shell/terminal/editor.ts";
import { keys, noQuestions, shown, typeKeys } from "./keys.ts";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });

const edits: readonly (readonly [string, string])[] = [
  ["abc<C-a>x", "x|abc"],
  ["abc<C-a><C-e>x", "abcx|"],
  ["abc<C-b><C-b>x", "ax|bc"],
  ["abc<left><left><right>x", "abx|c"],
  ["abc<C-a><C-f>x", "ax|bc"],
  ["abc<home>x<end>y", "xabcy|"],
  ["abc<C-h>", "ab|"],
  ["abc<backspace><backspace>", "a|"],
  ["<backspace>", "|"],
  ["abc<C-a><C-d>", "|bc"],
  ["abc<left><delete>", "ab|"],
  ["abc<delete>", "abc|"],
  ["one two<M-b>x", "one x|two"],
  ["one two<C-left><C-left><C-right>x", "onex| two"],
  ["one two<C-a><M-f>x", "onex| two"],
  ["one two<C-w>", "one |"],
  ["cat /bin/x  <C-w>", "cat |"],
  ["cat /bin/x<M-backspace>", "cat /bin/|"],
  ["one two<C-a><M-d>", "| two"],
  ["one two<C-u>", "|"],
  ["one two<M-b><C-u>", "|two"],
  ["one two<M-b><C-k>", "one |"],
  ["one two<M-b><C-k><C-a><C-y>", "two|one "],
  ["one two<C-w><C-w><C-y>", "one two|"],
  ["one<C-u>two<C-u><C-y>", "two|"],
  ["one<C-u>two<C-u><C-y><M-y>", "one|"],
  ["one<C-u>two<C-u><C-y><M-y><M-y>", "two|"],
  ["one<C-k><C-y>", "one|"],
  ["abc<C-t>", "acb|"],
  ["abc<C-a><C-f><C-t>", "ba|c"],
  ["<C-t>a<C-t>", "a|"],
  ["one two<C-a><M-u>", "ONE| two"],
  ["ONE TWO<M-b><M-l>", "ONE two|"],
  ["one two<C-a><M-c><M-c>", "One Two|"],
  ["one two<C-_>", "one|"],
  ["one<C-w><C-_>", "one|"],
  ["one<C-w>two<C-_><C-_>", "one|"],
  ["<C-_>", "|"],
  ["abc<C-z><escape><M-x><toString>d", "abcd|"],
];

for (const [typed, line] of edits) {
  test(`editor: ${typed}: ${line}`, (t) => {
    t.is(shown(typeKeys(typed)), line);
  });
}

test("editor: characters of several code points: one step, one deletion", (t) => {
  t.is(shown(typeKeys("ae\u0301o<left><left>x")), "ax|e\u0301o");
  t.is(shown(typeKeys("a👩‍👩‍👧b<left><backspace>")), "a|b");
  t.is(shown(typeKeys("你好<C-b>x")), "你x|好");
});

test("editor: Enter, Ctrl-C, Ctrl-D, Ctrl-L: the line is accepted, dropped, left, shown anew", (t) => {
  t.deepEqual(typeKeys("ab<return>").effects, [{ do: "accept", text: "ab" }]);
  t.deepEqual(typeKeys("ab<C-c>").effects, [{ do: "drop" }]);
  t.deepEqual(typeKeys("<C-d>").effects, [{ do: "leave" }]);
  t.deepEqual(typeKeys("ab<C-a><C-d>").effects, []);
  t.deepEqual(typeKeys("ab<C-l>").effects, [{ do: "clear-screen" }]);
});

test("editor: Enter while a block is open: a newline, and Enter again when it is whole", (t) => {
  const isOpen = (text: string): boolean => text.startsWith("repeat") && !text.endsWith("end");
  const typed = typeKeys("repeat 2<return>echo a<return>end<return>", {
    questions: { ...noQuestions, isOpen },
  });
  t.deepEqual(typed.effects, [{ do: "accept", text: "repeat 2\necho a\nend" }]);
});

const history = ["count 1", "ps", "repeat 2\necho a\nend", "count 3"];

const walks: readonly (readonly [string, string])[] = [
  ["<up>", "count 3|"],
  ["<C-p><C-p>", "repeat 2\necho a\nend|"],
  ["<up><up><up>", "repeat 2\nech|o a\nend"],
  ["<up><up><up><up><up>", "ps|"],
  ["new<up><down>", "new|"],
  ["new<up>x<down><up>", "count 3x|"],
  ["<down>", "|"],
  ["<up><up><up><up><up><up><up><up>", "count 1|"],
  ["<C-r>cou", "|count 3"],
  ["<C-r>cou<C-r>", "|count 1"],
  ["<C-r>cou<C-r><C-s>", "|count 3"],
  ["<C-r>cou<C-r><C-r>", "|count 1"],
  ["old<C-r>ps<C-g>", "old|"],
  ["<C-r>ps<C-e>!", "ps!|"],
  ["<C-r>psx<backspace><escape>", "|ps"],
  ["<C-r>echo<right>x", "repeat 2\nex|cho a\nend"],
];

for (const [typed, line] of walks) {
  test(`editor: history: ${typed}: ${JSON.stringify(line)}`, (t) => {
    t.is(shown(typeKeys(typed, { history })), line);
  });
}

test("editor: Ctrl-R: Enter runs what was found; what is nowhere rings the bell", (t) => {
  t.deepEqual(typeKeys("<C-r>ps<return>", { history }).effects, [{ do: "accept", text: "ps" }]);
  const nowhere = typeKeys("<C-r>psz", { history });
  t.deepEqual(nowhere.effects, [{ do: "bell" }]);
  t.true(nowhere.editor.search?.failed);
});

test("editor: a paste: newlines and tabs go into the line, and one undo takes it out", (t) => {
  let { editor } = typeKeys("a");
  for (const key of keys("<paste-start>")) editor = editorStep(editor, key, noQuestions).editor;
  for (const sequence of ["x", "\t", "y", "\r", "z"]) {
    const key = { chord: sequence === "\r" ? "return" : "", text: "", sequence };
    editor = editorStep(editor, key, noQuestions).editor;
  }
  for (const key of keys("<paste-end>")) editor = editorStep(editor, key, noQuestions).editor;
  t.is(textOf(editor), "ax\ty\nz");
  for (const key of keys("<C-_>")) editor = editorStep(editor, key, noQuestions).editor;
  t.is(textOf(editor), "a");
});

test("editor: Tab: what is common goes in; again: the list", (t) => {
  const questions = {
    ...noQuestions,
    complete: (text: string, cursor: number) => ({
      from: 0,
      to: cursor,
      insert: text === "c" ? "co" : text,
      items: ["count", "cosine"],
    }),
  };
  const once = typeKeys("c<tab>", { questions });
  t.is(shown(once), "co|");
  t.deepEqual(once.effects, []);
  const twice = typeKeys("c<tab><tab><tab>", { questions });
  t.is(shown(twice), "co|");
  t.deepEqual(twice.effects, [
    { do: "list", items: ["count", "cosine"] },
    { do: "list", items: ["count", "cosine"] },
  ]);
  t.deepEqual(typeKeys("x<tab>").effects, [{ do: "bell" }]);
});

const chords =
  "C-a C-b C-d C-e C-f C-h C-k C-l C-n C-p C-r C-s C-t C-u C-w C-y C-_ C-g M-b M-c M-d M-f M-l M-u M-y " +
  "left right up down home end delete backspace C-left C-right return tab escape paste-start paste-end";
const anyKey = fc.oneof(
  fc.constantFrom(...chords.split(" ")).map((chord) => `<${chord}>`),
  fc.constantFrom("a", "b", " ", "/", "é", "你", "👍", "\u0301", "\n"),
);

testProp(
  "editor: random keys: the cursor stays in the line, and the line is made of clusters",
  [fc.array(anyKey, { maxLength: 80 })],
  (t, pressed) => {
    let editor = createEditor(history);
    for (const key of keys(pressed.join(""))) {
      ({ editor } = editorStep(editor, key, noQuestions));
      t.true(editor.cursor >= 0 && editor.cursor <= editor.text.length);
      t.true(editor.at >= 0 && editor.at <= history.length);
      t.true(editor.text.every((cluster) => cluster !== ""));
    }
    t.deepEqual(editor.history, history);
  },
);

testProp(
  "editor: undo, as often as it takes: what was typed since the line was empty is gone",
  [
    fc.array(
      fc.constantFrom("a", " ", "<C-w>", "<C-y>", "<left>", "<backspace>", "<M-u>", "<C-t>"),
    ),
  ],
  (t, pressed) => {
    const undos = "<C-_>".repeat(pressed.length);
    t.is(textOf(typeKeys(pressed.join("") + undos).editor), "");
  },
);
