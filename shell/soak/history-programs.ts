// The programs of a history: what they print depends on their memory, their files, and on each
// other's messages, and on nothing else.

import type { Cluster, SpawnOptions } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import { type Dice, pick } from "./dice.ts";

export interface PlannedProgram {
  readonly on: string;
  readonly argv: readonly string[];
  /** The program that it writes to, or that writes to it, or that calls it. */
  readonly partner: number | null;
  /** The next program reads from a pipe what this one writes. */
  readonly pipes: boolean;
  readonly stdin: string;
  readonly wander: SpawnOptions["wander"];
}

const ms = 1_000_000;

/** One to four programs, or five if the last two belong together. */
export function drawPrograms(
  hosts: readonly string[],
  seed: number,
  roll: Dice,
): readonly PlannedProgram[] {
  const programs: PlannedProgram[] = [];
  for (let left = 1 + roll(3); left > 0; left--) {
    programs.push(...drawKind(programs.length, hosts, seed, roll));
  }
  return programs;
}

/** Most are churners: they do to their memory all that can be done. */
function drawKind(
  first: number,
  hosts: readonly string[],
  seed: number,
  roll: Dice,
): readonly PlannedProgram[] {
  const one = (argv: readonly string[], stdin = ""): PlannedProgram => ({
    on: pick(hosts, roll),
    argv,
    partner: null,
    pipes: false,
    stdin,
    wander: roll(4) === 0 ? drawWander(roll) : undefined,
  });
  switch (roll(9)) {
    case 0:
      return [one(["toucher", "512KiB", "256KiB", "64KiB", `${400 + roll(400)}`])];
    case 1:
      return [one(["sort", "-n"], lines(200 + roll(2_000), roll))];
    case 2: {
      const from = { ...one(["count", `${50 + roll(100)}`, "2ms"]), partner: first + 1 };
      return [
        { ...from, pipes: true },
        { ...one(["sort", "-rn"]), partner: first },
      ];
    }
    case 3: {
      const [name, calls] = [`ping${first}`, `${100 + roll(200)}`];
      const server = { ...one(["ponger", calls, name]), partner: first + 1 };
      return [server, { ...one(["pinger", calls, name]), partner: first }];
    }
    default: {
      const threads = 1 + (roll(2) === 0 ? roll(4) : 0);
      const pages = pick([4, 8, 16, 32], roll);
      const steps = 200 + roll(300);
      return [one(["churn", `${seed * 8 + first}`, ...[steps, threads, pages].map(String)])];
    }
  }
}

function drawWander(roll: Dice): SpawnOptions["wander"] {
  return { periodNs: (2 + roll(30)) * ms, strategy: pick(strategies, roll).name };
}

function lines(count: number, roll: Dice): string {
  return Array.from({ length: count }, () => `${roll(1_000_000)}\n`).join("");
}

/** `moving`: else nobody wanders, and all hosts are as they are in the plan. */
export async function startPrograms(
  cluster: Cluster,
  programs: readonly PlannedProgram[],
  moving: boolean,
): Promise<void> {
  let pipe = 0;
  for (const [place, { on, argv, partner, pipes, stdin, wander }] of programs.entries()) {
    const reader = pipes && partner !== null ? programs[partner] : undefined;
    const reads = programs[place - 1]?.pipes === true;
    const streams = reads ? [`0|${pipe}`] : [];
    if (reader) {
      pipe = cluster.makePipe(reader.on, on);
      streams.push(`1|${pipe}`);
    }
    await cluster.spawn(on, argv, {
      streams,
      ...(reads ? {} : { stdin }),
      ...(moving && wander ? { wander } : {}),
    });
  }
}

/** What a program has printed, without what depends on where it was. */
export function comparable(argv: readonly string[], output: string): string {
  return argv[0] === "pinger" ? output.replace(/ h\d+$/gm, "") : output;
}
