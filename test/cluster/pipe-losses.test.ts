// Goal: a pipe ends when the other side is gone, also when it is gone with its host, wherever it had
// moved; and it does not end before.
// Method: a crash of one side's host, or of fs, at each stage of a pipeline's life and in the middle
// of moves; the checkers of rights on every trace.

import test, { type ExecutionContext } from "ava";
import { checkTrace, eventsToCheck } from "../../cluster/index.ts";
import { drawBelow } from "../../ports/base/index.ts";
import { boot, ms, second, upTo } from "./clusters.ts";
import { clean, counting, look, pipeline } from "./pipelines.ts";

test.serial("pipe: the reader ends by itself: the writer dies of SIGPIPE", async (t) => {
  const cluster = await boot(t);
  const { reader, writer } = await counting(cluster, 100000, "1ms");
  await cluster.runUntil({ output: /20\n/, of: reader });
  cluster.kill(reader, 15);
  t.is(await cluster.runUntil({ allExited: true }), "met");
  t.deepEqual([reader.exit?.status, writer.exit?.status], [143, 141]);
  await clean(t, cluster);
});

test.serial(
  "pipe: the writer has moved before the host it is on crashes: end of file",
  async (t) => {
    const cluster = await boot(t, { hosts: 4 });
    const { reader, writer } = await counting(cluster, 1000, "10ms");
    await cluster.runUntil({ output: /10\n/, of: reader });
    const all = { strategy: "eager-all" };
    t.is((await cluster.migrate(writer, "h3", all)).outcome, "moved");
    t.is((await cluster.migrate(reader, "h4", all)).outcome, "moved");
    // Until it has asked from there, the answer to its last read goes by way of its old host.
    await cluster.runUntil({ output: /20\n/, of: reader });
    cluster.crash("h1");
    cluster.crash("h2");
    await cluster.advance(8 * second);
    t.true(reader.output.includes("500\n"), "the hosts on which they began are nothing to them");
    cluster.crash("h3");
    t.is(await cluster.runUntil({ exited: reader }), "met");
    t.is(reader.exit?.status, 0);
    await clean(t, cluster);
  },
);

test.serial(
  "pipe: the reader moves while it waits, its old host crashes: the bytes find it",
  async (t) => {
    for (const restart of [false, true]) {
      const cluster = await boot(t, { hosts: 4 });
      const { reader, writer } = await counting(cluster, 300, "50ms");
      await cluster.runUntil({ output: /5\n/, of: reader });
      t.is((await cluster.migrate(reader, "h4", { strategy: "eager-all" })).outcome, "moved");
      cluster.crash("h2"); // by which the answer to the read that waits would have gone
      if (restart) cluster.restart("h2");
      t.is(await cluster.runUntil({ allExited: true }), "met");
      t.is(reader.output, upTo(300));
      t.deepEqual([reader.exit?.status, writer.exit?.status], [0, 0]);
      await clean(t, cluster);
    }
  },
);

test.serial("pipe: the writer is lost in the middle of a move: end of file", async (t) => {
  for (const event of ["migrate.freeze", "migrate.prepared", "home.commit"]) {
    const cluster = await boot(t, { hosts: 4 });
    const { reader, writer } = await counting(cluster, 1000, "10ms");
    await cluster.runUntil({ output: /10\n/, of: reader });
    cluster.orderMigration(writer, "h3");
    await cluster.runUntil({ event });
    cluster.crash("h1");
    cluster.crash("h3");
    t.is(await cluster.runUntil({ exited: reader }), "met", event);
    t.is(reader.exit?.status, 0, event);
    await clean(t, cluster);
  }
});

test.serial(
  "pipe: hosts that were never heard of: nobody waits for them to count rights",
  async (t) => {
    const cluster = await boot(t, { hosts: 8 });
    for (const host of ["h5", "h6", "h7", "h8"]) cluster.crash(host);
    const { reader } = await counting(cluster, 1000, "10ms");
    await cluster.runUntil({ output: /10\n/, of: reader });
    cluster.crash("h1");
    const { now } = cluster;
    t.is(await cluster.runUntil({ exited: reader }), "met");
    t.is(reader.exit?.status, 0);
    t.true(cluster.now - now < 7 * second, `${cluster.now - now} ns`);
    await clean(t, cluster);
  },
);

test.serial("pipe: the target crashes in the middle of a move: the pipe goes on", async (t) => {
  const cluster = await boot(t, { hosts: 4 });
  const { reader, writer } = await counting(cluster, 1200, "10ms");
  await cluster.runUntil({ output: /10\n/, of: reader });
  cluster.crash("h3"); // which h1 does not know yet
  cluster.orderMigration(writer, "h3");
  t.is(await cluster.runUntil({ allExited: true }), "met");
  t.is(reader.output, upTo(1200), "the writer thawed and wrote on");
  t.deepEqual([reader.exit?.status, writer.exit?.status], [0, 0]);
  await clean(t, cluster);
});

