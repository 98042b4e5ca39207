// The agent of a host: the operator's hands. It holds ports and rights in a name space of the
// host's own, acts in the spaces of tasks here, and sends and receives by threads of its own.
//
//   order ──▶ (waits while its task is between two hosts) ──▶ taken up ──▶ done
//                                  └── the task has gone: the order goes after it, or with it
//
//   taken up:  make, destroy, drop   done at once
//              message               queue of its thread ──▶ out ──▶ outcome, done
//              give, move            queue ──▶ out ──▶ given ──▶ answer of the other agent, done
//              receive               done, or waits for a message
//
// Everything is plain data: it is saved with its host. A crash of the host ends its orders.

import { must } from "../../ports/base/index.ts";
import {
  type Body,
  createSpace,
  entryOfPort,
  type HostId,
  type LocationName,
  locationNames,
  type Message,
  type PortName,
  type PortUid,
  portName,
  type Space,
  type SpaceContext,
  type SpaceEntry,
  nameTypes,
} from "../../ports/index.ts";
import type { MoveHost, MoveKernel } from "../migrate/index.ts";
import { departureOf, isMember } from "../migrate/index.ts";
import { type Operator, pidSpan } from "../task/task.ts";

export interface AgentState {
  /** The name space of the host itself. */
  readonly space: Space;
  /** Orders, and messages of other agents, for tasks that are between two hosts. */
  readonly delayed: Delayed[];
  /** Orders that act in the host's own space; those of a task's space are in the task. */
  readonly own: Operator;
  /** Sends of the agent that were made here and have no outcome yet, by the ids of messages. */
  readonly open: Map<number, OpenSending>;
  /** Timeouts of orders to receive that are ahead on this host: whose they are. */
  readonly timers: Map<number, number>;
  /** Orders whose right has left, to be answered by the agent there. */
  readonly given: Map<number, HostId>;
  /** Receive rights that have come, while their port is on its way: who is to be told. */
  readonly claims: Map<PortUid, Claim>;
  /** Of each port that the agent watches: where its notifications come. */
  readonly watches: Map<PortUid, PortUid>;
}

export interface Delayed {
  readonly pid: number;
  readonly message: Message;
}

export interface OpenSending {
  readonly command: number;
  readonly pid: number;
  readonly tid: number;
  readonly order: Message;
}

export interface Claim {
  /** The space that has the right. */
  readonly pid: number;
  /** The order of another agent that is answered when the port is here; null: nobody asks. */
  readonly order: { readonly from: HostId; readonly command: number } | null;
}

export interface AgentHost extends MoveHost {
  /** A time at which `onAgentTimer` is to be called for the order. */
  agentTimer(at: number, command: number): void;
}

export interface AgentKernel extends MoveKernel {
  readonly state: MoveKernel["state"] & { readonly agent: AgentState };
  readonly host: AgentHost;
}

export function createAgentState(): AgentState {
  return {
    space: createSpace(),
    delayed: [],
    own: { sending: new Map(), receiving: [] },
    open: new Map(),
    timers: new Map(),
    given: new Map(),
    claims: new Map(),
    watches: new Map(),
  };
}

/** The orders that act in a space here. */
export function operatorOf({ state }: AgentKernel, pid: number): Operator {
  return pid === 0 ? state.agent.own : must(state.tasks.get(pid), `task ${pid}`).operator;
}

/** The spaces that can be used now, the host's own first. */
export function spacesHere(kernel: AgentKernel): readonly number[] {
  const pids = [...kernel.state.tasks.keys()];
  return [0, ...pids.filter((pid) => placeOfSpace(kernel, pid) === "here")];
}

/** Threads of the agent have numbers below those of tasks' threads. */
export const agentThreads = 10_000;

