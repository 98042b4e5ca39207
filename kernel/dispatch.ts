// Messages to ports that the kernel itself receives: what each kind of port means.
//
//   control          orders of the operator and of other kernels; moves to and from here
//   home             decisions about tasks that are at home here
//   task             what follows a task: signals
//   reply            the answer that a thread waits for
//   object           a pager's answer to this kernel       residual         a request for pages
//   residual-supply  a page that came after its task had gone
//   agent            rights from the agents of other hosts   agent-watch  its notifications

import { must } from "../ports/base/index.ts";
import {
  control,
  declareDead,
  giveUpSend,
  home as homeOps,
  isOp,
  memory,
  type Message,
  type Principal,
  sendMessage,
  user,
  wellKnownPort,
} from "../ports/index.ts";
import {
  type AgentKernel,
  agentOwner,
  onAgentMessage,
  onAgentOrder,
  onWatchMessage,
  placeOfSpace,
  watchOwner,
  whereabouts,
} from "./agent/index.ts";
import { onDeclared } from "./dead-hosts.ts";
import { onHome } from "./home-port.ts";
import {
  armWander,
  endResidualsOf,
  feedSource,
  feedTarget,
  type MoveKernel,
  noteStored,
  onResidualMessage,
  onResidualSupply,
  onSourceMessage,
  onTargetMessage,
  orderMove,
  refuseNative,
} from "./migrate/index.ts";
import { onSettled, startPostponed } from "./settled.ts";
import type { Passing } from "./spaces.ts";
import { startExec } from "./task/exec.ts";
import { post } from "./task/kernel.ts";
import { createTask } from "./task/life.ts";
import { forgoStreams } from "./task/open-streams.ts";
import { parseStream } from "./task/streams.ts";
import { onReply, onSignal, startThread, threadSendReport } from "./trap/index.ts";
import { onDrained, onPagerMessage, settleClaim } from "./vm/index.ts";

export function dispatchMessage(kernel: AgentKernel, port: Principal, message: Message): void {
  const { owner } = port;
  if (owner.kind !== "kernel") return;
  switch (owner.what) {
    case "control":
      onControl(kernel, message);
      return;
    case "home":
      onHome(kernel, message);
      return;
    case "task":
      onTaskPort(kernel, owner.id, message);
      return;
    case "reply":
      onReplyPort(kernel, port, owner.id, message);
      return;
    case "object": {
      const object = kernel.state.objects.all.get(owner.id);
      if (!object) {
        onDrained(kernel, owner.id, message);
        return;
      }
      onSettled(kernel, onPagerMessage(kernel, object, message));
      if (isOp(message, memory.claimed)) settleClaim(kernel, object);
      const stored = object.manager || isOp(message, memory.returned);
      if (stored || isOp(message, memory.created)) noteStored(kernel);
      return;
    }
    case "residual":
      onResidualMessage(kernel, owner.id, message);
      return;
    case "residual-supply":
      onResidualSupply(kernel, owner.id, message);
      return;
    case watchOwner:
      onWatchMessage(kernel, owner.id, message);
      return;
    case agentOwner:
      if (onAgentMessage(kernel, message)) return;
      break;
  }
  kernel.host.emit("msg.unexpected", { op: message.op });
}

/** What waited for a task that was between two hosts goes on: the task is here, or there. */
export const passing: Passing = {
  again(kernel, message) {
    if (isOp(message, user.message)) onAgentMessage(kernel, message as Message);
    else onControl(kernel, message);
  },
  after({ state, host }, to, message) {
    const port = isOp(message, user.message) ? "agent" : "control";
    sendMessage(state.ports, wellKnownPort(to, port), message as Message, host);
  },
};

