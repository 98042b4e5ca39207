// Goal: moves compose. However they follow each other, cross or meet what is still going on of earlier
// ones, output and memory are those of a run that never moved, and at the end nothing is left anywhere.
// Method: a churner of two threads, whose output depends on each byte of its memory and files.

import type { ExecutionContext } from "ava";
import test from "ava";
import { type Cluster, type ClusterOptions, leaks, type Task } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import { boot, eventsOf, inTurn, MiB, ms, second } from "./clusters.ts";

const names = strategies.map(({ name }) => name);
const at = <Item>(items: readonly Item[], index: number): Item =>
  items[index % items.length] as Item;

/** Of the seeds: what each prints where nobody moves. */
const unmoved = new Map<string, Promise<string>>();

/** `threads` and `pages`: of a region at most. */
const churn = (seed: number, steps: number, threads = 2, pages = 16): readonly string[] => [
  "churn",
  `${seed}`,
  `${steps}`,
  `${threads}`,
  `${pages}`,
];

async function alone(t: ExecutionContext, argv: readonly string[]): Promise<string> {
  const cluster = await boot(t, { hosts: 1 });
  const task = await cluster.spawn("h1", argv);
  await cluster.runUntil({ exited: task }, { withinNs: 600 * second });
  await cluster.close();
  return task.output;
}

/** It has mapped and written something by then. */
async function started(cluster: Cluster, host: string, argv: readonly string[]): Promise<Task> {
  const task = await cluster.spawn(host, argv);
  await cluster.runUntil({ output: /\n/, of: task }, { withinNs: 10 * second });
  return task;
}

async function endsAsUnmoved(
  t: ExecutionContext,
  cluster: Cluster,
  ...tasks: readonly (readonly [Task, readonly string[]])[]
): Promise<void> {
  for (const [task, argv] of tasks) {
    t.is(await cluster.runUntil({ exited: task }, { withinNs: 900 * second }), "met");
    const key = argv.join(" ");
    const expected = unmoved.get(key) ?? alone(t, argv);
    unmoved.set(key, expected);
    t.deepEqual([task.exit?.status, task.errors], [0, ""]);
    t.is(task.output, await expected);
  }
  await cluster.advance(30 * second);
  t.deepEqual(left(cluster), []);
}

function left(cluster: Cluster): readonly string[] {
  return leaks(cluster.views(), {
    swap: cluster.observeServer("fs", "swap", { ask: "swap" }) as {
      objects: number;
      pages: number;
    },
    pipes: cluster.observeServer("fs", "pipes", { ask: "pipes" }) as unknown[],
  });
}

/** Moves it if it still runs. False: it has ended. */
async function move(
  t: ExecutionContext,
  cluster: Cluster,
  task: Task,
  host: string,
  strategy: string,
): Promise<boolean> {
  if (task.exit) return false;
  const { outcome, reason } = await cluster.migrate(task, host, { strategy });
  if (outcome !== "moved" && !task.exit)
    t.fail(`${strategy} to ${host}: ${outcome} ${reason ?? ""}`);
  return outcome === "moved";
}

function composition(
  title: string,
  options: ClusterOptions,
  run: (t: ExecutionContext, cluster: Cluster) => Promise<void>,
): void {
  test(`compositions: ${title}`, (t) =>
    inTurn(async () => {
      const cluster = await boot(t, { memoryBytes: 8 * MiB, ...options });
      await run(t, cluster);
      await cluster.close();
    }));
}

