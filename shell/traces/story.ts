// What a trace tells, in one pass: who sent what to whom, which task was where and did what, which
// hosts were down. All pictures of a trace are drawn from it.
//
//   events ──▶ messages   from which event to which (messages.ts)
//         ──▶ tasks       stay after stay, each with what the task did there (tasks.ts)
//         ──▶ moves, hosts that were down or stood still

import { compareHosts, numberOf, pidOf, textOf, type TraceEvent } from "./event.ts";
import { MessageTracker } from "./messages.ts";
import type { Outage, Story } from "./story-parts.ts";
import { TaskTracker } from "./tasks.ts";

export type * from "./story-parts.ts";
export { isLocal, pathOf } from "./story-parts.ts";

export function readStory(events: readonly TraceEvent[]): Story {
  const pids = new Array<number>(events.length).fill(0);
  const tasks = new TaskTracker(events);
  const messages = new MessageTracker(events, pids, tasks);
  const outages = new OutageTracker();
  const owners = new OwnerTracker();
  for (const [index, event] of events.entries()) {
    pids[index] = owners.ownerOf(event) ?? 0;
    tasks.take(index, event);
    messages.take(index, event);
    outages.take(index, event);
  }
  const last = Math.max(0, events.length - 1);
  for (const { from, to, pid } of messages.messages) {
    if (pids[from] === 0) pids[from] = pid;
    if (to !== null && pids[to] === 0) pids[to] = pid;
  }
  for (const [index, pid] of tasks.pagers) if (pids[index] === 0) pids[index] = pid;
  return {
    events,
    hosts: [...new Set(events.map(({ host }) => host))].sort(compareHosts),
    tasks: tasks.finish(last),
    messages: messages.messages,
    moves: tasks.moves,
    outages: outages.finish(last),
    pids,
  };
}

/** Which task an event is about, by the names in it. */
class OwnerTracker {
  readonly #jobs = new Map<number, number>();
  readonly #moves = new Map<string, number>();
  readonly #messages = new Map<string, number>();
  readonly #residuals = new Map<string, number>();

  ownerOf(event: TraceEvent): number | undefined {
    const pid = pidOf(event);
    const job = numberOf(event, "job");
    const move = textOf(event, "move");
    const msg = textOf(event, "msg");
    const residual = `${event.host} ${numberOf(event, "residual")}`;
    if (pid === undefined) {
      if (job !== undefined) return this.#jobs.get(job);
      if (move !== "") return this.#moves.get(move);
      return msg === "" ? this.#residuals.get(residual) : this.#messages.get(msg);
    }
    if (job !== undefined) this.#jobs.set(job, pid);
    if (move !== "") this.#moves.set(move, pid);
    if (event.name === "ipc.sent") this.#messages.set(msg, pid);
    if (event.name === "residual.left") this.#residuals.set(residual, pid);
    return pid;
  }
}

const outageBegins: Readonly<Record<string, Outage["what"]>> = {
  "host.crash": "down",
  "host.pause": "paused",
};
const outageEnds: ReadonlySet<string> = new Set(["host.crash", "host.restart", "host.continue"]);

class OutageTracker {
  readonly #all: Outage[] = [];
  readonly #open = new Map<string, Outage>();

  take(index: number, { name, host }: TraceEvent): void {
    if (outageEnds.has(name)) {
      const open = this.#open.get(host);
      if (open) open.to = index;
      this.#open.delete(host);
    }
    const what = outageBegins[name];
    if (what === undefined || this.#open.has(host)) return;
    const outage = { host, what, from: index, to: index };
    this.#open.set(host, outage);
    this.#all.push(outage);
  }

  finish(last: number): readonly Outage[] {
    for (const outage of this.#open.values()) outage.to = last;
    return this.#all;
  }
}
