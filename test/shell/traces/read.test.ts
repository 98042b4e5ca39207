// Goal: traces are read as they stand, and what is none is refused with one line that says where.
// Method: files of this machine in a temporary folder; filters against a plain reading of the events.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import test from "ava";
import fc from "fast-check";
import { Refusal } from "../../../shell/exit-status.ts";
import { everything, type Filter, select, selectIn } from "../../../shell/traces/filter.ts";
import { openTrace, readLines } from "../../../shell/traces/read.ts";
import { journey, storyOf } from "./pictures.ts";
import { steps, worldOf } from "./worlds.ts";

const folder = mkdtempSync(join(tmpdir(), "sojourn-traces-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function refusalOf(path: string): { readonly status: number; readonly message: string } {
  try {
    const { events } = openTrace(path);
    for (const _event of events);
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, message: error.message };
    throw error;
  }
  return { status: 0, message: "" };
}

const header = '{"sojourn":1,"seed":1,"hosts":4}';

test("traces: a file with a header, without, without an end of its last line: all read", (t) => {
  const text = journey.join("\n");
  for (const [name, content] of [
    ["a", `${header}\n${text}\n`],
    ["b", `${text}\n`],
    ["c", text],
  ] as const) {
    const trace = openTrace(file(name, content));
    t.is(trace.header, name === "a" ? header : null);
    t.deepEqual(
      [...trace.events].map(({ line }) => line),
      [...journey],
    );
  }
});

test("traces: a file longer than what is read at once, characters of several bytes: no line is cut", (t) => {
  const lines = Array.from({ length: 4000 }, (_, seq) =>
    JSON.stringify({
      at: seq,
      host: "h1",
      seq,
      event: "files.disk-read",
      path: `/tmp/日本語-${"é".repeat(seq % 40)}`,
    }),
  );
  t.deepEqual(
    [...openTrace(file("long", lines.join("\n"))).events].map(({ line }) => line),
    lines,
  );
});

test("traces: a recording: its trace is unpacked", (t) => {
  const trace = gzipSync(journey.map((line) => `${line}\n`).join("")).toString("base64");
  const lines = ['{"sojourn-recording":1}', '{"at":0,"n":0}', JSON.stringify({ end: 5, trace })];
  t.is([...openTrace(file("r", lines.join("\n"))).events].length, journey.length);
  const cut = refusalOf(file("cut", lines.slice(0, 2).join("\n")));
  t.is(cut.status, 64);
  t.regex(cut.message, /no trace in its last line/);
  const damaged = JSON.stringify({ end: 5, trace: "AAAA" });
  t.regex(refusalOf(file("bad", [lines[0], damaged].join("\n"))).message, /cannot be unpacked/);
});

test("traces: what is no trace: one line with file and line, status 64; no file, 74", (t) => {
  const broken = file("broken", `${header}\n${journey[0]}\n{"at":1}\n`);
  t.is(refusalOf(broken).status, 64);
  t.true(refusalOf(broken).message.startsWith(`${broken}:3: expected an event`));
  for (const line of ["", "null", "[]", '{"at":-1,"host":"h1","seq":0,"event":"a.b"}', "{"]) {
    const path = file("line", `${journey[0]}\n${line}\n${journey[1]}`);
    t.true(refusalOf(path).message.startsWith(`${path}:2: `), line);
    t.false(refusalOf(path).message.includes("\n"));
  }
  const order = file("order", `${journey[3]}\n${journey[0]}\n`);
  t.regex(refusalOf(order).message, /:2: out of order/);
  t.regex(refusalOf(file("empty", "")).message, /empty/);
  t.is(refusalOf(join(folder, "none")).status, 74);
  t.is(refusalOf(folder).status, 74);
});

test("traces: random text: read, or refused in one line; nothing else", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.json(), fc.constantFrom(...journey))),
      (lines) => {
        const refusal = refusalOf(file("random", lines.join("\n")));
        t.true(refusal.status === 0 || refusal.status === 64);
      },
    ),
    { numRuns: 200 },
  );
});

const filters: fc.Arbitrary<Filter> = fc.record({
  fromNs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000_000 })),
  untilNs: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 20_000_000 })),
  hosts: fc.subarray(["fs", "h1", "h2"]),
  names: fc.subarray(["msg", "ipc.sent", "task", "migrate.freeze"]),
  job: fc.constant(null),
  first: fc.option(fc.integer({ min: 0, max: 20 })),
  last: fc.option(fc.integer({ min: 0, max: 20 })),
});

test("traces: filters: one after the other or all at once, the same events are chosen", (t) => {
  fc.assert(
    fc.property(steps, filters, (plan, filter) => {
      const { lines } = worldOf(plan);
      const story = storyOf(lines);
      const streamed = [...select(readLines("test", lines).events, filter)].map(({ line }) => line);
      t.deepEqual(
        streamed,
        selectIn(story, filter).map((index) => lines[index]),
      );
      const { fromNs, untilNs, hosts, names, first, last } = filter;
      const plain = story.events.filter(
        ({ at, host, name }) =>
          at >= fromNs &&
          at < untilNs &&
          (hosts.length === 0 || hosts.includes(host)) &&
          (names.length === 0 || names.includes(name) || names.includes(name.split(".")[0] ?? "")),
      );
      const begin = plain.slice(0, first ?? plain.length);
      t.deepEqual(
        streamed,
        (last === null ? begin : last === 0 ? [] : begin.slice(-last)).map(({ line }) => line),
      );
    }),
    { numRuns: 300 },
  );
});

test("traces: of a job: its own events, its requests and their answers, its messages", (t) => {
  const story = storyOf(journey);
  const chosen = selectIn(story, { ...everything, job: { job: 1 } });
  t.deepEqual(chosen, [2, 3, 4, 5, 6, 7, 9, 10, 13, 15, 16, 17]);
  t.deepEqual(selectIn(story, { ...everything, job: { pid: 10001 } }), chosen);
  t.deepEqual(selectIn(story, { ...everything, job: { job: 2 } }), []);
});
