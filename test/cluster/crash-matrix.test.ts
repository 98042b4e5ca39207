// Goal: every cell of docs/migration-crashes.md is true of a real cluster, whichever driver runs it.
// Method: the table is the test. Cables are slow, so that steps are far apart; the run stops at the
// step, crashes the victim, restarts it, declares it dead, or does neither, and looks all the while at
// who could run the task; what is left in doubt ends as soon as the home is back.

import type { ExecutionContext } from "ava";
import type { Cluster, Task } from "../../cluster/index.ts";
import {
  type CrashCell,
  crashAfters,
  type CrashEnd,
  crashEnd,
  crashPlaces,
  crashRules,
  crashSteps,
} from "../../shell/docs-crashes.ts";
import { boot, eventsOf, guests, guestTest, MiB, ms, runnableAt, second } from "./clusters.ts";

type Driver = "inline" | "worker";

/** A run that has got to the step. */
async function moving(
  t: ExecutionContext,
  { place, step }: CrashCell,
  driver: Driver,
): Promise<{ readonly cluster: Cluster; readonly task: Task }> {
  const cluster = await boot(t, { mounts: guests(), driver, memoryBytes: 8 * MiB });
  const task = await cluster.spawn(place.home, ["/mnt/sleeper", "2000", "20000"]);
  await cluster.runUntil({ output: /ready/, of: task });
  const strategy = "eager-all";
  if (place.home !== place.source) await cluster.migrate(task, place.source, { strategy });
  for (const pair of ["h1 h2", "h2 h3", "h1 h3"]) {
    const [a, b] = pair.split(" ") as [string, string];
    cluster.delay(a, b, 5 * ms);
  }
  cluster.orderMigration(task, place.target, { strategy });
  t.is(await cluster.runUntil({ event: step }, { withinNs: second }), "met", step);
  return { cluster, task };
}

/** Lets time pass, and looks again and again: two copies that could run would be the end of it. */
async function watch(t: ExecutionContext, cluster: Cluster, task: Task, ns: number): Promise<void> {
  const end = cluster.now + ns;
  while (cluster.now < end && !task.exit) {
    await cluster.advance(Math.min(250 * ms, end - cluster.now));
    const hosts = runnableAt(cluster, task);
    if (hosts.length > 1) t.fail(`runnable on ${hosts.join(" and ")} at ${cluster.now}`);
  }
}

function endOf(cluster: Cluster, task: Task, { place }: CrashCell): string {
  const { exit } = task;
  if (exit?.cause === "host-lost") {
    return eventsOf(cluster, "migrate.given-up").length > 0 ? "given-up" : "owner";
  }
  if (exit) return `ends with ${JSON.stringify(exit)}`;
  const [host] = runnableAt(cluster, task);
  if (host !== undefined)
    return host === place.source ? "undone" : host === place.target ? "moved" : host;
  const states = cluster
    .views()
    .flatMap(({ tasks, inDoubt }) => [...tasks, ...inDoubt])
    .filter(({ job }) => job === task.job)
    .map(({ state }) => state);
  return states.includes(`in doubt (home ${place.home})`)
    ? "doubt"
    : `is nowhere: ${states.join()}`;
}

/** What became of the task, and what the table says: a line each. */
async function check(
  t: ExecutionContext,
  cell: CrashCell,
  driver: Driver,
): Promise<readonly [was: string, promised: string]> {
  const { place, victim, step, after } = cell;
  const { cluster, task } = await moving(t, cell, driver);
  const host = victim === "fs" ? "fs" : place[victim];
  cluster.crash(host);
  await watch(t, cluster, task, second);
  if (after === "declared dead") cluster.declare(host);
  if (after === "restarted") cluster.restart(host);
  await watch(t, cluster, task, 9 * second);
  const what = `${place.name}, ${victim} crashes after ${step}, ${after}`;
  const end = endOf(cluster, task, cell);
  if (end === "doubt") await endsDoubt(t, cell, { cluster, task });
  await cluster.close();
  const text = crashRules[end as CrashEnd] ?? end;
  return [`${what}: ${text}`, `${what}: ${crashRules[crashEnd(cell)]}`];
}

async function checkAll(
  t: ExecutionContext,
  cells: readonly CrashCell[],
  driver: Driver,
): Promise<void> {
  const ends: (readonly [string, string])[] = [];
  for (const cell of cells) ends.push(await check(t, cell, driver));
  t.deepEqual(
    ends.map(([was]) => was),
    ends.map(([, promised]) => promised),
  );
}

/** The home comes back: now it ends, as if the home had been quick. */
async function endsDoubt(
  t: ExecutionContext,
  cell: CrashCell,
  { cluster, task }: { readonly cluster: Cluster; readonly task: Task },
): Promise<void> {
  cluster.restart(cell.place.home);
  await watch(t, cluster, task, 9 * second);
  const end = endOf(cluster, task, cell);
  t.is(end, crashEnd({ ...cell, after: "restarted" }), `${cell.step}: the home is back`);
}

for (const place of crashPlaces) {
  for (const victim of place.victims) {
    guestTest(`crash matrix: ${place.name}, ${victim} crashes: as the table says`, async (t) => {
      const cells = crashSteps.flatMap((step) =>
        crashAfters.map((after) => ({ place, victim, step, after })),
      );
      await checkAll(t, cells, "inline");
    });
  }
}

guestTest("crash matrix: in workers, a diagonal of it: as the table says", async (t) => {
  const cells = crashSteps.flatMap((step, index) =>
    crashPlaces.flatMap((place): CrashCell[] => {
      const victim = place.victims[index % place.victims.length];
      const after = crashAfters[index % crashAfters.length];
      return victim && after ? [{ place, victim, step, after }] : [];
    }),
  );
  await checkAll(t, cells, "worker");
});
