// Goal: ShiViz reads the log, and its clocks say what happened before what, no more and no less.
// Method: the log is read by its own first line, as ShiViz does; clocks against reachability.

import test from "ava";
import fc from "fast-check";
import { type Per, processes, shivizLines, shivizPattern } from "../../../shell/traces/shiviz.ts";
import type { Story } from "../../../shell/traces/story.ts";
import { allOf, journey, sameAsGolden, storyOf } from "./pictures.ts";
import { steps, worldOf } from "./worlds.ts";

interface Logged {
  readonly event: string;
  readonly host: string;
  readonly clock: Readonly<Record<string, number>>;
}

/** As ShiViz reads a file: its first line is the pattern, its second the delimiter of runs. */
function read(lines: readonly string[]): readonly Logged[] {
  const [pattern = "", delimiter, ...log] = lines;
  if (delimiter !== "") throw new Error("the second line is the delimiter: none is expected");
  const text = `${log.join("\n")}\n`;
  const found = [...text.matchAll(new RegExp(pattern, "gm"))];
  const rest = found.reduce((left, [whole]) => left - whole.length - 1, text.length);
  if (log.length > 0 && rest !== 0) throw new Error("something is read as no event");
  return found.map(({ groups }) => ({
    event: groups?.["event"] ?? "",
    host: groups?.["host"] ?? "",
    clock: JSON.parse(groups?.["clock"] ?? "") as Record<string, number>,
  }));
}

function isBefore(a: Logged, b: Logged): boolean {
  const keys = new Set([...Object.keys(a.clock), ...Object.keys(b.clock)]);
  const counts = [...keys].map((key) => [a.clock[key] ?? 0, b.clock[key] ?? 0] as const);
  return counts.every(([one, other]) => one <= other) && counts.some(([one, other]) => one < other);
}

/** For each event all that happened before it, by the edges alone. */
function pasts(story: Story, per: Per): readonly ReadonlySet<number>[] {
  const processOf = processes(story, per);
  const edges = new Map<number, number[]>();
  const add = (to: number, from: number): void => {
    edges.set(to, [...(edges.get(to) ?? []), from]);
  };
  const last = new Map<string, number>();
  for (const [index, { host }] of story.events.entries()) {
    for (const line of [`host ${host}`, `process ${processOf(index)}`]) {
      const before = last.get(line);
      if (before !== undefined) add(index, before);
      last.set(line, index);
    }
  }
  for (const { from, to } of story.messages) if (to !== null) add(to, from);
  for (const { frozen, active } of story.moves) add(active, frozen);
  const all: Set<number>[] = [];
  for (const index of story.events.keys()) {
    const past = new Set<number>();
    for (const from of edges.get(index) ?? []) {
      past.add(from);
      for (const before of all[from] ?? []) past.add(before);
    }
    all.push(past);
  }
  return all;
}

for (const per of ["host", "task"] as const) {
  test(`shiviz: clocks per ${per}: one is less than another exactly if it happened before`, (t) => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 3 }), (plan, share) => {
        const story = storyOf(worldOf(plan).lines);
        const shown = allOf(story).filter((index) => index % share === 0);
        const log = read([...shivizLines(story, shown, per)]);
        const past = pasts(story, per);
        t.is(log.length, shown.length);
        for (const [a, one] of log.entries()) {
          for (const [b, other] of log.entries()) {
            const before = past[shown[b] ?? 0]?.has(shown[a] ?? 0) ?? false;
            if (isBefore(one, other) !== before) t.fail(`${a} and ${b}: before is ${before}`);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test(`shiviz: each process per ${per}: its own count goes up by one`, (t) => {
    fc.assert(
      fc.property(steps, (plan) => {
        const story = storyOf(worldOf(plan).lines);
        const counts = new Map<string, number>();
        for (const { host, clock } of read([...shivizLines(story, allOf(story), per)])) {
          t.false(/\s/.test(host));
          t.is(clock[host], (counts.get(host) ?? 0) + 1);
          counts.set(host, clock[host] ?? 0);
        }
      }),
      { numRuns: 100 },
    );
  });
}

test("shiviz: what is received knows all that its sender knew", (t) => {
  fc.assert(
    fc.property(steps, (plan) => {
      const story = storyOf(worldOf(plan).lines);
      const log = read([...shivizLines(story, allOf(story), "host")]);
      for (const { from, to } of story.messages) {
        const [sent, received] = [log[from], log[to ?? -1]];
        for (const [host, count] of Object.entries(received ? (sent?.clock ?? {}) : {})) {
          t.true((received?.clock[host] ?? 0) >= count);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test("shiviz: an order that ends on another host: it began before", (t) => {
  const lines = [
    { at: 1, host: "h1", seq: 0, event: "agent.order", command: 7, pid: 0, order: "make" },
    { at: 9, host: "h2", seq: 0, event: "agent.done", command: 7, ok: true, code: 0 },
    { at: 9, host: "h3", seq: 0, event: "agent.done", command: 8, ok: true, code: 0 },
  ].map((event) => JSON.stringify(event));
  const story = storyOf(lines);
  const log = read([...shivizLines(story, allOf(story), "host")]);
  t.deepEqual(
    log.map(({ clock }) => clock),
    [{ h1: 1 }, { h1: 1, h2: 1 }, { h3: 1 }],
  );
});

test("shiviz: the pattern and a small journey: as they were", (t) => {
  t.is(shivizPattern, String.raw`(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`);
  const story = storyOf(journey);
  for (const per of ["host", "task"] as const) {
    sameAsGolden(
      t,
      `journey.${per}.shiviz`,
      `${[...shivizLines(story, allOf(story), per)].join("\n")}\n`,
    );
  }
});
