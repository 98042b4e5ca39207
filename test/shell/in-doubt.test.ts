// Goal: a move that only the home can decide is seen as that, and ends when the home answers or is
// declared dead. Method: crash the home, alone or with the source, around COMMIT, and read `ps`.

import test, { type ExecutionContext } from "ava";
import { Cluster } from "../../cluster/index.ts";
import { executeLine, Session } from "../../shell/language/index.ts";
import { settingsDefault } from "../../shell/options.ts";
import { leftovers, ms, runnableAt, second } from "../cluster/clusters.ts";

type Driver = "inline" | "worker";

interface Shell {
  readonly cluster: Cluster;
  readonly task: Parameters<typeof runnableAt>[1];
  readonly line: (text: string) => Promise<readonly string[]>;
  /** What `ps` says of every copy: its host and its state. */
  readonly copies: () => Promise<readonly string[]>;
}

/** A task at home on h1 is on its way from h2 to h3, and has got to the step. */
async function moving(t: ExecutionContext, driver: Driver, step: string): Promise<Shell> {
  const cluster = await Cluster.boot({ driver, hosts: 3 });
  t.teardown(() => cluster.close());
  const printed: string[] = [];
  const session = new Session({
    cluster,
    settings: settingsDefault,
    print: (text) => printed.push(text),
    talk: () => undefined,
  });
  const line = async (text: string): Promise<readonly string[]> => {
    printed.length = 0;
    const outcome = await executeLine(session, text);
    t.is(outcome.at, "done", `${text}: ${JSON.stringify(outcome)}`);
    return [...printed];
  };
  await line("count 4000 50ms &");
  await line("expect output /^3$/m within 1s");
  await line("migrate %1 h2 --strategy eager-all");
  for (const pair of ["h1 h2", "h2 h3", "h1 h3"]) await line(`delay ${pair} 5ms`);
  const task = session.jobs.last?.task;
  if (!task) throw new Error("no job");
  cluster.orderMigration(task, "h3", { strategy: "eager-all" });
  t.is(await cluster.runUntil({ event: step }, { withinNs: second }), "met");
  const copies = async (): Promise<readonly string[]> => {
    const rows = JSON.parse((await line("ps --json"))[0] ?? "[]") as Record<string, string>[];
    return rows.map(({ host, state }) => `${host}: ${state}`);
  };
  return { cluster, task, line, copies };
}

for (const driver of ["inline", "worker"] as const) {
  test.serial(`in doubt: home dead after COMMIT, ${driver}: until it restarts`, async (t) => {
    const { cluster, task, line, copies } = await moving(t, driver, "migrate.prepared");
    await line("crash h1");
    await cluster.advance(20 * second);
    t.deepEqual(await copies(), ["h2: in doubt (home h1)"]);
    t.deepEqual(runnableAt(cluster, task), []);
    await line("restart h1");
    await cluster.advance(5 * second);
    t.deepEqual(runnableAt(cluster, task), ["h3"]);
    t.is(task.exit, null);
  });

  test.serial(
    `in doubt: home dead after COMMIT, ${driver}: until it is declared dead`,
    async (t) => {
      const { cluster, task, line, copies } = await moving(t, driver, "migrate.prepared");
      await line("crash h1");
      await cluster.advance(20 * second);
      t.deepEqual(await copies(), ["h2: in doubt (home h1)"]);
      await line("declare h1 dead");
      await cluster.advance(second);
      t.deepEqual(await copies(), []);
      t.like(task.exit, { cause: "host-lost", lostHost: "h1" });
      await line("restart h1"); // it learns that the task has ended: nothing comes to life again
      await cluster.advance(20 * second);
      t.deepEqual(await copies(), []);
      t.deepEqual(leftovers(cluster), []);
    },
  );

  test.serial(
    `in doubt: home and source dead, ${driver}: the target's copy is shown`,
    async (t) => {
      const { cluster, task, line, copies } = await moving(t, driver, "home.commit");
      await line("crash h1");
      await line("crash h2");
      await cluster.advance(20 * second);
      t.deepEqual(await copies(), ["h3: in doubt (home h1)"]);
      t.is(task.exit, null);
      await line("restart h1");
      await cluster.advance(5 * second);
      t.deepEqual(runnableAt(cluster, task), ["h3"]);
      t.regex((await copies()).join(), /^h3: (running|waiting)/);
    },
  );

  test.serial(
    `in doubt: home and source dead, ${driver}: both declared, in any order`,
    async (t) => {
      for (const order of ["h1 h2", "h2 h1"]) {
        const { cluster, task, line, copies } = await moving(t, driver, "home.commit");
        await line("crash h1");
        await line("crash h2");
        await cluster.advance(100 * ms);
        for (const host of order.split(" ")) await line(`declare ${host} dead`);
        await cluster.advance(second);
        t.deepEqual(await copies(), [], order);
        t.like(task.exit, { cause: "host-lost" }, order);
        t.deepEqual(leftovers(cluster), [], order);
      }
    },
  );
}

test("in doubt: home declared dead before COMMIT: the task goes on at the source", async (t) => {
  const { cluster, task, line, copies } = await moving(t, "inline", "migrate.reserve");
  await line("crash h1");
  await line("declare h1 dead");
  await cluster.advance(5 * second);
  t.deepEqual(runnableAt(cluster, task), ["h2"]);
  t.is((await copies()).length, 1);
  t.is(task.movesFailed, 1);
});
