// Looks at everything that can be wrong with the words of a pipeline, before any of it runs.
//
//   ps | grep h2      a verb first: what it prints is the next one's standard input
//   count 5 | @h2 wc  programs

import type { Settings } from "../options.ts";
import { done, type Outcome } from "./outcome.ts";
import { constantText, type Command, type Pipeline } from "./syntax.ts";
import { constantCommand, type PlainCommand } from "./plain.ts";
import { addMounts, type Mounts, programOf } from "./programs.ts";
import { mountsOf, readHostMark, readStage, type Stage, startStages } from "./stages.ts";
import type { Session } from "./session.ts";
import type { Action, Call, Prepared, Verb } from "./verb.ts";
import { findVerb, verbNames } from "./verbs.ts";

/** What a pipeline's words are read with. */
export interface Context {
  readonly settings: Settings;
  readonly background: boolean;
  /** Reads the lines of another file, for `source`. */
  readonly include: Include;
}

export type Include = (path: string, settings: Settings) => Prepared;

export function preparePipeline(commands: readonly PlainCommand[], context: Context): Prepared {
  const [first, ...others] = commands;
  if (!first) return { wrong: "expected a command" };
  const isPipe = others.length > 0;
  for (const command of commands) {
    const wrong = shapeOf(command, context, { isPipe, isFirst: command === first });
    if (wrong !== null) return { wrong };
  }
  if (first.words.length === 0) return { run: assign(first.assignments) };
  const verb = verbOf(first.words);
  if (!verb) return programs(commands, context, null);
  const prepared = prepareVerb(verb, first, isPipe ? { ...context, background: false } : context);
  if ("wrong" in prepared || !isPipe) return prepared;
  return programs(others, context, prepared);
}

/** `run` is a verb whose line is a program's. */
function verbOf(words: readonly string[]): Verb | undefined {
  const verb = findVerb(words[0] ?? "");
  return verb?.prepare && verb.name !== "run" ? verb : undefined;
}

/** What is wrong with the marks around a command's words; null if nothing is. */
function shapeOf(
  {
    on,
    words,
    assignments,
    redirections,
  }: Pick<PlainCommand, "on" | "words"> & {
    readonly assignments: object;
    readonly redirections: readonly { readonly how: string }[];
  },
  { settings, background }: Context,
  { isPipe, isFirst }: { readonly isPipe: boolean; readonly isFirst: boolean },
): string | null {
  const host = readHostMark(on, settings.hosts);
  if ("wrong" in host) return host.wrong;
  const [name] = words;
  const how = redirections[0]?.how;
  if (name === undefined) {
    if (Object.keys(assignments).length === 0) return "expected a command, got an empty word";
    const other = how ?? (on !== null ? "@HOST" : background ? "&" : isPipe ? "|" : null);
    return other === null ? null : `"${other}" has no meaning where only variables are set`;
  }
  const verb = verbOf(words);
  const command = findVerb(name);
  if (command && !command.prepare) {
    return `${name} is no line of the shell: sojourn ${command.usage} is for the command line`;
  }
  if (!verb) return null;
  if (!isFirst) return `${name} reads no input: after | stands a program`;
  if (isPipe && !printsOnly(verb)) {
    return `"|" has no meaning after ${name}: what programs and looking verbs print can be piped`;
  }
  if (how !== undefined) return `"${how}" goes with programs: ${name} prints here`;
  if (Object.keys(assignments).length > 0)
    return `NAME=VALUE goes before programs, not before ${name}`;
  if (on !== null && !verb.on) return `"@HOST" goes before programs, not before ${name}`;
  if (background && !isPipe && !verb.background) return `"&" has no meaning after ${name}`;
  return null;
}

/** Verbs that do nothing but print. */
function printsOnly({ name, topic }: Verb): boolean {
  return topic === "look" || ["help", "set", "seed", "trace", "flow"].includes(name);
}

function prepareVerb(verb: Verb, { on, words }: PlainCommand, context: Context): Prepared {
  const { settings, background, include } = context;
  const scope = { hosts: settings.hosts };
  const call: Call = {
    args: words.slice(1),
    on,
    background,
    scope,
    settings,
    include: (path) => include(path, settings),
  };
  const prepared = verb.prepare?.(call) ?? { wrong: "it is no line of the shell" };
  if (!("wrong" in prepared) || prepared.place !== undefined) return prepared;
  return { wrong: `${verb.name}: ${prepared.wrong} (usage: ${verb.usage})` };
}

/** `source`: a verb whose lines are the standard input of the first of them. */
function programs(
  commands: readonly PlainCommand[],
  { settings, background }: Context,
  source: { readonly run: Action } | null,
): Prepared {
  const stages: Stage[] = [];
  for (const command of commands) {
    const stage = readStage(command, settings, verbNames());
    if ("wrong" in stage) {
      const isRun = command.words[0] === "run";
      return { wrong: isRun ? `run: ${stage.wrong}` : stage.wrong };
    }
    stages.push(stage.value);
  }
  const mounts = mountsOf(stages);
  if (!mounts) return { wrong: "two files of this machine have one name in /mnt" };
  return {
    mounts,
    run: async (session) => {
      if (!source) return startStages(session, stages, { background, input: null });
      const { outcome, lines } = await session.capture(() => source.run(session));
      if (outcome.at !== "done") return outcome;
      const input = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      return startStages(session, stages, { background, input });
    },
  };
}

function assign(assignments: Readonly<Record<string, string>>): Action {
  return ({ variables }: Session): Promise<Outcome> => {
    for (const [name, value] of Object.entries(assignments)) variables.set(name, value);
    return Promise.resolve(done);
  };
}

/** What can be wrong with a pipeline some of whose words are not known yet. */
export function checkPipeline(pipeline: Pipeline, context: Context): Prepared {
  const commands = pipeline.map(constantCommand);
  if (commands.every((command) => command !== null)) return preparePipeline(commands, context);
  let mounts: Mounts = {};
  for (const [index, command] of pipeline.entries()) {
    const place = { isPipe: pipeline.length > 1, isFirst: index === 0 };
    const found = checkCommand(command, context, place);
    if ("wrong" in found) return found;
    const both = addMounts(mounts, found.mounts);
    if (!both) return { wrong: "two files of this machine have one name in /mnt" };
    mounts = both;
  }
  return { mounts, run: () => Promise.resolve(done) };
}

/** By its first word, if that is known. */
function checkCommand(
  command: Command,
  context: Context,
  place: { readonly isPipe: boolean; readonly isFirst: boolean },
): { readonly mounts: Mounts } | { readonly wrong: string } {
  const [first] = command.words;
  const name = first && constantText(first);
  if (first && name === undefined) return { mounts: {} };
  const on = command.on === null ? null : (constantText(command.on) ?? context.settings.on);
  const words = name === undefined ? [] : [name];
  const wrong = shapeOf({ ...command, on, words }, context, place);
  if (wrong !== null) return { wrong };
  if (name === undefined || name === "run" || verbOf(words)) return { mounts: {} };
  const program = programOf(name, context.settings, verbNames());
  return "wrong" in program ? program : { mounts: program.value.mounts };
}
