// Goal: tasks that share memory move as one, with whatever strategy, or the move is refused; nobody notices
// the move, and a crash in the middle of it has one outcome for all of them.
// Method: programs that take turns in a file that they have mapped; whoever is left alone waits for ever,
// and whoever sees an old page says so.

import type { ExecutionContext } from "ava";
import type { Cluster, MigrateOptions, Task } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import {
  boot,
  eventsOf,
  guests,
  guestTest,
  leftovers,
  MiB,
  ms,
  parents,
  runnableAt,
  second,
} from "./clusters.ts";

const turns = 300;
/** Both have mapped the file by then. */
const wanderNs = 30 * ms;

interface Run {
  readonly cluster: Cluster;
  readonly tasks: readonly Task[];
  readonly lead: Task;
}

/** So many programs on h1 that share a file's pages. */
async function sharing(t: ExecutionContext, count = 2, hosts = 4): Promise<Run> {
  const cluster = await boot(t, { mounts: guests(), hosts, memoryBytes: 8 * MiB });
  const tasks: Task[] = [];
  for (let who = 0; who < count; who++) {
    const argv = ["/mnt/sharer", "/tmp/shared", `${who}`, `${count}`, `${turns}`];
    tasks.push(await cluster.spawn("h1", argv));
  }
  for (const task of tasks) await cluster.runUntil({ output: /ready/, of: task });
  const [lead] = tasks;
  if (!lead) throw new Error("no task");
  return { cluster, tasks, lead };
}

const together: MigrateOptions = { sharing: "together" };

async function endWell(t: ExecutionContext, { cluster, tasks }: Run): Promise<void> {
  t.is(await cluster.runUntil({ allExited: true }, { withinNs: 100 * second }), "met");
  for (const [who, { output }] of tasks.entries())
    t.regex(output, RegExp(`^ready\n${who} ok \\d+\n$`));
  await cluster.advance(20 * second);
  t.deepEqual(leftovers(cluster), []);
  t.deepEqual(cluster.observeServer("fs", "swap", { ask: "swap" }), { objects: 0, pages: 0 });
}

for (const { name: strategy } of strategies) {
  guestTest(
    `groups: ${strategy}: two that share memory: there, on, and back, unnoticed`,
    async (t) => {
      const run = await sharing(t);
      const { cluster, tasks, lead } = run;
      for (const host of ["h2", "h3", "h1", "h2"]) {
        const result = await cluster.migrate(lead, host, { ...together, strategy });
        t.is(result.outcome, "moved", result.reason);
        t.deepEqual(
          tasks.map((task) => task.host),
          [host, host],
        );
        await cluster.advance(3 * ms);
      }
      await endWell(t, run);
      const moves = eventsOf(cluster, "migrate.commit").map(({ move }) => move);
      t.is(moves.length, 8);
      t.is(new Set(moves).size, 4, "one move for both");
    },
  );
}

guestTest(
  "groups: without its sharers: refused, naming object and task, and nothing moves",
  async (t) => {
    const run = await sharing(t);
    const { cluster, tasks, lead } = run;
    const result = await cluster.migrate(lead, "h2");
    t.like(result, { outcome: "refused", rule: "shares-memory" });
    const other = tasks[1]?.pid;
    t.regex(
      result.reason ?? "",
      RegExp(`memory object \\d+ \\(/tmp/shared\\) is shared with pid ${other}$`),
    );
    const forecast = cluster.forecast(lead, "h2");
    t.is(forecast?.refusals[0]?.rule, "shares-memory");
    t.is(cluster.forecast(lead, "h2", together)?.unit.length, 2);
    t.is(eventsOf(cluster, "migrate.request").length, 0);
    await endWell(t, run);
  },
);

guestTest("groups: all of the order share only with each other: they may go by name", async (t) => {
  const run = await sharing(t, 3);
  const { cluster, tasks, lead } = run;
  const result = await cluster.migrate(lead, "h2", { with: tasks });
  t.is(result.outcome, "moved", result.reason);
  t.deepEqual(new Set(tasks.map((task) => task.host)), new Set(["h2"]));
  await endWell(t, run);
});

guestTest("groups: tasks with two homes that are to move as one: refused", async (t) => {
  const cluster = await boot(t, { mounts: guests(), memoryBytes: 8 * MiB });
  const one = await cluster.spawn("h1", ["/mnt/sleeper", "50", "20000"]);
  const other = await cluster.spawn("h2", ["/mnt/sleeper", "50", "20000"]);
  await cluster.runUntil({ output: /ready/, of: one });
  await cluster.runUntil({ output: /ready/, of: other });
  t.is((await cluster.migrate(other, "h1")).outcome, "moved");
  const result = await cluster.migrate(one, "h3", { with: [one, other] });
  t.like(result, { outcome: "refused", rule: "mixed-homes" });
  t.is((await cluster.migrate(other, "h3")).outcome, "moved", "alone it may go");
  await cluster.runUntil({ allExited: true });
  t.deepEqual([one.exit?.status, other.exit?.status], [0, 0]);
});

