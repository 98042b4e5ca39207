// Goal: tasks that talk through ports notice nothing of where they are: every message comes once and in
// order, every right is where it belongs, while senders and receivers move, in either driver.
// Method: C guests that check what they receive, and the demo programs, with and without moves, under
// each way of finding a moved port; then the checkers read the trace.

import type { ExecutionContext } from "ava";
import test from "ava";
import { checkTrace } from "../../cluster/check/index.ts";
import type { Cluster, ClusterOptions, Task } from "../../cluster/index.ts";
import { locationNames } from "../../ports/index.ts";
import {
  boot,
  eventsOf,
  guestTest,
  inTurn,
  leftovers,
  ms,
  portGuests,
  sameTrace,
  second,
} from "./clusters.ts";

/** They end by themselves, and no checker has anything to say. */
async function allEnd(
  t: ExecutionContext,
  cluster: Cluster,
  tasks: readonly Task[],
  statuses: readonly number[] = tasks.map(() => 0),
): Promise<void> {
  for (const task of tasks) {
    t.is(await cluster.runUntil({ exited: task }, { withinNs: 20 * second }), "met", task.output);
  }
  t.deepEqual(
    tasks.map(({ exit }) => exit?.status),
    statuses,
    tasks.map(({ output }) => output).join("|"),
  );
  await cluster.advance(second);
  t.deepEqual(leftovers(cluster), []);
  noViolation(t, cluster);
}

/** What is still queued for a receiver that never receives is no loss. */
function noViolation(t: ExecutionContext, cluster: Cluster): void {
  const events = eventsOf(cluster) as unknown as Parameters<typeof checkTrace>[0];
  const found = checkTrace(events, { quiet: true, healedAt: 0 });
  t.deepEqual(
    found.filter(({ sentence }) => !sentence.endsWith("nobody received it")),
    [],
  );
}

const wander = { periodNs: 2 * ms };

guestTest("ports: the calls as a C program meets them: all as Mach has them", async (t) => {
  const cluster = await boot(t, { mounts: portGuests() });
  const task = await cluster.spawn("h1", ["/mnt/rights"]);
  await allEnd(t, cluster, [task]);
  t.is(task.output, "ok\n");
});

guestTest("ports: the same while the task wanders: nothing that it notices", async (t) => {
  const cluster = await boot(t, { mounts: portGuests() });
  const tasks = await Promise.all(
    [1, 2, 3].map((host) =>
      cluster.spawn(`h${host}`, ["/mnt/rights"], { wander: { periodNs: host * ms } }),
    ),
  );
  await allEnd(t, cluster, tasks);
  t.true(tasks.every(({ output }) => output === "ok\n"));
  t.true(tasks.some(({ moves }) => moves.length > 1));
});

guestTest("ports: a right that is copied for ever: more transits come from its port", async (t) => {
  for (const period of [0, 2 * ms]) {
    const cluster = await boot(t, { mounts: portGuests() });
    await cluster.spawn("h1", ["/mnt/storm", "hold", "s"], period > 0 ? { wander } : {});
    const task = await cluster.spawn("h2", ["/mnt/rights", "s"], period > 0 ? { wander } : {});
    t.is(await cluster.runUntil({ exited: task }, { withinNs: 20 * second }), "met");
    t.is(task.output, "copied\n");
    t.true(eventsOf(cluster, "right.granted").length >= 2);
    t.true(eventsOf(cluster, "thread.wait").some((event) => event["for"] === "port"));
  }
});

async function storm(cluster: Cluster): Promise<Task[]> {
  const spawn = (host: string, ...args: string[]): Promise<Task> =>
    cluster.spawn(host, ["/mnt/storm", ...args], { wander });
  return [
    await spawn("h1", "collect", "s", "6"),
    await spawn("h2", "send", "s", "3", "40"),
    await spawn("h3", "send", "s", "3", "40"),
  ];
}

for (const location of locationNames) {
  guestTest(
    `ports: six threads send while all tasks wander, ${location}: once, in order, rights back`,
    async (t) => {
      const cluster = await boot(t, { mounts: portGuests(), location });
      const tasks = await storm(cluster);
      await allEnd(t, cluster, tasks);
      t.is(tasks[0]?.output, "240 messages\n");
      t.deepEqual(
        tasks.slice(1).map(({ output }) => output),
        ["ready\nsent\n", "ready\nsent\n"],
      );
      t.true(tasks.every(({ moves }) => moves.length > 2));
    },
  );
}

guestTest(
  "ports: the same over cables that lose, repeat and reorder: the same output",
  async (t) => {
    const net = { lossPpm: 50_000, repeatPpm: 20_000, reorderPpm: 100_000 };
    const cluster = await boot(t, { mounts: portGuests(), net, seed: 7 });
    const tasks = await storm(cluster);
    await allEnd(t, cluster, tasks);
    t.is(tasks[0]?.output, "240 messages\n");
  },
);

async function pings(cluster: Cluster): Promise<Task[]> {
  return [
    await cluster.spawn("h1", ["ponger", "20"], { wander }),
    await cluster.spawn("h2", ["pinger", "20"], { wander }),
    await cluster.spawn("h3", ["watcher", "ping"], { wander }),
  ];
}

const numbered = /^(?:(\d+) h\d\n)+$/;

