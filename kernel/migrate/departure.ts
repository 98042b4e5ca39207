// What the source does when its machine says so. Copying is in rounds.ts, the freeze in transfer.ts; what
// the target says comes in by source-messages.ts.

import { must } from "../../ports/base/index.ts";
import {
  home as homeOps,
  hostName,
  migrate as migrateOps,
  type PortUid,
  wellKnownPort,
} from "../../ports/index.ts";
import { post } from "../task/kernel.ts";
import type { MoveOrder, Pid, Task } from "../task/task.ts";
import { sizeOf } from "./carriage.ts";
import { buryUnit, handOver } from "./hand-over.ts";
import { imageVersion, portsOf } from "./image.ts";
import {
  type Departure,
  departureOf,
  giveUpMove,
  type MoveKernel,
  namesOf,
  newMoveName,
  noteDisowned,
  tasksOf,
  toTarget,
} from "./moves.ts";
import { checkOrder, homeRefusals, report, unitOf } from "./orders.ts";
import { postpone } from "./postpone.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { goOnWithRound } from "./rounds.ts";
import {
  fetchesFirst,
  fetchOwed,
  isSettled,
  owes,
  resumePorts,
  silence,
  startSettling,
} from "./settling.ts";
import { sourceStep, startMove } from "./source.ts";
import type { Member, MovePlan, SourceEffect, SourceEvent, SourceStep } from "./source-states.ts";
import { strategyNamed } from "./strategies/index.ts";
import { goOnWithTransfer, startTransfer, thaw } from "./transfer.ts";

/**
 * The operator, or the task's own wandering, orders a move of the task, and of those that go with it.
 * Refusals are reported, not thrown.
 */
export function orderMove(kernel: MoveKernel, task: Task, order: MoveOrder): void {
  const { unit, refusals } = checkOrder(kernel, task, order);
  const [refusal] = refusals;
  const { pid, job } = task;
  const { command } = order;
  if (refusal) {
    report(kernel, { command, whom: [{ pid, job }], outcome: "refused", refusal });
    return;
  }
  if (postpone(unit, order)) return;
  const strategy = must(strategyNamed(order.strategy), "a strategy");
  const plan: MovePlan = {
    move: newMoveName(kernel),
    members: membersIn(unit),
    to: order.to,
    home: task.home,
    strategy: strategy.name,
    precopies: strategy.rounds !== null,
    toIncarnation: 0,
  };
  const step = startMove(plan, kernel.host.now);
  const departure: Departure = {
    state: step.state,
    order,
    lead: { pid, job },
    left: new Map(),
    queued: new Map(),
    atSwap: new Set(),
    sent: new Map(),
    carriage: null,
    fetching: new Map(),
    rounds: 0,
    pausedUntil: null,
    pagesSent: 0,
    bytesSent: 0,
  };
  kernel.state.moves.departures.set(plan.move, departure);
  announce(kernel, departure, unit);
  perform(kernel, departure, step);
}

const membersIn = (unit: readonly Task[]): Member[] =>
  unit.map(({ pid, epoch }) => ({ pid, epoch }));

function announce(kernel: MoveKernel, { order, state }: Departure, tasks: readonly Task[]): void {
  const { move, to, strategy } = state.plan;
  for (const { pid, job } of tasks) {
    const ids = { command: order.command, pid, job, move, to: hostName(to), strategy };
    kernel.host.emit("migrate.request", ids);
  }
}

/** Feeds the machine and does what it says. */
export function feedSource(kernel: MoveKernel, departure: Departure, event: SourceEvent): void {
  dropEnded(kernel, departure);
  const silent = event.on === "tick" ? silence(kernel, departure) : undefined;
  const what: SourceEvent = silent ? { on: "refused", refusal: silent } : event;
  perform(kernel, departure, sourceStep(departure.state, what, kernel.host.now));
}

/** Those that have ended since they were ordered to move go no further. A frozen task cannot end. */
export function dropEnded(kernel: MoveKernel, departure: Departure): void {
  const { members } = departure.state.plan;
  const living = members.filter(({ pid }) => kernel.state.tasks.has(pid));
  if (living.length === members.length) return;
  const event = { on: "members", members: living } as const;
  perform(kernel, departure, sourceStep(departure.state, event, kernel.host.now));
}

/** A task has ended: what its move waits for may never come, of it or of what it had. */
export function noteEnded(kernel: MoveKernel, pid: Pid): void {
  for (const departure of [...kernel.state.moves.departures.values()]) {
    const { members } = departure.state.plan;
    if (members.some((member) => member.pid === pid)) goOn(kernel, departure);
  }
}

function perform(kernel: MoveKernel, departure: Departure, step: SourceStep): void {
  departure.state = step.state;
  for (const effect of step.effects) performOne(kernel, departure, effect);
  const { at, plan } = departure.state;
  if (at !== "over") return;
  if (kernel.state.moves.departures.delete(plan.move)) {
    resumePorts(kernel, tasksOf(kernel, plan.members));
  }
}

