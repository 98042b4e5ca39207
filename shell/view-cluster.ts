// What `hosts`, `ps`, `jobs`, `moves`, `residuals` and `net` show: rows, and columns to print them in.
//
// All of it is observation: looking costs no virtual time and is not in the trace.

import type { CableView, HostView, Move, Task, TaskView } from "../cluster/index.ts";
import { hostName } from "../ports/index.ts";
import type { Session } from "./language/session.ts";
import { signalName } from "../kernel/index.ts";
import { type Job, stateOf } from "./language/jobs.ts";
import { formatCount, formatDuration, formatSize } from "./units.ts";
import { type Column, formatTable } from "./view-table.ts";

export interface View {
  readonly json: readonly object[];
  readonly lines: readonly string[];
}

function view<Row extends object>(rows: readonly Row[], columns: readonly Column<Row>[]): View {
  return { json: rows, lines: formatTable(columns, rows) };
}

const frameBytes = 4096;

export function viewHosts({ cluster }: Session): View {
  const rows = cluster.views().map((host: HostView) => ({
    host: host.host,
    state: host.state,
    incarnation: host.incarnation,
    clockNs: host.clock,
    instructions: host.instructions,
    memoryBytes: host.framesUsed * frameBytes,
    tasks: host.tasks.length,
    owedPages: host.owes.reduce((sum, { pages }) => sum + pages, 0),
  }));
  return view(rows, [
    { head: "host", cell: ({ host }) => host },
    { head: "state", cell: ({ state }) => state },
    { head: "boot", cell: ({ incarnation }) => incarnation },
    { head: "clock virtual", cell: ({ clockNs }) => formatDuration(clockNs) },
    { head: "instructions", cell: ({ instructions }) => formatCount(instructions) },
    { head: "memory used", cell: ({ memoryBytes }) => formatSize(memoryBytes) },
    { head: "tasks", cell: ({ tasks }) => tasks },
    { head: "pages it owes", cell: ({ owedPages }) => owedPages },
  ]);
}

export function viewTasks({ cluster, jobs }: Session): View {
  const rows = cluster.views().flatMap(({ host, state, tasks, inDoubt }) =>
    [...tasks, ...inDoubt].map((task: TaskView) => ({
      pid: task.pid,
      job: jobs.ofTask(task.job)?.number ?? null,
      host,
      home: hostName(task.home),
      state: state === "up" ? task.state : `${task.state} (host ${state})`,
      threads: task.threads,
      pages: task.pages,
      moves: task.moves,
      startedNs: cluster.observed.jobs[task.job]?.bornAt ?? null,
      program: task.program,
    })),
  );
  return view(rows, [
    { head: "pid", cell: ({ pid }) => pid },
    { head: "job", cell: ({ job }) => (job === null ? "-" : `%${job}`) },
    { head: "host", cell: ({ host }) => host },
    { head: "home", cell: ({ home }) => home },
    { head: "state", cell: ({ state }) => state },
    { head: "pages", cell: ({ pages }) => pages },
    { head: "moves", cell: ({ moves }) => moves },
    { head: "started virtual", cell: ({ startedNs }) => duration(startedNs) },
    { head: "program", cell: ({ program }) => program },
  ]);
}

export function viewJobs({ jobs }: Session): View {
  const rows = jobs.named.map((job) => ({
    job: job.number,
    pids: job.tasks.map(({ pid }) => pid),
    hosts: job.tasks.map(({ host }) => host),
    state: describeState(job),
    status: job.task.exit?.status ?? null,
    endedNs: job.task.exit?.at ?? null,
    moves: job.tasks.flatMap(({ moves }) => moves).filter(({ committedAt }) => committedAt !== null)
      .length,
    command: job.command.replaceAll("\n", "\\n"),
  }));
  return view(rows, [
    { head: "job", cell: ({ job }) => `%${job}` },
    { head: "pid", cell: ({ pids }) => pids.map((pid) => pid ?? "-").join(" ") },
    { head: "host", cell: ({ hosts }) => hosts.join(" ") },
    { head: "state", cell: ({ state }) => state },
    { head: "ended virtual", cell: ({ endedNs }) => duration(endedNs) },
    { head: "moves", cell: ({ moves }) => moves },
    { head: "command", cell: ({ command }) => command },
  ]);
}

/** `running`, `stopped`, and of the last task: `done 0`, `killed SIGINT`, `lost`, `refused`. */
function describeState(job: Job): string {
  const state = stateOf(job);
  const { exit } = job.task;
  if (state !== "ended" || !exit) return state;
  switch (exit.cause) {
    case "exit":
      return `done ${exit.status}`;
    case "signal":
      return `killed ${signalName(exit.signal)}`;
    case "host-lost":
      return "lost";
    case "not-run":
      return "refused";
  }
}

