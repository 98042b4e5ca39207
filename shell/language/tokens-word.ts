// The parts of a word: plain characters, '…', "…", \x, variables, and patterns of file names.

import type { Part } from "./syntax.ts";
import { readVariable } from "./tokens-variable.ts";
import {
  addText,
  incompleteAt,
  joinedLines,
  mistakeAt,
  moveTo,
  type Reader,
  scanTo,
  type Stop,
  takeText,
} from "./tokens-reader.ts";

const spaces: readonly string[] = [" ", "\t", "\r", "\n"];

/** What ends a word, if it is not quoted. */
const wordEnds: ReadonlySet<string> = new Set([...spaces, ";", "&", "|", "<", ">"]);

const specials: ReadonlySet<string> = new Set([
  ...wordEnds,
  "'",
  '"',
  "\\",
  "$",
  "*",
  "?",
  "[",
  "`",
  "(",
  ")",
]);

/** The parts up to the word's end; texts that touch are one part. */
export function readWord(reader: Reader): readonly Part[] | Stop {
  const parts: Part[] = [];
  for (;;) {
    const character = reader.text[reader.at];
    if (character === undefined || wordEnds.has(character)) return parts;
    const stop = readPart(reader, parts, character);
    if (stop) return stop;
  }
}

/** Reads what begins at the reader's place; returns what stops it. */
function readPart(reader: Reader, parts: Part[], character: string): Stop | null {
  switch (character) {
    case "'":
      return readSingle(reader, parts);
    case '"':
      return readDouble(reader, parts);
    case "\\":
      return readEscape(reader, parts);
    case "$":
      return readVariable(reader, parts, { quoted: false });
    case "[":
      return readBracket(reader, parts);
    case "*":
    case "?":
      parts.push({ is: "glob", text: character });
      moveTo(reader, reader.at + 1);
      return null;
    case "`":
      return mistakeAt(reader, 'there are no substitutions: quote "`" to mean the character');
    case "(":
    case ")":
      return mistakeAt(
        reader,
        `there are no subshells: quote "${character}" to mean the character`,
      );
    default:
      takeText(reader, parts, scanTo(reader, specials));
      return null;
  }
}

function readSingle(reader: Reader, parts: Part[]): Stop | null {
  const end = reader.text.indexOf("'", reader.at + 1);
  if (end < 0) return incompleteAt(reader, "the quote ' is not closed");
  moveTo(reader, reader.at + 1);
  takeText(reader, parts, end);
  moveTo(reader, end + 1);
  return null;
}

const doubleSpecials: ReadonlySet<string> = new Set(['"', "\\", "$", "`"]);

/** In double quotes a backslash takes effect before `"`, `\`, `$` and a backquote only, as in sh. */
function readDouble(reader: Reader, parts: Part[]): Stop | null {
  const open = incompleteAt(reader, 'the quote " is not closed');
  moveTo(reader, reader.at + 1);
  if (reader.text[reader.at] === '"') addText(parts, "");
  for (;;) {
    const end = scanTo(reader, doubleSpecials);
    if (end > reader.at) takeText(reader, parts, end);
    const character = reader.text[end];
    if (character === undefined) return open;
    if (character === '"') {
      moveTo(reader, end + 1);
      return null;
    }
    const stop = readInDouble(reader, parts, character);
    if (stop) return stop.stop === "incomplete" ? open : stop;
  }
}

function readInDouble(reader: Reader, parts: Part[], character: string): Stop | null {
  if (character === "$") return readVariable(reader, parts, { quoted: true });
  if (character === "`") return mistakeAt(reader, "there are no substitutions: write \\`");
  const joined = joinedLines(reader, reader.at);
  const escapes = doubleSpecials.has(reader.text[reader.at + 1] ?? "");
  if (joined > 0) {
    // Even if nothing else is there, it was quoted: a word of its own.
    addText(parts, "");
    moveTo(reader, reader.at + joined);
    return null;
  }
  if (escapes) moveTo(reader, reader.at + 1);
  takeText(reader, parts, reader.at + 1);
  return null;
}

function readEscape(reader: Reader, parts: Part[]): Stop | null {
  const joined = joinedLines(reader, reader.at);
  if (joined > 0) {
    moveTo(reader, reader.at + joined);
    return null;
  }
  if (reader.at + 1 === reader.text.length) {
    return incompleteAt(reader, 'nothing follows the "\\"');
  }
  moveTo(reader, reader.at + 1);
  takeText(reader, parts, reader.at + 1);
  return null;
}

const bracketQuotes: ReadonlySet<string> = new Set("'\"\\$`()");
const bracketEnds: ReadonlySet<string> = new Set([...wordEnds, ...bracketQuotes, "/", "]"]);

/** `[…]` if it is closed within its word and holds no slash; else the character "[". */
function readBracket(reader: Reader, parts: Part[]): Stop | null {
  const { text, at } = reader;
  const end = at < reader.openBracketsUntil ? null : bracketEnd(reader);
  if (end !== null && bracketQuotes.has(text[end] ?? "")) {
    const wrong = `"${text[end]}" cannot stand inside "[…]": quote "[" to mean the character`;
    return mistakeAt(reader, wrong);
  }
  if (end === null || text[end] !== "]") {
    reader.openBracketsUntil = Math.max(reader.openBracketsUntil, end ?? 0);
    takeText(reader, parts, at + 1);
    return null;
  }
  const glob = text.slice(at, end + 1);
  if (/\[[:.=]/.test(glob.slice(1))) {
    return mistakeAt(reader, 'there are no classes as "[:alpha:]": write a range, as in [a-z]');
  }
  parts.push({ is: "glob", text: glob });
  moveTo(reader, end + 1);
  return null;
}

/** The offset of the "]" that closes a bracket, or of what cannot stand before it. */
function bracketEnd(reader: Reader): number {
  const { text, at } = reader;
  const first = text[at + 1] === "!" ? at + 2 : at + 1;
  return scanTo(reader, bracketEnds, text[first] === "]" ? first + 1 : first);
}
