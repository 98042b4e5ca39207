// Goal: a task's memory object is memory for a task on another host: the same words, wherever both are,
// under every strategy; and a pager that lies, dies or is lost costs only those who map its pages
// what docs/memory.md says. Method: `pager` and `mapper` of the guests' disk on two and three
// hosts, moves and crashes, and the words computed here too.

import type { ExecutionContext } from "ava";
import test from "ava";
import type { Cluster, ClusterOptions, Task } from "../../cluster/index.ts";
import { must } from "../../ports/base/index.ts";
import { boot, eventsOf, inTurn, leftovers, MiB, ms, second } from "./clusters.ts";

const strategies = [
  "eager-all",
  "eager-dirty",
  "pre-copy",
  "copy-on-reference",
  "flush",
  "post-copy",
  "hybrid",
] as const;
const words = 512;
const mask = (1n << 64n) - 1n;

function wordOf(at: number): bigint {
  let word = BigInt(at + 1);
  word ^= word >> 29n;
  word = (word * 0xbf58476d1ce4e5b9n) & mask;
  return word ^ (word >> 32n);
}

/** What mapper prints of an object that answers. */
function output(pages: number, rounds: number, more: readonly bigint[] = []): string {
  const all = Array.from({ length: pages * words }, (_, at) => more[at] ?? wordOf(at));
  const lines: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    const sum = all.reduce((total, word) => (total * 31n + word) & mask, 0n);
    lines.push(`${round} ${sum.toString(16).padStart(16, "0")}\n`);
    for (let page = 0; page < pages; page++) {
      const at = page * words + (round % words);
      all[at] = ((all[at] as bigint) + 1n) & mask;
    }
  }
  return lines.join("");
}

interface Pair {
  readonly cluster: Cluster;
  readonly pager: Task;
  readonly mapper: Task;
}

async function start(
  t: ExecutionContext,
  how: {
    readonly lie?: readonly string[];
    readonly does?: string;
    readonly pages?: number;
    readonly rounds?: number;
    readonly options?: ClusterOptions;
  } = {},
): Promise<Pair> {
  const { lie = [], does, pages = 16, rounds = 4, options = {} } = how;
  const cluster = await boot(t, options);
  const pager = await cluster.spawn("h1", ["/bin/pager", "words", `${pages}`, ...lie]);
  const mapper = await cluster.spawn("h2", [
    "/bin/mapper",
    "words",
    `${pages}`,
    `${rounds}`,
    ...(does === undefined ? [] : [does]),
  ]);
  return { cluster, pager, mapper };
}

async function ends(t: ExecutionContext, cluster: Cluster, task: Task): Promise<void> {
  t.is(await cluster.runUntil({ exited: task }, { withinNs: 20 * second }), "met", task.output);
}

function pagerTest(title: string, work: (t: ExecutionContext) => Promise<void>): void {
  test(title, (t) => inTurn(() => work(t)));
}

pagerTest(
  "task pager: on another host: the words are right, and it hears of the end",
  async (t) => {
    const { cluster, pager, mapper } = await start(t);
    await ends(t, cluster, mapper);
    t.is(mapper.output, `${output(16, 4)}synchronized\n`);
    await ends(t, cluster, pager);
    t.regex(pager.output, /^16 pages supplied, \d+ taken back, 1 greeting\n$/);
    await cluster.advance(second);
    t.deepEqual(leftovers(cluster), []);
    t.deepEqual(eventsOf(cluster, "pager.nonsense"), []);
  },
);

