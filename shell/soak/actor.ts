// Carries out the steps of a plan on a cluster, and remembers what the names in it stand for.
//
// No step waits. A step whose ground has gone (a right that was never given, a host that is down) is
// refused: it does nothing and gives no line.

import {
  type Cluster,
  type Holder as Space,
  type OrderResult,
  type PortRef,
  type ReceivedRight,
  type RightRef,
  UsageError,
} from "../../cluster/index.ts";
import { type Holder, lineOf, type Step } from "./step.ts";

export interface Actor {
  readonly cluster: Cluster;
  readonly ports: Map<string, NamedPort>;
  readonly rights: Map<string, NamedRight>;
  /** Orders to receive, by the name of the reply right that may come. */
  readonly requests: Map<string, { readonly command: number; readonly on: Space }>;
  readonly sends: number[];
  readonly states: Map<string, "down" | "paused">;
  readonly cuts: Map<string, readonly [string, string]>;
  /** The lines of the steps that were carried out. */
  readonly lines: string[];
}

interface NamedPort {
  readonly made: number;
  holder: Space;
  readonly moves: { readonly command: number; readonly host: string }[];
}

interface NamedRight {
  readonly given: number;
  /** The uid of its port. */
  readonly port: string;
  readonly kind: RightRef["kind"];
  readonly holder: Space;
}

export function createActor(cluster: Cluster): Actor {
  return {
    cluster,
    ports: new Map(),
    rights: new Map(),
    requests: new Map(),
    sends: [],
    states: new Map(),
    cuts: new Map(),
    lines: [],
  };
}

