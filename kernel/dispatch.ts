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
  type HostId,
  hostName,
  home as homeOps,
  isKnownDead,
  isOp,
  locatePort,
  makeMessage,
  memory,
  type Message,
  notify,
  type Principal,
  sendMessage,
  user,
  wellKnownPort,
} from "../ports/index.ts";
import {
  type AgentKernel,
  agentOwner,
  onAgentDead,
  onAgentMessage,
  onAgentOrder,
  onWatchMessage,
  placeOfSpace,
  watchOwner,
  whereabouts,
} from "./agent/index.ts";
import { watchOwners } from "./interest.ts";
import {
  armWander,
  endResidualsOf,
  feedSource,
  feedTarget,
  loseAwaited,
  type MoveKernel,
  noteFetched,
  noteStored,
  onResidualMessage,
  onResidualSupply,
  onSourceMessage,
  onTargetMessage,
  orderMove,
} from "./migrate/index.ts";
import type { Passing } from "./spaces.ts";
import { startExec } from "./task/exec.ts";
import { post } from "./task/kernel.ts";
import { createTask, endTask, record } from "./task/life.ts";
import { forgoStreams } from "./task/open-streams.ts";
import { signals } from "./task/signal.ts";
import { parseStream } from "./task/streams.ts";
import type { Task } from "./task/task.ts";
import { waitersFor } from "./task/wait.ts";
import { failSends, onReply, onSignal, startThread, threadSendReport, wake } from "./trap/index.ts";
import { failPagesOf, onPagerMessage, type PagesSettled } from "./vm/index.ts";

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
      if (!object) return;
      onSettled(kernel, onPagerMessage(kernel, object, message));
      if (isOp(message, memory.returned) || isOp(message, memory.created)) noteStored(kernel);
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
  else if (isOp(message, homeOps.ended)) endResidualsOf(kernel, message.body.pid);
  else if (isOp(message, control.declare)) {
    declareDead(kernel.state.ports, message.body.host, kernel.host);
    onDeclared(kernel, message.body.host);
  }
}

