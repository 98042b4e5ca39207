// Runs a history of moves and faults, and says what is wrong with it.
//
//   programs start ─▶ steps ─▶ all is mended ─▶ all programs end ─▶ rest
//                       └ nowhere two copies          │              └ nothing is left anywhere
//                                  as in the run that never moved
//
// The run that never moved: the same programs on the same hosts, with plenty of memory, good cables
// and no faults.

import {
  checkTrace,
  Cluster,
  type ClusterOptions,
  type EndedTask,
  eventsToCheck,
  eventsToRead,
  leaks,
  type ServersLeft,
  type Task,
  unexplained,
} from "../../cluster/index.ts";
import type { HistoryPlan } from "./history-plan.ts";
import { comparable, startPrograms } from "./history-programs.ts";
import { actHistory, isDown, mendFaults } from "./history-step.ts";

export interface HistoryRun {
  /** What is wrong: nothing, as a rule. */
  readonly problems: readonly string[];
  readonly moves: number;
  /** Orders that were refused, and moves that were undone. */
  readonly notMoved: number;
  readonly crashes: number;
  /** Programs that a crash has hurt. */
  readonly hurt: number;
  readonly traceHash: string;
}

/** How a program ended. */
interface Ended {
  readonly name: string;
  readonly output: string;
  readonly errors: string;
  readonly status: number | null;
}

const ms = 1_000_000;
const second = 1_000 * ms;
/** Programs with little memory on slow cables take long. */
const endWithinNs = 900 * second;
/** Hosts that were lost are known to be by then, and links have said all they had to say. */
const restNs = 30 * second;

/** `how`: the same history in another way; the trace has to be the same. */
export async function runHistory(
  plan: HistoryPlan,
  how: Pick<ClusterOptions, "driver" | "disturbed"> = {},
): Promise<HistoryRun> {
  const unmoved = await runUnmoved(plan);
  const cluster = await Cluster.boot({ ...plan.options, ...how });
  const problems: string[] = [];
  try {
    await startPrograms(cluster, plan.programs, true);
    await takeSteps(cluster, plan, problems);
    // A crash that was the last step has not happened yet.
    if (plan.crashes) await cluster.advance(1_000);
    mend(cluster, plan);
    await awaitEnds(cluster, plan, problems);
    await cluster.advance(restNs);
    compare(cluster, plan, unmoved, problems);
    problems.push(...leaksOf(cluster));
    const broken = checkTrace(eventsToCheck(cluster.trace()), { quiet: false });
    problems.push(...broken.map(({ checker, sentence }) => `${checker}: ${sentence}`));
  } catch (error) {
    problems.push(`assertion: ${error instanceof Error ? error.message : String(error)}`);
  }
  const run = countsOf(cluster, problems, unmoved);
  await cluster.close();
  return run;
}

async function runUnmoved({ options, programs }: HistoryPlan): Promise<readonly Ended[]> {
  const { hosts = 1, seed = 1 } = options;
  const memoryBytes = 64 * 1_048_576;
  const cluster = await Cluster.boot({
    hosts,
    seed,
    memoryBytes,
    driver: "inline",
    trace: "control",
  });
  await startPrograms(cluster, programs, false);
  await cluster.runUntil({ allExited: true }, { withinNs: endWithinNs });
  const ends = cluster.tasks.map(ended);
  await cluster.close();
  return ends;
}

function ended(task: Task): Ended {
  const { program, output, errors, exit } = task;
  return { name: `%${task.job} ${program}`, output, errors, status: exit?.status ?? null };
}

async function takeSteps(cluster: Cluster, plan: HistoryPlan, problems: string[]): Promise<void> {
  for (const step of plan.steps) {
    await cluster.advanceTo(Math.max(step.at, cluster.now));
    actHistory(cluster, step);
    problems.push(...twoCopies(cluster));
  }
}

/** Two hosts on which one task could run: that must not be, ever. */
function twoCopies(cluster: Cluster): readonly string[] {
  const places = new Map<number, string[]>();
  for (const { host, tasks } of cluster.views()) {
    for (const { pid, state } of tasks) {
      if (/^(?:frozen|in doubt)/.test(state)) continue;
      places.set(pid, [...(places.get(pid) ?? []), host]);
    }
  }
  return [...places]
    .filter(([, hosts]) => hosts.length > 1)
    .map(([pid, hosts]) => `at ${cluster.now} ${pid} could run on ${hosts.join(" and ")}`);
}

