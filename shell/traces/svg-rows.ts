// The rows of a space-time diagram: what is drawn of the events, from top to bottom.
//
//   event            a row                      message on one host   one row
//   many alike       one row, "×37": messages of one operation between two hosts, waits of one task …
//
// Only what says little alone is bundled, and never across an event that says more: a move, a
// fault, the end of a task.

import { pidOf, textOf, type TraceEvent } from "./event.ts";
import { isLocal, type Message, pathOf, type Story } from "./story.ts";
import { idsText, milliseconds, taskNames } from "./words.ts";

export interface Row {
  /** The event that it stands for, the first of a bundle. */
  readonly index: number;
  readonly label: string;
  readonly isFault: boolean;
  readonly isMove: boolean;
  readonly count: number;
}

export interface Arrow {
  readonly from: number;
  /** Numbers of rows; null if nothing received it, or what did is not shown. */
  readonly to: number | null;
  /** The events at its ends, of a bundle those of the first message. */
  readonly sent: number;
  readonly received: number | null;
  readonly op: string;
  /** Empty if that is not known. */
  readonly toHost: string;
  readonly count: number;
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly arrows: readonly Arrow[];
  /** The last row at or before each event that is shown. */
  readonly rowOf: ReadonlyMap<number, number>;
}

/** Events alike, from how many on they become one row; 0 is never. */
export const bundleDefault = 4;

/** Within so many events at most, so that time can be seen to pass. */
const bundleSpan = 256;

const plain: ReadonlySet<string> = new Set([
  "msg.send",
  "msg.enqueue",
  "thread.wait",
  "trap.ecall",
  "trap.fault",
  "vm.zero",
  "vm.copy-up",
  "pager.request",
  "pager.supply",
  "residual.supply",
  "ipc.sent",
  "ipc.queued",
  "ipc.received",
  "ipc.outcome",
  "link.retransmit",
]);

export function rowsOf(story: Story, shown: readonly number[], bundle: number): Rows {
  const links = linksOf(story, new Set(shown));
  const maker: Maker = {
    story,
    links,
    bundle,
    names: taskNames(story),
    rows: [],
    rowOf: new Map(),
  };
  let segment: number[] = [];
  for (const index of shown) {
    const isPlain = plain.has(story.events[index]?.name ?? "");
    if (!isPlain || segment.length >= bundleSpan) {
      addSegment(maker, segment);
      segment = [];
    }
    if (isPlain) segment.push(index);
    else addRow(maker, [index]);
  }
  addSegment(maker, segment);
  return { rows: maker.rows, arrows: arrowsOf(maker), rowOf: maker.rowOf };
}

interface Links {
  readonly sent: ReadonlyMap<number, Message>;
  readonly received: ReadonlyMap<number, Message>;
}

interface Maker {
  readonly story: Story;
  readonly links: Links;
  readonly bundle: number;
  readonly names: ReadonlyMap<number, string>;
  readonly rows: Row[];
  readonly rowOf: Map<number, number>;
}

function linksOf({ messages }: Story, isShown: ReadonlySet<number>): Links {
  const sent = new Map<number, Message>();
  const received = new Map<number, Message>();
  for (const message of messages) {
    if (isShown.has(message.from)) sent.set(message.from, message);
    if (message.to !== null && isShown.has(message.to)) received.set(message.to, message);
  }
  return { sent, received };
}

/** Events without anything greater between them: those that are alike become one row. */
function addSegment(maker: Maker, segment: readonly number[]): void {
  const inSegment = new Set(segment);
  const groups = new Map<string, number[]>();
  for (const index of segment) {
    const key = kindOf(maker, index, inSegment);
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  }
  for (const index of segment) {
    const group = groups.get(kindOf(maker, index, inSegment)) ?? [];
    const bundles = maker.bundle > 0 && group.length >= maker.bundle;
    if (!bundles) addRow(maker, [index]);
    else if (group[0] === index) addRow(maker, group);
  }
}

