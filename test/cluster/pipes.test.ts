// Goal: a pipe between tasks on any hosts is a pipe: every byte once and in order, the end of file
// and EPIPE when the other side is gone; looking at one changes nothing.
// Method: programs that come along, joined by pipes, in both drivers; the checkers of rights on
// every trace.

import test from "ava";
import type { ClusterOptions } from "../../cluster/index.ts";
import { boot, eventsOf, ms, upTo, viewOf } from "./clusters.ts";
import { clean, counting, look, pipeline } from "./pipelines.ts";

const drivers = ["inline", "worker"] as const;
const lossy: ClusterOptions = {
  net: { lossPpm: 50_000, repeatPpm: 20_000, reorderPpm: 50_000 },
};

for (const driver of drivers) {
  test.serial(`pipe: two hosts, ${driver}: what one writes the other reads`, async (t) => {
    const cluster = await boot(t, { driver });
    const { writer, reader } = await counting(cluster, 500, "1us");
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
      const { reader, writer } = await counting(cluster, 1000, "10ms");
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
      const { reader, writer } = await counting(cluster, 100000, "10ms");
      await cluster.runUntil({ output: /20\n/, of: reader });
      cluster.crash("h2");
      t.is(await cluster.runUntil({ exited: writer }), "met");
      t.is(writer.exit?.status, 141);
      await clean(t, cluster);
    },
  );
}

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

test.serial("pipe: its ends are ports like others: who holds them can be seen", async (t) => {
  const cluster = await boot(t);
  const { reader, writer } = await counting(cluster, 9, "1s");
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
    const { reader, pipe } = await counting(cluster, 20, "5ms");
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
