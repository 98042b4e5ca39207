// Messages in a space-time diagram. An arrow whose other end is on another page is a stub.

import type { Story } from "./story.ts";
import type { Arrow } from "./svg-rows.ts";
import { laneOf, placeOf, type Sheet } from "./svg-sheet.ts";
import { milliseconds } from "./words.ts";
import { escapeXml, tag } from "../xml.ts";

export function drawArrow(sheet: Sheet, arrow: Arrow): readonly string[] {
  const { from, to, toHost } = arrow;
  const { layout, pageOf, page, story } = sheet;
  const start = pageOf(from) === page ? placeOf(sheet, from) : undefined;
  const end = to !== null && pageOf(to) === page ? placeOf(sheet, to) : undefined;
  const hosts = {
    "data-from": story.events[arrow.sent]?.host ?? "",
    ...(toHost === "" ? {} : { "data-to": toHost }),
  };
  if (start && end) {
    const d = `M${start.x} ${start.y}L${end.x} ${end.y}`;
    const hint = arrowHint(story, arrow);
    return [
      tag("path", { class: "message", ...hosts, d }, tag("title", {}, escapeXml(hint))),
      head({ x1: start.x, y1: start.y }, { x: end.x, y: end.y, fill: "", size: 5 }),
    ];
  }
  // The other end is on another page, or nowhere.
  const here = start ?? end;
  if (!here) return [];
  const other = laneOf(layout, (start ? hosts["data-to"] : hosts["data-from"]) ?? "");
  const side = other && other.line < here.x ? -16 : 16;
  const d = start
    ? `M${here.x} ${here.y}l${side} 6`
    : `M${here.x + side} ${here.y - 6}L${here.x} ${here.y}`;
  const stub = tag("path", { class: "message dash stub", ...hosts, d });
  return end
    ? [stub, head({ x1: here.x + side, y1: here.y - 6 }, { ...here, fill: "", size: 5 })]
    : [stub];
}

function arrowHint({ events }: Story, arrow: Arrow): string {
  const { op, count } = arrow;
  const [sent, received] = [events[arrow.sent], events[arrow.received ?? -1]];
  const many = count === 1 ? "" : ` ×${count}`;
  const times = `${milliseconds(sent?.at ?? 0)} to ${milliseconds(received?.at ?? 0)} ms`;
  return `${op}${many} ${sent?.host} to ${received?.host}, ${times}`;
}

/** A triangle whose point is at the arrow's end. */
export function head(
  { x1, y1 }: { readonly x1: number; readonly y1: number },
  {
    x,
    y,
    fill,
    size,
  }: { readonly x: number; readonly y: number; readonly fill: string; readonly size: number },
): string {
  const length = Math.sqrt((x - x1) ** 2 + (y - y1) ** 2) || 1;
  const [ux, uy] = [(x - x1) / length, (y - y1) / length];
  const point = (along: number, across: number): string =>
    `${tenth(x - ux * along - uy * across)} ${tenth(y - uy * along + ux * across)}`;
  const d = `M${tenth(x)} ${tenth(y)}L${point(size * 1.6, size / 2)}L${point(size * 1.6, -size / 2)}Z`;
  return tag("path", fill === "" ? { class: "head", d } : { fill, d });
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
