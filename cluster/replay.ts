// Makes a recorded run again, and compares.
//
//   boot ─▶ run to the next command's time ─▶ the command ─▶ … ─▶ run to the end ─▶ same trace?
//            └ reads of standard input are given what they were given ┘
//
// What a program had not read yet when the recording was made is not in it: whoever goes on from
// there finds the end of the input.

import { control, inputKinds, isOp } from "../ports/index.ts";
import type { ClusterOptions, InputSource } from "./api.ts";
import { Cluster } from "./cluster.ts";
import { configOf, UsageError } from "./config.ts";
import { changeOf, createOutside, type MachineOutside, type SeenFile } from "./outside.ts";
import {
  bootOptionsOf,
  hashOfLines,
  type LoggedCommand,
  recordedInput,
  type Recording,
} from "./recording.ts";

export interface ReplayOptions {
  readonly driver?: "worker" | "inline";
  /** Up to this time, without the commands at it. Default: the end. */
  readonly to?: number;
  readonly onOutput?: ClusterOptions["onOutput"];
  /** Called before time passes, for somebody who may want to stop it. */
  readonly onBoot?: (cluster: Cluster) => void;
}

export type Verdict =
  | {
      readonly is: "same";
      readonly events: number;
      readonly commands: number;
      readonly to: number;
      readonly sha256: string;
    }
  | {
      readonly is: "diverged";
      /** The number of the first event that differs, from 1. */
      readonly event: number;
      /** Its line in the trace; null where there is none. */
      readonly now: string | null;
      readonly recorded: string | null;
    }
  /** Somebody has stopped it on its way. */
  | { readonly is: "stopped"; readonly to: number };

export interface Replay {
  readonly cluster: Cluster;
  readonly verdict: Verdict;
}

/**
 * The cluster is left as it stands at the end, for the caller to go on with, and to close. Throws
 * `UsageError` if a file that the run has seen is not what it was.
 */
export async function replayRecording(
  recording: Recording,
  { driver = "worker", to = recording.end, onOutput, onBoot }: ReplayOptions = {},
): Promise<Replay> {
  if (to > recording.end) {
    throw new UsageError(`the recording ends at ${recording.end} ns: there is no ${to} ns in it`);
  }
  checkFiles(recording);
  const watched = onOutput ? { onOutput } : {};
  const options = { ...bootOptionsOf(recording.options), driver, ...watched };
  const cluster = await Cluster.boot(options);
  try {
    onBoot?.(cluster);
    const verdict = await repeatAll(cluster, recording, to);
    return { cluster, verdict };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

async function repeatAll(cluster: Cluster, recording: Recording, to: number): Promise<Verdict> {
  const whole = to === recording.end;
  const commands = recording.commands.filter(({ time }) => whole || time < to);
  for (const logged of commands) {
    if (!(await cluster.advanceTo(logged.time))) return { is: "stopped", to: cluster.now };
    cluster.repeat(logged, inputOf(logged, recording));
  }
  // At the end once more even if a command has come at it: the recording was taken after that.
  if (!(await cluster.advanceTo(to))) return { is: "stopped", to: cluster.now };
  const recorded = whole ? recording.trace : linesBefore(recording.trace, to);
  const now = whole ? cluster.eventsFrom(0) : linesBefore(cluster.eventsFrom(0), to);
  return compareTraces(now, recorded) ?? { ...sameAs(now), commands: commands.length, to };
}

function inputOf({ command }: LoggedCommand, { input }: Recording): InputSource | null {
  if (command.do !== "order" || !isOp(command.message, control.spawn)) return null;
  const { job, input: kind } = command.message.body;
  const chunks = input.get(job) ?? [];
  switch (kind) {
    case inputKinds.file:
      return recordedInput("file", chunks);
    case inputKinds.pipe:
      return recordedInput("pipe", chunks);
    case inputKinds.terminal:
      return recordedInput("terminal", chunks);
    default:
      return null;
  }
}

function sameAs(lines: readonly string[]): {
  readonly is: "same";
  readonly events: number;
  readonly sha256: string;
} {
  return { is: "same", events: lines.length, sha256: hashOfLines(lines) };
}

/** Lines stand in the order of their times. */
function linesBefore(lines: readonly string[], time: number): readonly string[] {
  let [from, to] = [0, lines.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const { at } = JSON.parse(lines[middle] as string) as { readonly at: number };
    if (at < time) from = middle + 1;
    else to = middle;
  }
  return lines.slice(0, from);
}

/** The first event that differs; null: none. */
export function compareTraces(
  now: readonly string[],
  recorded: readonly string[],
): Extract<Verdict, { readonly is: "diverged" }> | null {
  const length = Math.max(now.length, recorded.length);
  for (let index = 0; index < length; index++) {
    if (now[index] === recorded[index]) continue;
    const [ours, theirs] = [now[index] ?? null, recorded[index] ?? null];
    return { is: "diverged", event: index + 1, now: ours, recorded: theirs };
  }
  return null;
}

/** Everything that the run has seen of this machine has to be as it was. */
function checkFiles({ options, files }: Recording): void {
  const { root } = configOf(bootOptionsOf(options));
  let outside: MachineOutside;
  try {
    outside = createOutside({
      root,
      mounts: options.mounts,
      output: () => undefined,
      input: () => "wait",
    });
  } catch {
    throw new UsageError(`the guests' disk of the recording is not there: ${root}`);
  }
  for (const file of files) {
    const now = changeOf(outside, file);
    if (now) throw new UsageError(describeChange(file, now, machinePath(options, root, file.path)));
  }
}

function machinePath({ mounts }: Recording["options"], root: string, path: string): string {
  const mount = path.startsWith("/mnt/") ? mounts[path.slice("/mnt/".length)] : undefined;
  return mount ?? `${root}${path}`;
}

function describeChange(was: SeenFile, now: SeenFile, path: string): string {
  const of = (file: SeenFile): string => {
    if (file.sha256 !== null) return `sha256 ${file.sha256.slice(0, 12)}…`;
    return file.is === "file" || file.is === "program"
      ? `a ${file.is} of ${file.bytes} bytes`
      : file.is;
  };
  const [before, after] = was.is === now.is ? [of(was), of(now)] : [was.is, now.is];
  return `${path} has changed since the recording was made: it was ${before}, now ${after}`;
}
