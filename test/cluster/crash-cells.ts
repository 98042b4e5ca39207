// A cell of docs/migration-crashes.md in a real cluster: cables are slow, so that steps are far apart; the
// run stops at the step, crashes the victim, restarts it, declares it dead, or does neither, and looks all
// the while at who could run the tasks; what is left in doubt ends as soon as the home is back.

import type { ExecutionContext } from "ava";
import type { Cluster, Task } from "../../cluster/index.ts";
import { type CrashCell, type CrashEnd, crashEnd, crashRules } from "../../shell/docs-crashes.ts";
import { boot, eventsOf, guests, MiB, ms, runnableAt, second } from "./clusters.ts";

/** In which driver a cell is run, and with how many tasks that move as one. */
export interface CrashRun {
  readonly driver: "inline" | "worker";
  readonly tasks: number;
}

interface Moving {
  readonly cluster: Cluster;
  readonly tasks: readonly Task[];
}

/** A run that has got to the step. */
async function moving(
  t: ExecutionContext,
  { place, step }: CrashCell,
  { driver, tasks: count }: CrashRun,
): Promise<Moving> {
  const cluster = await boot(t, { mounts: guests(), driver, memoryBytes: 8 * MiB });
  const tasks: Task[] = [];
  for (let at = 0; at < count; at++) {
    tasks.push(await cluster.spawn(place.home, ["/mnt/sleeper", "2000", "20000"]));
  }
  for (const task of tasks) await cluster.runUntil({ output: /ready/, of: task });
  const [lead] = tasks as [Task];
  const options = { strategy: "eager-all", with: tasks };
  if (place.home !== place.source) await cluster.migrate(lead, place.source, options);
  for (const pair of ["h1 h2", "h2 h3", "h1 h3"]) {
    const [a, b] = pair.split(" ") as [string, string];
    cluster.delay(a, b, 5 * ms);
  }
  cluster.orderMigration(lead, place.target, options);
  t.is(await cluster.runUntil({ event: step }, { withinNs: second }), "met", step);
  return { cluster, tasks };
}

/** Lets time pass, and looks again and again: two copies that could run would be the end of it. */
async function watch(t: ExecutionContext, { cluster, tasks }: Moving, ns: number): Promise<void> {
  const end = cluster.now + ns;
  while (cluster.now < end && tasks.some((task) => !task.exit)) {
    await cluster.advance(Math.min(250 * ms, end - cluster.now));
    for (const task of tasks) {
      const hosts = runnableAt(cluster, task);
      if (hosts.length > 1) t.fail(`runnable on ${hosts.join(" and ")} at ${cluster.now}`);
    }
  }
}

/** All tasks that move as one have one end. */
function endOf({ cluster, tasks }: Moving, cell: CrashCell): string {
  return [...new Set(tasks.map((task) => endOfTask(cluster, task, cell)))].join(" and ");
}

function endOfTask(cluster: Cluster, task: Task, { place }: CrashCell): string {
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
  run: CrashRun,
): Promise<readonly [was: string, promised: string]> {
  const { place, victim, step, after } = cell;
  const world = await moving(t, cell, run);
  const { cluster } = world;
  const host = victim === "fs" ? "fs" : place[victim];
  cluster.crash(host);
  await watch(t, world, second);
  if (after === "declared dead") cluster.declare(host);
  if (after === "restarted") cluster.restart(host);
  await watch(t, world, 9 * second);
  const what = `${place.name}, ${victim} crashes after ${step}, ${after}`;
  const end = endOf(world, cell);
  if (end === "doubt") await endsDoubt(t, cell, world);
  await cluster.close();
  const text = crashRules[end as CrashEnd] ?? end;
  return [`${what}: ${text}`, `${what}: ${crashRules[crashEnd(cell)]}`];
}

export async function checkCells(
  t: ExecutionContext,
  cells: readonly CrashCell[],
  run: CrashRun,
): Promise<void> {
  const ends: (readonly [string, string])[] = [];
  for (const cell of cells) ends.push(await check(t, cell, run));
  t.deepEqual(
    ends.map(([was]) => was),
    ends.map(([, promised]) => promised),
  );
}

/** The home comes back: now it ends, as if the home had been quick. */
async function endsDoubt(t: ExecutionContext, cell: CrashCell, world: Moving): Promise<void> {
  world.cluster.restart(cell.place.home);
  await watch(t, world, 9 * second);
  const end = endOf(world, cell);
  t.is(end, crashEnd({ ...cell, after: "restarted" }), `${cell.step}: the home is back`);
}
