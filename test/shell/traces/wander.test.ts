// Goal: pictures of a real run are right, and the same to the byte whichever driver ran it.
// Method: a cluster with wandering jobs and faults, in both drivers; what the cluster itself says of
// its moves against what the pictures show. The verbs, in a session over it.

import test from "ava";
import { Cluster, type ClusterOptions } from "../../../cluster/index.ts";
import { type Outcome, Session } from "../../../shell/language/index.ts";
import { traceVerbs } from "../../../shell/language/verbs-trace.ts";
import { settingsDefault } from "../../../shell/options.ts";
import { convertLines } from "../../../shell/traces/convert.ts";
import { formats, parseRequest, readLines, type ReadTrace } from "../../../shell/traces/index.ts";
import { readStory, type Story } from "../../../shell/traces/story.ts";
import { svgPages } from "../../../shell/traces/svg.ts";
import { allOf, wrongXml } from "./pictures.ts";

const ms = 1_000_000;

async function wander(driver: ClusterOptions["driver"] & string): Promise<Cluster> {
  const net = { lossPpm: 20_000, reorderPpm: 50_000 };
  const cluster = await Cluster.boot({ hosts: 4, seed: 11, driver, net });
  await cluster.spawn("h1", ["count", "40"], { wander: { periodNs: 3 * ms } });
  await cluster.spawn("h2", ["count", "15", "2ms"], { wander: { periodNs: 5 * ms } });
  await cluster.spawn("h4", ["count", "50", "3ms"]);
  await cluster.advanceTo(20 * ms);
  cluster.cut("h1", "h2");
  await cluster.advanceTo(40 * ms);
  cluster.heal("h1", "h2");
  cluster.crash("h4");
  await cluster.runUntil({ allExited: true }, { withinNs: 60_000 * ms });
  return cluster;
}

function traceOf(cluster: Cluster): ReadTrace {
  return readLines("the trace", cluster.eventsFrom(0));
}

function storyOf(cluster: Cluster): Story {
  return readStory([...traceOf(cluster).events]);
}

test.serial("traces: a wandering run, inline and in workers: every format the same", async (t) => {
  const [inline, workers] = [await wander("inline"), await wander("worker")];
  t.teardown(() => Promise.all([inline.close(), workers.close()]).then(() => undefined));
  for (const to of formats) {
    const parsed = parseRequest(["--to", to]);
    if ("wrong" in parsed) throw new Error(parsed.wrong);
    const [one, other] = [inline, workers].map((cluster) =>
      [...convertLines(traceOf(cluster), parsed.value)].join("\n"),
    );
    t.true((one ?? "").length > 10_000, to);
    t.true(one === other, `${to} is the same`);
  }
});

test.serial(
  "traces: a wandering run: the pictures know the moves that the cluster knows",
  async (t) => {
    const cluster = await wander("inline");
    t.teardown(() => cluster.close());
    const story = storyOf(cluster);
    let moves = 0;
    for (const task of cluster.tasks) {
      const told = story.tasks.find(({ job }) => job === task.job);
      const stays = told?.stays ?? [];
      const done = task.moves.filter(({ activatedAt }) => activatedAt !== null);
      moves += done.length;
      t.is(stays.length, done.length + 1, `%${task.job}`);
      t.is(stays.at(-1)?.end, task.job === 3 ? "lost" : "exit");
      t.is(stays.at(-1)?.host, task.host);
      t.deepEqual(
        story.moves
          .filter(({ pid }) => pid === task.pid)
          .map(({ frozen, active }) => [story.events[frozen]?.at, story.events[active]?.at]),
        done.map(({ frozenAt, activatedAt }) => [frozenAt, activatedAt]),
      );
    }
    t.true(moves > 5, `${moves} moves`);
    // Kernels' messages: what was sent has been received, but for what the faults swallowed.
    const lost = story.messages.filter(({ to }) => to === null).length;
    t.true(lost < story.messages.length / 20, `${lost} of ${story.messages.length}`);
    for (const { from, to } of story.messages) {
      if (to !== null) t.true((story.events[from]?.at ?? 0) <= (story.events[to]?.at ?? 0));
    }
    const pages = svgPages(story, allOf(story));
    for (let page = 1; page <= pages.count; page++) t.is(wrongXml(pages.draw(page)), null);
  },
);

test.serial("verbs: trace and flow: the last events, without a trace of the looking", async (t) => {
  const cluster = await wander("inline");
  t.teardown(() => cluster.close());
  const printed: string[] = [];
  const session = new Session({
    cluster,
    settings: settingsDefault,
    print: (line) => printed.push(line),
    talk: (line) => printed.push(`talk: ${line}`),
  });
  const { now } = cluster;
  const before = cluster.traceHash();
  const run = async (verb: string, ...args: string[]): Promise<Outcome | string> => {
    printed.length = 0;
    const row = traceVerbs.find(({ name }) => name === verb);
    const prepared = row?.prepare?.({
      args,
      on: null,
      background: false,
      scope: { hosts: 4 },
      settings: settingsDefault,
      include: () => ({ wrong: "" }),
    });
    if (!prepared || "wrong" in prepared) return prepared?.wrong ?? "";
    return prepared.run(session);
  };
  t.deepEqual(await run("trace"), { at: "done", status: 0 });
  t.is(printed.length, 20);
  t.deepEqual(await run("trace", "7"), { at: "done", status: 0 });
  t.is(printed.length, 7);
  const lastLine = printed[6];
  await run("trace", "3", "--event", "migrate.activate");
  t.is(printed.length, 3);
  t.true(printed.every((line) => line.includes("migrate.activate")));
  await run("trace", "--first", "2");
  t.is(printed.length, 2);
  await run("trace", "--to", "jsonl");
  t.is(printed.length, cluster.eventCount);
  await run("flow", "--width", "120", "--ascii");
  t.is(printed.length, 31);
  await run("flow", "5", "--width=90");
  t.is(printed.length, 6);
  t.is(printed[5]?.trim().split(" ")[0], lastLine?.trim().split(" ")[0]);
  const gone = await run("trace", "/none");
  t.deepEqual(gone, {
    at: "failed",
    status: 74,
    expected: "a trace",
    got: "cannot read /none: no such file or folder",
  });
  t.regex(JSON.stringify(await run("trace", "--to", "x")), /expected one of text/);
  t.regex(JSON.stringify(await run("flow", "x")), /expected N/);
  t.regex(JSON.stringify(await run("flow", "--width", "3")), /expected COLUMNS/);
  t.is(cluster.now, now);
  t.is(cluster.traceHash(), before);
});
