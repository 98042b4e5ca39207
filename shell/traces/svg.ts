// A trace as space-time diagrams: a long one on several pages, each a file by itself.

import type { Story } from "./story.ts";
import { drawPage } from "./svg-draw.ts";
import { layoutPage } from "./svg-layout.ts";
import { type Arrow, bundleDefault, rowsOf } from "./svg-rows.ts";
import { milliseconds } from "./words.ts";

export interface SvgOptions {
  readonly perPage?: number;
  /** From how many on events alike are drawn as one; 0: never. */
  readonly bundle?: number;
}

export interface SvgPages {
  /** One at least. */
  readonly count: number;
  /** How many events are drawn on all of them. */
  readonly events: number;
  /** Pages count from 1. */
  readonly draw: (page: number) => string;
}

export const perPageDefault = 400;
export const perPageMax = 5000;

export function svgPages(
  story: Story,
  shown: readonly number[],
  { perPage = perPageDefault, bundle = bundleDefault }: SvgOptions = {},
): SvgPages {
  const rows = rowsOf(story, shown, bundle);
  const count = Math.max(1, Math.ceil(rows.rows.length / perPage));
  const pageOf = (row: number): number => Math.floor(row / perPage) + 1;
  const arrows = arrowsByPage(rows.arrows, pageOf);
  const draw = (page: number): string => {
    const range = { first: (page - 1) * perPage, end: Math.min(page * perPage, rows.rows.length) };
    const layout = layoutPage(story, rows, range);
    const time = (row: number): string =>
      milliseconds(story.events[rows.rows[row]?.index ?? 0]?.at ?? 0);
    const pages = count === 1 ? "" : `, page ${page} of ${count}`;
    const title = `sojourn trace, ${time(range.first)} to ${time(range.end - 1)} ms virtual${pages}`;
    const here = arrows.get(page) ?? [];
    return drawPage({ story, rows, layout, arrows: here, pageOf, page, pages: count, title });
  };
  return { count, events: shown.length, draw };
}

function arrowsByPage(
  arrows: readonly Arrow[],
  pageOf: (row: number) => number,
): ReadonlyMap<number, readonly Arrow[]> {
  const pages = new Map<number, Arrow[]>();
  for (const arrow of arrows) {
    const ends = [pageOf(arrow.from), ...(arrow.to === null ? [] : [pageOf(arrow.to)])];
    for (const page of new Set(ends)) {
      const known = pages.get(page);
      if (known) known.push(arrow);
      else pages.set(page, [arrow]);
    }
  }
  return pages;
}
