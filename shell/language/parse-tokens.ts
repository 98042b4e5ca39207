// The tokens that the parser has still to read.

import { must } from "../../ports/base/index.ts";
import type { Word } from "./syntax.ts";
import { mistakeOn, type Stop } from "./tokens-reader.ts";
import type { Token, WordToken } from "./tokens.ts";

export interface Tokens {
  readonly text: string;
  readonly list: readonly Token[];
  at: number;
}

/** The next token. The last one is never passed. */
export function peek({ list, at }: Tokens): Token {
  return must(list[at], "the last token ends the text");
}

/** Passes a mark, if it is next. */
export function takeMark(tokens: Tokens, marks: readonly string[]): string | null {
  const token = peek(tokens);
  if (token.is !== "mark" || !marks.includes(token.mark)) return null;
  tokens.at++;
  return token.mark;
}

export function skipNewlines(tokens: Tokens): void {
  while (takeMark(tokens, ["newline"]) !== null);
}

export function wordOf({ parts, column }: WordToken): Word {
  return { parts, column };
}

/** What to say where something else has to stand. Reading may have stopped there already. */
export function unexpected(token: Token, expected: string): Stop {
  if (token.is === "stop") return token.stop;
  return mistakeOn(token, `expected ${expected}, got ${describe(token)}`);
}

function describe(token: Token): string {
  switch (token.is) {
    case "word":
      return `"${shortened(token.raw)}"`;
    case "redirect":
      return `"${token.how === "&" ? ">&" : token.how}"`;
    case "mark":
      return token.mark === "newline" ? "the end of the line" : `"${token.mark}"`;
    case "end":
    case "stop":
      return "the end of the line";
  }
}

/** The beginning of a word: what fits into a message of one line. */
function shortened(raw: string): string {
  const line = /^[^\r\n]*/.exec(raw)?.[0] ?? "";
  const start = Array.from(line.slice(0, 80)).slice(0, 30).join("");
  return start === raw ? raw : `${start}…`;
}
