// What the agent sends: texts to ports, and rights to other agents.
//
//   queued ──▶ out ──▶ outcome     one send of a thread at a time, the rest in order
//     ▲ └──▶ transits, or the port of a right, have to come first
//     └────────┘
//
// The queue of a thread travels with its task. A send that is out stays on the host where it was
// made, as any thread's does; when it ends, that host tells the thread's.
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
  isKnownDead,
  isOp,
  machSend,
  makeMessage,
  type Message,
  noTimeout,
  type Outgoing,
  type OutPart,
  portDeallocate,
  portHere,
  portName,
  sendCodes,
  type SendEnd,
  type Sender,
  sendMessage,
  type SpaceContext,
  uidHost,
  uidIncarnation,
  wellKnownPort,
} from "../../ports/index.ts";
import type { Sending } from "../task/task.ts";
import { settleLoans } from "../vm/index.ts";
import { returnRights } from "./arrive.ts";
import { serveReceivers } from "./receive.ts";
import {
  type AgentKernel,
  agentThreads,
  contextOf,
  finish,
  noteTaken,
  operatorOf,
  type OrderBody,
  placeOfSpace,
  policyNamed,
  receiveEntry,
  refuse,
  sendEntry,
  spacesHere,
  type Transfer,
  whereabouts,
} from "./state.ts";

type MessageOrder = Body<typeof agent.message.body>;
type GiveOrder = Body<typeof agent.give.body>;
type MoveOrder = Body<typeof agent.move.body>;

/** `msgh_id` of the messages between agents. */
const transferNumber = 2400;

/** Takes its place behind what its thread has to send already. */
export function enterSending(kernel: AgentKernel, order: Message): void {
  const { command, pid } = order.body as OrderBody;
  const tid = threadOf(order);
  const { sending } = operatorOf(kernel, pid);
  const queue = sending.get(tid) ?? [];
  sending.set(tid, queue);
  queue.push({ command, order, out: 0 });
  if (queue.length === 1) sendNext(kernel, pid, tid);
}

/** Texts go by the thread that was named; each transfer of a right has a thread of its own. */
function threadOf(order: Message): number {
  if (isOp(order, agent.message)) return order.body.thread;
  return 1_000 + ((order.body as OrderBody).command % (agentThreads - 1_000));
}

/** The first of the queue is sent, and the next ones while each is done at once. */
function sendNext(kernel: AgentKernel, pid: number, tid: number): void {
  const { sending } = operatorOf(kernel, pid);
  const queue = sending.get(tid) ?? [];
  for (let first = queue[0]; first; first = queue[0]) {
    if (first.out !== 0 || !trySend(kernel, first, { pid, tid })) return;
    queue.shift();
  }
  sending.delete(tid);
}

/** True: it is over. */
function trySend(kernel: AgentKernel, sending: Sending, by: Sender): boolean {
  const context = contextOf(kernel, by.pid);
  const { command, order } = sending;
  const plan = planOf(kernel, context, order);
  if ("refused" in plan) {
    refuse(kernel, command, plan.refused);
    return true;
  }
  if ("code" in plan) {
    noteOutcome(kernel, order, { code: plan.code, queued: false });
    return true;
  }
  settleLoans(kernel); // a receive right that it moves would take the queue along
  const sent = machSend(context, by, plan.out, { timeoutNs: plan.timeoutNs });
  if ("acquire" in sent || "claim" in sent) {
    plan.undo?.(); // it is tried again when that has come
    if ("acquire" in sent) acquireTransits(context.ports, sent.acquire, by.pid, context.host);
    return false;
  }
  if (!sent.done) {
    sending.out = sent.id;
    kernel.state.agent.open.set(sent.id, { ...by, command, order });
    return false;
  }
  if (sent.code !== 0 && !sent.returned) plan.undo?.();
  noteOutcome(kernel, order, { code: sent.code, queued: sent.code === 0 });
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

/** A send of the agent that had to wait has ended; the next of its thread is sent, wherever. */
export function onAgentSendEnded(kernel: AgentKernel, end: SendEnd): void {
  const { open } = kernel.state.agent;
  const { command, pid, tid, order } = must(open.get(end.id), "a send that was out");
  open.delete(end.id);
  const { uid } = order.body as MoveOrder;
  if (end.returned) returnRights(kernel, { pid, uid }, end.returned);
  noteOutcome(kernel, order, end);
  closeSend(kernel, { command, pid, thread: tid });
}

function noteOutcome(
  kernel: AgentKernel,
  order: Message,
  { code, queued }: Pick<SendEnd, "code" | "queued">,
): void {
  const { command, uid, pid, to } = order.body as MoveOrder;
  if (isOp(order, agent.message)) {
    finish(kernel, command, { code, port: portName(uid) });
  } else if (code !== 0) {
    refuse(kernel, command, `it could not be sent to ${hostName(to)}`);
  } else if (!queued) {
    refuse(kernel, command, `${hostName(to)} is dead, or has been since it was sent`);
  } else {
    kernel.state.agent.given.set(command, to);
    if (isOp(order, agent.move)) serveReceivers(kernel, pid, uid);
  }
}

/** What the thread had sent has an outcome: it goes on, here or where its task has gone. */
export function closeSend(kernel: AgentKernel, body: Body<typeof agent.closed.body>): void {
  const { command, pid, thread } = body;
  const { state, host } = kernel;
  const where = placeOfSpace(kernel, pid);
  if (where === "here") {
    const queue = operatorOf(kernel, pid).sending.get(thread);
    if (queue?.[0]?.command !== command) return;
    queue.shift();
    sendNext(kernel, pid, thread);
    return;
  }
  const message = makeMessage(agent.closed, body) as Message;
  if (where === "moving") {
    state.agent.delayed.push({ pid, message });
    return;
  }
  const next = whereabouts(kernel, pid);
  if (next !== null) sendMessage(state.ports, wellKnownPort(next, "control"), message, host);
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
  for (const pid of spacesHere(kernel)) loseSends(kernel, pid);
}

/** Sends whose outcome nobody will tell, as the host where they were made is no more. */
function loseSends(kernel: AgentKernel, pid: number): void {
  const { state } = kernel;
  for (const [thread, queue] of [...operatorOf(kernel, pid).sending]) {
    const { out, command } = must(queue[0], "a thread that has something to send");
    if (out === 0 || state.agent.open.has(out)) continue;
    const at = uidHost(out);
    if (at !== state.id && !isKnownDead(state.ports, at, uidIncarnation(out))) continue;
    finish(kernel, command, { code: 0 });
    closeSend(kernel, { command, pid, thread });
  }
}

/** The space can be used again, or has more transits: its threads go on sending. */
export function resumeSending(kernel: AgentKernel, pid: number): void {
  if (placeOfSpace(kernel, pid) !== "here") return;
  for (const tid of [...operatorOf(kernel, pid).sending.keys()]) sendNext(kernel, pid, tid);
}

/** The task has come: this host answers for its orders from now on, but for those under way. */
export function reviveSending(kernel: AgentKernel, pid: number): void {
  for (const queue of operatorOf(kernel, pid).sending.values()) {
    for (const { order, out } of queue) if (out === 0) noteTaken(kernel, order);
  }
  loseSends(kernel, pid);
  resumeSending(kernel, pid);
}
