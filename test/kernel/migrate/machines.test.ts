// Goal: source and target answer every event in every state, and do only what their picture says.
// Method: the whole table of state × event, written out; whatever is not in it changes nothing.

import test from "ava";
import { type SourceEvent, type SourceState, sourceStep } from "../../../kernel/migrate/source.ts";
import { type TargetEvent, type TargetState, targetStep } from "../../../kernel/migrate/target.ts";

const plan = {
  move: "h1.1.1",
  pid: 10_001,
  to: 2,
  home: 3,
  epoch: 0,
  strategy: "",
  toIncarnation: 0,
};
const sources: Readonly<Record<string, SourceState>> = {
  reserving: { at: "reserving", plan, until: 10 },
  precopying: { at: "precopying", plan },
  settling: { at: "settling", plan },
  transferring: { at: "transferring", plan },
  committing: { at: "committing", plan, repeatAt: 10 },
  "handed-over": { at: "handed-over", plan },
  over: { at: "over", plan },
};
const sourceEvents: Readonly<Record<string, SourceEvent>> = {
  reserved: { on: "reserved", incarnation: 7 },
  refused: { on: "refused", reason: "why" },
  settled: { on: "settled" },
  "another round": { on: "copied", next: "round" },
  "last round": { on: "copied", next: "freeze" },
  prepared: { on: "prepared" },
  committed: { on: "verdict", verdict: "committed" },
  aborted: { on: "verdict", verdict: "aborted" },
  open: { on: "verdict", verdict: "open" },
  activated: { on: "activated" },
  inquired: { on: "inquired" },
  "target-dead": { on: "target-dead" },
  "home-declared": { on: "home-declared" },
  "task-ended": { on: "task-ended" },
  tick: { on: "tick" },
};
const back = "send-abort thaw report";

/** state, event → state: effects. Late ticks; an early one changes nothing anywhere. */
const sourceTable: readonly string[] = [
  "reserving, reserved → settling: settle",
  "reserving, refused → over: report",
  "reserving, target-dead → reserving: send-reserve",
  "reserving, home-declared → over: send-abort report",
  "reserving, task-ended → over: send-abort report",
  "reserving, tick → over: send-abort report",
  "precopying, refused → over: send-abort report",
  "precopying, another round → precopying: copy-round",
  "precopying, last round → settling: settle",
  "precopying, target-dead → over: send-abort report",
  "precopying, home-declared → over: send-abort report",
  "precopying, task-ended → over: send-abort report",
  "settling, refused → over: send-abort report",
  "settling, settled → transferring: transfer",
  "settling, target-dead → over: send-abort report",
  "settling, home-declared → over: send-abort report",
  "settling, task-ended → over: send-abort report",
  `transferring, refused → over: ${back}`,
  "transferring, prepared → committing: send-commit tick-at",
  `transferring, target-dead → over: ${back}`,
  `transferring, home-declared → over: ${back}`,
  "committing, committed → handed-over: hand-over",
  `committing, aborted → over: ${back}`,
  "committing, home-declared → over: send-abort kill report",
  "committing, tick → committing: send-commit tick-at",
  "handed-over, activated → over: ",
  "handed-over, target-dead → over: ",
  "over, inquired → over: send-abort",
];

interface Step {
  readonly state: { readonly at: string };
  readonly effects: readonly { readonly do: string }[];
}

/** All cells of the table that change or do something. */
function cells<S extends { readonly at: string }, E>(
  states: Readonly<Record<string, S>>,
  events: Readonly<Record<string, E>>,
  step: (state: S, event: E, now: number) => Step,
  now: number,
): string[] {
  return Object.entries(states).flatMap(([from, state]) =>
    Object.entries(events).flatMap(([on, event]) => {
      const { state: to, effects } = step(state, event, now);
      if (to === (state as Step["state"]) && effects.length === 0) return [];
      return [`${from}, ${on} → ${to.at}: ${effects.map((effect) => effect.do).join(" ")}`];
    }),
  );
}

test("source: every event in every state: as the table says, and nothing else", (t) => {
  t.deepEqual(cells(sources, sourceEvents, sourceStep, 10), sourceTable);
});

test("source: tick before its time: nothing", (t) => {
  const late = sourceTable.filter((row) => !row.includes(", tick →"));
  t.deepEqual(cells(sources, sourceEvents, sourceStep, 9), late);
});

test("source: it thaws alone only where COMMIT was not sent", (t) => {
  const thaws = sourceTable.filter((row) => row.includes("thaw"));
  t.deepEqual(
    thaws.map((row) => row.split(" →")[0]),
    [
      "transferring, refused",
      "transferring, target-dead",
      "transferring, home-declared",
      "committing, aborted",
    ],
  );
});

test("source: target's incarnation: kept from its answer, for the home to compare", (t) => {
  const { state } = sourceStep(
    sources["reserving"] as SourceState,
    sourceEvents["reserved"] as SourceEvent,
    1,
  );
  t.is(state.plan.toIncarnation, 7);
});

const arrival = { move: "h1.1.1", pid: 10_001, from: 1, fromIncarnation: 1, home: 3, epoch: 0 };
const targets: Readonly<Record<string, TargetState>> = {
  reserved: { at: "reserved", plan: arrival },
  prepared: { at: "prepared", plan: arrival },
  "in-doubt": { at: "in-doubt", plan: arrival, askAt: 10 },
  active: { at: "active", plan: arrival },
  dropped: { at: "dropped", plan: arrival },
};
const targetEvents: Readonly<Record<string, TargetEvent>> = {
  image: { on: "image", refusal: null },
  "bad image": { on: "image", refusal: "why" },
  activate: { on: "activate" },
  abort: { on: "abort" },
  "source-dead": { on: "source-dead" },
  "home-declared": { on: "home-declared" },
  committed: { on: "verdict", verdict: "committed" },
  aborted: { on: "verdict", verdict: "aborted" },
  open: { on: "verdict", verdict: "open" },
  tick: { on: "tick" },
};

const targetTable: readonly string[] = [
  "reserved, image → prepared: send-prepared",
  "reserved, bad image → dropped: drop send-refused",
  "reserved, abort → dropped: drop",
  "reserved, source-dead → dropped: drop",
  "prepared, activate → active: activate",
  "prepared, abort → dropped: drop",
  "prepared, source-dead → in-doubt: ask-home tick-at",
  "prepared, home-declared → prepared: ",
  "in-doubt, activate → active: activate",
  "in-doubt, home-declared → dropped: give-up drop",
  "in-doubt, committed → active: activate",
  "in-doubt, aborted → dropped: drop",
  "in-doubt, tick → in-doubt: ask-home tick-at",
];

test("target: every event in every state: as the table says, and nothing else", (t) => {
  t.deepEqual(cells(targets, targetEvents, targetStep, 10), targetTable);
});

test("target: its home was declared dead before its source died: nobody is asked", (t) => {
  const { state } = targetStep(targets["prepared"] as TargetState, { on: "home-declared" }, 1);
  const { state: after, effects } = targetStep(state, { on: "source-dead" }, 1);
  t.is(after.at, "dropped");
  t.deepEqual(
    effects.map((effect) => effect.do),
    ["give-up", "drop"],
  );
});

test("target: once prepared, no time makes it run or drop its copy", (t) => {
  for (const name of ["prepared", "in-doubt"]) {
    const { state, effects } = targetStep(targets[name] as TargetState, { on: "tick" }, 1e15);
    t.true(["prepared", "in-doubt"].includes(state.at));
    t.false(effects.some((effect) => effect.do === "activate" || effect.do === "drop"));
  }
});
