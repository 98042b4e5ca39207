// Lists, pipelines and commands: what stands in a statement.

import type { Assignment, Command, List, Part, Pipeline, Redirection, Word } from "./syntax.ts";
import { peek, skipNewlines, takeMark, type Tokens, unexpected, wordOf } from "./parse-tokens.ts";
import { incompleteOn, mistakeOn, type Stop } from "./tokens-reader.ts";
import type { RedirectToken, WordToken } from "./tokens.ts";

export function parseList(tokens: Tokens): List | Stop {
  const first = parsePipeline(tokens);
  if ("stop" in first) return first;
  const rest: { when: "&&" | "||"; pipeline: Pipeline }[] = [];
  for (;;) {
    const when = takeMark(tokens, ["&&", "||"]);
    if (when === null) return { first, rest };
    const pipeline = afterMark(tokens, when) ?? parsePipeline(tokens);
    if ("stop" in pipeline) return pipeline;
    rest.push({ when: when === "&&" ? "&&" : "||", pipeline });
  }
}

/** After "|", "&&" and "||" the line may end: the command comes later. */
function afterMark(tokens: Tokens, mark: string): Stop | null {
  skipNewlines(tokens);
  const token = peek(tokens);
  return token.is === "end" ? incompleteOn(token, `expected a command after "${mark}"`) : null;
}

function parsePipeline(tokens: Tokens): Pipeline | Stop {
  const commands: Command[] = [];
  for (;;) {
    const token = peek(tokens);
    const command = parseCommand(tokens);
    if ("stop" in command) return command;
    commands.push(command);
    const more = takeMark(tokens, ["|"]) !== null;
    if (command.words.length === 0 && commands.length + Number(more) > 1) {
      return mistakeOn(token, "expected a command in the pipeline, got an assignment alone");
    }
    if (!more) return commands;
    const stop = afterMark(tokens, "|");
    if (stop) return stop;
  }
}

/** What a command has so far. */
interface Draft {
  on: Word | null;
  readonly assignments: Assignment[];
  readonly words: Word[];
  readonly redirections: Redirection[];
}

function parseCommand(tokens: Tokens): Command | Stop {
  const draft: Draft = { on: null, assignments: [], words: [], redirections: [] };
  for (;;) {
    const token = peek(tokens);
    if (token.is !== "word" && token.is !== "redirect") return finished(draft, tokens);
    tokens.at++;
    const stop = token.is === "word" ? addWord(draft, token) : addRedirection(draft, token, tokens);
    if (stop) return stop;
  }
}

function finished(draft: Draft, tokens: Tokens): Command | Stop {
  const token = peek(tokens);
  const isAssignment = draft.assignments.length > 0 && !draft.on && !draft.redirections[0];
  if (token.is === "stop") return token.stop;
  return draft.words.length > 0 || isAssignment ? draft : unexpected(token, "a command");
}

const assignmentForm = /^([A-Za-z_][A-Za-z0-9_]*)=/;

/** Whether a word, as it is written, is no plain first word of a command. */
export function isPrefix(raw: string): boolean {
  return raw.startsWith("@") || assignmentForm.test(raw);
}

function addWord(draft: Draft, token: WordToken): Stop | null {
  if (draft.words.length > 0) {
    draft.words.push(wordOf(token));
    return null;
  }
  if (token.raw === "!") return mistakeOn(token, 'there is no "!": write COMMAND || COMMAND');
  if (token.raw.startsWith("@")) return addHost(draft, token);
  const name = assignmentForm.exec(token.raw)?.[1];
  if (name === undefined) draft.words.push(wordOf(token));
  else draft.assignments.push({ name, value: withoutText(token, name.length + 1) });
  return null;
}

function addHost(draft: Draft, token: WordToken): Stop | null {
  const host = withoutText(token, 1);
  if (host.parts.length === 0) return mistakeOn(token, 'expected a HOST after "@", as in @h2');
  if (draft.on) return mistakeOn(token, "a command runs on one host");
  if (draft.assignments.length > 0) return mistakeOn(token, '"@HOST" stands before NAME=VALUE');
  draft.on = host;
  return null;
}

/** A word without the first characters of the text that it begins with. */
function withoutText({ parts, column }: WordToken, length: number): Word {
  const [first, ...rest] = parts;
  const text = first?.is === "text" ? first.text.slice(length) : "";
  const shorter: readonly Part[] = text === "" ? rest : [{ is: "text", text }, ...rest];
  return { parts: shorter, column: column + length };
}

function addRedirection(draft: Draft, { fd, how }: RedirectToken, tokens: Tokens): Stop | null {
  const token = peek(tokens);
  const expected = how === "&" ? '0, 1 or 2 after ">&"' : `a FILE after "${how}"`;
  const fits = token.is === "word" && (how !== "&" || ["0", "1", "2"].includes(token.raw));
  if (!fits) return unexpected(token, expected);
  tokens.at++;
  draft.redirections.push({ fd, how, target: wordOf(token) });
  return null;
}
