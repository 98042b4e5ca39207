// Goal: whoever crashes at whatever step of a move, the task runs on at most one host, and its end is
// the one that the protocol promises.
// Method: cables are slow, so that steps are far apart; the run stops at each step, crashes the source,
// the target or the home, restarts it soon or when all have given it up, and looks all the while at
// who could run the task. Its output tells whether it ran twice anywhere.

import test, { type ExecutionContext } from "ava";
import type { Cluster, Task } from "../../cluster/index.ts";
import { strategies, strategyNamed } from "../../kernel/index.ts";
import {
  boot,
  eventsOf,
  guests,
  guestTest,
  holderOutput,
  leftovers,
  MiB,
  ms,
  runnableAt,
  second,
} from "./clusters.ts";

const pages = 16;
const rounds = 8;
const complete = holderOutput(pages, rounds);

//                           a step is named by the last event that has happened
const steps = [
  "migrate.request",
  "migrate.reserve",
  "migrate.freeze",
  "migrate.prepared",
  "home.commit",
  "migrate.commit",
  "migrate.activate",
] as const;
type Step = (typeof steps)[number];

/** Where task, target and home are. */
interface Cast {
  readonly source: string;
  readonly target: string;
  readonly home: string;
}

type Role = keyof Cast;
type End = "completes" | "is lost" | "misses a page";

/**
 * What the protocol promises. Once it is prepared, COMMIT is on the cable, and a cable delivers;
 * but to a home that is the target it comes too late, and its next incarnation refuses.
 */
function promised(cast: Cast, role: Role, step: Step, strategy: string): End {
  const line = role === "target" && cast.home === cast.target ? "home.commit" : "migrate.prepared";
  const committed = steps.indexOf(step) >= steps.indexOf(line);
  const victim = cast[role];
  if (victim === cast.target) return committed ? "is lost" : "completes";
  if (victim !== cast.source) return "completes";
  if (!committed) return "is lost";
  return leavesPages(strategy) ? "misses a page" : "completes";
}

/** Whether the source keeps pages that the program will touch. */
function leavesPages(strategy: string): boolean {
  return strategyNamed(strategy)?.place({ kind: "anonymous", page: 0 }) === "left";
}

function endOf(task: Task): string {
  const { exit } = task;
  if (exit?.cause === "host-lost") return "is lost";
  if (exit?.status === 135) return "misses a page";
  return exit?.status === 0 ? "completes" : `ends with ${JSON.stringify(exit)}`;
}

/** A run that has got to a step of a move. */
interface Run {
  readonly cluster: Cluster;
  readonly task: Task;
}

async function moving(
  t: ExecutionContext,
  cast: Cast,
  strategy: string,
  step: Step,
  driver: "inline" | "worker" = "inline",
): Promise<Run> {
  const cluster = await boot(t, { mounts: guests(), driver, memoryBytes: 8 * MiB });
  const argv = ["/mnt/holder", `${pages}`, `${rounds}`, "20000"];
  const task = await cluster.spawn(cast.home, argv);
  await cluster.runUntil({ output: /ready/, of: task });
  if (cast.home !== cast.source) {
    const { outcome } = await cluster.migrate(task, cast.source, { strategy: "eager-all" });
    t.is(outcome, "moved");
  }
  for (const [a, b] of [
    ["h1", "h2"],
    ["h2", "h3"],
    ["h1", "h3"],
  ] as const) {
    cluster.delay(a, b, 5 * ms);
  }
  cluster.orderMigration(task, cast.target, { strategy });
  t.is(await cluster.runUntil({ event: step }, { withinNs: second }), "met", step);
  return { cluster, task };
}

/** Lets time pass in small steps, and looks after each. */
async function watch(t: ExecutionContext, cluster: Cluster, task: Task, ns: number): Promise<void> {
  const end = cluster.now + ns;
  while (cluster.now < end && !task.exit) {
    await cluster.advance(Math.min(20 * ms, end - cluster.now));
    const hosts = runnableAt(cluster, task);
    if (hosts.length > 1) t.fail(`runnable on ${hosts.join(" and ")} at ${cluster.now}`);
    if (!complete.startsWith(task.output)) t.fail(`ran twice: ${task.output}`);
  }
}

const casts: readonly Cast[] = [
  { source: "h2", target: "h3", home: "h1" },
  { source: "h1", target: "h2", home: "h1" },
  { source: "h2", target: "h1", home: "h1" },
];

for (const { name: strategy } of strategies) {
  for (const cast of casts) {
    for (const role of ["source", "target", "home"] as const) {
      const other = role === "home" && (cast.home === cast.source || cast.home === cast.target);
      if (other) continue; // the same host as in another row
      const { source, target, home } = cast;
      const title = `crash: ${role} at each step, ${strategy} ${source} -> ${target}, home ${home}`;
      guestTest(`${title}: at most one copy, and the promised end`, async (t) => {
        for (const step of steps) {
          for (const downNs of [20 * ms, 8 * second]) {
            const { cluster, task } = await moving(t, cast, strategy, step);
            const victim = cast[role];
            cluster.crash(victim);
            await watch(t, cluster, task, downNs);
            cluster.restart(victim);
            await watch(t, cluster, task, 10 * second);
            const what = `${step}, down ${downNs / ms} ms`;
            t.is(endOf(task), promised(cast, role, step, strategy), what);
            if (task.exit?.status === 0) t.is(task.output, complete, what);
            if (task.exit?.status === 135) t.is(task.exit.lostHost, victim, what);
            await cluster.advance(20 * second);
            t.deepEqual(leftovers(cluster), [], what);
            await cluster.close();
          }
        }
      });
    }
  }
}

