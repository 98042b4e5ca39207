// `sojourn run`: one program on a cluster of its own, from its start to an exit status.
//
//   find the program -> boot -> spawn -> run to the end -> say how it ended -> trace, report, summary

import { closeSync, openSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import type { Cluster } from "../cluster/index.ts";
import { bootCluster } from "./boot.ts";
import { refuseMachineFile, refuseUsage, say } from "./exit-status.ts";
import { onStop, stopRequested, tellStop } from "./interrupts.ts";
import { Session } from "./language/index.ts";
import { quoteWord } from "./quote.ts";
import { addMounts } from "./language/programs.ts";
import { clusterOptionsOf, type Settings } from "./options.ts";
import { reportText } from "./report.ts";
import { endingOf } from "./run-ending.ts";
import { factsOf } from "./run-facts.ts";
import { type ProgramIdentity, traceHeader } from "./trace-header.ts";
import {
  type InputKind,
  type MachineInput,
  openInput,
  standardInputKind,
  TerminalInput,
} from "./run-input.ts";
import { type LoopEnd, type Run, runToEnd } from "./run-loop.ts";
import { outputFlushed, writeOutput } from "./run-output.ts";
import { type Plan, readPlans, troubleOf } from "./run-plan.ts";
import { findProgram, type FoundProgram, guestRoot, programHash } from "./run-program.ts";
import { summaryLines } from "./summary.ts";
import { printDuration } from "./units.ts";

/** Where a run stands, for the line that an internal error leaves behind. */
export const progress: { cluster: Cluster | null } = { cluster: null };

/** All that can be refused has been looked at. */
interface Prepared {
  readonly settings: Settings;
  readonly words: readonly string[];
  readonly name: string;
  readonly program: FoundProgram;
  readonly plans: readonly Plan[];
  readonly input: RunInput;
  readonly inputKind: InputKind;
}

/** Where the program's standard input comes from. */
export interface RunInput {
  kind(): InputKind;
  open(kind: "file" | "pipe", onFailure: () => void): MachineInput;
}

const ownInput: RunInput = { kind: standardInputKind, open: openInput };

/** Returns the exit status; the line that goes with it has been said. */
export async function runCommand(
  settings: Settings,
  words: readonly string[],
  input: RunInput = ownInput,
): Promise<number> {
  const prepared = await prepare(settings, words, input);
  const cluster = await boot(prepared);
  progress.cluster = cluster;
  try {
    const run = await start(cluster, prepared);
    const end = await runToEnd(run);
    await outputFlushed();
    return await tell(run, prepared, end);
  } finally {
    onStop(null);
    await cluster.close();
  }
}

async function prepare(
  settings: Settings,
  words: readonly string[],
  input: RunInput,
): Promise<Prepared> {
  const name = words[0];
  if (name === undefined) {
    throw refuseUsage("run what? usage: sojourn run [OPTIONS] PROGRAM [ARGUMENT…]");
  }
  const plans = readPlans(settings);
  const program = findProgram(name, guestRoot(settings.root));
  const inputKind = input.kind();
  for (const path of [settings.trace, settings.report]) if (path !== null) createFile(path);
  if (settings.save !== null) (await recording()).createSaveFile(settings.save);
  return { settings, words, name, program, plans, input, inputKind };
}

function boot({ settings, program, plans }: Prepared): Promise<Cluster> {
  const records = settings.save !== null || plans.some(({ verb }) => verb === "save");
  const { trace, report, summary } = settings;
  const wantsTrace = records || trace !== null || report !== null || summary;
  return bootCluster({
    ...clusterOptionsOf(settings),
    ...(wantsTrace ? {} : { trace: "control" }),
    keepInput: records,
    mounts: mountsOf(program, plans),
    onOutput: (_task, stream, bytes) => writeOutput(stream, bytes),
  });
}

async function start(cluster: Cluster, prepared: Prepared): Promise<Run> {
  const { settings, words, program, plans, inputKind } = prepared;
  const stop = (): void => cluster.stop();
  const terminal = inputKind === "terminal" ? new TerminalInput() : null;
  const input =
    inputKind === null || inputKind === "terminal" ? null : prepared.input.open(inputKind, stop);
  const stdin = terminal?.source ?? input;
  const wander = wanderOf(settings);
  const task = await cluster.spawn(settings.on, words, {
    program: program.guestPath,
    env: settings.env,
    ...(stdin ? { stdin } : {}),
    ...(wander ? { wander } : {}),
  });
  terminal?.open(stop);
  onStop(() => {
    input?.cancel();
    terminal?.cancel();
    cluster.stop();
  });
  const session = new Session({ cluster, settings, print: talkLine, talk: talkLine });
  session.adopt([task], words.join(" "));
  const orders = new Map<Plan, number>();
  return { cluster, task, settings, input, terminal, session, orders, left: null, plans };
}

/** What planned lines print is talk: standard output is the program's. */
function talkLine(line: string): void {
  writeOutput(2, Buffer.from(`${line}\n`));
}

function mountsOf(program: FoundProgram, plans: readonly Plan[]): Readonly<Record<string, string>> {
  return plans.reduce((mounts, plan) => {
    const both = addMounts(mounts, plan.mounts);
    if (!both) throw refuseUsage(`${plan.given}: two files of this machine have one name in /mnt`);
    return both;
  }, program.mounts);
}

function wanderOf({
  wanderNs,
  strategy,
}: Settings): { periodNs: number; strategy?: string } | null {
  if (wanderNs === null) return null;
  return { periodNs: wanderNs, ...(strategy === null ? {} : { strategy }) };
}

/** Moves that were ordered in vain, and those planned for a program that had already ended. */
function warnOfMoves(run: Run, name: string): void {
  for (const [plan, order] of run.orders) {
    const trouble = troubleOf(run.cluster, order);
    if (trouble !== null) say(`warning: ${plan.given}: ${trouble}`);
  }
  if (!run.task.exit) return;
  const ended = printDuration(run.task.exit.at);
  for (const plan of run.plans.filter(({ verb }) => verb === "migrate")) {
    say(`warning: ${plan.given}: ${name} had ended at ${ended}`);
  }
}

/** Says how it ended and writes what was asked for. Returns the exit status. */
async function tell(
  run: Run,
  { settings, words, name, program }: Prepared,
  end: LoopEnd,
): Promise<number> {
  const ending = endingOf(end, run, name);
  const args = [posix.basename(name), ...words.slice(1)];
  const identity: ProgramIdentity = { sha256: programHash(program), args };
  if (settings.trace !== null) {
    writeFile(settings.trace, traceHeader(settings, identity) + run.cluster.trace());
  }
  if (settings.report !== null || settings.summary) {
    const facts = factsOf(run, ending, identity);
    if (settings.report !== null) writeFile(settings.report, reportText(facts));
    if (settings.summary) talkLine(summaryLines(facts).join("\n"));
  }
  warnOfMoves(run, name);
  if (settings.save !== null) {
    const header = traceHeader(settings, identity);
    await (await recording()).saveRecording(run.session, settings.save, { header });
  }
  if (stopRequested()) tellStop();
  else if (ending.line !== null) say(ending.line);
  if (ending.line !== null && settings.save !== null) {
    talkLine(`again: sojourn replay ${quoteWord(settings.save)}`);
  }
  return ending.status;
}

/** Loaded when somebody wants one. */
function recording(): Promise<typeof import("./recording/index.ts")> {
  return import("./recording/index.ts");
}

/** Found out before the run and not after it: that the file cannot be written. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, "w"));
  } catch (error) {
    throw refuseMachineFile("write", path, error);
  }
}

function writeFile(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw refuseMachineFile("write", path, error);
  }
}

/** For the line of an internal error: where in virtual time it was. */
export function whereWeWere(): string {
  return progress.cluster ? `virtual time ${progress.cluster.now} ns` : "before virtual time";
}
