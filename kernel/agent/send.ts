// What the agent sends: texts to ports, and rights to other agents.
//
//   queued ──▶ out ──▶ outcome            one send of a thread at a time, the rest in order
//      └──▶ waits ──▶ queued              for transits, as the right cannot be split; for the port
//
// A right goes to another agent in a `user.message` whose bytes say for which order and space it is.

import { encodePlain, must } from "../../ports/base/index.ts";
import {
  acquireTransits,
  agent,
  type Body,
  copyout,
  dispositions,
  type HostId,
  hostName,
  isOp,
  type Message,
  noTimeout,
  machSend,
  type Outgoing,
  type OutPart,
  portDeallocate,
  portHere,
  portName,
  sendCodes,
  type SendEnd,
  type SpaceContext,
  wellKnownPort,
} from "../../ports/index.ts";
import { returnRights } from "./arrive.ts";
import { serveReceivers } from "./receive.ts";
import {
  type AgentKernel,
  agentThreads,
  contextOf,
  finish,
  type OrderBody,
  placeOfSpace,
  policyNamed,
  receiveEntry,
  refuse,
  sendEntry,
  type Sending,
  type Transfer,
} from "./state.ts";

type MessageOrder = Body<typeof agent.message.body>;
type GiveOrder = Body<typeof agent.give.body>;
type MoveOrder = Body<typeof agent.move.body>;

/** `msgh_id` of the messages between agents. */
export const transferNumber = 2400;

/** Takes its place behind what its thread has to send already. */
export function enterSending(kernel: AgentKernel, order: Message): void {
  const { command, pid } = order.body as OrderBody;
  const tid = threadOf(order);
  const key = `${pid}.${tid}`;
  const { senders } = kernel.state.agent;
  const queue = senders.get(key) ?? [];
  senders.set(key, queue);
  queue.push({ command, pid, tid, order, state: "queued" });
  if (queue.length === 1) sendNext(kernel, key);
}

/** Texts go by the thread that was named; each transfer of a right has a thread of its own. */
function threadOf(order: Message): number {
  if (isOp(order, agent.message)) return order.body.thread;
  return 1_000 + ((order.body as OrderBody).command % (agentThreads - 1_000));
}

/** The first of the queue is sent, and the next ones while each is done at once. */
function sendNext(kernel: AgentKernel, key: string): void {
  const queue = kernel.state.agent.senders.get(key) ?? [];
  for (;;) {
    const first = queue[0];
    if (!first) break;
    if (first.state === "out" || placeOfSpace(kernel, first.pid) !== "here") return;
    if (!trySend(kernel, first)) return;
    queue.shift();
  }
  kernel.state.agent.senders.delete(key);
}

/** True: it is over. */
function trySend(kernel: AgentKernel, sending: Sending): boolean {
  const context = contextOf(kernel, sending.pid);
  const plan = planOf(kernel, context, sending.order);
  if ("refused" in plan) {
    refuse(kernel, sending.command, plan.refused);
    return true;
  }
  if ("code" in plan) {
    noteOutcome(kernel, sending, plan.code);
    return true;
  }
  const { pid, tid } = sending;
  const sent = machSend(context, { pid, tid }, plan.out, { timeoutNs: plan.timeoutNs });
  if ("acquire" in sent || "claim" in sent) {
    plan.undo?.();
    sending.state = "waits";
    if ("acquire" in sent) acquireTransits(context.ports, sent.acquire, pid, context.host);
    return false;
  }
  if (!sent.done) {
    sending.state = "out";
    return false;
  }
  if (sent.code !== 0 && !sent.returned) plan.undo?.();
  noteOutcome(kernel, sending, sent.code);
  return true;
}

type Plan =
  | {
      readonly out: Outgoing;
      readonly timeoutNs: number | null;
      /** Takes back what was put into the space to send it. */
      readonly undo?: () => void;
    }
  | { readonly refused: string }
  | { readonly code: number };

function planOf(kernel: AgentKernel, context: SpaceContext, order: Message): Plan {
  if (isOp(order, agent.message)) return planText(context, order.body);
  if (isOp(order, agent.give)) return planGive(kernel, context, order.body);
  return planMove(kernel, context, order.body as MoveOrder);
}

function planText(context: SpaceContext, body: MessageOrder): Plan {
  const { uid, once, reply, carryKind, carry, carryOnce, timeoutNs } = body;
  const send = once === 0 ? sendEntry(context, uid, "send", 0) : undefined;
  const to = send ?? sendEntry(context, uid, "send-once", once);
  if (!to) return { code: sendCodes.invalidDestination };
  const local = reply === 0 ? undefined : receiveEntry(context, reply);
  if (reply !== 0 && !local) return { refused: "the reply port's receive right is not there" };
  const part = carryKind === "" ? null : partOf(context, carryKind, carry, carryOnce);
  if (part && "refused" in part) return part;
  return {
    out: {
      remote: to.name,
      remoteDisposition: send ? dispositions.copySend : dispositions.moveSendOnce,
      local: local?.name ?? 0,
      localDisposition: local ? dispositions.makeSendOnce : 0,
      number: 1,
      bytes: new TextEncoder().encode(body.text),
      parts: part ? [part] : [],
    },
    timeoutNs: timeoutNs === noTimeout ? null : timeoutNs,
  };
}

