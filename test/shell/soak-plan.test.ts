// Goal: plans of the soak are worlds worth running, the same for a seed every time, and shorten well.
// Method: properties over seeds; shrinking with predicates whose least failing plan is known.

import { fc, testProp } from "@fast-check/ava";
import test from "ava";
import { locationNames } from "../../ports/index.ts";
import { makePlan, type Plan, policyOfSeed } from "../../shell/soak/plan.ts";
import { shrink } from "../../shell/soak/shrink.ts";
import { lineOf, type Step } from "../../shell/soak/step.ts";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const count = (plan: Plan, ...deeds: readonly string[]): number =>
  plan.steps.filter((step) => deeds.includes(step.do)).length;

testProp("soak: any seed: 2 to 6 hosts, 40 messages and 4 moves at least", [seeds], (t, seed) => {
  const plan = makePlan(seed, "redirect");
  t.true(plan.hosts >= 2 && plan.hosts <= 6);
  t.true(count(plan, "message") >= 40);
  t.true(count(plan, "move", "migrate") >= 4);
  t.true(count(plan, "port") >= 2);
});

testProp("soak: any seed: its plan is the same every time", [seeds], (t, seed) => {
  t.deepEqual(makePlan(seed, "home"), makePlan(seed, "home"));
});

testProp("soak: any seed: steps stand in the order of their times", [seeds], (t, seed) => {
  const times = makePlan(seed, "relay").steps.map(({ at }) => at);
  t.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

testProp("soak: any seed: each port and right has a name of its own", [seeds], (t, seed) => {
  const { steps } = makePlan(seed, "relay");
  const names = steps.flatMap((step) =>
    step.do === "port" ? [step.port] : step.do === "right" ? [step.right] : [],
  );
  t.is(new Set(names).size, names.length);
});

test("soak: a hundred seeds: crashes, cuts one way, pauses, requests and jobs all occur", (t) => {
  const plans = Array.from({ length: 100 }, (_, seed) => makePlan(seed, "redirect"));
  const steps = plans.flatMap((plan) => plan.steps);
  const has = (fits: (step: Step) => boolean): void => void t.true(steps.some(fits));
  for (const what of ["crash", "restart", "pause", "migrate", "drop", "destroy", "answer"]) {
    has((step) => step.do === what);
  }
  has((step) => step.do === "cut" && step.oneWay);
  has((step) => step.do === "cut" && !step.oneWay);
  has((step) => step.do === "message" && step.reply !== undefined);
  has((step) => step.do === "message" && step.carry !== undefined);
});

test("soak: policies: seed S has the policy S mod 5", (t) => {
  t.deepEqual(
    [5, 6, 7, 8, 9].map((seed) => policyOfSeed(seed)),
    [...locationNames],
  );
});

test("soak: a plan fails for two of its steps: shrinking leaves these two, no faults, two hosts", async (t) => {
  const plan = makePlan(3, "redirect");
  const [first] = plan.steps.filter((step) => step.do === "message");
  const last = plan.steps.findLast((step) => step.do === "move");
  const texts = [first, last].map((step) => step && lineOf(step).split(" ").slice(0, 5).join(" "));
  const fails = (candidate: Plan): Promise<boolean> => {
    const lines = candidate.steps.map((step) => lineOf(step).split(" ").slice(0, 5).join(" "));
    return Promise.resolve(
      candidate.hosts >= 2 && texts.every((text) => lines.includes(text ?? "")),
    );
  };
  const shorter = await shrink(plan, fails);
  t.is(shorter.steps.length, 2);
  t.deepEqual(shorter.net, {});
  t.true(await fails(shorter));
});

test("soak: a plan that fails whatever its steps are: shrinking leaves one host and one step", async (t) => {
  const shorter = await shrink(makePlan(5, "redirect"), () => Promise.resolve(true));
  t.is(shorter.hosts, 1);
  t.true(shorter.steps.length <= 1);
});
