// Where tasks are and what they do, as far as events tell.
//
//   born ──▶ stay on a host ──freeze──▶ moving ──activate──▶ stay on the next ──▶ exit, lost
//
// In a stay:   runs ⇄ waits (thread.wait … what it waited for, or its next sign of life)
//              runs ⇄ page  (pager.request … supply)     runs ⇄ stopped     runs ─▶ frozen ─▶ thaw
//
// A wait for time has no event at its end: it lasts until the task is heard of again. A request for
// a page names no task: it is laid to the only task of its host that was running, or to none.

import { numberOf, pidOf, textOf, type TraceEvent } from "./event.ts";
import type { Doing, MoveStory, Stay, TaskStory } from "./story-parts.ts";

interface Live {
  readonly story: TaskStory;
  stay: Stay | null;
  doing: Doing;
  /** What it did before it was stopped or frozen. */
  before: Doing;
  readonly threads: Set<number>;
  readonly waiting: Set<number>;
  readonly freezes: Map<string, { readonly host: string; readonly index: number }>;
}

/** Only the task itself, on the host where it is, can have made these. */
const signsOfLife: ReadonlySet<string> = new Set([
  "exec.done",
  "thread.wait",
  "trap.ecall",
  "trap.fault",
  "trap.missing",
  "task.signal",
  "task.stopped",
  "task.continued",
  "migrate.request",
  "migrate.freeze",
  "ipc.sent",
  "ipc.received",
]);

export class TaskTracker {
  readonly moves: MoveStory[] = [];
  /** For events about pages, the task that they were laid to. */
  readonly pagers: Map<number, number> = new Map();
  readonly #events: readonly TraceEvent[];
  readonly #live = new Map<number, Live>();
  /** `host object` of pages that are asked for, and by which task. */
  readonly #asked = new Map<string, number>();
  readonly #strategies = new Map<string, string>();

  constructor(events: readonly TraceEvent[]) {
    this.#events = events;
  }

  take(index: number, event: TraceEvent): void {
    const { name, host } = event;
    if (name.startsWith("pager.")) this.#page(index, event);
    if (name === "host.crash") this.#crash(host);
    const pid = pidOf(event);
    if (pid === undefined) return;
    const live = this.#liveOf(pid, event);
    if (signsOfLife.has(name)) {
      if (!live.stay) this.#arrive(live, index, host);
      if (live.stay?.host === host) this.#alive(live, index, event);
    }
    this.#change(live, index, event);
  }

  /** The task of that pid waits for this no more, since that event. */
  wake(pid: number, index: number): void {
    const live = this.#live.get(pid);
    if (!live) return;
    live.waiting.clear();
    if (live.before === "waits") live.before = "runs";
    if (live.doing === "waits") this.#do(live, index, "runs");
  }

  /** Where the task is, or undefined while it is nowhere. */
  hostOf(pid: number): string | undefined {
    return this.#live.get(pid)?.stay?.host;
  }

  finish(last: number): readonly TaskStory[] {
    for (const live of this.#live.values()) if (live.stay) this.#leave(live, last, "open");
    return [...this.#live.values()]
      .map(({ story }) => story)
      .filter(({ stays }) => stays.length > 0);
  }

  #liveOf(pid: number, event: TraceEvent): Live {
    let live = this.#live.get(pid);
    if (!live) {
      const story: TaskStory = { pid, job: null, program: "", stays: [] };
      live = {
        story,
        stay: null,
        doing: "runs",
        before: "runs",
        threads: new Set(),
        waiting: new Set(),
        freezes: new Map(),
      };
      this.#live.set(pid, live);
    }
    live.story.job ??= numberOf(event, "job") ?? null;
    if (live.story.program === "") live.story.program = textOf(event, "program");
    return live;
  }

  #change(live: Live, index: number, event: TraceEvent): void {
    const { name, host } = event;
    const move = textOf(event, "move");
    switch (name) {
      case "task.born":
        if (!live.stay) this.#arrive(live, index, host);
        return;
      case "task.stopped":
        live.before = live.doing;
        this.#do(live, index, "stopped");
        return;
      case "task.continued":
        this.#do(live, index, live.before === "stopped" ? "runs" : live.before);
        return;
      case "migrate.request":
        this.#strategies.set(move, textOf(event, "strategy"));
        return;
      case "migrate.freeze":
        live.freezes.set(move, { host, index });
        live.before = live.doing;
        this.#do(live, index, "frozen");
        return;
      case "migrate.thaw":
        live.freezes.delete(move);
        if (live.stay?.host === host) this.#do(live, index, live.before);
        return;
      case "migrate.activate":
        this.#activate(live, index, event);
        return;
      case "task.exit":
      case "exec.refused":
        if (live.stay) this.#leave(live, index, "exit");
        return;
      case "task.lost":
      case "migrate.given-up":
        if (live.stay) this.#leave(live, index, "lost");
        return;
      case "task.died-with-host":
      case "task.disowned":
        if (live.stay?.host === host) this.#leave(live, index, "lost");
        return;
      default:
        return;
    }
  }

