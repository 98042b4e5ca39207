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
import type { ResidualKernel } from "./residual.ts";
import type { SourceState } from "./source.ts";
import type { TargetState } from "./target.ts";

/** A task on its way from here. */
export interface Departure {
  state: SourceState;
  readonly order: MoveOrder;
  readonly job: number;
  /** What stays of each object, and the residual port that the image names for it. */
  readonly left: Map<MemoryObject, LeftObject>;
  /** Messages of each port that went with the image; later ones follow with ACTIVATE. */
  readonly queued: Map<PortUid, number>;
  /** Pages that the target has, by object and page: the frame whose contents went. */
  readonly sent: Map<number, Map<number, Frame>>;
  carriage: Carriage | null;
  rounds: number;
  /** Policy update: until when the holders of its rights may take to stand still. */
  pausedUntil: number | null;
  pagesSent: number;
  bytesSent: number;
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

/** A task on its way to here. */
export interface Arrival {
  state: TargetState;
  readonly pages: Map<number, Map<number, Frame>>;
  task: Task | null;
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

/**
 * A move is in doubt, and the operator has declared its home dead: here the task ends. Should the
 * home come back all the same, it finds the word of that.
 */
export function giveUpMove(
  kernel: MoveKernel,
  { move, pid, home }: { readonly move: string; readonly pid: number; readonly home: HostId },
  epoch: number,
): void {
  kernel.host.emit("migrate.given-up", { pid, move, home: hostName(home) });
  post(kernel, wellKnownPort(home, "home"), homeOps.exited, { pid, epoch, status: 137 });
}

/** The departure of a task, if it is on its way. */
export function departureOf(kernel: MoveKernel, pid: Pid): Departure | undefined {
  for (const departure of kernel.state.moves.departures.values()) {
    const { at, plan } = departure.state;
    if (plan.pid === pid && at !== "over" && at !== "handed-over") return departure;
  }
  return undefined;
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
