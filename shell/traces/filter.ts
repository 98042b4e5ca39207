// Which events are asked for: by time, host, task, name, and how many of them.
//
// Everything else about a trace is found out from all its events; a filter only says what is shown.

import type { JobName } from "../units.ts";
import { numberOf, type TraceEvent } from "./event.ts";
import type { Story } from "./story.ts";

export interface Filter {
  /** From this time on, and before that one; virtual ns. */
  readonly fromNs: number;
  readonly untilNs: number;
  /** Of these hosts; of all, if there are none. */
  readonly hosts: readonly string[];
  /** Of these areas (`msg`) and names (`msg.send`); of all, if there are none. */
  readonly names: readonly string[];
  readonly job: JobName | null;
  readonly first: number | null;
  readonly last: number | null;
}

export const everything: Filter = {
  fromNs: 0,
  untilNs: Number.POSITIVE_INFINITY,
  hosts: [],
  names: [],
  job: null,
  first: null,
  last: null,
};

/** What each event can be judged by alone: all but the task. */
function isAskedFor({ at, host, name }: TraceEvent, filter: Filter): boolean {
  const { hosts, names } = filter;
  if (at < filter.fromNs || at >= filter.untilNs) return false;
  if (hosts.length > 0 && !hosts.includes(host)) return false;
  return names.length === 0 || names.some((one) => name === one || name.startsWith(`${one}.`));
}

/** The events that are asked for, one after the other. Requires: no job is asked for. */
export function* select(events: Iterable<TraceEvent>, filter: Filter): Generator<TraceEvent> {
  const { first, last } = filter;
  let found = 0;
  const tail: TraceEvent[] = [];
  for (const event of events) {
    if (event.at >= filter.untilNs) break;
    if (!isAskedFor(event, filter)) continue;
    if (first !== null && found >= first) break;
    found++;
    if (last === null) yield event;
    else {
      tail[(found - 1) % Math.max(1, last)] = event;
    }
  }
  if (last === null || last === 0) return;
  for (let number = Math.max(0, found - last); number < found; number++) {
    const event = tail[number % last];
    if (event) yield event;
  }
}

/** The numbers of the events that are asked for. */
export function selectIn(story: Story, filter: Filter): readonly number[] {
  const { job, first, last } = filter;
  const pid = job === null ? null : pidOfJob(story, job);
  const found: number[] = [];
  for (const [index, event] of story.events.entries()) {
    if (!isAskedFor(event, filter)) continue;
    if (job !== null && !isAbout(story, index, pid, job)) continue;
    found.push(index);
  }
  const begin = first === null ? found : found.slice(0, first);
  return last === null ? begin : begin.slice(Math.max(0, begin.length - last));
}

/** The pid of a job, or null if it never came to life. */
function pidOfJob({ tasks }: Story, job: JobName): number | null {
  if ("pid" in job) return job.pid;
  return tasks.find((task) => task.job === job.job)?.pid ?? null;
}

function isAbout(
  { events, pids }: Story,
  index: number,
  pid: number | null,
  job: JobName,
): boolean {
  if (pid !== null && pids[index] === pid) return true;
  const event = events[index];
  return "job" in job && event !== undefined && numberOf(event, "job") === job.job;
}
