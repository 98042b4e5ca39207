// Rights that other agents send: they get a name in the space that is to have them.
//
//   user.message ──▶ named ──▶ answered
//                      └──▶ claimed (its port is on its way) ──▶ answered

import { decodePlain } from "../../ports/base/index.ts";
import {
  agent,
  copyout,
  deadName,
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
import type { Transfer } from "./send.ts";
import { type AgentKernel, type Claim, contextOf, placeOfSpace } from "./state.ts";
import { watchDeath, watchSenders } from "./watch.ts";

export const agentOwner = "agent";

/** A message at this host's agent port. */
export function onAgentMessage(kernel: AgentKernel, message: Message): void {
  if (!isOp(message, user.message)) {
    dropRights(kernel.state.ports, message);
    kernel.host.emit("agent.unexpected", { op: message.op });
    return;
  }
  const transfer = decodePlain(message.body.bytes) as Transfer;
  const place = placeOfSpace(kernel, transfer.pid);
  if (place === "moving") {
    kernel.state.agent.delayed.push({ pid: transfer.pid, message: message as Message });
  } else if (place === "elsewhere") {
    dropRights(kernel.state.ports, message as Message);
    answer(kernel, transfer, { code: 1, reason: "there is no such task" });
  } else nameArrived(kernel, transfer, message as Message);
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
  const body = { command, code: said.code, reason: said.reason ?? "", once: said.once ?? 0 };
  const to = wellKnownPort(from, "control");
  sendMessage(state.ports, to, makeMessage(agent.answer, body) as Message, host);
}
