// Tracks of tasks and of outages, as slices that begin and end.

import {
  type Entry,
  eventNsMax,
  type Fields,
  hostProcess,
  localTracks,
  ranks,
  tasksProcess,
  threadOf,
} from "./perfetto-entry.ts";
import type { Stay, Story, TaskStory } from "./story.ts";

/** The tasks' tracks: one that goes with the task, and one on each host where it was. */
export function taskEntries(story: Story, shown: readonly number[]): readonly Entry[] {
  const entries: Entry[] = [];
  const range = rangeOf(story, shown);
  if (!range) return entries;
  for (const task of story.tasks) {
    for (const stay of task.stays) stayEntries(story, task, stay, range, entries);
  }
  moveEntries(story, range, entries);
  return entries;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function rangeOf({ events }: Story, shown: readonly number[]): Range | undefined {
  const [first, last] = [events[shown[0] ?? -1], events[shown.at(-1) ?? -1]];
  return first && last ? { from: first.at, to: last.at + eventNsMax } : undefined;
}

function stayEntries(
  story: Story,
  task: TaskStory,
  stay: Stay,
  range: Range,
  entries: Entry[],
): void {
  const pid = hostProcess(stay.host);
  const tracks = [
    { pid: tasksProcess, tid: threadOf(tasksProcess, task.pid) },
    { pid, tid: threadOf(pid, task.pid) },
  ];
  for (const track of tracks) {
    const args = { task: task.pid, program: task.program, host: stay.host, end: stay.end };
    const name = track.pid === tasksProcess ? `on ${stay.host}` : "here";
    const slice = { ...timesOf(story, stay), name, cat: "task", args };
    // What it does lies in where it is: it begins after that and ends before it.
    const inner = stay.spans.map((span) => ({
      ...timesOf(story, span),
      name: span.doing,
      cat: "doing",
      args: {},
    }));
    pushNested(slice, inner, track, range, entries);
  }
}

interface Slice {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly cat: string;
  readonly args: Fields;
}

function pushNested(
  outer: Slice,
  inner: readonly Slice[],
  track: Fields,
  range: Range,
  entries: Entry[],
): void {
  const whole = clipped(outer, range);
  if (!whole) return;
  begin(whole, track, entries);
  for (const slice of inner) {
    const part = clipped(slice, range);
    if (!part) continue;
    begin(part, track, entries);
    entries.push({ ns: part.to, rank: ranks.end, fields: { ph: "E", ...track } });
  }
  entries.push({ ns: whole.to, rank: ranks.end, fields: { ph: "E", ...track } });
}

function begin({ from, name, cat, args }: Slice, track: Fields, entries: Entry[]): void {
  entries.push({ ns: from, rank: ranks.begin, fields: { name, cat, ph: "B", ...track, args } });
}

/** A slice of no length is none. */
function clipped(slice: Slice, range: Range): Slice | undefined {
  const from = Math.max(slice.from, range.from);
  const to = Math.min(slice.to, range.to);
  return from < to ? { ...slice, from, to } : undefined;
}

/** From numbers of events to times. What lasts to the end of the trace lasts as long as its last event. */
function timesOf({ events }: Story, { from, to }: Range): Range {
  const end = events[to]?.at ?? 0;
  return { from: events[from]?.at ?? 0, to: to === events.length - 1 ? end + eventNsMax : end };
}

/** A move: a slice between two stays on the task's own track, and a flow from track to track. */
function moveEntries(story: Story, range: Range, entries: Entry[]): void {
  let id = 1;
  for (const { move, pid, from, to, frozen, active, strategy } of story.moves) {
    const times = { from: story.events[frozen]?.at ?? 0, to: story.events[active]?.at ?? 0 };
    const args = { move, from, to, strategy };
    const slice = { ...times, name: `${from} to ${to}`, cat: "move", args };
    const own = { pid: tasksProcess, tid: threadOf(tasksProcess, pid) };
    pushNested(slice, [], own, range, entries);
    if (times.from < range.from || times.to > range.to) continue;
    const ends = [
      { host: from, ns: times.from, ph: { ph: "s" } },
      { host: to, ns: times.to, ph: { ph: "f", bp: "e" } },
    ];
    for (const { host, ns, ph } of ends) {
      const process = hostProcess(host);
      const where = { pid: process, tid: threadOf(process, pid) };
      const fields = { name: "move", cat: "move", ...ph, id, ...where };
      entries.push({ ns, rank: ranks.inside, fields });
    }
    // Something for the flow's beginning to be bound to, on the host that it leaves.
    const process = hostProcess(from);
    pushNested(
      { ...times, name: `frozen, to ${to}`, cat: "move", args },
      [],
      { pid: process, tid: threadOf(process, pid) },
      range,
      entries,
    );
    id++;
  }
}

/** When hosts were down, or stood still. */
export function outageEntries(story: Story, shown: readonly number[]): readonly Entry[] {
  const entries: Entry[] = [];
  const range = rangeOf(story, shown);
  if (!range) return entries;
  for (const outage of story.outages) {
    const pid = hostProcess(outage.host);
    const track = { pid, tid: threadOf(pid, localTracks.outages) };
    const slice = { ...timesOf(story, outage), name: outage.what, cat: "fault", args: {} };
    pushNested(slice, [], track, range, entries);
  }
  return entries;
}
