// Orders as they come in: in which space they act, and what the short ones do there.

import { must } from "../../ports/base/index.ts";
import {
  agent,
  createCountedPort,
  isOp,
  type Message,
  nameReceive,
  portDeallocate,
  portModRefs,
  portName,
} from "../../ports/index.ts";
import { onReceiveOrder, serveReceivers } from "./receive.ts";
import { closeSend, enterSending, onAnswer } from "./send.ts";
import {
  type AgentKernel,
  contextOf,
  finish,
  noteTaken,
  type OrderBody,
  placeOfSpace,
  policyNamed,
  receiveEntry,
  refuse,
  sendEntry,
} from "./state.ts";
import { watchSenders } from "./watch.ts";

const orders = [
  agent.make,
  agent.move,
  agent.destroy,
  agent.give,
  agent.drop,
  agent.message,
  agent.receive,
].map(({ name }) => name);

/**
 * A message at the host's control port. "elsewhere": an order for a task that is not here, to be
 * passed on; "other": not for the agent.
 */
export function onAgentOrder(
  kernel: AgentKernel,
  message: Message,
): "done" | "elsewhere" | "other" {
  if (isOp(message, agent.answer)) {
    onAnswer(kernel, message.body);
    return "done";
  }
  if (isOp(message, agent.closed)) {
    closeSend(kernel, message.body);
    return "done";
  }
  if (!orders.includes(message.op)) return "other";
  const { pid } = message.body as OrderBody;
  const place = placeOfSpace(kernel, pid);
  if (place === "elsewhere") return "elsewhere";
  if (place === "moving") {
    kernel.state.agent.delayed.push({ pid, message });
    return "done";
  }
  noteTaken(kernel, message);
  carryOut(kernel, message);
  return "done";
}

function carryOut(kernel: AgentKernel, message: Message): void {
  if (isOp(message, agent.make)) makePort(kernel, message);
  else if (isOp(message, agent.destroy)) destroyNamed(kernel, message);
  else if (isOp(message, agent.drop)) dropNamed(kernel, message);
  else if (isOp(message, agent.receive)) onReceiveOrder(kernel, message);
  else enterSending(kernel, message);
}

function makePort(kernel: AgentKernel, { body }: Message<typeof agent.make.body>): void {
  const context = contextOf(kernel, body.pid);
  const { ports, spaceId, host } = context;
  const owner = { kind: "space", id: spaceId } as const;
  const policy = policyNamed(body.policy) ?? ports.policy;
  const port = createCountedPort(ports, owner, host, body.limit, policy);
  const { name } = nameReceive(context, port.uid);
  watchSenders(kernel, context, port.uid);
  finish(kernel, body.command, { code: 0, port: portName(port.uid), name });
}

function destroyNamed(kernel: AgentKernel, { body }: Message<typeof agent.destroy.body>): void {
  const { command, pid, uid } = body;
  const context = contextOf(kernel, pid);
  const entry = receiveEntry(context, uid);
  if (!entry) {
    refuse(kernel, command, "its receive right is not there");
    return;
  }
  const code = portModRefs(context, entry.name, "receive", -1);
  finish(kernel, command, { code, port: portName(uid) });
  serveReceivers(kernel, pid, uid);
}

function dropNamed(kernel: AgentKernel, { body }: Message<typeof agent.drop.body>): void {
  const { command, pid, uid, kind, once } = body;
  const context = contextOf(kernel, pid);
  const entry = sendEntry(context, uid, kind, once);
  if (!entry) {
    refuse(kernel, command, "there is no such right");
    return;
  }
  const isSend = kind === "send";
  const code = isSend
    ? portModRefs(context, entry.name, "send", -1)
    : portDeallocate(context, entry.name);
  finish(kernel, command, { code, port: portName(uid), kind });
}

/** The task runs here again, or is known to be gone: what waited for it goes on. */
export function takeDelayed(
  kernel: AgentKernel,
  pid: number,
  each: (message: Message) => void,
): void {
  const { delayed } = kernel.state.agent;
  const now = delayed.filter((entry) => entry.pid === pid);
  for (const entry of now) delayed.splice(delayed.indexOf(entry), 1);
  for (const { message } of now) each(must(message, "a delayed message"));
}
