// Chrome's trace-event JSON, as ui.perfetto.dev and chrome://tracing open it.
//
//   process "tasks"   a track a task, across its moves: on h1 │ moving │ on h2 …, and what it does
//   process "h2"      events: each event of the host, a microsecond long at most
//                     a track a task that was there, and one of when the host was down or stood still
//                     pages, as they were asked for and came; a counter of pages owed to tasks that left
//   flows             a message from its sending to its receiving; a move from freezing to activating
//
// Times are microseconds with three decimals: nanoseconds.

import { numberOf, type TraceEvent } from "./event.ts";
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
import { outageEntries, taskEntries } from "./perfetto-tasks.ts";
import { isLocal, type Story } from "./story.ts";
import { taskName } from "./words.ts";

export function* perfettoLines(story: Story, shown: readonly number[]): Generator<string> {
  const entries = [
    ...eventEntries(story, shown),
    ...taskEntries(story, shown),
    ...outageEntries(story, shown),
    ...pageEntries(story, shown),
  ];
  entries.sort((a, b) => a.ns - b.ns || a.rank - b.rank);
  yield '{"displayTimeUnit":"ns","traceEvents":[';
  const names = nameEntries(story);
  for (const [index, fields] of names.entries()) {
    const isLast = entries.length === 0 && index === names.length - 1;
    yield `${JSON.stringify(fields)}${isLast ? "" : ","}`;
  }
  for (const [index, { ns, fields }] of entries.entries()) {
    const isLast = index === entries.length - 1;
    yield `${JSON.stringify({ ...fields, ts: ns / 1000 })}${isLast ? "" : ","}`;
  }
  yield "]}";
}

function nameEntries({ hosts, tasks }: Story): readonly Fields[] {
  const process = (pid: number, name: string): Fields[] => [
    { name: "process_name", ph: "M", pid, tid: threadOf(pid, localTracks.events), args: { name } },
    {
      name: "process_sort_index",
      ph: "M",
      pid,
      tid: threadOf(pid, localTracks.events),
      args: { sort_index: pid },
    },
  ];
  const thread = (pid: number, local: number, name: string): Fields => ({
    name: "thread_name",
    ph: "M",
    pid,
    tid: threadOf(pid, local),
    args: { name },
  });
  return [
    ...process(tasksProcess, "tasks"),
    ...tasks.map((task) => thread(tasksProcess, task.pid, taskName(task))),
    ...hosts.flatMap((host) => {
      const pid = hostProcess(host);
      const here = tasks.filter(({ stays }) => stays.some((stay) => stay.host === host));
      return [
        ...process(pid, host),
        thread(pid, localTracks.events, "events"),
        thread(pid, localTracks.outages, "outages"),
        ...here.map((task) => thread(pid, task.pid, taskName(task))),
      ];
    }),
  ];
}

/** Each event with the ends of the flows that it is in. */
function eventEntries(story: Story, shown: readonly number[]): readonly Entry[] {
  const isShown = new Set(shown);
  const flows = flowsOf(story, isShown);
  const lengths = lengthsOf(story, shown);
  return shown.flatMap((index) => {
    const event = story.events[index];
    if (!event) return [];
    const pid = hostProcess(event.host);
    const where = { pid, tid: threadOf(pid, localTracks.events) };
    const args = { ...event.ids, seq: event.seq };
    const dur = (lengths.get(index) ?? 0) / 1000;
    const entry = { name: event.name, cat: event.name.split(".")[0], ph: "X", ...where, dur, args };
    return [
      { ns: event.at, rank: ranks.inside, fields: entry },
      ...faultEntries(event, where),
      ...(flows.get(index) ?? []).map((flow) => ({
        ns: event.at,
        rank: ranks.inside,
        fields: { ...flow, ...where },
      })),
    ];
  });
}

