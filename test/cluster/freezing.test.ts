// Goal: whatever a task waits for, it can be moved in the middle of it, and no call returns because of
// that. Method: a row for each kind of wait (a kind without a row does not compile): a program is
// caught in it, moved by every strategy, and ends with the output of a run that nobody moved.

import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import type { Cluster, ClusterOptions, Task } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import type { Wait } from "../../kernel/task/task.ts";
import { compileGuest } from "../oracle/oracle.ts";
import { boot, guests, guestTest, MiB, ms, portGuests, second, viewOf } from "./clusters.ts";

type Kind = Wait["for"];

interface Row {
  readonly options?: ClusterOptions;
  /** Starts whatever is needed, and the program on h2: once, or so often that one has to wait. */
  readonly start: (cluster: Cluster) => Promise<Task | readonly Task[]>;
  /** Gives it what it waits for, if that does not come by itself. */
  readonly end?: (cluster: Cluster, task: Task) => void | Promise<unknown>;
  /** It still waits for the same when it has arrived: nothing that it needs has come meanwhile. */
  readonly lasts: boolean;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const stopSignal = 19;
const goOnSignal = 18;
const tight = (): string =>
  compileGuest(
    fileURLToPath(new URL("../../../test/oracle/programs/memory-tight.c", import.meta.url)),
  );

const rows: Readonly<Record<Kind, Row>> = {
  page: {
    async start(cluster) {
      const task = await cluster.spawn("h1", ["/mnt/holder", "16", "20", "20000"]);
      await cluster.runUntil({ output: /ready/, of: task });
      await cluster.migrate(task, "h2", { strategy: "copy-on-reference" });
      cluster.delay("h1", "h2", 100 * ms);
      return task;
    },
    lasts: false,
  },
  reply: {
    async start(cluster) {
      const read = (): Promise<Uint8Array> => Promise.resolve(bytes(""));
      return cluster.spawn("h2", ["cat"], { stdin: { kind: "terminal", read } });
    },
    end: (cluster, task) => cluster.type(task, bytes("late, but once\n"), true),
    lasts: true,
  },
  memory: {
    options: { memoryBytes: MiB },
    async start(cluster) {
      const tasks: Task[] = [];
      for (let count = 0; count < 4; count++) {
        tasks.push(await cluster.spawn("h2", ["/mnt/tight", "120"]));
      }
      cluster.delay("h2", "fs", 2 * ms); // so that room is long in coming
      return tasks;
    },
    lasts: false,
  },
  time: {
    async start(cluster) {
      const task = await cluster.spawn("h2", ["/mnt/holder", "4", "6", "50000"]);
      await cluster.runUntil({ output: /ready/, of: task });
      return task;
    },
    lasts: true,
  },
  message: {
    start: (cluster) => cluster.spawn("h2", ["ponger", "3"]),
    end: (cluster) => cluster.spawn("h1", ["pinger", "3"]),
    lasts: true,
  },
  send: {
    async start(cluster) {
      const collector = await cluster.spawn("h1", ["/mnt/storm", "collect", "s", "1"]);
      const task = await cluster.spawn("h2", ["/mnt/storm", "send", "s", "1", "40"]);
      await cluster.runUntil({ output: /ready/, of: task });
      cluster.kill(collector, stopSignal);
      await cluster.advance(200 * ms); // its queue is full
      return task;
    },
    end(cluster) {
      const [collector] = cluster.tasks;
      if (collector) cluster.kill(collector, goOnSignal);
    },
    lasts: true,
  },
  port: {
    async start(cluster) {
      await cluster.spawn("h1", ["/mnt/storm", "hold", "s"]);
      const task = await cluster.spawn("h2", ["/mnt/rights", "s"]);
      cluster.delay("h1", "h2", 20 * ms);
      return task;
    },
    lasts: false,
  },
};

const textOf = (kind: Kind): string =>
  kind === "page" ? "waiting for a page" : `waiting (${kind})`;
const stateOn = (cluster: Cluster, host: string, task: Task): string | undefined =>
  viewOf(cluster, host).tasks.find(({ job }) => job === task.job)?.state;

/** Runs until one of the tasks waits for that: in steps finer than such waits. */
async function caught(
  cluster: Cluster,
  tasks: readonly Task[],
  kind: Kind,
): Promise<Task | undefined> {
  for (let step = 0; step < 20_000; step++) {
    const found = tasks.find((task) => stateOn(cluster, "h2", task) === textOf(kind));
    if (found) return found;
    await cluster.advance(0.05 * ms);
  }
  return undefined;
}

interface Ended {
  readonly output: string;
  readonly status: number | undefined;
  readonly errors: string;
  readonly hash: string;
}

/** One run; moved if there is a strategy. */
async function run(
  t: ExecutionContext,
  kind: Kind,
  strategy: string | null,
  driver: "inline" | "worker" = "inline",
): Promise<Ended> {
  const row = rows[kind];
  const mounts = { ...guests(), ...portGuests(), tight: tight() };
  const cluster = await boot(t, { mounts, driver, ...row.options });
  const started = await row.start(cluster);
  const task = await caught(cluster, [started].flat(), kind);
  if (!task) throw new Error(`nobody waits for ${kind}`);
  if (strategy !== null) {
    const { outcome, reason } = await cluster.migrate(task, "h3", { strategy });
    t.is(outcome, "moved", `${kind}, ${strategy}: ${reason ?? ""}`);
    if (row.lasts) t.is(stateOn(cluster, "h3", task), textOf(kind), `${kind}, ${strategy}`);
  }
  await row.end?.(cluster, task);
  t.is(await cluster.runUntil({ exited: task }, { withinNs: 600 * second }), "met");
  const { output, errors, exit } = task;
  const hash = cluster.traceHash();
  await cluster.close();
  return { output, status: exit?.status, errors, hash };
}

for (const kind of Object.keys(rows) as Kind[]) {
  guestTest(`freeze: waiting (${kind}), every strategy: goes on as if nothing were`, async (t) => {
    const unmoved = await run(t, kind, null);
    t.deepEqual([unmoved.status, unmoved.errors], [0, ""]);
    t.not(unmoved.output, "");
    for (const { name } of strategies) {
      const moved = await run(t, kind, name);
      t.deepEqual({ ...moved, hash: "" }, { ...unmoved, hash: "" }, name);
    }
    const inline = await run(t, kind, "copy-on-reference");
    const workers = await run(t, kind, "copy-on-reference", "worker");
    t.is(workers.hash, inline.hash, "one trace in both drivers");
  });
}
