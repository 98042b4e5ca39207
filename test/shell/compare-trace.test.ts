// Goal: each column of `sojourn compare` is what its definition says.
// Method: the same runs again (a run is the same each time), with nothing but their traces looked at:
// the columns are worked out from them by hand, in another way than the command does.

import test from "ava";
import { Cluster } from "../../cluster/index.ts";
import {
  argumentsOf,
  compareStrategies,
  type StrategyMeasures,
  workloadDefault,
} from "../../shell/compare-strategies/index.ts";

const MiB = 2 ** 20;
const ms = 1_000_000;
const lookNs = 100_000;
const names = ["eager-all", "eager-dirty", "pre-copy", "copy-on-reference", "flush"] as const;
type Name = (typeof names)[number];

interface TraceEvent {
  readonly at: number;
  readonly host: string;
  readonly event: string;
  readonly [id: string]: unknown;
}

let measured: readonly StrategyMeasures[] = [];
const traces = new Map<Name, readonly TraceEvent[]>();

test.before(async () => {
  measured = await compareStrategies(workloadDefault);
  for (const name of names) traces.set(name, await traceOf(name));
});

/** The events of the run, from the order on. */
async function traceOf(strategy: Name): Promise<readonly TraceEvent[]> {
  const memoryBytes = 32 * MiB + 4 * workloadDefault.imageBytes;
  const cluster = await Cluster.boot({ hosts: 2, driver: "inline", memoryBytes });
  const task = await cluster.spawn("h1", argumentsOf(workloadDefault));
  await cluster.runUntil({ output: /^ready$/m, of: task });
  const before = cluster.trace().length;
  cluster.orderMigration(task, "h2", { strategy });
  await cluster.runUntil({ exited: task });
  const text = cluster.trace().slice(before);
  await cluster.close();
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as TraceEvent);
}

function of(name: Name): {
  readonly entry: StrategyMeasures;
  readonly trace: readonly TraceEvent[];
} {
  const entry = measured.find(({ strategy }) => strategy === name);
  const trace = traces.get(name);
  if (!entry || !trace) throw new Error(`no run of ${name}`);
  return { entry, trace };
}

function timeOf(trace: readonly TraceEvent[], event: string): number {
  const found = trace.find((entry) => entry.event === event);
  if (!found) throw new Error(`no ${event} in the trace`);
  return found.at;
}

const isNamed = (name: string) => (entry: TraceEvent) => entry.event === name;

for (const name of names) {
  test(`compare: ${name}: freeze: the events, and what kernels compute before and after`, (t) => {
    const { entry, trace } = of(name);
    const events = timeOf(trace, "migrate.activate") - timeOf(trace, "migrate.freeze");
    t.true(entry.freezeNs > events && entry.freezeNs < events + 0.05 * ms, `${events}`);
  });

  test(`compare: ${name}: rounds, and pages left at the source: as the trace has them`, (t) => {
    const { entry, trace } = of(name);
    t.is(entry.rounds, trace.filter(isNamed("migrate.round")).length);
    const left = trace.filter(isNamed("residual.left"));
    t.is(
      entry.residualSourcePages,
      left.reduce((sum, { pages }) => sum + Number(pages), 0),
    );
  });

  test(`compare: ${name}: faults: requests of the target that are answered`, (t) => {
    const { entry, trace } = of(name);
    const from = timeOf(trace, "migrate.activate");
    const answers = trace.filter(
      ({ event, host, at }) => event === "pager.supply" && host === "h2" && at >= from,
    );
    t.is(entry.faults, new Set(answers.map(({ object, page }) => `${object} ${page}`)).size);
  });
}

for (const name of ["eager-all", "eager-dirty", "pre-copy"] as const) {
  test(`compare: ${name}: total: from the order until the task is the target's`, (t) => {
    const { entry, trace } = of(name);
    t.is(entry.totalNs, timeOf(trace, "migrate.activate") - timeOf(trace, "migrate.request"));
    t.deepEqual([entry.residualHosts, entry.residualNs], [["fs"], 0]);
  });

  test(`compare: ${name}: bytes: pages and image, and a few percent of headers`, (t) => {
    const { entry, trace } = of(name);
    const carried = Number(trace.find(isNamed("migrate.transfer"))?.["bytes"]);
    t.true(entry.bytes > carried, `${carried} bytes of pages and image`);
    t.true(entry.bytes < 1.05 * carried, `${entry.bytes} bytes on cables`);
  });
}

test("compare: copy-on-reference: total: until the task's end, or its last page has come", (t) => {
  const { entry, trace } = of("copy-on-reference");
  const left = trace.filter(isNamed("residual.left"));
  const drained = trace.filter(isNamed("residual.drained"));
  const isDrained = drained.length === left.length;
  const ended = isDrained ? (drained.at(-1)?.at ?? 0) : timeOf(trace, "task.exit");
  const total = ended - timeOf(trace, "migrate.request");
  t.true(Math.abs(entry.totalNs - total) <= lookNs, `${entry.totalNs} and ${total}`);
});

test("compare: copy-on-reference: stall: from each request of the target to its answer", (t) => {
  const { entry, trace } = of("copy-on-reference");
  const from = timeOf(trace, "migrate.activate");
  const asked = new Map<string, number>();
  let waited = 0;
  for (const { event, host, at, object, page } of trace) {
    if (host !== "h2" || at < from) continue;
    const key = `${object} ${page}`;
    if (event === "pager.request") asked.set(key, at);
    if (event === "pager.supply") waited += at - (asked.get(key) ?? at);
  }
  t.true(Math.abs(entry.stallNs - waited) < 0.05 * waited, `${entry.stallNs} and ${waited}`);
});

test("compare: flush: bytes: what was written went to swap, and half of it again", (t) => {
  const { entry, trace } = of("flush");
  const returned = trace.filter(({ event, op }) => event === "msg.send" && op === "memory.return");
  t.true(returned.length >= 16, `${returned.length} messages of 64 KiB`);
  t.true(entry.bytes > returned.length * 32_768, `${entry.bytes} bytes`);
});
