// Goal: a cable can be cut in one direction only, and healing mends both.
// Method: what the cables of both hosts say, and whether a message gets through and its outcome back.

import test from "ava";
import { Cluster, UsageError } from "../../cluster/index.ts";

const ms = 1_000_000;

async function boot(): Promise<Cluster> {
  return Cluster.boot({ hosts: 2, driver: "inline", memoryBytes: 4 * 2 ** 20 });
}

function cutsOf(cluster: Cluster): readonly string[] {
  return cluster
    .views()
    .flatMap(({ host, cables }) =>
      cables.filter(({ cut }) => cut).map(({ to }) => `${host} -> ${to}`),
    );
}

test("cut: one way: only that direction is cut, and heal mends it", async (t) => {
  const cluster = await boot();
  cluster.cut("h1", "h2", { oneWay: true });
  await cluster.advance(ms);
  t.deepEqual(cutsOf(cluster), ["h1 -> h2"]);
  cluster.heal("h1", "h2");
  await cluster.advance(ms);
  t.deepEqual(cutsOf(cluster), []);
  cluster.cut("h1", "h2");
  await cluster.advance(ms);
  t.deepEqual(cutsOf(cluster), ["h1 -> h2", "h2 -> h1"]);
  await cluster.close();
});

test("cut: the way back is cut: the message arrives at once, its outcome when all is whole", async (t) => {
  const cluster = await boot();
  const { ports } = cluster;
  const port = await ports.make("h2");
  const right = await ports.give(port, "send", "h1");
  await cluster.advance(50 * ms);
  cluster.cut("h2", "h1", { oneWay: true });
  await cluster.advance(ms);
  const sent = ports.postSend(right, "hello", "h1");
  const received = await ports.receive(port, { withinNs: 100 * ms });
  t.is(received.message?.text, "hello");
  t.is(ports.result(sent), null);
  cluster.heal("h2", "h1");
  await cluster.advance(500 * ms);
  t.is(ports.result(sent)?.code, 0);
  t.is((await ports.receive(port, { withinNs: 0 })).message, null);
  await cluster.close();
});

test("cut: a cable to itself: refused, one way too", async (t) => {
  const cluster = await boot();
  t.throws(() => cluster.cut("h1", "h1"), { instanceOf: UsageError });
  t.throws(() => cluster.cut("h1", "h1", { oneWay: true }), { instanceOf: UsageError });
  await cluster.close();
});
