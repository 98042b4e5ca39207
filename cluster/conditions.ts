// What a run may wait for: whether it has come about, and which events make it worth a look.

import type { Condition, Task } from "./api.ts";
import type { GoLimits } from "./driver.ts";
import { orderMet } from "./orders.ts";
import type { Recorder } from "./recorder.ts";
import type { JobTask } from "./task.ts";

/** What is known of the cluster as it stands. */
export interface Known {
  readonly now: number;
  readonly recorder: Recorder;
  readonly tasks: readonly Task[];
  /** Whom each order to move was for. */
  readonly ordered: ReadonlyMap<number, Task>;
}

/** The time of the event that meets the condition, or undefined. Trace lines before `from` are old. */
export function conditionMet(
  { now, recorder, tasks, ordered }: Known,
  condition: Condition,
  from: number,
): number | undefined {
  if ("exited" in condition) return condition.exited.exit?.at;
  if ("halted" in condition) return haltedAt(condition.halted);
  if ("allExited" in condition) {
    const exits = tasks.map((task) => task.exit);
    if (exits.some((exit) => exit === null)) return undefined;
    return Math.max(now, ...exits.map((exit) => exit?.at ?? 0));
  }
  if ("output" in condition) {
    const task = condition.of as JobTask;
    return condition.output.test(task.output) ? task.lastOutputAt : undefined;
  }
  if ("never" in condition) return undefined;
  if ("ordered" in condition) {
    const command = condition.ordered;
    return orderMet(recorder.observed, command, ordered.get(command));
  }
  return recorder.findEvent(condition.event, from);
}

/** What may meet a condition: a run stops there, and looks. */
export function stopsFor(condition: Condition): Required<Omit<GoLimits, "until" | "ignoreQuiet">> {
  return {
    stopOnEvents: "never" in condition ? "none" : stopsAtEnds(condition) ? "ends" : "all",
    stopOnOutput: "output" in condition,
    stopOnEvent: "event" in condition ? condition.event : "",
  };
}

function stopsAtEnds(condition: Condition): boolean {
  return "exited" in condition || "halted" in condition || "allExited" in condition;
}

/** The time of the first stop; else, if all have ended, of the last end. */
function haltedAt(tasks: readonly Task[]): number | undefined {
  const stops = tasks.flatMap(({ stopped }) => (stopped ? [stopped.at] : []));
  if (stops.length > 0) return Math.min(...stops);
  const ends = tasks.flatMap(({ exit }) => (exit ? [exit.at] : []));
  return ends.length === tasks.length ? Math.max(...ends) : undefined;
}
