// `npm run soak:long [-- SEEDS [POLICY…]]`: many seeds under each policy, a line each. They stand in
// docs/forwarding.md.

import { type LocationName, locationNames } from "../../ports/index.ts";
import { exitStatus } from "../exit-status.ts";
import { formatCount, parseCount } from "../units.ts";
import { soak } from "./soak.ts";

const seedsDefault = "2000";

async function main(): Promise<number> {
  const seeds = parseCount(process.argv[2] ?? seedsDefault, { min: 1, max: 1_000_000_000 });
  if ("wrong" in seeds) {
    console.error(`expected a number of seeds: ${seeds.wrong}`);
    return exitStatus.usage;
  }
  const asked = process.argv.slice(3);
  const unknown = asked.find((name) => !locationNames.some((policy) => policy === name));
  if (unknown !== undefined) {
    console.error(`expected a policy (${locationNames.join(", ")}), got ${unknown}`);
    return exitStatus.usage;
  }
  const policies = locationNames.filter((name) => asked.length === 0 || asked.includes(name));
  let violations = 0;
  for (const location of policies) violations += await soakPolicy(location, seeds.value);
  console.log(violations === 0 ? "no violation" : `${formatCount(violations)} violations`);
  return violations === 0 ? exitStatus.ok : exitStatus.failed;
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
  console.log(`${location.padEnd(8)}  ${counts.join(", ")}`);
  if (firstFailure) console.log(`          ${firstFailure.checker}: ${firstFailure.replay}`);
  return violations;
}

process.exitCode = await main();
