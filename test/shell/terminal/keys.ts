// Keys for tests, as a terminal would send them: "C-a", "left", or text.

import {
  type Editor,
  type Effect,
  createEditor,
  editorStep,
  textOf,
} from "../../../shell/terminal/editor.ts";
import type { Questions } from "../../../shell/terminal/editor.ts";
import { chordKey, type Key, textKey } from "../../../shell/terminal/key.ts";

export const noQuestions: Questions = { isOpen: () => false, complete: () => null };

/** `"abc"` is typed letter by letter; `<C-a>` is a key. */
export function keys(words: string): readonly Key[] {
  return Array.from(words.matchAll(/<([A-Za-z]-.|[\w-]+)>|([^])/gu), ([, chord, text]) =>
    chord === undefined ? textKey(text ?? "") : chordKey(chord),
  );
}

export interface Typed {
  readonly editor: Editor;
  readonly effects: readonly Effect[];
}

export function typeKeys(
  words: string,
  {
    history = [],
    questions = noQuestions,
  }: { history?: readonly string[]; questions?: Questions } = {},
): Typed {
  let editor = createEditor(history);
  const effects: Effect[] = [];
  for (const key of keys(words)) {
    const step = editorStep(editor, key, questions);
    editor = step.editor;
    effects.push(...step.effects);
  }
  return { editor, effects };
}

/** The line, with `|` where the cursor is. */
export function shown({ editor }: Typed): string {
  const { text, cursor } = editor;
  return `${text.slice(0, cursor).join("")}|${text.slice(cursor).join("")}`;
}

export { textOf };
