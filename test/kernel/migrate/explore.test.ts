// Goal: whatever is late, repeated or dead, a task runs on one host at most, and in the end either on
// the one that its home names, or nowhere because its home knows it dead.
// Method: every history within the bounds, by breadth-first search; then the same with planted bugs.

import test from "ava";
import { homeStep } from "../../../kernel/task/home.ts";
import { sourceStep } from "../../../kernel/migrate/source.ts";
import { targetStep } from "../../../kernel/migrate/target.ts";
import { type Exploration, explore, type Machines, type Plan, realMachines } from "./explore.ts";

const small: Plan = {
  homeOn: "own",
  repeats: 2,
  attempts: 1,
  settles: false,
  order: "any",
};

const plans: readonly (readonly [string, Plan])[] = [
  ["home on a host of its own, two repeats", small],
  ["home on the source, two repeats", { ...small, homeOn: "source" }],
  ["home on the target, two repeats", { ...small, homeOn: "target" }],
  ["owed pages are fetched first, one repeat", { ...small, repeats: 1, settles: true }],
  ["two attempts, no repeats", { ...small, repeats: 0, attempts: 2 }],
  ["two attempts, home on the source", { ...small, homeOn: "source", repeats: 0, attempts: 2 }],
  ["links in order, two attempts", { ...small, repeats: 0, attempts: 2, order: "fifo" }],
];

for (const [what, plan] of plans) {
  test(`explore: ${what}, any host may die: one copy or a task known dead`, (t) => {
    const { states, ends, endings, violation } = explore(plan);
    t.is(violation, undefined);
    t.log(`${states} states, ${ends} ends: ${[...endings].sort().join("; ")}`);
    t.true(endings.has("owned by 2: runs on 2"), "some histories move the task");
    t.true(endings.has("owned by 1: runs on 1"), "some histories leave it where it was");
    t.true(
      [...endings].some((name) => name.startsWith("ended")),
      "in some it dies",
    );
  });
}

function withBug(bug: Partial<Machines>, change: Partial<Plan> = {}): Exploration {
  return explore({ ...small, repeats: 0, ...change }, { ...realMachines, ...bug });
}

test("explore: planted: the source thaws while committing: found", (t) => {
  const source: Machines["source"] = (state, event, now) => {
    if (state.at !== "committing" || event.on !== "target-dead")
      return sourceStep(state, event, now);
    const { plan } = state;
    return { state: { at: "over", plan }, effects: [{ do: "send-abort" }, { do: "thaw" }] };
  };
  t.regex(withBug({ source }).violation ?? "", /the source runs what it has given away/);
  const impatient: Machines["source"] = (state, event, now) =>
    state.at === "committing" && event.on === "tick"
      ? { state: { at: "over", plan: state.plan }, effects: [{ do: "thaw" }] }
      : sourceStep(state, event, now);
  t.regex(withBug({ source: impatient }).violation ?? "", /given away|two runnable/);
});

test("explore: planted: the target runs its copy on a timeout: found", (t) => {
  const target: Machines["target"] = (state, event, now) =>
    state.at === "prepared" && event.on === "tick"
      ? { state: { at: "active", plan: state.plan }, effects: [{ do: "activate" }] }
      : targetStep(state, event, now);
  t.regex(withBug({ target }).violation ?? "", /two runnable copies|runs what is not its own/);
});

test("explore: planted: the target drops its copy when the source dies: found", (t) => {
  const target: Machines["target"] = (state, event, now) =>
    state.at === "prepared" && event.on === "source-dead"
      ? { state: { at: "dropped", plan: state.plan }, effects: [{ do: "drop" }] }
      : targetStep(state, event, now);
  t.regex(withBug({ target }).violation ?? "", /^a bad end: owned by 2: runs on none/);
});

test("explore: planted: COMMIT is sent once only: found", (t) => {
  const source: Machines["source"] = (state, event, now) =>
    state.at === "committing" && event.on === "tick"
      ? { state, effects: [] }
      : sourceStep(state, event, now);
  t.regex(withBug({ source }).violation ?? "", /^a bad end: owned by 1: runs on none/);
});

test("explore: planted: the home gives the task to a target that it knows dead: found", (t) => {
  const home: Machines["home"] = (records, event) =>
    homeStep(records, event.on === "commit" ? { ...event, targetIsDead: false } : event);
  t.regex(withBug({ home }).violation ?? "", /^a bad end: owned by 2: runs on none/);
});
