// The tokens of a script: words, and the marks between them.
//
//   word       characters, '…', "…", \x, $NAME, * ? […], up to a space or a mark
//   pattern    /…/ims as the word after `expect output`, up to a slash without a backslash
//   mark       ;  &  |  &&  ||  and the end of a line
//   redirect   <  >  >>  >&  with a descriptor directly before it, or without
//   no token   spaces, # at a word's start up to the line's end, \ at a line's end
//
// What sh gives a meaning and this language does not is a mistake, so that no line changes its
// meaning later. The last token is the end of the text, or what stopped the reading.

import { must } from "../../ports/base/index.ts";
import type { Part, Redirection } from "./syntax.ts";
import { patternEnd } from "./tokens-pattern.ts";
import {
  joinedLines,
  mistakeAt,
  mistakeOn,
  moveTo,
  type Reader,
  startReading,
  type Stop,
} from "./tokens-reader.ts";
import { readWord } from "./tokens-word.ts";

export type Mark = ";" | "&" | "|" | "&&" | "||" | "newline";

/** Where a token stands. */
interface Place {
  readonly line: number;
  readonly column: number;
  /** Offset in the text. */
  readonly start: number;
}

interface Placed extends Place {
  /** Offset of what follows. */
  readonly end: number;
}

export interface WordToken extends Placed {
  readonly is: "word";
  /** As it was written, in one line. A word that is quoted, even in part, means what it says. */
  readonly raw: string;
  readonly parts: readonly Part[];
}

export interface RedirectToken extends Placed {
  readonly is: "redirect";
  readonly fd: number;
  readonly how: Redirection["how"];
}

export interface MarkToken extends Placed {
  readonly is: "mark";
  readonly mark: Mark;
}

interface EndToken extends Placed {
  readonly is: "end";
}

interface StopToken extends Placed {
  readonly is: "stop";
  readonly stop: Stop;
}

export type Token = WordToken | RedirectToken | MarkToken | EndToken | StopToken;

export function readTokens(text: string): readonly Token[] {
  const nul = text.indexOf("\0");
  const reader = startReading(nul < 0 ? text : text.slice(0, nul));
  const tokens: Token[] = [];
  for (;;) {
    skipSpaces(reader);
    const place = placeOf(reader);
    const read = place.start === reader.text.length ? null : readToken(reader, place, tokens);
    if (read && "is" in read) {
      tokens.push(read);
      continue;
    }
    const stop = nul < 0 || read?.stop === "mistake" ? read : nulMistake(reader);
    const last = { ...place, end: place.start };
    tokens.push(stop ? { is: "stop", ...last, stop } : { is: "end", ...last });
    return tokens;
  }
}

function placeOf({ at, line, lineStart }: Reader): Place {
  return { line, column: at - lineStart + 1, start: at };
}

function nulMistake(reader: Reader): Stop {
  moveTo(reader, reader.text.length);
  return mistakeAt(reader, "lines cannot hold a NUL");
}

/** Spaces, joined lines and comments. */
function skipSpaces(reader: Reader): void {
  for (;;) {
    const character = reader.text[reader.at] ?? "";
    const joined = joinedLines(reader, reader.at);
    if (joined > 0) moveTo(reader, reader.at + joined);
    else if (character === "#") moveTo(reader, reader.lineEnd);
    else if (character !== "" && " \t\r".includes(character)) moveTo(reader, reader.at + 1);
    else return;
  }
}

function readToken(reader: Reader, place: Place, before: readonly Token[]): Token | Stop {
  const { line, column, start } = place;
  const character = reader.text[start] ?? "";
  if ("\n;&|".includes(character)) return readMark(reader, place);
  if (character === "<" || character === ">") return readRedirect(reader, place, null);
  const end = character === "/" && patternFollows(before) ? patternEnd(reader.text, start) : null;
  if (end !== null) {
    moveTo(reader, end);
    const raw = reader.text.slice(start, end);
    return { is: "word", line, column, start, end, raw, parts: [{ is: "text", text: raw }] };
  }
  const parts = readWord(reader);
  if ("stop" in parts) return parts;
  const raw = withoutJoins(reader.text.slice(start, reader.at));
  if (isDescriptor(raw, reader, before)) return readRedirect(reader, place, raw);
  if (raw === "{" || raw === "}") {
    return mistakeOn(place, `there are no groups: quote "${raw}" to mean the character`);
  }
  return { is: "word", line, column, start, end: reader.at, raw, parts };
}

