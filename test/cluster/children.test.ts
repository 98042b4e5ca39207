// Goal: tasks that tasks make have the memory that was left to them, wherever they are made and go, and
// a job with several tasks ends as its first one does.
// Method: C guests whose tasks check what they find and write; alone, wandering under each strategy, and
// with less memory than they have pages.

import type { ExecutionContext } from "ava";
import type { Cluster, ClusterOptions, SpawnOptions, Task } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import {
  boot,
  eventsOf,
  guestTest,
  leftovers,
  ms,
  parents,
  sameTrace,
  second,
} from "./clusters.ts";

async function run(
  t: ExecutionContext,
  words: readonly string[],
  options: ClusterOptions & Pick<SpawnOptions, "wander"> = {},
): Promise<{ cluster: Cluster; task: Task }> {
  const { wander, ...rest } = options;
  const cluster = await boot(t, { hosts: 3, mounts: parents(), ...rest });
  const task = await cluster.spawn("h1", words, wander ? { wander } : {});
  t.is(await cluster.runUntil({ exited: task }, { withinNs: 60 * second }), "met", task.output);
  t.is(task.exit?.status, 0, task.output);
  await cluster.advance(second);
  t.deepEqual(leftovers(cluster), []);
  return { cluster, task };
}

/** Births of tasks that other tasks have made. */
function births(cluster: Cluster): { readonly pid: number; readonly host: string }[] {
  return eventsOf(cluster)
    .filter((event) => event.event === "task.born" && event["parent"] !== undefined)
    .map((event) => ({ pid: Number(event["pid"]), host: String(event.host) }));
}

guestTest(
  "children: of four lines, three generations each: each has what it inherits",
  async (t) => {
    const { cluster, task } = await run(t, ["/mnt/family", "4", "3"]);
    t.is(task.output, "ok 79\n");
    t.is(births(cluster).length, 12);
    t.is(new Set(births(cluster).map(({ pid }) => pid)).size, 12);
  },
);

guestTest(
  "children: that share memory and wander: all together, made away from home too",
  async (t) => {
    for (const seed of [1, 2, 3]) {
      const wander = { periodNs: 3 * ms };
      const { cluster, task } = await run(t, ["/mnt/family", "3", "3"], { seed, wander });
      t.is(task.output, "ok 46\n");
      t.true(task.moves.length > 0);
      const all = births(cluster);
      t.true(
        all.every(({ pid }) => Math.floor(pid / 10_000) === 1),
        "their home is h1",
      );
      if (seed === 1) t.true(all.some(({ host }) => host !== "h1"));
    }
  },
);

guestTest("children: with less memory than pages: each has what it inherits", async (t) => {
  const { cluster, task } = await run(t, ["/mnt/heirs", "6", "3"], { memoryBytes: 2 ** 20 });
  t.is(task.output, "6 of 6\n");
  t.true(eventsOf(cluster, "vm.page-out").length > 0);
});

guestTest("children: copies that wander under each strategy: nothing of another's", async (t) => {
  for (const { name: strategy } of strategies) {
    const wander = { periodNs: 2 * ms, strategy };
    const { task } = await run(t, ["/mnt/heirs", "4", "6"], { wander });
    t.is(task.output, "4 of 4\n", strategy);
  }
});

guestTest(
  "children: wandering with little memory: the same, and one trace in both drivers",
  async (t) => {
    const traces: string[] = [];
    for (const driver of ["inline", "worker"] as const) {
      const wander = { periodNs: 5 * ms };
      const options = { driver, wander, memoryBytes: 2 ** 20 };
      const { cluster, task } = await run(t, ["/mnt/heirs", "5", "4"], options);
      t.is(task.output, "5 of 5\n");
      traces.push(cluster.trace());
    }
    sameTrace(t, traces[0] ?? "", traces[1] ?? "", "workers");
  },
);

