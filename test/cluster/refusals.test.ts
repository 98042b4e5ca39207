// Goal: every rule that forbids a move is in the docs, and can be provoked; the refusal names the rule, what
// it is about, and what is wrong with that; the task runs on where it is.
// Method: a table with one way for each rule: a rule without one does not compile.

import { readFileSync } from "node:fs";
import test from "ava";
import type { ExecutionContext } from "ava";
import type { Cluster, Task } from "../../cluster/index.ts";
import { refusalRules } from "../../kernel/index.ts";
import type { Rule } from "../../kernel/migrate/index.ts";
import {
  departureOf,
  feedSource,
  onTargetMessage,
  orderMove,
  tuningDefaults,
} from "../../kernel/migrate/index.ts";
import { encodeImage, imageVersion, objectsOf, packImage } from "../../kernel/migrate/image.ts";
import type { Departure } from "../../kernel/migrate/moves.ts";
import type { MoveOrder, Task as HostTask } from "../../kernel/task/task.ts";
import { entryAt, managedObject, mapShared, mapSharedAnonymous } from "../../kernel/vm/index.ts";
import { must } from "../../ports/base/index.ts";
import {
  type Body,
  control,
  addEntry,
  makeMessage,
  makePortUid,
  memory,
  type Message,
  migrate,
  nameTypes,
  portHere,
  wellKnownPort,
} from "../../ports/index.ts";
import { createLoneHost, createRunning, type LoneHost } from "../kernel/lone-host.ts";
import { boot, eventsOf, inTurn, MiB, ms, second } from "./clusters.ts";

interface Refused {
  readonly rule: string;
  readonly reason: string;
}

/** What the last refusal in a trace says. */
function lastRefusal(cluster: Cluster): Refused {
  const events = eventsOf(cluster).filter(({ event }) =>
    /^migrate\.(refused|aborted)$/.test(event),
  );
  const last = must(events.at(-1), "a refusal");
  return { rule: String(last["rule"]), reason: String(last["reason"]) };
}

interface Run {
  readonly cluster: Cluster;
  readonly task: Task;
}

/** A program of the guests' tree, that sleeps nearly always. */
async function sleeping(t: ExecutionContext, options = {}): Promise<Run> {
  const cluster = await boot(t, { hosts: 4, memoryBytes: 4 * MiB, ...options });
  const task = await cluster.spawn("h1", ["count", "1000", "1s"]);
  await cluster.advance(2 * ms);
  return { cluster, task };
}

async function refusedMove(
  { cluster, task }: Run,
  host: string,
  strategy = "eager-all",
): Promise<Refused> {
  const { outcome } = await cluster.migrate(task, host, { strategy });
  if (outcome === "moved") return { rule: "none", reason: "it was moved" };
  return lastRefusal(cluster);
}

/** The move is ordered, and something happens after one of its steps. */
async function disturbed(
  { cluster, task }: Run,
  event: string,
  disturb: () => void,
  strategy = "eager-all",
): Promise<Refused> {
  for (const pair of ["h1 h2", "h2 h3", "h1 h3"]) {
    const [a, b] = pair.split(" ") as [string, string];
    cluster.delay(a, b, 5 * ms);
  }
  const order = cluster.orderMigration(task, "h2", { strategy });
  await cluster.runUntil({ event }, { withinNs: second });
  disturb();
  await cluster.runUntil({ ordered: order }, { withinNs: 20 * second });
  await cluster.advance(second);
  return lastRefusal(cluster);
}

const order: MoveOrder = {
  command: 1,
  to: 2,
  strategy: "eager-all",
  ...tuningDefaults,
  jobs: [],
  sharing: "refuse",
};

function lastEvent({ events }: LoneHost): Refused {
  const [, ids] = must(
    events.findLast(([name]) => /^migrate\.(refused|aborted)$/.test(name)),
    "a refusal",
  );
  return { rule: String(ids["rule"]), reason: String(ids["reason"]) };
}

/** One host alone is given the order. */
function ordered(change: Partial<MoveOrder>): Refused {
  const lone = createLoneHost();
  orderMove(lone.kernel, createRunning(lone, [0x73]), { ...order, ...change });
  return lastEvent(lone);
}

