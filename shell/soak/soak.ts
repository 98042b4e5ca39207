// The soak: random worlds, one a seed. Safety while all goes wrong; then all is mended, and what was
// under way has to come to its end.

import { type LocationName, type Plant, plantNamed } from "../../ports/index.ts";
import { makePlan, type Plan, policyOfSeed } from "./plan.ts";
import { replayCommand } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { runWorld, type WorldRun } from "./world.ts";

export interface SoakOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  /** Null: seed S uses the policy S mod 5, or the first in which the plant can occur. */
  readonly location: LocationName | null;
  readonly plant: Plant | null;
  /** Looks no further once this says so. */
  readonly enough?: (run: WorldRun) => boolean;
  /** Told of each world when it is over. */
  readonly onWorld?: (plan: Plan, run: WorldRun) => void;
  readonly stopped?: () => boolean;
}

export interface Failure {
  readonly seed: number;
  readonly checker: string;
  readonly replay: string;
}

export interface SoakReport {
  readonly seeds: number;
  readonly violations: number;
  readonly messages: number;
  readonly moves: number;
  readonly crashes: number;
  readonly firstFailure: Failure | null;
}

function policyFor(options: SoakOptions, seed: number): LocationName {
  const { location, plant } = options;
  if (location !== null) return location;
  const possible = plant === null ? undefined : plantNamed(plant)?.policies[0];
  return possible ?? policyOfSeed(seed);
}

export async function soak(options: SoakOptions): Promise<SoakReport> {
  let report: SoakReport = {
    seeds: 0,
    violations: 0,
    messages: 0,
    moves: 0,
    crashes: 0,
    firstFailure: null,
  };
  for (let seed = options.firstSeed; report.seeds < options.seeds; seed++) {
    if (options.stopped?.()) break;
    const plan = makePlan(seed, policyFor(options, seed));
    const run = await runWorld(plan, options.plant);
    report = add(report, plan, options.plant, run);
    options.onWorld?.(plan, run);
    if (options.enough?.(run)) break;
  }
  return report;
}

function add(report: SoakReport, plan: Plan, plant: Plant | null, run: WorldRun): SoakReport {
  const [first] = run.violations;
  const failure = first && {
    seed: plan.seed,
    checker: first.checker,
    replay: replayCommand(plan, plant),
  };
  return {
    seeds: report.seeds + 1,
    violations: report.violations + run.violations.length,
    messages: report.messages + run.messages,
    moves: report.moves + run.moves,
    crashes: report.crashes + run.crashes,
    firstFailure: report.firstFailure ?? failure ?? null,
  };
}

/** The shortest plan found in which the checker that complained first still complains. */
export async function shorten(
  plan: Plan,
  plant: Plant | null,
  run: WorldRun,
): Promise<{ readonly plan: Plan; readonly run: WorldRun }> {
  const checker = run.violations[0]?.checker;
  const complains = (other: WorldRun): boolean =>
    other.violations.some((violation) => violation.checker === checker);
  const shorter = await shrink(plan, async (candidate) =>
    complains(await runWorld(candidate, plant)),
  );
  return { plan: shorter, run: await runWorld(shorter, plant) };
}
