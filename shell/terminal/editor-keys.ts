// What each key does to the line: the keys of readline, in the way of Emacs.

import {
  blankBefore,
  cut,
  type Editor,
  insert,
  lineEnd,
  lineStart,
  wordBefore,
  wordBehind,
} from "./editor-state.ts";
import { clustersOf } from "./width.ts";

export type Edit = (editor: Editor) => Editor;

/** Most that the ring of killed text, and undo, remember. */
const killedMax = 60;
const undoMax = 200;

const move =
  (to: (editor: Editor) => number): Edit =>
  (editor) => ({ ...editor, cursor: to(editor), did: "other" });

/** Remembers what was there, if the edit changes it. */
export function undoable(edit: Edit): Edit {
  return (editor) => {
    const edited = edit(editor);
    if (edited.text === editor.text) return edited;
    const snapshot = { text: editor.text, cursor: editor.cursor };
    return { ...edited, undo: [...editor.undo, snapshot].slice(-undoMax) };
  };
}

/** Takes out what lies between the cursor and a place, for C-y. Kills in a row are one. */
function kill(to: (editor: Editor) => number): Edit {
  return undoable((editor) => {
    const other = to(editor);
    const [from, end] = [Math.min(other, editor.cursor), Math.max(other, editor.cursor)];
    if (from === end) return { ...editor, did: "kill" };
    const taken = editor.text.slice(from, end);
    const last = editor.did === "kill" ? (editor.killed.at(-1) ?? []) : [];
    const whole = other < editor.cursor ? [...taken, ...last] : [...last, ...taken];
    const kept = editor.did === "kill" ? editor.killed.slice(0, -1) : editor.killed;
    const killed = [...kept, whole].slice(-killedMax);
    return { ...cut(editor, from, end), killed, did: "kill" };
  });
}

const erase = (to: (editor: Editor) => number): Edit =>
  undoable((editor) => {
    const other = Math.max(0, Math.min(editor.text.length, to(editor)));
    if (other === editor.cursor) return { ...editor, did: "other" };
    const [from, end] = [Math.min(other, editor.cursor), Math.max(other, editor.cursor)];
    return { ...cut(editor, from, end), did: "other" };
  });

const yank: Edit = undoable((editor) => {
  const killed = editor.killed.at(-1);
  if (!killed) return editor;
  const from = editor.cursor;
  return { ...insert(editor, killed.join("")), did: "yank", yanked: { from, back: 0 } };
});

/** After a yank: what was killed before that, instead. */
const yankOlder: Edit = undoable((editor) => {
  if (editor.did !== "yank") return editor;
  const { from, back } = editor.yanked;
  const next = (back + 1) % editor.killed.length;
  const killed = editor.killed.at(-1 - next) ?? [];
  const without = cut(editor, from, editor.cursor);
  return { ...insert(without, killed.join("")), did: "yank", yanked: { from, back: next } };
});

const undo: Edit = (editor) => {
  const last = editor.undo.at(-1);
  return last ? { ...editor, ...last, undo: editor.undo.slice(0, -1), did: "other" } : editor;
};

/** Swaps the clusters around the cursor; at the end of the line the last two. */
const transpose: Edit = undoable((editor) => {
  const { text, cursor } = editor;
  const second = cursor === text.length ? cursor - 1 : cursor;
  const [first, other] = [text[second - 1], text[second]];
  if (first === undefined || other === undefined) return editor;
  const swapped = text.toSpliced(second - 1, 2, other, first);
  return { ...editor, text: swapped, cursor: second + 1, did: "other" };
});

/** Rewrites the word behind the cursor. */
const recase = (how: (word: string) => string): Edit =>
  undoable((editor) => {
    const { text, cursor } = editor;
    const end = wordBehind(editor);
    if (end === cursor) return editor;
    const word = clustersOf(how(text.slice(cursor, end).join("")));
    const after = text.slice(end);
    const recased = [...text.slice(0, cursor), ...word, ...after];
    return { ...editor, text: recased, cursor: recased.length - after.length, did: "other" };
  });

function capitalize(word: string): string {
  return word.toLowerCase().replace(/[\p{L}\p{N}]/u, (letter) => letter.toUpperCase());
}

const left = move(({ cursor }) => Math.max(0, cursor - 1));
const right = move(({ cursor, text }) => Math.min(text.length, cursor + 1));
const start = move(lineStart);
const end = move(lineEnd);
const wordLeft = move(wordBefore);
const wordRight = move(wordBehind);
const eraseBefore = erase(({ cursor }) => cursor - 1);
const eraseBehind = erase(({ cursor }) => cursor + 1);

/** The end of the line; at the end, the newline too. */
const killToEnd = kill((editor) => {
  const to = lineEnd(editor);
  return to === editor.cursor ? Math.min(editor.text.length, to + 1) : to;
});

/** By the names of keys. */
export const edits: Readonly<Record<string, Edit>> = {
  left,
  right,
  "C-b": left,
  "C-f": right,
  home: start,
  end,
  "C-a": start,
  "C-e": end,
  "C-left": wordLeft,
  "C-right": wordRight,
  "M-left": wordLeft,
  "M-right": wordRight,
  "M-b": wordLeft,
  "M-f": wordRight,
  backspace: eraseBefore,
  "C-h": eraseBefore,
  "C-backspace": eraseBefore,
  delete: eraseBehind,
  "C-d": eraseBehind,
  "C-k": killToEnd,
  "C-u": kill(lineStart),
  "C-w": kill(blankBefore),
  "M-d": kill(wordBehind),
  "M-backspace": kill(wordBefore),
  "C-y": yank,
  "M-y": yankOlder,
  "C-t": transpose,
  "M-u": recase((word) => word.toUpperCase()),
  "M-l": recase((word) => word.toLowerCase()),
  "M-c": recase(capitalize),
  "C-_": undo,
};
