// `npm run explore`: every history of a move within the full bounds, counted; then the planted bugs,
// each with the shortest way to it. Ends with status 1 if a rule is broken, or a bug is not found.
//
//   npm run explore                all plans and all bugs
//   npm run explore -- home        only those whose name contains the word
//   npm run explore -- --small     the bounds of the tests

import { type Bug, bugs, impatientMachines } from "./explore-bugs.ts";
import { type Machines, realMachines } from "./explore-state.ts";
import { bugPlans, fullPlans, smallPlans } from "./explore-plans.ts";
import { explore, type Exploration, type Violation } from "./explore-search.ts";
import { storyOf } from "./explore-story.ts";
import type { Plan } from "./explore-world.ts";

const [options, words] = [true, false].map((option) =>
  process.argv.slice(2).filter((word) => word.startsWith("--") === option),
) as [string[], string[]];
const wanted = (name: string): boolean => words.every((word) => name.includes(word));
const say = (text: string): void => void process.stdout.write(`${text}\n`);

function counts({ states, transitions, depth }: Exploration, milliseconds: number): string {
  const number = (value: number): string => value.toLocaleString("en");
  const time = `${(milliseconds / 1000).toFixed(1)} s`;
  return `${number(states)} states, ${number(transitions)} transitions, depth ${depth}, ${time}`;
}

function check(name: string, plan: Plan, machines: Machines = realMachines): boolean {
  const before = performance.now();
  const result = explore(plan, machines);
  say(`${name}\n  ${counts(result, performance.now() - before)}`);
  for (const [end, count] of [...result.ends].sort(([a], [b]) => (a < b ? -1 : 1)))
    say(`  ${count} ends: ${end}`);
  if (result.violation) storyOf(result.violation).forEach(say);
  return result.violation === null;
}

function hunt({ name, found, machines }: Bug): boolean {
  say(`planted: ${name}`);
  const violation = shortest(machines, found);
  if (!violation) {
    say("  NOT FOUND");
    return false;
  }
  storyOf(violation).forEach(say);
  return true;
}

function shortest(machines: Machines, wanted: RegExp): Violation | undefined {
  const ways = Object.values(bugPlans).flatMap(
    (plan) => explore(plan, machines, wanted).violation ?? [],
  );
  return ways.toSorted((a, b) => a.path.length - b.path.length)[0];
}

const plans = Object.entries(options.includes("--small") ? smallPlans : fullPlans);
const impatient = "no mistake: a source that thaws alone before it has sent COMMIT";
const good = [
  ...plans.filter(([name]) => wanted(name)).map(([name, plan]) => check(name, plan)),
  ...Object.values(bugPlans)
    .filter(() => wanted(impatient))
    .map((plan) => check(impatient, plan, impatientMachines)),
  ...bugs.filter(({ name }) => wanted(name)).map(hunt),
];
say(good.every(Boolean) ? "All rules hold, and every planted bug was found." : "FAILED");
process.exitCode = good.every(Boolean) ? 0 : 1;
