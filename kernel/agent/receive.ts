// Orders to receive: each takes the next message of a port, or waits for one, in order.
//
// In a task's space the task's own threads come first: the agent takes what none of them waits for.

import {
  agent,
  findReceiver,
  type Incoming,
  machReceive,
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
import { claimPort } from "./arrive.ts";
import {
  type AgentKernel,
  contextOf,
  describeRight,
  type Ending,
  finish,
  placeOfSpace,
  receiveEntry,
  type Receiving,
} from "./state.ts";

export function onReceiveOrder(
  kernel: AgentKernel,
  order: Message<typeof agent.receive.body>,
): void {
  const { command, pid, uid, timeoutNs } = order.body;
  const { state, host } = kernel;
  const deadline = timeoutNs === noTimeout ? null : host.now + timeoutNs;
  state.agent.receiving.push({ command, pid, uid, order: order as Message, deadline });
  serveReceivers(kernel, pid, uid);
  if (deadline === null || !waits(kernel, command)) return;
  if (timeoutNs === 0) onAgentTimer(kernel, command);
  else {
    state.sleepers++; // a run is not at rest while a timeout is ahead
    host.agentTimer(deadline, command);
  }
}

function waits(kernel: AgentKernel, command: number): boolean {
  return kernel.state.agent.receiving.some((entry) => entry.command === command);
}

/** The time of an order to receive is over. The timer of one that is done finds nobody. */
export function onAgentTimer(kernel: AgentKernel, command: number): void {
  const order = kernel.state.agent.receiving.find((entry) => entry.command === command);
  if (order) end(kernel, order, { code: receiveCodes.timedOut });
}

function end(kernel: AgentKernel, order: Receiving, ending: Ending): void {
  forget(kernel, order);
  finish(kernel, order.command, { ...ending, port: portName(order.uid) });
}

function forget({ state }: AgentKernel, order: Receiving): void {
  const { receiving } = state.agent;
  receiving.splice(receiving.indexOf(order), 1);
  if (order.deadline !== null && order.order.body["timeoutNs"] !== 0) state.sleepers--;
}

/** Something has happened to the port: whoever waits for a message of it looks again. */
export function serveReceivers(kernel: AgentKernel, pid: number, uid: PortUid): void {
  if (placeOfSpace(kernel, pid) !== "here") return;
  const context = contextOf(kernel, pid);
  for (const order of kernel.state.agent.receiving.filter(isFor(pid, uid))) {
    if (findReceiver(context.space, uid)) return;
    const ending = receiveOne(kernel, context, order);
    if (!ending) return;
    end(kernel, order, ending);
  }
}

function isFor(pid: number, uid: PortUid): (order: Receiving) => boolean {
  return (order) => order.pid === pid && order.uid === uid;
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
  const { pid, command } = order;
  const received = machReceive(context, entry.name, { pid, tid: command });
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

/** Orders to receive of a task that has gone: they go after it. */
export function takeReceiving(kernel: AgentKernel, pid: number): readonly Message[] {
  const orders = kernel.state.agent.receiving.filter((order) => order.pid === pid);
  for (const order of orders) forget(kernel, order);
  return orders.map((order) => laterOrder(order, kernel.host.now));
}

/** What is left of its time goes with it. */
function laterOrder({ order, deadline }: Receiving, now: number): Message {
  if (deadline === null) return order;
  return { ...order, body: { ...order.body, timeoutNs: Math.max(0, deadline - now) } };
}
