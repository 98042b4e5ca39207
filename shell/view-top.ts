// What `top` shows: the hosts with what they did since the last look, and the tasks, the busiest first.
//
// A pure function of what is seen; looking is all it does.

import type { HostView, TaskView } from "../cluster/index.ts";
import { formatCount, formatDuration, formatSize } from "./units.ts";
import { formatTable } from "./view-table.ts";

/** What was seen before, for differences. */
export interface Seen {
  readonly now: number;
  readonly instructions: ReadonlyMap<string, number>;
}

export interface TopInput {
  readonly now: number;
  readonly views: readonly HostView[];
  /** The number of a task's job in the session; undefined for a task of nobody's. */
  readonly jobNumber: (job: number) => number | undefined;
  /** Only the tasks of this job. */
  readonly only: number | null;
  readonly before: Seen | null;
}

export interface TopView {
  readonly lines: readonly string[];
  readonly seen: Seen;
}

const frameBytes = 4096;

export function viewTop(input: TopInput): TopView {
  const { now, views } = input;
  const seen = { now, instructions: new Map(views.map((view) => [view.host, view.instructions])) };
  return { lines: [heading(input), "", ...hostTable(input), "", ...taskTable(input)], seen };
}

function heading({ now, before, views }: TopInput): string {
  const tasks = views.reduce((sum, view) => sum + view.tasks.length, 0);
  const since = before ? `, ${formatDuration(now - before.now)} later` : "";
  return `${formatDuration(now)} virtual${since}: ${views.length} hosts, ${tasks} tasks`;
}

function hostTable({ views, before }: TopInput): readonly string[] {
  return formatTable(
    [
      { head: "host", cell: ({ host }) => host },
      { head: "state", cell: ({ state }) => state },
      { head: "instructions", cell: (view) => formatCount(since(view, before)) },
      { head: "memory used", cell: ({ framesUsed }) => formatSize(framesUsed * frameBytes) },
      { head: "tasks", cell: ({ tasks }) => tasks.length },
      {
        head: "pages it owes",
        cell: ({ owes }) => owes.reduce((sum, { pages }) => sum + pages, 0),
      },
    ],
    views,
  );
}

/** Since the last look; a host that has been restarted counts anew. */
function since({ host, instructions }: HostView, before: Seen | null): number {
  const last = before?.instructions.get(host) ?? 0;
  return instructions >= last ? instructions - last : instructions;
}

function taskTable({ views, jobNumber, only }: TopInput): readonly string[] {
  const rows = views.flatMap(({ host, state, tasks }) =>
    tasks
      .map((task) => ({
        host,
        task,
        state: stateOf(task, state),
        job: jobNumber(task.job),
      }))
      .filter(({ job }) => only === null || job === only),
  );
  // Those that run come first; among equals the order of hosts and of birth stays.
  const busy = (state: string): number => (state === "running" ? 0 : 1);
  rows.sort((a, b) => busy(a.state) - busy(b.state));
  return formatTable(
    [
      { head: "pid", cell: ({ task }) => task.pid },
      { head: "job", cell: ({ job }) => (job === undefined ? "-" : `%${job}`) },
      { head: "host", cell: ({ host }) => host },
      { head: "state", cell: ({ state }) => state },
      { head: "pages", cell: ({ task }) => task.pages },
      { head: "owed to it", cell: ({ task }) => owedTo(task) },
      { head: "moves", cell: ({ task }) => task.moves },
      { head: "program", cell: ({ task }) => task.program },
    ],
    rows,
  );
}

function stateOf(task: TaskView, host: HostView["state"]): string {
  return host === "up" ? task.state : `${task.state} (host ${host})`;
}

function owedTo({ residuals }: TaskView): number {
  return residuals
    .filter(({ kind }) => kind === "pages")
    .reduce((sum, { count }) => sum + count, 0);
}