function withoutJoins(raw: string): string {
  return raw.includes("\n") ? raw.replaceAll(/\\\r?\n/g, "") : raw;
}

const refusedMarks: ReadonlyMap<string, string> = new Map([
  ["&>", "write >FILE 2>&1"],
  ["|&", "write 2>&1 |"],
  ["<<", "there are no here-documents: `echo TEXT | COMMAND` writes to its standard input"],
  ["<&", "an input cannot be copied"],
  ["<>", "a file is redirected for reading or for writing"],
  [">|", "write > to empty a file"],
]);

function refusedMark({ text, at }: Reader): string | null {
  const mark = text.slice(at, at + 2);
  const why = refusedMarks.get(mark);
  return why === undefined ? null : `there is no "${mark}": ${why}`;
}

const marks: ReadonlyMap<string, Mark> = new Map([
  ["\n", "newline"],
  [";", ";"],
  ["&", "&"],
  ["|", "|"],
  ["&&", "&&"],
  ["||", "||"],
]);

function readMark(reader: Reader, { line, column, start }: Place): Token | Stop {
  const { text, at } = reader;
  const why = refusedMark(reader);
  if (why !== null) return mistakeAt(reader, why);
  const double = marks.get(text.slice(at, at + 2));
  const isDouble = double === "&&" || double === "||";
  moveTo(reader, at + (isDouble ? 2 : 1));
  const mark = isDouble ? double : must(marks.get(text[at] ?? ""), "a mark begins here");
  return { is: "mark", line, column, start, end: reader.at, mark };
}

/** A number directly before "<" or ">", which is not what a descriptor becomes a copy of. */
function isDescriptor(raw: string, { text, at }: Reader, before: readonly Token[]): boolean {
  const last = before.at(-1);
  const isCopied = last?.is === "redirect" && last.how === "&";
  return (text[at] === "<" || text[at] === ">") && /^[0-9]+$/.test(raw) && !isCopied;
}

/** With the number that was read before it, if there is one. */
function readRedirect(reader: Reader, place: Place, number: string | null): Token | Stop {
  const { line, column, start } = place;
  const { text, at } = reader;
  const why = refusedMark(reader);
  if (why !== null) return mistakeAt(reader, why);
  if (number !== null && !["0", "1", "2"].includes(number)) {
    const wrong = "only the descriptors 0, 1 and 2 can be redirected: put a space after a number";
    return mistakeOn(place, wrong);
  }
  const pair = text.slice(at, at + 2);
  const how = pair === ">>" ? ">>" : pair === ">&" ? "&" : text[at] === "<" ? "<" : ">";
  const fd = number === null ? (how === "<" ? 0 : 1) : Number(number);
  moveTo(reader, at + (pair === ">>" || pair === ">&" ? 2 : 1));
  return { is: "redirect", line, column, start, end: reader.at, fd, how };
}

/** After `expect output` as a command's first words. */
function patternFollows(before: readonly Token[]): boolean {
  const at = before.length - 2;
  if (!isRaw(before[at], "expect") || !isRaw(before[at + 1], "output")) return false;
  const previous = before[at - 1];
  const isPrefixed = isRaw(previous, "if") && startsStatement(before, at - 1);
  const isTimed = isRaw(before[at - 2], "at") && startsStatement(before, at - 2);
  return previous === undefined || previous.is === "mark" || isPrefixed || isTimed;
}

/** Whether a token is this word, and none of it is quoted. */
export function isRaw(token: Token | undefined, raw: string): boolean {
  return token?.is === "word" && token.raw === raw;
}

function startsStatement(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  return at === 0 || (before?.is === "mark" && [";", "&", "newline"].includes(before.mark));
}
