// Goal: a task that is stopped runs nothing, wherever it is, until it is continued; it is then the
// same as one that never stood still. Signals that come meanwhile do what they do on Unix.
// Method: stop and continue programs whose output shows every step, alone and around moves, in both
// drivers; Unix's rules one by one, with a program that has handlers.

import { fileURLToPath } from "node:url";
import test from "ava";
import type { ExecutionContext } from "ava";
import type { Cluster, ClusterOptions, Task } from "../../cluster/index.ts";
import { compileGuest } from "../oracle/oracle.ts";
import {
  boot,
  eventsOf,
  guestTest,
  inTurn,
  leftovers,
  ms,
  second,
  upTo,
  us,
  viewOf,
} from "./clusters.ts";

const [HUP, INT, QUIT, KILL, USR1, PIPE, TERM] = [1, 2, 3, 9, 10, 13, 15];
const [CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, WINCH] = [17, 18, 19, 20, 21, 22, 23, 28];
const drivers = ["inline", "worker"] as const;

const clusterTest = (title: string, body: (t: ExecutionContext) => Promise<void>): void =>
  test(title, (t) => inTurn(() => body(t)));

/** Where the task is, and what it is doing there. */
function seenAt(cluster: Cluster, task: Task): string[] {
  return cluster
    .views()
    .flatMap(({ host, tasks }) =>
      tasks.filter(({ job }) => job === task.job).map(({ state }) => `${host} ${state}`),
    );
}

/** Time passes, and nothing of the task shows that it ran, not even since it had written `before`. */
async function standsStill(
  t: ExecutionContext,
  cluster: Cluster,
  task: Task,
  before: string = task.output,
): Promise<void> {
  await cluster.advance(60 * ms);
  t.is(task.output, before);
  t.is(task.exit, null);
}

async function ends(
  t: ExecutionContext,
  cluster: Cluster,
  task: Task,
  [status, output]: readonly [status: number, output?: string],
): Promise<void> {
  t.is(await cluster.runUntil({ exited: task }, { withinNs: 100 * second }), "met");
  t.is(task.exit?.status, status);
  if (output !== undefined) t.is(task.output, output);
  await cluster.advance(second);
  t.deepEqual(leftovers(cluster), []);
}

for (const driver of drivers) {
  for (const argv of [
    ["count", "500"],
    ["count", "100", "1ms"],
    ["primes", "20000"],
  ] as const) {
    clusterTest(
      `stop: ${argv.join(" ")}, moved while stopped, ${driver}: as unmoved`,
      async (t) => {
        const alone = await boot(t, { driver: "inline" });
        const expected = await alone.spawn("h1", argv);
        await alone.runUntil({ exited: expected });

        const cluster = await boot(t, { driver });
        const task = await cluster.spawn("h1", argv);
        await cluster.runUntil({ output: /\n/, of: task });
        cluster.kill(task, STOP);
        t.is(await cluster.runUntil({ halted: [task] }), "met");
        t.is(task.stopped?.signal, STOP);
        t.deepEqual(seenAt(cluster, task), ["h1 stopped"]);
        await standsStill(t, cluster, task);
        for (const [host, strategy] of [
          ["h2", "copy-on-reference"],
          ["h3", "eager-all"],
        ] as const) {
          t.is((await cluster.migrate(task, host, { strategy })).outcome, "moved");
          t.deepEqual(seenAt(cluster, task), [`${host} stopped`]);
          await standsStill(t, cluster, task);
        }
        cluster.kill(task, CONT);
        await ends(t, cluster, task, [0, expected.output]);
        t.is(eventsOf(cluster, "task.stopped").length, 1);
        t.is(eventsOf(cluster, "task.continued").length, 1);
        t.is(eventsOf(cluster, "task.continued")[0]?.host, "h3");
      },
    );
  }

  clusterTest(`stop: at any moment of a move, ${driver}: stopped at the target`, async (t) => {
    const hosts = new Set<string>();
    for (let late = 0; late <= 1200; late += 60) {
      const cluster = await boot(t, { driver, seed: late + 1 });
      const task = await cluster.spawn("h1", ["count", "300"]);
      await cluster.runUntil({ output: /20\n/, of: task });
      cluster.orderMigration(task, "h2");
      await cluster.advance(late * us);
      cluster.kill(task, STOP);
      t.is(await cluster.runUntil({ halted: [task] }), "met");
      hosts.add(eventsOf(cluster, "task.stopped")[0]?.host ?? "");
      await standsStill(t, cluster, task);
      t.deepEqual(seenAt(cluster, task), ["h2 stopped"], `${late} us`);
      cluster.kill(task, CONT);
      await ends(t, cluster, task, [0, upTo(300)]);
      await cluster.close();
    }
    t.deepEqual([...hosts].sort(), ["h1", "h2"], "before the freeze, and after it");
  });

  clusterTest(`stop: continued in mid-move, ${driver}: each in its order`, async (t) => {
    for (let late = 0; late <= 1200; late += 150) {
      const cluster = await boot(t, { driver, seed: late + 1 });
      const task = await cluster.spawn("h1", ["count", "300"]);
      await cluster.runUntil({ output: /20\n/, of: task });
      cluster.kill(task, TSTP);
      await cluster.runUntil({ halted: [task] });
      cluster.orderMigration(task, "h2");
      await cluster.advance(late * us);
      cluster.kill(task, CONT);
      cluster.kill(task, STOP);
      cluster.kill(task, CONT);
      await ends(t, cluster, task, [0, upTo(300)]);
      const changes = eventsOf(cluster).filter(({ event }) => /^task\.(stop|cont)/.test(event));
      t.deepEqual(
        changes.map(({ event }) => event.slice(5)),
        ["stopped", "continued", "stopped", "continued"],
      );
      await cluster.close();
    }
  });
}

