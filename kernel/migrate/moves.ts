// The moves under way on one host, by name: what the machines of source and target work on.
//
// A move's name is (source host, incarnation, counter). Every message of the move carries it, so a
// late one of an earlier attempt changes nothing.

import { must } from "../../ports/base/index.ts";
import {
  type Body,
  home as homeOps,
  type HostId,
  hostName,
  type Op,
  type PackedPort,
  parseHostName,
  type PortUid,
  type Schema,
  wellKnownPort,
} from "../../ports/index.ts";
import { post, type TaskHost } from "../task/kernel.ts";
import type { MoveOrder, Pid, Task } from "../task/task.ts";
import type { Frame, MemoryObject } from "../vm/index.ts";
import type { ResidualKernel } from "./residual-state.ts";
import type { Member, SourceState } from "./source-states.ts";
import type { TargetState } from "./target.ts";

/** Tasks on their way from here. */
export interface Departure {
  state: SourceState;
  readonly order: MoveOrder;
  /** The task that was ordered to move: it answers if nobody of the unit is left. */
  readonly lead: { readonly pid: Pid; readonly job: number };
  /** What stays of each object, and the residual port that the image names for it. */
  readonly left: Map<MemoryObject, LeftObject>;
  /** Messages of each port that went with the image; later ones follow with ACTIVATE. */
  readonly queued: Map<PortUid, number>;
  /** The objects at swap that the image names; one that swap made later is nobody's. */
  readonly atSwap: Set<PortUid>;
  /** Pages that the target has, by object and page. */
  readonly sent: Map<number, Map<number, SentPage>>;
  carriage: Carriage | null;
  /** Pages that have to come here before the freeze, by object. */
  readonly fetching: Map<number, FetchList>;
  rounds: number;
  /** Policy update: until when the holders of its rights may take to stand still. */
  pausedUntil: number | null;
  pagesSent: number;
  bytesSent: number;
}

/** The frame whose contents went, and the era at whose beginning they were what they are. */
export interface SentPage {
  readonly frame: Frame;
  readonly era: number;
}

/** Pages to be asked for, in order; those before `at` have been, or need not be. */
export interface FetchList {
  readonly pages: readonly number[];
  at: number;
}

/** Pages to be sent, in order, and how far that is. */
export interface Carriage {
  readonly parts: readonly CarriedPart[];
  part: number;
  /** Pages of that part that were sent or skipped. */
  at: number;
  /** Messages that the target has not confirmed. */
  underWay: number;
  /** The target was asked to say when it has all of this round. */
  closed: boolean;
  readonly skipsWritten: boolean;
  /** What is written from its beginning on is not at the target. */
  readonly era: number;
}

export interface CarriedPart {
  readonly object: MemoryObject;
  readonly to: "target" | "swap";
  readonly pages: readonly number[];
}

export interface LeftObject {
  readonly id: number;
  readonly port: PortUid;
  readonly pages: readonly number[];
}

/** Tasks on their way to here. */
export interface Arrival {
  state: TargetState;
  readonly pages: Map<number, Map<number, Frame>>;
  tasks: readonly Task[];
  ports: readonly PackedPort[];
}

export interface MoveState {
  counter: number;
  readonly departures: Map<string, Departure>;
  readonly arrivals: Map<string, Arrival>;
}

export interface MoveHost extends TaskHost {
  /** A time at which `onMoveTick` is to be called for the move. */
  moveTimer(at: number, move: string): void;
  /** A time at which `onWanderTimer` is to be called for the task. */
  wanderTimer(at: number, pid: Pid): void;
}

export interface MoveKernel extends ResidualKernel {
  readonly state: ResidualKernel["state"] & { readonly moves: MoveState };
  readonly host: MoveHost;
}

export function createMoveState(): MoveState {
  return { counter: 1, departures: new Map(), arrivals: new Map() };
}

export function newMoveName(kernel: MoveKernel): string {
  const { id, incarnation, moves } = kernel.state;
  return `${hostName(id)}.${incarnation}.${moves.counter++}`;
}

/** The source that a move's name names. */
export function moveSource(move: string): { host: HostId; incarnation: number } {
  const [name, incarnation] = move.split(".");
  const host = must(parseHostName(name ?? ""), `source of the move ${move}`);
  return { host, incarnation: Number(incarnation) };
}

interface Unit {
  readonly move: string;
  readonly members: readonly Member[];
  readonly home: HostId;
}

/**
 * A move is in doubt, and the operator has declared its home dead: here its tasks end. Should the
 * home come back all the same, it finds the word of that. `epochs`: how often they have moved since.
 */
export function giveUpMove(kernel: MoveKernel, { move, members, home }: Unit, epochs: 0 | 1): void {
  for (const { pid, epoch } of members) {
    kernel.host.emit("migrate.given-up", { pid, move, home: hostName(home) });
    const body = { pid, epoch: epoch + epochs, status: 137 };
    post(kernel, wellKnownPort(home, "home"), homeOps.exited, body);
  }
}

/** The home of a task holds this host for dead: the copy here is nobody's, and ends. */
export function noteDisowned({ host }: MoveKernel, pid: Pid, home: HostId): void {
  host.emit("task.disowned", { pid, home: hostName(home) });
}

/** The tasks of a move as the messages about it name them. */
export function namesOf(members: readonly Member[]): { pids: number[]; epochs: number[] } {
  return { pids: members.map(({ pid }) => pid), epochs: members.map(({ epoch }) => epoch) };
}

/** The inverse of `namesOf`. */
export function membersOf(pids: readonly number[], epochs: readonly number[]): Member[] {
  return pids.map((pid, at) => ({ pid, epoch: epochs[at] ?? 0 }));
}

/** Those of the members that are here. */
export function tasksOf({ state }: MoveKernel, members: readonly Member[]): readonly Task[] {
  return members.flatMap(({ pid }) => state.tasks.get(pid) ?? []);
}

export function isMember({ members }: Pick<Unit, "members">, pid: Pid): boolean {
  return members.some((member) => member.pid === pid);
}

/** The departure of a task, if it is on its way. */
export function departureOf(kernel: MoveKernel, pid: Pid): Departure | undefined {
  for (const departure of kernel.state.moves.departures.values()) {
    const { at, plan } = departure.state;
    if (isMember(plan, pid) && at !== "over" && at !== "handed-over") return departure;
  }
  return undefined;
}

/** Whether a move from here is on its way to COMMIT: up to there no step of it waits for ever. */
export function isMoving({ departures }: MoveState): boolean {
  if (departures.size === 0) return false; // as nearly always, and it is asked at every step
  for (const { state } of departures.values()) {
    if (state.at !== "committing" && state.at !== "handed-over" && state.at !== "over") return true;
  }
  return false;
}

/** A message of the move to its target. */
export function toTarget<S extends Schema>(
  kernel: MoveKernel,
  departure: Departure,
  op: Op<S>,
  body: Body<S>,
): void {
  post(kernel, wellKnownPort(departure.state.plan.to, "control"), op, body);
}
