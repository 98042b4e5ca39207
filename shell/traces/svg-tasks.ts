// Tasks in a space-time diagram: lines that go from lane to lane, and hosts that are down.

import type { Outage, Span, Stay, Story, TaskStory } from "./story.ts";
import { head } from "./svg-arrows.ts";
import { slotX, yOf } from "./svg-layout.ts";
import { colourOf, laneOf, type Sheet } from "./svg-sheet.ts";
import { taskName } from "./words.ts";
import { escapeXml, tag } from "../xml.ts";

export function drawOutages({ story, rows, layout }: Sheet): readonly string[] {
  return story.outages.flatMap((outage: Outage) => {
    const lane = laneOf(layout, outage.host);
    const [y1, y2] = [
      yOf(layout, rows.rows, outage.from),
      endY({ rows, layout }, outage.to, "open"),
    ];
    const isHere = outage.from <= layout.lastEvent && outage.to >= layout.firstEvent;
    if (!lane || !isHere || y1 === y2) return [];
    const place = { "data-host": outage.host, x1: lane.line, x2: lane.line, y1, y2 };
    return [tag("line", { class: outage.what, ...place })];
  });
}

/** What goes on at the end of the page is drawn to its bottom. */
function endY(
  { rows, layout }: Pick<Sheet, "rows" | "layout">,
  to: number,
  end: Stay["end"],
): number {
  const isOver = to < layout.lastEvent || end !== "open";
  const isLast = layout.end >= rows.rows.length;
  return to > layout.lastEvent || (!isOver && isLast) ? layout.bottom : yOf(layout, rows.rows, to);
}

export function drawTasks(sheet: Sheet): readonly string[] {
  const { story, layout } = sheet;
  return story.tasks.flatMap((task) =>
    task.stays.flatMap((stay) => (layout.slots.has(stay) ? drawStay(sheet, task, stay) : [])),
  );
}

function drawStay(sheet: Sheet, task: TaskStory, stay: Stay): readonly string[] {
  const { story, layout, rows } = sheet;
  const lane = laneOf(layout, stay.host);
  const slot = layout.slots.get(stay);
  if (!lane || slot === undefined) return [];
  const x = slotX(lane, slot);
  const parts: string[] = [];
  for (let at = firstSpan(stay, layout.firstEvent); at < stay.spans.length; at++) {
    const span = stay.spans[at];
    if (!span || span.from > layout.lastEvent) break;
    const isLast = span === stay.spans.at(-1);
    const y1 = yOf(layout, rows.rows, span.from);
    const y2 = endY(sheet, span.to, isLast ? stay.end : "moved");
    if (y1 < y2) parts.push(drawSpan({ x, y1, y2 }, { story, task, stay, span }));
  }
  const ends = stay.to >= layout.firstEvent && stay.to <= layout.lastEvent;
  if (ends && (stay.end === "exit" || stay.end === "lost")) {
    const y = yOf(layout, rows.rows, stay.to);
    const stroke = colourOf(story, task);
    const d = `M${x - 4} ${y - 4}L${x + 4} ${y + 4}M${x + 4} ${y - 4}L${x - 4} ${y + 4}`;
    const bar = `M${x - 5} ${y}H${x + 5}`;
    const end = { class: "task end", "data-task": task.pid, "data-host": stay.host, stroke };
    parts.push(tag("path", { ...end, d: stay.end === "lost" ? d : bar }));
  }
  return parts;
}

/** The first span that is not over before that event: of a long stay a page shows a few. */
function firstSpan({ spans }: Stay, event: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.to ?? 0) < event) low = middle + 1;
    else high = middle;
  }
  return low;
}

function drawSpan(
  { x, y1, y2 }: { readonly x: number; readonly y1: number; readonly y2: number },
  what: {
    readonly story: Story;
    readonly task: TaskStory;
    readonly stay: Stay;
    readonly span: Span;
  },
): string {
  const { story, task, stay, span } = what;
  const hint = `${taskName(task)} on ${stay.host}: ${span.doing}`;
  return tag(
    "path",
    {
      class: `task ${span.doing}`,
      "data-task": task.pid,
      "data-host": stay.host,
      "data-doing": span.doing,
      stroke: colourOf(story, task),
      d: `M${x} ${y1}V${y2}`,
    },
    tag("title", {}, escapeXml(hint)),
  );
}

export function drawMoves(sheet: Sheet): readonly string[] {
  const { story, layout, rows } = sheet;
  const { firstEvent, lastEvent } = layout;
  return story.moves.flatMap((move) => {
    if (move.active < firstEvent || move.frozen > lastEvent) return [];
    const task = story.tasks.find(({ pid }) => pid === move.pid);
    const [source, target] = [laneOf(layout, move.from), laneOf(layout, move.to)];
    if (!task || !source || !target) return [];
    const old = task.stays.find(({ host, to }) => host === move.from && to === move.frozen);
    const fresh = task.stays.find(({ host, from }) => host === move.to && from === move.active);
    const y1 = yOf(layout, rows.rows, move.frozen);
    const x1 = slotX(source, (old && layout.slots.get(old)) ?? 0);
    const arrives = move.active <= lastEvent;
    const x2 = arrives ? slotX(target, (fresh && layout.slots.get(fresh)) ?? 0) : target.line;
    const y2 = arrives ? yOf(layout, rows.rows, move.active) : layout.bottom;
    const stroke = colourOf(story, task);
    const ends = { "data-task": move.pid, "data-from": move.from, "data-to": move.to };
    const hint = `${taskName(task)}: ${move.from} to ${move.to} ${move.strategy}`.trim();
    const line = { class: "move", ...ends, stroke, d: `M${x1} ${y1}L${x2} ${y2}` };
    const arrow = { x: x2, y: y2, fill: stroke, size: 7 };
    const path = tag("path", line, tag("title", {}, escapeXml(hint)));
    return arrives ? [path, head({ x1, y1 }, arrow)] : [path];
  });
}