function onControl(kernel: AgentKernel, message: Message): void {
  if (onTargetMessage(kernel, message) || onSourceMessage(kernel, message)) return;
  const order = onAgentOrder(kernel, message);
  if (order === "done") return;
  if (order === "elsewhere") {
    const { command, pid } = message.body as { readonly command: number; readonly pid: number };
    passOn(kernel, message, pid, command);
    return;
  }
  if (isOp(message, control.spawn)) spawn(kernel, message);
  else if (isOp(message, control.migrate)) onMigrate(kernel, message);
  else if (isOp(message, control.signal)) onSignalOrder(kernel, message);
  else if (isOp(message, control.giveUp)) {
    giveUpSend(kernel.state.ports, message.body.send, message.body.code, kernel.host);
  } else if (isOp(message, homeOps.verdict)) onVerdict(kernel, message);
  else if (isOp(message, homeOps.ended)) endResidualsOf(kernel, message.body.pids);
  else if (isOp(message, control.declare)) {
    declareDead(kernel.state.ports, message.body.host, kernel.host);
    onDeclared(kernel, message.body.host);
  }
}

function spawn(kernel: MoveKernel, { body }: Message<typeof control.spawn.body>): void {
  const { host } = kernel;
  const { job, program: path, wanderNs, strategy } = body;
  const wander =
    wanderNs > 0
      ? { periodNs: wanderNs, strategy, draws: 0, lastNs: host.now, lastPageWaitNs: 0 }
      : null;
  const task = createTask(kernel, {
    job,
    program: {
      name: path.split("/").at(-1) ?? path,
      path,
      arguments: body.arguments,
      environment: body.environment,
    },
    wander,
  });
  if (!task) {
    host.emit("task.unborn", { job, program: path, reason: "too many tasks" });
    forgoStreams(
      kernel,
      body.streams.map(parseStream).filter((stream) => stream !== undefined),
    );
    return;
  }
  const thread = must(task.threads.get(task.pid), "the first thread");
  const caller = { kernel, task, thread };
  armWander(kernel, task);
  startThread(kernel, task, thread, startExec(caller, body));
}

/** An order for a task that is not here waits if it is about to come; else it is sent after it. */
function passOn(kernel: AgentKernel, message: Message, pid: number, command: number): void {
  if (placeOfSpace(kernel, pid) === "moving") {
    kernel.state.agent.delayed.push({ pid, message });
    return;
  }
  const next = whereabouts(kernel, pid);
  if (next === null) noSuchTask(kernel, pid, command);
  else passing.after(kernel, next, message);
}

function noSuchTask({ host }: MoveKernel, pid: number, command: number): void {
  host.emit("command.no-such-task", { command, pid });
}

function onMigrate(kernel: AgentKernel, message: Message<typeof control.migrate.body>): void {
  const { pid, ...order } = message.body;
  const task = kernel.state.tasks.get(pid);
  if (task) orderMove(kernel, task, order);
  else if (pid === 0) refuseNative(kernel, order.command);
  else passOn(kernel, message as Message, pid, order.command);
}

function onSignalOrder(kernel: AgentKernel, message: Message<typeof control.signal.body>): void {
  const { command, pid } = message.body;
  const task = kernel.state.tasks.get(pid);
  if (task) post(kernel, task.port, control.signal, message.body);
  else passOn(kernel, message as Message, pid, command);
}

function onVerdict(kernel: MoveKernel, { body }: Message<typeof homeOps.verdict.body>): void {
  const verdict = body.verdict as "committed" | "aborted" | "open";
  const departure = kernel.state.moves.departures.get(body.move);
  if (departure) feedSource(kernel, departure, { on: "verdict", verdict });
  else feedTarget(kernel, body.move, { on: "verdict", verdict });
}

function onTaskPort(kernel: MoveKernel, pid: number, message: Message): void {
  const task = kernel.state.tasks.get(pid);
  if (task && isOp(message, control.signal)) {
    onSignal(kernel, task, message.body.signal, message.body.command);
  } else if (task && isOp(message, control.sendEnded)) threadSendReport(kernel, task, message);
}

function onReplyPort(kernel: MoveKernel, port: Principal, pid: number, message: Message): void {
  const task = kernel.state.tasks.get(pid);
  if (!task) return;
  for (const thread of task.threads.values()) {
    if (thread.replyPort !== port.uid) continue;
    onReply(kernel, task, thread, message);
    break;
  }
  startPostponed(kernel, task);
}
