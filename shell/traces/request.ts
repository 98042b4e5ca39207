// What is asked of a trace: the words after `trace`, read.
//
//   trace [FILE|N] [--to FORMAT] [--out FILE] [filters] [options of the format]

import { suggestion } from "../nearest.ts";
import { type Parsed, parseCount, parseDuration, parseJob } from "../units.ts";
import { everything, type Filter } from "./filter.ts";
import type { Per } from "./shiviz.ts";
import { bundleDefault } from "./svg-rows.ts";
import { perPageDefault, perPageMax } from "./svg.ts";

export const formats = ["text", "jsonl", "perfetto", "shiviz", "svg"] as const;
export type Format = (typeof formats)[number];

export interface TraceRequest {
  /** A trace or recording; null for the one that is being made. */
  readonly file: string | null;
  /** The last so many events, if a number stood in the file's place. */
  readonly count: number | null;
  readonly to: Format;
  readonly out: string | null;
  readonly filter: Filter;
  readonly per: Per;
  readonly page: number | null;
  readonly perPage: number;
  /** A folder for all pages. */
  readonly pages: string | null;
  readonly bundle: number;
}

const requestDefault: TraceRequest = {
  file: null,
  count: null,
  to: "text",
  out: null,
  filter: everything,
  per: "host",
  page: null,
  perPage: perPageDefault,
  pages: null,
  bundle: bundleDefault,
};

export interface TraceOption {
  readonly name: string;
  /** What its value is called. */
  readonly value: string;
  readonly help: string;
  /** The format that it is for, if it is for one alone. */
  readonly format?: Format;
  readonly set: (request: TraceRequest, text: string) => Parsed<TraceRequest>;
}

const countMax = Number.MAX_SAFE_INTEGER;

export const traceOptions: readonly TraceOption[] = [
  {
    name: "--to",
    value: formats.join("|"),
    help: "What to make of it (text)",
    set: (request, text) => {
      const to = formats.find((format) => format === text);
      if (to) return { value: { ...request, to } };
      return { wrong: `one of ${formats.join(", ")}${suggestion(text, formats)}` };
    },
  },
  {
    name: "--out",
    value: "FILE",
    help: "Where to write it (standard output)",
    set: (request, out) => (out === "" ? { wrong: "a file" } : { value: { ...request, out } }),
  },
  filterOption("--from", "TIME", "Events from this virtual time on", (filter, text) =>
    mapped(parseDuration(text), (fromNs) => ({ ...filter, fromNs })),
  ),
  filterOption("--until", "TIME", "Events before this virtual time", (filter, text) =>
    mapped(parseDuration(text), (untilNs) => ({ ...filter, untilNs })),
  ),
  filterOption("--host", "HOST", "Events of this host; may be given again", (filter, text) => {
    const hosts = text.split(",");
    const wrong = hosts.find((host) => !/^(?:fs|h[1-9][0-9]{0,2})$/.test(host));
    if (wrong !== undefined) return { wrong: "fs, h1, h2, …" };
    return { value: { ...filter, hosts: [...filter.hosts, ...hosts] } };
  }),
  filterOption(
    "--job",
    "JOB",
    "Events about this task, a job of the trace or a pid",
    (filter, text) => mapped(parseJob(text), (job) => ({ ...filter, job })),
  ),
  filterOption(
    "--event",
    "NAME",
    "Events of an area, as in migrate, or of one name; may be given again",
    (filter, text) => {
      const names = text.split(",");
      const wrong = names.find((name) => !/^[a-z]+(?:\.[a-z-]+)?$/.test(name));
      if (wrong !== undefined) return { wrong: "an area or an event, as in migrate or msg.send" };
      return { value: { ...filter, names: [...filter.names, ...names] } };
    },
  ),
  filterOption("--first", "N", "The first N of them", (filter, text) =>
    mapped(parseCount(text, { min: 0, max: countMax }), (first) => ({ ...filter, first })),
  ),
  filterOption("--last", "N", "The last N of them", (filter, text) =>
    mapped(parseCount(text, { min: 0, max: countMax }), (last) => ({ ...filter, last })),
  ),
  {
    name: "--per",
    value: "host|task",
    help: "What a line of the diagram stands for (host)",
    format: "shiviz",
    set: (request, text) =>
      text === "host" || text === "task"
        ? { value: { ...request, per: text } }
        : { wrong: "host or task" },
  },
  {
    name: "--page",
    value: "N",
    help: "The page to draw (1)",
    format: "svg",
    set: (request, text) =>
      mapped(parseCount(text, { min: 1, max: countMax }), (page) => ({ ...request, page })),
  },
  {
    name: "--per-page",
    value: "N",
    help: `Rows on a page (${perPageDefault})`,
    format: "svg",
    set: (request, text) =>
      mapped(parseCount(text, { min: 10, max: perPageMax }), (perPage) => ({
        ...request,
        perPage,
      })),
  },
  {
    name: "--pages",
    value: "DIR",
    help: "Writes all pages into this folder: page-0001.svg, …",
    format: "svg",
    set: (request, pages) =>
      pages === "" ? { wrong: "a folder" } : { value: { ...request, pages } },
  },
  {
    name: "--bundle",
    value: "N",
    help: `From how many on events alike are drawn as one, ×N; 0 is never (${bundleDefault})`,
    format: "svg",
    set: (request, text) =>
      mapped(parseCount(text, { min: 0, max: countMax }), (bundle) => ({ ...request, bundle })),
  },
];

