// Goal: the space-time diagram is right as well as readable: lines lie where their tasks were, arrows
// join the right lanes, pages stay small, and the file is well-formed and needs nothing else.
// Method: the picture is read back from its attributes and coordinates, over made-up worlds that
// keep their own account; a golden file for one small journey.

import test from "ava";
import fc from "fast-check";
import type { Story } from "../../../shell/traces/story.ts";
import { type SvgOptions, svgPages } from "../../../shell/traces/svg.ts";
import { escapeXml } from "../../../shell/xml.ts";
import { allOf, journey, sameAsGolden, storyOf, wrongXml } from "./pictures.ts";
import { steps, worldOf } from "./worlds.ts";

interface Line {
  readonly kind: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** From the numbers of its path. */
  readonly points: readonly number[];
}

interface Picture {
  readonly lanes: ReadonlyMap<string, readonly [left: number, right: number]>;
  readonly lines: readonly Line[];
  /** Where the dot of an event is. */
  readonly dots: ReadonlyMap<number, { readonly x: number; readonly y: number }>;
}

function read(svg: string): Picture {
  const elements = [...svg.matchAll(/<(\w+)((?:\s+[\w:-]+="[^"]*")*)\s*\/?>/g)].map(
    ([, name = "", text = ""]) => ({
      name,
      attributes: new Map(
        [...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
      ),
    }),
  );
  const number = (attributes: ReadonlyMap<string, string>, key: string): number =>
    Number(attributes.get(key) ?? Number.NaN);
  const lanes = elements
    .filter(({ attributes }) => attributes.get("class") === "lane")
    .map(
      ({ attributes: of }) =>
        [of.get("data-host") ?? "", [number(of, "data-left"), number(of, "data-right")]] as const,
    );
  const dots = elements
    .filter(({ name }) => name === "circle")
    .map(
      ({ attributes: of }) =>
        [number(of, "data-event"), { x: number(of, "cx"), y: number(of, "cy") }] as const,
    );
  const lines = elements
    .filter(({ name, attributes }) => name === "path" && attributes.has("class"))
    .map(({ attributes }) => ({
      kind: (attributes.get("class") ?? "").split(" ")[0] ?? "",
      attributes,
      points: [...(attributes.get("d") ?? "").matchAll(/-?[\d.]+/g)].map(Number),
    }));
  return { lanes: new Map(lanes), lines, dots: new Map(dots) };
}

function draw(story: Story, options: SvgOptions): readonly string[] {
  const pages = svgPages(story, allOf(story), options);
  return Array.from({ length: pages.count }, (_, at) => pages.draw(at + 1));
}

function isIn(picture: Picture, host: string | undefined, x: number | undefined): boolean {
  const lane = picture.lanes.get(host ?? "");
  return lane !== undefined && x !== undefined && lane[0] < x && x < lane[1];
}

test("svg: tasks: every line lies in the lane of the host where the task is, and none is missing", (t) => {
  let checked = 0;
  fc.assert(
    fc.property(steps, fc.integer({ min: 10, max: 80 }), (plan, perPage) => {
      const world = worldOf(plan);
      for (const svg of draw(storyOf(world.lines), { bundle: 0, perPage })) {
        const picture = read(svg);
        const spans = picture.lines.filter(
          ({ kind, attributes }) => kind === "task" && attributes.has("data-doing"),
        );
        for (const { attributes, points } of spans) {
          const [x = 0, y1 = 0, y2 = 0] = points;
          const pid = Number(attributes.get("data-task"));
          t.true(isIn(picture, attributes.get("data-host"), x));
          for (const [event, { y }] of picture.dots) {
            if (y1 <= y && y < y2)
              t.is(attributes.get("data-host"), world.where(pid, event) ?? undefined);
            checked++;
          }
        }
        for (const event of picture.dots.keys()) {
          const y = picture.dots.get(event)?.y ?? 0;
          for (const pid of world.pids) {
            const host = world.where(pid, event);
            if (host === null || host !== world.where(pid, event + 1)) continue;
            const found = spans.some(
              ({ attributes, points: [, y1 = 0, y2 = 0] }) =>
                attributes.get("data-task") === String(pid) &&
                attributes.get("data-host") === host &&
                y1 <= y &&
                y <= y2,
            );
            t.true(found, `${pid} on ${host} at event ${event}`);
          }
        }
      }
    }),
    { numRuns: 40 },
  );
  t.true(checked > 2000);
});

test("svg: messages: every arrow goes down from its sender's lane to its receiver's, and none is missing", (t) => {
  let arrows = 0;
  fc.assert(
    fc.property(steps, (plan) => {
      const world = worldOf(plan);
      const story = storyOf(world.lines);
      const hostOf = (index: number): string => story.events[index]?.host ?? "";
      const [svg = ""] = draw(story, { bundle: 0, perPage: 5000 });
      const picture = read(svg);
      const found = picture.lines.filter(
        ({ kind, attributes }) =>
          kind === "message" &&
          attributes.has("data-to") &&
          !attributes.get("class")?.includes("stub"),
      );
      for (const { attributes, points } of found) {
        const [x1, y1 = 0, x2, y2 = 0] = points;
        t.true(isIn(picture, attributes.get("data-from"), x1));
        t.true(isIn(picture, attributes.get("data-to"), x2));
        t.true(y1 < y2);
      }
      const ends = (line: Line): string =>
        `${line.points[0]} ${line.points[1]} ${line.points[2]} ${line.points[3]}`;
      const expected = world.messages
        .filter(([from, to]) => hostOf(from) !== hostOf(to))
        .map(([from, to]) => {
          const [a, b] = [picture.dots.get(from), picture.dots.get(to)];
          return `${a?.x} ${a?.y} ${b?.x} ${b?.y}`;
        });
      t.deepEqual(found.map(ends).sort(), expected.sort());
      arrows += found.length;
    }),
    { numRuns: 40 },
  );
  t.true(arrows > 150);
});

test("svg: moves: a thick line from the old lane to the new one", (t) => {
  fc.assert(
    fc.property(steps, (plan) => {
      const story = storyOf(worldOf(plan).lines);
      const picture = read(draw(story, { perPage: 5000 })[0] ?? "");
      const moves = picture.lines.filter(({ kind }) => kind === "move");
      t.is(moves.length, story.moves.length);
      for (const { attributes, points } of moves) {
        t.true(isIn(picture, attributes.get("data-from"), points[0]));
        t.true(isIn(picture, attributes.get("data-to"), points[2]));
      }
    }),
    { numRuns: 40 },
  );
});

test("svg: any world, any size of page: well-formed, self-contained, the same bytes again", (t) => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 10, max: 60 }),
      fc.integer({ min: 0, max: 5 }),
      (plan, perPage, bundle) => {
        const { lines } = worldOf(plan);
        const pages = draw(storyOf(lines), { perPage, bundle });
        for (const svg of pages) {
          t.is(wrongXml(svg), null);
          t.notRegex(svg, /<script|\bhref=|url\(|@import|NaN|undefined/);
          t.true(svg.length < 20_000 + perPage * 1500);
        }
        t.deepEqual(draw(storyOf(lines), { perPage, bundle }), pages);
        const dots = pages.flatMap((svg) => [...read(svg).dots.keys()]);
        t.deepEqual(
          dots,
          [...new Set(dots)].sort((a, b) => a - b),
          "each row is on one page, in order",
        );
      },
    ),
    { numRuns: 40 },
  );
});

