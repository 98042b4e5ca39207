// A place in the text of a script that moves forwards only, and how reading stops there.

import type { Mistake, Part } from "./syntax.ts";

export interface Reader {
  readonly text: string;
  at: number;
  /** The line of `at`, from 1, where it begins, and where its newline or the text's end is. */
  line: number;
  lineStart: number;
  lineEnd: number;
  /** No "[" before this offset has its "]": not looked for again. */
  openBracketsUntil: number;
}

/** Why reading cannot go on: the text is wrong, or more of it has to come. */
export interface Stop extends Mistake {
  readonly stop: "mistake" | "incomplete";
}

/** A mark of the byte order, which some editors write first, is no part of the first line. */
export function startReading(text: string): Reader {
  const at = text.startsWith("\ufeff") ? 1 : 0;
  const lineEnd = lineEndFrom(text, at);
  return { text, at, line: 1, lineStart: at, lineEnd, openBracketsUntil: 0 };
}

function lineEndFrom(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline;
}

/** Goes on to an offset, and counts the lines up to it. */
export function moveTo(reader: Reader, end: number): void {
  while (reader.lineEnd < end) {
    reader.line++;
    reader.lineStart = reader.lineEnd + 1;
    reader.lineEnd = lineEndFrom(reader.text, reader.lineStart);
  }
  reader.at = end;
}

/** The first offset from `at` on whose character is one of these, or the end. */
export function scanTo(reader: Reader, ends: ReadonlySet<string>, at: number = reader.at): number {
  let end = at;
  while (end < reader.text.length && !ends.has(reader.text[end] ?? "")) end++;
  return end;
}

/** Text up to an offset, which becomes part of the text before it. */
export function takeText(reader: Reader, parts: Part[], end: number): void {
  addText(parts, reader.text.slice(reader.at, end));
  moveTo(reader, end);
}

export function addText(parts: Part[], text: string): void {
  const last = parts.at(-1);
  if (last?.is === "text") parts[parts.length - 1] = { is: "text", text: last.text + text };
  else parts.push({ is: "text", text });
}

/** How many characters a backslash at `at` and the end of line after it have: 0 if it joins none. */
export function joinedLines({ text }: Reader, at: number): number {
  if (text[at] !== "\\") return 0;
  if (text[at + 1] === "\n") return 2;
  return text[at + 1] === "\r" && text[at + 2] === "\n" ? 3 : 0;
}

/** Where something stands: its line and column, from 1. */
type Spot = Pick<Mistake, "line" | "column">;

export function mistakeOn({ line, column }: Spot, wrong: string): Stop {
  return { stop: "mistake", wrong, line, column };
}

export function incompleteOn({ line, column }: Spot, wrong: string): Stop {
  return { stop: "incomplete", wrong, line, column };
}

export function mistakeAt(reader: Reader, wrong: string): Stop {
  return mistakeOn(spotOf(reader), wrong);
}

export function incompleteAt(reader: Reader, wrong: string): Stop {
  return incompleteOn(spotOf(reader), wrong);
}

function spotOf({ at, line, lineStart }: Reader): Spot {
  return { line, column: at - lineStart + 1 };
}
