// Goal: a pipe between tasks on any hosts is a pipe: every byte once and in order, the end of file
// and EPIPE when the other side is gone, also when it is gone with its host, wherever it had moved.
// Method: programs that come along, joined by pipes, in both drivers; a crash of one side's host at
// each stage; the checkers of rights on every trace.

import test, { type ExecutionContext } from "ava";
import {
  checkTrace,
  type Cluster,
  type ClusterOptions,
  eventsToCheck,
  type SpawnOptions,
  type Task,
} from "../../cluster/index.ts";
import type { PipeView } from "../../fs-server/index.ts";
import { drawBelow } from "../../ports/base/index.ts";
import { boot, eventsOf, ms, second, viewOf } from "./clusters.ts";

const upTo = (n: number): string =>
  Array.from({ length: n }, (_, index) => `${index + 1}\n`).join("");

/** `from | to`, each on its host. */
async function pipeline(
  cluster: Cluster,
  from: readonly [host: string, ...argv: string[]],
  to: readonly [host: string, ...argv: string[]],
  options: SpawnOptions = {},
): Promise<{ readonly writer: Task; readonly reader: Task; readonly pipe: number }> {
  const [writerHost, ...writerArgv] = from;
  const [readerHost, ...readerArgv] = to;
  const pipe = cluster.makePipe(readerHost, writerHost);
  const writer = await cluster.spawn(writerHost, writerArgv, {
    ...options,
    streams: [`1|${pipe}`],
  });
  const reader = await cluster.spawn(readerHost, readerArgv, {
    ...options,
    streams: [`0|${pipe}`],
  });
  return { writer, reader, pipe };
}

const look = (cluster: Cluster): readonly PipeView[] =>
  cluster.observeServer("fs", "pipes", { ask: "pipes" }) as PipeView[];

/** Rights are conserved, and nothing is left of pipes. */
async function clean(t: ExecutionContext, cluster: Cluster): Promise<void> {
  await cluster.advance(second);
  t.deepEqual(look(cluster), []);
  const counted = viewOf(cluster, "fs").ports;
  t.deepEqual(counted, []);
  t.deepEqual(checkTrace(eventsToCheck(cluster.trace()), { quiet: true }), []);
}

const drivers = ["inline", "worker"] as const;
const lossy: ClusterOptions = {
  net: { lossPpm: 50_000, repeatPpm: 20_000, reorderPpm: 50_000 },
};

for (const driver of drivers) {
  test.serial(`pipe: two hosts, ${driver}: what one writes the other reads`, async (t) => {
    const cluster = await boot(t, { driver });
    const { writer, reader } = await pipeline(
      cluster,
      ["h1", "count", "500", "1us"],
      ["h2", "cat"],
    );
    t.is(await cluster.runUntil({ allExited: true }), "met");
    t.is(reader.output, upTo(500));
    t.is(writer.output, "");
    t.deepEqual([writer.exit?.status, reader.exit?.status], [0, 0]);
    await clean(t, cluster);
  });

  test.serial(
    `pipe: both ends wander, ${driver}, over a bad net: nothing is lost or doubled`,
    async (t) => {
      const cluster = await boot(t, { driver, hosts: 4, ...lossy, seed: 3 });
      const wander = { periodNs: 7 * ms };
      const { reader, writer } = await pipeline(
        cluster,
        ["h1", "count", "300", "1ms"],
        ["h2", "wc"],
        { wander },
      );
      t.is(await cluster.runUntil({ allExited: true }), "met");
      t.regex(reader.output, /^ *300 +300 +1092\b/);
      t.true(reader.moves.length + writer.moves.length > 10, "they have moved");
      await clean(t, cluster);
    },
  );

  test.serial(
    `pipe: the writer's host crashes, ${driver}: the reader gets the end of file`,
    async (t) => {
      const cluster = await boot(t, { driver });
      const { reader, writer } = await pipeline(
        cluster,
        ["h1", "count", "1000", "10ms"],
        ["h2", "cat"],
      );
      await cluster.runUntil({ output: /20\n/, of: reader });
      cluster.crash("h1");
      t.is(await cluster.runUntil({ exited: reader }), "met");
      t.is(reader.exit?.status, 0);
      t.regex(reader.output, /20\n$/, "what had come, and no more");
      t.is(writer.exit?.status, 137);
      await clean(t, cluster);
    },
  );

  test.serial(
    `pipe: the reader's host crashes, ${driver}: the writer dies of SIGPIPE`,
    async (t) => {
      const cluster = await boot(t, { driver });
      const { reader, writer } = await pipeline(
        cluster,
        ["h1", "count", "100000", "10ms"],
        ["h2", "cat"],
      );
      await cluster.runUntil({ output: /20\n/, of: reader });
      cluster.crash("h2");
      t.is(await cluster.runUntil({ exited: writer }), "met");
      t.is(writer.exit?.status, 141);
      await clean(t, cluster);
    },
  );
}