function performOne(kernel: MoveKernel, departure: Departure, effect: SourceEffect): void {
  const { plan } = departure.state;
  const unit = tasksOf(kernel, plan.members);
  switch (effect.do) {
    case "send-reserve":
      toTarget(kernel, departure, migrateOps.reserve, {
        move: plan.move,
        ...namesOf(plan.members),
        home: plan.home,
        pages: sizeOf(unit, departure),
        version: imageVersion,
      });
      return;
    case "copy-round":
      goOn(kernel, departure);
      return;
    case "settle":
      startSettling(kernel, departure, unit);
      goOn(kernel, departure);
      return;
    case "transfer":
      startTransfer(kernel, departure, unit);
      goOn(kernel, departure);
      return;
    case "send-commit":
      kernel.host.emit("migrate.prepared", { pid: departure.lead.pid, move: plan.move });
      sendCommit(kernel, departure);
      return;
    case "send-abort":
      toTarget(kernel, departure, migrateOps.abort, { move: plan.move });
      return;
    case "thaw":
      thaw(kernel, departure, unit);
      return;
    case "send-inquire":
      toTarget(kernel, departure, migrateOps.inquire, { move: plan.move });
      return;
    case "disown":
      for (const { pid } of unit) noteDisowned(kernel, pid, plan.home);
      buryUnit(kernel, departure, unit);
      return;
    case "kill":
      giveUpMove(kernel, plan, 0);
      buryUnit(kernel, departure, unit);
      return;
    case "hand-over":
      handOver(kernel, departure, unit);
      return;
    case "tick-at":
      kernel.host.moveTimer(effect.at, plan.move);
      return;
    case "report":
      report(kernel, {
        command: departure.order.command,
        whom: unit.length === 0 ? [departure.lead] : unit.map(({ pid, job }) => ({ pid, job })),
        outcome: effect.outcome,
        refusal: effect.refusal,
      });
      return;
  }
}

/** A port has come, or nobody sends to one any more: the move of its task may go on. */
export function noteSettled(kernel: MoveKernel, uid: PortUid): void {
  for (const departure of [...kernel.state.moves.departures.values()]) {
    if (departure.state.at !== "settling") continue;
    const unit = tasksOf(kernel, departure.state.plan.members);
    if (unit.flatMap(portsOf).includes(uid)) goOn(kernel, departure);
  }
}

/** Pages have come, or failed: moves that waited for the last of them go on. */
export function noteFetched(kernel: MoveKernel): void {
  for (const departure of [...kernel.state.moves.departures.values()]) {
    const { at } = departure.state;
    if (at === "settling" || at === "precopying") goOn(kernel, departure);
  }
}

/** Something that the move may have waited for has come: pages, a confirmation of some, a port. */
export function goOn(kernel: MoveKernel, departure: Departure): void {
  dropEnded(kernel, departure);
  const { at, plan } = departure.state;
  const unit = tasksOf(kernel, plan.members);
  const refusal =
    at === "precopying"
      ? goOnWithRound(kernel, departure, unit)
      : at === "settling"
        ? goOnSettling(kernel, departure, unit)
        : at === "transferring"
          ? goOnWithTransfer(kernel, departure, unit)
          : undefined;
  if (refusal) feedSource(kernel, departure, { on: "refused", refusal });
}

function goOnSettling(
  kernel: MoveKernel,
  departure: Departure,
  unit: readonly Task[],
): Refusal | undefined {
  if (owes(departure, unit)) {
    const refusal = fetchOwed(kernel, departure, unit);
    if (refusal) return refusal;
  }
  if (!isSettled(kernel, departure, unit)) return undefined;
  const refusal = regroup(kernel, departure);
  if (refusal) return refusal;
  const { members, move } = departure.state.plan;
  if (members.length > unit.length)
    return goOnSettling(kernel, departure, tasksOf(kernel, members));
  const { pid } = departure.lead;
  if (fetchesFirst(departure)) kernel.host.emit("migrate.fetched", { pid, move });
  feedSource(kernel, departure, { on: "settled" });
  return undefined;
}

/** Since the order tasks may have come to share memory with the unit: children of it, above all. */
function regroup(kernel: MoveKernel, departure: Departure): Refusal | undefined {
  const unit = tasksOf(kernel, departure.state.plan.members);
  const found = unitOf(kernel, unit, departure.order);
  const newcomers = found.unit.filter((task) => !unit.includes(task));
  const [refusal] = [found.refused, ...homeRefusals(kernel, found.unit)].filter(Boolean);
  if (refusal) return refusal;
  const busy = newcomers.find(({ pid }) => departureOf(kernel, pid));
  if (busy) return refuse("already-moving", `pid ${busy.pid}`, "has not ended a move");
  if (newcomers.length === 0) return undefined;
  feedSource(kernel, departure, { on: "members", members: membersIn(found.unit) });
  announce(kernel, departure, newcomers);
  startSettling(kernel, departure, newcomers);
  return undefined;
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
    ...namesOf(plan.members),
    from: kernel.state.id,
    fromIncarnation: kernel.state.incarnation,
    to: plan.to,
    toIncarnation: plan.toIncarnation,
  };
  const reply = { kind: "send-once", uid: wellKnownPort(kernel.state.id, "control") } as const;
  post(kernel, wellKnownPort(plan.home, "home"), homeOps.commit, body, { reply });
}
