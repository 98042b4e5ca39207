// One event's work on a host of the exploration: the host as it becomes, the letters that it writes,
// and what every part of the host needs for that.

import type { HomeEvent } from "../../../kernel/task/home.ts";
import type { Member } from "../../../kernel/migrate/source-states.ts";
import {
  type Body,
  type Copy,
  type Ending,
  type HostRules,
  type Letter,
  type Local,
  type Machines,
  pids,
} from "./explore-state.ts";

export interface Work {
  local: Local;
  readonly letters: Letter[];
  readonly rules: HostRules;
  readonly machines: Machines;
}

export function set(work: Work, change: Partial<Local>): void {
  work.local = { ...work.local, ...change };
}

export function post(work: Work, to: number, body: Body): void {
  const { host, incarnation, dead } = work.local;
  const toInc = to === host ? incarnation : (dead[to] ?? 0) + 1;
  work.letters.push({ from: host, fromInc: incarnation, to, toInc, body });
}

export function atHome(work: Work, event: HomeEvent): ReturnType<Machines["home"]> | undefined {
  const { records } = work.local;
  if (!records) return undefined;
  const step = work.machines.home(new Map(records.map((one, at) => [pidOf(at), one])), event);
  set(work, { records: records.map((one, at) => step.write.get(pidOf(at)) ?? one) });
  return step;
}

export const pidOf = (task: number): number => pids[task] as number;
export const taskOf = (pid: number): number => pids.indexOf(pid as (typeof pids)[number]);

/** The places of the members that are here. */
export function tasksHere({ local }: Work, members: readonly Member[]): number[] {
  return members.map(({ pid }) => taskOf(pid)).filter((task) => local.copies[task]);
}

export function setCopy(work: Work, task: number, copy: Copy | null): void {
  set(work, { copies: work.local.copies.with(task, copy) });
}

export function runCopy(work: Work, task: number, copy: Copy): void {
  setCopy(work, task, copy);
  const { ran } = work.local;
  set(work, { ran: ran.with(task, Math.max(ran[task] ?? 0, copy.era)) });
}

export function end(work: Work, task: number, ended: Ending): void {
  set(work, { ended: work.local.ended.with(task, ended) });
}

/** `epochs`: how often they have moved since. */
export function giveUp(work: Work, members: readonly Member[], epochs: 0 | 1): void {
  for (const { pid, epoch } of members) {
    end(work, taskOf(pid), "given-up");
    post(work, work.rules.home, { what: "exited", pid, epoch: epoch + epochs });
  }
}

export function forget(work: Work): void {
  set(work, { keeps: false, awaited: [], wantedBy: 0 });
}

export function sourceOf(move: string): { from: number; fromIncarnation: number } {
  const [host, incarnation] = move.slice(1).split(".").map(Number);
  return { from: host ?? 0, fromIncarnation: incarnation ?? 0 };
}

export function union(some: readonly number[], others: readonly number[]): readonly number[] {
  return [...new Set([...some, ...others])].sort((a, b) => a - b);
}

/** Times would make equal states differ. */
export function timeless<S extends object>(state: S): S {
  const times = ["until", "repeatAt", "askAt"].filter((name) => name in state);
  return { ...state, ...Object.fromEntries(times.map((name) => [name, 0])) };
}
