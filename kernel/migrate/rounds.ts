// Rounds of copying while the task runs: PRECOPY.
//
//   fetching ──nothing owed──▶ sending ──all sent──▶ round ──rounded──▶ (another round, or the freeze)
//
// Fetching: a strategy that leaves nothing behind first brings what earlier hosts owe.

import { must } from "../../ports/base/index.ts";
import { migrate as migrateOps } from "../../ports/index.ts";
import type { Task } from "../task/task.ts";
import {
  carryOn,
  countPages,
  isAllSent,
  planCarriage,
  startCarriage,
  swapFailure,
} from "./carriage.ts";
import { type Departure, type MoveKernel, toTarget } from "./moves.ts";
import type { Refusal } from "./refusal.ts";
import { fetchOwed, owes } from "./settling.ts";
import type { SourceEvent } from "./source-states.ts";
import { type Rounds, strategyNamed } from "./strategies/index.ts";

function rulesOf({ state }: Departure): Rounds {
  return must(strategyNamed(state.plan.strategy)?.rounds, "a strategy with rounds");
}

/** Pages have come, were taken, or a round begins: whatever can go on does. Returns why it cannot. */
export function goOnWithRound(
  kernel: MoveKernel,
  departure: Departure,
  unit: readonly Task[],
): Refusal | undefined {
  if (!departure.carriage) {
    if (owes(departure, unit)) return fetchOwed(kernel, departure, unit);
    const parts = planCarriage(kernel, departure, unit, rulesOf(departure).copies);
    departure.rounds++;
    startCarriage(kernel, departure, parts, true);
  }
  const failure = swapFailure(departure);
  if (failure !== undefined) return failure;
  carryOn(kernel, departure);
  const carriage = must(departure.carriage, "a carriage under way");
  if (carriage.closed || !isAllSent(kernel, departure)) return undefined;
  carriage.closed = true;
  const { move } = departure.state.plan;
  toTarget(kernel, departure, migrateOps.round, { move, round: departure.rounds });
  return undefined;
}

/** The target has all of a round: what comes next? */
export function onRounded(
  kernel: MoveKernel,
  departure: Departure,
  unit: readonly Task[],
  round: number,
): SourceEvent | undefined {
  const { carriage } = departure;
  if (!carriage?.closed || round !== departure.rounds) return undefined;
  const rules = rulesOf(departure);
  const before = countPages(carriage.parts);
  const dirty = countPages(planCarriage(kernel, departure, unit, rules.copies));
  departure.carriage = null;
  const { pid } = departure.lead;
  const { move } = departure.state.plan;
  kernel.host.emit("migrate.round", { pid, move, round, pages: before, dirty });
  const goesOn = rules.goesOn({ round, before, dirty, tuning: departure.order });
  return { on: "copied", next: goesOn ? "round" : "freeze" };
}
