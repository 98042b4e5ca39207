// Goal: much memory sent between tasks comes as it was sent, whether it was lent on one host or copied,
// and stays what each side made of it.
// Method: C guests that check every word; on one host, on two, wandering, and with little memory.

import type { ExecutionContext } from "ava";
import type { Cluster, ClusterOptions, SpawnOptions } from "../../cluster/index.ts";
import {
  boot,
  eventsOf,
  guestTest,
  leftovers,
  ms,
  portGuests,
  sameTrace,
  second,
} from "./clusters.ts";

interface Posting extends ClusterOptions, Pick<SpawnOptions, "wander"> {
  readonly at?: readonly [string, string];
}

async function run(
  t: ExecutionContext,
  rounds: number,
  { at = ["h1", "h1"], wander, ...options }: Posting = {},
): Promise<Cluster> {
  const cluster = await boot(t, { mounts: portGuests(), ...options });
  const wandering = wander ? { wander } : {};
  const taker = await cluster.spawn(at[0], ["/mnt/courier", "take", "c", `${rounds}`], wandering);
  const sender = await cluster.spawn(at[1], ["/mnt/courier", "send", "c", `${rounds}`], wandering);
  for (const task of [taker, sender]) {
    t.is(await cluster.runUntil({ exited: task }, { withinNs: 60 * second }), "met", task.output);
  }
  t.is(taker.output, `${rounds} taken\n`);
  t.is(sender.output, `${rounds} sent\n`);
  await cluster.advance(second);
  t.deepEqual(leftovers(cluster), []);
  return cluster;
}

const count = (cluster: Cluster, name: string): number => eventsOf(cluster, name).length;

guestTest(
  "lending: on one host: what is queued at once is lent, and none of it is made into bytes",
  async (t) => {
    const cluster = await run(t, 40);
    t.true(count(cluster, "vm.lend") > 20, "what has to wait for room is copied");
    t.is(count(cluster, "vm.unlend"), 0);
  },
);

guestTest("lending: between two hosts: none is lent", async (t) => {
  const cluster = await run(t, 12, { at: ["h1", "h2"] });
  t.is(count(cluster, "vm.lend"), 0);
});

guestTest(
  "lending: both wander, under any strategy: what is queued when one moves goes as bytes",
  async (t) => {
    let unlent = 0;
    for (const seed of [1, 2, 3]) {
      const cluster = await run(t, 60, { seed, wander: { periodNs: 3 * ms } });
      unlent += count(cluster, "vm.unlend");
    }
    t.true(unlent > 0);
  },
);

guestTest("lending: with little memory: the same, and one trace in both drivers", async (t) => {
  const traces: string[] = [];
  for (const driver of ["inline", "worker"] as const) {
    const cluster = await run(t, 40, { driver, memoryBytes: 2 ** 20 });
    traces.push(cluster.trace());
  }
  sameTrace(t, traces[0] ?? "", traces[1] ?? "", "workers");
});