/** Source and home crash at a step; only the home comes back, later. */
async function bothCrash(t: ExecutionContext, step: Step): Promise<Run> {
  const cast: Cast = { source: "h2", target: "h3", home: "h1" };
  const { cluster, task } = await moving(t, cast, "eager-all", step);
  cluster.crash("h1");
  cluster.crash("h2");
  await watch(t, cluster, task, 15 * second);
  t.is(task.exit, null, "nobody can know");
  t.deepEqual(runnableAt(cluster, task), []);
  t.true(eventsOf(cluster, "migrate.in-doubt").length > 1, "the target asks again and again");
  cluster.restart("h1");
  await watch(t, cluster, task, 20 * second);
  return { cluster, task };
}

guestTest(
  "crash: home and source, committed: in doubt until the home is back, then runs",
  async (t) => {
    const { task } = await bothCrash(t, "home.commit");
    t.is(endOf(task), "completes");
    t.is(task.output, complete);
    t.is(task.host, "h3");
  },
);

guestTest(
  "crash: home and source, not committed: in doubt until the home is back, then lost",
  async (t) => {
    const { cluster, task } = await bothCrash(t, "migrate.prepared");
    cluster.restart("h2"); // only now can the home know that the source's copy is gone
    await watch(t, cluster, task, 20 * second);
    t.is(endOf(task), "is lost");
    await cluster.advance(20 * second);
    t.deepEqual(leftovers(cluster), []);
  },
);

guestTest("crash: target in doubt, its host declared dead: the task is lost, once", async (t) => {
  const cast: Cast = { source: "h1", target: "h2", home: "h1" };
  const { cluster, task } = await moving(t, cast, "eager-all", "migrate.commit");
  cluster.crash("h2");
  cluster.declare("h2");
  await watch(t, cluster, task, second);
  t.is(endOf(task), "is lost");
  t.is(eventsOf(cluster, "task.lost").length, 1);
});

guestTest("crash: source at each step, in workers: the same trace as in one thread", async (t) => {
  const cast: Cast = { source: "h2", target: "h3", home: "h1" };
  for (const step of steps) {
    const hashes: string[] = [];
    for (const driver of ["inline", "worker"] as const) {
      const { cluster, task } = await moving(t, cast, "copy-on-reference", step, driver);
      cluster.crash("h2");
      await watch(t, cluster, task, second);
      cluster.restart("h2");
      await watch(t, cluster, task, 10 * second);
      t.is(endOf(task), promised(cast, "source", step, "copy-on-reference"), `${driver}, ${step}`);
      hashes.push(cluster.traceHash());
      await cluster.close();
    }
    t.is(hashes[0], hashes[1], step);
  }
});

test("cluster: a partition outlives death-after: the home's verdict ends the copy at first contact", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["count", "200", "200ms"]);
  await cluster.advance(500 * ms);
  await cluster.migrate(task, "h2", { strategy: "eager-all" });
  cluster.cut("h1", "h2");
  await cluster.advance(9 * second);
  t.is(task.exit?.cause, "host-lost");
  t.is(task.exit?.lostHost, "h2");
  t.deepEqual(eventsOf(cluster, "task.disowned"), []);
  t.is(runnableAt(cluster, task).length, 1, "nobody can tell h2 while the cable is cut");
  cluster.heal("h1", "h2");
  await cluster.advance(3 * second);
  t.is(eventsOf(cluster, "task.disowned").length, 1);
  t.deepEqual(runnableAt(cluster, task), []);
  const { output } = task;
  await cluster.advance(20 * second);
  t.is(task.output, output);
});

const disownedMoves: readonly (readonly [string, "migrate.freeze" | "migrate.prepared", string])[] =
  [
    ["COMMIT does not get through", "migrate.freeze", "is lost"],
    ["the verdict does not get through", "migrate.prepared", "completes"],
  ];

for (const [what, step, end] of disownedMoves) {
  for (const strategy of ["eager-all", "copy-on-reference"]) {
    guestTest(
      `crash: none, but the home holds the source for dead, and ${what}, ${strategy}: ${end}`,
      async (t) => {
        const cast: Cast = { source: "h2", target: "h3", home: "h1" };
        const { cluster, task } = await moving(t, cast, strategy, step);
        cluster.cut("h1", "h2");
        await watch(t, cluster, task, 9 * second);
        t.deepEqual(runnableAt(cluster, task), [], "nobody knows");
        cluster.heal("h1", "h2");
        await watch(t, cluster, task, 9 * second);
        await cluster.advance(9 * second);
        const hosts = eventsOf(cluster, "migrate.activate").map(({ host }) => host);
        t.deepEqual(hosts, end === "completes" ? ["h2", "h3"] : ["h2"]);
        t.is(endOf(task), end);
        t.deepEqual(leftovers(cluster), []);
      },
    );
  }
}