/** A right of the space in a message: made if the receive right is here, else copied or moved. */
function partOf(
  context: SpaceContext,
  kind: string,
  uid: number,
  once: number,
): OutPart | { readonly refused: string } {
  const receive = receiveEntry(context, uid);
  const entry = kind === "receive" ? receive : sendEntry(context, uid, kind, once);
  const { name } = (once === 0 ? receive : undefined) ?? entry ?? { name: 0 };
  if (name === 0) return { refused: `no ${kind} right of it is there` };
  const made = receive && once === 0;
  switch (kind) {
    case "receive":
      return { kind: "port", name, disposition: dispositions.moveReceive };
    case "send":
      return {
        kind: "port",
        name,
        disposition: made ? dispositions.makeSend : dispositions.copySend,
      };
    default:
      return {
        kind: "port",
        name,
        disposition: made ? dispositions.makeSendOnce : dispositions.moveSendOnce,
      };
  }
}

function planGive(kernel: AgentKernel, context: SpaceContext, body: GiveOrder): Plan {
  const { command, uid, kind, once, to, toPid } = body;
  const part = partOf(context, kind, uid, once);
  if ("refused" in part) return part;
  return planTransfer(kernel, context, part, { command, pid: toPid, to });
}

function planMove(kernel: AgentKernel, context: SpaceContext, body: MoveOrder): Plan {
  const { command, pid, uid, to, policy } = body;
  if (to === kernel.state.id && pid === 0) return { refused: "it is there already" };
  const part = partOf(context, "receive", uid, 0);
  if ("refused" in part) return part;
  const port = portHere(context.ports, uid);
  if (!port) return { refused: "it is on its way here" };
  port.policy = policyNamed(policy) ?? port.policy;
  return planTransfer(kernel, context, part, { command, pid: 0, to });
}

/** The other agent's port gets a name for as long as it takes to send to it. */
function planTransfer(
  kernel: AgentKernel,
  context: SpaceContext,
  part: OutPart,
  { command, pid, to }: { readonly command: number; readonly pid: number; readonly to: HostId },
): Plan {
  const transfer: Transfer = { command, from: kernel.state.id, pid };
  const remote = copyout(context, { kind: "send-once", uid: wellKnownPort(to, "agent") });
  return {
    out: {
      remote,
      remoteDisposition: dispositions.moveSendOnce,
      local: 0,
      localDisposition: 0,
      number: transferNumber,
      bytes: encodePlain(transfer).slice(),
      parts: [part],
    },
    timeoutNs: null,
    undo: () => portDeallocate(context, remote),
  };
}

/** A send of the agent that had to wait has ended; the next of its thread is sent. */
export function onAgentSendEnded(kernel: AgentKernel, end: SendEnd): void {
  const { pid, tid } = end.sender;
  const key = `${pid}.${tid}`;
  const queue = must(kernel.state.agent.senders.get(key), `sends of ${key}`);
  const first = must(queue.shift(), "a send that was out");
  const { uid } = first.order.body as MoveOrder;
  if (end.returned) returnRights(kernel, { pid, uid }, end.returned);
  noteOutcome(kernel, first, end.code);
  sendNext(kernel, key);
}

function noteOutcome(kernel: AgentKernel, { command, order }: Sending, code: number): void {
  if (isOp(order, agent.message)) {
    finish(kernel, command, { code, port: portName(order.body.uid) });
    return;
  }
  const { to, uid, pid } = order.body as MoveOrder;
  if (code !== 0) {
    refuse(kernel, command, `it could not be sent to ${hostName(to)}`);
    return;
  }
  kernel.state.agent.given.set(command, to);
  if (isOp(order, agent.move)) serveReceivers(kernel, pid, uid);
}

/** The agent that got the right says what has become of it. */
export function onAnswer(kernel: AgentKernel, body: Body<typeof agent.answer.body>): void {
  const { command, code, reason, once } = body;
  if (!kernel.state.agent.given.delete(command)) return;
  finish(kernel, command, code === 0 ? { code, once } : { code, reason });
}

/** An agent that had a right of ours died with it, or before it had said so. */
export function onAgentDead(kernel: AgentKernel, dead: HostId): void {
  const { given } = kernel.state.agent;
  for (const [command, to] of [...given]) {
    if (to !== dead) continue;
    given.delete(command);
    refuse(kernel, command, `${hostName(dead)} is dead`);
  }
}

/** The space can be used again, or has more transits: its threads go on sending. */
export function resumeSending(kernel: AgentKernel, pid: number): void {
  for (const [key, queue] of [...kernel.state.agent.senders]) {
    if (queue[0]?.pid !== pid || queue[0].state === "out") continue;
    sendNext(kernel, key);
  }
}

/** Orders of a task that has gone, but for the one whose outcome is open here. */
export function takeUnsent(kernel: AgentKernel, pid: number): readonly Message[] {
  const orders: Message[] = [];
  for (const [key, queue] of [...kernel.state.agent.senders]) {
    if (queue[0]?.pid !== pid) continue;
    const rest = queue.splice(queue[0].state === "out" ? 1 : 0);
    orders.push(...rest.map(({ order }) => order));
    if (queue.length === 0) kernel.state.agent.senders.delete(key);
  }
  return orders;
}
