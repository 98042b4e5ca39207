// Goal: whatever is late, lost, repeated or dead, a task runs on one host at most, and comes to rest:
// it runs where its home says, or is lost with its owner. Method: every history within small bounds,
// by the code of `npm run explore`; then the same with planted bugs, each of which has to be found.

import test from "ava";
import { bugs, impatientMachines } from "./explore-bugs.ts";
import { realMachines } from "./explore-state.ts";
import { bugPlans, smallPlans } from "./explore-plans.ts";
import { explore, type Violation } from "./explore-search.ts";
import { storyOf } from "./explore-story.ts";

const storyText = (violation: Violation | null): string =>
  violation ? storyOf(violation).join("\n") : "";

for (const [what, plan] of Object.entries(smallPlans)) {
  test(`explore: ${what}: one copy at most, and every history comes to rest`, (t) => {
    const { states, transitions, depth, ends, violation } = explore(plan, realMachines);
    t.is(storyText(violation), "");
    t.log(`${states} states, ${transitions} transitions, depth ${depth}`);
    const names = [...ends.keys()];
    t.true(names.includes("runs on h2"), "some histories move the task");
    t.true(names.includes("runs on h1"), "some leave it where it was, or bring it back");
    if (plan.crashes > 0)
      t.true(
        names.some((name) => name.startsWith("lost with")),
        "some lose it",
      );
  });
}

for (const [what, plan] of Object.entries(bugPlans)) {
  test(`explore: a source that thaws alone before COMMIT, ${what}: breaks no rule`, (t) => {
    t.is(storyText(explore(plan, impatientMachines).violation), "");
  });
}

for (const { name, found, machines } of bugs) {
  test(`explore: planted: ${name}: found`, (t) => {
    const ways = Object.values(bugPlans).flatMap(
      (plan) => explore(plan, machines, found).violation ?? [],
    );
    t.true(ways.length > 0);
    const [first] = ways.toSorted((a, b) => a.path.length - b.path.length);
    if (first) t.log(`\n${storyText(first)}`);
  });
}

test("explore: the shortest way to a roll-forward by the target: five steps", (t) => {
  const bug = bugs.find(({ name }) => name.startsWith("roll-forward by the target"));
  const plan = bugPlans["one attempt"];
  if (!bug || !plan) throw new Error("no such bug, or no such plan");
  t.deepEqual(storyText(explore(plan, bug.machines).violation).split("\n"), [
    "  1. h1 is told to move the task to h2: sends reserve of h1.1.1 to h2",
    "  2. h2 gets reserve of h1.1.1 from h1: its arrival is reserved; sends reserved of h1.1.1 to h1",
    "  3. h1 gets reserved of h1.1.1 from h2: its copy stands still; sends image of h1.1.1 to h2",
    "  4. h2 gets image of h1.1.1 from h1: its arrival is prepared; sends prepared of h1.1.1 to h1",
    "  5. h2 has waited long enough for h1.1.1: its copy runs; sends activated of h1.1.1 to h1",
    "     h2 runs what its home says is owned on h1",
  ]);
});
