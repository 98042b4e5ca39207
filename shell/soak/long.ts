// `npm run soak:long`: all that random worlds can find, a line for each part (docs/forwarding.md,
// docs/migration.md).
//
//   soak:long                                 all three, as below
//   soak:long -- ports [SEEDS [POLICY…]]      worlds of ports, 2,000 for each policy
//   soak:long -- histories [COUNT [FIRST]]    1,000 histories of moves and faults
//   soak:long -- ledgers [COUNT [FIRST]]      1,000 crashes, each against the ledgers of its moment
//
// A failure is printed with the command that runs its seed alone; after a break go on at a later FIRST.

import { type LocationName, locationNames } from "../../ports/index.ts";
import { endingOf, exitStatus, refuseUsage, say } from "../exit-status.ts";
import { formatCount, parseCount } from "../units.ts";
import { makeHistory } from "./history-plan.ts";
import { tellStep } from "./history-step.ts";
import { type HistoryRun, runHistory } from "./history.ts";
import { checkLedgerHistory } from "./ledger-history.ts";
import { soak } from "./soak.ts";

const parts = {
  ports: (words: readonly string[]) => soakPorts(words),
  histories: (words: readonly string[]) => soakHistories(words),
  ledgers: (words: readonly string[]) => soakLedgers(words),
} as const;

type Part = keyof typeof parts;

async function main(words: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  let wrong = 0;
  if (first === undefined) for (const part of Object.values(parts)) wrong += await part([]);
  else if (first in parts) wrong = await parts[first as Part](rest);
  else throw refuseUsage(`soak:long: expected ${Object.keys(parts).join(", ")}, got ${first}`);
  console.log(wrong === 0 ? "no violation" : `${formatCount(wrong)} violations`);
  return wrong === 0 ? exitStatus.ok : exitStatus.failed;
}

function countIn(word: string | undefined, otherwise: number): number {
  const count = parseCount(word ?? String(otherwise), { min: 1, max: 1_000_000_000 });
  if ("wrong" in count) throw refuseUsage(`soak:long: ${word ?? ""} is not ${count.wrong}`);
  return count.value;
}

async function soakPorts([count, ...asked]: readonly string[]): Promise<number> {
  const seeds = countIn(count, 2_000);
  const unknown = asked.find((name) => !locationNames.some((policy) => policy === name));
  if (unknown !== undefined) {
    throw refuseUsage(`soak:long: expected a policy (${locationNames.join(", ")}), got ${unknown}`);
  }
  let violations = 0;
  for (const location of locationNames) {
    if (asked.length === 0 || asked.includes(location)) {
      violations += await soakPolicy(location, seeds);
    }
  }
  return violations;
}

async function soakPolicy(location: LocationName, seeds: number): Promise<number> {
  const report = await soak({ seeds, firstSeed: 1, location, plant: null });
  const { messages, moves, crashes, violations, firstFailure } = report;
  const counts = [
    `${formatCount(report.seeds)} seeds`,
    `${formatCount(messages)} messages`,
    `${formatCount(moves)} moves`,
    `${formatCount(crashes)} crashes`,
    `${formatCount(violations)} violations`,
  ];
  console.log(`${location.padEnd(9)}  ${counts.join(", ")}`);
  if (firstFailure) console.log(`           ${firstFailure.checker}: ${firstFailure.replay}`);
  return violations;
}

async function soakHistories([count, from]: readonly string[]): Promise<number> {
  const total = { histories: 0, moves: 0, notMoved: 0, crashes: 0, hurt: 0, failed: 0 };
  for (const seed of seedsOf(count, from)) {
    const run = await runHistory(makeHistory(seed));
    total.histories++;
    for (const name of ["moves", "notMoved", "crashes", "hurt"] as const) total[name] += run[name];
    if (run.problems.length > 0) total.failed++;
    tellHistory(seed, run, count === "1");
    tellProgress(total.histories, seed);
  }
  const counts = [
    `${formatCount(total.histories)} seeds`,
    `${formatCount(total.moves)} moves`,
    `${formatCount(total.notMoved)} refused or undone`,
    `${formatCount(total.crashes)} crashes`,
    `${formatCount(total.hurt)} programs hurt`,
    `${formatCount(total.failed)} violations`,
  ];
  console.log(`histories  ${counts.join(", ")}`);
  return total.failed;
}

function* seedsOf(count: string | undefined, from: string | undefined): Generator<number> {
  const first = countIn(from, 1);
  for (let seed = first; seed < first + countIn(count, 1_000); seed++) yield seed;
}

/** After a break it can go on from there. */
function tellProgress(count: number, seed: number): void {
  if (count % 100 === 0) console.log(`           … ${formatCount(count)}, up to seed ${seed}`);
}

/** A failure; and of one that is run alone, all that it consists of. */
function tellHistory(seed: number, { problems }: HistoryRun, alone: boolean): void {
  if (alone) {
    const { options, programs, steps } = makeHistory(seed);
    console.log(JSON.stringify(options));
    for (const { on, argv } of programs) console.log(`@${on} ${argv.join(" ")}`);
    for (const step of steps) console.log(tellStep(step));
  }
  for (const problem of problems) console.log(`           ${problem}`);
  if (problems.length > 0) console.log(`           npm run soak:long -- histories 1 ${seed}`);
}

async function soakLedgers([count, from]: readonly string[]): Promise<number> {
  let [trials, failed] = [0, 0];
  for (const seed of seedsOf(count, from)) {
    const found = await checkLedgerHistory(seed);
    tellProgress(++trials, seed);
    if (found.length === 0) continue;
    failed++;
    for (const { rule, sentence } of found) console.log(`           ${rule}: ${sentence}`);
    console.log(`           npm run soak:long -- ledgers 1 ${seed}`);
  }
  console.log(
    `ledgers    ${formatCount(trials)} crashes, ${formatCount(failed)} that the ledgers do not explain`,
  );
  return failed;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { status, line } = endingOf(error);
  say(line);
  process.exitCode = status;
}
