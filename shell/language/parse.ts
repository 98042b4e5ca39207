// Scripts as data: statements, blocks and what ends them. The grammar stands in syntax.ts.
//
// Reading stops at the first mistake, whose message says what to write instead. A text that ends
// inside a block, a quote or after an operator is incomplete: at a terminal more lines follow.

import { parseList } from "./parse-command.ts";
import { peek, skipNewlines, takeMark, type Tokens, unexpected, wordOf } from "./parse-tokens.ts";
import type { ParsedScript, Place, Statement, Word } from "./syntax.ts";
import { incompleteOn, mistakeOn, type Stop } from "./tokens-reader.ts";
import { isRaw, readTokens, type WordToken } from "./tokens.ts";

export function parseScript(text: string): ParsedScript {
  const tokens = { text, list: readTokens(text), at: 0 };
  const statements = parseStatements(tokens, null);
  if (!("stop" in statements)) return { statements };
  const { stop, ...why } = statements;
  return stop === "incomplete" ? { incomplete: why } : why;
}

/** The block around statements: how it began, and the words that may follow its statements. */
interface Block {
  readonly opening: WordToken;
  readonly closings: readonly string[];
  readonly depth: number;
}

/** Each level of blocks takes a few calls: this bounds the stack. */
const depthMax = 100;

/** Words with a meaning as the first one of a statement, and what to say where they have none. */
export const reservedWords: ReadonlyMap<string, string> = new Map([
  ["at", '"at" stands once, before a command'],
  ["if", '"at TIME" stands before a command: put it inside the block'],
  ["repeat", '"at TIME" stands before a command: put it inside the block'],
  ["else", '"else" stands once, inside an "if"'],
  ["end", '"end" closes no block'],
  ["then", 'there is no "then": write if CONDITION, then lines, then end'],
  ["do", 'there is no "do": write repeat COUNT, then lines, then end'],
  ["done", 'there is no "done": blocks close with end'],
  ["fi", 'there is no "fi": blocks close with end'],
]);

/** The statements up to the end of the text, or up to a word that goes on with the block. */
function parseStatements(tokens: Tokens, block: Block | null): readonly Statement[] | Stop {
  const statements: Statement[] = [];
  for (;;) {
    skipNewlines(tokens);
    const token = peek(tokens);
    if (token.is === "end" && block === null) return statements;
    if (token.is === "end" && block) return unclosed(block);
    if (token.is === "word" && block?.closings.includes(token.raw)) return statements;
    const statement = parseStatement(tokens, block);
    if ("stop" in statement) return statement;
    statements.push(statement);
  }
}

function unclosed({ opening }: Block): Stop {
  return incompleteOn(opening, `the "${opening.raw}" of this line has no "end"`);
}

function parseStatement(tokens: Tokens, block: Block | null): Statement | Stop {
  const token = peek(tokens);
  if (token.is !== "word" || !reservedWords.has(token.raw)) return parseRun(tokens, null);
  if (token.raw === "at") return parseTimed(tokens);
  if (token.raw !== "if" && token.raw !== "repeat") return misplaced(token);
  const depth = (block?.depth ?? 0) + 1;
  if (depth > depthMax) return mistakeOn(token, `more than ${depthMax} blocks inside each other`);
  tokens.at++;
  return token.raw === "if" ? parseIf(tokens, token, depth) : parseRepeat(tokens, token, depth);
}

function misplaced(token: WordToken): Stop {
  return mistakeOn(token, reservedWords.get(token.raw) ?? "");
}

function parseTimed(tokens: Tokens): Statement | Stop {
  const start = tokens.at;
  const time = tokens.list[start + 1];
  tokens.at++;
  if (time?.is !== "word") return unexpected(peek(tokens), 'a TIME after "at"');
  tokens.at++;
  const token = peek(tokens);
  if (token.is === "word" && reservedWords.has(token.raw)) return misplaced(token);
  return parseRun(tokens, { start, time: wordOf(time) });
}

function parseRun(
  tokens: Tokens,
  at: { readonly start: number; readonly time: Word } | null,
): Statement | Stop {
  const start = at?.start ?? tokens.at;
  const list = parseList(tokens);
  if ("stop" in list) return list;
  const token = peek(tokens);
  const background = takeMark(tokens, ["&"]) !== null;
  if (background && list.rest.length > 0) {
    return mistakeOn(token, '"&" only after one pipeline: A && B & is not read');
  }
  if (background && list.first.every(({ words }) => words.length === 0)) {
    return mistakeOn(token, '"&" only after a command');
  }
  const place = placeFrom(tokens, start);
  const stop = background ? null : endStatement(tokens, '";", "&", "|" or the end of the line');
  return stop ?? { is: "run", place, at: at?.time ?? null, list, background };
}

/** Where a statement of the tokens from `start` on begins, and its first line. */
function placeFrom({ text, list, at }: Tokens, start: number): Place {
  const first = list[start];
  const written = text.slice(first?.start, list[at - 1]?.end);
  return { line: first?.line ?? 1, text: /^[^\r\n]*/.exec(written)?.[0] ?? "" };
}

/** Passes the ";" or the end of line after a statement; the text may end there, too. */
function endStatement(tokens: Tokens, expected: string): Stop | null {
  const ended = takeMark(tokens, [";", "newline"]) !== null || peek(tokens).is === "end";
  return ended ? null : unexpected(peek(tokens), expected);
}

/** What stands after the first line of a block, after `else` and after `end`. */
const lineEnd = '";" or the end of the line';

function parseIf(tokens: Tokens, opening: WordToken, depth: number): Statement | Stop {
  const start = tokens.at - 1;
  const condition = parseList(tokens);
  if ("stop" in condition) return condition;
  const stop = endStatement(tokens, `${lineEnd} after the condition`);
  if (stop) return stop;
  const then = parseStatements(tokens, { opening, closings: ["else", "end"], depth });
  if ("stop" in then) return then;
  const otherwise = isRaw(peek(tokens), "else") ? parseElse(tokens, opening, depth) : [];
  if ("stop" in otherwise) return otherwise;
  return closed(tokens, start, (place) => ({ is: "if", place, condition, then, otherwise }));
}

function parseElse(tokens: Tokens, opening: WordToken, depth: number): readonly Statement[] | Stop {
  tokens.at++;
  const token = peek(tokens);
  if (isRaw(token, "if")) {
    return mistakeOn(token, 'after "else" a new line or ";", and an "end" for this "if" as well');
  }
  const stop = endStatement(tokens, `${lineEnd} after "else"`);
  return stop ?? parseStatements(tokens, { opening, closings: ["end"], depth });
}

function parseRepeat(tokens: Tokens, opening: WordToken, depth: number): Statement | Stop {
  const start = tokens.at - 1;
  const count = peek(tokens);
  if (count.is !== "word") return unexpected(count, 'a COUNT after "repeat"');
  tokens.at++;
  const stop = endStatement(tokens, `${lineEnd} after the count`);
  if (stop) return stop;
  const body = parseStatements(tokens, { opening, closings: ["end"], depth });
  if ("stop" in body) return body;
  return closed(tokens, start, (place) => ({
    is: "repeat",
    place,
    count: wordOf(count),
    body,
  }));
}

/** Passes the `end` of a block. */
function closed(
  tokens: Tokens,
  start: number,
  block: (place: Place) => Statement,
): Statement | Stop {
  tokens.at++;
  const place = placeFrom(tokens, start);
  return endStatement(tokens, `${lineEnd} after "end"`) ?? block(place);
}
