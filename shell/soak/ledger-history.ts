// Crashes a host in the middle of a history, and lives the same history once more without the crash:
// what differs has to be in the ledgers as they were at that moment.

import {
  checkLedger,
  Cluster,
  eventsToRead,
  type LedgerEnd,
  type LedgerRun,
  type LedgerTask,
  type LedgerTrial,
  type LedgerViolation,
} from "../../cluster/index.ts";
import { concerns } from "../../ports/base/index.ts";
import { dice, pick } from "./dice.ts";
import { type HistoryPlan, makeHistory } from "./history-plan.ts";
import { comparable, startPrograms } from "./history-programs.ts";
import { actHistory, type HistoryStep, isDown, mendFaults } from "./history-step.ts";

const ms = 1_000_000;
const second = 1_000 * ms;
const us = 1_000;
const startNs = 20 * ms;
const ledgerMatter = 7;
const lazyStrategies = ["copy-on-reference", "copy-on-reference", "post-copy", "hybrid", "flush"];

/** The history up to a moment, and the host that crashes then. */
export interface LedgerPlan extends HistoryPlan {
  readonly at: number;
  readonly crashed: string;
}

/**
 * Mostly soon after a move, which leaves something behind. No faults are left at that moment: whatever
 * happens afterwards comes of the crash.
 */
export function makeLedgerPlan(seed: number): LedgerPlan {
  const plan = makeHistory(seed);
  const roll = dice(seed, concerns.histories, ledgerMatter);
  const task = roll(plan.programs.length);
  const from = plan.programs[task]?.on ?? "h1";
  const hosts = Array.from({ length: plan.options.hosts ?? 1 }, (_, place) => `h${place + 1}`);
  const lazy: HistoryStep = {
    at: startNs + roll(80) * ms,
    do: "move",
    task,
    host: pick(
      hosts.filter((host) => host !== from),
      roll,
    ),
    options: { strategy: pick(lazyStrategies, roll) },
  };
  const at = lazy.at + (2 + roll(60)) * ms + roll(1_000) * us;
  const crashed = roll(6) === 0 ? "fs" : roll(3) === 0 ? pick(hosts, roll) : from;
  const others = plan.steps.filter((step) => step.do === "move" || step.do === "swap");
  const steps = [...others, lazy]
    .filter((step) => step.at < at)
    .map((step) => ({ ...step, options: { ...step.options, readAhead: 0 } }))
    .toSorted((a, b) => a.at - b.at);
  const programs = plan.programs.map((program) => ({ ...program, wander: undefined }));
  const options = { ...plan.options, driver: "inline" as const };
  return { ...plan, options, programs, steps, crashes: true, at, crashed };
}

export async function runLedgerTrial(seed: number): Promise<LedgerTrial> {
  const plan = makeLedgerPlan(seed);
  const spared = await live(plan, false);
  const hurt = await live(plan, true);
  return { crashed: plan.crashed, at: spared.at, tasks: spared.tasks, spared, hurt };
}

export async function checkLedgerHistory(seed: number): Promise<readonly LedgerViolation[]> {
  return checkLedger(await runLedgerTrial(seed));
}

interface Lived extends LedgerRun {
  readonly at: number;
  readonly tasks: readonly LedgerTask[];
}

async function live(plan: LedgerPlan, crashes: boolean): Promise<Lived> {
  const cluster = await Cluster.boot(plan.options);
  try {
    await startPrograms(cluster, plan.programs, true);
    for (const step of plan.steps) {
      await cluster.advanceTo(Math.max(step.at, cluster.now));
      actHistory(cluster, step);
    }
    await cluster.advanceTo(Math.max(plan.at, cluster.now));
    mendFaults(cluster, plan.steps);
    const at = cluster.now;
    const tasks = plan.programs.flatMap((_, place) => snapshot(cluster, plan, place));
    if (crashes && !isDown(cluster, plan.crashed)) cluster.crash(plan.crashed);
    await cluster.runUntil({ allExited: true }, { withinNs: 120 * second });
    return { at, tasks, events: eventsToRead(cluster.trace()), ends: endsOf(cluster, plan) };
  } finally {
    await cluster.close();
  }
}

/** None for a task that has ended. */
function snapshot(cluster: Cluster, plan: LedgerPlan, place: number): readonly LedgerTask[] {
  const task = cluster.tasks[place];
  const program = plan.programs[place];
  if (!task || !program || task.exit || task.pid === null) return [];
  const { pid, host } = task;
  const entries = cluster.residuals(task);
  const move = task.moves.at(-1);
  const undone = cluster.observed.refusals.some(({ command }) => command === move?.command);
  const underWay = move !== undefined && move.activatedAt === null && !undone;
  const starts = cluster.observed.jobs[task.job]?.startedAt === null;
  const partner = program.partner === null ? null : cluster.tasks[program.partner];
  const partners = partner?.pid ? [partner.pid] : [];
  return [{ pid, host, excused: starts || underWay || entries.length === 0, entries, partners }];
}

function endsOf(cluster: Cluster, { programs }: LedgerPlan): ReadonlyMap<number, LedgerEnd> {
  return new Map(
    cluster.tasks.flatMap((task, place): [number, LedgerEnd][] => {
      const printed = comparable(programs[place]?.argv ?? [], task.output) + task.errors;
      return task.pid === null ? [] : [[task.pid, { status: task.exit?.status ?? null, printed }]];
    }),
  );
}