/** One host alone is asked to take a task; it answers to itself. */
function reserved(
  change: Partial<Body<typeof migrate.reserve.body>>,
  before: (lone: LoneHost) => void = () => undefined,
): Refused {
  const lone = createLoneHost(2);
  const { kernel } = lone;
  const move = "h2.1.1";
  const body = { move, pids: [10_001], epochs: [0], home: 1, pages: 1, version: imageVersion };
  before(lone);
  onTargetMessage(kernel, makeMessage(migrate.reserve, { ...body, ...change }) as Message);
  if (kernel.state.moves.arrivals.has(move)) {
    const other = createLoneHost();
    const unit = [createRunning(other, [0x73])];
    const fetching = { readAhead: 0, pushes: false };
    const image = encodeImage(packImage(other.kernel, unit, new Map(), fetching));
    onTargetMessage(kernel, makeMessage(migrate.transfer, { move, image }) as Message);
  }
  const here = must(portHere(kernel.state.ports, wellKnownPort(2, "control")), "the control port");
  const { rule, object, detail } = must(here.queue.at(-1), "an answer").body as Record<
    string,
    string
  >;
  return { rule: `${rule}`, reason: `${rule}: ${object} ${detail}` };
}

const ways: Readonly<Record<Rule, (t: ExecutionContext) => Refused | Promise<Refused>>> = {
  "already-there": async (t) => refusedMove(await sleeping(t), "h1"),
  "no-such-host": async (t) => refusedMove(await sleeping(t), "fs"),
  "no-such-strategy": () => ordered({ strategy: "magic" }),
  "no-such-policy": () => ordered({ sharing: "magic" }),
  native() {
    const lone = createLoneHost();
    const message = makeMessage(control.migrate, { ...order, pid: 0 }) as Message;
    lone.host.deliver({ on: "order", to: wellKnownPort(1, "control"), message });
    return lastEvent(lone);
  },
  "already-moving": async (t) => {
    const run = await sleeping(t);
    run.cluster.orderMigration(run.task, "h2");
    return refusedMove(run, "h3");
  },
  "shares-memory"() {
    const lone = createLoneHost();
    const [one, other] = [createRunning(lone, [0x73]), createRunning(lone, [0x73])];
    const region = { start: 0x80, pages: 1, protection: 3, name: "" };
    mapSharedAnonymous(lone.kernel, one.memory, region);
    const object = must(entryAt(one.memory.map, 0x80), "an entry").object;
    mapShared(lone.kernel, other.memory, region, object, 0);
    orderMove(lone.kernel, one, order);
    return lastEvent(lone);
  },
  "mixed-homes": async (t) => {
    const { cluster, task } = await sleeping(t);
    const other = await cluster.spawn("h2", ["count", "1000", "1s"]);
    await cluster.advance(2 * ms);
    await cluster.migrate(other, "h1");
    await cluster.migrate(task, "h3", { with: [task, other] });
    return lastRefusal(cluster);
  },
  "home-dead": async (t) => {
    const run = await sleeping(t);
    const { cluster, task } = run;
    await cluster.migrate(task, "h2");
    cluster.crash("h1");
    await cluster.advance(8 * second);
    const forecast = cluster.forecast(task, "h3");
    t.is(forecast?.refusals[0]?.rule, "home-dead");
    const refused = await refusedMove(run, "h3");
    cluster.restart("h1");
    await cluster.advance(8 * second);
    t.is((await cluster.migrate(task, "h3")).outcome, "moved", "the home is back");
    return refused;
  },
  "image-version": () => reserved({ version: imageVersion + 1 }),
  "already-here": () =>
    reserved({ pids: [20_001] }, (lone) => {
      createRunning(lone, [0x73]);
    }),
  "no-memory": () => reserved({ pages: 1_000_000 }),
  "too-many-tasks": () =>
    reserved({}, ({ kernel }) => {
      kernel.state.spaceNext = 4096;
    }),
  "no-answer": async (t) => {
    const run = await sleeping(t);
    run.cluster.cut("h1", "h2");
    return refusedMove(run, "h2");
  },
  "holder-unreachable": async (t) => {
    const run = await sleeping(t, { location: "update" });
    const port = await run.cluster.ports.make(run.task);
    await run.cluster.ports.give(port, "send", "h3");
    run.cluster.cut("h1", "h3");
    return refusedMove(run, "h2");
  },
  "port-under-way"() {
    const { lone, task, departure } = departing("eager-all");
    addEntry(task.space, nameTypes.receive, makePortUid(3, 1, 500));
    feedSource(lone.kernel, departure, { on: "reserved", incarnation: 1 });
    lone.host.state.clock += 2 * second;
    lone.host.deliver({ on: "timer", timer: { on: "move", move: departure.state.plan.move } });
    return lastEvent(lone);
  },
  "swap-full": () => swapAnswers(28),
  "swap-lost": async (t) => {
    const run = await sleeping(t);
    return disturbed(run, "migrate.reserve", () => run.cluster.crash("fs"), "flush");
  },
  "pager-silent"() {
    const lone = createLoneHost();
    const task = createRunning(lone, [0x73]);
    const pager = { port: makePortUid(3, 1, 500), bytes: 0, path: "h3.1.500" };
    const object = managedObject(lone.kernel.state.objects, pager, "task", null);
    must(object.manager, "a manager").doubled = true;
    mapShared(
      lone.kernel,
      task.memory,
      { start: 0x80, pages: 1, protection: 3, name: "" },
      object,
      0,
    );
    orderMove(lone.kernel, task, order);
    return lastEvent(lone);
  },
  "target-dead": async (t) => {
    const run = await sleeping(t);
    return disturbed(run, "migrate.freeze", () => run.cluster.crash("h2"));
  },
  "home-refused": async (t) => {
    const { cluster, task } = await sleeping(t);
    await cluster.migrate(task, "h2");
    cluster.delay("h1", "h2", 5 * ms);
    const command = cluster.orderMigration(task, "h1", { strategy: "eager-all" });
    await cluster.runUntil({ event: "migrate.prepared" }, { withinNs: second });
    cluster.crash("h1"); // the target and the home: its next incarnation knows that the target is dead
    cluster.restart("h1");
    await cluster.runUntil({ ordered: command }, { withinNs: 20 * second });
    return lastRefusal(cluster);
  },
  "home-declared-dead": async (t) => {
    const run = await sleeping(t);
    const { cluster, task } = run;
    await cluster.migrate(task, "h3");
    return disturbed(run, "migrate.freeze", () => {
      cluster.crash("h1");
      cluster.declare("h1");
    });
  },
  "task-ended": async (t) => {
    const run = await sleeping(t);
    return disturbed(run, "migrate.reserve", () => run.cluster.kill(run.task, 9), "pre-copy");
  },
};

