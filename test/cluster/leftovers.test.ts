// Goal: what a task has given up, or has taken, is nobody else's for long: no host keeps pages that
// nobody will ask for, and no two threads are given one place.
// Method: programs made for it, found by random histories (`npm run soak:long`).

import {
  boot,
  eventsOf,
  guests,
  guestTest,
  leftovers,
  moreGuests,
  ms,
  second,
  viewOf,
} from "./clusters.ts";

for (const strategy of ["copy-on-reference", "post-copy"]) {
  guestTest(`leftovers: ${strategy}: owed pages are unmapped: their host frees them`, async (t) => {
    const cluster = await boot(t, { mounts: { ...guests(), ...moreGuests() } });
    const task = await cluster.spawn("h1", ["/mnt/shedder", "8"]);
    await cluster.runUntil({ output: /ready/, of: task });
    t.is((await cluster.migrate(task, "h2", { strategy })).outcome, "moved");
    await cluster.runUntil({ output: /\d/, of: task });
    await cluster.advance(20 * ms);
    // What the program has not touched again is still owed: nothing of what it has unmapped is.
    const owed = cluster.residuals(task).find(({ kind }) => kind === "pages")?.count ?? 0;
    const kept = viewOf(cluster, "h1").owes.reduce((sum, { pages }) => sum + pages, 0);
    t.is(kept, owed);
    t.is(await cluster.runUntil({ exited: task }, { withinNs: 60 * second }), "met");
    t.is(task.output, "ready\n10\n");
    await cluster.advance(second);
    t.deepEqual(leftovers(cluster), []);
    t.true(eventsOf(cluster, "residual.left").length > 0);
  });
}

guestTest("leftovers: two threads map a file at the same moment: two places", async (t) => {
  const cluster = await boot(t, { mounts: { ...guests(), ...moreGuests() } });
  const task = await cluster.spawn("h1", ["/mnt/mappers", "/etc/motd", "40"]);
  t.is(await cluster.runUntil({ exited: task }, { withinNs: 60 * second }), "met");
  t.deepEqual([task.output, task.errors], ["apart\n", ""]);
});
