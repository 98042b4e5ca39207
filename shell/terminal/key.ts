// A key as the terminal reports it, and its name in the notation of readline: `C-a`, `M-f`, `left`.
//
// Node's own decoder reads the escape sequences; nothing here looks at raw bytes.

import type { Key as NodeKey } from "node:readline";

export interface Key {
  /** `a`, `C-a`, `M-backspace`, `C-left`, `return`, `paste-start`; empty for text. */
  readonly chord: string;
  /** What it types; empty for a key that types nothing. */
  readonly text: string;
  /** The bytes that the terminal sent, as text. */
  readonly sequence: string;
}

/** Keys that the decoder has no name for. */
const unnamed: Readonly<Record<string, string>> = {
  "\x1c": "C-\\",
  "\x1d": "C-]",
  "\x1e": "C-^",
  "\x1f": "C-_",
  "\x00": "C-space",
};

export function keyOf(typed: string | undefined, key: NodeKey): Key {
  const sequence = key.sequence ?? typed ?? "";
  const text = !key.ctrl && !key.meta && isText(sequence) ? sequence : "";
  if (text !== "") return { chord: "", text, sequence };
  const modifiers = `${key.ctrl ? "C-" : ""}${key.meta ? "M-" : ""}`;
  const chord = unnamed[sequence] ?? `${modifiers}${key.name ?? ""}`;
  return { chord, text: "", sequence };
}

function isText(sequence: string): boolean {
  const code = sequence.codePointAt(0) ?? 0;
  const isOne = sequence.length === String.fromCodePoint(code).length;
  return isOne && code >= 0x20 && (code < 0x7f || code >= 0xa0);
}

/** For tests and for what is typed ahead. */
export function textKey(text: string): Key {
  return { chord: "", text, sequence: text };
}

export function chordKey(chord: string): Key {
  return { chord, text: "", sequence: "" };
}
