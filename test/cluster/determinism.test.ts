// Goal: a run is a value. The same commands give the same trace to the byte, whatever drives the
// hosts, wherever they are stopped, whoever watches, and whether or not they were saved meanwhile.
// Method: one scenario with wandering jobs, bad cables and faults at fixed times, run in many ways.

import test from "ava";
import type { ExecutionContext } from "ava";
import type { Cluster, ClusterOptions } from "../../cluster/index.ts";
import { boot, ms, sameTrace, second, us, viewOf } from "./clusters.ts";

const net = { lossPpm: 20_000, repeatPpm: 10_000, reorderPpm: 50_000, corruptPpm: 1_000 };
const options: ClusterOptions = { hosts: 4, seed: 11, net: { ...net, delayNsMax: 300 * us } };

/** How virtual time is made to pass up to a given time, or until all jobs have ended. */
interface Pace {
  to(cluster: Cluster, time: number): Promise<void>;
  end(cluster: Cluster): Promise<void>;
}

const plain: Pace = {
  to: async (cluster, time) => {
    await cluster.advanceTo(time);
  },
  end: async (cluster) => {
    await cluster.runUntil({ allExited: true }, { withinNs: 60 * second });
  },
};

const faults: readonly (readonly [at: number, what: (cluster: Cluster) => void])[] = [
  [9 * ms, (cluster) => cluster.cut("h1", "h2")],
  [21 * ms, (cluster) => cluster.delay("h2", "fs", 2 * ms)],
  [40 * ms, (cluster) => cluster.heal("h1", "h2")],
  [60 * ms, (cluster) => cluster.crash("h4")],
  [75 * ms, (cluster) => cluster.pause("h2")],
  [95 * ms, (cluster) => cluster.continue("h2")],
  [110 * ms, (cluster) => cluster.restart("h4")],
];

/** Returns the trace, and what was written with how each job ended. */
async function scenario(
  t: ExecutionContext,
  how: ClusterOptions,
  pace: Pace = plain,
): Promise<{ readonly trace: string; readonly ends: string }> {
  const cluster = await boot(t, { ...options, ...how });
  await cluster.spawn("h1", ["count", "300"], { wander: { periodNs: 3 * ms } });
  await cluster.spawn("h2", ["count", "40", "2ms"], { wander: { periodNs: 5 * ms } });
  await cluster.spawn("h2", ["primes", "30000"], { wander: { periodNs: 2 * ms } });
  await cluster.spawn("h3", ["cat"], { stdin: "from a file\n".repeat(9000) });
  await cluster.spawn("h4", ["count", "50", "3ms"]);
  for (const [at, what] of faults) {
    await pace.to(cluster, at);
    what(cluster);
  }
  await pace.end(cluster);
  const ends = cluster.tasks.map(({ exit, output }) => [exit, output.length]);
  t.true(cluster.tasks[0] !== undefined && cluster.tasks[0].moves.length > 5, "jobs wander");
  return { trace: cluster.trace(), ends: JSON.stringify(ends) };
}

test.serial("determinism: inline twice, workers twice: one trace", async (t) => {
  const one = await scenario(t, { driver: "inline" });
  t.true(one.trace.length > 100_000);
  for (const driver of ["inline", "worker", "worker"] as const) {
    const other = await scenario(t, { driver });
    sameTrace(t, one.trace, other.trace, driver);
    t.is(other.ends, one.ends, driver);
  }
});

test.serial("determinism: another seed: another trace", async (t) => {
  const one = await scenario(t, {});
  const other = await scenario(t, { seed: 12 });
  t.not(one.trace, other.trace);
});

test.serial("determinism: paranoid: the same trace", async (t) => {
  const one = await scenario(t, {});
  sameTrace(t, one.trace, (await scenario(t, { paranoid: true })).trace, "paranoid");
});

/** Counts how often a run was stopped before it had got where it should. */
function stopping(stops: { count: number }): Pace {
  let draw = 1;
  const soon = (): number => (draw = (draw * 48_271) % 2_147_483_647) % 4;
  const stopSoon = async (cluster: Cluster, run: () => Promise<boolean>): Promise<void> => {
    for (;;) {
      const timer = setTimeout(() => cluster.stop(), soon());
      const done = await run();
      clearTimeout(timer);
      if (done) return;
      stops.count++;
    }
  };
  return {
    to: (cluster, time) =>
      stopSoon(cluster, async () => {
        await cluster.advanceTo(time);
        return cluster.now >= time;
      }),
    end: (cluster) =>
      stopSoon(cluster, async () => (await cluster.runUntil({ allExited: true })) !== "stopped"),
  };
}

for (const driver of ["inline", "worker"] as const) {
  test.serial(`determinism: stopped at random places, ${driver}: the same trace`, async (t) => {
    const one = await scenario(t, {});
    const stops = { count: 0 };
    // On a busy machine a run may be stopped a few times only: then there are more runs.
    for (let run = 1; run <= 10 && stops.count <= 5; run++) {
      const other = await scenario(t, { driver }, stopping(stops));
      sameTrace(t, one.trace, other.trace, `${stops.count} stops`);
      t.is(other.ends, one.ends);
    }
    t.true(stops.count > 5, `${stops.count} stops`);
  });

  test.serial(`determinism: watched, ${driver}: the same trace`, async (t) => {
    const one = await scenario(t, {});
    let looks = 0;
    const watching = between((cluster) => {
      looks += cluster.views().length;
      for (const task of cluster.tasks) if (!task.exit) cluster.residuals(task);
    });
    const other = await scenario(t, { driver }, watching);
    t.true(looks > 100);
    sameTrace(t, one.trace, other.trace, "watched");
  });

  test.serial(
    `determinism: saved and restored at each stop, ${driver}: the same trace`,
    async (t) => {
      const one = await scenario(t, {});
      let cycles = 0;
      const saving = between((cluster) => {
        cluster.cycleThroughSnapshots();
        cycles++;
      });
      const other = await scenario(t, { driver }, saving);
      t.true(cycles > 50);
      sameTrace(t, one.trace, other.trace, "restored");
    },
  );
}

/** Time passes in uneven pieces, with something done after each. */
function between(look: (cluster: Cluster) => void): Pace {
  const to = async (cluster: Cluster, time: number): Promise<void> => {
    while (cluster.now < time) {
      await cluster.advanceTo(Math.min(time, cluster.now + 1_777_777));
      look(cluster);
    }
  };
  return {
    to,
    async end(cluster) {
      await to(cluster, cluster.now + 40 * ms);
      await cluster.runUntil({ allExited: true }, { withinNs: 60 * second });
    },
  };
}

test.serial(
  "determinism: a host saved in the middle of everything: its view is what it was",
  async (t) => {
    const cluster = await boot(t, options);
    await cluster.spawn("h1", ["primes", "30000"], { wander: { periodNs: ms } });
    await cluster.advance(12 * ms);
    const before = cluster.views();
    cluster.cycleThroughSnapshots();
    t.deepEqual(cluster.views(), before);
    t.true(before.some(({ tasks }) => tasks.length > 0));
    t.is(viewOf(cluster, "fs").state, "up");
  },
);
