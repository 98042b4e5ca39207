// `npm run soak:long`: many seeds under each policy, a line each. They stand in docs/forwarding.md.

import { type LocationName, locationNames } from "../../ports/index.ts";
import { formatCount } from "../units.ts";
import { soak } from "./soak.ts";

const seedsDefault = 2_000;
const seeds = Number(process.argv[2] ?? seedsDefault);

async function main(): Promise<number> {
  let violations = 0;
  for (const location of locationNames) violations += await soakPolicy(location);
  console.log(violations === 0 ? "no violation" : `${formatCount(violations)} violations`);
  return violations === 0 ? 0 : 1;
}

async function soakPolicy(location: LocationName): Promise<number> {
  const report = await soak({ seeds, firstSeed: 1, location, plant: null });
  const { messages, moves, crashes, violations, firstFailure } = report;
  const counts = [
    `${formatCount(report.seeds)} seeds`,
    `${formatCount(messages)} messages`,
    `${formatCount(moves)} moves`,
    `${formatCount(crashes)} crashes`,
    `${formatCount(violations)} violations`,
  ];
  console.log(`${location.padEnd(8)}  ${counts.join(", ")}`);
  if (firstFailure) console.log(`          ${firstFailure.checker}: ${firstFailure.replay}`);
  return violations;
}

process.exitCode = await main();
