// Name spaces on this host, and what happens to the ports and rights in them.
//
//   the ports, a move ──▶ event, put down where it happens ──▶ here, before the action ends
//                                                                 ├──▶ threads of the task
//                                                                 └──▶ the host's agent
//
// So no part of the kernel runs in the middle of another's work on the ports.

import {
  findReceiver,
  grantTransits,
  type HostId,
  heldBySpace,
  isDead,
  type Message,
  portDied,
  portHere,
  type PortsHost,
  type PortUid,
  type Right,
  type SendEnd,
  type Space,
  nameTypes,
  watchPort,
} from "../ports/index.ts";
import {
  type AgentKernel,
  type AgentState,
  agentThreads,
  contextOf,
  dropTimers,
  onAgentClaimed,
  onAgentClaimLost,
  onAgentSendEnded,
  placeOfSpace,
  resumeSending,
  reviveReceiving,
  reviveSending,
  serveReceivers,
  takeDelayed,
  watchArrived,
} from "./agent/index.ts";
import { armWander, type MoveState, noteEnded, noteSettled } from "./migrate/index.ts";
import type { SpaceEvent, TaskState } from "./task/kernel.ts";
import type { Task } from "./task/task.ts";
import {
  threadArrived,
  threadClaimed,
  threadGranted,
  threadPortDead,
  threadSendEnded,
} from "./trap/port-waits.ts";

export type SpacesState = TaskState & { readonly agent: AgentState; readonly moves: MoveState };

/** The part of the ports' host that is about name spaces: it answers, and puts down the rest. */
export function spacesHost(
  state: SpacesState,
): Pick<
  PortsHost,
  "portDead" | "sendEnded" | "granted" | "claimed" | "holdersPaused" | "heldInSpaces"
> {
  const note = (event: SpaceEvent): void => {
    state.spaceEvents.push(event);
  };
  return {
    portDead: (uid) => note({ on: "dead", uid }),
    sendEnded: (end) => note({ on: "ended", end }),
    granted(id, uid, transits) {
      const space = spaceOf(state, id);
      if (!space || !grantTransits(space, uid, transits)) return false;
      note({ on: "granted", space: id, uid });
      return true;
    },
    claimed({ uid, owner }) {
      if (owner.kind === "space") note({ on: "claimed", space: owner.id, uid });
    },
    holdersPaused: (uid) => note({ on: "paused", uid }),
    heldInSpaces: (uid) => heldInSpaces(state, uid),
  };
}

/** A frozen task's space has been packed: what changes in it now would be lost. */
function spaceOf({ agent, tasks }: SpacesState, id: number): Space | undefined {
  if (id === 0) return agent.space;
  const task = tasks.get(id);
  return task && task.state !== "frozen" ? task.space : undefined;
}

function heldInSpaces(
  { agent, tasks, moves, spaceEvents }: SpacesState,
  uid: PortUid,
): ReturnType<PortsHost["heldInSpaces"]> {
  let transits = 0;
  const once: number[] = [];
  let moving = false;
  const add = (space: Space): boolean => {
    const held = heldBySpace(space, uid);
    transits += held.transits;
    once.push(...held.once);
    return held.transits > 0 || held.once.length > 0;
  };
  add(agent.space);
  for (const task of tasks.values()) {
    if (add(task.space) && task.state === "frozen") moving = true;
  }
  for (const { space } of [...moves.arrivals.values()].flatMap((arrival) => arrival.tasks)) {
    const held = heldBySpace(space, uid);
    if (held.transits > 0 || held.once.length > 0) moving = true;
  }
  for (const right of rightsOnTheWay(agent, spaceEvents)) {
    if (right.uid !== uid || right.count === undefined) continue;
    if (right.kind === "send") transits += right.count;
    else if (right.kind === "send-once") once.push(right.count);
  }
  return { transits, once, moving };
}

/** Rights in messages that are in no queue: they will be in a space soon. */
function rightsOnTheWay({ delayed }: AgentState, events: readonly SpaceEvent[]): readonly Right[] {
  const returned = events.flatMap((event) =>
    event.on === "ended" && event.end.returned ? [event.end.returned] : [],
  );
  const messages = [...delayed.map(({ message }) => message), ...returned];
  return messages.flatMap(({ reply, rights }) => (reply ? [reply, ...rights] : rights));
}

