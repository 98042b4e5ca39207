// The table of verbs: one row each. Lines, scripts, `help` and the command line read it.

import { suggestion } from "../nearest.ts";
import { parseCount } from "../units.ts";
import { type Kind, optional, readArguments } from "./arguments.ts";
import { done } from "./outcome.ts";
import { type Verb, withArguments } from "./verb.ts";
import { expectVerb } from "./verbs-expect.ts";
import { jobVerbs } from "./verbs-jobs.ts";
import { lookVerbs } from "./verbs-look.ts";
import { portVerbs } from "./verbs-ports.ts";
import { timeVerbs } from "./verbs-time.ts";
import { worldVerbs } from "./verbs-world.ts";

const statusKind: Kind<number> = {
  name: "N",
  parse: (text) => parseCount(text, { min: 0, max: 255 }),
};

const wordKind: Kind<string> = {
  name: "VERB",
  parse: (text) => {
    if (findVerb(text)) return { value: text };
    return { wrong: `one of ${verbNames().join(" ")}${suggestion(text, verbNames())}` };
  },
};

const helpVerb: Verb = {
  name: "help",
  usage: "help [VERB]",
  topic: "script",
  help: "Tells what the verbs are, or about one of them.",
  examples: ["help", "help migrate"],
  prepare: ({ args, scope }) =>
    withArguments(readArguments(args, [optional(wordKind)], scope), ([name]) => async (session) => {
      for (const line of name === undefined ? helpLines() : helpOn(name)) session.print(line);
      return done;
    }),
};

const exitVerb: Verb = {
  name: "exit",
  usage: "exit [N]",
  topic: "script",
  help: "Leaves at once with status N (0); jobs that still run are ended.",
  examples: ["exit", "exit 3"],
  prepare: ({ args, scope }) =>
    withArguments(readArguments(args, [optional(statusKind)], scope), ([code]) => async () => ({
      at: "leave",
      status: code ?? 0,
    })),
};

export const verbTable: readonly Verb[] = [
  helpVerb,
  ...jobVerbs,
  ...portVerbs,
  ...lookVerbs,
  ...worldVerbs,
  ...timeVerbs,
  expectVerb,
  exitVerb,
];

export function findVerb(name: string): Verb | undefined {
  return verbTable.find((verb) => verb.name === name);
}

export function verbNames(): readonly string[] {
  return verbTable.map(({ name }) => name);
}

export function helpLines(): readonly string[] {
  const width = Math.max(...verbTable.map(({ name }) => name.length));
  return [
    ...verbTable.map(({ name, help }) => `${name.padEnd(width)}  ${help}`),
    "",
    "A line that begins with no verb is a program: it runs on h1 until it ends; `@h2 PROGRAM` runs",
    "it on h2, and `&` at the end of the line starts it as a job, %1, %2, … Virtual time passes only",
    "while a line waits. `at TIME LINE` waits for that time first; `#` starts a comment.",
  ];
}

export function helpOn(name: string): readonly string[] {
  const verb = findVerb(name);
  if (!verb) return [];
  return [
    verb.usage,
    `  ${verb.help}`,
    ...(verb.more ?? []).map((line) => `  ${line}`),
    ...verb.examples.map((example) => `  example: ${example}`),
  ];
}
