// `sojourn script`: files of lines, read whole before anything runs, each in a cluster of its own.
//
//   read and check all ──▶ for each: boot ──▶ run until a line fails ──▶ wait for the jobs that run
//       64, 74                                    1, 75, 124                    75, 124
//
// The first file that fails is the last, unless a report on all of them is asked for.

import { createHash } from "node:crypto";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { bootCluster } from "../boot.ts";
import { exitStatus, Refusal, refuseMachineFile, refuseUsage, say } from "../exit-status.ts";
import { onStop, stopRequested, tellStop } from "../interrupts.ts";
import { junitReport } from "../junit.ts";
import { clusterOptionsOf, type Settings } from "../options.ts";
import { outputDrained, outputFlushed, writeOutput } from "../run-output.ts";
import { plainOutput, type ScriptOutput, TapOutput } from "../tap.ts";
import { traceHeader } from "../trace-header.ts";
import { againLine } from "./again.ts";
import { readScript, type Script, scriptOf } from "./lines.ts";
import { describeFailure, type LineDone, type Outcome } from "./outcome.ts";
import type { ScriptResult } from "./script-result.ts";
import { type Pacer, Session } from "./session.ts";
import { waitForAll } from "./verbs-jobs.ts";

/** `words`: the options as they were given. Returns the exit status. */
export async function runScripts(
  files: readonly string[],
  settings: Settings,
  words: readonly string[] = [],
): Promise<number> {
  refuseOneFor(files, settings);
  const runsAll = settings.tap || settings.junit !== null;
  const scripts: (Script | Unread)[] = [];
  for (const file of files) scripts.push(await readOne(file, settings, runsAll));
  for (const path of [settings.trace, settings.junit]) if (path !== null) createFile(path);
  if (settings.save !== null) (await recording()).createSaveFile(settings.save);
  const output = settings.tap ? new TapOutput(scripts.length) : plainOutput;
  const results: ScriptResult[] = [];
  for (const script of scripts) {
    const result =
      "refusal" in script ? resultOfUnread(script) : await runScript(script, output, words);
    results.push(result);
    const request = stopRequested();
    if (request) {
      output.bailOut(request.line);
      tellStop();
      return request.status;
    }
    output.ended(result);
    if (result.status !== 0 && !runsAll) return result.status;
  }
  if (settings.junit !== null) writeFile(settings.junit, junitReport(results));
  const unread = scripts.find((script) => "refusal" in script);
  if (unread) return unread.refusal.status;
  return results.some(({ status }) => status !== 0) ? exitStatus.failed : exitStatus.ok;
}

/** A file that is reported on, although none of its lines can be executed. */
interface Unread {
  readonly file: string;
  readonly refusal: Refusal;
}

/** Throws a `Refusal`, unless all files are to be reported on. */
async function readOne(file: string, settings: Settings, all: boolean): Promise<Script | Unread> {
  try {
    return await readScript(file, settings);
  } catch (error) {
    if (!all || !(error instanceof Refusal)) throw error;
    return { file, refusal: error };
  }
}

function resultOfUnread({ file, refusal }: Unread): ScriptResult {
  const { status, message } = refusal;
  say(message);
  const place = message.startsWith(`${file}:`)
    ? (/^.*?:\d+(?=: )/.exec(message)?.[0] ?? file)
    : file;
  const failure = { expected: "lines that can be read", got: message, place };
  return { file, status, failure, again: null, lines: [], virtualNs: 0 };
}

/** A trace and a recording are of one cluster. */
function refuseOneFor(files: readonly string[], { trace, save }: Settings): void {
  const option = trace !== null ? "--trace" : save !== null ? "--save" : null;
  if (option === null || files.length < 2) return;
  throw refuseUsage(`${option} takes one script: each of the ${files.length} has its own cluster`);
}

async function runScript(
  script: Script,
  output: ScriptOutput,
  words: readonly string[],
): Promise<ScriptResult> {
  const { file, settings, mounts } = script;
  const cluster = await bootCluster({
    ...clusterOptionsOf(settings),
    mounts,
    onOutput: (task, stream, bytes) => output.write(stream, bytes, task.job),
  });
  try {
    const lines: LineDone[] = [];
    const session = new Session({
      cluster,
      settings,
      print: (line) => output.write(1, Buffer.from(`${line}\n`), 0),
      talk: talkLine,
      pacer: readersPace,
      // Only that report wants them: a script may run for long.
      ...(settings.junit === null ? {} : { watch: (line: LineDone) => lines.push(line) }),
    });
    onStop(() => session.interrupt());
    const outcome = await runToItsEnd(session, script);
    await writeTraceAndRecording(session, script);
    const again = againLine(file, settings, words);
    if (outcome.at === "failed" && !stopRequested()) tellFailure(outcome, again);
    await outputFlushed();
    const failure = outcome.at === "failed" ? describe(outcome) : leftWith(outcome, session.place);
    return { file, status: outcome.status, failure, again, lines, virtualNs: session.cluster.now };
  } finally {
    onStop(null);
    await cluster.close();
  }
}

/** Lines of a text in a session that is there already, as those of a script. */
export async function runLines(session: Session, text: string, name: string): Promise<number> {
  const outcome = await runToItsEnd(session, scriptOf(text, name, session.settings));
  if (outcome.at === "failed" && !stopRequested()) tellFailure(outcome, null);
  return outcome.status;
}

/** All lines, then the jobs that still run. The status is 0, or that of a failure or of `exit`. */
async function runToItsEnd(session: Session, { file, run }: Script): Promise<Outcome> {
  const outcome = await run(session);
  if (outcome.at !== "done") return outcome;
  const end = await waitForAll(session);
  return end.at === "failed" ? { ...end, place: `${file}:end` } : { at: "done", status: 0 };
}

type Failed = Extract<Outcome, { readonly at: "failed" }>;

/** A script that failed by itself says so in its own form; limits and deadlock are ours. */
function tellFailure(failure: Failed, again: string | null): void {
  const line = `${failure.place ?? ""}: ${describeFailure(failure)}`;
  if (failure.status === exitStatus.failed) talkLine(line);
  else say(line);
  if (again !== null) talkLine(`again: ${again}`);
}

function describe({ expected, got, place = "" }: Failed): ScriptResult["failure"] {
  return { expected, got, place };
}

function leftWith({ status }: Outcome, place: string): ScriptResult["failure"] {
  if (status === 0) return null;
  return { expected: "status 0 of the script", got: `exit ${status}`, place };
}

/** As fast as whoever reads our output. */
const readersPace: Pacer = {
  grant: async (now) => {
    await outputDrained();
    return now + 1_000_000_000;
  },
};

async function writeTraceAndRecording(session: Session, script: Script): Promise<void> {
  const { settings, text, file } = script;
  const sha256 = createHash("sha256").update(text).digest("hex");
  const header = traceHeader(settings, { sha256, args: [basename(file)] });
  if (settings.trace !== null) writeFile(settings.trace, header + session.cluster.trace());
  if (settings.save === null) return;
  await (await recording()).saveRecording(session, settings.save, { header });
}

function recording(): Promise<typeof import("../recording/index.ts")> {
  return import("../recording/index.ts");
}

/** Found out before anything runs: that the file cannot be written. */
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

function talkLine(line: string): void {
  writeOutput(2, Buffer.from(`${line}\n`));
}
