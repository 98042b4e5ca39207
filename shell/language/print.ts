// Statements as text: `parseScript` reads back what is printed here as the same statements.
//
// A text is quoted unless it is clearly plain. Blocks take a line for each part, two spaces deeper.

import { quoted } from "../quote.ts";
import { isPrefix } from "./parse-command.ts";
import { reservedWords } from "./parse.ts";
import {
  type Assignment,
  type Command,
  constantText,
  type List,
  type Part,
  type Pipeline,
  type Redirection,
  type Statement,
  type Word,
} from "./syntax.ts";
import { patternEnd } from "./tokens-pattern.ts";

/** Lines, without a newline at the end. */
export function printStatement(statement: Statement): string {
  return statementLines(statement, "").join("\n");
}

function statementLines(statement: Statement, indent: string): readonly string[] {
  const body = (statements: readonly Statement[]): readonly string[] =>
    statements.flatMap((inner) => statementLines(inner, `${indent}  `));
  switch (statement.is) {
    case "run": {
      const time = statement.at ? `at ${printWord(statement.at)} ` : "";
      const end = statement.background ? " &" : "";
      return [`${indent}${time}${printList(statement.list)}${end}`];
    }
    case "if": {
      const { condition, then, otherwise } = statement;
      const rest = otherwise.length > 0 ? [`${indent}else`, ...body(otherwise)] : [];
      return [`${indent}if ${printList(condition)}`, ...body(then), ...rest, `${indent}end`];
    }
    case "repeat": {
      const count = printWord(statement.count);
      return [`${indent}repeat ${count}`, ...body(statement.body), `${indent}end`];
    }
  }
}

function printList({ first, rest }: List): string {
  const printed = rest.map(({ when, pipeline }) => ` ${when} ${printPipeline(pipeline)}`);
  return printPipeline(first) + printed.join("");
}

function printPipeline(pipeline: Pipeline): string {
  return pipeline.map(printCommand).join(" | ");
}

function printCommand(command: Command): string {
  const { on, assignments, words, redirections } = command;
  return [
    ...(on ? [`@${printWord(on)}`] : []),
    ...assignments.map(printAssignment),
    ...words.map((word, index) => printNth(command, word, index)),
    ...redirections.map(printRedirection),
  ].join(" ");
}

function printAssignment({ name, value }: Assignment): string {
  return `${name}=${value.parts.length === 0 ? "" : printWord(value)}`;
}

function printRedirection({ fd, how, target }: Redirection): string {
  const usual = how === "<" ? 0 : 1;
  return `${fd === usual ? "" : fd}${how === "&" ? ">&" : how}${printWord(target)}`;
}

/** A word of a command, quoted where its place would give it another meaning. */
function printNth(command: Command, word: Word, index: number): string {
  const printed = printWord(word);
  if (index === 0) {
    const isTaken = reservedWords.has(printed) || isPrefix(printed);
    return isTaken ? printQuoted(word) : printed;
  }
  if (index !== 2 || !isExpectation(command)) return printed;
  const text = constantText(word);
  if (text !== undefined && patternEnd(text, 0) === text.length) return text;
  return printed.startsWith("/") ? printQuoted(word) : printed;
}

function isExpectation({ on, assignments, words }: Command): boolean {
  const [verb, what] = words.slice(0, 2).map(constantText);
  return on === null && assignments.length === 0 && verb === "expect" && what === "output";
}

/** A word that `parseScript` reads as an argument. */
export function printWord({ parts }: Word): string {
  return parts.length === 0 ? "''" : printParts(parts);
}

/** The same with the text that it begins with in quotes. */
function printQuoted({ parts: [first, ...rest] }: Word): string {
  return first?.is === "text" ? quoted(first.text) + printParts(rest) : printParts([]);
}

function printParts(parts: readonly Part[]): string {
  return joinedFromRight(grouped(parts), printGroup);
}

/** From the last one to the first: how a variable is written depends on what follows it. */
function joinedFromRight<Each>(
  all: readonly Each[],
  print: (each: Each, after: string) => string,
): string {
  const printed: string[] = [];
  for (const each of all.toReversed()) printed.push(print(each, printed.at(-1) ?? ""));
  return printed.reverse().join("");
}

/** Neighbours that share one pair of double quotes are a group; each other part is one, too. */
function grouped(parts: readonly Part[]): readonly (readonly Part[])[] {
  const groups: Part[][] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if (last?.[0] && isDouble(last[0]) && isDouble(part)) last.push(part);
    else groups.push([part]);
  }
  return groups;
}

/** An empty text is quoted by itself: nothing would be left of it. */
function isDouble(part: Part): boolean {
  return part.is === "text" ? part.text !== "" : part.is === "variable" && part.quoted;
}

function printGroup(group: readonly Part[], after: string): string {
  const [first] = group;
  if (group.some((part) => part.is === "variable" && part.quoted)) {
    return `"${joinedFromRight(group, printInDouble)}"`;
  }
  if (first?.is !== "variable") return group.map(printText).join("");
  return printVariable(first.name, first.otherwise, after, /["'\\$`}~*?[]/g);
}

function printText(part: Part): string {
  if (part.is !== "text") return part.is === "glob" ? part.text : "";
  return isPlain(part.text) ? part.text : quoted(part.text);
}

function printInDouble(part: Part, after: string): string {
  if (part.is === "variable") {
    return printVariable(part.name, part.otherwise, after, /["\\$`}]/g);
  }
  return part.text.replace(/["\\$`]/g, "\\$&");
}

function printVariable(
  name: string,
  otherwise: string | null,
  after: string,
  escaped: RegExp,
): string {
  if (otherwise !== null) return `\${${name}:-${otherwise.replace(escaped, "\\$&")}}`;
  return name !== "?" && /^[A-Za-z0-9_]/.test(after) ? `\${${name}}` : `$${name}`;
}

function isPlain(text: string): boolean {
  return /^[\p{L}\p{N}_%+=:,./@-]+$/u.test(text);
}
