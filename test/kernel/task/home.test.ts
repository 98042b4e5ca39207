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
  members: [{ pid, epoch: 0 }],
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
  pids: [pid],
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
  ["commit with another epoch", [born, commit({ members: [{ pid, epoch: 1 }] })], "aborted"],
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

const two = [
  { pid, epoch: 0 },
  { pid: pid + 1, epoch: 0 },
];
const bothBorn = [born, { ...born, pid: pid + 1 } as HomeEvent];
const both = (change: Partial<CommitRequest> = {}): HomeEvent =>
  commit({ members: two, ...change });
const alone = (move: string, at: number): HomeEvent =>
  commit({ move, to: 3, members: [{ pid: pid + 1, epoch: at }] });

/** Events before a move of two tasks, and whether it is committed. */
const units: readonly (readonly [string, readonly HomeEvent[], HomeStep["verdict"]])[] = [
  ["both as the source believes", bothBorn, "committed"],
  ["again", [...bothBorn, both()], "committed"],
  ["one is not known", [born], "aborted"],
  ["one has ended", [...bothBorn, { on: "exited", pid: pid + 1, epoch: 0 }], "aborted"],
  ["one has moved by itself", [...bothBorn, alone("h1.1.0", 0)], "aborted"],
  ["their owner has died", [...bothBorn, dead(1)], "aborted"],
  ["again, and one has ended since", [...bothBorn, both(), exited(1)], "committed"],
];

for (const [what, events, verdict] of units) {
  test(`home: two tasks move as one, ${what}: ${verdict}, all of them or none`, (t) => {
    const records: Records = new Map();
    for (const one of events) apply(records, one);
    const before = new Map(records);
    const step = apply(records, both());
    t.is(step.verdict, verdict);
    t.true(step.write.size === 0 || step.write.size === 2);
    if (verdict === "aborted") t.deepEqual(records, before);
    else
      t.deepEqual(new Set([...records.values()].map((record) => record.move)), new Set(["h1.1.1"]));
    const asked = { ...(query() as Extract<HomeEvent, { on: "query" }>), pids: [pid, pid + 1] };
    t.is(homeStep(records, asked).verdict === "committed", verdict === "committed");
  });
}

test("home: two tasks move as one: asked before, open; nobody is asked for one of them", (t) => {
  const records: Records = new Map();
  for (const one of bothBorn) apply(records, one);
  const asked = { ...(query() as Extract<HomeEvent, { on: "query" }>), pids: [pid, pid + 1] };
  t.is(homeStep(records, asked).verdict, "open");
  apply(records, { on: "exited", pid: pid + 1, epoch: 0 });
  t.is(homeStep(records, asked).verdict, "aborted", "it can never be committed now");
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
        members: epoch.map((at) => [{ pid, epoch: at }]),
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

const pids = [pid, pid + 1, pid + 2];
const someMembers = fc.subarray(pids, { minLength: 1 }).chain((chosen) =>
  fc.record({
    chosen: fc.constant(chosen),
    epochs: fc.array(fc.nat(2), { minLength: chosen.length, maxLength: chosen.length }),
  }),
);

testProp(
  "home: any history of moves of several tasks: each move takes all of its tasks, or none",
  [
    fc.array(
      fc.record({ members: someMembers, from: host, to: host, ends: fc.option(fc.nat(2)) }),
      { minLength: 1, maxLength: 30 },
    ),
  ],
  (t, orders) => {
    const records: Records = new Map();
    for (const one of pids) apply(records, { ...born, pid: one } as HomeEvent);
    for (const [at, { members, from, to, ends }] of orders.entries()) {
      const { chosen, epochs } = members;
      const named = chosen.map((one, index) => ({ pid: one, epoch: epochs[index] ?? 0 }));
      const name = `h1.1.${at}`;
      const { verdict } = apply(records, commit({ move: name, members: named, from, to }));
      const moved = pids.filter((one) => records.get(one)?.move === name);
      t.deepEqual(moved, verdict === "committed" ? [...chosen] : []);
      const ended = ends === null ? undefined : pids[ends];
      const epoch = ended === undefined ? 0 : (records.get(ended)?.epoch ?? 0);
      if (ended !== undefined && at % 7 === 6) apply(records, { on: "exited", pid: ended, epoch });
    }
  },
  { numRuns: 1000 },
);
