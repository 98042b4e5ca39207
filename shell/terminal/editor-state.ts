// The line that is being typed, as plain data.
//
//   typing ──C-r──▶ searching ──C-g──▶ typing, as before
//      │ ▲              └──any other key──▶ typing, with what was found
//      ▼ │
//   pasting: text comes as it is until the terminal says that it is over
//
// A line may hold newlines: Enter adds one while a block or a quote is open.

import { clustersOf } from "./width.ts";

export interface Search {
  readonly query: string;
  readonly direction: "older" | "newer";
  readonly failed: boolean;
  /** What stood there before the search. */
  readonly saved: {
    readonly text: readonly string[];
    readonly cursor: number;
    readonly at: number;
  };
}

export interface Snapshot {
  readonly text: readonly string[];
  readonly cursor: number;
}

export interface Editor {
  readonly text: readonly string[];
  /** Between clusters: 0 is before the first. */
  readonly cursor: number;
  /** What the last key did, where it matters for the next. */
  readonly did: "kill" | "yank" | "type" | "tab" | "other";
  /** What was killed, the newest last. */
  readonly killed: readonly (readonly string[])[];
  /** The place of what was yanked last, and how far back in the ring it was. */
  readonly yanked: { readonly from: number; readonly back: number };
  readonly undo: readonly Snapshot[];
  /** Lines accepted before, the oldest first. */
  readonly history: readonly string[];
  /** The line of history that is shown; behind the last one is the new line. */
  readonly at: number;
  /** Lines of history, and the new line, as they were left. */
  readonly drafts: ReadonlyMap<number, readonly string[]>;
  readonly search: Search | null;
  /** What has been pasted so far. */
  readonly pasting: string | null;
}

export function createEditor(history: readonly string[], killed: Editor["killed"] = []): Editor {
  return {
    text: [],
    cursor: 0,
    did: "other",
    killed,
    yanked: { from: 0, back: 0 },
    undo: [],
    history,
    at: history.length,
    drafts: new Map(),
    search: null,
    pasting: null,
  };
}

export function textOf({ text }: Editor): string {
  return text.join("");
}

/** The cursor's place in the text as a string. */
export function placeOf({ text, cursor }: Editor): number {
  return text.slice(0, cursor).join("").length;
}

/** Text with the cursor behind so many of its UTF-16 units, at the end of a cluster. */
export function putText(editor: Editor, text: string, place: number): Editor {
  const clusters = clustersOf(text);
  let cursor = 0;
  for (let length = 0; length < place && cursor < clusters.length; cursor++) {
    length += clusters[cursor]?.length ?? 0;
  }
  return { ...editor, text: clusters, cursor };
}

/** Puts text in at the cursor. What is combined with its neighbours becomes one cluster. */
export function insert(editor: Editor, added: string): Editor {
  const before = editor.text.slice(0, editor.cursor).join("") + added;
  const after = editor.text.slice(editor.cursor).join("");
  return putText(editor, before + after, before.length);
}

/** Takes a part out; the cursor goes where it was. */
export function cut(editor: Editor, from: number, to: number): Editor {
  return { ...editor, text: editor.text.toSpliced(from, to - from), cursor: from };
}

export function lineStart({ text, cursor }: Editor): number {
  // lastIndexOf counts -1 from the end.
  return cursor === 0 ? 0 : text.lastIndexOf("\n", cursor - 1) + 1;
}

export function lineEnd({ text, cursor }: Editor): number {
  const end = text.indexOf("\n", cursor);
  return end < 0 ? text.length : end;
}

const isLetter = (cluster: string | undefined): boolean => /[\p{L}\p{N}_]/u.test(cluster ?? "");
const isSpace = (cluster: string | undefined): boolean => /\s/.test(cluster ?? "");

/** Where the word before the cursor begins. */
export function wordBefore({ text, cursor }: Editor): number {
  let at = cursor;
  while (at > 0 && !isLetter(text[at - 1])) at--;
  while (at > 0 && isLetter(text[at - 1])) at--;
  return at;
}

/** Where the word at or behind the cursor ends. */
export function wordBehind({ text, cursor }: Editor): number {
  let at = cursor;
  while (at < text.length && !isLetter(text[at])) at++;
  while (at < text.length && isLetter(text[at])) at++;
  return at;
}

/** Where what lies between blanks before the cursor begins. */
export function blankBefore({ text, cursor }: Snapshot): number {
  let at = cursor;
  while (at > 0 && isSpace(text[at - 1])) at--;
  while (at > 0 && !isSpace(text[at - 1])) at--;
  return at;
}