/** Where a space is: to be used, between two hosts, or not on this host. */
export function placeOfSpace(kernel: AgentKernel, pid: number): "here" | "moving" | "elsewhere" {
  if (pid === 0) return "here";
  const { tasks, moves } = kernel.state;
  const task = tasks.get(pid);
  if (task) return task.state === "frozen" ? "moving" : "here";
  const arrives = [...moves.arrivals.values()].some(({ state }) => isMember(state.plan, pid));
  return arrives || departureOf(kernel, pid) ? "moving" : "elsewhere";
}

/** Which host knows where a task is that is not here: its home, and the home by its record. */
export function whereabouts({ state, host }: AgentKernel, pid: number): HostId | null {
  const home = Math.floor(pid / pidSpan);
  if (home !== state.id) return home >= 1 && home <= host.hosts ? home : null;
  const record = state.home.records.get(pid);
  return record?.state === "owned" && record.owner !== state.id ? record.owner : null;
}

/** The space of a task that is here and not frozen, or the host's own. */
export function contextOf(kernel: AgentKernel, pid: number): SpaceContext {
  const { state, host } = kernel;
  const space = pid === 0 ? state.agent.space : must(state.tasks.get(pid), `task ${pid}`).space;
  return { ports: state.ports, space, spaceId: pid, host };
}

/** What an agent tells the other about the right that it sends. */
export interface Transfer {
  readonly command: number;
  readonly from: HostId;
  /** The space that is to have it. */
  readonly pid: number;
  /** It comes back: the message that it was in has not been sent. */
  readonly returned?: true;
}

/** How an order ended. */
export interface Ending {
  readonly code: number;
  readonly reason?: string;
  readonly [id: string]: unknown;
}

/** This host carries the order out: if it crashes before that is done, nobody will. */
export function noteTaken({ host }: AgentKernel, order: Message): void {
  const { command, pid } = order.body as OrderBody;
  host.emit("agent.order", { command, pid, order: order.op.replace("agent.", "") });
}

/** The one event with which each order ends. */
export function finish(kernel: AgentKernel, command: number, ending: Ending): void {
  kernel.host.emit("agent.done", { command, ok: ending.code === 0, ...ending });
}

/** The order cannot be carried out as things are. */
export function refuse(kernel: AgentKernel, command: number, reason: string): void {
  finish(kernel, command, { code: refusedCode, reason });
}

/** Not one of Mach's codes: the agent itself has refused, and says why. */
const refusedCode = 1;

/** The entry of the port's receive right. */
export function receiveEntry({ space }: SpaceContext, uid: PortUid): SpaceEntry | undefined {
  const entry = entryOfPort(space, uid);
  return entry && (entry.type & nameTypes.receive) !== 0 ? entry : undefined;
}

/** The entry of a right to send: of that kind; `once` 0 is any of the port's send-once rights. */
export function sendEntry(
  { space }: SpaceContext,
  uid: PortUid,
  kind: string,
  once: number,
): SpaceEntry | undefined {
  if (kind === "send") {
    const entry = entryOfPort(space, uid);
    return entry && (entry.type & nameTypes.send) !== 0 ? entry : undefined;
  }
  for (const name of space.onceNames) {
    const entry = space.entries.get(name);
    const fits = entry && !entry.private && entry.uid === uid;
    if (fits && (once === 0 || entry.once === once)) return entry;
  }
  return undefined;
}

/** `send:h1.1.17:0`: a right under a name, as orders' results tell it. */
export function describeRight({ space }: SpaceContext, name: PortName): string {
  const entry = space.entries.get(name);
  if (!entry || entry.uid === 0) return "dead";
  if (entry.type === nameTypes.once) return `send-once:${portName(entry.uid)}:${entry.once}`;
  const kind = (entry.type & nameTypes.receive) !== 0 ? "receive" : "send";
  return `${kind}:${portName(entry.uid)}:0`;
}

export type OrderBody = Body<{ command: "u53"; pid: "u53" }>;

/** A location policy by its name; undefined for the empty one, which is the cluster's. */
export function policyNamed(name: string): LocationName | undefined {
  return locationNames.find((known) => known === name);
}
