// Goal: an image of any size moves in bounded memory: each page is at most once on each host, and no
// more than a window of it is on its way.
// Method: a guest of 64 MiB moves by each strategy; frames are counted every 2 ms while it does, and
// the trace says what was under way at every moment.

import test from "ava";
import type { Cluster, Task } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import { boot, eventsOf, MiB, ms, type TraceEvent, viewOf } from "./clusters.ts";

/** Long enough for what is copied while the guest runs, and no longer: a round takes 1.2 ms. */
const roundsOf = (copiesInRounds: boolean): string => (copiesInRounds ? "700" : "50");
/** What carries pages and is answered when they have been taken: 64 KiB each. */
const carries: Readonly<Record<string, string>> = {
  "migrate.pages": "migrate.taken",
  "memory.pushed": "memory.taken",
  "memory.return": "memory.returned",
};
/** 2 MiB, and 4 MiB of what is pushed; the chunk may end in messages that are not full. */
const messagesMax: Readonly<Record<string, number>> = {
  "migrate.pages": 32,
  "memory.pushed": 96,
  "memory.return": 40,
};

test("bounded: a guest of 64 MiB, every strategy: a page once on a host, a window on the cable", async (t) => {
  const cluster = await boot(t, { hosts: 2, memoryBytes: 256 * MiB });
  const outputs = new Set<string>();
  for (const { name, rounds } of strategies) {
    const words = ["toucher", "64MiB", "8MiB", "1MiB", roundsOf(rounds !== null)];
    const task = await cluster.spawn("h1", words);
    t.is(await cluster.runUntil({ output: /^ready$/m, of: task }), "met", task.errors);
    const pages = viewOf(cluster, "h1").framesUsed;
    t.true(pages >= (64 * MiB) / 4096, `${name}: ${pages} pages at the source`);
    const from = eventsOf(cluster).length;
    const most = await framesWhileMoving(cluster, task, name);
    t.is(task.moves.at(-1)?.activatedAt === null, false, `${name}: moved`);
    t.true(most.source <= pages, `${name}: ${most.source} frames at the source, of ${pages}`);
    t.true(most.target <= pages, `${name}: ${most.target} frames at the target, of ${pages}`);
    await cluster.runUntil({ exited: task });
    t.is(task.exit?.status, 0, `${name}: ${task.errors}`);
    outputs.add(`${words.join(" ")}: ${task.output}`);
    const events = eventsOf(cluster).slice(from);
    for (const [op, max] of Object.entries(messagesMax)) {
      const underWay = mostUnderWay(events, op);
      t.true(underWay <= max, `${name}: ${underWay} of ${op} under way`);
    }
    await cluster.advance(10 * ms);
    t.deepEqual(
      ["h1", "h2"].map((host) => viewOf(cluster, host).framesUsed),
      [0, 0],
      name,
    );
  }
  t.is(outputs.size, 2, "the same memory after as many rounds, however it moved");
});

async function framesWhileMoving(
  cluster: Cluster,
  task: Task,
  strategy: string,
): Promise<{ readonly source: number; readonly target: number }> {
  const most = { source: 0, target: 0 };
  cluster.orderMigration(task, "h2", { strategy });
  while (!task.exit) {
    await cluster.advance(2 * ms);
    most.source = Math.max(most.source, viewOf(cluster, "h1").framesUsed);
    most.target = Math.max(most.target, viewOf(cluster, "h2").framesUsed);
  }
  return most;
}

/** The most messages of the kind, from one host, that were without an answer at any moment. */
function mostUnderWay(events: readonly TraceEvent[], op: string): number {
  let underWay = 0;
  let most = 0;
  for (const event of events) {
    if (event.event === "msg.send" && event["op"] === op) underWay++;
    if (event.event === "msg.enqueue" && event["op"] === carries[op]) underWay--;
    most = Math.max(most, underWay);
  }
  return most;
}
