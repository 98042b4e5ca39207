// What is known of jobs, tasks and moves.

import type { HostId } from "../ports/index.ts";
import type { AgentOrder, Notified } from "./observe-agent.ts";

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
  /** The hosts of the tasks that its own has made, and those in turn, while they live; by pid. */
  readonly children: Readonly<Record<number, HostId>>;
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
  /** The rule that forbids it; empty: the outcome says all. */
  readonly rule: string;
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