for (const strategy of names) {
  composition(`${strategy}: a hundred times back and forth`, { hosts: 2 }, async (t, cluster) => {
    const argv = churn(1, 4_000);
    const task = await started(cluster, "h1", argv);
    let moves = 0;
    while (moves < 100 && (await move(t, cluster, task, at(["h2", "h1"], moves), strategy)))
      moves++;
    t.is(moves, 100);
    await endsAsUnmoved(t, cluster, [task, argv]);
  });

  composition(
    `${strategy}: once over all of eight hosts, and home`,
    { hosts: 8 },
    async (t, cluster) => {
      const argv = churn(2, 500);
      const task = await started(cluster, "h1", argv);
      for (const number of [2, 3, 4, 5, 6, 7, 8, 1]) {
        await move(t, cluster, task, `h${number}`, strategy);
      }
      t.is(task.host, "h1");
      t.is(task.moves.filter(({ activatedAt }) => activatedAt !== null).length, 8);
      await endsAsUnmoved(t, cluster, [task, argv]);
    },
  );

  composition(
    `${strategy}: on, while two earlier hosts still owe pages`,
    { hosts: 4 },
    async (t, cluster) => {
      const argv = churn(3, 500, 1, 32);
      const task = await started(cluster, "h1", argv);
      await move(t, cluster, task, "h2", "copy-on-reference");
      await cluster.advance(5 * ms); // it has written on h2
      await move(t, cluster, task, "h3", "copy-on-reference");
      const owing = cluster.residuals(task).filter(({ kind }) => kind === "pages");
      t.deepEqual(
        owing.map(({ host }) => host).sort((a, b) => a - b),
        [1, 2],
      );
      await move(t, cluster, task, "h4", strategy);
      await endsAsUnmoved(t, cluster, [task, argv]);
    },
  );

  composition(
    `${strategy}: two tasks swap places at the same moment`,
    { hosts: 2 },
    async (t, cluster) => {
      const [one, other] = [churn(4, 400), churn(5, 400)];
      const here = await started(cluster, "h1", one);
      const there = await started(cluster, "h2", other);
      for (let round = 0; round < 4; round++) {
        const [first, second_] = [here.host, there.host];
        const orders = [
          cluster.orderMigration(here, second_, { strategy }),
          cluster.orderMigration(there, first, { strategy }),
        ];
        for (const ordered of orders)
          await cluster.runUntil({ ordered }, { withinNs: 10 * second });
        t.deepEqual([here.host, there.host], [second_, first]);
      }
      await endsAsUnmoved(t, cluster, [here, one], [there, other]);
    },
  );
}

composition("another strategy at each hop, there and back", { hosts: 4 }, async (t, cluster) => {
  const argv = churn(6, 1_500);
  const task = await started(cluster, "h1", argv);
  let hop = 0;
  for (const one of names) {
    for (const other of names) {
      if (!(await move(t, cluster, task, `h${1 + ((hop * 3 + 1) % 4)}`, one))) break;
      hop++;
      if (!(await move(t, cluster, task, `h${1 + ((hop * 3 + 1) % 4)}`, other))) break;
      hop++;
    }
  }
  t.is(hop, 2 * names.length ** 2);
  await endsAsUnmoved(t, cluster, [task, argv]);
});

composition(
  "with less memory than the task has, its swap on a slow cable",
  { hosts: 3, memoryBytes: MiB },
  async (t, cluster) => {
    const argv = ["toucher", "1MiB", "1MiB", "512KiB", "60"];
    const task = await started(cluster, "h1", argv);
    for (const host of ["h1", "h2", "h3"]) cluster.delay(host, "fs", 5 * ms);
    let moves = 0;
    for (const strategy of names) {
      // Pages that have to be there at once may not fit; then it is refused, and stays.
      const { outcome } = await cluster.migrate(task, at(["h2", "h3", "h1"], moves), { strategy });
      if (outcome === "moved") moves++;
    }
    t.true(moves >= 3, `${moves} moves`);
    t.true(eventsOf(cluster, "vm.page-out").length > 0);
    await endsAsUnmoved(t, cluster, [task, argv]);
  },
);

for (const strategy of names) {
  composition(`${strategy}: in the middle of a fault`, { hosts: 3 }, async (t, cluster) => {
    const argv = churn(8, 300, 1, 32);
    const task = await started(cluster, "h1", argv);
    await move(t, cluster, task, "h2", "copy-on-reference");
    cluster.delay("h1", "h2", 20 * ms);
    t.is(await cluster.runUntil({ event: "pager.request" }, { withinNs: second }), "met");
    const waits = (): boolean =>
      cluster
        .views()
        .some(({ tasks }) => tasks.some(({ state }) => state === "waiting for a page"));
    for (let step = 0; step < 400 && !waits(); step++) await cluster.advance(ms / 4);
    t.true(waits());
    await move(t, cluster, task, "h3", strategy);
    await endsAsUnmoved(t, cluster, [task, argv]);
  });
}

composition(
  "seven tasks, each wandering by another strategy",
  { hosts: 3, memoryBytes: 4 * MiB },
  async (t, cluster) => {
    const runs: (readonly [Task, readonly string[]])[] = [];
    for (const [place, strategy] of names.entries()) {
      const argv = churn(10 + place, 200);
      const wander = { periodNs: (7 + place) * ms, strategy };
      runs.push([await cluster.spawn(`h${1 + (place % 3)}`, argv, { wander }), argv]);
    }
    await endsAsUnmoved(t, cluster, ...runs);
    for (const [task] of runs) t.true(task.moves.length > 3, `${task.moves.length} moves`);
  },
);