for (const location of locationNames) {
  test.serial(`ports: pinger and ponger wander, ${location}: each call has its answer`, (t) =>
    inTurn(async () => {
      const cluster = await boot(t, { location });
      const tasks = await pings(cluster);
      await allEnd(t, cluster, tasks);
      const [ponger, pinger, watcher] = tasks;
      t.is(ponger?.output, "20 messages answered\n");
      t.regex(pinger?.output ?? "", numbered);
      t.is(pinger?.output.split("\n").length, 21);
      t.is(watcher?.output, "ping is there\nping has died\n");
      t.true(tasks.every(({ moves }) => moves.length > 1));
    }),
  );
}

test.serial("ports: a ring of runners wanders: the port goes round with its queue", (t) =>
  inTurn(async () => {
    const cluster = await boot(t);
    const tasks = [
      await cluster.spawn("h1", ["runner", "a", "b", "10"], { wander }),
      await cluster.spawn("h2", ["runner", "b", "c"], { wander }),
      await cluster.spawn("h3", ["runner", "c", "a"], { wander }),
    ];
    await allEnd(t, cluster, tasks);
    const laps = (name: string, ...numbers: number[]): string =>
      numbers.map((lap) => `${name} runs lap ${lap}\n`).join("");
    t.deepEqual(
      tasks.map(({ output }) => output),
      [laps("a", 3, 6, 9), laps("b", 1, 4, 7, 10), laps("c", 2, 5, 8)],
    );
  }),
);

test.serial("ports: in workers and in one thread: the same trace", (t) =>
  inTurn(async () => {
    const traces: string[] = [];
    for (const driver of ["inline", "worker"] as const) {
      const options: ClusterOptions = { driver, location: "redirect" };
      const cluster = await boot(t, options);
      for (const task of await pings(cluster)) await cluster.runUntil({ exited: task });
      traces.push(cluster.trace());
      await cluster.close();
    }
    sameTrace(t, traces[0] ?? "", traces[1] ?? "", "inline and workers");
  }),
);

test.serial("ports: the host of the port crashes: its watcher is told, its caller too", (t) =>
  inTurn(async () => {
    const cluster = await boot(t);
    await cluster.spawn("h1", ["ponger"]);
    const watcher = await cluster.spawn("h2", ["watcher", "ping"]);
    const pinger = await cluster.spawn("h3", ["pinger", "1000000"]);
    await cluster.runUntil({ output: /^100 /m, of: pinger }, { withinNs: 5 * second });
    cluster.crash("h1");
    cluster.restart("h1");
    t.is(await cluster.runUntil({ exited: watcher }, { withinNs: 20 * second }), "met");
    t.is(await cluster.runUntil({ exited: pinger }, { withinNs: 20 * second }), "met");
    t.is(watcher.output, "ping is there\nping has died\n");
    t.is(pinger.exit?.status, 1);
  }),
);

/** A task whose send waits on `h1` for room while the task itself has gone on to h2. */
async function strandedSend(t: ExecutionContext): Promise<{ cluster: Cluster; sender: Task }> {
  const cluster = await boot(t, { mounts: portGuests() });
  await cluster.spawn("h3", ["/mnt/storm", "hold", "s"]);
  const sender = await cluster.spawn("h3", ["/mnt/storm", "send", "s", "1", "20"]);
  await cluster.runUntil({ output: /ready/, of: sender }, { withinNs: second });
  t.is((await cluster.migrate(sender, "h1", { strategy: "eager-all" })).outcome, "moved");
  await cluster.advance(200 * ms);
  t.is((await cluster.migrate(sender, "h2", { strategy: "eager-all" })).outcome, "moved");
  await cluster.advance(100 * ms);
  return { cluster, sender };
}

guestTest("ports: a send that its thread has left behind: the ledger names its host", async (t) => {
  const { cluster, sender } = await strandedSend(t);
  const [entry] = cluster.residuals(sender).filter(({ kind }) => kind === "send-outcome");
  t.like(entry, { count: 1, when: "at-once" });
  t.is(
    eventsOf(cluster, "ipc.sent").filter(({ by }) => by === `${sender.pid}.${sender.pid}`).length,
    7,
  );
});

guestTest(
  "ports: the host of such a send crashes: it counts as done, and the task goes on",
  async (t) => {
    const { cluster, sender } = await strandedSend(t);
    cluster.crash("h1");
    cluster.restart("h1");
    await cluster.advance(10 * second);
    const sent = eventsOf(cluster, "ipc.sent").filter(
      ({ by }) => by === `${sender.pid}.${sender.pid}`,
    );
    t.is(sent.length, 8, "it made its next send, from where it is now");
    t.is(sent.at(-1)?.host, "h2");
    t.is(sender.exit, null);
  },
);

guestTest(
  "ports: the thread of such a send is killed: it is given up, and never sent",
  async (t) => {
    const { cluster, sender } = await strandedSend(t);
    cluster.kill(sender, 9);
    await cluster.advance(second);
    const [given, ...others] = eventsOf(cluster, "ipc.outcome").filter(({ code }) => code !== 0);
    t.like(given, { host: "h1", code: 0x10000007, definite: true });
    t.deepEqual(others, []);
    noViolation(t, cluster);
  },
);

guestTest("ports: the receiver makes room: the outcome follows the thread", async (t) => {
  const { cluster, sender } = await strandedSend(t);
  const holder = cluster.views().flatMap(({ tasks }) => tasks.filter(({ job }) => job === 1))[0];
  t.truthy(holder);
  const before = eventsOf(cluster, "ipc.sent").length;
  // The port dies with its task: what waited for room is destroyed, which is a success.
  cluster.crash("h3");
  cluster.restart("h3");
  t.is(await cluster.runUntil({ exited: sender }, { withinNs: 20 * second }), "met");
  t.true(eventsOf(cluster, "ipc.sent").length >= before);
  t.is(sender.output, "ready\nfailed\n");
});