/** Requires: it is the time of the step. */
export function act(actor: Actor, step: Step): void {
  try {
    const done = actOn(actor, step);
    if (done === false) return;
    actor.lines.push(lineOf(step, done === true ? undefined : done));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
}

/** False if it could not be; true, or the name of whoever answered. */
function actOn(actor: Actor, step: Step): boolean | string {
  const { cluster } = actor;
  switch (step.do) {
    case "run":
      void cluster.spawn(step.host, ["count", "1000", "10s"]);
      return cluster.tasks.length === step.job;
    case "port":
      return makePort(actor, step.port, step.on, step.queue);
    case "right":
      return giveRight(actor, step);
    case "message":
      return sendText(actor, step);
    case "receive":
      return receive(actor, step.port, step.reply);
    case "answer":
      return answer(actor, step.reply);
    case "drop": {
      const right = rightNamed(actor, step.right);
      if (right) cluster.ports.postDrop(right);
      return right !== null;
    }
    case "destroy": {
      const port = portNamed(actor, step.port);
      if (port) cluster.ports.postDestroy(port);
      return port !== null;
    }
    case "move":
      return movePort(actor, step.port, step.host);
    case "migrate": {
      const task = cluster.tasks[step.job - 1];
      if (task && !task.exit) cluster.orderMigration(task, step.host);
      return task !== undefined && !task.exit;
    }
    default:
      return changeWorld(actor, step);
  }
}

function changeWorld({ cluster, states, cuts }: Actor, step: Step): boolean {
  switch (step.do) {
    case "crash":
      if (states.get(step.host) === "down") return false;
      cluster.crash(step.host);
      states.set(step.host, "down");
      return true;
    case "restart":
      if (states.get(step.host) !== "down") return false;
      cluster.restart(step.host);
      states.delete(step.host);
      return true;
    case "pause":
      if (states.has(step.host)) return false;
      cluster.pause(step.host);
      states.set(step.host, "paused");
      return true;
    case "continue":
      if (states.get(step.host) !== "paused") return false;
      cluster.continue(step.host);
      states.delete(step.host);
      return true;
    case "cut":
      cluster.cut(step.a, step.b, { oneWay: step.oneWay });
      cuts.set([step.a, step.b].toSorted().join(" "), [step.a, step.b]);
      return true;
    case "heal":
      cluster.heal(step.a, step.b);
      cuts.delete([step.a, step.b].toSorted().join(" "));
      return true;
    default:
      return false;
  }
}

function spaceOf({ cluster }: Actor, holder: Holder): Space | undefined {
  return "host" in holder ? holder.host : cluster.tasks[holder.job - 1];
}

function makePort(actor: Actor, port: string, on: Holder, queue: number): boolean {
  const holder = spaceOf(actor, on);
  if (holder === undefined) return false;
  const made = actor.cluster.ports.postMake(holder, { queue });
  actor.ports.set(port, { made, holder, moves: [] });
  return true;
}

/** The result of an order that was carried out. */
function resultOf({ cluster }: Actor, command: number): OrderResult | null {
  const result = cluster.ports.result(command);
  return result?.ok ? result : null;
}

/** Null while it has not been made. */
export function portNamed(actor: Actor, name: string): PortRef | null {
  const port = actor.ports.get(name);
  const made = port && resultOf(actor, port.made);
  if (!made) return null;
  for (const { command, host } of port.moves) if (resultOf(actor, command)) port.holder = host;
  return { uid: made.port, holder: port.holder };
}

function rightNamed(actor: Actor, name: string): RightRef | null {
  const right = actor.rights.get(name);
  const given = right && resultOf(actor, right.given);
  if (!given) return null;
  const { port, kind, holder } = right;
  return { port, kind, holder, once: given.once };
}

function giveRight(actor: Actor, step: Step & { readonly do: "right" }): boolean {
  const port = portNamed(actor, step.port);
  const holder = spaceOf(actor, step.to);
  if (!port || holder === undefined) return false;
  const given = actor.cluster.ports.postGive(port, step.kind, holder);
  actor.rights.set(step.right, { given, port: port.uid, kind: step.kind, holder });
  return true;
}

function sendText(actor: Actor, step: Step & { readonly do: "message" }): boolean {
  const to = rightNamed(actor, step.to);
  const from = spaceOf(actor, step.from);
  const reply = step.reply === undefined ? null : portNamed(actor, step.reply);
  const carried = step.carry && carriedBy(actor, step.carry.right);
  if (!to || from === undefined || (step.reply !== undefined && !reply)) return false;
  if (step.carry && !carried) return false;
  const command = actor.cluster.ports.postSend(to, step.text, from, {
    thread: step.thread,
    ...(reply ? { reply } : {}),
    ...(carried ? { carry: carried, carryKind: step.carry?.kind ?? "send" } : {}),
    ...(step.timeoutNs === undefined ? {} : { timeoutNs: step.timeoutNs }),
  });
  actor.sends.push(command);
  return true;
}

function carriedBy(actor: Actor, name: string): PortRef | RightRef | null {
  return rightNamed(actor, name) ?? portNamed(actor, name);
}

function receive(actor: Actor, name: string, reply: string): boolean {
  const port = portNamed(actor, name);
  if (!port) return false;
  const command = actor.cluster.ports.postReceive(port);
  actor.requests.set(reply, { command, on: port.holder });
  return true;
}

function answer(actor: Actor, name: string): false | string {
  const request = actor.requests.get(name);
  const result = request && resultOf(actor, request.command);
  const reply = result?.message?.reply;
  if (!request || reply?.kind !== "send-once") return false;
  actor.requests.delete(name);
  const command = actor.cluster.ports.postSend(rightOf(reply, request.on), "answer", request.on, {
    thread: 7,
  });
  actor.sends.push(command);
  return typeof request.on === "string" ? request.on : `%${request.on.job}`;
}

function rightOf({ port, once }: ReceivedRight, holder: Space): RightRef {
  return { port, kind: "send-once", holder, once };
}

function movePort(actor: Actor, name: string, host: string): boolean {
  const port = portNamed(actor, name);
  if (!port || port.holder === host) return false;
  const command = actor.cluster.ports.postMove(port, host);
  actor.ports.get(name)?.moves.push({ command, host });
  return true;
}
