// Goal: what views and moves say of a freeze is what the program itself can see of it.
// Method: a program that does nothing but read the clock, and prints its longest gap.

import { boot, guest, guestTest, ms, viewOf } from "./clusters.ts";

for (const strategy of ["eager-all", "pre-copy", "hybrid"]) {
  guestTest(`measures: ${strategy}: the longest gap of a program is the freeze`, async (t) => {
    const cluster = await boot(t, { hosts: 2, mounts: { gap: guest("gap") } });
    const task = await cluster.spawn("h1", ["/mnt/gap", "60"]);
    await cluster.runUntil({ output: /ready/, of: task });
    await cluster.advance(ms);
    const { outcome, freezeNs } = await cluster.migrate(task, "h2", { strategy });
    t.is(outcome, "moved");
    await cluster.runUntil({ exited: task });
    const [source, target] = [viewOf(cluster, "h1"), viewOf(cluster, "h2")];
    const gap = (target.firstInstruction ?? 0) - (source.lastInstruction ?? 0);
    const seen = Number(task.output.split("\n")[1]);
    // The first instruction there has a fault of its own, which finds its page: 1 µs.
    t.true(seen > gap && seen < gap + 1100, `${seen} seen, ${gap} from the hosts' views`);
    // The events leave out what kernels compute before the first of them, and after the last.
    t.true(gap > freezeNs && gap < freezeNs + 50_000, `${freezeNs} from the events`);
  });
}
