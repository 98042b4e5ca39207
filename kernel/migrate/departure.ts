// What the source does when its machine says so: freeze, pack, send, thaw, hand over.

import { decodePlain, encodePlain, must } from "../../ports/base/index.ts";
import {
  type Body,
  departPort,
  destroyPort,
  holdPort,
  home as homeOps,
  hostName,
  isKnownDead,
  isOp,
  type Message,
  migrate as migrateOps,
  type Op,
  type PackedPort,
  portHere,
  type PortUid,
  releasePort,
  type Schema,
  wellKnownPort,
} from "../../ports/index.ts";
import { post } from "../task/kernel.ts";
import { buryTask, removeTask } from "../task/life.ts";
import { makeReady, suspend } from "../task/sched.ts";
import type { MoveOrder, Task } from "../task/task.ts";
import { arm, disarm } from "../task/wait.ts";
import { resumeWaits, wake } from "../trap/index.ts";
import { frameRecord, type MemoryObject, pageBytes } from "../vm/index.ts";
import { encodeImage, imageVersion, objectsOf, packImage, portsOf } from "./image.ts";
import { type Departure, departureOf, type MoveKernel, newMoveName } from "./moves.ts";
import { leaveBehind, reserveResidual } from "./residual.ts";
import {
  type SourceEffect,
  type SourceEvent,
  type SourceStep,
  sourceStep,
  startMove,
} from "./source.ts";
import {
  fetchesFirst,
  isSettled,
  pagesPerMessage,
  resumePorts,
  silence,
  startSettling,
} from "./settling.ts";
import { strategies, type Strategy, strategyNamed } from "./strategies.ts";
import { wanderAgain } from "./wander.ts";

/** The operator, or the task's own wandering, orders a move. Refusals are reported, not thrown. */
export function orderMove(kernel: MoveKernel, task: Task, order: MoveOrder): void {
  const { host, state } = kernel;
  const strategy = strategyNamed(order.strategy);
  const why = refusal(kernel, task, order);
  if (task.state === "loading" && !why) {
    task.postponed = order; // exec is a run state with steps; the move waits until it commits
    return;
  }
  if (why || !strategy) {
    const outcome = { outcome: "refused", reason: why ?? "no-such-strategy" } as const;
    report(kernel, { pid: task.pid, job: task.job, command: order.command }, outcome);
    return;
  }
  const move = newMoveName(kernel);
  const step = startMove(
    {
      move,
      pid: task.pid,
      to: order.to,
      home: task.home,
      epoch: task.epoch,
      strategy: strategy.name,
      toIncarnation: 0,
    },
    host.now,
  );
  const departure: Departure = {
    state: step.state,
    order,
    job: task.job,
    left: new Map(),
    queued: new Map(),
    pausedUntil: null,
    pagesSent: 0,
    bytesSent: 0,
  };
  state.moves.departures.set(move, departure);
  const { pid, job } = task;
  host.emit("migrate.request", {
    command: order.command,
    pid,
    job,
    move,
    to: hostName(order.to),
    strategy: strategy.name,
  });
  perform(kernel, departure, step);
}

/** Rules that are checked before anything is sent; the answer names the rule. */
function refusal(kernel: MoveKernel, task: Task, order: MoveOrder): string | undefined {
  const { state, host } = kernel;
  if (order.to === state.id) return "already-there";
  if (order.to === 0 || order.to > host.hosts) return "no-such-host";
  if (task.postponed) return "already-moving";
  if (departureOf(kernel, task.pid) || task.state === "frozen") return "already-moving";
  if (!strategyNamed(order.strategy)) {
    return `no-such-strategy (${strategies.map(({ name }) => name).join(", ")})`;
  }
  return undefined;
}

function report(
  kernel: MoveKernel,
  ids: { readonly pid: number; readonly job: number; readonly command: number },
  { outcome, reason }: { readonly outcome: "refused" | "aborted"; readonly reason: string },
): void {
  if (outcome === "refused") kernel.host.emit("migrate.refused", { ...ids, reason });
  else kernel.host.emit("migrate.aborted", { ...ids, reason });
  const task = kernel.state.tasks.get(ids.pid);
  if (task) wanderAgain(kernel, task);
}