/** Faults are marked across all tracks. */
function faultEntries({ at, host, name }: TraceEvent, where: Fields): readonly Entry[] {
  if (!/^(?:host|cable)\.|^task\.(?:lost|died-with-host)$|^link\.dead$/.test(name)) return [];
  const fields = { name: `${host} ${name}`, cat: "fault", ph: "i", s: "g", ...where };
  return [{ ns: at, rank: ranks.inside, fields }];
}

function lengthsOf({ events }: Story, shown: readonly number[]): ReadonlyMap<number, number> {
  const lengths = new Map<number, number>();
  const next = new Map<string, { readonly at: number; readonly length: number }>();
  for (const index of shown.toReversed()) {
    const event = events[index];
    if (!event) continue;
    const after = next.get(event.host);
    const gap = after ? after.at - event.at : eventNsMax;
    // Several events of one time lie in each other.
    const length = after && gap === 0 ? after.length : Math.min(gap, eventNsMax);
    next.set(event.host, { at: event.at, length });
    lengths.set(index, length);
  }
  return lengths;
}

/** The ends of flows, by the event that they are bound to. Both ends are shown, or none. */
function flowsOf(story: Story, isShown: ReadonlySet<number>): ReadonlyMap<number, Fields[]> {
  const flows = new Map<number, Fields[]>();
  const add = (index: number, fields: Fields): void => {
    const known = flows.get(index);
    if (known) known.push(fields);
    else flows.set(index, [fields]);
  };
  let id = 1;
  for (const message of story.messages) {
    const { from, to } = message;
    if (to === null || !isShown.has(from) || !isShown.has(to) || isLocal(story, message)) continue;
    add(from, { name: message.op, cat: "message", ph: "s", id });
    for (const step of message.steps.filter((index) => isShown.has(index))) {
      add(step, { name: message.op, cat: "message", ph: "t", bp: "e", id });
    }
    add(to, { name: message.op, cat: "message", ph: "f", bp: "e", id: id++ });
  }
  return flows;
}

/** Pages under way, and a counter of what a host owes to tasks that have left it. */
function pageEntries(story: Story, shown: readonly number[]): readonly Entry[] {
  const entries: Entry[] = [];
  const asked = new Map<string, { readonly id: number; readonly fields: Fields; ns: number }>();
  const owed = new Map<string, number>();
  let id = 1;
  for (const index of shown) {
    const event = story.events[index];
    if (!event) continue;
    const pid = hostProcess(event.host);
    const where = { pid, tid: threadOf(pid, localTracks.events) };
    const key = `${event.host} ${numberOf(event, "object") ?? -1} ${numberOf(event, "page") ?? -1}`;
    if (event.name === "pager.request") {
      asked.set(key, { id, ns: event.at, fields: { ...where, args: event.ids } });
      id++;
    } else if (event.name === "pager.supply") {
      const request = asked.get(key);
      asked.delete(key);
      if (request) pushPage(request, event.at, entries);
    }
    const change = owedBy(event.name, numberOf(event, "pages"), numberOf(event, "count"));
    if (change === 0 && event.name !== "host.crash") continue;
    const count =
      event.name === "host.crash" ? 0 : Math.max(0, (owed.get(event.host) ?? 0) + change);
    if (count === 0 && !owed.has(event.host)) continue;
    owed.set(event.host, count);
    const fields = { name: "pages owed", ph: "C", ...where, args: { pages: count } };
    entries.push({ ns: event.at, rank: ranks.inside, fields });
  }
  return entries;
}

function pushPage(
  { id, fields, ns }: { readonly id: number; readonly fields: Fields; readonly ns: number },
  to: number,
  entries: Entry[],
): void {
  const both = { name: "page", cat: "page", id, ...fields };
  entries.push({ ns, rank: ranks.inside, fields: { ...both, ph: "b" } });
  entries.push({ ns: to, rank: ranks.inside, fields: { ...both, ph: "e" } });
}

function owedBy(name: string, pages: number | undefined, count: number | undefined): number {
  if (name === "residual.left") return pages ?? 0;
  return name === "residual.supply" ? -(count ?? 0) : 0;
}
