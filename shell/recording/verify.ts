// `sojourn verify-determinism -- run …`: one run three times, and whether the traces are the same.
//
//   inline ──────────────────────────────────┐
//   in workers ──────────────────────────────┼─▶ first event that differs, or none
//   in workers, stopped at random places ────┘    1                           0
//
// At the random places hosts are saved and go on with what was saved. Only the first run is heard.

import { createHash } from "node:crypto";
import {
  type Cluster,
  type ClusterOptions,
  compareTraces,
  hashOfLines,
} from "../../cluster/index.ts";
import { watchBoots } from "../boot.ts";
import { muteOutput } from "../diversion.ts";
import { exitStatus, refuseUsage } from "../exit-status.ts";
import { stopRequested, tellStop } from "../interrupts.ts";
import { quoteWord } from "../quote.ts";
import { runScripts } from "../language/index.ts";
import { parseOptions, type Settings } from "../options.ts";
import { outputFlushed, writeOutput } from "../run-output.ts";
import { runCommand } from "../run.ts";
import { SharedInput } from "./shared-input.ts";
import { counted, eventOf } from "./verdict.ts";

interface Way {
  readonly name: string;
  readonly options: ClusterOptions;
}

const ways: readonly Way[] = [
  { name: "inline", options: { driver: "inline" } },
  { name: "in workers", options: { driver: "worker" } },
  {
    name: "in workers, stopped at random places",
    options: { driver: "worker", disturbed: true },
  },
];

export interface VerifyOptions {
  /** Changes the trace of a run, numbered from 0: to see a difference found. */
  readonly alter?: (run: number, lines: readonly string[]) => readonly string[];
}

/** What a run has left behind. */
interface Outcome {
  readonly way: Way;
  readonly status: number;
  readonly trace: readonly string[];
  /** Of each task that it had: what it has written. */
  readonly outputs: readonly { readonly name: string; readonly sha256: string }[];
}

type Command = (first: boolean) => Promise<number>;

/** Returns the exit status. Throws a `Refusal` for what cannot be run. */
export async function verifyDeterminism(
  words: readonly string[],
  { alter = (_run, lines) => lines }: VerifyOptions = {},
): Promise<number> {
  const command = readCommand(words);
  const outcomes: Outcome[] = [];
  for (const [run, way] of ways.entries()) {
    const outcome = await runOnce(command, way, run === 0);
    const request = stopRequested();
    if (request) {
      tellStop();
      return request.status;
    }
    outcomes.push({ ...outcome, trace: alter(run, outcome.trace) });
  }
  const difference = differenceOf(outcomes);
  await outputFlushed();
  writeOutput(1, Buffer.from(`${difference ?? sameLine(outcomes)}\n`));
  if (difference !== null) writeOutput(2, Buffer.from(`again: ${commandLine(words)}\n`));
  return difference === null ? exitStatus.ok : exitStatus.failed;
}

function readCommand(words: readonly string[]): Command {
  const [verb = "", ...rest] = words[0] === "--" ? words.slice(1) : words;
  if (verb !== "run" && verb !== "script") {
    throw refuseUsage(
      "verify what? usage: sojourn verify-determinism -- run [OPTIONS] PROGRAM [ARGUMENT…]",
    );
  }
  const parsed = parseOptions(rest, verb);
  if ("help" in parsed) throw refuseUsage(`for help on ${verb}: sojourn help ${verb}`);
  if ("wrong" in parsed) throw refuseUsage(parsed.wrong);
  const { settings, rest: names } = parsed;
  const settingsOf = (first: boolean): Settings => (first ? settings : withoutFiles(settings));
  if (verb === "run") {
    const input = new SharedInput();
    return (first) => runCommand(settingsOf(first), names, input);
  }
  if (names.length === 0 || names.includes("-")) {
    throw refuseUsage("verify-determinism: script needs files: standard input can be read once");
  }
  return (first) => runScripts(names, settingsOf(first));
}

/** The first run has written them. */
function withoutFiles(settings: Settings): Settings {
  return { ...settings, trace: null, report: null, save: null, junit: null, summary: false };
}

async function runOnce(command: Command, way: Way, first: boolean): Promise<Outcome> {
  const clusters: Cluster[] = [];
  watchBoots({
    change: ({ trace, ...options }) => ({
      ...options,
      trace: trace === "all" ? trace : "default",
      ...way.options,
    }),
    booted: (cluster) => clusters.push(cluster),
  });
  const before = muteOutput(!first);
  try {
    const status = await command(first);
    return {
      way,
      status,
      trace: clusters.flatMap((cluster) => cluster.eventsFrom(0)),
      outputs: clusters.flatMap(outputsOf),
    };
  } finally {
    muteOutput(before);
    watchBoots(null);
  }
}

function outputsOf({ tasks }: Cluster): Outcome["outputs"] {
  return tasks.map(({ job, program, outputBytes, errors }) => {
    const hash = createHash("sha256").update(outputBytes).update("\0").update(errors);
    return { name: `${program} (job ${job})`, sha256: hash.digest("hex") };
  });
}

/** In one line, for a person; null if there is none. */
function differenceOf([one, ...others]: readonly Outcome[]): string | null {
  if (!one) return null;
  for (const other of others) {
    const trace = compareTraces(other.trace, one.trace);
    if (trace) {
      const [now, then] = [eventOf(trace.now), eventOf(trace.recorded)];
      const place = `the trace differs from event ${trace.event} on`;
      return `${place}: ${other.way.name} ${now}; ${one.way.name} ${then}`;
    }
    const odd = other.outputs.find(({ sha256 }, index) => one.outputs[index]?.sha256 !== sha256);
    if (odd)
      return `the traces are the same, but ${odd.name} has written other bytes ${other.way.name}`;
    if (other.status !== one.status) {
      return `the traces are the same, but it ended with status ${other.status} ${other.way.name}, and with ${one.status} ${one.way.name}`;
    }
  }
  return null;
}

function commandLine(words: readonly string[]): string {
  const rest = words[0] === "--" ? words.slice(1) : words;
  return ["sojourn", "verify-determinism", "--", ...rest].map(quoteWord).join(" ");
}

function sameLine(outcomes: readonly Outcome[]): string {
  const trace = outcomes[0]?.trace ?? [];
  const events = counted(trace.length, "event");
  return `${outcomes.length} runs, ${events} each: the same trace (sha256 ${hashOfLines(trace)})`;
}