for (const strategy of strategies) {
  pagerTest(`task pager: ${strategy}: mapper and pager move, the words are right`, async (t) => {
    const { cluster, pager, mapper } = await start(t, { rounds: 12 });
    for (const [task, to] of [
      [mapper, "h3"],
      [pager, "h2"],
      [mapper, "h1"],
      [pager, "h3"],
    ] as const) {
      await cluster.advance(3 * ms);
      await cluster.migrate(task, to, { strategy });
    }
    await ends(t, cluster, mapper);
    t.is(mapper.output, `${output(16, 12)}synchronized\n`);
    await ends(t, cluster, pager);
    t.true([pager, mapper].every(({ moves }) => moves.length === 2));
    await cluster.advance(second);
    t.deepEqual(leftovers(cluster), []);
    t.deepEqual(eventsOf(cluster, "pager.nonsense"), []);
  });
}

pagerTest(
  "task pager: a dry run: its pages are not counted as sent, nor as the file server's",
  async (t) => {
    const { cluster, mapper } = await start(t, { rounds: 40 });
    await cluster.advance(20 * ms);
    for (const strategy of strategies) {
      const forecast = must(cluster.forecast(mapper, "h3", { strategy }), "a forecast");
      t.is(forecast.served, 16, strategy);
      t.true(forecast.copied + forecast.sent + forecast.left + forecast.refetched < 16, strategy);
    }
  },
);

pagerTest("task pager: both wander, memory is short: the words are right", async (t) => {
  const cluster = await boot(t, { memoryBytes: MiB });
  const wander = { periodNs: 20 * ms, strategy: "flush" };
  const pager = await cluster.spawn("h1", ["/bin/pager", "words", "300"], { wander });
  const mapper = await cluster.spawn("h2", ["/bin/mapper", "words", "300", "4"], { wander });
  await ends(t, cluster, mapper);
  t.is(mapper.output, `${output(300, 4)}synchronized\n`);
  await ends(t, cluster, pager);
  t.deepEqual(eventsOf(cluster, "pager.nonsense"), []);
});

pagerTest("task pager: two mappers on one host: each sees what the other writes", async (t) => {
  const cluster = await boot(t);
  await cluster.spawn("h1", ["/bin/pager", "words", "4"]);
  const one = await cluster.spawn("h2", ["/bin/mapper", "words", "4", "1"]);
  await ends(t, cluster, one);
  t.is(one.output, `${output(4, 1)}synchronized\n`);
  const pager = await cluster.spawn("h1", ["/bin/pager", "more", "4"]);
  const first = await cluster.spawn("h2", ["/bin/mapper", "more", "4", "3"]);
  const second = await cluster.spawn("h2", ["/bin/mapper", "more", "4", "3"]);
  await ends(t, cluster, first);
  await ends(t, cluster, second);
  await ends(t, cluster, pager);
  t.regex(pager.output, /^4 pages supplied/, "one kernel asked once for each page");
});

interface Lie {
  readonly lie: string;
  readonly does: string;
  /** The mapper's end: its output is right, or it gets SIGBUS in the first round. */
  readonly ends: "right" | "bus" | "other" | "unsynchronized";
  readonly why?: string;
}

const lies: readonly Lie[] = [
  { lie: "silent", does: "error", ends: "bus" },
  { lie: "silent", does: "substitute", ends: "other" },
  { lie: "short", does: "error", ends: "bus", why: "size" },
  { lie: "short", does: "substitute", ends: "other", why: "size" },
  { lie: "wrong", does: "wait", ends: "right", why: "layout" },
  { lie: "unasked", does: "wait", ends: "right", why: "unasked" },
  { lie: "flood", does: "wait", ends: "right", why: "layout" },
  { lie: "exit", does: "wait", ends: "bus" },
  { lie: "exit", does: "substitute", ends: "other" },
  { lie: "untaken", does: "wait", ends: "unsynchronized" },
  { lie: "locked", does: "wait", ends: "right" },
  { lie: "precious", does: "wait", ends: "right" },
  { lie: "locked", does: "copy", ends: "right" },
];

