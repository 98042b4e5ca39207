// Lines that were accepted before: stepping through them, and C-r, which finds one by a part of it.

import { type Editor, lineEnd, lineStart, putText, textOf } from "./editor-state.ts";
import type { Key } from "./key.ts";
import { clustersOf } from "./width.ts";

/** The line of history `at`, as it was left. What is shown now can be come back to. */
export function goTo(editor: Editor, at: number): Editor {
  if (at < 0 || at > editor.history.length || at === editor.at) return editor;
  const drafts = new Map(editor.drafts).set(editor.at, editor.text);
  const text = drafts.get(at) ?? clustersOf(editor.history[at] ?? "");
  return { ...editor, text, cursor: text.length, at, drafts, undo: [], did: "other" };
}

/** Up: the row above within the line, and from its first row the line before. */
export function goUp(editor: Editor): Editor {
  const start = lineStart(editor);
  if (start === 0) return goTo(editor, editor.at - 1);
  const above = lineStart({ ...editor, cursor: start - 1 });
  const cursor = Math.min(above + (editor.cursor - start), start - 1);
  return { ...editor, cursor, did: "other" };
}

export function goDown(editor: Editor): Editor {
  const end = lineEnd(editor);
  if (end === editor.text.length) return goTo(editor, editor.at + 1);
  const below = { ...editor, cursor: end + 1 };
  const cursor = Math.min(end + 1 + (editor.cursor - lineStart(editor)), lineEnd(below));
  return { ...editor, cursor, did: "other" };
}

export function startSearch(editor: Editor, direction: "older" | "newer"): Editor {
  const { text, cursor, at } = editor;
  return {
    ...editor,
    did: "other",
    search: { query: "", direction, failed: false, saved: { text, cursor, at } },
  };
}

export type SearchStep =
  /** The search goes on, or was given up. */
  | { readonly editor: Editor }
  /** The search is over, and the key is for the line. */
  | { readonly leave: Editor };

/** Requires: a search is under way. */
export function searchStep(editor: Editor, { chord, text }: Key): SearchStep {
  const { search } = editor;
  if (!search) return { leave: editor };
  if (text !== "") return { editor: find(editor, search.query + text, editor.at) };
  switch (chord) {
    case "C-r":
      return { editor: findNext(editor, "older") };
    case "C-s":
      return { editor: findNext(editor, "newer") };
    case "backspace":
    case "C-h": {
      const query = clustersOf(search.query).slice(0, -1).join("");
      return { editor: find(restored(editor), query, search.saved.at) };
    }
    case "C-g":
      return { editor: { ...restored(editor), search: null } };
    case "escape":
    case "M-escape":
      return { editor: { ...editor, search: null } };
    default:
      return { leave: { ...editor, search: null } };
  }
}

function restored(editor: Editor): Editor {
  return editor.search ? { ...editor, ...editor.search.saved } : editor;
}

function findNext(editor: Editor, direction: "older" | "newer"): Editor {
  const turned = editor.search ? { ...editor, search: { ...editor.search, direction } } : editor;
  return find(turned, editor.search?.query ?? "", editor.at + (direction === "older" ? -1 : 1));
}

/** The nearest line that has the query in it, from a line of history on. */
function find(editor: Editor, query: string, from: number): Editor {
  const { search, history } = editor;
  if (!search) return editor;
  const step = search.direction === "older" ? -1 : 1;
  if (query === "") return { ...editor, search: { ...search, query, failed: false } };
  const first = Math.min(Math.max(from, -1), history.length);
  for (let at = first; at >= 0 && at <= history.length; at += step) {
    const line = at === history.length ? search.saved.text.join("") : (history[at] ?? "");
    const place = line.lastIndexOf(query);
    if (place < 0 || (at === history.length && textOf(editor) !== line)) continue;
    const found = { ...search, query, failed: false };
    return { ...putText(editor, line, place), at, search: found, undo: [] };
  }
  return { ...editor, search: { ...search, query, failed: true } };
}
