// Commands without variables and patterns: what `prepare` looks at.
//
//   Command (of the parser) ──▶ expand, when its turn comes ──▶ PlainCommand
//                          └──▶ as it stands, if nothing in it varies ──▶ PlainCommand

import { type Environment, expandOne, expandValue, expandWord } from "./expand.ts";
import { type Command, constantText, type Word } from "./syntax.ts";

export interface PlainCommand {
  /** The host after `@`, as it was typed. */
  readonly on: string | null;
  readonly assignments: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  readonly redirections: readonly PlainRedirection[];
}

export interface PlainRedirection {
  readonly fd: number;
  readonly how: "<" | ">" | ">>" | "&";
  readonly target: string;
}

/** What is wrong, and the column of the word. */
export interface WrongWord {
  readonly wrong: string;
  readonly column: number;
}

/** Null if something in it has to be expanded. */
export function constantCommand(command: Command): PlainCommand | null {
  const read = readCommand(command, (word) => {
    const text = constantText(word);
    return text === undefined ? varies : [text];
  });
  return "wrong" in read ? null : read;
}

const varies = { wrong: "it varies" };

export function expandCommand(
  command: Command,
  environment: Environment,
): PlainCommand | WrongWord {
  return readCommand(command, (word, place) => {
    if (place === "word") {
      const expanded = expandWord(word, environment);
      return "wrong" in expanded ? expanded : expanded.fields;
    }
    const expand = place === "value" ? expandValue : expandOne;
    const one = expand(word, environment);
    return "wrong" in one ? one : [one.text];
  });
}

/** The text of a word that stands where exactly one is wanted. */
export function expandText(word: Word, environment: Environment): string | WrongWord {
  const one = expandOne(word, environment);
  return "wrong" in one ? { wrong: one.wrong, column: word.column } : one.text;
}

type ReadWord = (
  word: Word,
  place: "word" | "value" | "one",
) => readonly string[] | { readonly wrong: string };

function readCommand(command: Command, read: ReadWord): PlainCommand | WrongWord {
  const wrongs: WrongWord[] = [];
  const fields = (word: Word, place: "word" | "value" | "one"): readonly string[] => {
    const got = read(word, place);
    if (!("wrong" in got)) return got;
    wrongs.push({ wrong: got.wrong, column: word.column });
    return [];
  };
  const one = (word: Word, place: "value" | "one"): string => fields(word, place)[0] ?? "";
  const plain = {
    on: command.on === null ? null : one(command.on, "one"),
    assignments: Object.fromEntries(
      command.assignments.map(({ name, value }) => [name, one(value, "value")]),
    ),
    words: command.words.flatMap((word) => fields(word, "word")),
    redirections: command.redirections.map(({ fd, how, target }) => ({
      fd,
      how,
      target: one(target, "one"),
    })),
  };
  return wrongs[0] ?? plain;
}