/** What each stop cost: pages that moved in the freeze, that it left, and that it owes by now. */
export function viewMoves(session: Session, wanted: readonly Job[]): View {
  const rows = tasksOf(wanted).flatMap(({ job, task }) => {
    const owing = pagesOwedTo(session, task);
    return task.moves
      .filter(({ committedAt }) => committedAt !== null)
      .map((move: Move) => ({
        job: job.number,
        pid: task.pid,
        from: hostName(move.from),
        to: hostName(move.to),
        strategy: move.strategy,
        arrivedNs: move.activatedAt,
        freezeNs: freezeOf(move),
        pages: move.pages,
        bytes: move.bytes,
        owed: move.owed,
        stillOwed: owing.get(move.from) ?? 0,
      }));
  });
  return view(rows, [
    { head: "job", cell: ({ job }) => `%${job}` },
    ...pidColumn(wanted),
    { head: "from", cell: ({ from }) => from },
    { head: "to", cell: ({ to }) => to },
    { head: "strategy", cell: ({ strategy }) => strategy },
    { head: "arrived virtual", cell: ({ arrivedNs }) => duration(arrivedNs) },
    { head: "freeze virtual", cell: ({ freezeNs }) => duration(freezeNs) },
    { head: "moved", cell: ({ pages }) => pages },
    { head: "left", cell: ({ owed }) => owed },
    { head: "owed now", cell: ({ stillOwed }) => stillOwed },
  ]);
}

function tasksOf(jobs: readonly Job[]): { readonly job: Job; readonly task: Task }[] {
  return jobs.flatMap((job) => job.tasks.map((task) => ({ job, task })));
}

/** Only where one of the jobs has several tasks. */
function pidColumn(jobs: readonly Job[]): Column<{ readonly pid: number | null }>[] {
  if (jobs.every(({ tasks }) => tasks.length === 1)) return [];
  return [{ head: "pid", cell: ({ pid }) => pid ?? "-" }];
}

function freezeOf({ frozenAt, activatedAt }: Move): number | null {
  return frozenAt === null || activatedAt === null ? null : activatedAt - frozenAt;
}

function pagesOwedTo({ cluster }: Session, task: Task): ReadonlyMap<number, number> {
  const pages = cluster.residuals(task).filter(({ kind }) => kind === "pages");
  return new Map(pages.map(({ host, count }) => [host, count]));
}

export function viewResiduals({ cluster }: Session, wanted: readonly Job[]): View {
  const rows = tasksOf(wanted).flatMap(({ job, task }) =>
    cluster.residuals(task).map((entry) => ({
      job: job.number,
      pid: task.pid,
      on: task.host,
      kind: entry.kind,
      host: hostName(entry.host),
      count: entry.count,
      sinceNs: entry.since,
      until: entry.until,
      when: entry.when,
      sentence: entry.sentence,
    })),
  );
  return view(rows, [
    { head: "job", cell: ({ job }) => `%${job}` },
    ...pidColumn(wanted),
    { head: "on", cell: ({ on }) => on },
    { head: "needs", cell: ({ kind }) => kind },
    { head: "count", cell: ({ count }) => count },
    { head: "since virtual", cell: ({ sinceNs }) => duration(sinceNs) },
    { head: "what a loss does", cell: ({ sentence }) => sentence },
  ]);
}

/** Cables that have been used, or are not as they were at boot: one row for each direction. */
export function viewCables({ cluster }: Session): View {
  const { cable: costs, faults } = cluster.config;
  const hosts = cluster.views();
  const rows = hosts.flatMap(({ host, cables }) =>
    cables.map(({ to, packets, bytes, lost, cut, extraNs, dropPpm }: CableView) => ({
      from: host,
      to,
      state: cut ? "cut" : "whole",
      latencyNs: costs.latencyNs + extraNs,
      addedNs: extraNs,
      lossPpm: faults.lossPpm,
      dropPpm,
      packets,
      bytes,
      lost,
      inFlight: packetsBetween(hosts, host, to),
    })),
  );
  return view(rows, [
    { head: "from", cell: ({ from }) => from },
    { head: "to", cell: ({ to }) => to },
    { head: "state", cell: ({ state }) => state },
    { head: "latency virtual", cell: ({ latencyNs }) => formatDuration(latencyNs) },
    { head: "loss", cell: ({ lossPpm, dropPpm }) => formatLoss(lossPpm, dropPpm) },
    { head: "packets", cell: ({ packets }) => packets },
    { head: "bytes", cell: ({ bytes }) => bytes },
    { head: "lost", cell: ({ lost }) => lost },
    { head: "in flight", cell: ({ inFlight }) => inFlight },
  ]);
}

function packetsBetween(hosts: readonly HostView[], from: string, to: string): number {
  const receiver = hosts.find(({ host }) => host === to);
  return receiver?.arriving.find((arriving) => arriving.from === from)?.packets ?? 0;
}

/** Two chances to be lost, one after the other: `--net loss` and `drop`. */
function formatLoss(lossPpm: number, dropPpm: number): string {
  const both = lossPpm + dropPpm - (lossPpm * dropPpm) / 1_000_000;
  return `${Number((both / 10_000).toFixed(3))}%`;
}

function duration(ns: number | null): string {
  return ns === null ? "-" : formatDuration(ns);
}
