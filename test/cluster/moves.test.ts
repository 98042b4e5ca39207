// Goal: whatever a task is doing when it is moved, and however often, it does not notice; and an
// order that cannot be carried out is refused with its reason, and changes nothing.
// Method: catch a task in each state, move it by every strategy, and compare what it prints with what
// it prints where nothing moves.

import test from "ava";
import type { ExecutionContext } from "ava";
import type { Cluster, InputSource, Task } from "../../cluster/index.ts";
import { UsageError } from "../../cluster/index.ts";
import { strategies as names } from "../../kernel/index.ts";
import {
  boot,
  eventsOf,
  guests,
  guestTest,
  holderOutput,
  leftovers,
  ms,
  second,
  upTo,
  us,
  viewOf,
} from "./clusters.ts";

const strategies = names.map(({ name }) => name);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function ends(t: ExecutionContext, cluster: Cluster, task: Task): Promise<void> {
  t.is(await cluster.runUntil({ exited: task }, { withinNs: 600 * second }), "met");
  t.deepEqual([task.exit?.status, task.errors], [0, ""]);
}

function stateOn(cluster: Cluster, host: string): string | undefined {
  return viewOf(cluster, host).tasks[0]?.state;
}

for (const { name: strategy, rounds } of names) {
  test.serial(`move: running, ${strategy}: goes on where it was`, async (t) => {
    const cluster = await boot(t);
    const task = await cluster.spawn("h1", ["count", "400"]);
    await cluster.runUntil({ output: /^100$/m, of: task });
    t.regex(stateOn(cluster, "h1") ?? "", /running|waiting \(reply\)/);
    const result = await cluster.migrate(task, "h2", { strategy });
    t.like(result, { outcome: "moved", from: "h1", to: "h2", strategy });
    t.deepEqual([task.host, stateOn(cluster, "h1")], ["h2", undefined]);
    await ends(t, cluster, task);
    t.is(task.output, upTo(400));
  });

  guestTest(`move: asleep, ${strategy}: wakes at the deadline that it had`, async (t) => {
    const cluster = await boot(t, { mounts: guests() });
    const alone = await cluster.spawn("h3", ["/mnt/sleeper", "20", "10000"]);
    const task = await cluster.spawn("h1", ["/mnt/sleeper", "20", "10000"]);
    await cluster.runUntil({ output: /ready/, of: task });
    await cluster.advance(15 * ms); // in the middle of the second sleep
    for (const host of ["h2", "h3", "h1"]) {
      t.regex(stateOn(cluster, task.host) ?? "", /waiting \(time\)/);
      t.is((await cluster.migrate(task, host, { strategy })).outcome, "moved");
      await cluster.advance(30 * ms);
    }
    await ends(t, cluster, task);
    await ends(t, cluster, alone);
    const late = (job: Task): number => Number(job.output.split("\n")[1]);
    // Where it woke last its pages may still have been owed: a few faults over a cable.
    t.true(late(task) >= 0 && late(task) < late(alone) + 2 * ms, `${late(task)} ns late`);
  });

  guestTest(`move: deadline passes during the freeze, ${strategy}: wakes at once`, async (t) => {
    const cluster = await boot(t, { mounts: guests() });
    // A round goes there and back once more before the freeze; one with pages, once for its window.
    const copied = rounds?.copies({ kind: "anonymous", page: 0 });
    const sleepUs = copied === undefined ? 100_000 : copied === "sent" ? 190_000 : 150_000;
    const task = await cluster.spawn("h1", ["/mnt/sleeper", "1", `${sleepUs}`]);
    await cluster.runUntil({ output: /ready/, of: task });
    await cluster.advance(3 * ms);
    cluster.delay("h1", "h2", 20 * ms);
    t.is((await cluster.migrate(task, "h2", { strategy })).outcome, "moved");
    await ends(t, cluster, task);
    t.true(Number(task.output.split("\n")[1]) > 20 * ms);
  });

  test.serial(`move: blocked in a read of a terminal, ${strategy}: the read goes on`, async (t) => {
    const cluster = await boot(t);
    const terminal: InputSource = { kind: "terminal", read: () => Promise.resolve(bytes("")) };
    const task = await cluster.spawn("h1", ["cat"], { stdin: terminal });
    await cluster.advance(50 * ms);
    for (const host of ["h2", "h3"]) {
      t.is(stateOn(cluster, task.host), "waiting (reply)");
      t.is((await cluster.migrate(task, host, { strategy })).outcome, "moved");
      await cluster.advance(20 * ms);
      t.is(stateOn(cluster, host), "waiting (reply)");
    }
    t.is(task.output, "");
    cluster.type(task, bytes("hello\n"), false);
    t.is(await cluster.runUntil({ output: /hello\n/, of: task }, { withinNs: second }), "met");
    t.is((await cluster.migrate(task, "h1", { strategy })).outcome, "moved");
    cluster.type(task, bytes("there\n"), true);
    await ends(t, cluster, task);
    t.is(task.output, "hello\nthere\n");
  });

  guestTest(`move: waiting for a page, ${strategy}: the page comes after it`, async (t) => {
    const cluster = await boot(t, { mounts: guests() });
    const task = await cluster.spawn("h1", ["/mnt/holder", "16", "20", "20000"]);
    await cluster.runUntil({ output: /ready/, of: task });
    await cluster.migrate(task, "h2", { strategy: "copy-on-reference" });
    cluster.delay("h1", "h2", 100 * ms);
    await cluster.advance(20 * ms);
    t.is(stateOn(cluster, "h2"), "waiting for a page");
    t.is((await cluster.migrate(task, "h3", { strategy })).outcome, "moved");
    await ends(t, cluster, task);
    t.is(task.output, holderOutput(16, 20));
    await cluster.advance(second);
    t.deepEqual(leftovers(cluster), []);
  });
}

