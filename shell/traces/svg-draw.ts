// One page of a space-time diagram as SVG: a picture by itself, for light and dark paper.
//
// Every line of a task says in its attributes which task it is, where, and what it does there
// (`data-task`, `data-host`, `data-doing`), every arrow from and to which host it goes, and every
// lane where it lies: programs can read the picture as people do.

import { formatDuration } from "../units.ts";
import { drawArrow } from "./svg-arrows.ts";
import { type Lane, silence, timeWidth } from "./svg-layout.ts";
import type { Row } from "./svg-rows.ts";
import { colourOf, label, placeOf, type Sheet } from "./svg-sheet.ts";
import { drawMoves, drawOutages, drawTasks } from "./svg-tasks.ts";
import { idsText, milliseconds, shortened, taskName } from "./words.ts";
import { escapeXml, tag } from "../xml.ts";

const styles = [
  "text{font-family:'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:10px}",
  ".paper{fill:#fff}.ink{fill:#222}.grey{fill:#666}.bad{fill:#c00}.strong{font-weight:bold}",
  ".halo{stroke:#fff;stroke-width:3px;paint-order:stroke;stroke-linejoin:round}",
  ".lane{fill:#f4f4f2}.host{stroke:#999;stroke-width:1}.axis{stroke:#ddd;stroke-width:1}",
  ".message{stroke:#555;stroke-width:1;fill:none}.head{fill:#555}.dash{stroke-dasharray:3 3}",
  ".down{stroke:#c00;stroke-width:7;stroke-opacity:.35}.paused{stroke:#b08900;stroke-width:7;stroke-opacity:.35}",
  ".task{fill:none;stroke-width:4}.waits{stroke-width:1.5}.page{stroke-width:3;stroke-dasharray:2 2}",
  ".stopped{stroke-width:4;stroke-dasharray:1 5}.frozen{stroke-width:4;stroke-opacity:.4}",
  ".move{fill:none;stroke-width:5;stroke-opacity:.75}",
  "@media (prefers-color-scheme:dark){",
  ".paper{fill:#16181d}.ink{fill:#e6e6e6}.grey{fill:#9aa0a6}.bad{fill:#ff6b6b}",
  ".halo{stroke:#16181d}.lane{fill:#1d2026}.host{stroke:#777}.axis{stroke:#333}",
  ".message{stroke:#bbb}.head{fill:#bbb}",
  "}",
].join("");

export function drawPage(sheet: Sheet): string {
  const { layout, title } = sheet;
  const { width, height } = layout;
  const parts = [
    tag("title", {}, escapeXml(title)),
    tag("style", {}, styles),
    tag("rect", { class: "paper", width, height }),
    ...layout.lanes.flatMap((lane) => drawLane(sheet, lane)),
    ...drawAxis(sheet),
    ...drawOutages(sheet),
    ...sheet.arrows.flatMap((arrow) => drawArrow(sheet, arrow)),
    ...drawTasks(sheet),
    ...drawMoves(sheet),
    ...drawRows(sheet),
    ...drawHead(sheet),
  ];
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
  };
  return `${tag("svg", attributes, `\n${parts.join("\n")}\n`)}\n`;
}

function drawHead({ story, layout, title }: Sheet): readonly string[] {
  const { width } = layout;
  const tasks = story.tasks.filter(({ stays }) => stays.some((stay) => layout.slots.has(stay)));
  const room = Math.floor((width - 16) / 150);
  const listed = tasks.slice(0, room);
  const more = tasks.length > room ? ` and ${tasks.length - room} more tasks` : "";
  return [
    label(8, 18, "ink strong", shortened(title, Math.floor(width / 7))),
    label(
      8,
      34,
      "grey",
      "Time goes down, not to scale: silence is compressed, + says how much passed.",
    ),
    label(
      8,
      48,
      "grey",
      "A task: thick it runs, thin it waits, dashed for a page, dotted stopped, pale frozen.",
    ),
    ...listed.map((task, at) =>
      tag(
        "text",
        { x: 8 + at * 150, y: 64, fill: colourOf(story, task) },
        escapeXml(shortened(taskName(task), 22)),
      ),
    ),
    ...(more === "" ? [] : [label(8 + room * 150, 64, "grey", more)]),
  ];
}

function drawLane({ layout }: Sheet, { host, left, right, line }: Lane): readonly string[] {
  const { top, bottom } = layout;
  const place = { "data-host": host, "data-left": left, "data-right": right };
  return [
    tag("rect", {
      class: "lane",
      ...place,
      x: left + 2,
      y: top - 24,
      width: right - left - 4,
      height: bottom - top + 28,
    }),
    label(left + 8, top - 8, "ink strong", host),
    tag("line", { class: "host", x1: line, x2: line, y1: top, y2: bottom }),
  ];
}

function drawAxis({ story, rows, layout }: Sheet): readonly string[] {
  const parts: string[] = [];
  let before: number | null = null;
  for (const [at, y] of layout.ys.entries()) {
    const ns = story.events[rows.rows[layout.first + at]?.index ?? 0]?.at ?? 0;
    if (ns === before) continue;
    parts.push(
      tag("line", { class: "axis", x1: timeWidth - 10, x2: layout.width - 10, y1: y, y2: y }),
    );
    parts.push(
      tag(
        "text",
        { x: timeWidth - 14, y: y + 4, class: "ink", "text-anchor": "end" },
        milliseconds(ns),
      ),
    );
    if (before !== null && silence(ns - before) >= 18) {
      const passed = `+ ${formatDuration(ns - before)}`;
      parts.push(
        tag("text", { x: timeWidth - 14, y: y - 9, class: "grey", "text-anchor": "end" }, passed),
      );
    }
    before = ns;
  }
  return [label(8, layout.top - 8, "ink strong", "ms, virtual"), ...parts];
}

function drawRows(sheet: Sheet): readonly string[] {
  const { layout, rows } = sheet;
  const parts: string[] = [];
  for (let row = layout.first; row < layout.end; row++) {
    const what = rows.rows[row];
    const place = placeOf(sheet, row);
    if (what && place) parts.push(...drawRow(sheet, what, place));
  }
  return parts;
}

function drawRow(
  { story, layout }: Sheet,
  row: Row,
  { x, y, lane }: { readonly x: number; readonly y: number; readonly lane: Lane },
): readonly string[] {
  const event = story.events[row.index];
  const classes = row.isFault ? "bad" : "ink";
  const hint = event
    ? `${milliseconds(event.at)} ms ${event.host} ${event.name} ${idsText(event)}`
    : "";
  const content = shortened(row.label, layout.labelCharacters);
  return [
    tag("circle", {
      class: classes,
      "data-event": row.index,
      cx: x,
      cy: y,
      r: row.isFault || row.isMove ? 4 : 2.5,
    }),
    label(
      lane.line + 8,
      y + 4,
      `${classes} halo${row.isMove || row.isFault ? " strong" : ""}`,
      content,
      shortened(hint, 240),
    ),
  ];
}