for (const { lie, does, ends: end, why } of lies) {
  pagerTest(
    `task pager: ${lie}, its mapper does ${does}: ${end}, and others notice nothing`,
    async (t) => {
      const { cluster, mapper } = await start(t, { lie: [lie, "3"], does, rounds: 2 });
      const bystander = await cluster.spawn("h2", ["/bin/primes", "2000"]);
      await ends(t, cluster, mapper);
      if (end === "bus") {
        t.is(mapper.exit?.signal, 7);
        t.is(mapper.output, "", "it died in its first round");
      } else {
        const last = end === "unsynchronized" ? "not synchronized\n" : "synchronized\n";
        const right = `${output(16, 2)}${last}`;
        if (end === "other") t.notDeepEqual(mapper.output, right);
        else t.is(mapper.output, right);
      }
      await ends(t, cluster, bystander);
      t.is(bystander.exit?.status, 0);
      const told = eventsOf(cluster, "pager.nonsense").map((event) => event["why"]);
      t.deepEqual([...new Set(told)], why === undefined ? [] : [why]);
      await cluster.advance(3 * second);
      t.deepEqual(
        leftovers(cluster).filter((what) => !what.startsWith("h1")),
        [],
      );
    },
  );
}

pagerTest(
  "task pager: silent for ever: the mapper waits, can move meanwhile, and be killed",
  async (t) => {
    const { cluster, mapper } = await start(t, { lie: ["silent", "3"] });
    await cluster.advance(5 * second);
    t.is(mapper.exit, null);
    await cluster.migrate(mapper, "h3");
    await cluster.advance(second);
    t.is(mapper.host, "h3");
    cluster.kill(mapper, 9);
    await ends(t, cluster, mapper);
    t.is(mapper.exit?.signal, 9);
  },
);

pagerTest(
  "task pager: it takes nothing back: the mapper stays, and the refusal names the object",
  async (t) => {
    const { cluster, mapper } = await start(t, { lie: ["untaken", "0"], rounds: 2000 });
    await cluster.advance(100 * ms);
    await cluster.migrate(mapper, "h3");
    await cluster.advance(3 * second);
    t.is(mapper.host, "h2");
    const [refused] = [
      ...eventsOf(cluster, "migrate.aborted"),
      ...eventsOf(cluster, "migrate.refused"),
    ];
    t.regex(String(refused?.["reason"]), /pager-silent: memory object \d+ \(h1\.1\.\d+\)/);
    cluster.kill(mapper, 9);
    await ends(t, cluster, mapper);
  },
);

pagerTest(
  "task pager: its host crashes: the mapper dies of it, and the host is named",
  async (t) => {
    const { cluster, mapper } = await start(t, { lie: ["silent", "3"] });
    await cluster.advance(50 * ms);
    t.is(mapper.exit, null);
    cluster.crash("h1");
    await ends(t, cluster, mapper);
    t.deepEqual([mapper.exit?.signal, mapper.exit?.lostHost], [7, "h1"]);
  },
);

pagerTest(
  "task pager: it has moved, and the host where it was made crashes: nothing is lost",
  async (t) => {
    const { cluster, pager, mapper } = await start(t, { rounds: 200 });
    await cluster.advance(10 * ms);
    await cluster.migrate(pager, "h3", { strategy: "eager-all" });
    await cluster.advance(20 * ms);
    t.is(pager.host, "h3");
    cluster.crash("h1");
    await ends(t, cluster, mapper);
    t.is(mapper.output, `${output(16, 200)}synchronized\n`);
  },
);

pagerTest("task pager: its dependency is in the ledger, and vm names it", async (t) => {
  const { cluster, pager, mapper } = await start(t, { rounds: 100 });
  await cluster.advance(20 * ms);
  const pages = cluster.residuals(mapper).filter(({ kind }) => kind === "task-pages");
  t.deepEqual(
    pages.map(({ host, when }) => [host, when]),
    [[1, "at-use"]],
  );
  t.true(cluster.memory(mapper).some((range) => range.pager === `task ${pager.pid} on h1`));
});
