// What is known of jobs, tasks and moves from the trace alone: a fold over control events.
//
// The operator sees through this door only. Nothing here costs virtual time or is recorded.

import { Immer } from "immer";
import { type HostId, parseHostName } from "../ports/index.ts";
import {
  type ControlEvent,
  endOrdersAt,
  endOrdersOf,
  noteDone,
  noteNotified,
  noteOrder,
} from "./observe-agent.ts";
import type { Exit, JobState, Observed, Refusal } from "./observed.ts";

type Draft<T> = { -readonly [K in keyof T]: T[K] extends object ? Draft<T[K]> : T[K] };

const hostOf = (name: unknown): HostId => parseHostName(String(name)) ?? 0;
const numberOf = (value: unknown): number => Number(value ?? 0);

/** Nothing is frozen: that would look at every move of a task again whenever one is noted. */
const immer = new Immer({ autoFreeze: false });

/** Requires: events come in the order of the trace. */
export function observe(state: Observed, event: ControlEvent): Observed {
  return immer.produce(state, (draft) => apply(draft as unknown as Draft<Observed>, event));
}

function apply(state: Draft<Observed>, event: ControlEvent): void {
  const job = jobOf(state, event);
  noteChild(state, event);
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

/** The job of the event's task. What tasks do that a job's program has made is not what the job does. */
function jobOf(state: Draft<Observed>, event: ControlEvent): Draft<JobState> | undefined {
  const job = state.jobs[numberOf(event["job"])];
  if (!job || event["parent"] !== undefined) return undefined;
  const pid = event["pid"];
  return job.pid !== null && pid !== undefined && pid !== job.pid ? undefined : job;
}

/** Where the other tasks of a job are. */
function noteChild({ jobs }: Draft<Observed>, event: ControlEvent): void {
  const pid = numberOf(event["pid"]);
  const job = jobs[numberOf(event["job"])];
  switch (event.event) {
    case "task.born":
      if (job && event["parent"] !== undefined) job.children[pid] = hostOf(event.host);
      return;
    case "migrate.activate":
    case "task.exit":
    case "task.died-with-host":
    case "task.lost":
    case "migrate.given-up":
      for (const { children } of job ? [job] : Object.values(jobs)) {
        if (!(pid in children)) continue;
        if (event.event === "migrate.activate") children[pid] = hostOf(event.host);
        else Reflect.deleteProperty(children, pid);
      }
      return;
    default:
      return;
  }
}

function refuse(state: Draft<Observed>, event: ControlEvent, outcome: Refusal["outcome"]): void {
  const { at } = event;
  const reason = typeof event["reason"] === "string" ? event["reason"] : outcome;
  const rule = typeof event["rule"] === "string" ? event["rule"] : "";
  state.refusals.push({ command: numberOf(event["command"]), at, outcome, rule, reason });
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
  // A job is where its first task is; children of that move with it, or by themselves.
  if (job.pid !== null && numberOf(event["pid"]) !== job.pid) return;
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