guestTest("groups: one wanders: the others come along", async (t) => {
  const cluster = await boot(t, { mounts: guests(), hosts: 4, memoryBytes: 8 * MiB });
  const argv = (who: number): string[] => ["/mnt/sharer", "/tmp/shared", `${who}`, "2", "1500"];
  const wanderer = await cluster.spawn("h1", argv(0), { wander: { periodNs: wanderNs } });
  const other = await cluster.spawn("h1", argv(1));
  await endWell(t, { cluster, tasks: [wanderer, other], lead: wanderer });
  t.true(wanderer.moves.length > 5);
  const shared = wanderer.moves.filter(({ move }) => other.moves.some((one) => one.move === move));
  t.true(shared.length > 5, `${shared.length} moves together`);
});

guestTest("groups: both wander: neither is told that it is moving already", async (t) => {
  const cluster = await boot(t, { mounts: guests(), hosts: 4, memoryBytes: 8 * MiB });
  const argv = (who: number): string[] => ["/mnt/sharer", "/tmp/shared", `${who}`, "2", "1500"];
  const wander = { periodNs: wanderNs };
  const tasks = [
    await cluster.spawn("h1", argv(0), { wander }),
    await cluster.spawn("h1", argv(1), { wander }),
  ];
  const [lead] = tasks as [Task];
  await endWell(t, { cluster, tasks, lead });
  const rules = new Set(eventsOf(cluster, "migrate.refused").map(({ rule }) => rule));
  t.false(rules.has("already-moving"), [...rules].join());
});

/** A task on h1 that makes children: they share some pages, and have copies of others. */
async function family(t: ExecutionContext, words: readonly string[]): Promise<Run> {
  const cluster = await boot(t, { mounts: parents(), hosts: 4, memoryBytes: 4 * MiB });
  const lead = await cluster.spawn("h1", words);
  await cluster.runUntil({ event: "exec.done" });
  return { cluster, tasks: [lead], lead };
}

for (const { name: strategy } of strategies) {
  guestTest(`groups: ${strategy}: a family moves as one, whoever is born meanwhile`, async (t) => {
    const { cluster, lead } = await family(t, ["/mnt/family", "4", "3"]);
    const order: MigrateOptions = { with: [lead], ...together, strategy };
    let moved = 0;
    for (let turn = 0; !lead.exit && turn < 100; turn++) {
      const result = await cluster.migrate(lead, `h${1 + ((turn + 1) % 4)}`, order);
      if (result.outcome === "moved") moved++;
      else if (!lead.exit) t.fail(result.reason);
      await cluster.advance(4 * ms);
    }
    t.is(lead.output, "ok 79\n");
    t.true(moved > 0);
    await cluster.advance(20 * second);
    t.deepEqual(leftovers(cluster), []);
    t.deepEqual(cluster.observeServer("fs", "swap", { ask: "swap" }), { objects: 0, pages: 0 });
    const requests = eventsOf(cluster, "migrate.request").map(({ move }) => move);
    t.true(requests.length > new Set(requests).size, "several tasks in a move");
  });

  guestTest(
    `groups: ${strategy}: one that has only copies of the others' moves alone`,
    async (t) => {
      const { cluster, lead } = await family(t, ["/mnt/heirs", "4", "8"]);
      for (let turn = 0; !lead.exit && turn < 100; turn++) {
        const result = await cluster.migrate(lead, `h${1 + ((turn + 1) % 4)}`, { strategy });
        if (result.outcome !== "moved" && !lead.exit) t.fail(result.reason);
        await cluster.advance(4 * ms);
      }
      t.is(lead.output, "4 of 4\n");
      await cluster.advance(20 * second);
      t.deepEqual(leftovers(cluster), []);
      t.deepEqual(cluster.observeServer("fs", "swap", { ask: "swap" }), { objects: 0, pages: 0 });
    },
  );
}

