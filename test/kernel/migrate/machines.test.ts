// Goal: source and target answer every event in every state, and do only what their picture says.
// Method: the whole table of state × event, written out; whatever is not in it changes nothing.

import test from "ava";
import { sourceStep } from "../../../kernel/migrate/source.ts";
import type { SourceEvent, SourceState } from "../../../kernel/migrate/source-states.ts";
import { type TargetEvent, type TargetState, targetStep } from "../../../kernel/migrate/target.ts";

const members = [
  { pid: 10_001, epoch: 0 },
  { pid: 10_002, epoch: 3 },
];
const why = { rule: "no-memory", object: "host h2", detail: "is full" } as const;
const plan = {
  move: "h1.1.1",
  members,
  to: 2,
  home: 3,
  strategy: "",
  toIncarnation: 0,
};
const sources: Readonly<Record<string, SourceState>> = {
  reserving: { at: "reserving", plan, until: 10 },
  precopying: { at: "precopying", plan },
  settling: { at: "settling", plan },
  transferring: { at: "transferring", plan },
  committing: { at: "committing", plan, repeatAt: 10 },
  disowned: { at: "committing", plan, repeatAt: 10, disowned: true },
  unheard: { at: "committing", plan, repeatAt: 10, unheard: true },
  "handed-over": { at: "handed-over", plan },
  over: { at: "over", plan },
};
const sourceEvents: Readonly<Record<string, SourceEvent>> = {
  reserved: { on: "reserved", incarnation: 7 },
  refused: { on: "refused", refusal: why },
  settled: { on: "settled" },
  "another round": { on: "copied", next: "round" },
  "last round": { on: "copied", next: "freeze" },
  prepared: { on: "prepared" },
  committed: { on: "verdict", verdict: "committed" },
  aborted: { on: "verdict", verdict: "aborted" },
  open: { on: "verdict", verdict: "open" },
  activated: { on: "activated" },
  "disowned by home": { on: "disowned", by: "home" },
  "disowned by target": { on: "disowned", by: "target" },
  "target-dead": { on: "target-dead" },
  "home-declared": { on: "home-declared" },
  "one has ended": { on: "members", members: members.slice(1) },
  "all have ended": { on: "members", members: [] },
  tick: { on: "tick" },
};
const back = "send-abort thaw report";

