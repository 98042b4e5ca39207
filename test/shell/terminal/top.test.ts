// Goal: `top` says what hosts did since the last look, and which tasks are there.

import test from "ava";
import { Cluster } from "../../../cluster/index.ts";
import { viewTop } from "../../../shell/view-top.ts";

test("top: hosts and tasks: differences since the last look, the busy first; no time passes", async (t) => {
  const cluster = await Cluster.boot({ hosts: 2, driver: "inline" });
  const [reader, busy] = [
    await cluster.spawn("h1", ["cat"], {
      stdin: { kind: "terminal", read: () => Promise.resolve(new Uint8Array(0)) },
    }),
    await cluster.spawn("h2", ["count", "100000"]),
  ];
  const look = (before: Parameters<typeof viewTop>[0]["before"], only: number | null = null) =>
    viewTop({
      now: cluster.now,
      views: cluster.views(),
      jobNumber: (job) => job,
      only,
      before,
    });
  await cluster.advance(20_000_000);
  const [first, hash] = [look(null), cluster.traceHash()];
  t.regex(first.lines.join("\n"), /^20 ms virtual: 3 hosts, 2 tasks\n/);
  await cluster.advance(10_000_000);
  const { lines } = look(first.seen);
  const text = lines.join("\n");
  t.regex(text, /^30 ms virtual, 10 ms later: 3 hosts/);
  t.regex(text, /\nh1 +up +0 /);
  t.regex(text, /\nh2 +up +\d[\d,]+ /);
  t.regex(text, new RegExp(`\\n${busy.pid} +%2 +h2 .* count(\\n|$)`));
  t.regex(text, new RegExp(`\\n${reader.pid} +%1 +h1 +waiting.* cat(\\n|$)`));
  t.is(look(null, 1).lines.filter((line) => line.endsWith(" cat")).length, 1);
  t.not(cluster.traceHash(), hash);
  const after = cluster.traceHash();
  look(null);
  t.is(cluster.traceHash(), after);
  await cluster.close();
});
