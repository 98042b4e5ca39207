// Goal: each strategy is what the literature says it is, as decisions about pages; and pre-copy stops
// when a further round does not help.
// Method: ask the table; and check the rule of the rounds with random figures.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import {
  strategies,
  strategyDefault,
  strategyNamed,
  tuningDefaults,
} from "../../../kernel/migrate/strategies/index.ts";

const anonymous = { kind: "anonymous", page: 7 } as const;
const file = { kind: "file", page: 7 } as const;

test("strategies: seven, with names and sentences of their own, the default among them", (t) => {
  t.is(new Set(strategies.map(({ name }) => name)).size, 7);
  t.is(new Set(strategies.map(({ doc }) => doc)).size, 7);
  t.truthy(strategyNamed(strategyDefault));
  t.is(strategyNamed("magic"), undefined);
});

//   strategy             anonymous  of a file    copied in rounds
const rows = [
  ["eager-all", "sent", "sent", null],
  ["eager-dirty", "sent", "refetched", null],
  ["pre-copy", "sent", "sent", "sent"],
  ["copy-on-reference", "left", "refetched", null],
  ["flush", "swapped", "refetched", "swapped"],
  ["post-copy", "left", "refetched", null],
  ["hybrid", "left", "refetched", "sent"],
] as const;

for (const [name, ofAnonymous, ofFile, copied] of rows) {
  test(`strategies: ${name}: where its pages go`, (t) => {
    const strategy = strategyNamed(name);
    t.is(strategy?.place(anonymous), ofAnonymous);
    t.is(strategy?.place(file), ofFile);
    t.is(strategy?.rounds?.copies(anonymous) ?? null, copied);
    t.is(strategy?.pushes, name === "post-copy" || name === "hybrid");
  });
}

test("strategies: who leaves nothing on earlier hosts: fetches what they owe", (t) => {
  for (const { name, place, rounds, fetchesOwed } of strategies) {
    t.is(fetchesOwed, place(anonymous) !== "left" || rounds !== null, name);
  }
});

testProp(
  "strategies: pre-copy: another round only if there is room for one and the last one helped",
  [fc.integer({ min: 1, max: 12 }), fc.nat(5_000), fc.nat(5_000)],
  (t, round, before, dirty) => {
    const rules = strategyNamed("pre-copy")?.rounds;
    const goesOn = rules?.goesOn({ round, before, dirty, tuning: tuningDefaults }) ?? true;
    const isDone = dirty <= tuningDefaults.stopPages || round >= tuningDefaults.rounds;
    t.is(goesOn, !isDone && dirty < 0.9 * before);
  },
);
