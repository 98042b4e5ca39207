// Goal: what a strategy does before, during and after the freeze can be broken off at any point, and
// nobody loses a page: rounds, writing to swap, and pushing.
// Method: a program with many pages; cables are slow, so that the steps are far apart; crash, move again
// or look at the trace in the middle; its output tells whether its memory is right.

import test, { type ExecutionContext } from "ava";
import type { Cluster, Task } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import {
  boot,
  eventsOf,
  guests,
  guestTest,
  holderOutput,
  leftovers,
  MiB,
  ms,
  second,
  upTo,
  viewOf,
} from "./clusters.ts";

const pages = 400;
const rounds = 12;

interface Run {
  readonly cluster: Cluster;
  readonly task: Task;
}

async function ready(t: ExecutionContext, hosts = 3): Promise<Run> {
  const cluster = await boot(t, { mounts: guests(), hosts, memoryBytes: 8 * MiB });
  const task = await cluster.spawn("h1", ["/mnt/holder", `${pages}`, `${rounds}`, "20000000"]);
  await cluster.runUntil({ output: /ready/, of: task });
  return { cluster, task };
}

async function endsWell(t: ExecutionContext, { cluster, task }: Run): Promise<void> {
  t.is(await cluster.runUntil({ exited: task }, { withinNs: 600 * second }), "met");
  t.is(task.output, holderOutput(pages, rounds));
  await cluster.advance(20 * second);
  t.deepEqual(leftovers(cluster), []);
  t.deepEqual(cluster.observeServer("fs", "swap", { ask: "swap" }), { objects: 0, pages: 0 });
}

for (const { name: strategy, rounds: rules } of strategies) {
  guestTest(
    `strategies: ${strategy}: target crashes before the home decides: runs on here`,
    async (t) => {
      const run = await ready(t);
      const { cluster, task } = run;
      for (const event of [
        "migrate.reserve",
        rules ? "msg.send" : "migrate.freeze",
        "migrate.encap",
      ]) {
        cluster.delay("h1", "h2", 5 * ms);
        cluster.orderMigration(task, "h2", { strategy });
        t.is(await cluster.runUntil({ event }, { withinNs: second }), "met", event);
        await cluster.advance(4 * ms);
        cluster.crash("h2");
        await cluster.advance(8 * second);
        cluster.restart("h2");
        await cluster.advance(100 * ms);
        t.is(task.host, "h1", event);
      }
      t.is(task.moves.filter(({ committedAt }) => committedAt !== null).length, 0);
      t.is((await cluster.migrate(task, "h2", { strategy })).outcome, "moved");
      await endsWell(t, run);
    },
  );

  guestTest(
    `strategies: ${strategy}: moves on while the first move's pages are owed`,
    async (t) => {
      const run = await ready(t, 5);
      const { cluster, task } = run;
      await cluster.migrate(task, "h2", { strategy: "post-copy" });
      for (const host of ["h3", "h4", "h5", "h1", "h2"]) {
        t.is((await cluster.migrate(task, host, { strategy })).outcome, "moved");
        await cluster.advance(ms / 5);
      }
      await endsWell(t, run);
    },
  );

  guestTest(`strategies: ${strategy}: no more than 2 MiB of pages are under way`, async (t) => {
    const run = await ready(t);
    const { cluster, task } = run;
    await cluster.migrate(task, "h2", { strategy });
    let underWay = 0;
    let most = 0;
    for (const { event, host, op } of eventsOf(cluster)) {
      if (host !== "h1") continue;
      if (event === "msg.send" && op === "migrate.pages") underWay++;
      if (event === "msg.enqueue" && op === "migrate.taken") underWay--;
      most = Math.max(most, underWay);
    }
    t.true(most <= 32, `${most} messages of 64 KiB`);
    await endsWell(t, run);
  });
}

guestTest(
  "strategies: pre-copy: a program that sleeps: one round, and nothing is left to send",
  async (t) => {
    const cluster = await boot(t, { mounts: guests() });
    const task = await cluster.spawn("h1", ["/mnt/sleeper", "1", "500000"]);
    await cluster.runUntil({ output: /ready/, of: task });
    t.is((await cluster.migrate(task, "h2", { strategy: "pre-copy" })).outcome, "moved");
    const [round, ...more] = eventsOf(cluster, "migrate.round");
    t.like(round, { round: 1, dirty: 0 });
    t.deepEqual(more, []);
    t.is(eventsOf(cluster, "migrate.transfer")[0]?.["pages"], round?.["pages"]);
  },
);

guestTest(
  "strategies: flush: fs crashes while pages go to swap: aborted, and the pages are here",
  async (t) => {
    const { cluster, task } = await ready(t);
    const before = viewOf(cluster, "h1").framesUsed;
    cluster.delay("h1", "fs", 20 * ms);
    const order = cluster.orderMigration(task, "h2", { strategy: "flush" });
    t.is(await cluster.runUntil({ event: "pager.return" }, { withinNs: second }), "met");
    cluster.crash("fs");
    t.is(await cluster.runUntil({ ordered: order }, { withinNs: 30 * second }), "met");
    t.is(cluster.observed.refusals.at(-1)?.rule, "swap-lost");
    t.is(task.host, "h1");
    t.is(viewOf(cluster, "h1").framesUsed, before);
  },
);

