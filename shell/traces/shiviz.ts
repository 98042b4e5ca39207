// Logs for ShiViz (https://bestchai.bitbucket.io/shiviz): paste one, or open the file.
//
//   (?<event>.*)\n(?<host>\S*) (?<clock>{.*})      how the lines are read
//                                                  (no delimiter: it is one run)
//   6.773456 ms migrate.freeze pid=10001 …         an event, in two lines
//   h1 {"h1":17,"fs":9}                            its process and its clock

import { hostNumber } from "./event.ts";
import { clocks } from "./clocks.ts";
import type { Story } from "./story.ts";
import { idsText, milliseconds, taskName } from "./words.ts";

export const shivizPattern = "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})";

/** What a line of ShiViz's diagram stands for. */
export type Per = "host" | "task";

export function* shivizLines(story: Story, shown: readonly number[], per: Per): Generator<string> {
  yield shivizPattern;
  yield "";
  for (const { index, process, clock } of clocks(story, new Set(shown), processes(story, per))) {
    const event = story.events[index];
    if (!event) continue;
    const where = per === "task" && process !== event.host ? ` on ${event.host}` : "";
    yield `${milliseconds(event.at)} ms ${event.name}${where} ${idsText(event)}`.trimEnd();
    yield `${process} ${JSON.stringify(Object.fromEntries([...clock].sort(byProcess)))}`;
  }
}

/** The process of an event: `h1`, or `%1:count` for what is about a task. */
export function processes(story: Story, per: Per): (index: number) => string {
  const names = new Map(
    story.tasks.map((task) => [task.pid, taskName(task).replaceAll(/\s+/g, ":")]),
  );
  return (index) => {
    const task = per === "task" ? names.get(story.pids[index] ?? 0) : undefined;
    return task ?? story.events[index]?.host ?? "";
  };
}

/** Hosts by number, then tasks. Numbers alone would come first in an object: no name is one. */
function byProcess([a]: readonly [string, number], [b]: readonly [string, number]): number {
  const order = orderOf(a) - orderOf(b);
  return order === 0 ? (a < b ? -1 : 1) : order;
}

function orderOf(process: string): number {
  return /^(?:fs|h\d+)$/.test(process) ? hostNumber(process) : 1000;
}