test.serial("pipe: the reader ends by itself: the writer dies of SIGPIPE", async (t) => {
  const cluster = await boot(t);
  const { reader, writer } = await pipeline(
    cluster,
    ["h1", "count", "100000", "1ms"],
    ["h2", "cat"],
  );
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
    const { reader, writer } = await pipeline(
      cluster,
      ["h1", "count", "1000", "10ms"],
      ["h2", "cat"],
    );
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
      const { reader, writer } = await pipeline(
        cluster,
        ["h1", "count", "300", "50ms"],
        ["h2", "cat"],
      );
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
    const { reader, writer } = await pipeline(
      cluster,
      ["h1", "count", "1000", "10ms"],
      ["h2", "cat"],
    );
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
    const { reader } = await pipeline(cluster, ["h1", "count", "1000", "10ms"], ["h2", "cat"]);
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
  const { reader, writer } = await pipeline(
    cluster,
    ["h1", "count", "1200", "10ms"],
    ["h2", "cat"],
  );
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
    const left = await pipeline(one, ["h1", "count", "10", "1us"], ["h2", "cat"]);
    one.crash("h1");
    t.is(await one.runUntil({ exited: left.reader }), "met");
    t.deepEqual([left.reader.output, left.reader.exit?.status], ["", 0]);
    t.is(left.writer.exit?.status, 137);
    await clean(t, one);
    const other = await boot(t);
    const right = await pipeline(other, ["h1", "count", "100000", "1us"], ["h2", "cat"]);
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
    const { reader } = await pipeline(cluster, ["h1", "count", "10", "1us"], ["h2", "cat"]);
    cluster.crash("h1");
    cluster.restart("h1");
    const again = await pipeline(cluster, ["h1", "count", "10", "1us"], ["h2", "cat"]);
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
  const { reader } = await pipeline(cluster, ["h1", "count", "10", "1us"], ["h2", "cat"]);
  t.is(await cluster.runUntil({ exited: reader }), "met");
  t.is(reader.exit?.status, 0);
  await clean(t, cluster);
});

test.serial("pipe: no such program: the end that it had, or would have had, is gone", async (t) => {
  const cluster = await boot(t);
  const { reader, writer } = await pipeline(cluster, ["h1", "nosuch"], ["h2", "cat"]);
  t.is(await cluster.runUntil({ allExited: true }), "met");
  t.not(writer.exit?.status, 0);
  t.deepEqual([reader.output, reader.exit?.status], ["", 0]);
  const pipe = cluster.makePipe("h2", "h1");
  const failing = await cluster.spawn("h1", ["count", "3"], {
    streams: ["0</nowhere", `1|${pipe}`],
  });
  const waiting = await cluster.spawn("h2", ["cat"], { streams: [`0|${pipe}`] });
  t.is(await cluster.runUntil({ allExited: true }), "met");
  t.not(failing.exit?.status, 0);
  t.deepEqual([waiting.output, waiting.exit?.status], ["", 0]);
  await clean(t, cluster);
});

test.serial("pipe: killed while it is being loaded: the other side learns it", async (t) => {
  for (const delay of [0, 100_000, 250_000, 400_000, 600_000, 1_000_000]) {
    const cluster = await boot(t);
    const { reader, writer } = await pipeline(
      cluster,
      ["h1", "count", "100000", "1s"],
      ["h2", "cat"],
    );
    await cluster.advance(delay);
    cluster.kill(writer, 9);
    t.is(await cluster.runUntil({ exited: reader }), "met", `after ${delay} ns`);
    t.is(reader.exit?.status, 0);
    await clean(t, cluster);
  }
});