clusterTest(
  "stop: the same commands in both drivers and through snapshots: one trace",
  async (t) => {
    const run = async (options: ClusterOptions, cycle: boolean): Promise<string> => {
      const cluster = await boot(t, { seed: 5, ...options });
      const task = await cluster.spawn("h1", ["count", "400"], { wander: { periodNs: 3 * ms } });
      for (let turn = 0; turn < 6; turn++) {
        await cluster.advance(7 * ms);
        cluster.kill(task, turn % 2 === 0 ? TSTP : CONT);
        if (cycle) cluster.cycleThroughSnapshots();
      }
      await cluster.runUntil({ exited: task });
      t.is(task.output, upTo(400));
      const hash = cluster.traceHash();
      await cluster.close();
      return hash;
    };
    const inline = await run({ driver: "inline" }, false);
    t.is(await run({ driver: "worker" }, false), inline);
    t.is(await run({ driver: "inline" }, true), inline);
  },
);

clusterTest("stop: move refused while stopped: still stopped where it was", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["count", "100"]);
  await cluster.runUntil({ output: /5\n/, of: task });
  cluster.kill(task, STOP);
  await cluster.runUntil({ halted: [task] });
  cluster.crash("h2");
  cluster.orderMigration(task, "h2");
  await cluster.advance(20 * second);
  t.deepEqual(seenAt(cluster, task), ["h1 stopped"]);
  t.is(task.movesFailed, 1);
  cluster.kill(task, CONT);
  t.is(await cluster.runUntil({ exited: task }), "met");
  t.is(task.output, upTo(100));
});

clusterTest("stop: move aborted after the freeze: it thaws, and is still stopped", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["count", "100"]);
  await cluster.runUntil({ output: /5\n/, of: task });
  cluster.kill(task, STOP);
  await cluster.runUntil({ halted: [task] });
  cluster.orderMigration(task, "h2");
  await cluster.advance(500 * us); // frozen by now, and not prepared yet
  cluster.crash("h2");
  await cluster.advance(20 * second);
  t.is(eventsOf(cluster, "migrate.thaw").length, 1);
  t.deepEqual(seenAt(cluster, task), ["h1 stopped"]);
  cluster.kill(task, CONT);
  t.is(await cluster.runUntil({ exited: task }), "met");
  t.is(task.output, upTo(100));
});

clusterTest(
  "stop: nothing else to do: the cluster is quiet, and a condition finds it",
  async (t) => {
    const cluster = await boot(t);
    const task = await cluster.spawn("h1", ["count", "100"]);
    await cluster.runUntil({ output: /5\n/, of: task });
    cluster.kill(task, STOP);
    t.is(await cluster.runUntil({ halted: [task] }), "met");
    t.is(await cluster.runUntil({ exited: task }), "deadlock");
  },
);

