// `sojourn replay FILE`: makes a recorded run again, says whether it was the same, and goes on from
// there if it is asked to.
//
//   read ─▶ boot ─▶ replay ─▶ verdict ─▶ [the shell, on the cluster as it stands]
//   64, 74                    0, 1

import { writeFileSync } from "node:fs";
import {
  type Cluster,
  type Recording,
  type Replay,
  replayRecording,
  type Verdict,
} from "../../cluster/index.ts";
import { exitStatus, refuseMachineFile, refuseUsage } from "../exit-status.ts";
import { onStop, stopRequested, tellStop } from "../interrupts.ts";
import { type Settings, settingsDefault } from "../options.ts";
import { outputFlushed, writeOutput } from "../run-output.ts";
import { parseDuration, printDuration } from "../units.ts";
import { goOn } from "./continue.ts";
import { takeOptions } from "./options.ts";
import { loadRecording } from "./save.ts";
import { headerOf, settingsOf } from "./session-part.ts";
import { verdictLine } from "./verdict.ts";
import { replayOptions } from "./verb-options.ts";

/** How often a line of a session looks whether somebody has pressed Ctrl-C. */
const lookMs = 100;

interface Request {
  readonly file: string;
  readonly to: number | null;
  readonly driver: Settings["driver"];
  readonly trace: string | null;
  /** What programs write is written. */
  readonly output: boolean;
  readonly continues: boolean;
}

/** Where programs write: nowhere, until somebody wants it. */
interface Sink {
  write: ((stream: 1 | 2, bytes: Uint8Array) => void) | null;
}

/** Returns the exit status. Throws a `Refusal`, or `UsageError` for what is no recording of ours. */
export async function replayCommand(words: readonly string[]): Promise<number> {
  const request = readRequest(words);
  const recording = loadRecording(request.file);
  const to = timeIn(recording, request);
  const sink: Sink = { write: request.output ? writeOutput : null };
  const { cluster, verdict } = await replay(recording, to, request.driver, sink);
  try {
    const stopped = stopRequested();
    if (stopped) {
      tellStop();
      return stopped.status;
    }
    if (request.trace !== null) writeTrace(request.trace, recording, cluster);
    say(verdictLine(verdict, recording), request);
    if (verdict.is !== "same") return exitStatus.failed;
    if (!request.continues) return exitStatus.ok;
    return await goOn(cluster, recording.session, settingsFrom(recording, request.driver), sink);
  } finally {
    onStop(null);
    await outputFlushed();
    await cluster.close();
  }
}

/** For a line of a session: a cluster of its own, and what came of it. */
export async function replayBeside(
  file: string,
  interrupted: () => boolean,
): Promise<{ readonly is: Verdict["is"]; readonly line: string }> {
  const recording = loadRecording(file);
  const before = onStop(null);
  let looking: NodeJS.Timeout | undefined;
  try {
    const { cluster, verdict } = await replayRecording(recording, {
      onBoot: (booted) => {
        onStop(() => booted.stop());
        looking = setInterval(() => interrupted() && booted.stop(), lookMs);
      },
    });
    await cluster.close();
    return { is: verdict.is, line: verdictLine(verdict, recording) };
  } finally {
    clearInterval(looking);
    onStop(before);
  }
}

function readRequest(words: readonly string[]): Request {
  const { options, rest } = takeOptions("replay", words, replayOptions);
  const [file, surplus] = rest;
  if (file === undefined) {
    throw refuseUsage("replay what? usage: sojourn replay [OPTIONS] FILE");
  }
  if (surplus !== undefined) throw refuseUsage(`replay: one file, and not also ${surplus}`);
  const to = options.get("--to");
  const time = to === undefined ? null : parseDuration(to);
  return {
    file,
    to: time && "value" in time ? time.value : null,
    driver: options.get("--driver") === "inline" ? "inline" : "worker",
    trace: options.get("--trace") ?? null,
    output: options.has("--output"),
    continues: options.has("--continue"),
  };
}

function timeIn({ end }: Recording, { to, file }: Request): number {
  if (to === null) return end;
  if (to <= end) return to;
  const [last, asked] = [printDuration(end), printDuration(to)];
  throw refuseUsage(`--to: ${file} ends at ${last} virtual: there is no ${asked} in it`);
}

async function replay(
  recording: Recording,
  to: number,
  driver: Settings["driver"],
  sink: Sink,
): Promise<Replay> {
  return replayRecording(recording, {
    driver,
    to,
    onOutput: (_task, stream, bytes) => sink.write?.(stream, bytes),
    onBoot: (cluster) => onStop(() => cluster.stop()),
  });
}

/** With the programs' own output on standard output, the verdict goes beside it. */
function say(line: string, { output, continues }: Request): void {
  writeOutput(output || continues ? 2 : 1, Buffer.from(`${line}\n`));
}

function writeTrace(path: string, { session }: Recording, cluster: Cluster): void {
  try {
    writeFileSync(path, headerOf(session) + cluster.trace());
  } catch (error) {
    throw refuseMachineFile("write", path, error);
  }
}

/** What a session on the cluster of a recording starts with. */
function settingsFrom({ options, session }: Recording, driver: Settings["driver"]): Settings {
  const { hosts, seed, profile, location, plant, paranoid, epoch, root } = options;
  return settingsOf(session, {
    ...settingsDefault,
    ...{ hosts, seed, profile, location, plant, paranoid, epoch, root, driver },
    memoryBytes: options.memory,
    traceLevel: options.trace,
    net: { faults: options.net, bandwidth: options.bandwidth },
  });
}
