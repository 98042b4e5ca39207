// What is known of jobs, tasks and moves from the trace alone: a fold over control events.
//
// The operator sees through this door only. Nothing here costs virtual time or is recorded.

import { produce } from "immer";
import { type HostId, parseHostName } from "../ports/index.ts";
import {
  type AgentOrder,
  type ControlEvent,
  endOrdersAt,
  endOrdersOf,
  noteDone,
  noteNotified,
  noteOrder,
  type Notified,
} from "./observe-agent.ts";

export type { ControlEvent } from "./observe-agent.ts";

/** How a job ended. `signal` is 0 when the program ended by itself. */
export interface Exit {
  readonly at: number;
  readonly status: number;
  readonly signal: number;
  /** What ended it: the program, a signal, its host's crash, or a program that cannot be run. */
  readonly cause: "exit" | "signal" | "host-lost" | "not-run";
  /** Why a program cannot be run. */
  readonly reason: string;
  /** The host that owed a page that the task needed, and the address; when that ended it. */
  readonly lostHost: string;
  readonly address: number | null;
  /** The host had no memory left for it. */
  readonly noMemory: boolean;
}

/** A task that is stopped runs nothing until it is continued. */
export interface Stop {
  readonly at: number;
  readonly signal: number;
}

export interface JobState {
  readonly job: number;
  readonly pid: number | null;
  readonly program: string;
  readonly bornAt: number | null;
  readonly startedAt: number | null;
  /** The host that runs it, as far as events tell. */
  readonly host: HostId;
  readonly exit: Exit | null;
  /** The signal that stopped it; null while it is not stopped. */
  readonly stopped: Stop | null;
  readonly moves: readonly Move[];
  readonly movesFailed: number;
}

export interface Move {
  readonly move: string;
  readonly command: number;
  readonly from: HostId;
  readonly to: HostId;
  readonly strategy: string;
  readonly frozenAt: number | null;
  readonly committedAt: number | null;
  readonly activatedAt: number | null;
  readonly pages: number;
  readonly bytes: number;
  readonly owed: number;
  /** Of copying while the task ran. */
  readonly rounds: number;
}

/** An answer to an order that was not carried out. */
export interface Refusal {
  readonly command: number;
  readonly at: number;
  readonly outcome: "refused" | "aborted" | "host-down" | "no-such-task";
  readonly reason: string;
}

export interface Observed {
  readonly jobs: Readonly<Record<number, JobState>>;
  /** Moves under way, by name, with their job. */
  readonly moving: Readonly<Record<string, number>>;
  readonly refusals: readonly Refusal[];
  /** Orders to the agents of hosts, by their numbers, from when they were taken up. */
  readonly orders: Readonly<Record<number, AgentOrder>>;
  /** What agents were notified of. */
  readonly notified: readonly Notified[];
  readonly hostsDown: Readonly<Record<number, boolean>>;
  readonly hostsPaused: Readonly<Record<number, boolean>>;
}

export const nothingObserved: Observed = {
  jobs: {},
  moving: {},
  refusals: [],
  orders: {},
  notified: [],
  hostsDown: {},
  hostsPaused: {},
};

type Draft<T> = { -readonly [K in keyof T]: T[K] extends object ? Draft<T[K]> : T[K] };

const hostOf = (name: unknown): HostId => parseHostName(String(name)) ?? 0;
const numberOf = (value: unknown): number => Number(value ?? 0);

/** Requires: events come in the order of the trace. */
export function observe(state: Observed, event: ControlEvent): Observed {
  return produce(state, (draft) => apply(draft as unknown as Draft<Observed>, event));
}

