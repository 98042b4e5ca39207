// What the target does when its machine says so: keep room, build the tasks, run them, or forget them.

import {
  type Body,
  home as homeOps,
  hostName,
  isOp,
  learnAll,
  type Message,
  migrate as migrateOps,
  type Op,
  type Schema,
  wellKnownPort,
} from "../../ports/index.ts";
import { post } from "../task/kernel.ts";
import { takeSpaceTag } from "../task/life.ts";
import {
  fillFrame,
  frameRecord,
  framesFree,
  freeFrame,
  hasRoomUnasked,
  pageBytes,
} from "../vm/index.ts";
import { activate, drop } from "./activation.ts";
import { decodePorts } from "./hand-over.ts";
import { decodeImage, imageVersion } from "./image.ts";
import {
  type Arrival,
  giveUpMove,
  membersOf,
  type MoveKernel,
  moveSource,
  namesOf,
} from "./moves.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { type TargetEffect, type TargetEvent, targetStep } from "./target.ts";
import { unpackImage } from "./unpack.ts";

/** Messages of a move for its target. False: not for it. */
export function onTargetMessage(kernel: MoveKernel, message: Message): boolean {
  if (isOp(message, migrateOps.reserve)) onReserve(kernel, message.body);
  else if (isOp(message, migrateOps.pages)) onPages(kernel, message.body);
  else if (isOp(message, migrateOps.round)) onRound(kernel, message.body);
  else if (isOp(message, migrateOps.transfer)) onTransfer(kernel, message.body);
  else if (isOp(message, migrateOps.activate)) onActivate(kernel, message.body);
  else if (isOp(message, migrateOps.abort)) feedTarget(kernel, message.body.move, { on: "abort" });
  else if (isOp(message, migrateOps.inquire)) {
    feedTarget(kernel, message.body.move, { on: "source-asks" });
  } else return false;
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
  const { move, home, pages } = body;
  if (state.moves.arrivals.has(move)) return; // a repeat must not replace what has come since
  const refused = refusal(kernel, body);
  if (refused) {
    toSource(kernel, move, migrateOps.refused, { move, ...refused });
    return;
  }
  const source = moveSource(move);
  const members = membersOf(body.pids, body.epochs);
  const plan = { move, members, from: source.host, fromIncarnation: source.incarnation, home };
  state.moves.arrivals.set(move, {
    state: { at: "reserved", plan },
    pages: new Map(),
    tasks: [],
    ports: [],
  });
  host.emit("migrate.reserve", { pid: body.pids[0], move, from: hostName(source.host), pages });
  toSource(kernel, move, migrateOps.reserved, { move, incarnation: state.incarnation });
}

function refusal(
  kernel: MoveKernel,
  { pids, pages, version }: Body<typeof migrateOps.reserve.body>,
): Refusal | undefined {
  const { state, memory } = kernel;
  const here = `host ${hostName(state.id)}`;
  if (version !== imageVersion) {
    return refuse("image-version", here, `reads version ${imageVersion}, not ${version}`);
  }
  const known = pids.find((pid) => state.tasks.has(pid));
  if (known !== undefined) return refuse("already-here", `pid ${known}`, `is on ${here}`);
  const free = framesFree(memory.frames);
  return pages > free ? noMemory(here, pages, free) : undefined;
}

function noMemory(here: string, pages: number, free: number): Refusal {
  return refuse("no-memory", here, `has ${free} pages free, and ${pages} are wanted`);
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
    const frame = hasRoomUnasked(kernel) ? fillFrame(kernel, bytes) : undefined;
    if (frame === undefined) {
      const refused = noMemory(`host ${hostName(kernel.state.id)}`, body.pages.length - index, 0);
      feedTarget(kernel, body.move, { on: "no-room", refusal: refused });
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
  const image = decodeImage(bytes);
  const tags = takeTags(kernel, image.tasks.length);
  if (!tags) {
    const here = `host ${hostName(kernel.state.id)}`;
    const refused = refuse("too-many-tasks", here, "has no address space left");
    feedTarget(kernel, move, { on: "no-room", refusal: refused });
    return;
  }
  const { tasks, spare } = unpackImage(kernel, image, tags, arrival.pages);
  arrival.pages.clear();
  for (const frame of spare) freeFrame(kernel, frame);
  learnAll(kernel.state.ports, image.known);
  arrival.tasks = tasks;
  arrival.ports = image.ports;
  const members = tasks.map(({ pid, epoch }) => ({ pid, epoch }));
  feedTarget(kernel, move, { on: "image", members });
}

/** So many address spaces, or none. */
function takeTags(kernel: MoveKernel, count: number): readonly number[] | undefined {
  const tags: number[] = [];
  while (tags.length < count) {
    const tag = takeSpaceTag(kernel);
    if (tag === undefined) {
      kernel.state.spacesFree.push(...tags);
      return undefined;
    }
    tags.push(tag);
  }
  return tags;
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
      toSource(kernel, move, migrateOps.refused, { move, ...effect.refusal });
      return;
    case "activate":
      activate(kernel, move, arrival);
      return;
    case "tell-source": {
      const object = `host ${hostName(plan.home)}`;
      const refused = refuse("home-refused", object, "did not make it the target's");
      toSource(kernel, move, migrateOps.refused, { move, ...refused });
      return;
    }
    case "give-up":
      giveUpMove(kernel, plan, 1);
      return;
    case "drop":
      drop(kernel, arrival);
      return;
    case "ask-home":
      for (const { pid } of plan.members) host.emit("migrate.in-doubt", { pid, move });
      askHome(kernel, arrival);
      return;
    case "tick-at":
      host.moveTimer(effect.at, move);
      return;
  }
}

function askHome(kernel: MoveKernel, { state: { plan } }: Arrival): void {
  const { move, members, from, fromIncarnation } = plan;
  const reply = { kind: "send-once", uid: wellKnownPort(kernel.state.id, "control") } as const;
  const body = { move, pids: namesOf(members).pids, from, fromIncarnation };
  post(kernel, wellKnownPort(plan.home, "home"), homeOps.query, body, { reply });
}
