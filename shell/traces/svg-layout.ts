// Where things lie on one page of a space-time diagram.
//
//   time │ lane of fs             │ lane of h1                    …      x
//        │ tasks ┆ host │ labels   │ tasks ┆ host │ labels
//
// Time goes down, and not to scale: every row has its height, and a silence adds a little more the
// longer it was, so that a second and a microsecond both fit on a page.

import { compareHosts } from "./event.ts";
import type { Stay, Story } from "./story.ts";
import type { Row, Rows } from "./svg-rows.ts";

export interface Lane {
  readonly host: string;
  readonly left: number;
  readonly right: number;
  /** Where the host's own events are. */
  readonly line: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly top: number;
  readonly bottom: number;
  readonly lanes: readonly Lane[];
  /** Of each row of the page. */
  readonly ys: readonly number[];
  /** The first row of the page and the one after its last. */
  readonly first: number;
  readonly end: number;
  readonly labelCharacters: number;
  /** The event of the first row, and the one before that of the next page's first. */
  readonly firstEvent: number;
  readonly lastEvent: number;
  readonly slots: ReadonlyMap<Stay, number>;
}

export const timeWidth = 108;
const rowHeight = 14;
const slotWidth = 8;
const slotsMax = 8;
const laneWidthMin = 120;
const laneWidthMax = 320;
const pageWidth = 1500;
const characterWidth = 6.1;
const headHeight = 104;
/** So that what is said at the top fits. */
const widthMin = 600;

export function layoutPage(
  story: Story,
  { rows }: Rows,
  range: { readonly first: number; readonly end: number },
): Layout {
  const { first, end } = range;
  const firstEvent = first === 0 ? 0 : (rows[first]?.index ?? 0);
  const lastEvent = end >= rows.length ? story.events.length - 1 : (rows[end]?.index ?? 0) - 1;
  const stays = story.tasks
    .flatMap((task) => task.stays)
    .filter(({ from, to }) => from <= lastEvent && to >= firstEvent);
  const slots = slotsOf(stays);
  const slotCount = Math.max(0, ...[...slots.values()].map((slot) => slot + 1));
  const hosts = hostsOf(story, rows.slice(first, end), stays, { from: firstEvent, to: lastEvent });
  const laneWidth = Math.min(
    laneWidthMax,
    Math.max(laneWidthMin, Math.floor((pageWidth - timeWidth) / Math.max(1, hosts.length))),
  );
  const lanes = hosts.map((host, at) => {
    const left = timeWidth + at * laneWidth;
    const line = left + 10 + slotCount * slotWidth;
    return { host, left, right: left + laneWidth, line };
  });
  const ys = ysOf(story, rows, range);
  const bottom = (ys.at(-1) ?? headHeight) + rowHeight;
  return {
    width: Math.max(widthMin, timeWidth + hosts.length * laneWidth + 10),
    height: bottom + 20,
    top: headHeight,
    bottom,
    lanes,
    ys,
    first,
    end,
    labelCharacters: Math.floor((laneWidth - 22 - slotCount * slotWidth) / characterWidth),
    firstEvent,
    lastEvent,
    slots,
  };
}

/** The hosts that have to do with the page. */
function hostsOf(
  { events, moves }: Story,
  rows: readonly Row[],
  stays: readonly Stay[],
  range: { readonly from: number; readonly to: number },
): readonly string[] {
  const hosts = new Set<string>();
  for (const { index } of rows) {
    const host = events[index]?.host;
    if (host !== undefined) hosts.add(host);
  }
  for (const { host } of stays) hosts.add(host);
  for (const { from, to, frozen, active } of moves) {
    if (frozen <= range.to && active >= range.from) hosts.add(from).add(to);
  }
  return [...hosts].sort(compareHosts);
}

/** Tasks that are on a host at the same time lie beside each other, as long as there is room. */
function slotsOf(stays: readonly Stay[]): ReadonlyMap<Stay, number> {
  const slots = new Map<Stay, number>();
  const busy = new Map<string, number[]>();
  for (const stay of stays.toSorted((a, b) => a.from - b.from)) {
    const ends = busy.get(stay.host) ?? [];
    busy.set(stay.host, ends);
    let slot = ends.findIndex((end) => end <= stay.from);
    if (slot < 0) slot = Math.min(ends.length, slotsMax - 1);
    ends[slot] = Math.max(ends[slot] ?? 0, stay.to);
    slots.set(stay, slot);
  }
  return slots;
}

function ysOf(
  { events }: Story,
  rows: readonly Row[],
  { first, end }: { readonly first: number; readonly end: number },
): readonly number[] {
  const ys: number[] = [];
  let y = headHeight + rowHeight;
  for (let row = first; row < end; row++) {
    const at = events[rows[row]?.index ?? 0]?.at ?? 0;
    const before = events[rows[row - 1]?.index ?? 0]?.at ?? 0;
    if (row > first) y += rowHeight + silence(at - before);
    ys.push(y);
  }
  return ys;
}

/** What a gap adds: six for each power of ten above a microsecond. */
export function silence(ns: number): number {
  return ns < 10_000 ? 0 : 6 * (String(Math.floor(ns / 1000)).length - 1);
}

export function slotX(lane: Lane, slot: number): number {
  return lane.left + 8 + slot * slotWidth;
}

/** How far down an event is; one that has no row is between the two where it would be. */
export function yOf(layout: Layout, rows: readonly Row[], index: number): number {
  let [low, high] = [layout.first, layout.end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.index ?? 0) <= index) low = middle + 1;
    else high = middle;
  }
  if (low === layout.first) return layout.top;
  const y = layout.ys[low - 1 - layout.first] ?? layout.top;
  return rows[low - 1]?.index === index ? y : y + rowHeight / 2;
}
