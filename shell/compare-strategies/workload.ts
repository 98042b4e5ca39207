// One task that moves once: `toucher` on h1, moved to h2 when it says that it is ready.
//
//   ready ──order──▶ frozen ──▶ active ──▶ no residual but the file server's ──▶ the end
//         └────────────── totalNs, bytes ──────────────────────────────────┘
//
// Each strategy has a cluster of its own, with the same seed: what differs is what the strategies
// differ in. Of what the task depends on after the move its home is left out: every task has one.

import { createHash } from "node:crypto";
import { Cluster, type Move, type Task } from "../../cluster/index.ts";

/** Options of the moves; what is not given is the strategy's own. */
interface Tuning {
  readonly readAhead?: number;
  readonly rounds?: number;
  readonly stopBelowBytes?: number;
}

export interface Workload {
  readonly imageBytes: number;
  readonly dirtyBytes: number;
  readonly workingSetBytes: number;
  readonly profile: string;
  readonly tuning: Tuning;
}

export interface StrategyMeasures {
  readonly strategy: string;
  /** From the last instruction at the source to the first at the target. */
  readonly freezeNs: number;
  /** From the order until only the file server is depended on, or until the task's end. */
  readonly totalNs: number;
  /** On all cables in that time, headers too. */
  readonly bytes: number;
  /** Of copying while the task ran. */
  readonly rounds: number;
  /** Times that the target asked for pages, and for how long the task waited for them. */
  readonly faults: number;
  readonly stallNs: number;
  /** Pages that only the source had when the task went on. */
  readonly residualSourcePages: number;
  /** For how long the source was depended on after the move. */
  readonly residualNs: number;
  /** On which hosts the task depended when it went on. */
  readonly residualHosts: readonly string[];
  readonly outputHash: string;
}

const ms = 1_000_000;
const second = 1_000 * ms;
const source = "h1";
const target = "h2";
/** How often it is looked what the move has come to: the error of `totalNs` and of what follows. */
const lookNs = 100_000;
const patienceNs = 600 * second;
/** What toucher takes for a word of its working set, and a gigabit cable four times for a byte. */
const wordNs = 9;
const imageByteNs = 32;

export async function runStrategy(strategy: string, workload: Workload): Promise<StrategyMeasures> {
  const { imageBytes, profile, tuning } = workload;
  const memoryBytes = 32 * 2 ** 20 + 4 * imageBytes;
  const cluster = await Cluster.boot({
    hosts: 2,
    driver: "inline",
    profile,
    memoryBytes: Math.min(memoryBytes, 3 * 2 ** 30),
    trace: "default",
  });
  try {
    const task = await cluster.spawn(source, argumentsOf(workload));
    const ready = await cluster.runUntil(
      { output: /^ready$/m, of: task },
      { withinNs: patienceNs },
    );
    if (ready !== "met") throw new Error(`toucher did not get ready: ${task.errors}`);
    const before = wireBytes(cluster);
    const waited = pageWaitNs(cluster, task);
    cluster.orderMigration(task, target, { strategy, ...tuning });
    const { activatedAt, owed, rounds } = await untilActive(cluster, task, strategy);
    const residualHosts = hostsOf(cluster, task);
    const span = await untilFree(cluster, task, activatedAt);
    const stallNs = (await untilEnd(cluster, task, span.stallNs)) - waited;
    return {
      strategy,
      freezeNs: freezeNs(cluster),
      totalNs: span.endedAt - requestedAt(cluster),
      bytes: span.bytes - before,
      rounds,
      faults: faultsSince(cluster, activatedAt),
      stallNs,
      residualSourcePages: owed,
      residualNs: residualHosts.includes(source) ? span.endedAt - activatedAt : 0,
      residualHosts,
      outputHash: createHash("sha256").update(task.outputBytes).digest("hex"),
    };
  } finally {
    await cluster.close();
  }
}

