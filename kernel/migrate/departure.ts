// What the source does when its machine says so. Copying is in rounds.ts, the freeze in transfer.ts.

import { must } from "../../ports/base/index.ts";
import {
  type Body,
  home as homeOps,
  hostName,
  isOp,
  type Message,
  migrate as migrateOps,
  type PortUid,
  wellKnownPort,
} from "../../ports/index.ts";
import { post } from "../task/kernel.ts";
import { buryTask } from "../task/life.ts";
import type { MoveOrder, Task } from "../task/task.ts";
import { viewPage } from "./carriage.ts";
import { dropLeft, handOver } from "./hand-over.ts";
import { imageVersion, objectsOf, portsOf } from "./image.ts";
import {
  type Departure,
  departureOf,
  giveUpMove,
  type MoveKernel,
  newMoveName,
  toTarget,
} from "./moves.ts";
import { goOnWithRound, onRounded } from "./rounds.ts";
import {
  type SourceEffect,
  type SourceEvent,
  type SourceStep,
  sourceStep,
  startMove,
} from "./source.ts";
import {
  fetchesFirst,
  fetchOwed,
  isSettled,
  resumePorts,
  silence,
  startSettling,
} from "./settling.ts";
import { type PageView, strategies, strategyNamed } from "./strategies/index.ts";
import { goOnWithTransfer, startTransfer, thaw } from "./transfer.ts";
import { wanderAgain } from "./wander.ts";

/** The operator, or the task's own wandering, orders a move. Refusals are reported, not thrown. */
export function orderMove(kernel: MoveKernel, task: Task, order: MoveOrder): void {
  const { host, state } = kernel;
  const strategy = strategyNamed(order.strategy);
  const why = refusalOf(kernel, task, order);
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
      precopies: strategy.rounds !== null,
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
    sent: new Map(),
    carriage: null,
    rounds: 0,
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
export function refusalOf(kernel: MoveKernel, task: Task, order: MoveOrder): string | undefined {
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
  const running = at === "reserving" || at === "precopying" || at === "settling";
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
    case "copy-round":
      goOn(kernel, departure);
      return;
    case "settle":
      startSettling(kernel, departure, must(task, "the moving task"));
      goOn(kernel, departure);
      return;
    case "transfer":
      startTransfer(kernel, departure, must(task, "the moving task"));
      goOn(kernel, departure);
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
    case "kill":
      giveUpMove(kernel, plan, plan.epoch);
      dropLeft(kernel, departure);
      buryTask(kernel, must(task, "the frozen task"));
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

/** Pages that the target will have to hold at once. */
function sizeOf(task: Task, departure: Departure): number {
  const { place, rounds } = must(strategyNamed(departure.order.strategy), "a strategy");
  const goes = (page: PageView): boolean =>
    place(page) === "sent" || rounds?.copies(page) === "sent";
  return objectsOf(task).reduce((sum, object) => {
    const pages = [...object.resident.keys()];
    return sum + pages.filter((page) => goes(viewPage(object, page))).length;
  }, 0);
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
  if (departure) goOn(kernel, departure);
}

/** Something that the move may have waited for has come: pages, a confirmation of some, a port. */
function goOn(kernel: MoveKernel, departure: Departure): void {
  const { at, plan } = departure.state;
  const task = kernel.state.tasks.get(plan.pid);
  if (at === "precopying" && !task) feedSource(kernel, departure, { on: "task-ended" });
  if (!task) return;
  if (at === "settling") goOnSettling(kernel, departure, task);
  const reason =
    at === "precopying"
      ? goOnWithRound(kernel, departure, task)
      : at === "transferring"
        ? goOnWithTransfer(kernel, departure, task)
        : undefined;
  if (reason !== undefined) feedSource(kernel, departure, { on: "refused", reason });
}

function goOnSettling(kernel: MoveKernel, departure: Departure, task: Task): void {
  const fetches = fetchesFirst(departure);
  if (fetches) fetchOwed(kernel, task);
  if (!isSettled(kernel, departure, task)) return;
  const { pid, move } = departure.state.plan;
  if (fetches) kernel.host.emit("migrate.fetched", { pid, move });
  feedSource(kernel, departure, { on: "settled" });
}

/** Swap has answered: rounds and transfers that wait for it go on. */
export function noteStored(kernel: MoveKernel): void {
  for (const departure of [...kernel.state.moves.departures.values()]) {
    if (departure.carriage) goOn(kernel, departure);
  }
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

/** Messages of a move for its source. False: not for it. */
export function onSourceMessage(kernel: MoveKernel, message: Message): boolean {
  if (isOp(message, migrateOps.taken)) {
    const departure = kernel.state.moves.departures.get(message.body.move);
    if (departure?.carriage) {
      departure.carriage.underWay--;
      goOn(kernel, departure);
    }
    return true;
  }
  if (isOp(message, migrateOps.rounded)) {
    onRoundEnd(kernel, message.body);
    return true;
  }
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

function onRoundEnd(
  kernel: MoveKernel,
  { move, round }: Body<typeof migrateOps.rounded.body>,
): void {
  const departure = kernel.state.moves.departures.get(move);
  const task = departure && kernel.state.tasks.get(departure.state.plan.pid);
  if (departure?.state.at !== "precopying") return;
  const event = task ? onRounded(kernel, departure, task, round) : ({ on: "task-ended" } as const);
  if (event) feedSource(kernel, departure, event);
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