/** What a delayed message is to its host: an order for the agent, or another agent's message. */
export interface Passing {
  /** The task is here: the message is taken up as if it had just come. */
  again(kernel: AgentKernel, message: Message): void;
  /** The task has gone there. */
  after(kernel: AgentKernel, to: HostId, message: Message): void;
}

/** Deals with one event. */
export function onSpaceEvent(kernel: AgentKernel, event: SpaceEvent, passing: Passing): void {
  switch (event.on) {
    case "arrived":
      onArrived(kernel, event.space, event.uid);
      return;
    case "dead":
      onPortDead(kernel, event.uid);
      return;
    case "ended":
      onSendEnded(kernel, event.end);
      return;
    case "granted":
      onGranted(kernel, event.space, event.uid);
      return;
    case "claimed":
      onClaimed(kernel, event.space, event.uid);
      return;
    case "paused":
      noteSettled(kernel, event.uid);
      return;
    case "going":
      onGoing(kernel, event.pid, passing);
      return;
    case "born": {
      const child = kernel.state.tasks.get(event.pid);
      if (child) armWander(kernel, child);
      return;
    }
    case "left":
      onLeft(kernel, event.pid, event.to, passing);
      return;
    case "gone":
      noteEnded(kernel, event.pid);
      takeDelayed(kernel, event.pid, (message) => passing.again(kernel, message));
      return;
  }
}

/** The task of a space, if it is here and not frozen. */
function taskHere({ state }: AgentKernel, pid: number): Task | undefined {
  const task = state.tasks.get(pid);
  return task?.state === "frozen" ? undefined : task;
}

function onArrived(kernel: AgentKernel, space: number, uid: PortUid): void {
  const task = taskHere(kernel, space);
  const port = portHere(kernel.state.ports, uid);
  if (task && port && findReceiver(task.space, uid)) threadArrived(kernel, task, port);
  else serveReceivers(kernel, space, uid);
}

/** All that name it have a dead name now. A frozen task learns it when it runs again. */
function onPortDead(kernel: AgentKernel, uid: PortUid): void {
  onAgentClaimLost(kernel, uid);
  for (const pid of [0, ...kernel.state.tasks.keys()]) {
    if (placeOfSpace(kernel, pid) !== "here") continue;
    portDied(contextOf(kernel, pid), uid);
    const task = taskHere(kernel, pid);
    if (task) threadPortDead(kernel, task, uid);
    serveReceivers(kernel, pid, uid);
    resumeSending(kernel, pid);
  }
}

function onSendEnded(kernel: AgentKernel, end: SendEnd): void {
  const { pid, tid } = end.sender;
  if (pid === 0 || tid < agentThreads) onAgentSendEnded(kernel, end);
  else threadSendEnded(kernel, end);
}

function onGranted(kernel: AgentKernel, space: number, uid: PortUid): void {
  const task = taskHere(kernel, space);
  if (task) threadGranted(kernel, task, uid);
  resumeSending(kernel, space);
}

function onClaimed(kernel: AgentKernel, space: number, uid: PortUid): void {
  const task = taskHere(kernel, space);
  onAgentClaimed(kernel, uid);
  if (task) threadClaimed(kernel, task, uid);
  noteSettled(kernel, uid);
  resumeSending(kernel, space);
  onArrived(kernel, space, uid);
}

/** The task runs here: what it missed while it was frozen, and what waited for it. */
function onGoing(kernel: AgentKernel, pid: number, passing: Passing): void {
  if (placeOfSpace(kernel, pid) !== "here") return;
  const context = contextOf(kernel, pid);
  for (const entry of [...context.space.entries.values()]) {
    if (entry.uid === 0 || entry.private || (entry.type & nameTypes.receive) !== 0) continue;
    if (isDead(context.ports, entry.uid)) portDied(context, entry.uid);
    else if (entry.armed) watchPort(context.ports, entry.uid, context.host);
  }
  watchArrived(kernel, pid);
  reviveReceiving(kernel, pid);
  reviveSending(kernel, pid);
  takeDelayed(kernel, pid, (message) => passing.again(kernel, message));
}

/** The task has gone on with its orders; those that came since go after it. */
function onLeft(kernel: AgentKernel, pid: number, to: HostId, passing: Passing): void {
  dropTimers(kernel, pid);
  takeDelayed(kernel, pid, (message) => passing.after(kernel, to, message));
}
