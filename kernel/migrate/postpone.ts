// Moves that have to wait until a task is between two states in which it can be frozen.
//
// A freeze is immediate, except for the reasons in this table. Exec is one: it is a run state with steps
// of its own, and the task moves when it has committed. A task that has lent its memory to a child until
// that has its own would be a further row.

import type { MoveOrder, Task } from "../task/task.ts";

interface Postponement {
  readonly reason: string;
  readonly applies: (task: Task) => boolean;
}

const postponements: readonly Postponement[] = [
  { reason: "exec", applies: ({ state }) => state === "loading" },
];

/** Why the task cannot be frozen yet; undefined: it can. */
export function postponement(task: Task): string | undefined {
  return postponements.find(({ applies }) => applies(task))?.reason;
}

/** Puts the order down with the first of the tasks that cannot move yet. False: all can. */
export function postpone(unit: readonly Task[], order: MoveOrder): boolean {
  const busy = unit.find((task) => postponement(task) !== undefined);
  if (!busy) return false;
  busy.postponed = order;
  return true;
}
