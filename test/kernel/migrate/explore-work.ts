// One event's work on a host of the exploration: the host as it becomes, the letters that it writes,
// and what every part of the host needs for that.

import type { HomeEvent } from "../../../kernel/task/home.ts";
import {
  type Body,
  type Copy,
  type HostRules,
  type Letter,
  type Local,
  type Machines,
  pid,
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
  const { record } = work.local;
  if (!record) return undefined;
  const step = work.machines.home(new Map([[pid, record]]), event);
  set(work, { record: step.write.get(pid) ?? record });
  return step;
}

export function runCopy(work: Work, copy: Copy): void {
  set(work, { copy, ran: Math.max(work.local.ran, copy.era) });
}

export function giveUp(work: Work, epoch: number): void {
  set(work, { ended: "given-up" });
  post(work, work.rules.home, { what: "exited", epoch });
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
