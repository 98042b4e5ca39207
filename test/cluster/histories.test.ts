// Goal: whatever hosts, cables and moves do, a program's output and its memory are those of a run that
// never moved; what the loss of a host does stood in the ledgers; and nothing is left over.
// Method: random histories (shell/soak), 60 of the 1,000 of `npm run soak:long`; some of them in both
// drivers and disturbed; the checker of ledgers is given what it must find.

import test from "ava";
import {
  checkLedger,
  type LedgerTask,
  type LedgerTrial,
  type LedgerViolation,
} from "../../cluster/index.ts";
import { makeHistory } from "../../shell/soak/history-plan.ts";
import { runHistory } from "../../shell/soak/history.ts";
import { runLedgerTrial } from "../../shell/soak/ledger-history.ts";
import { inTurn } from "./clusters.ts";

const histories = 60;
const batch = 20;

for (let first = 1; first <= histories; first += batch) {
  test(`histories: seeds ${first} to ${first + batch - 1}: as if nobody had moved`, (t) =>
    inTurn(async () => {
      let moves = 0;
      for (let seed = first; seed < first + batch; seed++) {
        const run = await runHistory(makeHistory(seed));
        t.deepEqual(run.problems, [], `npm run soak:long -- histories 1 ${seed}`);
        moves += run.moves;
      }
      t.true(moves > batch, `${moves} moves`);
    }));
}

// What failed once.
for (const [seed, what] of [
  [106, "swap made an object between the image and the commit"],
  [163, "a task ends while its pages go to a swap that is dead"],
  [217, "the claim to write a file crosses those of hosts that the task has left"],
  [109, "a claim comes last of a host that its task has been on and has left for others"],
  [387, "a crash is the last step"],
  [406, "swap that was made by a later incarnation of fs is not lost with the one before"],
  [425, "fs dies while a mapping waits for the claim to write its file"],
  [846, "a page is pushed past the host that was to pass it on"],
] as const) {
  test(`histories: seed ${seed}: ${what}`, (t) =>
    inTurn(async () => {
      t.deepEqual((await runHistory(makeHistory(seed))).problems, []);
    }));
}

for (const seed of [3, 13]) {
  test(`histories: seed ${seed}: one trace in both drivers, and stopped at random points`, (t) =>
    inTurn(async () => {
      const plan = makeHistory(seed);
      const inline = await runHistory(plan, { driver: "inline" });
      const workers = await runHistory(plan, { driver: "worker" });
      const disturbed = await runHistory(plan, { driver: "inline", disturbed: true });
      t.is(workers.traceHash, inline.traceHash);
      t.is(disturbed.traceHash, inline.traceHash);
    }));
}

for (const [seed, what] of [
  [392, "a thread waits to write a file whose server dies"],
  [506, "a task would have used owed pages, had its partner not died"],
  [595, "an answer goes to a port that has left the host that is dead"],
  [786, "a request goes to a port that has left the host that is dead"],
] as const) {
  test(`ledgers: seed ${seed}: ${what}`, (t) =>
    inTurn(async () => {
      t.deepEqual(checkLedger(await runLedgerTrial(seed)), []);
    }));
}

type Plant = (trial: LedgerTrial) => LedgerTrial;

/** Changes the ledgers as if the kernel were wrong about them. */
const withTasks =
  (change: (task: LedgerTask, trial: LedgerTrial) => LedgerTask): Plant =>
  (trial) => ({ ...trial, tasks: trial.tasks.map((task) => change(task, trial)) });

const withoutHurt =
  (event: string): Plant =>
  (trial) => ({
    ...trial,
    hurt: {
      ...trial.hurt,
      events: trial.hurt.events.filter((other) => other.event !== event),
      ends: trial.spared.ends,
    },
  });

const plants: readonly (readonly [title: string, rule: LedgerViolation["rule"], plant: Plant])[] = [
  [
    "owed pages are forgotten",
    "forgotten",
    withTasks((task) => ({
      ...task,
      entries: task.entries.filter(({ kind }) => kind !== "pages"),
    })),
  ],
  [
    "open files and answers are forgotten",
    "forgotten",
    withTasks((task) => ({
      ...task,
      entries: task.entries.filter(({ kind }) => !/^(?:open-files|send-outcome|file)/.test(kind)),
    })),
  ],
  ["pages that are used, and nobody misses", "too-many", withoutHurt("task.exit")],
  [
    "an entry that was to act at once, of every task",
    "too-many",
    withTasks((task, { crashed }) => ({
      ...task,
      entries: [
        ...task.entries,
        {
          kind: "send-outcome",
          host: crashed === "fs" ? 0 : Number(crashed.slice(1)),
          since: 0,
          count: 1,
          until: "",
          when: "at-once",
          onLoss: "",
        },
      ],
    })),
  ],
  [
    "a page that is lost without being touched",
    "too-soon",
    (trial) => ({
      ...trial,
      spared: {
        ...trial.spared,
        events: trial.spared.events.filter(
          ({ event, at }) => event !== "residual.supply" || at <= trial.at,
        ),
      },
    }),
  ],
  [
    "tasks that end otherwise for no reason",
    "causeless",
    (trial) => ({
      ...trial,
      hurt: {
        events: trial.spared.events,
        ends: new Map(
          [...trial.spared.ends.keys()].map((pid) => [pid, { status: 1, printed: "" }]),
        ),
      },
    }),
  ],
];

/** Trials with every kind of entry and damage, made once. */
let made: Promise<readonly LedgerTrial[]> | null = null;

async function makeTrials(): Promise<readonly LedgerTrial[]> {
  const trials: LedgerTrial[] = [];
  for (let seed = 1; seed <= histories; seed++) trials.push(await runLedgerTrial(seed));
  return trials;
}

test(`ledgers: seeds 1 to ${histories}: what a crash does stood in the ledgers`, (t) =>
  inTurn(async () => {
    for (const [place, trial] of (await (made ??= makeTrials())).entries()) {
      t.deepEqual(checkLedger(trial), [], `npm run soak:long -- ledgers 1 ${place + 1}`);
    }
  }));

for (const [title, rule, plant] of plants) {
  test(`ledgers: planted: ${title}: found as ${rule}`, (t) =>
    inTurn(async () => {
      const trials = await (made ??= makeTrials());
      const found = trials.flatMap((trial) => checkLedger(plant(trial)));
      t.true(found.some((violation) => violation.rule === rule));
    }));
}