clusterTest("stop: default actions: each as on Unix", async (t) => {
  const cluster = await boot(t);
  for (const signal of [HUP, INT, QUIT, KILL, USR1, PIPE, TERM]) {
    const task = await cluster.spawn("h1", ["count", "100", "1ms"]);
    await cluster.runUntil({ output: /3\n/, of: task });
    cluster.kill(task, signal);
    t.is(await cluster.runUntil({ exited: task }), "met");
    t.deepEqual([task.exit?.status, task.exit?.signal], [128 + signal, signal]);
  }
  for (const signal of [CHLD, CONT, URG, WINCH]) {
    const task = await cluster.spawn("h1", ["count", "20", "1ms"]);
    await cluster.runUntil({ output: /3\n/, of: task });
    cluster.kill(task, signal);
    await cluster.runUntil({ exited: task });
    t.deepEqual([task.exit?.status, task.output], [0, upTo(20)]);
  }
  for (const signal of [STOP, TSTP, TTIN, TTOU]) {
    const task = await cluster.spawn("h1", ["count", "20", "1ms"]);
    await cluster.runUntil({ output: /3\n/, of: task });
    cluster.kill(task, signal);
    await cluster.runUntil({ halted: [task] });
    t.is(task.stopped?.signal, signal);
    cluster.kill(task, CONT);
    await cluster.runUntil({ exited: task });
    t.deepEqual([task.exit?.status, task.output, task.stopped], [0, upTo(20), null]);
  }
});

clusterTest("stop: killed while stopped: ends at once, and nothing is left of it", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["count", "1000"]);
  await cluster.runUntil({ output: /5\n/, of: task });
  cluster.kill(task, STOP);
  await cluster.runUntil({ halted: [task] });
  await cluster.migrate(task, "h2");
  const before = task.output;
  cluster.kill(task, KILL);
  await ends(t, cluster, task, [137, before]);
});

clusterTest("stop: SIGTERM while stopped: waits, and ends it when it is continued", async (t) => {
  const cluster = await boot(t);
  for (const argv of [["count", "1000"], ["count", "1000", "100s"], ["cat"]] as const) {
    const task = await cluster.spawn("h1", argv, { stdin: quietTerminal });
    await cluster.advance(20 * ms);
    cluster.kill(task, STOP);
    await cluster.runUntil({ halted: [task] });
    cluster.kill(task, TERM);
    await standsStill(t, cluster, task);
    const before = task.output;
    await cluster.migrate(task, "h2");
    await standsStill(t, cluster, task, before);
    cluster.kill(task, CONT);
    await ends(t, cluster, task, [143, before]);
  }
});

const quietTerminal = { kind: "terminal", read: () => Promise.resolve(new Uint8Array(0)) } as const;

clusterTest("stop: while its program is being loaded: it loads, and then stands", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["count", "10"]);
  await cluster.runUntil({ event: "task.born" });
  cluster.kill(task, STOP);
  await cluster.advance(50 * ms);
  t.is(eventsOf(cluster, "exec.done").length, 1);
  t.deepEqual([task.output, seenAt(cluster, task)], ["", ["h1 stopped"]]);
  cluster.kill(task, CONT);
  await ends(t, cluster, task, [0, upTo(10)]);
});

clusterTest(
  "stop: sleep that ends meanwhile: the program goes on at once, no second time",
  async (t) => {
    const cluster = await boot(t);
    const task = await cluster.spawn("h1", ["count", "2", "20ms"]);
    await cluster.runUntil({ output: /1\n/, of: task });
    cluster.kill(task, STOP);
    await cluster.advance(500 * ms);
    t.is(task.output, "1\n");
    cluster.kill(task, CONT);
    const continued = cluster.now;
    await cluster.runUntil({ exited: task });
    t.is(task.output, upTo(2));
    t.true(cluster.now - continued < 25 * ms, "one sleep of 20 ms, not two");
  },
);

clusterTest("stop: input that comes meanwhile: read when it goes on", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["cat"], { stdin: quietTerminal });
  await cluster.advance(20 * ms);
  cluster.kill(task, TSTP);
  await cluster.runUntil({ halted: [task] });
  cluster.type(task, new TextEncoder().encode("typed\n"), true);
  await standsStill(t, cluster, task);
  cluster.kill(task, CONT);
  await ends(t, cluster, task, [0, "typed\n"]);
});

function stopper(): Record<string, string> {
  const source = new URL("../../../test/cluster/programs/stopper.c", import.meta.url);
  return { stopper: compileGuest(fileURLToPath(source), { flags: [] }) };
}