// The family has not the time for rounds over a slow cable.
for (const { name: strategy } of strategies.filter(({ rounds }) => rounds === null)) {
  guestTest(`groups: ${strategy}: the target crashes: all of a family run on here`, async (t) => {
    const { cluster, lead } = await family(t, ["/mnt/family", "6", "6"]);
    const order: MigrateOptions = { with: [lead], ...together, strategy };
    await cluster.migrate(lead, "h2", order);
    while (eventsOf(cluster, "task.born").length < 4) await cluster.advance(ms / 2);
    cluster.delay("h2", "h3", 2 * ms);
    cluster.orderMigration(lead, "h3", order);
    t.is(await cluster.runUntil({ event: "migrate.encap" }, { withinNs: second }), "met");
    cluster.crash("h3");
    t.is(await cluster.runUntil({ exited: lead }, { withinNs: 100 * second }), "met");
    t.is(lead.output, "ok 667\n");
    t.true(eventsOf(cluster, "migrate.thaw").length > 1);
    await cluster.advance(20 * second);
    t.deepEqual(leftovers(cluster), []);
  });
}

guestTest(
  "groups: a child that shares memory is born before the freeze: the move is undone",
  async (t) => {
    const { cluster, lead } = await family(t, ["/mnt/family", "6", "6"]);
    cluster.delay("h1", "h2", 2 * ms);
    const order = cluster.orderMigration(lead, "h2", { strategy: "eager-all" });
    await cluster.runUntil({ ordered: order }, { withinNs: second });
    const [aborted] = eventsOf(cluster, "migrate.aborted");
    t.is(aborted?.["rule"], "shares-memory");
    t.is(lead.host, "h1");
    await cluster.runUntil({ exited: lead }, { withinNs: 100 * second });
    t.is(lead.output, "ok 667\n");
    await cluster.advance(20 * second);
    t.deepEqual(leftovers(cluster), []);
  },
);

guestTest(
  "groups: one is killed while pages are copied: the other goes on, and alone",
  async (t) => {
    const { cluster, tasks, lead } = await sharing(t);
    const [, other] = tasks as [Task, Task];
    cluster.delay("h1", "h2", 5 * ms);
    const order = cluster.orderMigration(lead, "h2", { ...together, strategy: "pre-copy" });
    await cluster.runUntil({ event: "migrate.reserve" });
    await cluster.advance(6 * ms);
    cluster.kill(other, 9);
    await cluster.runUntil({ ordered: order }, { withinNs: second });
    t.is(other.exit?.signal, 9);
    t.is(lead.host, "h2");
    t.is(eventsOf(cluster, "migrate.freeze").length, 1);
    cluster.kill(lead, 9);
    await cluster.advance(20 * second);
    t.deepEqual(leftovers(cluster), []);
  },
);

guestTest(
  "groups: one is killed while it stands still: it ends where it arrives, the other runs",
  async (t) => {
    const { cluster, tasks, lead } = await sharing(t);
    const [, other] = tasks as [Task, Task];
    cluster.delay("h1", "h2", 5 * ms);
    const order = cluster.orderMigration(lead, "h2", { ...together, strategy: "eager-all" });
    await cluster.runUntil({ event: "migrate.freeze" });
    cluster.kill(other, 9);
    await cluster.runUntil({ ordered: order }, { withinNs: second });
    await cluster.advance(20 * ms);
    t.is(other.exit?.signal, 9);
    t.deepEqual(runnableAt(cluster, lead), ["h2"]);
    cluster.kill(lead, 9);
    await cluster.advance(20 * second);
    t.deepEqual(leftovers(cluster), []);
  },
);

guestTest("groups: all end before the freeze: the move is off", async (t) => {
  const { cluster, tasks, lead } = await sharing(t);
  cluster.delay("h1", "h2", 5 * ms);
  const order = cluster.orderMigration(lead, "h2", { ...together, strategy: "pre-copy" });
  await cluster.runUntil({ event: "migrate.reserve" });
  for (const task of tasks) cluster.kill(task, 9);
  await cluster.runUntil({ ordered: order }, { withinNs: second });
  await cluster.advance(20 * second);
  t.is(eventsOf(cluster, "migrate.aborted")[0]?.["rule"], "task-ended");
  t.deepEqual(leftovers(cluster), []);
});

guestTest("groups: an exec under way: the move waits for it, and then all go", async (t) => {
  const run = await sharing(t, 3);
  const { cluster, lead } = run;
  const late = await cluster.spawn("h1", ["/mnt/sleeper", "20", "20000"]);
  const order = cluster.orderMigration(lead, "h2", { with: [...run.tasks, late] });
  await cluster.runUntil({ ordered: order }, { withinNs: second });
  await cluster.runUntil({ output: /ready/, of: late });
  t.deepEqual(new Set([...run.tasks, late].map((task) => task.host)), new Set(["h2"]));
  await endWell(t, { ...run, tasks: run.tasks });
});