  /** It runs on the new host: on the old one it has been gone since it was frozen. */
  #activate(live: Live, index: number, event: TraceEvent): void {
    const move = textOf(event, "move");
    const freeze = live.freezes.get(move);
    live.freezes.delete(move);
    const was = live.before;
    if (live.stay) this.#leave(live, freeze?.index ?? index, "moved");
    this.#arrive(live, index, event.host);
    // What it waited for may have come meanwhile; a page it asks for again.
    if (was === "waits" || was === "stopped") this.#do(live, index, was);
    if (!freeze) return;
    this.moves.push({
      move,
      pid: live.story.pid,
      from: freeze.host,
      to: event.host,
      frozen: freeze.index,
      active: index,
      strategy: this.#strategies.get(move) ?? "",
    });
  }

  #arrive(live: Live, index: number, host: string): void {
    live.stay = { host, from: index, to: index, end: "open", spans: [] };
    live.stay.spans.push({ doing: "runs", from: index, to: index });
    live.doing = "runs";
    live.story.stays.push(live.stay);
  }

  #leave(live: Live, index: number, end: Stay["end"]): void {
    const { stay } = live;
    if (!stay) return;
    stay.to = Math.max(stay.from, index);
    stay.end = end;
    while (stay.spans.length > 1 && (stay.spans.at(-1)?.from ?? 0) >= stay.to) stay.spans.pop();
    const span = stay.spans.at(-1);
    if (span) span.to = stay.to;
    live.stay = null;
    if (end !== "moved") live.waiting.clear();
  }

  #do(live: Live, index: number, doing: Doing): void {
    live.doing = doing;
    const span = live.stay?.spans.at(-1);
    if (!live.stay || !span || span.doing === doing) return;
    span.to = index;
    // What lasts no time at all, in events, is not told.
    if (span.from === index) live.stay.spans.pop();
    if (live.stay.spans.at(-1)?.doing !== doing) {
      live.stay.spans.push({ doing, from: index, to: index });
    }
  }

  /** A sign of life ends a wait that has no end of its own; `thread.wait` begins one. */
  #alive(live: Live, index: number, event: TraceEvent): void {
    const { name, host } = event;
    if (name.startsWith("migrate.") || name === "task.signal" || name.startsWith("task.")) return;
    const tid = numberOf(event, "tid") ?? threadOf(event) ?? live.story.pid;
    live.threads.add(tid);
    live.waiting.delete(tid);
    if (name !== "thread.wait") {
      this.#do(live, index, "runs");
      return;
    }
    if (live.doing === "waits") this.#do(live, this.#sentBefore(index, host), "runs");
    live.waiting.add(tid);
    if (live.waiting.size >= live.threads.size) this.#do(live, index, "waits");
  }

  /** What a thread waits for it has asked for just before: then it was awake already. */
  #sentBefore(index: number, host: string): number {
    for (let before = index - 1; before >= Math.max(0, index - 64); before--) {
      const event = this.#events[before];
      if (event?.host !== host) continue;
      return event.name === "msg.send" ? before : index;
    }
    return index;
  }

  #page(index: number, event: TraceEvent): void {
    const key = `${event.host} ${numberOf(event, "object") ?? -1}`;
    if (event.name === "pager.request") {
      const running = [...this.#live.values()].filter(
        ({ stay, doing }) => stay?.host === event.host && doing === "runs",
      );
      const [only] = running;
      if (running.length !== 1 || !only) return;
      this.#asked.set(key, only.story.pid);
      this.pagers.set(index, only.story.pid);
      this.#do(only, index, "page");
      return;
    }
    const pid = this.#asked.get(key);
    const live = pid === undefined ? undefined : this.#live.get(pid);
    this.#asked.delete(key);
    if (pid === undefined || !live) return;
    this.pagers.set(index, pid);
    if (live.stay?.host === event.host && live.doing === "page") this.#do(live, index, "runs");
  }

  /** Its tasks say themselves that they died with it; what they had asked for never comes. */
  #crash(host: string): void {
    for (const key of this.#asked.keys()) {
      if (key.startsWith(`${host} `)) this.#asked.delete(key);
    }
  }
}

function threadOf(event: TraceEvent): number | undefined {
  const by = /^\d+\.(\d+)$/.exec(textOf(event, "by"));
  return by ? Number(by[1]) : undefined;
}
