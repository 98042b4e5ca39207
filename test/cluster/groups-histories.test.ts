// Goal: whatever happens around them, tasks that share memory run on one host, and see each other's writes;
// they are lost together, or not at all.
// Method: random histories by seed: moves under all strategies, also while one is under way, cables that are
// cut and slow, one crash; after each step a look at who runs where; at the end the output.

import type { ExecutionContext } from "ava";
import type { Cluster, Task } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import { must } from "../../ports/base/index.ts";
import { boot, guests, guestTest, MiB, ms, parents, second } from "./clusters.ts";

/** Numbers below the one asked for, always the same ones for a seed. */
function drawsOf(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return (below) => {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state % below;
  };
}

interface History {
  readonly cluster: Cluster;
  readonly tasks: readonly Task[];
  readonly outputs: readonly string[];
  readonly draw: (below: number) => number;
  crashed: boolean;
}

const places = ["h1", "h2", "h3", "h4"] as const;

/** A family of a task, or two programs that have mapped one file; one of them may wander. */
async function begin(t: ExecutionContext, seed: number): Promise<History> {
  const draw = drawsOf(seed);
  const mounts = { ...guests(), ...parents() };
  const cluster = await boot(t, { mounts, hosts: 4, memoryBytes: 6 * MiB, seed });
  if (draw(2) === 0) {
    const tasks = [await cluster.spawn("h1", ["/mnt/family", "6", "6"])];
    await cluster.advance(13 * ms);
    return { cluster, tasks, outputs: ["ok 667\n"], draw, crashed: false };
  }
  const argv = (who: number): string[] => ["/mnt/sharer", "/tmp/shared", `${who}`, "2", "400"];
  const wanders = draw(2) === 0 ? { wander: { periodNs: 30 * ms } } : {};
  const tasks = [await cluster.spawn("h1", argv(0), wanders), await cluster.spawn("h1", argv(1))];
  await cluster.advance(25 * ms);
  const outputs = ["ready\n0 ok 39655812\n", "ready\n1 ok 39755200\n"];
  return { cluster, tasks, outputs, draw, crashed: false };
}

async function step(history: History, lead: Task): Promise<void> {
  const { cluster, draw } = history;
  const place = (): string => must(places[draw(4)], "a host");
  const [one, other] = [place(), place()];
  const what = draw(10);
  if (what < 6) {
    const { name: strategy } = must(strategies[draw(strategies.length)], "a strategy");
    cluster.orderMigration(lead, one, { with: [lead], sharing: "together", strategy });
  } else if (what === 6 && one !== other) {
    cluster.cut(one, other);
    await cluster.advance(draw(30) * ms);
    cluster.heal(one, other);
  } else if (what === 7 && !history.crashed && draw(3) === 0) {
    history.crashed = true;
    cluster.crash(one);
    await cluster.advance(ms);
    if (draw(2) === 0) cluster.restart(one);
    else cluster.declare(one);
  } else if (what === 8 && one !== other) cluster.delay(one, other, draw(4) * ms);
  await cluster.advance(draw(5) * ms + ms / 3);
}

/** A task on two hosts at once, or tasks that share memory on different ones. */
function wrong({ cluster }: History): string | undefined {
  const running = cluster
    .views()
    .flatMap(({ host, tasks }) => tasks.map(({ pid, state }) => ({ host, pid, state })))
    .filter(({ state }) => !/^(frozen|in doubt)/.test(state));
  const hosts = new Set(running.map(({ host }) => host));
  const pids = new Set(running.map(({ pid }) => pid));
  if (hosts.size <= 1 && pids.size === running.length) return undefined;
  return running.map(({ host, pid }) => `${pid} on ${host}`).join(", ");
}

async function endsWell(t: ExecutionContext, history: History, seed: number): Promise<void> {
  const { cluster, tasks, outputs, crashed } = history;
  for (const a of places) for (const b of places) if (a < b) cluster.delay(a, b, 0);
  await cluster.runUntil({ allExited: true }, { withinNs: 60 * second });
  tasks.forEach(({ exit, output }, at) => {
    if (exit?.status === 0) t.is(output, outputs[at] ?? "", `seed ${seed}`);
    else t.true(crashed, `seed ${seed}: ${JSON.stringify(exit)}, and no host has crashed`);
  });
}

guestTest(
  "groups: 16 random histories: together always, and right or lost with a host",
  async (t) => {
    for (let seed = 1; seed <= 16; seed++) {
      const history = await begin(t, seed);
      for (let count = 0; count < 40; count++) {
        const lead = history.tasks.find(({ exit }) => !exit);
        if (!lead) break;
        await step(history, lead);
        const found = wrong(history);
        if (found !== undefined) t.fail(`seed ${seed}, step ${count}: ${found}`);
      }
      await endsWell(t, history, seed);
      await history.cluster.close();
    }
  },
);