function filterOption(
  name: string,
  value: string,
  help: string,
  set: (filter: Filter, text: string) => Parsed<Filter>,
): TraceOption {
  return {
    name,
    value,
    help,
    set: (request, text) => mapped(set(request.filter, text), (filter) => ({ ...request, filter })),
  };
}

function mapped<From, To>(parsed: Parsed<From>, map: (value: From) => To): Parsed<To> {
  return "wrong" in parsed ? parsed : { value: map(parsed.value) };
}

/** The words after `trace`. Options may stand before and after the file. */
export function parseRequest(words: readonly string[]): Parsed<TraceRequest> {
  let request = requestDefault;
  const given = new Set<TraceOption>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!word.startsWith("--")) {
      const placed = place(request, word);
      if ("wrong" in placed) return placed;
      request = placed.value;
      continue;
    }
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const option = traceOptions.find((one) => one.name === name);
    const names = traceOptions.map((one) => one.name);
    if (!option) return { wrong: `no option ${name}${suggestion(name, names)}` };
    const text = equals < 0 ? words[++at] : word.slice(equals + 1);
    if (text === undefined) return { wrong: `expected ${option.value} after ${name}, got nothing` };
    const set = option.set(request, text);
    if ("wrong" in set) return { wrong: `${name}: expected ${set.wrong}, got "${text}"` };
    request = set.value;
    given.add(option);
  }
  return judge(request, [...given]);
}

function place(request: TraceRequest, word: string): Parsed<TraceRequest> {
  if (request.file !== null || request.count !== null) {
    return { wrong: `nothing more expected, got "${word}"` };
  }
  const count = parseCount(word, { min: 1, max: countMax });
  return {
    value: "value" in count ? { ...request, count: count.value } : { ...request, file: word },
  };
}

/** What does not go together. */
function judge(request: TraceRequest, given: readonly TraceOption[]): Parsed<TraceRequest> {
  const stray = given.find(({ format }) => format !== undefined && format !== request.to);
  if (stray) return { wrong: `${stray.name} goes with --to ${stray.format}, not ${request.to}` };
  if (request.pages !== null && (request.out !== null || request.page !== null)) {
    return { wrong: "--pages writes all pages: --out and --page do not go with it" };
  }
  return { value: request };
}