function apply(state: Draft<Observed>, event: ControlEvent): void {
  const job = state.jobs[numberOf(event["job"])];
  switch (event.event) {
    case "task.born":
      if (job) Object.assign(job, { pid: numberOf(event["pid"]), bornAt: event.at });
      return;
    case "exec.done":
      if (job) job.startedAt = event.at;
      return;
    case "task.stopped":
      if (job) job.stopped = { at: event.at, signal: numberOf(event["signal"]) };
      return;
    case "task.continued":
      if (job) job.stopped = null;
      return;
    case "task.unborn":
    case "exec.refused":
      if (job) end(job, event, { cause: "not-run", status: 64, reason: String(event["reason"]) });
      return;
    case "task.exit":
      if (job) onExit(job, event);
      endOrdersOf(state.orders, event);
      return;
    case "task.died-with-host":
      endOrdersOf(state.orders, event);
      if (job) end(job, event, { cause: "host-lost", status: 137, lostHost: event.host });
      return;
    case "task.lost":
    case "migrate.given-up":
      endOrdersOf(state.orders, event);
      onLost(state, event);
      return;
    case "migrate.request":
    case "migrate.freeze":
    case "migrate.commit":
    case "migrate.activate":
      if (job) onMove(state, job, event);
      return;
    case "migrate.refused":
    case "migrate.aborted":
      if (job) job.movesFailed++;
      refuse(state, event, event.event === "migrate.refused" ? "refused" : "aborted");
      return;
    case "command.host-down":
      if (job) end(job, event, { cause: "not-run", status: 64, reason: `${event.host} is down` });
      refuse(state, event, "host-down");
      return;
    case "command.no-such-task":
      refuse(state, event, "no-such-task");
      return;
    case "agent.order":
      noteOrder(state.orders, event);
      return;
    case "agent.done":
      noteDone(state.orders, event);
      return;
    case "agent.notified":
      noteNotified(state.notified, event);
      return;
    case "host.crash":
      state.hostsDown[hostOf(event.host)] = true;
      endOrdersAt(state.orders, event);
      return;
    case "host.restart":
      state.hostsDown[hostOf(event.host)] = false;
      return;
    case "host.pause":
      state.hostsPaused[hostOf(event.host)] = true;
      return;
    case "host.continue":
      state.hostsPaused[hostOf(event.host)] = false;
      return;
    default:
      return;
  }
}

function refuse(state: Draft<Observed>, event: ControlEvent, outcome: Refusal["outcome"]): void {
  const { at } = event;
  const reason = typeof event["reason"] === "string" ? event["reason"] : outcome;
  state.refusals.push({ command: numberOf(event["command"]), at, outcome, reason });
}

function end(job: Draft<JobState>, event: ControlEvent, exit: Partial<Exit>): void {
  if (job.exit) return;
  job.stopped = null;
  job.exit = {
    at: event.at,
    status: 0,
    signal: 0,
    cause: "exit",
    reason: "",
    lostHost: "",
    address: null,
    noMemory: false,
    ...exit,
  };
}

function onExit(job: Draft<JobState>, event: ControlEvent): void {
  const signal = numberOf(event["signal"]);
  const lostHost = numberOf(event["lostHost"] ?? -1);
  end(job, event, {
    signal,
    status: signal === 0 ? numberOf(event["status"]) : 128 + signal,
    cause: signal === 0 ? "exit" : "signal",
    address: event["address"] === undefined ? null : numberOf(event["address"]),
    noMemory: event["why"] === "no-memory",
    lostHost: lostHost < 0 ? "" : lostHost === 0 ? "fs" : `h${lostHost}`,
  });
}

/** The home found that its task's owner is dead, or was declared dead while only it could decide. */
function onLost(state: Draft<Observed>, event: ControlEvent): void {
  const pid = numberOf(event["pid"]);
  for (const job of Object.values(state.jobs)) {
    if (job.pid !== pid) continue;
    end(job, event, {
      cause: "host-lost",
      status: 137,
      lostHost: String(event["owner"] ?? event["home"]),
    });
  }
}

function onMove(state: Draft<Observed>, job: Draft<JobState>, event: ControlEvent): void {
  const name = String(event["move"]);
  if (event.event === "migrate.request") {
    job.moves.push({
      move: name,
      command: numberOf(event["command"]),
      from: hostOf(event.host),
      to: hostOf(event["to"]),
      strategy: String(event["strategy"]),
      frozenAt: null,
      committedAt: null,
      activatedAt: null,
      pages: 0,
      bytes: 0,
      owed: 0,
      rounds: 0,
    });
    return;
  }
  const move = job.moves.findLast((candidate) => candidate.move === name);
  if (!move) return;
  if (event.event === "migrate.freeze") move.frozenAt = event.at;
  else if (event.event === "migrate.activate") {
    move.activatedAt = event.at;
    job.host = hostOf(event.host);
  } else {
    move.committedAt = event.at;
    move.pages = numberOf(event["pages"]);
    move.bytes = numberOf(event["bytes"]);
    move.owed = numberOf(event["owed"]);
    move.rounds = numberOf(event["rounds"]);
    job.host = move.to;
  }
}