/** It goes on for several times as long as its image takes on a cable: no strategy is cut short. */
export function argumentsOf({
  imageBytes,
  dirtyBytes,
  workingSetBytes,
}: Workload): readonly string[] {
  const sizes = [imageBytes, dirtyBytes, workingSetBytes].map((bytes) => `${bytes / 1024}KiB`);
  const roundNs = (workingSetBytes / 8) * wordNs;
  const rounds = Math.ceil((imageBytes * imageByteNs + 20 * ms) / roundNs);
  return ["toucher", ...sizes, `${rounds}`];
}

/** Lets time pass until the task can go on at the target. */
async function untilActive(
  cluster: Cluster,
  task: Task,
  strategy: string,
): Promise<Move & { readonly activatedAt: number }> {
  for (;;) {
    const move = task.moves.at(-1);
    if (move && move.activatedAt !== null) return { ...move, activatedAt: move.activatedAt };
    if (task.movesFailed > 0) throw new Error(`${strategy}: not moved: ${whyNot(cluster)}`);
    if (task.exit) throw new Error(`${strategy}: the task ended before it had moved`);
    await cluster.advance(lookNs);
  }
}

function whyNot(cluster: Cluster): string {
  const ends = ["migrate.refused", "migrate.aborted"].flatMap((name) => eventsNamed(cluster, name));
  return String(ends[0]?.["reason"]);
}

/** Toucher is the only program, and on each host once: its last instruction here, its first there. */
function freezeNs(cluster: Cluster): number {
  const viewOf = (name: string) => cluster.views().find(({ host }) => host === name);
  const [last, first] = [viewOf(source)?.lastInstruction, viewOf(target)?.firstInstruction];
  return (first ?? 0) - (last ?? 0);
}

function requestedAt(cluster: Cluster): number {
  return eventsNamed(cluster, "migrate.request")[0]?.at ?? 0;
}

interface Span {
  readonly endedAt: number;
  readonly bytes: number;
  readonly stallNs: number;
}

/** Lets time pass until the task depends on no host but `fs`, or has ended. */
async function untilFree(cluster: Cluster, task: Task, activatedAt: number): Promise<Span> {
  let stallNs = pageWaitNs(cluster, task);
  for (let looks = 0; ; looks++) {
    if (task.exit) return { endedAt: task.exit.at, bytes: wireBytes(cluster), stallNs };
    if (hostsOf(cluster, task).every((host) => host === "fs")) {
      const endedAt = looks === 0 ? activatedAt : cluster.now;
      return { endedAt, bytes: wireBytes(cluster), stallNs };
    }
    stallNs = pageWaitNs(cluster, task);
    await cluster.advance(lookNs);
  }
}

/** Returns for how long the task waited for pages in all its life. */
async function untilEnd(cluster: Cluster, task: Task, before: number): Promise<number> {
  let waited = before;
  while (!task.exit) {
    waited = pageWaitNs(cluster, task);
    await cluster.advance(ms);
  }
  if (task.exit.status !== 0) throw new Error(`toucher ended with ${task.exit.status}`);
  return waited;
}

function hostsOf(cluster: Cluster, task: Task): readonly string[] {
  const entries = cluster.residuals(task).filter(({ kind }) => kind !== "home");
  return [...new Set(entries.map(({ host }) => (host === 0 ? "fs" : `h${host}`)))].sort();
}

function pageWaitNs(cluster: Cluster, task: Task): number {
  const tasks = cluster.views().flatMap((view) => view.tasks);
  return tasks.find(({ job, state }) => job === task.job && state !== "frozen")?.pageWaitNs ?? 0;
}

function wireBytes(cluster: Cluster): number {
  const cables = cluster.views().flatMap((view) => view.cables);
  return cables.reduce((sum, { bytes }) => sum + bytes, 0);
}

function faultsSince(cluster: Cluster, activatedAt: number): number {
  const asked = eventsNamed(cluster, "pager.request");
  return asked.filter(({ at, host }) => host === target && at >= activatedAt).length;
}

interface NamedEvent {
  readonly at: number;
  readonly host: string;
  readonly [id: string]: unknown;
}

function eventsNamed(cluster: Cluster, name: string): readonly NamedEvent[] {
  const lines = cluster.trace().split("\n");
  const named = lines.filter((line) => line.includes(`"${name}"`));
  return named.map((line) => JSON.parse(line) as NamedEvent);
}