/** Feeds the machine and does what it says. */
export function feedSource(kernel: MoveKernel, departure: Departure, event: SourceEvent): void {
  const { at, plan } = departure.state;
  const running = at === "reserving" || at === "settling";
  const ended = running && !kernel.state.tasks.has(plan.pid);
  const silent = event.on === "tick" ? silence(kernel, departure) : undefined;
  const heard: SourceEvent = silent ? { on: "refused", reason: silent } : event;
  const what: SourceEvent = ended ? { on: "task-ended" } : heard;
  perform(kernel, departure, sourceStep(departure.state, what, kernel.host.now));
}

function perform(kernel: MoveKernel, departure: Departure, step: SourceStep): void {
  departure.state = step.state;
  for (const effect of step.effects) performOne(kernel, departure, effect);
  const { at, plan } = departure.state;
  if (at !== "over") return;
  kernel.state.moves.departures.delete(plan.move);
  const task = kernel.state.tasks.get(plan.pid);
  if (task) resumePorts(kernel, task);
}

function performOne(kernel: MoveKernel, departure: Departure, effect: SourceEffect): void {
  const { state, host } = kernel;
  const { plan } = departure.state;
  const task = state.tasks.get(plan.pid);
  switch (effect.do) {
    case "send-reserve":
      toTarget(kernel, departure, migrateOps.reserve, {
        move: plan.move,
        pid: plan.pid,
        home: plan.home,
        epoch: plan.epoch,
        pages: sizeOf(must(task, "the moving task"), departure),
        version: imageVersion,
      });
      return;
    case "settle":
      startSettling(kernel, departure, must(task, "the moving task"));
      noteFetched(kernel, plan.pid);
      return;
    case "transfer":
      transfer(kernel, departure, must(task, "the moving task"));
      return;
    case "send-commit":
      host.emit("migrate.prepared", { pid: plan.pid, move: plan.move });
      sendCommit(kernel, departure);
      return;
    case "send-abort":
      toTarget(kernel, departure, migrateOps.abort, { move: plan.move });
      return;
    case "thaw":
      thaw(kernel, departure, must(task, "the frozen task"));
      return;
    case "hand-over":
      handOver(kernel, departure, must(task, "the frozen task"));
      return;
    case "tick-at":
      host.moveTimer(effect.at, plan.move);
      return;
    case "report":
      report(
        kernel,
        { pid: plan.pid, job: departure.job, command: departure.order.command },
        effect,
      );
      return;
  }
}

function toTarget<S extends Schema>(
  kernel: MoveKernel,
  departure: Departure,
  op: Op<S>,
  body: Body<S>,
): void {
  post(kernel, wellKnownPort(departure.state.plan.to, "control"), op, body);
}

/** Pages that the target will have to hold at once. */
function sizeOf(task: Task, departure: Departure): number {
  const strategy = must(strategyNamed(departure.order.strategy), "a strategy");
  return objectsOf(task).reduce(
    (sum, object) => sum + chosenPages(strategy, object, () => false).length,
    0,
  );
}

/** A port has come, or nobody sends to one any more: the move of its task may go on. */
export function noteSettled(kernel: MoveKernel, uid: PortUid): void {
  for (const { state } of [...kernel.state.moves.departures.values()]) {
    const task = kernel.state.tasks.get(state.plan.pid);
    if (!task || state.at !== "settling") continue;
    if (portsOf(task).includes(uid)) noteFetched(kernel, task.pid);
  }
}

/** Pages have come, or failed: a move that waited for the last of them goes on. */
export function noteFetched(kernel: MoveKernel, pid: number): void {
  const departure = departureOf(kernel, pid);
  const task = kernel.state.tasks.get(pid);
  if (departure?.state.at !== "settling" || !task) return;
  if (!isSettled(kernel, departure, task)) return;
  if (fetchesFirst(departure))
    kernel.host.emit("migrate.fetched", { pid, move: departure.state.plan.move });
  feedSource(kernel, departure, { on: "settled" });
}

/** The resident pages of an object that the strategy sends. */
function chosenPages(
  strategy: Strategy,
  object: MemoryObject,
  isDirty: (page: number) => boolean,
): number[] {
  const kind = object.pager ? "file" : "anonymous";
  return [...object.resident.keys()]
    .filter((page) => strategy.sendsPage({ kind, page, dirty: isDirty(page) }))
    .sort((a, b) => a - b);
}