test.serial(
  "pipe: the host dies before its task has joined: the other side learns it",
  async (t) => {
    const one = await boot(t);
    const left = await counting(one, 10, "1us");
    one.crash("h1");
    t.is(await one.runUntil({ exited: left.reader }), "met");
    t.deepEqual([left.reader.output, left.reader.exit?.status], ["", 0]);
    t.is(left.writer.exit?.status, 137);
    await clean(t, one);
    const other = await boot(t);
    const right = await counting(other, 100000, "1us");
    other.crash("h2");
    t.is(await other.runUntil({ exited: right.writer }), "met");
    t.is(right.writer.exit?.status, 141);
    await clean(t, other);
  },
);

test.serial(
  "pipe: the host dies and is back at once: what it should have joined is gone",
  async (t) => {
    const cluster = await boot(t);
    const { reader } = await counting(cluster, 10, "1us");
    cluster.crash("h1");
    cluster.restart("h1");
    const again = await counting(cluster, 10, "1us");
    t.is(await cluster.runUntil({ exited: again.reader }), "met");
    t.is(again.reader.output, upTo(10), "a pipe with its next incarnation is another matter");
    t.is(await cluster.runUntil({ exited: reader }), "met");
    t.deepEqual([reader.output, reader.exit?.status], ["", 0]);
    await clean(t, cluster);
  },
);

test.serial("pipe: a host that is down already: the other side learns it", async (t) => {
  const cluster = await boot(t);
  cluster.crash("h1");
  await cluster.advance(20 * second);
  const { reader } = await counting(cluster, 10, "1us");
  t.is(await cluster.runUntil({ exited: reader }), "met");
  t.is(reader.exit?.status, 0);
  await clean(t, cluster);
});

test.serial("pipe: killed while it is being loaded: the other side learns it", async (t) => {
  for (const delay of [0, 100_000, 250_000, 400_000, 600_000, 1_000_000]) {
    const cluster = await boot(t);
    const { reader, writer } = await counting(cluster, 100000, "1s");
    await cluster.advance(delay);
    cluster.kill(writer, 9);
    t.is(await cluster.runUntil({ exited: reader }), "met", `after ${delay} ns`);
    t.is(reader.exit?.status, 0);
    await clean(t, cluster);
  }
});

test.serial("pipe: fs crashes: both sides fail, nothing hangs", async (t) => {
  const cluster = await boot(t);
  const { reader, writer } = await counting(cluster, 100000, "10ms");
  await cluster.runUntil({ output: /20\n/, of: reader });
  cluster.crash("fs");
  cluster.restart("fs");
  t.is(await cluster.runUntil({ allExited: true }), "met");
  t.not(reader.exit?.status, 0);
  t.not(writer.exit?.status, 0);
  t.deepEqual(look(cluster), []);
  t.deepEqual(checkTrace(eventsToCheck(cluster.trace())), []);
});

const policies = ["redirect", "relay", "home", "search", "update"] as const;

/** A pipeline whose programs wander while a host crashes and comes back; what seed says the rest. */
async function ordeal(t: ExecutionContext, seed: number): Promise<void> {
  const draw = (salt: number, below: number): number => drawBelow(below, seed, salt);
  const location = policies[seed % policies.length] ?? "redirect";
  const net = seed % 2 === 0 ? { lossPpm: draw(1, 60_000), reorderPpm: draw(2, 40_000) } : {};
  const cluster = await boot(t, { hosts: 5, seed, location, net, paranoid: seed % 3 === 0 });
  const wander = { periodNs: (20 + draw(3, 40)) * ms, strategy: "eager-all" };
  const { writer, reader } = await pipeline(
    cluster,
    [`h${1 + draw(4, 5)}`, "count", "600", "1ms"],
    [`h${1 + draw(5, 5)}`, "cat"],
    { wander },
  );
  await cluster.advance(draw(6, 500) * ms);
  const host = `h${1 + draw(7, 5)}`;
  cluster.crash(host);
  if (draw(8, 2) === 0) await cluster.advance(draw(9, 8000) * ms);
  cluster.restart(host);
  const what = `seed ${seed}, ${location}, ${host}`;
  t.is(await cluster.runUntil({ allExited: true }), "met", what);
  t.true(upTo(600).startsWith(reader.output), what);
  if (reader.exit?.status === 0 && writer.exit?.status === 0) t.is(reader.output, upTo(600), what);
  await clean(t, cluster);
}

test.serial(
  "pipe: both ends wander, a host crashes and comes back: each policy, any net",
  async (t) => {
    for (let seed = 1; seed <= 15; seed++) await ordeal(t, seed);
  },
);