/** Moves that only that home could decide are given up: they would be in doubt for ever. */
function onDeclared(kernel: MoveKernel, dead: HostId): void {
  const { departures, arrivals } = kernel.state.moves;
  for (const departure of [...departures.values()]) {
    if (departure.state.plan.home !== dead) continue;
    feedSource(kernel, departure, { on: "home-declared" });
  }
  for (const [move, { state }] of [...arrivals]) {
    if (state.plan.home === dead) feedTarget(kernel, move, { on: "home-declared" });
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
  const { command, pid, to, strategy, readAhead, rounds, stopPages } = message.body;
  const order = { command, to, strategy, readAhead, rounds, stopPages };
  const task = kernel.state.tasks.get(pid);
  if (task) orderMove(kernel, task, order);
  else passOn(kernel, message as Message, pid, command);
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

function onHome(kernel: MoveKernel, message: Message): void {
  if (isOp(message, homeOps.commit)) {
    const { to, toIncarnation, move, pid } = message.body;
    const targetIsDead = isDead(kernel, to, toIncarnation);
    const { verdict } = record(kernel, { on: "commit", request: message.body, targetIsDead });
    watchOwners(kernel);
    kernel.host.emit("home.commit", { pid, move, verdict });
    answer(kernel, message, { move, pid, verdict: must(verdict, "a verdict") });
  } else if (isOp(message, homeOps.query)) {
    const { verdict } = record(kernel, { on: "query", ...message.body });
    const { move, pid } = message.body;
    kernel.host.emit("home.query", { pid, move, verdict });
    answer(kernel, message, { move, pid, verdict: must(verdict, "a verdict") });
  } else if (isOp(message, homeOps.exited)) {
    record(kernel, { on: "exited", pid: message.body.pid, epoch: message.body.epoch });
  }
}

function isDead({ state }: MoveKernel, host: HostId, incarnation: number): boolean {
  if (host === state.id) return incarnation !== state.incarnation;
  return isKnownDead(state.ports, host, incarnation);
}

function answer(
  kernel: MoveKernel,
  request: Message,
  body: { readonly move: string; readonly pid: number; readonly verdict: string },
): void {
  if (request.reply) post(kernel, request.reply.uid, homeOps.verdict, body);
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

/** Exec has committed: a move that was ordered meanwhile begins. */
function startPostponed(kernel: MoveKernel, task: Task): void {
  const order = task.postponed;
  if (!order || task.state !== "running") return;
  task.postponed = null;
  orderMove(kernel, task, order);
}

/** Pages have come or failed: whoever waits for them looks again. */
function onSettled(kernel: MoveKernel, settled: PagesSettled): void {
  for (const ref of waitersFor(kernel, settled)) {
    wake(kernel, ref, null);
    const task = kernel.state.tasks.get(ref.pid);
    if (task) startPostponed(kernel, task);
  }
  for (const { state } of [...kernel.state.moves.departures.values()]) {
    if (state.at === "settling" || state.at === "precopying") noteFetched(kernel, state.plan.pid);
  }
}

/** A host's incarnation is dead for this host: everything here that depended on it learns it. */
export function onHostDead(kernel: AgentKernel, dead: HostId, incarnation: number): void {
  const { state } = kernel;
  const { ports } = state;
  const { lost } = record(kernel, { on: "host-dead", host: dead, incarnation });
  for (const pid of lost) tellEnded(kernel, pid);
  for (const settled of failPagesOf(kernel, dead)) onSettled(kernel, settled);
  noteStored(kernel);
  loseAwaited(kernel, (pager) => locatePort(ports, pager).host === dead);
  for (const departure of [...state.moves.departures.values()]) {
    if (departure.state.plan.to === dead) feedSource(kernel, departure, { on: "target-dead" });
  }
  for (const [move, { state: arrival }] of [...state.moves.arrivals]) {
    const { from, fromIncarnation } = arrival.plan;
    if (from === dead && fromIncarnation === incarnation) {
      feedTarget(kernel, move, { on: "source-dead" });
    }
  }
  failRequests(kernel, dead);
  failSends(kernel, dead, incarnation);
  onAgentDead(kernel, dead);
}

/** Hosts that the lost task has visited may keep pages for it; only its home knows that it ended. */
function tellEnded(kernel: MoveKernel, pid: number): void {
  const { state, host } = kernel;
  endResidualsOf(kernel, pid);
  for (let id = 1; id <= host.hosts; id++) {
    if (id !== state.id) post(kernel, wellKnownPort(id, "control"), homeOps.ended, { pid });
  }
}

/**
 * A home that holds this incarnation for dead has recorded that its tasks here have ended: what
 * runs on here is a copy that nobody owns, and ends at this first contact.
 */
export function onToldDead(kernel: MoveKernel, home: HostId): void {
  for (const task of [...kernel.state.tasks.values()]) {
    if (task.home !== home || task.state === "frozen") continue;
    kernel.host.emit("task.disowned", { pid: task.pid, home: hostName(home) });
    endTask(kernel, task, { status: 0, signal: signals.SIGKILL, lost: null });
  }
}

/** Requests that the dead host had accepted will not be answered. */
function failRequests(kernel: MoveKernel, dead: HostId): void {
  const { state } = kernel;
  for (const task of [...state.tasks.values()]) {
    if (task.state === "frozen") continue;
    for (const thread of [...task.threads.values()]) {
      if (thread.state.at !== "waiting" || thread.state.wait.for !== "reply") continue;
      const { server, request } = thread.state.wait;
      if (locatePort(state.ports, server).host !== dead) continue;
      onReply(kernel, task, thread, makeMessage(notify.sendOnce, {}, { id: request }));
    }
  }
}