test("svg: hostile names: escaped", (t) => {
  const program = '/bin/</text><script>alert("&")</script>\u0000\u0007]]>';
  const event = { at: 1, host: "h1", seq: 0, event: "task.born", pid: 10001, job: 1, program };
  const [svg = ""] = draw(storyOf([JSON.stringify(event)]), {});
  t.is(wrongXml(svg), null);
  t.false(svg.includes("<script"));
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) =>
      t.is(wrongXml(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`), null),
    ),
  );
});

test("svg: the checker of XML: it finds what is wrong", (t) => {
  for (const text of [
    "<a><b></a></b>",
    "<a>",
    "<a/><b/>",
    "<a>&</a>",
    '<a b="1" b="2"/>',
    "<a><</a>",
    "x",
    "<a>\u0001</a>",
  ]) {
    t.not(wrongXml(text), null, text);
  }
  t.is(wrongXml('<a b="&amp;">x &lt; y<c/></a>'), null);
});

/** A job that writes a line again and again, with a move after each thousand. */
function busy(events: number): readonly string[] {
  const lines: string[] = [];
  const seqs = { fs: 0, h1: 0, h2: 0 };
  const add = (at: number, host: keyof typeof seqs, event: object): void => {
    lines.push(JSON.stringify({ at, host, seq: seqs[host]++, ...event }));
  };
  add(0, "h1", { event: "task.born", pid: 10001, job: 1, program: "/bin/count" });
  let host: "h1" | "h2" = "h1";
  for (let round = 1; lines.length < events; round++) {
    const at = round * 1_000_000;
    if (round % 200 === 0) {
      const move = `${host}.1.${round}`;
      add(at, host, { event: "migrate.freeze", pid: 10001, job: 1, move });
      host = host === "h1" ? "h2" : "h1";
      add(at + 300_000, host, { event: "migrate.activate", pid: 10001, job: 1, move });
      continue;
    }
    add(at, host, { event: "msg.send", port: "fs.1.17", op: "files.write", id: round });
    add(at + 5_000, host, { event: "thread.wait", pid: 10001, tid: 10001, for: "reply" });
    add(at + 120_000, "fs", { event: "msg.enqueue", port: "fs.1.17", op: "files.write" });
    add(at + 122_000, "fs", { event: "msg.send", port: "h1.1.17", op: "files.count", id: round });
    add(at + 240_000, host, { event: "msg.enqueue", port: "h1.1.17", op: "files.count" });
  }
  return lines;
}

test("svg: 20,000 events: bundles make a few pages of them, each small; without, many", (t) => {
  const story = storyOf(busy(20_000));
  const pages = draw(story, {});
  t.true(pages.length >= 1 && pages.length <= 4, `${pages.length} pages`);
  for (const svg of pages) t.true(svg.length < 400_000);
  const first = pages[0] ?? "";
  t.regex(first, /files\.write ×\d+ to /);
  t.regex(first, /page 1 of \d/);
  const plain = svgPages(story, allOf(story), { bundle: 0 });
  t.true(plain.count > 30);
  const middle = plain.draw(20);
  t.is(wrongXml(middle), null);
  t.true(middle.length < 400_000);
  // Each move is drawn on the page where it is, bundled or not.
  const moves = pages.reduce(
    (sum, svg) => sum + read(svg).lines.filter(({ kind }) => kind === "move").length,
    0,
  );
  t.true(moves >= story.moves.length && story.moves.length > 10);
});

test("svg: a small journey: as it was", (t) => {
  const [svg = ""] = draw(storyOf(journey), {});
  t.is(wrongXml(svg), null);
  sameAsGolden(t, "journey.svg", svg);
});