/** FREEZE, ENCAP, TRANSFER: the task stands still from here until it is thawed, here or there. */
function transfer(kernel: MoveKernel, departure: Departure, task: Task): void {
  const { host, state } = kernel;
  const { plan } = departure.state;
  freeze(kernel, task);
  host.emit("migrate.freeze", { pid: task.pid, job: task.job, move: plan.move });
  const strategy = must(strategyNamed(plan.strategy), "a strategy");
  const objects = objectsOf(task);
  for (const object of objects) reserveLeft(kernel, departure, strategy, object);
  const left = new Map(
    [...departure.left].map(([object, { port, pages }]) => [object, { residual: port, pages }]),
  );
  const image = encodeImage(packImage(kernel, task, left));
  for (const uid of portsOf(task)) {
    departure.queued.set(uid, must(portHere(state.ports, uid), "port of a task").queue.length);
  }
  host.emit("migrate.encap", { pid: task.pid, move: plan.move, bytes: image.length });
  objects.forEach((object, number) => {
    sendPages(kernel, departure, number, object, pagesToSend(kernel, strategy, object));
  });
  departure.bytesSent += image.length;
  toTarget(kernel, departure, migrateOps.transfer, { move: plan.move, image });
  const { pagesSent, bytesSent } = departure;
  host.emit("migrate.transfer", {
    pid: task.pid,
    move: plan.move,
    pages: pagesSent,
    bytes: bytesSent,
  });
}

function pagesToSend(kernel: MoveKernel, strategy: Strategy, object: MemoryObject): number[] {
  const { frames } = kernel.memory;
  return chosenPages(
    strategy,
    object,
    (page) => frameRecord(frames, must(object.resident.get(page), "a resident page")).dirty,
  );
}

/** What of an anonymous object stays: resident pages not sent, and owed ones under way to here. */
function reserveLeft(
  kernel: MoveKernel,
  departure: Departure,
  strategy: Strategy,
  object: MemoryObject,
): void {
  if (object.pager) return; // pages of files are found at their server again
  const sent = new Set(pagesToSend(kernel, strategy, object));
  const pages = [...object.resident.keys()].filter((page) => !sent.has(page));
  for (const page of object.requested.keys()) if (object.owed.has(page)) pages.push(page);
  if (pages.length > 0) departure.left.set(object, { ...reserveResidual(kernel), pages });
}

function sendPages(
  kernel: MoveKernel,
  departure: Departure,
  object: number,
  from: MemoryObject,
  pages: readonly number[],
): void {
  const { move } = departure.state.plan;
  for (let at = 0; at < pages.length; at += pagesPerMessage) {
    const part = pages.slice(at, at + pagesPerMessage);
    const bytes = new Uint8Array(part.length * pageBytes);
    part.forEach((page, index) => {
      const frame = must(from.resident.get(page), "a resident page");
      bytes.set(kernel.hart.frame(frame), index * pageBytes);
    });
    toTarget(kernel, departure, migrateOps.pages, { move, object, pages: part, bytes });
    departure.pagesSent += part.length;
    departure.bytesSent += bytes.length;
  }
}

/** Every thread between two instructions, no message received: nothing that the program notices. */
function freeze(kernel: MoveKernel, task: Task): void {
  for (const thread of task.threads.values()) {
    suspend(kernel, thread);
    disarm(kernel, thread);
  }
  task.state = "frozen";
  for (const uid of portsOf(task)) holdPort(kernel.state.ports, uid);
}

function thaw(kernel: MoveKernel, departure: Departure, task: Task): void {
  for (const { port } of departure.left.values()) {
    destroyPort(kernel.state.ports, port, kernel.host);
  }
  departure.left.clear();
  kernel.host.emit("migrate.thaw", { pid: task.pid, move: departure.state.plan.move });
  setGoing(kernel, task);
}

/** A frozen task runs again: waits are re-armed, page waits tried again, messages received. */
export function setGoing(kernel: MoveKernel, task: Task): void {
  task.state = "running";
  for (const thread of [...task.threads.values()]) {
    arm(kernel, task, thread);
    if (thread.state.at === "runnable") makeReady(kernel.state, task, thread);
    else if (thread.state.at === "waiting" && thread.state.wait.for === "page") {
      wake(kernel, { pid: task.pid, tid: thread.tid }, null);
    }
  }
  for (const uid of portsOf(task)) {
    if (portHere(kernel.state.ports, uid)) releasePort(kernel.state.ports, uid, kernel.host);
  }
  resumeWaits(kernel, task);
  kernel.state.spaceEvents.push({ on: "going", pid: task.pid });
}