guestTest("stop: by itself: kill returns 0 when it is continued, on another host", async (t) => {
  const cluster = await boot(t, { mounts: stopper() });
  const task = await cluster.spawn("h1", ["/mnt/stopper", "self"]);
  t.is(await cluster.runUntil({ halted: [task] }), "met");
  t.is(task.stopped?.signal, STOP);
  await cluster.migrate(task, "h3");
  await standsStill(t, cluster, task);
  cluster.kill(task, CONT);
  await ends(t, cluster, task, [0, "before\nkill returned 0\n"]);
});

guestTest("stop: handlers for SIGTSTP and SIGCONT: they run, and nothing stops", async (t) => {
  const cluster = await boot(t, { mounts: stopper() });
  const task = await cluster.spawn("h1", ["/mnt/stopper", "handlers"]);
  await cluster.runUntil({ output: /ready/, of: task });
  cluster.kill(task, TSTP);
  await cluster.advance(50 * ms);
  t.is(task.errors, "got 20\n");
  t.is(task.stopped, null);
  cluster.kill(task, CONT);
  await cluster.advance(50 * ms);
  t.is(task.errors, "got 20\ngot 18\n", "a task that is not stopped gets it, too");
  cluster.kill(task, STOP);
  await cluster.runUntil({ halted: [task] });
  cluster.kill(task, TSTP);
  await cluster.migrate(task, "h2");
  cluster.kill(task, CONT);
  await cluster.advance(50 * ms);
  t.is(task.errors, "got 20\ngot 18\ngot 18\n", "going on takes back a stop that waited");
  t.deepEqual(eventsOf(cluster, "task.continued").length, 1);
  cluster.kill(task, TSTP);
  await cluster.advance(50 * ms);
  cluster.kill(task, TSTP);
  await ends(t, cluster, task, [0, "ready\ndone\n"]);
});

guestTest(
  "stop: blocked SIGTSTP: stops when it is unblocked; blocked SIGCONT continues",
  async (t) => {
    const cluster = await boot(t, { mounts: stopper() });
    const task = await cluster.spawn("h1", ["/mnt/stopper", "masked"]);
    await cluster.runUntil({ output: /ready/, of: task });
    cluster.kill(task, TSTP);
    await cluster.advance(10 * ms);
    t.is(task.stopped, null);
    cluster.kill(task, STOP);
    await cluster.runUntil({ halted: [task] });
    cluster.kill(task, CONT);
    await cluster.advance(10 * ms);
    t.is(task.stopped, null);
    t.is(task.errors, "", "its handler waits");
    cluster.kill(task, TSTP);
    t.is(await cluster.runUntil({ halted: [task] }), "met");
    t.is(task.output, "ready\nunblocks\n");
    t.is(task.stopped?.signal, TSTP);
    t.is(task.errors, "", "the stop has taken back the continuation that waited");
    cluster.kill(task, CONT);
    await ends(t, cluster, task, [0, "ready\nunblocks\ngoes on\n"]);
    t.is(task.errors, "got 18\n");
  },
);

guestTest("stop: ignored SIGTSTP: nothing; ignored SIGCONT continues all the same", async (t) => {
  const cluster = await boot(t, { mounts: stopper() });
  const task = await cluster.spawn("h1", ["/mnt/stopper", "ignores"]);
  await cluster.runUntil({ output: /5\n/, of: task });
  cluster.kill(task, TSTP);
  await cluster.advance(3 * ms);
  t.is(task.stopped, null);
  cluster.kill(task, STOP);
  await cluster.runUntil({ halted: [task] });
  cluster.kill(task, CONT);
  await ends(t, cluster, task, [0, upTo(30)]);
});

guestTest("sleep: a signal with a handler: EINTR, and the time that is left", async (t) => {
  const cluster = await boot(t, { mounts: stopper() });
  const task = await cluster.spawn("h1", ["/mnt/stopper", "sleep"]);
  await cluster.runUntil({ output: /sleeps/, of: task });
  await cluster.advance(10 * ms);
  cluster.kill(task, USR1);
  t.is(await cluster.runUntil({ exited: task }), "met");
  t.regex(task.output, /^sleeps\n-1, (9|10) ms left\n$/);
  t.is(task.errors, "got 10\n");
  t.is(viewOf(cluster, "h1").framesUsed, 0);
});
