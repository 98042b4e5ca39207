// What the target does when its machine says so: keep room, build the task, run it, or forget it.

import { must } from "../../ports/base/index.ts";
import {
  arrivePort,
  type Body,
  home as homeOps,
  hostName,
  isKnownDead,
  isOp,
  learnAll,
  type Message,
  migrate as migrateOps,
  type Op,
  type Owner,
  type Schema,
  uidHost,
  uidIncarnation,
  watchIncarnation,
  wellKnownPort,
} from "../../ports/index.ts";
import { post } from "../task/kernel.ts";
import { takeSpaceTag } from "../task/life.ts";
import type { Task } from "../task/task.ts";
import {
  destroySpace,
  fillFrame,
  frameRecord,
  framesFree,
  freeFrame,
  leaveSwap,
  loseSwap,
  pageBytes,
} from "../vm/index.ts";
import { decodePorts } from "./hand-over.ts";
import { decodeImage, imageVersion, objectsOf, unpackImage } from "./image.ts";
import { type Arrival, giveUpMove, type MoveKernel, moveSource } from "./moves.ts";
import { type TargetEffect, type TargetEvent, targetStep } from "./target.ts";
import { setGoing } from "./transfer.ts";
import { armWander } from "./wander.ts";

/** Messages of a move for its target. False: not for it. */
export function onTargetMessage(kernel: MoveKernel, message: Message): boolean {
  if (isOp(message, migrateOps.reserve)) onReserve(kernel, message.body);
  else if (isOp(message, migrateOps.pages)) onPages(kernel, message.body);
  else if (isOp(message, migrateOps.round)) onRound(kernel, message.body);
  else if (isOp(message, migrateOps.transfer)) onTransfer(kernel, message.body);
  else if (isOp(message, migrateOps.activate)) onActivate(kernel, message.body);
  else if (isOp(message, migrateOps.abort)) feedTarget(kernel, message.body.move, { on: "abort" });
  else return false;
  return true;
}

function toSource<S extends Schema>(
  kernel: MoveKernel,
  move: string,
  op: Op<S>,
  body: Body<S>,
): void {
  post(kernel, wellKnownPort(moveSource(move).host, "control"), op, body);
}

function onReserve(kernel: MoveKernel, body: Body<typeof migrateOps.reserve.body>): void {
  const { state, host } = kernel;
  const { move, pid, home, epoch } = body;
  if (state.moves.arrivals.has(move)) return; // a repeat must not replace what has come since
  const reason = refusal(kernel, body);
  if (reason !== undefined) {
    toSource(kernel, move, migrateOps.refused, { move, reason });
    return;
  }
  const source = moveSource(move);
  const plan = { move, pid, from: source.host, fromIncarnation: source.incarnation, home, epoch };
  state.moves.arrivals.set(move, {
    state: { at: "reserved", plan },
    pages: new Map(),
    task: null,
    ports: [],
  });
  host.emit("migrate.reserve", { pid, move, from: hostName(source.host), pages: body.pages });
  toSource(kernel, move, migrateOps.reserved, { move, incarnation: state.incarnation });
}

/** Typed reasons not to take a task; each names its rule. */
function refusal(
  kernel: MoveKernel,
  { pid, pages, version }: Body<typeof migrateOps.reserve.body>,
): string | undefined {
  const { state, memory } = kernel;
  if (version !== imageVersion) return `image-version ${version}, here ${imageVersion}`;
  if (state.tasks.has(pid)) return "already-here";
  const free = framesFree(memory.frames);
  if (pages > free) return `no-memory: ${pages} pages wanted, ${free} free`;
  return undefined;
}

function onPages(kernel: MoveKernel, body: Body<typeof migrateOps.pages.body>): void {
  const arrival = kernel.state.moves.arrivals.get(body.move);
  if (arrival?.state.at !== "reserved") return;
  const pages = arrival.pages.get(body.object) ?? new Map<number, number>();
  arrival.pages.set(body.object, pages);
  for (const [index, page] of body.pages.entries()) {
    const from = index * pageBytes;
    const bytes = body.bytes.subarray(from, from + pageBytes);
    const known = pages.get(page);
    if (known !== undefined) {
      kernel.hart.frame(known).set(bytes); // it was written since it came in an earlier round
      continue;
    }
    const frame = fillFrame(kernel, bytes);
    if (frame === undefined) {
      feedTarget(kernel, body.move, { on: "image", refusal: "no-memory" });
      return;
    }
    frameRecord(kernel.memory.frames, frame).dirty = true; // the page exists nowhere else
    pages.set(page, frame);
  }
  toSource(kernel, body.move, migrateOps.taken, { move: body.move });
}

function onRound(kernel: MoveKernel, { move, round }: Body<typeof migrateOps.round.body>): void {
  if (kernel.state.moves.arrivals.get(move)?.state.at !== "reserved") return;
  toSource(kernel, move, migrateOps.rounded, { move, round });
}

function onTransfer(kernel: MoveKernel, body: Body<typeof migrateOps.transfer.body>): void {
  const { move, image: bytes } = body;
  const arrival = kernel.state.moves.arrivals.get(move);
  if (arrival?.state.at !== "reserved") return;
  const tag = takeSpaceTag(kernel);
  if (tag === undefined) {
    feedTarget(kernel, move, { on: "image", refusal: "too-many-tasks" });
    return;
  }
  const image = decodeImage(bytes);
  const { task, spare } = unpackImage(kernel, image, tag, arrival.pages);
  arrival.pages.clear();
  for (const frame of spare) freeFrame(kernel, frame);
  learnAll(kernel.state.ports, image.known);
  arrival.task = task;
  arrival.ports = image.ports;
  feedTarget(kernel, move, { on: "image", refusal: null });
}

