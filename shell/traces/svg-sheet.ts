// A page of a space-time diagram, and what all parts of its drawing use.

import type { Story, TaskStory } from "./story.ts";
import { type Lane, type Layout, slotX } from "./svg-layout.ts";
import type { Arrow, Rows } from "./svg-rows.ts";
import { escapeXml, tag } from "../xml.ts";

/** A page, and what it needs of the others. */
export interface Sheet {
  readonly story: Story;
  readonly rows: Rows;
  readonly layout: Layout;
  readonly arrows: readonly Arrow[];
  readonly pageOf: (row: number) => number;
  readonly page: number;
  readonly pages: number;
  readonly title: string;
}

const taskColours = [
  "#2f7ed8",
  "#d9480f",
  "#2b9348",
  "#9c36b5",
  "#b08900",
  "#0c8599",
  "#e64980",
  "#5c7cfa",
];

export function label(x: number, y: number, classes: string, content: string, hint = ""): string {
  const title = hint === "" ? "" : tag("title", {}, escapeXml(hint));
  return tag("text", { x, y, class: classes }, escapeXml(content) + title);
}

/** A row's dot: on the line of its task, if that is there, else on its host's. */
export function placeOf(
  { story, layout, rows }: Pick<Sheet, "story" | "layout" | "rows">,
  row: number,
): { readonly x: number; readonly y: number; readonly lane: Lane } | undefined {
  const index = rows.rows[row]?.index ?? 0;
  const event = story.events[index];
  const lane = event && laneOf(layout, event.host);
  const y = layout.ys[row - layout.first];
  if (!lane || y === undefined) return undefined;
  const pid = story.pids[index];
  const task = pid === 0 ? undefined : story.tasks.find((one) => one.pid === pid);
  const stay = task?.stays.find(
    ({ host, from, to }) => host === event.host && from <= index && index <= to,
  );
  const slot = stay && layout.slots.get(stay);
  return { x: slot === undefined ? lane.line : slotX(lane, slot), y, lane };
}

export function laneOf({ lanes }: Layout, host: string): Lane | undefined {
  return lanes.find((lane) => lane.host === host);
}

export function colourOf({ tasks }: Story, task: TaskStory): string {
  return taskColours[tasks.indexOf(task) % taskColours.length] ?? "";
}