guestTest(
  "children: killed with their parent: each, wherever it is, and nothing is left",
  async (t) => {
    const cluster = await boot(t, { mounts: parents() });
    const words = ["/mnt/heirs", "4", "100000"];
    const task = await cluster.spawn("h1", words, { wander: { periodNs: 3 * ms } });
    await cluster.advance(100 * ms);
    const hosts = new Set(cluster.views().flatMap(({ host, tasks }) => tasks.map(() => host)));
    t.true(hosts.size > 1, "they are on several hosts");
    t.is(task.exit, null);
    cluster.kill(task, 9);
    t.is(await cluster.runUntil({ exited: task }, { withinNs: second }), "met");
    t.is(task.exit?.signal, 9);
    await cluster.advance(second);
    t.deepEqual(leftovers(cluster), []);
  },
);

guestTest(
  "children: their parent ends first: the job has its status, and they go on",
  async (t) => {
    for (const signal of [0, 9]) {
      const cluster = await boot(t, { mounts: parents() });
      const task = await cluster.spawn("h1", ["/mnt/heirs", "2", "40", "leave"]);
      t.is(await cluster.runUntil({ exited: task }, { withinNs: second }), "met");
      t.is(task.exit?.status, 7);
      t.is(eventsOf(cluster, "task.exit").length, 1);
      if (signal !== 0) cluster.kill(task, signal);
      await cluster.advance(second);
      const ended = eventsOf(cluster, "task.exit").slice(1);
      t.deepEqual(
        ended.map((event) => [event["status"], event["signal"]]),
        Array.from({ length: 2 }, () => [0, signal]),
      );
      t.is(task.exit?.status, 7);
      t.deepEqual(leftovers(cluster), []);
    }
  },
);

guestTest(
  "children: the host of one crashes: the job goes on, and its parent waits in vain",
  async (t) => {
    const cluster = await boot(t, { mounts: parents() });
    const task = await cluster.spawn("h1", ["/mnt/heirs", "3", "400"], {
      wander: { periodNs: 5 * ms },
    });
    await cluster.advance(60 * ms);
    const away = cluster
      .views()
      .find(({ host, tasks }) => host !== "h1" && tasks.length > 0 && !tasks.some(isFirst));
    function isFirst({ pid }: { readonly pid: number }): boolean {
      return pid === task.pid;
    }
    t.truthy(away, "a host with children only");
    cluster.crash(away?.host ?? "");
    await cluster.advance(10 * second);
    t.is(task.exit, null);
    t.true(eventsOf(cluster, "task.lost").length > 0);
  },
);

guestTest(
  "children: asked for away from home, and moved before the answer: asked for again",
  async (t) => {
    const cluster = await boot(t, { mounts: parents() });
    const task = await cluster.spawn("h1", ["/mnt/heirs", "3", "2"]);
    t.is((await cluster.migrate(task, "h2")).outcome, "moved");
    cluster.delay("h1", "h2", 30 * ms);
    while (!eventsOf(cluster, "msg.send").some(({ op }) => op === "home.birth")) {
      await cluster.advance(ms);
    }
    await cluster.migrate(task, "h3");
    t.is(await cluster.runUntil({ exited: task }, { withinNs: 10 * second }), "met");
    t.is(task.output, "3 of 3\n");
    const asked = eventsOf(cluster, "msg.send").filter(({ op }) => op === "home.birth");
    t.deepEqual(new Set(asked.map(({ host }) => host)), new Set(["h2", "h3"]));
    t.is(births(cluster).length, 3);
    t.true(births(cluster).every(({ pid }) => Math.floor(pid / 10_000) === 1));
    await cluster.advance(second);
    t.deepEqual(leftovers(cluster), []);
    cluster.crash("h2");
    await cluster.advance(10 * second);
    t.is(eventsOf(cluster, "task.lost").length, 0, "no home thinks that h2 still has one");
  },
);

guestTest(
  "children: home crashes before it answers: no child, and the parent is told",
  async (t) => {
    const cluster = await boot(t, { mounts: parents() });
    const task = await cluster.spawn("h1", ["/mnt/heirs", "3", "2"]);
    await cluster.migrate(task, "h2", { strategy: "eager-all" });
    cluster.crash("h1");
    t.is(await cluster.runUntil({ exited: task }, { withinNs: 60 * second }), "met");
    t.is(task.exit?.status, 4);
    t.is(births(cluster).length, 0);
  },
);
