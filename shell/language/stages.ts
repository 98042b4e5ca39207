// The programs of a line: found, started as one job with pipes between them, and waited for.
//
//   count 5 | @h2 wc > n      count on h1 ──1|P──▶ pipe P on fs ──0|P──▶ wc on h2 ──1>/n──▶ file

import { posix } from "node:path";
import type { SpawnOptions, Task } from "../../cluster/index.ts";
import { parseOptions, type Settings } from "../options.ts";
import type { FoundProgram } from "../run-program.ts";
import { parseHost, type Parsed } from "../units.ts";
import { done, failed, type Failure, type Outcome } from "./outcome.ts";
import type { PlainCommand, PlainRedirection } from "./plain.ts";
import { addMounts, type Mounts, programOf } from "./programs.ts";
import type { Session } from "./session.ts";

/** A program with all that it is started with. */
export interface Stage {
  readonly argv: readonly string[];
  /** `on`, `env`, `wander` and `strategy` of them. */
  readonly settings: Settings;
  readonly program: FoundProgram;
  /** As `SpawnOptions.streams` takes them, without the pipes. */
  readonly streams: readonly string[];
}

/** `verbs`: what a misspelt program's name may have meant instead. */
export function readStage(
  { on, words, assignments, redirections }: PlainCommand,
  base: Settings,
  verbs: readonly string[],
): Parsed<Stage> {
  const isRun = words[0] === "run";
  const host = { ...base, on: on ?? base.on };
  const read = isRun ? readRun(words.slice(1), host) : { value: { argv: words, settings: host } };
  if ("wrong" in read) return read;
  const { argv } = read.value;
  const name = argv[0];
  if (name === undefined || name === "") return { wrong: "expected PROGRAM, got nothing" };
  const settings = { ...read.value.settings, env: { ...base.env, ...read.value.settings.env } };
  const program = programOf(name, settings, isRun ? [] : verbs);
  if ("wrong" in program) return program;
  const streams = readStreams(redirections);
  if ("wrong" in streams) return streams;
  const env = { ...settings.env, ...assignments };
  const stage = { argv, settings: { ...settings, env }, program: program.value };
  return { value: { ...stage, streams: streams.value } };
}

function readRun(
  words: readonly string[],
  base: Settings,
): Parsed<{ readonly argv: readonly string[]; readonly settings: Settings }> {
  const parsed = parseOptions(words, "job", base);
  if ("wrong" in parsed) return parsed;
  if ("help" in parsed) return { wrong: "expected PROGRAM, got --help" };
  return { value: { argv: parsed.rest, settings: parsed.settings } };
}

export function readHostMark(on: string | null, hosts: number): Parsed<null> {
  if (on === null) return { value: null };
  const host = parseHost(on, hosts);
  if ("value" in host && host.value !== "fs") return { value: null };
  return { wrong: `expected @HOST: h1 to h${hosts}, got "@${on}"` };
}

/** Paths of the guests' files; programs start in `/`. */
function readStreams(redirections: readonly PlainRedirection[]): Parsed<readonly string[]> {
  const streams: string[] = [];
  for (const { fd, how, target } of redirections) {
    if (how === "&") {
      if (!/^[0-2]$/.test(target)) {
        return { wrong: `expected 0, 1 or 2 after ${fd}>&, got "${target}"` };
      }
      streams.push(`${fd}&${target}`);
      continue;
    }
    if (target === "") return { wrong: `expected a file after ${how}, got nothing` };
    streams.push(`${fd}${how}${posix.join("/", target)}`);
  }
  return { value: streams };
}

/** The files of this machine that the guests have to see for them; null if two have one name. */
export function mountsOf(stages: readonly Stage[]): Mounts | null {
  return stages.reduce<Mounts | null>(
    (mounts, { program }) => mounts && addMounts(mounts, program.mounts),
    {},
  );
}

export interface StartOptions {
  readonly background: boolean;
  /** The first program's standard input, if that is neither the terminal nor empty. */
  readonly input: Uint8Array | null;
}

/** Starts them as one job; waits for it, unless it is in the background. */
export async function startStages(
  session: Session,
  stages: readonly Stage[],
  { background, input }: StartOptions,
): Promise<Outcome> {
  const refused = stages.map((stage) => refusal(session, stage)).find((got) => got !== null);
  if (refused) return refused;
  const pipes = makePipes(session, stages);
  const tasks: Task[] = [];
  let terminal = false;
  for (const [index, stage] of stages.entries()) {
    const stdin = index === 0 ? (input ?? session.input) : undefined;
    const options = optionsOf(stage, pipesOf(pipes, index));
    const reads = stdin !== undefined && !options.streams.some((stream) => stream.startsWith("0"));
    if (index === 0) terminal = reads && input === null;
    tasks.push(
      await session.cluster.spawn(stage.settings.on, stage.argv, {
        ...options,
        terminal: session.interactive,
        ...(reads ? { stdin } : {}),
        ...(background ? { foreground: false } : {}),
      }),
    );
  }
  const command = stages.map(({ argv }) => argv.join(" ")).join(" | ");
  const job = session.adopt(tasks, command, undefined, { terminal });
  if (!background) return session.waitInForeground(job);
  if (session.interactive) session.talk(`%${job.number} ${job.command}`);
  return done;
}

function refusal(session: Session, { argv, settings, program }: Stage): Failure | null {
  const name = argv[0] ?? "";
  if (session.hostState(settings.on) === "down") {
    return failed(`${name} to start on ${settings.on}`, `${settings.on} is down`);
  }
  const seen = session.cluster.config.mounts;
  const unseen = Object.entries(program.mounts).find(([mount, path]) => seen[mount] !== path);
  if (!unseen) return null;
  const got = `${unseen[1]}, which was not asked for when the cluster was switched on`;
  return failed("a program that the guests can see", got);
}

/** The numbers of the pipes, each between a stage and the next. */
function makePipes(session: Session, stages: readonly Stage[]): readonly number[] {
  return stages.slice(1).map((reader, index) => {
    const writer = stages[index] ?? reader;
    return session.cluster.makePipe(reader.settings.on, writer.settings.on);
  });
}

/** What the stage's descriptors become before its own redirections. */
function pipesOf(pipes: readonly number[], index: number): readonly string[] {
  const [before, after] = [pipes[index - 1], pipes[index]];
  return [
    ...(before === undefined ? [] : [`0|${before}`]),
    ...(after === undefined ? [] : [`1|${after}`]),
  ];
}

function optionsOf(
  { settings, program, streams }: Stage,
  pipes: readonly string[],
): SpawnOptions & { readonly streams: readonly string[] } {
  const { wanderNs, strategy, env } = settings;
  const wander = { periodNs: wanderNs ?? 0, ...(strategy === null ? {} : { strategy }) };
  return {
    program: program.guestPath,
    env,
    streams: [...pipes, ...streams],
    ...(wanderNs === null ? {} : { wander }),
  };
}