/** state, event → state: effects. Late ticks; an early one changes nothing anywhere. */
const sourceTable: readonly string[] = [
  "reserving, reserved → settling: settle",
  "reserving, refused → over: report",
  "reserving, target-dead → reserving: send-reserve",
  "reserving, home-declared → over: send-abort report",
  "reserving, one has ended → reserving: ",
  "reserving, all have ended → over: send-abort report",
  "reserving, tick → over: send-abort report",
  "precopying, refused → over: send-abort report",
  "precopying, another round → precopying: copy-round",
  "precopying, last round → settling: settle",
  "precopying, target-dead → over: send-abort report",
  "precopying, home-declared → over: send-abort report",
  "precopying, one has ended → precopying: ",
  "precopying, all have ended → over: send-abort report",
  "settling, refused → over: send-abort report",
  "settling, settled → transferring: transfer",
  "settling, target-dead → over: send-abort report",
  "settling, home-declared → over: send-abort report",
  "settling, one has ended → settling: ",
  "settling, all have ended → over: send-abort report",
  `transferring, refused → over: ${back}`,
  "transferring, prepared → committing: send-commit tick-at",
  "transferring, disowned by home → over: send-abort disown report",
  `transferring, target-dead → over: ${back}`,
  `transferring, home-declared → over: ${back}`,
  "committing, committed → handed-over: hand-over",
  `committing, aborted → over: ${back}`,
  "committing, disowned by home → committing: send-inquire",
  "committing, disowned by target → committing: ",
  "committing, target-dead → committing: ",
  "committing, home-declared → over: send-abort kill report",
  "committing, tick → committing: send-commit tick-at",
  "disowned, refused → over: disown report",
  "disowned, committed → handed-over: hand-over",
  "disowned, aborted → over: send-abort disown report",
  "disowned, activated → over: hand-over",
  "disowned, disowned by home → committing: send-inquire",
  "disowned, disowned by target → over: disown report",
  "disowned, target-dead → over: disown report",
  "disowned, home-declared → over: send-abort kill report",
  "disowned, tick → committing: send-commit tick-at",
  "unheard, committed → handed-over: hand-over",
  `unheard, aborted → over: ${back}`,
  "unheard, disowned by home → over: disown report",
  "unheard, disowned by target → committing: ",
  "unheard, target-dead → committing: ",
  "unheard, home-declared → over: send-abort kill report",
  "unheard, tick → committing: send-commit tick-at",
  "handed-over, activated → over: ",
  "handed-over, target-dead → over: ",
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
      "unheard, aborted",
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

test("source: members: those that are left go, and no others", (t) => {
  for (const at of ["reserving", "precopying", "settling"]) {
    const left = { on: "members", members: members.slice(1) } as const;
    const { state } = sourceStep(sources[at] as SourceState, left, 1);
    t.deepEqual(state.plan.members, members.slice(1));
  }
});

const arrival = { move: "h1.1.1", members, from: 1, fromIncarnation: 1, home: 3 };
const targets: Readonly<Record<string, TargetState>> = {
  reserved: { at: "reserved", plan: arrival },
  prepared: { at: "prepared", plan: arrival },
  "in-doubt": { at: "in-doubt", plan: arrival, askAt: 10 },
  active: { at: "active", plan: arrival },
  dropped: { at: "dropped", plan: arrival },
};
const targetEvents: Readonly<Record<string, TargetEvent>> = {
  image: { on: "image", members },
  "no room": { on: "no-room", refusal: why },
  activate: { on: "activate" },
  abort: { on: "abort" },
  "source-dead": { on: "source-dead" },
  "source-asks": { on: "source-asks" },
  disowned: { on: "disowned" },
  "home-declared": { on: "home-declared" },
  committed: { on: "verdict", verdict: "committed" },
  aborted: { on: "verdict", verdict: "aborted" },
  open: { on: "verdict", verdict: "open" },
  tick: { on: "tick" },
};

const targetTable: readonly string[] = [
  "reserved, image → prepared: send-prepared",
  "reserved, no room → dropped: drop send-refused",
  "reserved, abort → dropped: drop",
  "reserved, source-dead → dropped: drop",
  "prepared, activate → active: activate",
  "prepared, abort → dropped: drop",
  "prepared, source-dead → in-doubt: ask-home tick-at",
  "prepared, source-asks → in-doubt: ask-home tick-at",
  "prepared, home-declared → prepared: ",
  "in-doubt, activate → active: activate",
  "in-doubt, source-asks → in-doubt: ask-home tick-at",
  "in-doubt, disowned → dropped: drop",
  "in-doubt, home-declared → dropped: give-up drop",
  "in-doubt, committed → active: activate",
  "in-doubt, aborted → dropped: drop",
  "in-doubt, tick → in-doubt: ask-home tick-at",
];

test("target: every event in every state: as the table says, and nothing else", (t) => {
  t.deepEqual(cells(targets, targetEvents, targetStep, 10), targetTable);
});

test("target: the source has asked what the home says: it is told what it cannot hear itself", (t) => {
  const { state } = targetStep(targets["prepared"] as TargetState, { on: "source-asks" }, 1);
  const done = (verdict: "committed" | "aborted"): string[] =>
    targetStep(state, { on: "verdict", verdict }, 2).effects.map((effect) => effect.do);
  t.deepEqual(done("aborted"), ["tell-source", "drop"]);
  t.deepEqual(done("committed"), ["activate"], "which says so to the source");
});

test("target: members: those of the image, whoever was announced", (t) => {
  const event = { on: "image", members: members.slice(1) } as const;
  const { state } = targetStep(targets["reserved"] as TargetState, event, 1);
  t.deepEqual(state.plan.members, members.slice(1));
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
