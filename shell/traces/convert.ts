// From a trace to what was asked for, as lines.

import { everything, type Filter, select, selectIn } from "./filter.ts";
import type { TraceEvent } from "./event.ts";
import { perfettoLines } from "./perfetto.ts";
import type { ReadTrace } from "./read.ts";
import type { TraceRequest } from "./request.ts";
import { shivizLines } from "./shiviz.ts";
import { readStory, type Story } from "./story.ts";
import { type SvgPages, svgPages } from "./svg.ts";
import { textLine } from "./text.ts";

/** All that is not SVG. Lines come as they are asked for. */
export function* convertLines(trace: ReadTrace, request: TraceRequest): Generator<string> {
  const { filter, to } = request;
  switch (to) {
    case "text":
      for (const event of eventsOf(trace, filter)) yield textLine(event);
      return;
    case "jsonl":
      if (trace.header !== null) yield trace.header;
      for (const { line } of eventsOf(trace, filter)) yield line;
      return;
    case "perfetto": {
      const story = readStory([...trace.events]);
      yield* perfettoLines(story, selectIn(story, filter));
      return;
    }
    case "shiviz": {
      const story = readStory([...trace.events]);
      yield* shivizLines(story, selectIn(story, filter), request.per);
      return;
    }
    case "svg":
      yield* convertPages(trace, request)
        .draw(request.page ?? 1)
        .trimEnd()
        .split("\n");
      return;
  }
}

export function convertPages(trace: ReadTrace, request: TraceRequest): SvgPages {
  const story = readStory([...trace.events]);
  const { perPage, bundle } = request;
  return svgPages(story, selectIn(story, request.filter), { perPage, bundle });
}

/** Whose an event is can be told only from all of them; for all else one look is enough. */
function eventsOf({ events }: ReadTrace, filter: Filter): Iterable<TraceEvent> {
  if (filter.job === null) return select(events, filter);
  const story: Story = readStory([...events]);
  return selectIn(story, filter).flatMap((index) => story.events[index] ?? []);
}

/** Whether all events are asked for. */
export function isEverything(filter: Filter): boolean {
  return JSON.stringify(filter) === JSON.stringify(everything);
}
