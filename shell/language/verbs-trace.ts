// Verbs that show the trace: `trace` converts a file of one, or shows the last events of the session;
// `flow` draws those as a space-time diagram. Both pass no time and leave no trace.

import {
  flowLines,
  type Format,
  formats,
  isEverything,
  openTrace,
  parseRequest,
  readLines,
  readStory,
  traceCommand,
  traceOptions,
  type TraceRequest,
  writeTrace,
} from "../traces/index.ts";
import { Refusal } from "../exit-status.ts";
import { parseCount, type Parsed } from "../units.ts";
import {
  type Kind,
  optional,
  type Offer,
  readArguments,
  takeFlag,
  takeOption,
} from "./arguments.ts";
import { done, failed, type Outcome } from "./outcome.ts";
import type { Session } from "./session.ts";
import type { Prepared, Verb, VerbOption } from "./verb.ts";

const countDefault = { trace: 20, flow: 30 };
/** How many events before the shown ones are looked at, to know who sent what and who is where. */
const contextEvents = 2000;

const fileKind: Kind<string> = {
  name: "FILE|N",
  offer: { from: "machine-files" },
  parse: (value) => ({ value }),
};

const countKind: Kind<number> = {
  name: "N",
  parse: (text) => parseCount(text, { min: 1, max: 100_000 }),
};

const widthKind: Kind<number> = {
  name: "COLUMNS",
  parse: (text) => parseCount(text, { min: 40, max: 10_000 }),
};

const offers: Readonly<Record<string, Offer>> = {
  "--to": { from: "words", words: formats },
  "--per": { from: "words", words: ["host", "task"] },
  "--out": { from: "machine-files" },
  "--pages": { from: "machine-files" },
  "--host": { from: "hosts" },
  "--job": { from: "jobs" },
};

export const traceVerbs: readonly Verb[] = [
  {
    name: "trace",
    usage: "trace [FILE|N] [--to FORMAT] [--out FILE] [filters]",
    topic: "record",
    help: "Shows the last events, or converts a trace: text, jsonl, perfetto, shiviz or svg.",
    examples: [
      "trace",
      "trace 50 --event migrate",
      "trace run.jsonl --host h2 --from 5ms",
      "trace run.jsonl --to svg --out run.svg",
    ],
    more: [
      "FILE is what `run --trace` wrote, or a recording. Without it, it is the session's own trace: the",
      "last N events (20), or all of them for another format or into a file. perfetto opens in",
      "ui.perfetto.dev, shiviz in ShiViz, svg in a browser.",
    ],
    words: [optional(fileKind)],
    options: traceOptions.map(optionOf),
    prepare: ({ args }): Prepared => {
      const parsed = parseRequest(args);
      if ("wrong" in parsed) return parsed;
      return { run: (session) => showTrace(session, parsed.value) };
    },
    command: traceCommand,
  },
  {
    name: "flow",
    usage: "flow [N] [--ascii] [--width COLUMNS]",
    topic: "look",
    help: "Draws the last N events (30): a column a host, messages and moves as arrows.",
    examples: ["flow", "flow 100", "flow --ascii"],
    words: [optional(countKind)],
    options: [
      { name: "--ascii", value: null, help: "No characters that a plain terminal has not" },
      { name: "--width", value: widthKind, help: "How wide it may be (the terminal, else 80)" },
    ],
    prepare: ({ args, scope }): Prepared => {
      const ascii = takeFlag(args, "--ascii");
      const width = takeOption(ascii.rest, "--width");
      if ("wrong" in width) return width;
      const { text, rest } = width.value;
      const columns = text === undefined ? { value: undefined } : widthKind.parse(text, scope);
      if ("wrong" in columns) return { wrong: `expected COLUMNS: ${columns.wrong}, got "${text}"` };
      const read = readArguments(rest, [optional(countKind)], scope);
      if ("wrong" in read) return read;
      const [count = countDefault.flow] = read.value;
      const options = { ascii: ascii.given || !isUtf8(), width: columns.value ?? terminalWidth() };
      return {
        run: (session) => {
          for (const line of flowOf(session, count, options)) session.print(line);
          return Promise.resolve(done);
        },
      };
    },
  },
];

function optionOf({ name, value, help, set }: (typeof traceOptions)[number]): VerbOption {
  const offer = offers[name];
  const parse = (text: string): Parsed<unknown> => {
    const empty = parseRequest([]);
    return "wrong" in empty ? empty : set(empty.value, text);
  };
  return { name, help, value: { name: value, parse, ...(offer ? { offer } : {}) } };
}

async function showTrace(session: Session, request: TraceRequest): Promise<Outcome> {
  const output = {
    line: (line: string) => session.print(line),
    talk: (line: string) => session.talk(`sojourn: ${line}`),
  };
  try {
    if (request.file !== null) await writeTrace(openTrace(request.file), request, output);
    else await writeTrace(...sessionTrace(session, request), output);
  } catch (error) {
    if (error instanceof Refusal) return failed("a trace", error.message, error.status);
    throw error;
  }
  return done;
}

/** The session's own trace, no more of it than is needed, and what is then asked of it. */
function sessionTrace(
  session: Session,
  request: TraceRequest,
): [ReturnType<typeof readLines>, TraceRequest] {
  const { filter, to, out, count } = request;
  const isShort = to === ("text" satisfies Format) && out === null;
  const counted = filter.last !== null || filter.first !== null;
  const last = count ?? (isShort && !counted ? countDefault.trace : filter.last);
  const { eventCount } = session.cluster;
  const tail = isShort && last !== null && isEverything(filter);
  const from = tail ? Math.max(0, eventCount - last) : 0;
  const lines = session.cluster.eventsFrom(from);
  return [readLines("the trace", lines), { ...request, filter: { ...filter, last } }];
}

interface FlowShape {
  readonly ascii: boolean;
  readonly width: number;
}

function flowOf({ cluster }: Session, count: number, shape: FlowShape): readonly string[] {
  const { eventCount } = cluster;
  const first = Math.max(0, eventCount - count);
  const from = Math.max(0, first - contextEvents);
  const { events } = readLines("the trace", cluster.eventsFrom(from));
  return flowLines(readStory([...events]), first - from, shape.width, { ascii: shape.ascii });
}

/** Whether the terminal, or who reads a file, may be taken to know more than ASCII. */
function isUtf8(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return /utf-?8/i.test([LC_ALL, LC_CTYPE, LANG].find((value) => value) ?? "");
}

function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : 80;
}
