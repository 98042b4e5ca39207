// `sojourn script`: files of lines, read whole before anything runs, then run until one fails.
//
//   read ──▶ prepare all lines ──▶ boot ──▶ run line by line ──▶ wait for the jobs that still run
//     74           64                          1, 64, 75, 124           75, 124

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { Cluster } from "../../cluster/index.ts";
import { exitStatus, refuseMachineFile, refuseUsage, say } from "../exit-status.ts";
import { onStop, stopRequested } from "../interrupts.ts";
import { clusterOptionsOf, type Settings } from "../options.ts";
import { traceHeader } from "../trace-header.ts";
import { outputDrained, writeOutput } from "../run-output.ts";
import { describeMistake, type PreparedLine, prepareLine, runLine } from "./lines.ts";
import type { Failure, Outcome } from "./outcome.ts";
import { addMounts, type Mounts } from "./programs.ts";
import { Session } from "./session.ts";
import { waitForAll } from "./verbs-jobs.ts";

/** A line of a file, as messages name it. */
interface ScriptLine extends PreparedLine {
  readonly place: string;
}

interface Script {
  readonly lines: readonly ScriptLine[];
  readonly mounts: Mounts;
  readonly sha256: string;
  readonly files: readonly string[];
}

/** Runs the files one after the other in one session. Returns the exit status. */
export async function runScripts(files: readonly string[], settings: Settings): Promise<number> {
  const script = await readScript(files, settings);
  const cluster = await Cluster.boot({
    ...clusterOptionsOf(settings),
    mounts: script.mounts,
    onOutput: (_task, stream, bytes) => writeOutput(stream, bytes),
  });
  try {
    const session = new Session({ cluster, settings, print: printLine, talk: talkLine });
    onStop(() => session.interrupt());
    const code = await runAll(session, script);
    writeTrace(cluster, settings, script);
    const request = stopRequested();
    if (request) say(request.line);
    return request?.status ?? code;
  } finally {
    onStop(null);
    await cluster.close();
  }
}

async function runAll(session: Session, { lines, files }: Script): Promise<number> {
  for (const line of lines) {
    const outcome = await runLine(session, line);
    await outputDrained();
    if (stopRequested()) return outcome.status;
    if (outcome.at === "leave") return outcome.status;
    if (outcome.at === "failed") return tellFailure(line.place, outcome);
  }
  const outcome: Outcome = await waitForAll(session);
  if (outcome.at === "failed" && !stopRequested()) {
    return tellFailure(`${files.at(-1) ?? ""}:end`, outcome);
  }
  return 0;
}

/** A script that failed by itself says so in its own form; limits and deadlock are ours. */
function tellFailure(place: string, { expected, got, status }: Failure): number {
  const line = `${place}: expected ${expected}, got ${got}`;
  if (status === exitStatus.failed) talkLine(line);
  else say(line);
  return status;
}

/** Throws a `Refusal` for what cannot be read. Mistakes in lines are all found before any runs. */
async function readScript(files: readonly string[], settings: Settings): Promise<Script> {
  const hash = createHash("sha256");
  const lines: ScriptLine[] = [];
  let mounts: Mounts = {};
  for (const file of files) {
    const text = await readText(file);
    hash.update(text);
    for (const [index, lineText] of text.split("\n").entries()) {
      const place = `${file}:${index + 1}`;
      const line = prepareLine(lineText, settings);
      if ("nothing" in line) continue;
      if ("wrong" in line) throw refuseUsage(`${place}: ${describeMistake(line)}`);
      const all = addMounts(mounts, line.mounts);
      if (!all) throw refuseUsage(`${place}: two files of this machine have one name in /mnt`);
      mounts = all;
      lines.push({ ...line, place });
    }
  }
  return { lines, mounts, sha256: hash.digest("hex"), files: files.map((file) => basename(file)) };
}

async function readText(file: string): Promise<string> {
  try {
    return file === "-" ? await readAll(process.stdin) : readFileSync(file, "utf8");
  } catch (error) {
    throw refuseMachineFile("read", file, error);
  }
}

function writeTrace(cluster: Cluster, settings: Settings, { sha256, files }: Script): void {
  if (settings.trace === null) return;
  try {
    writeFileSync(settings.trace, traceHeader(settings, { sha256, args: files }) + cluster.trace());
  } catch (error) {
    throw refuseMachineFile("write", settings.trace, error);
  }
}

function printLine(line: string): void {
  writeOutput(1, Buffer.from(`${line}\n`));
}

function talkLine(line: string): void {
  writeOutput(2, Buffer.from(`${line}\n`));
}
