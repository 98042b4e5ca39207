// Goal: the home gives a task to one owner at a time, answers a repeated question alike, and ends
// what died with its owner.
// Method: a table of situations; then random histories with the rules checked after every event.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import {
  type CommitRequest,
  type HomeEvent,
  type HomeRecord,
  homeStep,
  type HomeStep,
} from "../../../kernel/task/home.ts";

const pid = 10_001;
type Records = Map<number, HomeRecord>;

function apply(records: Records, event: HomeEvent): HomeStep {
  const step = homeStep(records, event);
  for (const [key, record] of step.write) records.set(key, record);
  return step;
}

const born: HomeEvent = { on: "born", pid, host: 1, incarnation: 1 };
const toHost2: CommitRequest = {
  move: "h1.1.1",
  pid,
  epoch: 0,
  from: 1,
  fromIncarnation: 1,
  to: 2,
  toIncarnation: 1,
};
const commit = (change: Partial<CommitRequest> = {}, targetIsDead = false): HomeEvent => ({
  on: "commit",
  request: { ...toHost2, ...change },
  targetIsDead,
});
const query = (move: string = "h1.1.1"): HomeEvent => ({
  on: "query",
  pid,
  move,
  from: 1,
  fromIncarnation: 1,
});
const dead = (host: number, incarnation: number = 1): HomeEvent => ({
  on: "host-dead",
  host,
  incarnation,
});
const exited = (epoch: number): HomeEvent => ({ on: "exited", pid, epoch });

/** Events in order, and the verdict of the last. */
const situations: readonly (readonly [string, readonly HomeEvent[], HomeStep["verdict"]])[] = [
  ["first commit", [born, commit()], "committed"],
  ["the same commit again", [born, commit(), commit()], "committed"],
  [
    "another move from the same epoch",
    [born, commit(), commit({ move: "h1.1.2", to: 3 })],
    "aborted",
  ],
  ["commit of a task that is not known", [commit()], "aborted"],
  ["commit from who is not the owner", [born, commit({ from: 3 })], "aborted"],
  ["commit from an earlier incarnation", [born, commit({ fromIncarnation: 0 })], "aborted"],
  ["commit with another epoch", [born, commit({ epoch: 1 })], "aborted"],
  ["commit for a target that is known dead", [born, commit({}, true)], "aborted"],
  ["commit repeated after its target died", [born, commit(), commit({}, true)], "committed"],
  ["commit after the task ended", [born, exited(0), commit()], "aborted"],
  ["commit after its source died", [born, dead(1), commit()], "aborted"],
  ["commit repeated after its source died", [born, commit(), dead(1), commit()], "committed"],
  ["query before the commit", [born, query()], "open"],
  ["query after the commit", [born, commit(), query()], "committed"],
  ["query of another move after a commit", [born, commit(), query("h1.1.2")], "aborted"],
  ["query after the source died uncommitted", [born, dead(1), query()], "aborted"],
  ["query after another incarnation died", [born, dead(1, 2), query()], "open"],
  ["query after the task ended", [born, exited(0), query()], "aborted"],
  ["query of an unknown task", [query()], "aborted"],
  ["query after commit, and the new owner died", [born, commit(), dead(2), query()], "committed"],
];

for (const [what, events, verdict] of situations) {
  test(`home: ${what}: ${verdict}`, (t) => {
    const records: Records = new Map();
    const steps = events.map((event) => apply(records, event));
    t.is(steps.at(-1)?.verdict, verdict);
  });
}

test("home: commit: written before it is answered, with the next epoch", (t) => {
  const records: Records = new Map();
  apply(records, born);
  t.deepEqual(
    [...homeStep(records, commit()).write],
    [[pid, { owner: 2, ownerIncarnation: 1, epoch: 1, move: "h1.1.1", state: "owned" }]],
  );
  apply(records, commit());
  t.is(homeStep(records, commit()).write.size, 0, "the second answer writes nothing");
});

test("home: exit told late by an earlier owner: the task that runs elsewhere does not end", (t) => {
  const records: Records = new Map();
  for (const event of [born, commit(), exited(0)]) apply(records, event);
  t.is(records.get(pid)?.state, "owned");
  apply(records, exited(1));
  t.is(records.get(pid)?.state, "ended");
});

test("home: owner dies: exactly its tasks are lost, once", (t) => {
  const records: Records = new Map();
  apply(records, born);
  apply(records, { ...born, pid: pid + 1, host: 3 } as HomeEvent);
  t.deepEqual(apply(records, dead(1)).lost, [pid]);
  t.deepEqual(apply(records, dead(1)).lost, []);
  t.is(records.get(pid + 1)?.state, "owned");
});

const host = fc.integer({ min: 1, max: 3 });
const incarnation = fc.integer({ min: 1, max: 2 });
const epoch = fc.nat(3);
const move = fc.constantFrom("h1.1.1", "h1.1.2", "h2.1.1", "h3.2.1");
const event: fc.Arbitrary<HomeEvent> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      on: fc.constant("commit" as const),
      targetIsDead: fc.boolean(),
      request: fc.record({
        move,
        pid: fc.constant(pid),
        epoch,
        from: host,
        fromIncarnation: incarnation,
        to: host,
        toIncarnation: incarnation,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ on: fc.constant("host-dead" as const), host, incarnation }) },
  {
    weight: 1,
    arbitrary: fc.record({ on: fc.constant("exited" as const), pid: fc.constant(pid), epoch }),
  },
);

testProp(
  "home: any history: one owner an epoch, epochs only grow, what ended stays ended",
  [fc.array(event, { minLength: 1, maxLength: 30 })],
  (t, events) => {
    const records: Records = new Map();
    apply(records, born);
    const commits = new Map<number, string>();
    for (const one of events) {
      const before = records.get(pid) as HomeRecord;
      const step = apply(records, one);
      const after = records.get(pid) as HomeRecord;
      t.true(after.epoch >= before.epoch);
      if (before.state === "ended") t.deepEqual(after, before);
      const moved = after.move !== before.move;
      if (moved) {
        t.is(one.on === "commit" && step.verdict, "committed");
        t.false(commits.has(before.epoch), "a second commit from one epoch");
        commits.set(before.epoch, after.move);
        t.is(after.epoch, before.epoch + 1);
      } else if (after.owner !== before.owner) t.fail("a new owner without a move");
      if (one.on === "commit") {
        t.is(step.verdict, homeStep(records, one).verdict, "the same question, the same answer");
      }
    }
  },
  { numRuns: 3000 },
);