guestTest("strategies: flush: fs crashes after the move: the ledger had said so", async (t) => {
  const { cluster, task } = await ready(t);
  await cluster.migrate(task, "h2", { strategy: "flush" });
  const swap = cluster.residuals(task).find(({ kind }) => kind === "swap");
  t.like(swap, { host: 0, when: "at-use" });
  t.true((swap?.count ?? 0) >= pages, `${swap?.count} pages`);
  t.false(cluster.residuals(task).some(({ kind }) => kind === "pages"));
  cluster.crash("fs");
  await cluster.runUntil({ exited: task }, { withinNs: 60 * second });
  t.like(task.exit, { status: 135, lostHost: "fs" });
});

guestTest(
  "strategies: post-copy: the source crashes when all was pushed: nobody notices",
  async (t) => {
    const run = await ready(t);
    const { cluster, task } = run;
    const { owed } = await cluster.migrate(task, "h2", { strategy: "post-copy" });
    t.true(owed >= pages);
    t.is(await cluster.runUntil({ event: "residual.drained" }, { withinNs: second }), "met");
    await cluster.advance(20 * ms);
    t.deepEqual(
      cluster.residuals(task).filter(({ kind }) => kind === "pages"),
      [],
    );
    const chunks = eventsOf(cluster, "residual.push").map((event) => Number(event["pages"]));
    t.true(Math.max(...chunks) > 64, `chunks of ${chunks.join()} pages`);
  },
);

guestTest(
  "strategies: dry run: what it says is what happens, and nothing happens by it",
  async (t) => {
    for (const { name: strategy } of strategies) {
      const { cluster, task } = await ready(t);
      const hash = cluster.traceHash();
      const forecast = cluster.forecast(task, "h2", { strategy });
      t.is(cluster.traceHash(), hash);
      t.is(cluster.forecast(task, "h1", { strategy })?.refusals[0]?.rule, "already-there");
      const { owed } = await cluster.migrate(task, "h2", { strategy });
      const left = forecast?.left ?? -1;
      t.true(
        strategy === "hybrid" ? owed <= pages : owed === left,
        `${strategy}: ${owed}, ${left}`,
      );
      const kinds = (entries: readonly { kind: string; host: number }[]): string[] =>
        entries
          .map(({ kind, host }) => `${kind} ${host}`)
          .filter((text) => !text.startsWith("pages"))
          .sort();
      t.deepEqual(
        kinds(cluster.residuals(task)),
        kinds(forecast?.unit[0]?.residuals ?? []),
        strategy,
      );
      await cluster.close();
    }
  },
);

for (const { name: strategy } of strategies) {
  test.serial(
    `strategies: ${strategy}: wandering: one trace, saved and restored on the way, and in workers`,
    async (t) => {
      const runs: string[][] = [];
      for (const how of [{}, { disturbed: true }, { driver: "worker" }] as const) {
        const cluster = await boot(t, { seed: 3, ...how });
        const wander = { periodNs: 10 * ms, strategy };
        const task = await cluster.spawn("h1", ["toucher", "1MiB", "512KiB", "128KiB", "600"], {
          wander,
        });
        t.is(await cluster.runUntil({ exited: task }, { withinNs: 60 * second }), "met");
        t.true(task.moves.length > 3, `${task.moves.length} moves`);
        runs.push([cluster.traceHash(), task.output]);
        await cluster.close();
      }
      t.deepEqual(runs[1], runs[0]);
      t.deepEqual(runs[2], runs[0]);
      t.is(runs[0]?.[1], "ready\n0b4987df58f08821\n"); // as qemu runs it, unmoved
    },
  );
}

guestTest(
  "strategies: flush: memory given back while it is on its way to swap: moves on",
  async (t) => {
    for (const [name, microseconds] of [
      ["round", "30000"],
      ["freeze", "1"],
    ] as const) {
      const cluster = await boot(t, { mounts: guests(), hosts: 3, memoryBytes: 8 * MiB });
      const task = await cluster.spawn("h1", ["/mnt/unmapper", "1200", microseconds]);
      await cluster.runUntil({ output: /ready/, of: task });
      cluster.delay("h1", "fs", 20 * ms);
      const order = cluster.orderMigration(task, "h2", { strategy: "flush" });
      t.is(await cluster.runUntil({ ordered: order }, { withinNs: 5 * second }), "met", name);
      t.is(task.host, "h2", name);
      await cluster.runUntil({ exited: task }, { withinNs: 60 * second });
      t.is(task.output, `ready\n${upTo(10)}`);
      await cluster.advance(20 * second);
      t.deepEqual(leftovers(cluster), []);
      t.deepEqual(cluster.observeServer("fs", "swap", { ask: "swap" }), { objects: 0, pages: 0 });
    }
  },
);

guestTest(
  "strategies: two that map one file, copied at the same time: neither misses a page",
  async (t) => {
    for (const strategy of ["pre-copy", "hybrid"]) {
      const cluster = await boot(t, { mounts: guests(), hosts: 4, memoryBytes: 8 * MiB });
      const argv = ["/mnt/holder", "200", "12", "2000000"];
      const one = await cluster.spawn("h1", argv);
      const other = await cluster.spawn("h1", argv);
      for (const task of [one, other]) await cluster.runUntil({ output: /ready/, of: task });
      for (const [a, b] of [
        ["h2", "h3"],
        ["h1", "h1"],
        ["h3", "h4"],
      ] as const) {
        const first = cluster.orderMigration(one, a, { strategy });
        await cluster.advance(ms);
        const then = cluster.orderMigration(other, b, { strategy });
        for (const ordered of [first, then]) await cluster.runUntil({ ordered });
        t.deepEqual([one.host, other.host], [a, b]);
      }
      await cluster.runUntil({ allExited: true }, { withinNs: 600 * second });
      t.deepEqual([one.output, other.output], [holderOutput(200, 12), holderOutput(200, 12)]);
    }
  },
);
