// Runs a program to its end, with whatever is planned on the way.
//
//   planned line ──┐
//   --max-time ────┼── the next stop ── run to it ── execute what is due ──┐
//   a slice ───────┘        ^                                             │
//                           └─────────────────────────────────────────────┘
//
// While the program waits at a terminal, time goes no faster than the wall clock: what else happens
// meanwhile, to whoever types, takes as long as it says.
//
// Stops are invisible to programs and to the trace. Slices exist so that instructions are counted
// at virtual times that are the same in every run, and so that a slow reader of the output is
// waited for.

import type { Cluster, Task } from "../cluster/index.ts";
import { stopRequested } from "./interrupts.ts";
import type { Session } from "./language/index.ts";
import type { Settings } from "./options.ts";
import { Paces } from "./pace.ts";
import type { MachineInput, TerminalInput } from "./run-input.ts";
import { outputDrained } from "./run-output.ts";
import type { Plan, PlanDone } from "./run-plan.ts";

export type LoopEnd = "exited" | "deadlock" | "max-time" | "max-instructions" | "left" | "stopped";

export interface Run {
  readonly cluster: Cluster;
  readonly task: Task;
  readonly settings: Settings;
  readonly input: MachineInput | null;
  readonly terminal: TerminalInput | null;
  /** In which planned lines are executed; the program is its %1. */
  readonly session: Session;
  /** The numbers of the orders that planned moves have given. */
  readonly orders: Map<Plan, number>;
  /** A planned line that has ended the run. */
  left: PlanDone["end"];
  /** What is still to come, by time; ties in the order given. */
  plans: readonly Plan[];
}

/** A second of virtual time: output of at most about 100 MB. */
const sliceNsMax = 1_000_000_000;
/** Counting costs more than running less than this. */
const sliceNsMin = 100_000;
/** How often to look whether a program has started for which something was typed ahead. */
const startingNs = 1_000_000;

export async function runToEnd(run: Run): Promise<LoopEnd> {
  const { cluster, task, settings } = run;
  const paces = new Paces(() => (waitsAtTerminal(run) ? "wall" : "full"));
  for (;;) {
    if (hasStopped(run)) return "stopped";
    typeWhatCame(run);
    await executeDue(run);
    if (run.left) return "left";
    if (task.exit) break;
    if (cluster.now >= (settings.maxTimeNs ?? Infinity)) return "max-time";
    const left = (settings.maxInstructions ?? Infinity) - countedInstructions(run);
    if (left <= 0) return "max-instructions";
    await outputDrained();
    const grantedNs = await paces.grant(cluster.now);
    const withinNs = Math.min(nextStop(run, left), grantedNs) - cluster.now;
    const outcome = await cluster.runUntil({ exited: task }, { withinNs });
    if (outcome === "deadlock" && !hasStopped(run) && !(await wake(run))) return "deadlock";
  }
  await settle(run);
  return "exited";
}

function waitsAtTerminal({ cluster, task, terminal }: Run): boolean {
  if (!terminal || terminal.ended || terminal.hasMore) return false;
  return (cluster.terminalInput(task.job)?.waiting ?? 0) > 0;
}

function hasStopped(run: Run): boolean {
  return stopRequested() !== null || (run.input?.failure ?? null) !== null;
}

/** What is typed ahead waits until the program has started: before, nobody has the terminal. */
function typeWhatCame(run: Run): void {
  const { cluster, task, terminal } = run;
  if (typesAhead(run)) return;
  for (const { bytes, end } of terminal?.take() ?? []) cluster.type(task, bytes, end);
}

function typesAhead({ cluster, task, terminal }: Run): boolean {
  return terminal?.hasMore === true && cluster.observed.jobs[task.job]?.startedAt === null;
}

async function executeDue(run: Run): Promise<void> {
  for (;;) {
    const plan = run.plans[0];
    if (!plan || plan.at > run.cluster.now || run.task.exit || run.left) return;
    run.plans = run.plans.slice(1);
    const { order, end } = await plan.execute(run.session);
    if (order !== null) run.orders.set(plan, order);
    run.left = end;
  }
}

function nextStop(run: Run, instructionsLeft: number): number {
  const { cluster, settings, plans } = run;
  const { instructionNs, instructionsPer } = cluster.config.profile.host;
  // All hosts together cannot execute what is left in less than this.
  const needed = (instructionsLeft * instructionNs) / (instructionsPer * cluster.hosts);
  const sliceMax = typesAhead(run) ? startingNs : sliceNsMax;
  const slice = Math.max(sliceNsMin, Math.min(sliceMax, Math.floor(needed)));
  return Math.min(cluster.now + slice, settings.maxTimeNs ?? Infinity, plans[0]?.at ?? Infinity);
}

function countedInstructions({ cluster, settings }: Run): number {
  if (settings.maxInstructions === null) return 0;
  return cluster.views().reduce((sum, view) => sum + view.instructions, 0);
}

/** Nothing happens by itself any more: what is planned may change that, or what is typed. */
async function wake(run: Run): Promise<boolean> {
  const { cluster, settings, terminal, plans } = run;
  const plan = plans[0];
  if (plan) {
    await cluster.advanceTo(
      Math.max(cluster.now, Math.min(plan.at, settings.maxTimeNs ?? Infinity)),
    );
    return true;
  }
  if (!terminal || terminal.ended) return false;
  await terminal.next();
  return true;
}

/** The same stretch of trace after the end, whatever the slices were. */
async function settle({ cluster, task }: Run): Promise<void> {
  const until = (task.exit?.at ?? 0) + cluster.config.profile.skewMaxNs;
  if (cluster.now < until) await cluster.advanceTo(until);
}
