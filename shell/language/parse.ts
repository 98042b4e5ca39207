// What a line of the shell says: words as in sh, and the few marks around them.
//
//   line      [at TIME] [@HOST] word … [&]   [# comment]
//   word      plain characters, 'as it stands', "with \" and \\", \x
//   pattern   /…/ms, after `expect output`: up to the next slash without a backslash
//
// What sh gives a meaning and this shell not yet is refused, so that no line changes its meaning
// later: | < > ; ( ) $ ` and & anywhere but at the end.

import { parseDuration, printDuration } from "../units.ts";

export interface Line {
  /** Virtual ns before which the command does not begin. */
  readonly at: number | null;
  /** The host after `@`, as it was typed. */
  readonly on: string | null;
  readonly words: readonly string[];
  /** Ends with `&`: nobody waits. */
  readonly background: boolean;
}

export interface Mistake {
  readonly wrong: string;
  /** The place in the line, from 1. */
  readonly column: number;
}

export type ParsedLine = { readonly line: Line } | { readonly nothing: true } | Mistake;

export function parseLine(text: string): ParsedLine {
  const tokens = readTokens(text);
  if ("wrong" in tokens) return tokens;
  return tokens.length === 0 ? { nothing: true } : readLine(tokens, text.length + 1);
}

interface Token {
  readonly is: "word" | "and";
  readonly text: string;
  /** Quoted, in whole or in part: no mark. */
  readonly quoted: boolean;
  readonly column: number;
}

function readLine(tokens: readonly Token[], end: number): ParsedLine {
  let rest = tokens;
  let at: number | null = null;
  if (isMark(rest[0], "at")) {
    const time = parseDuration(rest[1]?.text ?? "");
    const column = rest[1]?.column ?? end;
    if ("wrong" in time) return { wrong: `expected a TIME after "at": ${time.wrong}`, column };
    at = time.value;
    rest = rest.slice(2);
  }
  let on: string | null = null;
  const first = rest[0];
  if (first && isPlain(first) && first.text.startsWith("@")) {
    on = first.text.slice(1);
    rest = rest.slice(1);
  }
  const background = rest.at(-1)?.is === "and";
  const words = background ? rest.slice(0, -1) : rest;
  const and = words.find(({ is }) => is === "and");
  if (and) return { wrong: `"&" stands only at the end of a line`, column: and.column };
  if (words.length === 0) return { wrong: "expected a command", column: rest[0]?.column ?? end };
  return { line: { at, on, words: words.map(({ text }) => text), background } };
}

function isPlain(token: Token): boolean {
  return token.is === "word" && !token.quoted;
}

function isMark(token: Token | undefined, text: string): boolean {
  return token !== undefined && isPlain(token) && token.text === text;
}

const refused: Readonly<Record<string, string>> = {
  "|": "pipes are not there yet",
  "<": "redirection is not there yet",
  ">": "redirection is not there yet",
  ";": "one command a line",
  "(": "there are no groups",
  ")": "there are no groups",
  $: "there are no variables",
  "`": "there are no substitutions",
};

function readTokens(text: string): readonly Token[] | Mistake {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(text[at])) at++;
    const character = text[at];
    if (character === undefined || character === "#") return tokens;
    const column = at + 1;
    if (character === "&") {
      tokens.push({ is: "and", text: "&", quoted: false, column });
      at++;
      continue;
    }
    const found = patternFollows(tokens) && character === "/" ? readPattern(text, at) : null;
    const word = found ?? readWord(text, at);
    if ("wrong" in word) return word;
    tokens.push({ is: "word", text: word.text, quoted: word.quoted, column });
    at = word.end;
  }
}

/** After `expect output`, with or without `at TIME` before it. */
function patternFollows(tokens: readonly Token[]): boolean {
  const before = isMark(tokens[0], "at") ? 2 : 0;
  return (
    tokens.length === before + 2 &&
    isMark(tokens[before], "expect") &&
    isMark(tokens[before + 1], "output")
  );
}

interface Word {
  readonly text: string;
  readonly quoted: boolean;
  readonly end: number;
}

const patternForm = /\/(?:[^/\\\n]|\\[^\n])+\/[ims]*(?![^\s#&])/y;

/** Null if no pattern is there: then it is a word like any other. */
function readPattern(text: string, at: number): Word | null {
  patternForm.lastIndex = at;
  const found = patternForm.exec(text)?.[0];
  return found === undefined ? null : { text: found, quoted: false, end: at + found.length };
}

function readWord(text: string, start: number): Word | Mistake {
  let word = "";
  let quoted = false;
  let at = start;
  for (;;) {
    const character = text[at];
    if (character === undefined || isSpace(character) || character === "&") break;
    const why = refused[character];
    if (why !== undefined) {
      return { wrong: `${why}: quote "${character}" to mean the character`, column: at + 1 };
    }
    if (character === "\0") return { wrong: "a word cannot hold a NUL", column: at + 1 };
    if (character === "'" || character === '"' || character === "\\") {
      const part = readQuoted(text, at);
      if ("wrong" in part) return part;
      word += part.text;
      at = part.end;
      quoted = true;
    } else {
      word += character;
      at++;
    }
  }
  return { text: word, quoted, end: at };
}

function readQuoted(text: string, at: number): Word | Mistake {
  if (text[at] === "\\") {
    const next = text[at + 1];
    if (next === undefined) return { wrong: 'nothing follows the "\\"', column: at + 1 };
    return { text: next, quoted: true, end: at + 2 };
  }
  return text[at] === "'" ? readSingle(text, at) : readDouble(text, at);
}

function readSingle(text: string, at: number): Word | Mistake {
  const end = text.indexOf("'", at + 1);
  if (end < 0) return { wrong: "the quote ' is not closed", column: at + 1 };
  return { text: text.slice(at + 1, end), quoted: true, end: end + 1 };
}

/** In double quotes a backslash takes effect before `"`, `\`, `$` and a backquote only, as in sh. */
function readDouble(text: string, start: number): Word | Mistake {
  let inner = "";
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === '"') return { text: inner, quoted: true, end: at + 1 };
    if (character === "$" || character === "`") {
      return { wrong: `${refused[character]}: write \\${character}`, column: at + 1 };
    }
    const next = text[at + 1] ?? "";
    if (character === "\\" && next !== "" && '"\\$`'.includes(next)) at++;
    inner += text[at] ?? "";
  }
  return { wrong: 'the quote " is not closed', column: start + 1 };
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\r" || character === "\n";
}

/** A text that `parseLine` takes back to the same line. */
export function printLine({ at, on, words, background }: Line): string {
  const isExpectation = on === null && words[0] === "expect" && words[1] === "output";
  const printed = words.map((word, index) =>
    isExpectation && index === 2 && isPattern(word) ? word : printWord(word),
  );
  if (words[0] === "at") printed[0] = "'at'";
  return [
    ...(at === null ? [] : ["at", printDuration(at)]),
    ...(on === null ? [] : [`@${on}`]),
    ...printed,
    ...(background ? ["&"] : []),
  ].join(" ");
}

function isPattern(word: string): boolean {
  return readPattern(word, 0)?.end === word.length;
}

function printWord(word: string): string {
  return /^[A-Za-z0-9_%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