test.serial(
  "move: input from a slow pipe, wandering: every line once, in both drivers",
  async (t) => {
    const hashes: string[] = [];
    for (const driver of ["inline", "worker"] as const) {
      const cluster = await boot(t, { driver });
      const lines = Array.from({ length: 40 }, (_, index) => `line ${index}\n`);
      const all = lines.join("");
      const pipe: InputSource = {
        kind: "pipe",
        async read() {
          await new Promise((resolve) => setTimeout(resolve, hashes.length));
          return bytes(lines.shift() ?? "");
        },
      };
      const task = await cluster.spawn("h1", ["cat"], {
        stdin: pipe,
        wander: { periodNs: 500 * us },
      });
      await ends(t, cluster, task);
      t.is(task.output, all);
      t.true(task.moves.length > 3, `${task.moves.length} moves`);
      hashes.push(cluster.traceHash());
    }
    t.is(hashes[0], hashes[1]);
  },
);

guestTest("move: back and forth 100 times: right output, nothing left, one trace", async (t) => {
  const inline = await backAndForth(t, "inline");
  t.is(await backAndForth(t, "worker"), inline);
});

async function backAndForth(t: ExecutionContext, driver: "inline" | "worker"): Promise<string> {
  const cluster = await boot(t, { mounts: guests(), driver });
  const task = await cluster.spawn("h1", ["/mnt/holder", "12", "30", "5000"]);
  await cluster.runUntil({ output: /ready/, of: task });
  for (let move = 1; move <= 100; move++) {
    const strategy = strategies[move % strategies.length] as string;
    const result = await cluster.migrate(task, move % 2 === 0 ? "h1" : "h2", { strategy });
    t.is(result.outcome, "moved", `move ${move}`);
  }
  t.is(task.exit, null);
  await ends(t, cluster, task);
  t.is(task.output, holderOutput(12, 30));
  await cluster.advance(second);
  t.deepEqual(leftovers(cluster), []);
  return cluster.traceHash();
}

guestTest("move: pages owed by two hosts: it goes on, and finds them all", async (t) => {
  const cluster = await boot(t, { hosts: 4, mounts: guests() });
  const task = await cluster.spawn("h1", ["/mnt/holder", "40", "2", "50000"]);
  await cluster.runUntil({ output: /ready/, of: task });
  const owing = (): string[] =>
    cluster
      .residuals(task)
      .filter(({ kind }) => kind === "pages")
      .map(({ host }) => `h${host}`);
  const strategy = "copy-on-reference";
  await cluster.migrate(task, "h2", { strategy });
  await cluster.advance(52 * ms); // it wakes, and has fetched some of its pages
  await cluster.migrate(task, "h3", { strategy });
  t.deepEqual(owing().sort(), ["h1", "h2"]);
  t.is((await cluster.migrate(task, "h4", { strategy })).outcome, "moved");
  t.deepEqual(owing().sort().slice(0, 2), ["h1", "h2"]);
  await ends(t, cluster, task);
  t.is(task.output, holderOutput(40, 2));
  await cluster.advance(second);
  t.deepEqual(leftovers(cluster), []);
});

guestTest(
  "move: eager-all after copy-on-reference: fetches what is owed, leaves nothing",
  async (t) => {
    const cluster = await boot(t, { mounts: guests() });
    const task = await cluster.spawn("h1", ["/mnt/holder", "40", "2", "50000"]);
    await cluster.runUntil({ output: /ready/, of: task });
    await cluster.migrate(task, "h2", { strategy: "copy-on-reference" });
    t.true(cluster.residuals(task).some(({ kind }) => kind === "pages"));
    t.is((await cluster.migrate(task, "h3", { strategy: "eager-all" })).outcome, "moved");
    const kinds = new Set(cluster.residuals(task).map(({ kind }) => kind));
    t.deepEqual([...kinds].sort(), ["file-pages", "home", "open-files"]);
    await cluster.advance(ms);
    for (const host of ["h1", "h2"]) {
      t.deepEqual([viewOf(cluster, host).owes, viewOf(cluster, host).framesUsed], [[], 0], host);
    }
    cluster.crash("h2"); // nothing depends on it
    await ends(t, cluster, task);
    t.is(task.output, holderOutput(40, 2));
  },
);

