// Goal: a cluster with nothing to do stands still, and says so; one that is held up loses nothing;
// one whose parts die and come back is the same cluster, but nothing in it survives that should not.
// Method: wait for what will never come, pause, crash and restart, and look at clocks and ends.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import type { Cluster, InputSource, Task } from "../../cluster/index.ts";
import {
  boot,
  eventsOf,
  guests,
  guestTest,
  holderOutput,
  ms,
  second,
  upTo,
  viewOf,
} from "./clusters.ts";

const terminal: InputSource = { kind: "terminal", read: () => Promise.resolve(new Uint8Array(0)) };
const typed = new TextEncoder().encode("at last\n");

for (const driver of ["inline", "worker"] as const) {
  test.serial(`quiet: a task that waits for ever, ${driver}: deadlock, soon`, async (t) => {
    const cluster = await boot(t, { driver });
    const task = await cluster.spawn("h1", ["cat"], { stdin: terminal });
    await cluster.advance(100 * ms);
    // It depends on h1 and h1 on it: keepalives go to and fro, and must not count.
    t.is((await cluster.migrate(task, "h2")).outcome, "moved");
    t.is(await cluster.runUntil({ exited: task }), "deadlock");
    t.true(cluster.now > 5 * second && cluster.now < 15 * second, `${cluster.now}`);
    t.is(viewOf(cluster, "h2").tasks[0]?.state, "waiting (reply)");
    const stood = cluster.now;
    t.is(await cluster.runUntil({ exited: task }), "deadlock");
    t.is(cluster.now, stood, "time stands still until somebody does something");
    cluster.type(task, typed, true);
    t.is(await cluster.runUntil({ exited: task }), "met");
    t.deepEqual([task.output, task.exit?.status], ["at last\n", 0]);
  });
}

test.serial("quiet: nothing was ever started: deadlock without a step", async (t) => {
  const cluster = await boot(t);
  t.is(await cluster.runUntil({ event: "task.born" }), "deadlock");
  t.is(cluster.trace(), "");
});

test.serial("quiet: a long sleep is no deadlock, however long", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["count", "2", "3600s"]);
  t.is(await cluster.runUntil({ exited: task }), "met");
  t.is(task.output, upTo(2));
  t.true(cluster.now > 7200 * second);
});

test.serial("quiet: a move that takes longer than any silence: made, not given up", async (t) => {
  const cluster = await boot(t, { bandwidth: 5_000_000 });
  const task = await cluster.spawn("h1", ["toucher", "48MiB", "4KiB", "4KiB", "1000000000"]);
  t.is(await cluster.runUntil({ output: /ready/, of: task }), "met");
  const { outcome, freezeNs } = await cluster.migrate(task, "h2", { strategy: "eager-all" });
  t.is(outcome, "moved");
  t.true(freezeNs > 8 * second, `frozen for ${freezeNs} ns, with nobody doing anything`);
});

test.serial("quiet: a limit of time: reached exactly, and gone on from", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["count", "50", "10ms"]);
  t.is(await cluster.runUntil({ exited: task }, { withinNs: 123_456_789 }), "time");
  t.is(cluster.now, 123_456_789);
  t.true(task.output.length > 0 && task.output.length < upTo(50).length);
  t.is(await cluster.runUntil({ exited: task }), "met");
  t.is(task.output, upTo(50));
});

test.serial("pause: a host in the middle of computing: loses nothing, only time", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["count", "500"]);
  await cluster.runUntil({ output: /^100$/m, of: task });
  cluster.pause("h1");
  await cluster.advance(50 * ms);
  const soFar = task.output;
  await cluster.advance(3 * second);
  t.is(task.output, soFar);
  t.is(viewOf(cluster, "h1").state, "paused");
  cluster.continue("h1");
  t.is(await cluster.runUntil({ exited: task }), "met");
  t.deepEqual([task.output, task.exit?.status], [upTo(500), 0]);
});

guestTest("pause: deadlines pass meanwhile: they fire when it continues", async (t) => {
  const cluster = await boot(t, { mounts: guests() });
  const task = await cluster.spawn("h1", ["/mnt/sleeper", "10", "20000"]);
  await cluster.runUntil({ output: /ready/, of: task });
  cluster.pause("h1");
  await cluster.advance(2 * second);
  t.is(task.exit, null);
  cluster.continue("h1");
  const continued = cluster.now;
  t.is(await cluster.runUntil({ exited: task }), "met");
  t.is(task.exit?.status, 0);
  t.true((task.exit?.at ?? 0) - continued < 20 * ms, "all ten at once");
  const late = Number(task.output.split("\n")[1]);
  t.true(late > 1.7 * second && late < 2 * second, `${late}`);
});

guestTest("pause: the source of owed pages: the task waits, and goes on", async (t) => {
  const cluster = await boot(t, { mounts: guests() });
  const task = await cluster.spawn("h1", ["/mnt/holder", "16", "2", "1000"]);
  await cluster.runUntil({ output: /ready/, of: task });
  await cluster.migrate(task, "h2", { strategy: "copy-on-reference" });
  cluster.pause("h1");
  await cluster.advance(3 * second);
  t.is(viewOf(cluster, "h2").tasks[0]?.state, "waiting for a page");
  cluster.continue("h1");
  t.is(await cluster.runUntil({ exited: task }), "met");
  t.is(task.output, holderOutput(16, 2));
});

