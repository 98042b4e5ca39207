// Rights that other agents send: they get a name in the space that is to have them.
//
//   user.message ──▶ named ──▶ answered
//                      └──▶ claimed (its port is on its way) ──▶ answered

import { decodePlain, encodePlain } from "../../ports/base/index.ts";
import {
  agent,
  copyout,
  deadName,
  dropRight,
  dropRights,
  isOp,
  type Message,
  namesLeft,
  noteReceived,
  portHere,
  type PortUid,
  sendMessage,
  makeMessage,
  user,
  wellKnownPort,
} from "../../ports/index.ts";
import {
  type AgentKernel,
  type Claim,
  contextOf,
  placeOfSpace,
  type Transfer,
  whereabouts,
} from "./state.ts";
import { watchDeath, watchSenders } from "./watch.ts";

export const agentOwner = "agent";

/** A message at this host's agent port. False: none of another agent's. */
export function onAgentMessage(kernel: AgentKernel, message: Message): boolean {
  if (!isOp(message, user.message)) {
    dropRights(kernel.state.ports, message);
    return false;
  }
  place(kernel, decodePlain(message.body.bytes) as Transfer, message as Message);
  return true;
}

/** Into the space, if that is here; else it waits for the task, or goes after it. */
function place(kernel: AgentKernel, transfer: Transfer, message: Message): void {
  const { state, host } = kernel;
  const { pid } = transfer;
  const where = placeOfSpace(kernel, pid);
  if (where === "moving") state.agent.delayed.push({ pid, message });
  else if (where === "elsewhere") {
    const next = whereabouts(kernel, pid);
    if (next !== null) {
      sendMessage(state.ports, wellKnownPort(next, "agent"), message, host);
      return;
    }
    dropRights(state.ports, message);
    answer(kernel, transfer, { code: 1, reason: "there is no such task" });
  } else if (transfer.returned) takeRights(kernel, pid, message);
  else nameArrived(kernel, transfer, message);
}

/**
 * A message of the agent's was certainly not sent: its space has the rights of it again, wherever
 * the task is by now.
 */
export function returnRights(
  kernel: AgentKernel,
  { pid, uid }: { readonly pid: number; readonly uid: PortUid },
  message: Message,
): void {
  const transfer: Transfer = { command: 0, from: kernel.state.id, pid, returned: true };
  const { via, body, rights } = message;
  const once = { kind: "send-once", uid, count: via ?? 0 } as const;
  place(kernel, transfer, {
    op: message.op,
    id: message.id,
    reply: message.reply,
    rights: via === undefined ? rights : [...rights, once],
    body: { ...body, bytes: encodePlain(transfer).slice() },
  });
}

function takeRights(kernel: AgentKernel, pid: number, { reply, rights }: Message): void {
  const context = contextOf(kernel, pid);
  for (const right of reply ? [reply, ...rights] : rights) {
    if (namesLeft(context.space) > 0) copyout(context, right);
    else dropRight(context.ports, right);
  }
}

function nameArrived(kernel: AgentKernel, transfer: Transfer, message: Message): void {
  const context = contextOf(kernel, transfer.pid);
  const [right] = message.rights;
  if (!right || namesLeft(context.space) === 0) {
    dropRights(kernel.state.ports, message);
    answer(kernel, transfer, { code: 1, reason: "its name space is full" });
    return;
  }
  const port = wellKnownPort(kernel.state.id, "agent");
  const by = { pid: transfer.pid, tid: 0 };
  if (kernel.host.wants) noteReceived(context, message, { port, sequence: 0, by });
  const name = copyout(context, right);
  const once = right.kind === "send-once" ? (right.count ?? 0) : 0;
  if (name === deadName || name === 0) {
    answer(kernel, transfer, { code: 1, reason: "the port is dead" });
  } else if (right.kind !== "receive") {
    watchDeath(kernel, context, name);
    answer(kernel, transfer, { code: 0, once });
  } else claimPort(kernel, right.uid, { pid: transfer.pid, order: transfer });
}

/** A receive right has a name here: its port is watched as soon as it has come too. */
export function claimPort(kernel: AgentKernel, uid: PortUid, claim: Claim): void {
  kernel.state.agent.claims.set(uid, claim);
  if (portHere(kernel.state.ports, uid)) onAgentClaimed(kernel, uid);
}

/** The port of a receive right that had come before is here now. */
export function onAgentClaimed(kernel: AgentKernel, uid: PortUid): void {
  const { claims } = kernel.state.agent;
  const claim = claims.get(uid);
  if (!claim) return;
  claims.delete(uid);
  if (placeOfSpace(kernel, claim.pid) === "here") {
    watchSenders(kernel, contextOf(kernel, claim.pid), uid);
  }
  if (claim.order) answer(kernel, claim.order, { code: 0 });
}

/** The port that was on its way will not come. */
export function onAgentClaimLost(kernel: AgentKernel, uid: PortUid): void {
  const { claims } = kernel.state.agent;
  const claim = claims.get(uid);
  if (!claim) return;
  claims.delete(uid);
  if (claim.order) answer(kernel, claim.order, { code: 1, reason: "the port is dead" });
}

function answer(
  { state, host }: AgentKernel,
  { from, command }: Omit<Transfer, "pid">,
  said: { readonly code: number; readonly reason?: string; readonly once?: number },
): void {
  if (command === 0) return; // nobody has ordered it
  const body = { command, code: said.code, reason: said.reason ?? "", once: said.once ?? 0 };
  const to = wellKnownPort(from, "control");
  sendMessage(state.ports, to, makeMessage(agent.answer, body) as Message, host);
}
