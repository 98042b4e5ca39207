// Goal: the last events as text, right and never wider than the terminal.
// Method: golden files for one small journey; made-up worlds for what always holds.

import test from "ava";
import fc from "fast-check";
import { flowLines } from "../../../shell/traces/flow.ts";
import { textLine } from "../../../shell/traces/text.ts";
import { journey, sameAsGolden, storyOf } from "./pictures.ts";
import { steps, worldOf } from "./worlds.ts";

for (const [name, width, ascii] of [
  ["unicode", 100, false],
  ["ascii", 80, true],
  ["narrow", 44, false],
] as const) {
  test(`flow: a small journey, ${name}: as it was`, (t) => {
    const lines = flowLines(storyOf(journey), 0, width, { ascii });
    sameAsGolden(t, `journey.${name}.flow.txt`, `${lines.join("\n")}\n`);
  });
}

test("flow: any world: a line an event, in its time, no wider than the terminal", (t) => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 40, max: 160 }),
      fc.boolean(),
      fc.nat(40),
      (plan, width, ascii, first) => {
        const story = storyOf(worldOf(plan).lines);
        const lines = flowLines(story, first, width, { ascii });
        t.is(lines.length, Math.max(0, story.events.length - first) + 1);
        for (const [at, line] of lines.entries()) {
          t.true(Array.from(line).length <= width);
          if (ascii) t.regex(line, /^[\x20-\x7e]*$/);
          const event = story.events[first + at - 1];
          if (at > 0 && event) t.is(Math.round(Number(line.trim().split(" ")[0]) * 1e6), event.at);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("flow: messages: an arrow from the sender's column to the receiver's", (t) => {
  fc.assert(
    fc.property(steps, (plan) => {
      const world = worldOf(plan);
      const story = storyOf(world.lines);
      const lines = flowLines(story, 0, 120);
      const columnOf = (host: string): number => 14 + [...story.hosts].indexOf(host) * 10;
      for (const [from, to] of world.messages) {
        const [source, target] = [story.events[from]?.host ?? "", story.events[to]?.host ?? ""];
        if (source === target) continue;
        const cells = Array.from(lines[to + 1] ?? "");
        const [begin, end] = [columnOf(source), columnOf(target)];
        t.is(cells[end], "●");
        t.is(cells[begin], begin < end ? "├" : "┤");
        t.is(cells[begin < end ? end - 1 : end + 1], begin < end ? "▶" : "◀");
      }
    }),
    { numRuns: 100 },
  );
});

test("flow: nothing yet: only the head", (t) => {
  t.deepEqual(flowLines(storyOf([]), 0, 80), ["          ms"]);
});

test("text: a small journey: as it was", (t) => {
  const { events } = storyOf(journey);
  sameAsGolden(t, "journey.txt", `${events.map(textLine).join("\n")}\n`);
});
