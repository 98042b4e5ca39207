// The table of verbs: one row each. Lines, scripts, `help`, completion, docs/shell.md and the command
// line read it.

import { suggestion } from "../nearest.ts";
import { flagLines } from "../options.ts";
import { type Kind, optional, readArguments, statusKind } from "./arguments.ts";
import { runHelp } from "./commands.ts";
import { done } from "./outcome.ts";
import { type Topic, topicNames, topics, type Verb, withArguments } from "./verb.ts";
import { completionVerbs } from "./verbs-completion.ts";
import { controlVerbs } from "./verbs-control.ts";
import { expectVerb } from "./verbs-expect.ts";
import { jobVerbs } from "./verbs-jobs.ts";
import { lookVerbs } from "./verbs-look.ts";
import { portVerbs } from "./verbs-ports.ts";
import { recordingVerbs } from "./verbs-recording.ts";
import { setVerbs } from "./verbs-set.ts";
import { timeVerbs } from "./verbs-time.ts";
import { toolVerbs } from "./verbs-tools.ts";
import { topVerbs } from "./verbs-top.ts";
import { traceVerbs } from "./verbs-trace.ts";
import { worldVerbs } from "./verbs-world.ts";

const verbKind: Kind<string> = {
  name: "VERB",
  offer: { from: "verbs" },
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
  words: [optional(verbKind)],
  prepare: ({ args, scope }) =>
    withArguments(readArguments(args, [optional(verbKind)], scope), ([name]) => async (session) => {
      for (const line of name === undefined ? helpLines() : helpOn(name)) session.print(line);
      return done;
    }),
  command: runHelp,
};

const exitVerb: Verb = {
  name: "exit",
  usage: "exit [N]",
  topic: "script",
  help: "Leaves at once with status N (0); jobs that still run are ended.",
  examples: ["exit", "exit 3"],
  words: [optional(statusKind)],
  prepare: ({ args, scope }) =>
    withArguments(readArguments(args, [optional(statusKind)], scope), ([code]) => async () => ({
      at: "leave",
      status: code ?? 0,
    })),
};

export const verbTable: readonly Verb[] = [
  ...jobVerbs,
  ...controlVerbs,
  ...lookVerbs,
  ...topVerbs,
  ...worldVerbs,
  ...timeVerbs,
  ...portVerbs,
  helpVerb,
  expectVerb,
  ...setVerbs,
  ...traceVerbs,
  ...recordingVerbs,
  ...toolVerbs,
  ...completionVerbs(() => verbTable),
  exitVerb,
];

export function findVerb(name: string): Verb | undefined {
  return verbTable.find((verb) => verb.name === name);
}

export function verbNames(): readonly string[] {
  return verbTable.map(({ name }) => name);
}

/** The lines of the shell, by groups. */
export function helpLines(): readonly string[] {
  const named = verbTable.filter(({ prepare }) => prepare !== undefined);
  const width = Math.max(...named.map(({ name }) => name.length));
  const group = (topic: Topic): readonly string[] => {
    const verbs = named.filter((verb) => verb.topic === topic);
    if (verbs.length === 0) return [];
    return [
      topics[topic],
      ...verbs.map(({ name, help }) => `  ${name.padEnd(width)}  ${help}`),
      "",
    ];
  };
  return [
    ...topicNames.flatMap(group),
    "A line that begins with no verb is a program: it runs on h1 until it ends; `@h2 PROGRAM` runs",
    "it on h2, and `&` at the end of the line starts it as a job, %1, %2, … Words, quotes, $variables,",
    "patterns, | < > && || ; and # are as in sh. `at TIME LINE` waits for that time first.",
    "",
    "`help VERB` tells more, with examples. To begin with:",
    "  count 5",
    "  count 200 5ms &",
    "  migrate %1 h3",
    "  ps",
  ];
}

export function helpOn(name: string): readonly string[] {
  const verb = findVerb(name);
  if (!verb) return [];
  const { usage, help, more = [], options = [], examples } = verb;
  const flag = (option: (typeof options)[number]): string =>
    `${option.name} ${option.value?.name ?? ""}`.trim();
  const width = Math.max(...options.map((option) => flag(option).length));
  return [
    usage,
    `  ${help}`,
    ...more.map((line) => `  ${line}`),
    ...options.flatMap((option) => flagLines(flag(option), width, option.help)),
    "",
    ...examples.map((example) => `  ${example}`),
  ];
}
