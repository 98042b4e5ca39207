// Verbs about recordings. What they need is loaded when they run.

import { UsageError } from "../../cluster/index.ts";
import { Refusal } from "../exit-status.ts";
import { counted } from "../recording/verdict.ts";
import { replayOptions } from "../recording/verb-options.ts";
import { formatDuration } from "../units.ts";
import { anyOf, fileKind, readArguments } from "./arguments.ts";
import { done, failed, type Outcome } from "./outcome.ts";
import type { Session } from "./session.ts";
import { type Verb, withArguments } from "./verb.ts";

export const recordingVerbs: readonly Verb[] = [
  {
    name: "save",
    usage: "save FILE",
    topic: "record",
    help: "Writes a recording of all that has happened: sojourn replay FILE makes it again.",
    examples: ["save crash.soj"],
    more: [
      "It has the options, each command with its virtual time, what programs have read from outside,",
      "hashes of the files, and the trace to compare with. No virtual time passes.",
    ],
    words: [fileKind],
    prepare: ({ args, scope }) =>
      withArguments(
        readArguments(args, [fileKind], scope),
        ([file]) =>
          (session) =>
            orFailed(`a recording in ${file}`, () => save(session, file)),
      ),
  },
  {
    name: "replay",
    usage: "replay FILE",
    topic: "record",
    help: "Makes a recorded run again in a cluster of its own, and compares the traces.",
    examples: ["replay crash.soj", "sojourn replay --to 20ms --continue crash.soj"],
    more: [
      "Status 0: the same; 1: not, and the first event that differs is shown from both sides; 64: it",
      "is no recording, or of another version, or a file that it has read has changed.",
      "`sojourn replay --continue FILE` goes on from there in the shell.",
    ],
    words: [fileKind],
    options: replayOptions,
    prepare: ({ args, scope }) =>
      withArguments(
        readArguments(args, [fileKind], scope),
        ([file]) =>
          (session) =>
            orFailed(`to replay ${file}`, () => replay(session, file)),
      ),
    command: async (words) => (await import("../recording/index.ts")).replayCommand(words),
  },
  {
    name: "verify-determinism",
    usage: "verify-determinism -- run [OPTIONS] PROGRAM [ARGUMENT…]",
    topic: "record",
    help: "Runs it inline, in workers, and in workers stopped at random, and compares the traces.",
    examples: [
      "sojourn verify-determinism -- run --wander 5ms count 20",
      "sojourn verify-determinism -- script docs/examples/where.sojourn",
    ],
    more: [
      "Status 0: all traces and all output are the same; 1: not, and the first event that differs is",
      "shown. Standard input is read once; a terminal is not read.",
    ],
    words: [anyOf("COMMAND", { from: "words", words: ["run", "script"] })],
    command: async (words) => (await import("../recording/index.ts")).verifyDeterminism(words),
  },
];

async function save(session: Session, file: string): Promise<Outcome> {
  const { saveRecording } = await import("../recording/index.ts");
  const { commands, trace, end } = await saveRecording(session, file);
  const what = `${counted(trace.length, "event")} and ${counted(commands.length, "command")}`;
  session.print(`saved ${what} to ${formatDuration(end)} virtual`);
  return done;
}

async function replay(session: Session, file: string): Promise<Outcome> {
  const { replayBeside } = await import("../recording/index.ts");
  const { is, line } = await replayBeside(file, () => session.takeInterrupt());
  if (is === "stopped") return session.unmet(`to replay ${file}`, "interrupted");
  if (is === "diverged") return failed("the same trace", line);
  session.print(line);
  return done;
}

/** A file that cannot be written or read, or is no recording, fails the line. */
async function orFailed(expected: string, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return failed(expected, error.message, error.status);
    if (error instanceof UsageError) return failed(expected, error.message);
    throw error;
  }
}