function sendCommit(kernel: MoveKernel, departure: Departure): void {
  const { plan } = departure.state;
  const body = {
    move: plan.move,
    pid: plan.pid,
    epoch: plan.epoch,
    from: kernel.state.id,
    fromIncarnation: kernel.state.incarnation,
    to: plan.to,
    toIncarnation: plan.toIncarnation,
  };
  const reply = { kind: "send-once", uid: wellKnownPort(kernel.state.id, "control") } as const;
  post(kernel, wellKnownPort(plan.home, "home"), homeOps.commit, body, { reply });
}

/** ACTIVATE and CLEANUP: the home has made the target the owner; here only what is owed stays. */
function handOver(kernel: MoveKernel, departure: Departure, task: Task): void {
  const { state, host } = kernel;
  const { plan } = departure.state;
  if (isKnownDead(state.ports, plan.to, plan.toIncarnation)) {
    bury(kernel, departure, task);
    return;
  }
  const ports = portsOf(task).map((uid) => {
    const port = departPort(state.ports, uid, plan.to, host);
    return { ...port, queue: port.queue.slice(departure.queued.get(uid) ?? 0) };
  });
  toTarget(kernel, departure, migrateOps.activate, {
    move: plan.move,
    queues: encodePlain(ports),
  });
  let owed = 0;
  for (const object of objectsOf(task)) {
    const reserved = departure.left.get(object);
    if (reserved) {
      leaveBehind(kernel, object, reserved, { pid: task.pid, to: plan.to });
      owed += reserved.pages.length;
    }
    if (object.pager) continue;
    // Whatever earlier hosts owe is owed to the target now: nobody here may tell them to stop.
    object.owed.clear();
    object.requested.clear();
  }
  removeTask(kernel, task, false);
  state.spaceEvents.push({ on: "left", pid: task.pid, to: plan.to });
  reportCommit(kernel, departure, owed);
}

/** The home made an incarnation the owner that is dead by now: with it the task has died. */
function bury(kernel: MoveKernel, departure: Departure, task: Task): void {
  const { state, host } = kernel;
  for (const { port } of departure.left.values()) destroyPort(state.ports, port, host);
  departure.left.clear();
  buryTask(kernel, task);
  reportCommit(kernel, departure, 0);
}

function reportCommit(kernel: MoveKernel, departure: Departure, owed: number): void {
  const { plan } = departure.state;
  kernel.host.emit("migrate.commit", {
    command: departure.order.command,
    pid: plan.pid,
    job: departure.job,
    move: plan.move,
    to: hostName(plan.to),
    strategy: plan.strategy,
    pages: departure.pagesSent,
    bytes: departure.bytesSent,
    owed,
  });
}

/** Messages of a move for its source. False: not for it. */
export function onSourceMessage(kernel: MoveKernel, message: Message): boolean {
  const event = sourceEventOf(message);
  if (!event) return false;
  const move = (message.body as Body<{ move: "string" }>).move;
  const departure = kernel.state.moves.departures.get(move);
  if (departure) feedSource(kernel, departure, event);
  else if (event.on === "inquired") {
    kernel.host.emit("migrate.inquired-late", { move });
  }
  return true;
}

function sourceEventOf(message: Message): SourceEvent | undefined {
  if (isOp(message, migrateOps.reserved)) {
    return { on: "reserved", incarnation: message.body.incarnation };
  }
  if (isOp(message, migrateOps.refused)) return { on: "refused", reason: message.body.reason };
  if (isOp(message, migrateOps.prepared)) return { on: "prepared" };
  if (isOp(message, migrateOps.activated)) return { on: "activated" };
  if (isOp(message, migrateOps.inquire)) return { on: "inquired" };
  return undefined;
}

/** The ports that ACTIVATE carried: what is queued there since the image was made. */
export function decodePorts(bytes: Uint8Array): readonly PackedPort[] {
  return bytes.length === 0 ? [] : (decodePlain(bytes) as PackedPort[]);
}