/** All cables are whole and all hosts are up. */
function mend(cluster: Cluster, { steps }: HistoryPlan): void {
  mendFaults(cluster, steps);
  for (const step of steps) {
    if (step.do === "crash" && isDown(cluster, step.host)) cluster.restart(step.host);
  }
}

/** A program whose partner was hurt may wait for ever: it is killed. */
async function awaitEnds(cluster: Cluster, plan: HistoryPlan, problems: string[]): Promise<void> {
  const outcome = await cluster.runUntil({ allExited: true }, { withinNs: endWithinNs });
  if (outcome === "met") return;
  for (const [place, task] of cluster.tasks.entries()) {
    if (task.exit) continue;
    const partner = plan.programs[place]?.partner ?? null;
    const excused = plan.crashes && partner !== null;
    if (!excused) problems.push(`${stuck(cluster, task)} (${outcome})`);
    cluster.kill(task, 9);
  }
  await cluster.runUntil({ allExited: true }, { withinNs: 60 * second });
}

function stuck(cluster: Cluster, task: Task): string {
  const states = cluster
    .views()
    .flatMap(({ host, tasks, inDoubt }) =>
      [...tasks, ...inDoubt]
        .filter(({ job }) => job === task.job)
        .map(({ state }) => `${state} on ${host}`),
    );
  return `%${task.job} ${task.program} has not ended: ${states.join(", ") || "it is nowhere"}`;
}

/** Where no host was lost all have to end as if nobody had moved; else what differs needs a cause. */
function compare(
  cluster: Cluster,
  { programs, crashes }: HistoryPlan,
  unmoved: readonly Ended[],
  problems: string[],
): void {
  const tasks: EndedTask[] = [];
  for (const [place, expected] of unmoved.entries()) {
    const [task, program] = [cluster.tasks[place], programs[place]];
    if (!task || !program) continue;
    const got = ended(task);
    if (expected.status !== 0) problems.push(`${got.name}: ends unmoved with ${expected.status}`);
    const line = difference(program.argv, got, expected);
    if (line !== null && !crashes) problems.push(line);
    const partner = program.partner === null ? null : cluster.tasks[program.partner]?.pid;
    // One that never began has no pid: its host was down.
    if (task.pid === null) continue;
    tasks.push({ pid: task.pid, asExpected: line === null, partners: partner ? [partner] : [] });
  }
  if (crashes) problems.push(...unexplained(eventsToRead(cluster.trace()), tasks));
}

/** Null: none. */
function difference(argv: readonly string[], got: Ended, expected: Ended): string | null {
  const [ours, theirs] = [comparable(argv, got.output), comparable(argv, expected.output)];
  if (got.status === expected.status && got.errors === expected.errors && ours === theirs) {
    return null;
  }
  const errors = got.errors.trim() || "no errors";
  return `${got.name}: status ${got.status}, ${errors}, ${differs(ours, theirs)}`;
}

function differs(got: string, expected: string): string {
  if (got === expected) return "right output";
  if (expected.startsWith(got)) return "output ends early";
  const [ours, theirs] = [got.split("\n"), expected.split("\n")];
  const at = ours.findIndex((text, index) => text !== theirs[index]);
  return `line ${at + 1} is ${JSON.stringify(ours[at])}, unmoved ${JSON.stringify(theirs[at])}`;
}

/** What is left: but what a task had in swap that was lost with its host stays there. */
function leaksOf(cluster: Cluster): readonly string[] {
  const swap = cluster.observeServer("fs", "swap", { ask: "swap" });
  const pipes = cluster.observeServer("fs", "pipes", { ask: "pipes" });
  const lost = cluster.tasks.some(({ exit }) => exit?.cause === "host-lost");
  return leaks(cluster.views(), {
    swap: lost ? undefined : (swap as ServersLeft["swap"]),
    pipes: pipes as ServersLeft["pipes"],
  });
}

function countsOf(
  cluster: Cluster,
  problems: readonly string[],
  unmoved: readonly Ended[],
): HistoryRun {
  const { tasks } = cluster;
  const moves = tasks.flatMap((task) => task.moves);
  return {
    problems,
    moves: moves.filter(({ activatedAt }) => activatedAt !== null).length,
    notMoved: cluster.observed.refusals.length,
    crashes: cluster.log.filter(({ command }) => command.do === "crash").length,
    hurt: tasks.filter((task, place) => task.exit?.status !== unmoved[place]?.status).length,
    traceHash: cluster.traceHash(),
  };
}