test.serial(
  "crash: a host with a task: 137, and after a restart it is another incarnation",
  async (t) => {
    const cluster = await boot(t);
    const task = await cluster.spawn("h1", ["count", "1000", "1ms"]);
    const bystander = await cluster.spawn("h2", ["count", "100", "1ms"]);
    await cluster.runUntil({ output: /^10$/m, of: task });
    cluster.crash("h1");
    await cluster.runUntil({ exited: task });
    t.like(task.exit, { status: 137, cause: "host-lost", lostHost: "h1" });
    const refused = await cluster.spawn("h1", ["echo", "x"]);
    await cluster.runUntil({ exited: refused });
    t.like(refused.exit, { cause: "not-run", reason: "h1 is down" });
    cluster.restart("h1");
    await cluster.advance(ms);
    t.like(viewOf(cluster, "h1"), { state: "up", incarnation: 2, framesUsed: 0, tasks: [] });
    const again = await cluster.spawn("h1", ["count", "3"]);
    await cluster.runUntil({ allExited: true });
    t.deepEqual([again.exit?.status, again.output], [0, upTo(3)]);
    t.not(again.pid, task.pid, "pids are never used twice");
    t.is(bystander.output, upTo(100));
  },
);

/** A program on h1 in the middle of a big file of the file server. */
async function reading(t: ExecutionContext): Promise<{ cluster: Cluster; task: Task }> {
  const folder = mkdtempSync(join(tmpdir(), "sojourn-big-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "big"), "0123456789abcdef".repeat(65_536));
  const cluster = await boot(t, { mounts: { big: join(folder, "big") } });
  const task = await cluster.spawn("h1", ["cat", "/mnt/big"]);
  await cluster.runUntil({ output: /0/, of: task });
  return { cluster, task };
}

test.serial(
  "crash: the file server, restarted at once: old ports are dead, new ones work",
  async (t) => {
    const { cluster, task } = await reading(t);
    cluster.crash("fs");
    await cluster.advance(ms);
    cluster.restart("fs");
    t.is(await cluster.runUntil({ exited: task }, { withinNs: 30 * second }), "met");
    t.deepEqual([task.exit?.status, task.exit?.cause], [1, "exit"]); // an input/output error
    t.like(viewOf(cluster, "fs"), { state: "up", incarnation: 2 });
    const again = await cluster.spawn("h1", ["wc", "-c", "/mnt/big"]);
    await cluster.runUntil({ exited: again }, { withinNs: 30 * second });
    t.deepEqual([again.exit?.status, again.output], [0, "1048576 /mnt/big\n"]);
  },
);

test.serial(
  "crash: the file server, for good: an error after death-after, not before",
  async (t) => {
    const { cluster, task } = await reading(t);
    cluster.crash("fs");
    const crashed = cluster.now;
    t.is(await cluster.runUntil({ exited: task }, { withinNs: 30 * second }), "met");
    t.is(task.exit?.status, 1);
    // The read fails after death-after; so does the complaint about it, which no one could take.
    const [dead] = eventsOf(cluster, "link.dead");
    const noticed = (dead?.at ?? 0) - crashed;
    t.true(noticed > 4 * second && noticed < 6 * second, `${noticed}`);
    t.is(dead?.["reason"], "death-after");
    t.true((task.exit?.at ?? 0) - crashed < 12 * second);
  },
);

test.serial(
  "crash: all hosts, and all back: the cluster works, and forgets what it ran",
  async (t) => {
    const cluster = await boot(t);
    const tasks = [];
    for (const host of ["h1", "h2", "h3"]) {
      tasks.push(await cluster.spawn(host, ["count", "1000", "1ms"], { wander: { periodNs: ms } }));
    }
    await cluster.advance(60 * ms);
    for (const host of ["h1", "h2", "h3", "fs"]) cluster.crash(host);
    await cluster.advance(second);
    for (const host of ["fs", "h1", "h2", "h3"]) cluster.restart(host);
    t.is(await cluster.runUntil({ allExited: true }, { withinNs: 60 * second }), "met");
    t.deepEqual(
      tasks.map(({ exit }) => exit?.status),
      [137, 137, 137],
    );
    const again = await cluster.spawn("h2", ["count", "100"], { wander: { periodNs: ms } });
    t.is(await cluster.runUntil({ exited: again }, { withinNs: 60 * second }), "met");
    t.deepEqual([again.exit?.status, again.output], [0, upTo(100)]);
  },
);

test.serial(
  "quiet: a condition: time stands skewMax after what met it, in both drivers",
  async (t) => {
    const seen: unknown[] = [];
    for (const driver of ["inline", "worker"] as const) {
      const cluster = await boot(t, { driver });
      const written: number[] = [];
      const task = await cluster.spawn("h1", ["count", "200", "1ms"]);
      t.is(await cluster.runUntil({ output: /^100$/m, of: task }), "met");
      t.is(task.output, upTo(100), "one line a millisecond, and no more than the one asked for");
      written.push(cluster.now);
      const order = cluster.orderMigration(task, "h2");
      t.is(await cluster.runUntil({ event: "migrate.reserve" }), "met");
      const [reserve] = eventsOf(cluster, "migrate.reserve");
      t.is(cluster.now, (reserve?.at ?? 0) + ms);
      t.is(await cluster.runUntil({ ordered: order }), "met");
      written.push(cluster.now);
      seen.push(written);
    }
    t.deepEqual(seen[0], seen[1]);
  },
);