test.serial("move: what cannot be: refused with its reason, and the task runs on", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["count", "300"]);
  await cluster.runUntil({ output: /^10$/m, of: task });
  t.like(await cluster.migrate(task, "h1"), { outcome: "refused", rule: "already-there" });
  t.like(await cluster.migrate(task, "fs"), { outcome: "refused", rule: "no-such-host" });
  t.throws(() => cluster.orderMigration(task, "h9"), { instanceOf: UsageError, message: /h9/ });
  t.throws(() => cluster.orderMigration(task, "h2", { strategy: "magic" }), {
    instanceOf: UsageError,
    message: /magic.*eager-all/,
  });
  cluster.orderMigration(task, "h2");
  t.like(await cluster.migrate(task, "h3"), { outcome: "refused", rule: "already-moving" });
  await ends(t, cluster, task);
  t.is(task.output, upTo(300));
  t.deepEqual([task.host, task.movesFailed], ["h2", 3]);
  t.throws(() => cluster.orderMigration(task, "h3"), { instanceOf: UsageError, message: /ended/ });
});

guestTest(
  "move: more pages than the target has room for: refused, with both numbers",
  async (t) => {
    const cluster = await boot(t, { mounts: guests(), memoryBytes: 4 * 2 ** 20 });
    const one = await cluster.spawn("h1", ["/mnt/holder", "600", "2", "100000"]);
    const other = await cluster.spawn("h2", ["/mnt/holder", "600", "2", "100000"]);
    await cluster.runUntil({ output: /ready/, of: one });
    await cluster.runUntil({ output: /ready/, of: other });
    const result = await cluster.migrate(one, "h2", { strategy: "eager-all" });
    t.is(result.outcome, "refused");
    t.regex(result.reason ?? "", /^no-memory: host h\d has \d+ pages free, and \d+ are wanted$/);
    await ends(t, cluster, one);
    await ends(t, cluster, other);
    t.is(one.output, holderOutput(600, 2));
  },
);

for (const strategy of strategies) {
  guestTest(
    `move: cable to the target cut before it, ${strategy}: aborted after 2 s`,
    async (t) => {
      const cluster = await boot(t, { mounts: guests() });
      const task = await cluster.spawn("h1", ["/mnt/holder", "16", "4", "1000000"]);
      await cluster.runUntil({ output: /ready/, of: task });
      cluster.cut("h1", "h2");
      const before = cluster.now;
      const result = await cluster.migrate(task, "h2", { strategy });
      t.like(result, { outcome: "aborted", rule: "no-answer" });
      t.true(cluster.now - before >= 2 * second && cluster.now - before < 2.1 * second);
      t.is(task.host, "h1");
      cluster.heal("h1", "h2");
      t.is((await cluster.migrate(task, "h2", { strategy })).outcome, "moved");
      await ends(t, cluster, task);
      t.is(task.output, holderOutput(16, 4));
    },
  );

  guestTest(`move: cable cut in the middle, ${strategy}: waits frozen, and is moved`, async (t) => {
    const cluster = await boot(t, { mounts: guests() });
    const task = await cluster.spawn("h1", ["/mnt/holder", "16", "4", "1000000"]);
    await cluster.runUntil({ output: /ready/, of: task });
    cluster.delay("h1", "h2", 5 * ms);
    const order = cluster.orderMigration(task, "h2", { strategy });
    await cluster.runUntil({ event: "migrate.reserve" });
    await cluster.runUntil({ event: "migrate.freeze" });
    cluster.cut("h1", "h2");
    await cluster.advance(3 * second);
    t.is(stateOn(cluster, "h1"), "frozen");
    t.is(eventsOf(cluster, "migrate.activate").length, 0);
    cluster.heal("h1", "h2");
    await cluster.runUntil({ ordered: order }, { withinNs: 10 * second });
    t.is(task.host, "h2");
    await ends(t, cluster, task);
    t.is(task.output, holderOutput(16, 4));
  });
}

guestTest("move: 1,000 moves of a megabyte: right output, nothing left", async (t) => {
  const cluster = await boot(t, { mounts: guests(), trace: "control" });
  const task = await cluster.spawn("h1", ["/mnt/holder", "256", "60", "100000"]);
  await cluster.runUntil({ output: /ready/, of: task });
  for (let move = 1; move <= 1000; move++) {
    const host = `h${1 + (move % 3)}`;
    const strategy = move % 10 === 0 ? "eager-all" : "copy-on-reference";
    const { outcome } = await cluster.migrate(task, host, { strategy });
    if (outcome !== "moved") t.fail(`move ${move}: ${outcome}`);
  }
  t.is(task.exit, null);
  t.is(task.moves.length, 1000);
  await ends(t, cluster, task);
  t.is(task.output, holderOutput(256, 60));
  await cluster.advance(second);
  t.deepEqual(leftovers(cluster), []);
});
