// Ports that the agent watches for the operator: no senders any more, or dead.
//
// Each has a port of the kernel's own here, to which its notifications come; so each notification
// is known by the port it comes to. A no-senders request is one-shot, and armed again after it.

import {
  createPort,
  dropRight,
  isOp,
  type Message,
  type NotificationRequest,
  notify,
  portHere,
  portName,
  portRequestNotification,
  type PortUid,
  type Right,
  type SpaceContext,
  nameTypes,
} from "../../ports/index.ts";
import { type AgentKernel, contextOf, receiveEntry } from "./state.ts";

export const watchOwner = "agent-watch";

function watchRight(kernel: AgentKernel, about: PortUid): Right {
  const { state } = kernel;
  let uid = state.agent.watches.get(about);
  if (uid === undefined) {
    uid = createPort(state.ports, { kind: "kernel", what: watchOwner, id: about });
    state.agent.watches.set(about, uid);
  }
  return { kind: "send-once", uid };
}

/** The operator wants to know when the last send right of a port in this space is gone. */
export function watchSenders(kernel: AgentKernel, context: SpaceContext, uid: PortUid): void {
  const entry = receiveEntry(context, uid);
  const counted = portHere(context.ports, uid)?.counted;
  if (!entry || !counted) return;
  const request = { name: entry.name, which: "no-senders", sync: counted.makeSends + 1 } as const;
  askFor(context, { ...request, notify: watchRight(kernel, uid) });
}

/** The operator wants to know when the port of a right in this space dies. */
export function watchDeath(kernel: AgentKernel, context: SpaceContext, name: number): void {
  const entry = context.space.entries.get(name);
  if (!entry || entry.armed || (entry.type & (nameTypes.send | nameTypes.once)) === 0) return;
  const request = { name, which: "dead-name", sync: 1 } as const;
  askFor(context, { ...request, notify: watchRight(kernel, entry.uid) });
}

/** The request that it replaces ends unused. */
function askFor(context: SpaceContext, request: NotificationRequest): void {
  const { previous } = portRequestNotification(context, request);
  if (previous) dropRight(context.ports, previous);
}

/** A notification for the operator about the port `about`. */
export function onWatchMessage(kernel: AgentKernel, about: PortUid, message: Message): void {
  const kind = kindOf(message);
  if (kind === undefined) return;
  kernel.host.emit("agent.notified", { kind, port: portName(about) });
  if (kind !== "no-senders") return;
  const owner = portHere(kernel.state.ports, about)?.owner;
  if (owner?.kind === "space") watchSenders(kernel, contextOf(kernel, owner.id), about);
}

/** A request that was cancelled says so to the agent, and means nothing to the operator. */
function kindOf(message: Message): string | undefined {
  if (isOp(message, notify.noSenders)) return "no-senders";
  if (isOp(message, notify.deadName)) return "dead-name";
  return isOp(message, notify.portDeleted) ? "port-deleted" : undefined;
}

/** A task has arrived: its agent's requests are armed here, where the task is, again. */
export function watchArrived(kernel: AgentKernel, pid: number): void {
  const context = contextOf(kernel, pid);
  for (const entry of [...context.space.entries.values()]) {
    const port = portHere(context.ports, entry.uid);
    const request = port?.counted?.noSenders;
    const isAgents = request && request.count === undefined;
    if (isAgents) watchSenders(kernel, context, entry.uid);
  }
}