function onActivate(kernel: MoveKernel, body: Body<typeof migrateOps.activate.body>): void {
  const arrival = kernel.state.moves.arrivals.get(body.move);
  if (!arrival) return;
  const later = new Map(decodePorts(body.queues).map((port) => [port.uid, port]));
  arrival.ports = arrival.ports.map((port) => {
    const since = later.get(port.uid);
    return since ? { ...since, queue: [...port.queue, ...since.queue] } : port;
  });
  feedTarget(kernel, body.move, { on: "activate" });
}

/** Feeds the machine and does what it says. */
export function feedTarget(kernel: MoveKernel, move: string, event: TargetEvent): void {
  const arrival = kernel.state.moves.arrivals.get(move);
  if (!arrival) return;
  const step = targetStep(arrival.state, event, kernel.host.now);
  arrival.state = step.state;
  for (const effect of step.effects) performOne(kernel, move, arrival, effect);
  if (step.state.at === "active" || step.state.at === "dropped") {
    kernel.state.moves.arrivals.delete(move);
  }
}

function performOne(
  kernel: MoveKernel,
  move: string,
  arrival: Arrival,
  effect: TargetEffect,
): void {
  const { host } = kernel;
  const { plan } = arrival.state;
  switch (effect.do) {
    case "send-prepared":
      toSource(kernel, move, migrateOps.prepared, { move });
      return;
    case "send-refused":
      toSource(kernel, move, migrateOps.refused, { move, reason: effect.reason });
      return;
    case "activate":
      activate(kernel, move, arrival, must(arrival.task, "the prepared task"));
      return;
    case "give-up":
      giveUpMove(kernel, plan, plan.epoch + 1);
      return;
    case "drop":
      drop(kernel, arrival);
      return;
    case "ask-home":
      host.emit("migrate.in-doubt", { pid: plan.pid, move });
      askHome(kernel, arrival);
      return;
    case "tick-at":
      host.moveTimer(effect.at, move);
      return;
  }
}

function askHome(kernel: MoveKernel, { state: { plan } }: Arrival): void {
  const { move, pid, from, fromIncarnation } = plan;
  const reply = { kind: "send-once", uid: wellKnownPort(kernel.state.id, "control") } as const;
  const body = { move, pid, from, fromIncarnation };
  post(kernel, wellKnownPort(plan.home, "home"), homeOps.query, body, { reply });
}

/** The task is this host's: its ports are here, its waits are armed, its threads are ready. */
function activate(kernel: MoveKernel, move: string, arrival: Arrival, task: Task): void {
  const { state, host } = kernel;
  task.epoch++;
  task.moves++;
  task.since = host.now;
  state.tasks.set(task.pid, task);
  const replyPorts = new Set([...task.threads.values()].map((thread) => thread.replyPort));
  for (const port of arrival.ports) {
    const what = replyPorts.has(port.uid) ? "reply" : "task";
    const owner: Owner = port.counted
      ? { kind: "space", id: task.pid }
      : { kind: "kernel", what, id: task.pid };
    arrivePort(state.ports, port, owner, host);
  }
  host.emit("migrate.activate", { pid: task.pid, job: task.job, move, epoch: task.epoch });
  toSource(kernel, move, migrateOps.activated, { move });
  watchPagers(kernel, task);
  setGoing(kernel, task);
  armWander(kernel, task);
}

/** This host may never have met those who have pages of the task: it has to hear of their deaths. */
function watchPagers(kernel: MoveKernel, task: Task): void {
  const { state, host } = kernel;
  for (const object of objectsOf(task)) {
    const swap = object.swap.port === null ? [] : [object.swap.port];
    const files = object.pager ? [object.pager.port] : [];
    for (const pager of new Set([...object.owed.values(), ...swap, ...files])) {
      const peer = uidHost(pager);
      const incarnation = uidIncarnation(pager);
      if (peer === state.id) continue;
      if (!isKnownDead(state.ports, peer, incarnation)) {
        watchIncarnation(state.ports, peer, incarnation, host);
        continue;
      }
      const lost = [...object.owed].filter(([, owing]) => owing === pager).map(([page]) => page);
      if (pager === object.swap.port) lost.push(...loseSwap(object));
      for (const page of lost) {
        object.owed.delete(page);
        object.failed.set(page, { error: 5, host: peer });
      }
    }
  }
}

function drop(kernel: MoveKernel, arrival: Arrival): void {
  kernel.host.emit("migrate.drop", {
    pid: arrival.state.plan.pid,
    move: arrival.state.plan.move,
  });
  kernel.state.spaceEvents.push({ on: "gone", pid: arrival.state.plan.pid });
  for (const pages of arrival.pages.values()) {
    for (const frame of pages.values()) freeFrame(kernel, frame);
  }
  if (!arrival.task) return;
  // What earlier hosts owe is still owed to the source's copy: nobody here may tell them to stop.
  for (const { object } of arrival.task.memory.map.entries) {
    if (object.pager) continue;
    object.owed.clear();
    object.requested.clear();
    leaveSwap(object);
  }
  destroySpace(kernel, arrival.task.memory);
  kernel.state.spacesFree.push(arrival.task.memory.pmap.space);
}
