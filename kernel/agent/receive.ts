// Orders to receive: each takes the next message of a port, or waits for one, in order.
//
// In a task's space the task's own threads come first: the agent takes what none of them waits for.

import {
  agent,
  findReceiver,
  type Incoming,
  machReceive,
  makeMessage,
  nameTypes,
  type PortName,
  type Message,
  noTimeout,
  notify,
  portHere,
  portName,
  type PortUid,
  receiveCodes,
  type SpaceContext,
} from "../../ports/index.ts";
import type { Receiving } from "../task/task.ts";
import { settleLoans } from "../vm/index.ts";
import { claimPort } from "./arrive.ts";
import {
  type AgentKernel,
  contextOf,
  describeRight,
  type Ending,
  finish,
  noteTaken,
  operatorOf,
  placeOfSpace,
  receiveEntry,
} from "./state.ts";

export function onReceiveOrder(
  kernel: AgentKernel,
  { body }: Message<typeof agent.receive.body>,
): void {
  const { command, pid, uid, timeoutNs } = body;
  const deadline = timeoutNs === noTimeout ? null : kernel.host.now + timeoutNs;
  const order: Receiving = { command, uid, deadline };
  const { receiving } = operatorOf(kernel, pid);
  receiving.push(order);
  serveReceivers(kernel, pid, uid);
  if (receiving.includes(order)) awaitDeadline(kernel, pid, order);
}

/** A run is not at rest while a timeout is ahead. */
function awaitDeadline(kernel: AgentKernel, pid: number, order: Receiving): void {
  const { state, host } = kernel;
  const { command, deadline } = order;
  if (deadline === null || state.agent.timers.has(command)) return;
  if (deadline <= host.now) {
    end(kernel, pid, order, { code: receiveCodes.timedOut });
    return;
  }
  state.agent.timers.set(command, pid);
  state.sleepers++;
  host.agentTimer(deadline, command);
}

/** The time of an order to receive is over. A task that is frozen learns it when it runs again. */
export function onAgentTimer(kernel: AgentKernel, command: number): void {
  const pid = kernel.state.agent.timers.get(command);
  if (pid === undefined) return;
  dropTimer(kernel, command);
  if (placeOfSpace(kernel, pid) !== "here") return;
  const order = operatorOf(kernel, pid).receiving.find((one) => one.command === command);
  if (order) end(kernel, pid, order, { code: receiveCodes.timedOut });
}

function dropTimer({ state }: AgentKernel, command: number): void {
  if (state.agent.timers.delete(command)) state.sleepers--;
}

function end(kernel: AgentKernel, pid: number, order: Receiving, ending: Ending): void {
  const { receiving } = operatorOf(kernel, pid);
  receiving.splice(receiving.indexOf(order), 1);
  dropTimer(kernel, order.command);
  finish(kernel, order.command, { ...ending, port: portName(order.uid) });
}

/** Something has happened to the port: whoever waits for a message of it looks again. */
export function serveReceivers(kernel: AgentKernel, pid: number, uid: PortUid): void {
  if (placeOfSpace(kernel, pid) !== "here") return;
  const context = contextOf(kernel, pid);
  for (const order of operatorOf(kernel, pid).receiving.filter((one) => one.uid === uid)) {
    if (findReceiver(context.space, uid)) return;
    const ending = receiveOne(kernel, context, order);
    if (!ending) return;
    end(kernel, pid, order, ending);
  }
}

/** The task has come, and this host answers for its orders: their ports may have what they want. */
export function reviveReceiving(kernel: AgentKernel, pid: number): void {
  for (const order of [...operatorOf(kernel, pid).receiving]) {
    noteTaken(kernel, receiveMessage(pid, order));
    serveReceivers(kernel, pid, order.uid);
    if (operatorOf(kernel, pid).receiving.includes(order)) awaitDeadline(kernel, pid, order);
  }
}

function receiveMessage(pid: number, { command, uid }: Receiving): Message {
  return makeMessage(agent.receive, { command, pid, uid, timeoutNs: noTimeout }) as Message;
}

/** The task has gone, and its timeouts with it. */
export function dropTimers(kernel: AgentKernel, pid: number): void {
  for (const [command, of] of [...kernel.state.agent.timers]) {
    if (of === pid) dropTimer(kernel, command);
  }
}

/** Undefined: there is no message yet, or the port is on its way here. */
function receiveOne(
  kernel: AgentKernel,
  context: SpaceContext,
  order: Receiving,
): Ending | undefined {
  const entry = receiveEntry(context, order.uid);
  if (!entry) return { code: receiveCodes.portDied };
  if (!portHere(context.ports, order.uid)) return undefined;
  const by = { pid: context.spaceId, tid: order.command };
  settleLoans(kernel);
  const received = machReceive(context, entry.name, by);
  if ("empty" in received) return undefined;
  if ("code" in received) return { code: received.code };
  claimReceived(kernel, context, received.message.parts);
  return { code: 0, ...describe(context, received.message) };
}

function claimReceived(
  kernel: AgentKernel,
  { space, spaceId }: SpaceContext,
  parts: Incoming["parts"],
): void {
  for (const name of parts.flatMap(namesOf)) {
    const entry = space.entries.get(name);
    if (!entry || (entry.type & nameTypes.receive) === 0) continue;
    claimPort(kernel, entry.uid, { pid: spaceId, order: null });
  }
}

function namesOf(part: Incoming["parts"][number]): readonly PortName[] {
  if (part.kind === "memory") return [];
  return part.kind === "port" ? [part.name] : part.names;
}

const notificationNames: ReadonlyMap<string, string> = new Map([
  [notify.sendOnce.name, "send-once"],
  [notify.noSenders.name, "no-senders"],
  [notify.deadName.name, "dead-name"],
  [notify.portDeleted.name, "port-deleted"],
]);

/** What the operator is told of a message. The rights that came with it stay in the space. */
function describe(
  context: SpaceContext,
  { remote, bytes, parts, notification, number }: Incoming,
): Record<string, unknown> {
  return {
    kind: notification === null ? "message" : (notificationNames.get(notification) ?? notification),
    number,
    text: notification ? "" : new TextDecoder().decode(bytes),
    reply: remote === 0 ? "" : describeRight(context, remote),
    rights: parts.flatMap(namesOf).map((name) => describeRight(context, name)),
  };
}
