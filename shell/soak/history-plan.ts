// A history of moves and faults, drawn from its seed: a cluster, programs whose output depends on
// each byte of their memory, moves under every strategy, and faults.
//
//   0 ─ programs start ─▶ 20 ms ─ moves, cuts, delays, loss, pauses ─▶ 300 ms ─▶ all is mended
//                            └─ in every third history also crashes, of any host
//
// In the other histories no host is lost, nor held for dead: nothing may differ from a run in which
// nobody moves.

import type { ClusterOptions, MigrateOptions } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import { concerns } from "../../ports/base/index.ts";
import { locationNames } from "../../ports/index.ts";
import { type Dice, dice, drawNet, pick, shuffled } from "./dice.ts";
import { drawPrograms, type PlannedProgram } from "./history-programs.ts";
import type { HistoryDeed, HistoryStep } from "./history-step.ts";

export interface HistoryPlan {
  readonly seed: number;
  readonly options: ClusterOptions;
  readonly programs: readonly PlannedProgram[];
  readonly steps: readonly HistoryStep[];
  /** Whether a host may be lost: then there may be damage, and each has to have a cause. */
  readonly crashes: boolean;
}

const us = 1_000;
const ms = 1_000_000;
const MiB = 1_048_576;
const startNs = 20 * ms;
const endNs = 300 * ms;
const grainNs = 10 * us;

const matters = { world: 1, programs: 2, net: 3, moves: 4, faults: 5, crashes: 6 } as const;

export function makeHistory(seed: number): HistoryPlan {
  const on = (matter: number): Dice => dice(seed, concerns.histories, matter);
  const world = on(matters.world);
  const hosts = Array.from({ length: 2 + world(4) }, (_, place) => `h${place + 1}`);
  const crashes = world(3) === 0;
  const programs = drawPrograms(hosts, seed, on(matters.programs));
  const options: ClusterOptions = {
    hosts: hosts.length,
    seed,
    driver: world(16) === 0 ? "worker" : "inline",
    memoryBytes: pick([1, 2, 2, 4, 16], world) * MiB,
    location: pick(locationNames, world),
    paranoid: world(8) === 0,
    net: drawNet(on(matters.net), 3),
    ...(world(4) === 0 ? { bandwidth: pick([4, 12, 1250], world) * 1_000_000 } : {}),
  };
  const steps = [
    ...drawMoves(hosts, programs, on(matters.moves)),
    ...drawFaults(hosts, on(matters.faults)),
    ...(crashes ? drawCrashes(hosts, on(matters.crashes)) : []),
  ];
  return { seed, options, programs, steps: steps.toSorted((a, b) => a.at - b.at), crashes };
}

function drawTime(roll: Dice): number {
  return startNs + roll((endNs - startNs) / grainNs) * grainNs;
}

/** Single moves, moves home, swaps of places, and chains: one move soon after the other. */
function drawMoves(
  hosts: readonly string[],
  programs: readonly PlannedProgram[],
  roll: Dice,
): HistoryStep[] {
  const steps: HistoryStep[] = [];
  const tasks = programs.length;
  for (let left = 4 + roll(8); left > 0; left--) {
    const task = roll(tasks);
    const at = drawTime(roll);
    const kind = roll(8);
    if (kind === 0 && tasks > 1) {
      const other = (task + 1 + roll(tasks - 1)) % tasks;
      steps.push({ at, do: "swap", task, with: other, options: drawOptions(roll) });
    } else if (kind < 3) {
      const gap = pick([us, 200 * us, ms, 5 * ms, 20 * ms], roll);
      for (let hop = 2 + roll(4); hop > 0; hop--) {
        steps.push({ at: at + hop * gap, ...drawMove(hosts, task, roll) });
      }
    } else if (kind === 3) {
      steps.push({
        at,
        do: "move",
        task,
        host: programs[task]?.on ?? "",
        options: drawOptions(roll),
      });
    } else steps.push({ at, ...drawMove(hosts, task, roll) });
  }
  return steps;
}

function drawMove(hosts: readonly string[], task: number, roll: Dice): HistoryDeed {
  return { do: "move", task, host: pick(hosts, roll), options: drawOptions(roll) };
}

function drawOptions(roll: Dice): MigrateOptions {
  return {
    strategy: pick(strategies, roll).name,
    readAhead: pick([0, 0, 1, 3, 7, 15], roll),
    ...(roll(3) === 0 ? { rounds: 1 + roll(4) } : {}),
    ...(roll(3) === 0 ? { stopBelowBytes: roll(3) * 65_536 } : {}),
  };
}

/** What a fault breaks, its end mends; none lasts so long that a host is held for dead. */
function drawFaults(hosts: readonly string[], roll: Dice): HistoryStep[] {
  const steps: HistoryStep[] = [];
  const all = ["fs", ...hosts];
  for (let left = roll(5); left > 0; left--) {
    const at = drawTime(roll);
    const end = at + (1 + roll(120)) * ms;
    const [a = "", b = ""] = shuffled(all, roll);
    const oneWay = roll(2) === 0;
    const pairs: readonly (readonly [HistoryDeed, HistoryDeed])[] = [
      [
        { do: "cut", a, b, oneWay },
        { do: "heal", a, b },
      ],
      [
        { do: "pause", host: a },
        { do: "continue", host: a },
      ],
      [
        { do: "delay", a, b, ns: (1 + roll(10)) * ms },
        { do: "delay", a, b, ns: 0 },
      ],
      [
        { do: "drop", a, b, ppm: (1 + roll(4)) * 100_000 },
        { do: "drop", a, b, ppm: 0 },
      ],
    ];
    const [breaks, mends] = pick(pairs, roll);
    steps.push({ at, ...breaks }, { at: end, ...mends });
  }
  return steps;
}

function drawCrashes(hosts: readonly string[], roll: Dice): HistoryStep[] {
  const steps: HistoryStep[] = [];
  for (let left = 1 + roll(2); left > 0; left--) {
    // The file server is everybody's: not too often.
    const host = roll(8) === 0 ? "fs" : pick(hosts, roll);
    const at = drawTime(roll);
    steps.push({ at, do: "crash", host });
    const then = at + (1 + roll(200)) * ms;
    if (roll(4) === 0) steps.push({ at: then, do: "declare", host });
    if (roll(3) !== 0) steps.push({ at: then, do: "restart", host });
  }
  return steps;
}