interface Departing {
  readonly lone: LoneHost;
  readonly task: HostTask;
  readonly departure: Departure;
}

/** One host alone has sent RESERVE. */
function departing(strategy: string): Departing {
  const lone = createLoneHost();
  const task = createRunning(lone, [0x73]);
  orderMove(lone.kernel, task, { ...order, strategy });
  const departure = must(departureOf(lone.kernel, task.pid), "a departure");
  return { lone, task, departure };
}

/** Swap is asked for an object, and answers with an errno. */
function swapAnswers(error: number): Refused {
  const { lone, task, departure } = departing("flush");
  feedSource(lone.kernel, departure, { on: "reserved", incarnation: 1 });
  const asked = objectsOf(task).flatMap(({ control: port }) => port ?? []);
  const to = must(asked[0], "an object that swap was asked for");
  const message = makeMessage(memory.created, { error }) as Message;
  lone.host.deliver({ on: "order", to, message });
  return lastEvent(lone);
}

const page = readFileSync(new URL("../../../docs/migration.md", import.meta.url), "utf8");

for (const [rule, doc] of Object.entries(refusalRules)) {
  test(`refusals: ${rule}: provoked, with its object; the docs have it`, (t) =>
    inTurn(async () => {
      const refused = await ways[rule as Rule](t);
      t.is(refused.rule, rule, refused.reason);
      t.regex(refused.reason, RegExp(`^${rule}: \\S+ .*\\S$`));
      t.log(refused.reason);
      t.true(page.includes(`| \`${rule}\` | ${doc} |`), `| \`${rule}\` | ${doc} |`);
    }));
}
