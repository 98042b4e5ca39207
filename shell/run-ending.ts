// How a run ended: its outcome, its status, and the line that goes with it if the end was not the
// program's own.

import { type Exit, UsageError } from "../cluster/index.ts";
import { exitStatus, Refusal } from "./exit-status.ts";
import { stopRequested } from "./interrupts.ts";
import type { LoopEnd, Run } from "./run-loop.ts";
import { signalSentence } from "./signal-sentence.ts";
import { formatDuration, printDuration } from "./units.ts";

export type Outcome =
  | "exit"
  | "signal"
  | "page-lost"
  | "host-lost"
  | "not-run"
  | "deadlock"
  | "max-time"
  | "max-instructions"
  | "left"
  | "stopped"
  | "input-failed";

export interface Ending {
  readonly outcome: Outcome;
  readonly status: number;
  readonly signal: number;
  /** Null if the program ended by itself. */
  readonly line: string | null;
}

export function endingOf(end: LoopEnd, run: Run, name: string): Ending {
  const { settings, cluster } = run;
  // The program may have ended while its output had nobody left to read it.
  if (stopRequested()) return endingOfStop(run);
  switch (end) {
    case "exited":
      return endingOfExit(run.task.exit, name);
    case "deadlock":
      return ours("deadlock", exitStatus.deadlock, deadlockLine(run, name));
    case "max-time": {
      const limit = printDuration(settings.maxTimeNs ?? 0);
      return ours("max-time", exitStatus.spent, `${name}: --max-time ${limit} is spent`);
    }
    case "max-instructions": {
      const limit = `--max-instructions ${settings.maxInstructions ?? 0}`;
      const at = formatDuration(cluster.now);
      return ours("max-instructions", exitStatus.spent, `${name}: ${limit} spent at ${at} virtual`);
    }
    case "left":
      return ours("left", run.left?.status ?? 0, run.left?.line ?? "");
    case "stopped":
      return endingOfStop(run);
  }
}

function ours(outcome: Outcome, status: number, line: string): Ending {
  return { outcome, status, signal: 0, line };
}

function endingOfStop(run: Run): Ending {
  const request = stopRequested();
  if (request) return ours("stopped", request.status, request.line);
  const failure = run.input?.failure;
  const status = failure instanceof Refusal ? failure.status : exitStatus.machineFile;
  return ours("input-failed", status, failure?.message ?? "standard input failed");
}

function endingOfExit(exit: Exit | null, name: string): Ending {
  if (!exit) throw new UsageError(`${name} has not ended`);
  const { status, signal } = exit;
  switch (exit.cause) {
    case "exit":
      return { outcome: "exit", status, signal, line: null };
    case "not-run":
      return ours("not-run", exitStatus.usage, `${name}: cannot be run: ${exit.reason}`);
    case "host-lost":
      return ours("host-lost", exitStatus.hostLost, `${name}: died with its host ${exit.lostHost}`);
    case "signal": {
      const outcome = exit.lostHost === "" ? "signal" : "page-lost";
      return { outcome, status, signal, line: `${name}: ${signalSentence(exit)}` };
    }
  }
}

/** Who waits for what. */
function deadlockLine({ cluster, task }: Run, name: string): string {
  const waits = cluster.views().flatMap(({ host, state, tasks }) =>
    tasks.map((view) => {
      const what = state === "up" ? view.state : `its host is ${state}`;
      return `${view.program} (pid ${view.pid} on ${host}): ${what}`;
    }),
  );
  if (waits.length === 0) waits.push(`${name}: on no host that is up, last seen on ${task.host}`);
  return `deadlock: no task can ever run again: ${waits.join("; ")}`;
}
