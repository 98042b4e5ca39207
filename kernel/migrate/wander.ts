// Wandering: a task that orders its own moves, to test that it does not notice them.
//
// A move starts when the period has passed since the last one was committed, not counting time in
// which the task waited for a page. The seed draws the host and, unless it is fixed, the strategy.

import { concerns, drawBelow, must } from "../../ports/base/index.ts";
import type { Task } from "../task/task.ts";
import type { MoveKernel } from "./moves.ts";
import { strategies } from "./strategies/index.ts";

/** The task is here, running: its next move is due a period from now. */
export function armWander(kernel: MoveKernel, task: Task): void {
  const { wander } = task;
  if (!wander) return;
  task.wander = { ...wander, lastNs: kernel.host.now, lastPageWaitNs: task.pageWaitNs };
  kernel.host.wanderTimer(kernel.host.now + wander.periodNs, task.pid);
}

/** A move was refused or aborted: it is tried again after a period. */
export function wanderAgain(kernel: MoveKernel, task: Task): void {
  if (task.wander && task.state === "running") armWander(kernel, task);
}

/** Page waiting so far, that under way included. */
function pageWaitNs(task: Task, now: number): number {
  let sum = task.pageWaitNs;
  for (const { state } of task.threads.values()) {
    if (state.at === "waiting" && state.wait.for === "page") sum += now - state.wait.since;
  }
  return sum;
}

export interface WanderOrder {
  readonly to: number;
  readonly strategy: string;
  readonly jobs: readonly [];
  /** Whoever shares memory with it comes along. */
  readonly sharing: "together";
}

/** The timer has come: the order for the next move, or null when it is not due yet. */
export function wanderOrder(kernel: MoveKernel, task: Task): WanderOrder | null {
  const { wander } = task;
  const { host, state } = kernel;
  if (!wander || host.hosts < 2) return null;
  const due =
    wander.lastNs + wander.periodNs + (pageWaitNs(task, host.now) - wander.lastPageWaitNs);
  if (host.now < due) {
    host.wanderTimer(due, task.pid);
    return null;
  }
  const draws = wander.draws++;
  const step = 1 + drawBelow(host.hosts - 1, host.seed, concerns.wanderHost, task.pid, draws);
  const to = ((state.id - 1 + step) % host.hosts) + 1;
  const row = drawBelow(strategies.length, host.seed, concerns.wanderStrategy, task.pid, draws);
  const strategy = wander.strategy || must(strategies[row], "a strategy").name;
  return { to, strategy, jobs: [], sharing: "together" };
}
