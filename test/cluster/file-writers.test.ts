// Goal: the programs of one host write a file through shared mappings; who comes from another host is told
// so, and a task that moves takes the claim along. Method: a C guest that holds a mapping, on hosts
// that come, go, and crash; what it writes is looked for by the next.

import type { ExecutionContext } from "ava";
import type { Cluster, Task } from "../../cluster/index.ts";
import { boot, eventsOf, guest, guestTest, ms, second } from "./clusters.ts";

const file = "/tmp/claimed";
const busy = "mmap 26\n";

async function claimers(t: ExecutionContext): Promise<Cluster> {
  return boot(t, { mounts: { claimer: guest("claimer") } });
}

function claim(cluster: Cluster, host: string, held: number, how: string[] = []): Promise<Task> {
  return cluster.spawn(host, ["/mnt/claimer", file, `${held}`, ...how]);
}

async function ended(t: ExecutionContext, cluster: Cluster, task: Task): Promise<string> {
  t.is(await cluster.runUntil({ exited: task }, { withinNs: 20 * second }), "met", task.errors);
  return task.output;
}

guestTest(
  "file writers: another host: ETXTBSY while the first holds it, then it is free",
  async (t) => {
    const cluster = await claimers(t);
    const first = await claim(cluster, "h1", 2000);
    await cluster.advance(100 * ms);
    t.is(first.output, "0\n");
    t.is(await ended(t, cluster, await claim(cluster, "h2", 0)), busy);
    t.is(await ended(t, cluster, await claim(cluster, "h1", 0)), "1\n", "the same host may");
    t.is(await ended(t, cluster, first), "0\nchanged 0\n", "they see the same pages");
    t.is(await ended(t, cluster, await claim(cluster, "h2", 0)), "2\n");
    const answers = eventsOf(cluster, "pager.claimed").map(({ host, error }) => [host, error]);
    t.deepEqual(answers, [
      ["h1", 0],
      ["h2", 26],
      ["h2", 0],
    ]);
  },
);

guestTest("file writers: mapped to be read: always; mprotect asks for the claim", async (t) => {
  const cluster = await claimers(t);
  const first = await claim(cluster, "h1", 2000);
  await cluster.advance(100 * ms);
  t.regex(await ended(t, cluster, await claim(cluster, "h2", 0, ["read"])), /^\d\n$/);
  t.is(await ended(t, cluster, await claim(cluster, "h2", 0, ["raise"])), "mprotect 26\n");
  await ended(t, cluster, first);
  t.is(await ended(t, cluster, await claim(cluster, "h2", 0, ["raise"])), "1\n");
  t.is(await ended(t, cluster, await claim(cluster, "h3", 0)), "2\n");
});

for (const strategy of ["eager-all", "pre-copy", "copy-on-reference", "flush", "post-copy"]) {
  guestTest(
    `file writers: ${strategy}: who moves takes the claim along, and goes on writing`,
    async (t) => {
      const cluster = await claimers(t);
      const first = await claim(cluster, "h1", 600);
      await cluster.advance(100 * ms);
      for (const to of ["h2", "h3", "h1", "h2"]) {
        await cluster.migrate(first, to, { strategy });
        t.is(first.host, to);
        await cluster.advance(10 * ms);
        const other = to === "h3" ? "h1" : "h3";
        t.is(await ended(t, cluster, await claim(cluster, other, 0)), busy, `it is on ${to}`);
      }
      t.is(await ended(t, cluster, first), "0\n");
      t.is(first.exit?.status, 0);
      t.is(await ended(t, cluster, await claim(cluster, "h3", 0)), "1\n");
      t.deepEqual(eventsOf(cluster, "pager.claim-lost"), []);
    },
  );
}

guestTest(
  "file writers: its host crashes: the claim is free as soon as that is known",
  async (t) => {
    const cluster = await claimers(t);
    const first = await claim(cluster, "h1", 100_000);
    await cluster.advance(100 * ms);
    t.is(first.output, "0\n");
    cluster.crash("h1");
    await cluster.advance(10 * second);
    t.regex(await ended(t, cluster, await claim(cluster, "h2", 0)), /^\d\n$/);
  },
);

guestTest("file writers: killed while it holds the claim: it is free", async (t) => {
  const cluster = await claimers(t);
  const first = await claim(cluster, "h1", 100_000);
  await cluster.advance(100 * ms);
  cluster.kill(first, 9);
  await ended(t, cluster, first);
  t.is(await ended(t, cluster, await claim(cluster, "h2", 0)), "1\n");
});
