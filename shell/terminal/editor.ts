// The line editor: a key comes in, a new line and what is to be done come out. Nothing else happens.
//
//   (editor, key, questions) ──▶ editor, effects
//
// The questions are pure too: whether a text is open at its end, and what may stand at the cursor.

import { edits, undoable } from "./editor-keys.ts";
import { goDown, goUp, searchStep, startSearch } from "./editor-history.ts";
import { type Editor, insert, placeOf, putText, textOf } from "./editor-state.ts";
import type { Key } from "./key.ts";

export { createEditor, type Editor, textOf } from "./editor-state.ts";

export type Effect =
  /** The line is to be executed. */
  | { readonly do: "accept"; readonly text: string }
  /** The line has been given up. */
  | { readonly do: "drop" }
  /** Ctrl-D where nothing was typed. */
  | { readonly do: "leave" }
  | { readonly do: "clear-screen" }
  | { readonly do: "bell" }
  /** What might stand at the cursor is to be shown. */
  | { readonly do: "list"; readonly items: readonly string[] };

/** What is put in place of `text[from…to)`, and all that was possible. */
export interface Completed {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly items: readonly string[];
}

export interface Questions {
  /** A block or a quote is open at the end: more has to come. */
  readonly isOpen: (text: string) => boolean;
  readonly complete: (text: string, cursor: number) => Completed | null;
}

export interface Step {
  readonly editor: Editor;
  readonly effects: readonly Effect[];
}

const only = (editor: Editor): Step => ({ editor, effects: [] });

/** What is pasted goes in as it is, tabs and newlines too. */
const newlines = /\r\n?/g;

export function editorStep(editor: Editor, key: Key, questions: Questions): Step {
  if (editor.pasting !== null) return only(pasteStep(editor, key));
  if (editor.search) {
    const step = searchStep(editor, key);
    if ("editor" in step) {
      const failed = step.editor.search?.failed && !(editor.search.failed && key.text === "");
      return { editor: step.editor, effects: failed ? [{ do: "bell" }] : [] };
    }
    return lineStep(step.leave, key, questions);
  }
  return lineStep(editor, key, questions);
}

function lineStep(editor: Editor, key: Key, questions: Questions): Step {
  if (key.text !== "") return only(type(editor, key.text));
  switch (key.chord) {
    case "return":
    case "enter":
    case "C-j":
      return enter(editor, questions);
    case "tab":
      return complete(editor, questions);
    case "C-c":
      return { editor, effects: [{ do: "drop" }] };
    case "C-d":
      return editor.text.length === 0 ? { editor, effects: [{ do: "leave" }] } : edit(editor, key);
    case "C-l":
      return { editor: { ...editor, did: "other" }, effects: [{ do: "clear-screen" }] };
    case "paste-start":
      return only({ ...editor, pasting: "" });
    case "C-r":
      return only(startSearch(editor, "older"));
    case "C-s":
      return only(startSearch(editor, "newer"));
    case "up":
    case "C-p":
      return step(editor, goUp(editor));
    case "down":
    case "C-n":
      return step(editor, goDown(editor));
    default:
      return edit(editor, key);
  }
}

/** A step through history that leads nowhere is told by the bell. */
function step(editor: Editor, next: Editor): Step {
  return { editor: next, effects: next === editor ? [{ do: "bell" }] : [] };
}

function edit(editor: Editor, { chord }: Key): Step {
  const change = Object.hasOwn(edits, chord) ? edits[chord] : undefined;
  return only(change ? change(editor) : { ...editor, did: "other" });
}

/** Letters typed in a row are undone together, up to the blank before them. */
function type(editor: Editor, text: string): Editor {
  const together = editor.did === "type" && text !== " ";
  const change = (before: Editor): Editor => ({ ...insert(before, text), did: "type" });
  return together ? change(editor) : undoable(change)(editor);
}

function pasteStep(editor: Editor, key: Key): Editor {
  if (key.chord !== "paste-end") {
    return { ...editor, pasting: (editor.pasting ?? "") + key.sequence };
  }
  const text = (editor.pasting ?? "").replace(newlines, "\n");
  const paste = (before: Editor): Editor => ({ ...insert(before, text), did: "other" });
  return undoable(paste)({ ...editor, pasting: null });
}

function enter(editor: Editor, { isOpen }: Questions): Step {
  const text = textOf(editor);
  if (!isOpen(text)) return { editor, effects: [{ do: "accept", text }] };
  return only(undoable((before) => ({ ...insert(atEnd(before), "\n"), did: "other" }))(editor));
}

function atEnd(editor: Editor): Editor {
  return { ...editor, cursor: editor.text.length };
}

/** Tab puts in what all possibilities have in common; a second one that adds nothing lists them. */
function complete(editor: Editor, questions: Questions): Step {
  const text = textOf(editor);
  const found = questions.complete(text, placeOf(editor));
  if (!found || found.items.length === 0) {
    return { editor: { ...editor, did: "other" }, effects: [{ do: "bell" }] };
  }
  const changed = text.slice(0, found.from) + found.insert + text.slice(found.to);
  if (changed !== text) {
    const place = found.from + found.insert.length;
    const put = (before: Editor): Editor => ({ ...putText(before, changed, place), did: "tab" });
    return only(undoable(put)(editor));
  }
  const tabbed: Editor = { ...editor, did: "tab" };
  if (editor.did !== "tab") return { editor: tabbed, effects: [{ do: "bell" }] };
  return { editor: tabbed, effects: [{ do: "list", items: found.items }] };
}
