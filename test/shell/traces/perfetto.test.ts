// Goal: what is written opens in Perfetto: it keeps the rules of Chrome's trace-event format.
// Method: the rules as a checker, over made-up worlds; a golden file for one small journey.

import test from "ava";
import fc from "fast-check";
import { everything, selectIn } from "../../../shell/traces/filter.ts";
import { perfettoLines } from "../../../shell/traces/perfetto.ts";
import type { Story } from "../../../shell/traces/story.ts";
import { allOf, journey, sameAsGolden, storyOf } from "./pictures.ts";
import { steps, worldOf } from "./worlds.ts";

interface Entry {
  readonly name?: string;
  readonly cat?: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: number;
  readonly bp?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

function write(story: Story, shown: readonly number[]): readonly Entry[] {
  const text = [...perfettoLines(story, shown)].join("\n");
  return (JSON.parse(text) as { readonly traceEvents: readonly Entry[] }).traceEvents;
}

/** Of a nanosecond: sums of decimals are not exact. */
const slack = 1e-4;

/** What breaks a rule of the format, or null. */
function wrongIn(entries: readonly Entry[]): string | null {
  const open = new Map<string, { readonly until: number }[]>();
  const flows = new Map<string, Entry>();
  const ended = new Set<string>();
  const pages = new Map<number, Entry>();
  let before = 0;
  const named = new Set<string>();
  for (const entry of entries) {
    const { ph, pid, tid, ts = 0, dur = 0, cat, id = -1 } = entry;
    if (!Number.isInteger(pid) || !Number.isInteger(tid)) return "pid and tid are integers";
    const track = `${pid} ${tid}`;
    if (ph === "M") {
      if (entry.name === "thread_name") named.add(track);
      if (entry.name === "process_name") named.add(`${pid} process`);
      continue;
    }
    if (!named.has(track) || !named.has(`${pid} process`)) return `track ${track} has no name`;
    if (entry.ts === undefined || ts < before) return `time goes back at ${ts}`;
    before = ts;
    const stack = open.get(track) ?? [];
    open.set(track, stack);
    // Complete events that are over lie in the way of nothing.
    while (stack.length > 0 && (stack.at(-1)?.until ?? 0) <= ts + slack) stack.pop();
    if (ph === "B") stack.push({ until: Number.POSITIVE_INFINITY });
    else if (ph === "E") {
      if (stack.pop()?.until !== Number.POSITIVE_INFINITY) return `an end of nothing at ${ts}`;
    } else if (ph === "X") {
      const outer = stack.at(-1)?.until ?? Number.POSITIVE_INFINITY;
      if (dur <= 0 || ts + dur > outer + slack) return `a slice sticks out at ${ts}`;
      stack.push({ until: ts + dur });
    } else if (ph === "s" || ph === "t" || ph === "f") {
      const key = `${cat} ${id}`;
      if (stack.length === 0) return `a flow is bound to nothing at ${ts}`;
      if (ph === "s" && flows.has(key)) return `flow ${key} begins twice`;
      if (ph === "f" && (!flows.has(key) || ended.has(key) || entry.bp !== "e"))
        return `flow ${key}`;
      if (ph === "t" && (!flows.has(key) || ended.has(key) || entry.bp !== "e"))
        return `step ${key}`;
      if (ph === "s") flows.set(key, entry);
      else if (flows.get(key)?.name !== entry.name) return `flow ${key} changes its name`;
      else if (ph === "f") ended.add(key);
    } else if (ph === "b") pages.set(id, entry);
    else if (ph === "e") {
      if (!pages.delete(id)) return `an asynchronous end of nothing at ${ts}`;
    } else if (ph !== "i" && ph !== "C") return `no such kind: ${ph}`;
  }
  if (pages.size > 0) return "an asynchronous slice has no end";
  if (ended.size < flows.size) return "a flow has no end";
  for (const [track, stack] of open) {
    if (stack.some(({ until }) => until === Number.POSITIVE_INFINITY))
      return `${track} is left open`;
  }
  return null;
}

test("perfetto: any world, whole or filtered: the rules of the format are kept", (t) => {
  let flows = 0;
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 40 }), (plan, skipped) => {
      const story = storyOf(worldOf(plan).lines);
      for (const shown of [
        allOf(story),
        allOf(story).slice(skipped),
        allOf(story).slice(0, skipped),
      ]) {
        const entries = write(story, shown);
        t.is(wrongIn(entries), null);
        t.is(entries.filter(({ ph }) => ph === "X").length, shown.length);
        flows += entries.filter(({ ph }) => ph === "s").length;
      }
    }),
    { numRuns: 200 },
  );
  t.true(flows > 1000);
});

test("perfetto: the checker: it finds what is wrong", (t) => {
  const good = write(storyOf(journey), allOf(storyOf(journey)));
  t.is(wrongIn(good), null);
  const without = (ph: string): readonly Entry[] => {
    const at = good.findIndex((entry) => entry.ph === ph);
    return good.toSpliced(at, 1);
  };
  for (const ph of ["B", "E", "s", "f", "M"]) t.not(wrongIn(without(ph)), null, ph);
  t.not(wrongIn(good.toReversed()), null);
});

test("perfetto: a task that moves: slices on each host, a track that goes with it, a flow between", (t) => {
  const story = storyOf(journey);
  const entries = write(story, allOf(story));
  const begins = entries.filter(({ ph, cat }) => ph === "B" && cat === "task");
  const processes = new Map(
    entries
      .filter(({ name }) => name === "process_name")
      .map(({ pid, args }) => [args?.["name"], pid]),
  );
  const whole = (place: string, name: string): unknown =>
    begins.find((entry) => entry.pid === processes.get(place) && entry.name === name)?.ts;
  t.is(whole("tasks", "on h1"), 12);
  t.is(whole("tasks", "on h3"), 6420);
  t.is(whole("h1", "here"), 12);
  t.is(whole("h3", "here"), 6420);
  const [start, end] = entries.filter(
    ({ cat, ph }) => cat === "move" && (ph === "s" || ph === "f"),
  );
  t.deepEqual(
    [start?.ts, start?.pid, end?.ts, end?.pid],
    [6200, processes.get("h1"), 6420, processes.get("h3")],
  );
});

test("perfetto: nothing chosen: an empty picture that still parses", (t) => {
  const story = storyOf(journey);
  const shown = selectIn(story, { ...everything, names: ["no"] });
  t.true(write(story, shown).every(({ ph }) => ph === "M"));
});

test("perfetto: a small journey: as it was", (t) => {
  const story = storyOf(journey);
  sameAsGolden(
    t,
    "journey.perfetto.txt",
    `${[...perfettoLines(story, allOf(story))].join("\n")}\n`,
  );
});