/** What makes events alike; for messages, both ends have to be in the segment. */
function kindOf({ story, links }: Maker, index: number, inSegment: ReadonlySet<number>): string {
  const event = story.events[index];
  if (!event) return "";
  const sent = links.sent.get(index);
  const received = links.received.get(index);
  const message = sent ?? received;
  if (message) {
    const { from, to, op } = message;
    if (to === null || !inSegment.has(from) || !inSegment.has(to)) return `alone ${index}`;
    const ends = `${story.events[from]?.host} ${story.events[to]?.host}`;
    return `${sent ? "send" : "receive"} ${ends} ${op} ${message.pid}`;
  }
  const wait = event.name === "thread.wait" ? textOf(event, "for") : "";
  return `${event.name} ${event.host} ${pidOf(event) ?? story.pids[index]} ${wait}`;
}

function addRow(maker: Maker, group: readonly number[]): void {
  const { story, links, rows, rowOf } = maker;
  const [index = 0] = group;
  const message = links.received.get(index);
  const fromRow = message && isLocal(story, message) ? rowOf.get(message.from) : undefined;
  // Sent and received on one host, with nothing between: the row of the sending says both.
  if (fromRow !== undefined) {
    for (const one of group) rowOf.set(one, fromRow);
    return;
  }
  for (const one of group) rowOf.set(one, rows.length);
  const event = story.events[index];
  if (!event) return;
  rows.push({
    index,
    label: labelOf(maker, event, group),
    isFault: isFault(event.name),
    isMove: event.name.startsWith("migrate."),
    count: group.length,
  });
}

/** What breaks, and what is lost by it. */
function isFault(name: string): boolean {
  return /^(?:host|cable)\.|^task\.(?:lost|died-with-host|disowned)$|^link\.(?:dead|suspect)$/.test(
    name,
  );
}

function labelOf(maker: Maker, event: TraceEvent, group: readonly number[]): string {
  const { story, names } = maker;
  const [index = 0] = group;
  const last = story.events[group.at(-1) ?? index];
  const task = names.get(story.pids[index] ?? 0);
  const many = group.length === 1 ? "" : ` ×${group.length} to ${milliseconds(last?.at ?? 0)}`;
  const message = maker.links.sent.get(index) ?? maker.links.received.get(index);
  if (message) return `${message.op === "message" ? event.name : message.op}${many}`;
  const whose = task === undefined ? "" : ` ${task.split(" ")[0]}`;
  const ids = group.length > 1 ? "" : ` ${shortIds(event)}`;
  return `${event.name}${whose}${many}${ids}`.trimEnd();
}

/** Without the names of task and job, which stand there already. */
function shortIds(event: TraceEvent): string {
  const { pid: _pid, tid: _tid, job: _job, ...ids } = event.ids;
  return idsText({ ...event, ids });
}

/** Each leg of a message between two hosts; those between the same two rows are one arrow. */
function arrowsOf({ story, links, rowOf }: Maker): readonly Arrow[] {
  const arrows = new Map<string, Arrow>();
  const hostAt = (index: number | undefined): string | undefined => story.events[index ?? -1]?.host;
  for (const message of links.sent.values()) {
    if (isLocal(story, message)) continue;
    const path = pathOf(message);
    const shown = path.filter((index) => rowOf.has(index));
    const isCut = message.to === null || !rowOf.has(message.to);
    const ends = isCut ? [...shown, undefined] : shown;
    for (const [at, to] of ends.entries()) {
      const from = ends[at - 1];
      if (from === undefined || hostAt(from) === hostAt(to)) continue;
      const toHost = hostAt(to ?? message.to ?? undefined);
      const rows = [
        rowOf.get(from) ?? 0,
        to === undefined ? null : (rowOf.get(to) ?? null),
      ] as const;
      const key = `${rows[0]} ${rows[1] ?? `cut ${from}`}`;
      const count = (arrows.get(key)?.count ?? 0) + 1;
      arrows.set(key, {
        ...(arrows.get(key) ?? {
          from: rows[0],
          to: rows[1],
          sent: from,
          received: to ?? message.to,
        }),
        op: message.op,
        toHost: toHost ?? "",
        count,
      });
    }
  }
  return [...arrows.values()];
}