test.serial("pipe: fs crashes: both sides fail, nothing hangs", async (t) => {
  const cluster = await boot(t);
  const { reader, writer } = await pipeline(
    cluster,
    ["h1", "count", "100000", "10ms"],
    ["h2", "cat"],
  );
  await cluster.runUntil({ output: /20\n/, of: reader });
  cluster.crash("fs");
  cluster.restart("fs");
  t.is(await cluster.runUntil({ allExited: true }), "met");
  t.not(reader.exit?.status, 0);
  t.not(writer.exit?.status, 0);
  t.deepEqual(look(cluster), []);
  t.deepEqual(checkTrace(eventsToCheck(cluster.trace())), []);
});

test.serial("pipe: its ends are ports like others: who holds them can be seen", async (t) => {
  const cluster = await boot(t);
  const { reader, writer } = await pipeline(cluster, ["h1", "count", "9", "1s"], ["h2", "cat"]);
  await cluster.advance(500 * ms);
  const { ports } = viewOf(cluster, "fs");
  t.deepEqual(
    ports.map(({ owner, queued }) => ({ owner, queued })),
    [1, 2].map(() => ({ owner: "pipes", queued: 0 })),
  );
  const holders = cluster.views().flatMap(({ rights }) => rights);
  t.deepEqual(
    holders.map(({ pid, kind }) => ({ pid, kind })),
    [writer, reader].map(({ pid }) => ({ pid: pid ?? 0, kind: "send" as const })),
  );
  t.deepEqual(
    new Set(holders.map(({ uid, transits }) => `${uid} ${transits}`)),
    new Set(ports.map(({ uid, transits }) => `${uid} ${transits}`)),
  );
});

test.serial("pipe: two descriptors of one task: it ends when both are closed", async (t) => {
  const cluster = await boot(t);
  const pipe = cluster.makePipe("h2", "h1");
  const writer = await cluster.spawn("h1", ["cat", "/nowhere", "/bin/../nowhere"], {
    streams: [`1|${pipe}`, "2&1"],
  });
  const reader = await cluster.spawn("h2", ["wc"], { streams: [`0|${pipe}`] });
  t.is(await cluster.runUntil({ allExited: true }), "met");
  t.regex(reader.output, /^ *2 /, "both complaints came through the pipe");
  t.is(writer.exit?.status, 1);
  await clean(t, cluster);
});

test.serial("pipe: three programs: each byte goes through all", async (t) => {
  const cluster = await boot(t);
  const front = cluster.makePipe("h2", "h1");
  const back = cluster.makePipe("h3", "h2");
  await cluster.spawn("h1", ["count", "2000", "1us"], { streams: [`1|${front}`] });
  await cluster.spawn("h2", ["cat"], { streams: [`0|${front}`, `1|${back}`] });
  const last = await cluster.spawn("h3", ["wc"], { streams: [`0|${back}`] });
  t.is(await cluster.runUntil({ allExited: true }), "met");
  t.regex(last.output, /^ *2000 +2000 +8893\b/);
  await clean(t, cluster);
});

test.serial("pipe: looked at in every state: nothing changes in the trace", async (t) => {
  const run = async (watch: boolean): Promise<string> => {
    const cluster = await boot(t);
    const { reader, pipe } = await pipeline(cluster, ["h1", "count", "20", "5ms"], ["h2", "cat"]);
    const seen = new Set<string>();
    for (let at = 0; at < 300; at++) {
      await cluster.advance(ms / 2);
      if (!watch) continue;
      for (const view of look(cluster)) seen.add(`${view.writer}-${view.reader}`);
      cluster.listFiles("/");
    }
    if (watch) t.true(seen.has("open-open"), [...seen].join());
    t.is(reader.output, upTo(20));
    t.is(eventsOf(cluster, "pipe.made")[0]?.["pipe"], pipe);
    return cluster.traceHash();
  };
  t.is(await run(true), await run(false));
});

test.serial("pipe: saved and gone on with at any time: the same trace", async (t) => {
  const run = async (cycle: boolean): Promise<string> => {
    const cluster = await boot(t);
    await pipeline(cluster, ["h1", "count", "200", "1ms"], ["h2", "wc"]);
    for (let at = 0; at < 12; at++) {
      await cluster.advance(17 * ms);
      if (cycle) cluster.cycleThroughSnapshots();
    }
    await cluster.runUntil({ allExited: true });
    return cluster.traceHash();
  };
  t.is(await run(true), await run(false));
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
