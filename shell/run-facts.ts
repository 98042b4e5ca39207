// What is known of a run when it has ended: the one source of the summary and of the report.

import type { Cluster, Move } from "../cluster/index.ts";
import { hostName } from "../ports/index.ts";
import type { Ending } from "./run-ending.ts";
import type { Run } from "./run-loop.ts";
import { type ProgramIdentity, traceHeader } from "./trace-header.ts";

/** A host that the program came to. */
export interface Stop {
  readonly from: string;
  readonly host: string;
  readonly strategy: string;
  readonly arrivedNs: number | null;
  readonly freezeNs: number | null;
  readonly pages: number;
  readonly bytes: number;
  /** Pages that stayed with the host it came from. */
  readonly owed: number;
}

export interface ResidualFact {
  readonly on: string;
  readonly sentence: string;
}

export interface RunFacts {
  readonly outcome: string;
  readonly status: number;
  readonly signal: number;
  readonly line: string | null;
  readonly args: readonly string[];
  readonly seed: number;
  readonly virtualNs: number;
  readonly pid: number | null;
  readonly home: string;
  readonly moves: readonly Stop[];
  readonly movesFailed: number;
  readonly refusals: readonly string[];
  /** What the task, or what is left of it, depends on or occupies at the end. */
  readonly residuals: readonly ResidualFact[];
  readonly counters: {
    readonly instructions: number;
    readonly packets: number;
    readonly packetsLost: number;
    readonly cableBytes: number;
    /** Calls that are not there, by name, and how often they were made. */
    readonly missingCalls: Readonly<Record<string, number>>;
  };
  /** SHA-256 of the trace with its header. */
  readonly hash: string;
}

export function factsOf(run: Run, ending: Ending, identity: ProgramIdentity): RunFacts {
  const { cluster, task, settings } = run;
  const { outcome, status, signal, line } = ending;
  const refusals = cluster.observed.refusals.map(({ outcome: how, reason }) =>
    reason === "" || reason === how ? how : `${how}: ${reason}`,
  );
  return {
    outcome,
    status,
    signal,
    line,
    args: identity.args,
    seed: settings.seed,
    virtualNs: task.exit?.at ?? cluster.now,
    pid: task.pid,
    home: settings.on,
    moves: task.moves.filter((move) => move.committedAt !== null).map(stopOf),
    movesFailed: task.movesFailed,
    refusals,
    residuals: residualsOf(run),
    counters: countersOf(cluster),
    hash: cluster.traceHash(traceHeader(settings, identity)),
  };
}

function stopOf(move: Move): Stop {
  const { strategy, pages, bytes, owed, activatedAt, frozenAt } = move;
  const freezeNs = activatedAt === null || frozenAt === null ? null : activatedAt - frozenAt;
  const [from, host] = [hostName(move.from), hostName(move.to)];
  return { from, host, strategy, arrivedNs: activatedAt, freezeNs, pages, bytes, owed };
}

function residualsOf({ cluster, task }: Run): readonly ResidualFact[] {
  const depends = task.exit
    ? []
    : cluster.residuals(task).map(({ host, sentence }) => ({ on: hostName(host), sentence }));
  const kept = cluster.views().flatMap(({ host, owes }) =>
    owes
      .filter(({ pid }) => pid === task.pid && task.exit !== null)
      .map(({ pages }) => ({
        on: host,
        sentence: `still keeps ${pages} pages of a task that ended`,
      })),
  );
  return [...depends, ...kept];
}

function countersOf(cluster: Cluster): RunFacts["counters"] {
  const views = cluster.views();
  const cables = views.flatMap((view) => view.cables);
  const missingCalls: Record<string, number> = {};
  for (const [name, count] of views.flatMap((view) => view.unsupported)) {
    missingCalls[name] = (missingCalls[name] ?? 0) + count;
  }
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    instructions: sum(views.map((view) => view.instructions)),
    packets: sum(cables.map((cable) => cable.packets)),
    packetsLost: sum(cables.map((cable) => cable.lost)),
    cableBytes: sum(cables.map((cable) => cable.bytes)),
    missingCalls,
  };
}
