// The options, one row each: what `run`, the shell and its `run` line take, and what help prints.
//
//   run       sojourn run [OPTIONS] PROGRAM …
//   session   sojourn [OPTIONS], sojourn script [OPTIONS] FILE …
//   job       the line `run [OPTIONS] PROGRAM …` in a session

import { strategies, strategyNamed } from "../kernel/index.ts";
import { profileNames } from "../cluster/index.ts";
import { netForm, netNothing, type NetSpec, parseNetSpec } from "./net-spec.ts";
import { suggestion } from "./nearest.ts";
import { forms, parseCount, parseDate, type Parsed, parseDuration, parseSize } from "./units.ts";

export type Scope = "run" | "session" | "job";

/** A line that is to be executed at a virtual time. */
export interface PlannedLine {
  readonly at: number;
  readonly line: string;
  /** The option as it was typed, for messages. */
  readonly given: string;
}

/** `--migrate T=H,S`: the strategy is left open until all options are known. */
export interface PlannedMove extends PlannedLine {
  readonly host: string;
  readonly strategy: string | null;
}

export interface Settings {
  readonly hosts: number;
  readonly on: string;
  readonly seed: number;
  readonly profile: string;
  readonly memoryBytes: number;
  readonly location: string;
  readonly driver: "worker" | "inline";
  readonly paranoid: boolean;
  readonly epoch: string;
  readonly root: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly net: NetSpec;
  /** In the order in which they were given. */
  readonly planned: readonly (PlannedLine | PlannedMove)[];
  readonly wanderNs: number | null;
  readonly strategy: string | null;
  readonly maxTimeNs: number | null;
  readonly maxInstructions: number | null;
  readonly trace: string | null;
  readonly traceLevel: "default" | "all";
  readonly summary: boolean;
  readonly report: string | null;
}

export const settingsDefault: Settings = {
  hosts: 4,
  on: "h1",
  seed: 1,
  profile: "lan",
  memoryBytes: 256 * 2 ** 20,
  location: "redirect",
  driver: "worker",
  paranoid: false,
  epoch: "2026-01-01T00:00:00Z",
  root: null,
  env: {},
  net: netNothing,
  planned: [],
  wanderNs: null,
  strategy: null,
  maxTimeNs: null,
  maxInstructions: null,
  trace: null,
  traceLevel: "default",
  summary: false,
  report: null,
};

export interface OptionRow {
  readonly name: string;
  /** What stands for the value in help; empty for an option that takes none. */
  readonly argument: string;
  /** As help shows it. */
  readonly defaultText: string;
  readonly doc: string;
  readonly scopes: readonly Scope[];
  readonly set: (settings: Settings, text: string) => Parsed<Settings>;
}

/** Hosts have seven bits in the name of a port. */
const hostsMax = 127;
const all = { min: 0, max: Number.MAX_SAFE_INTEGER };
/** The one that is built. */
const locations = ["redirect"];

const everywhere: readonly Scope[] = ["run", "session"];
const perJob: readonly Scope[] = ["run", "job"];
const runOnly: readonly Scope[] = ["run"];

export const optionRows: readonly OptionRow[] = [
  {
    name: "hosts",
    argument: "N",
    defaultText: "4",
    doc: "Hosts h1 to hN; the file server fs comes on top.",
    scopes: everywhere,
    set: put("hosts", (text) => parseCount(text, { min: 1, max: hostsMax })),
  },
  {
    name: "on",
    argument: "HOST",
    defaultText: "h1",
    doc: "The host on which the program starts: its home.",
    scopes: perJob,
    set: put("on", (text) => ({ value: text })),
  },
  {
    name: "seed",
    argument: "S",
    defaultText: "1",
    doc: "All that is random is drawn from it.",
    scopes: everywhere,
    set: put("seed", (text) => parseCount(text, all)),
  },
  {
    name: "profile",
    argument: "NAME",
    defaultText: "lan",
    doc: `What machine and network cost in virtual time: ${profileNames().join(", ")}.`,
    scopes: everywhere,
    set: put("profile", (text) => oneOf(text, profileNames())),
  },
  {
    name: "memory",
    argument: "SIZE",
    defaultText: "256MiB",
    doc: "Physical memory of each host.",
    scopes: everywhere,
    set: put("memoryBytes", parseSize),
  },
  {
    name: "location",
    argument: "POLICY",
    defaultText: "redirect",
    doc: "How a port is found after it has moved: redirect.",
    scopes: everywhere,
    set: put("location", (text) => oneOf(text, locations)),
  },
  {
    name: "driver",
    argument: "worker|inline",
    defaultText: "worker",
    doc: "Hosts in threads of their own, or all in one; the trace is the same.",
    scopes: everywhere,
    set: put("driver", (text) => oneOf(text, ["worker", "inline"])),
  },
  {
    name: "paranoid",
    argument: "",
    defaultText: "off",
    doc: "Messages within a host go through the wire codec too.",
    scopes: everywhere,
    set: put("paranoid", () => ({ value: true })),
  },
  {
    name: "epoch",
    argument: "DATE",
    defaultText: "2026-01-01",
    doc: "The programs' date at virtual time 0.",
    scopes: everywhere,
    set: put("epoch", parseDate),
  },
  {
    name: "root",
    argument: "DIR",
    defaultText: "the one that comes along",
    doc: "The folder of this machine that is the guests' disk, read-only.",
    scopes: everywhere,
    set: put("root", notEmpty),
  },
  {
    name: "env",
    argument: "NAME=VALUE",
    defaultText: "none",
    doc: "A variable of the program's environment; may be repeated.",
    scopes: ["run", "session", "job"],
    set: addVariable,
  },
  {
    name: "net",
    argument: "SPEC",
    defaultText: "no faults",
    doc: `Faults on all cables: ${netForm}.`,
    scopes: everywhere,
    set: put("net", parseNetSpec),
  },
  {
    name: "at",
    argument: "'TIME COMMAND'",
    defaultText: "none",
    doc: "Executes a line of the shell at that virtual time; may be repeated.",
    scopes: runOnly,
    set: addPlanned(parsePlanned),
  },
  {
    name: "migrate",
    argument: "TIME=HOST[,STRATEGY]",
    defaultText: "none",
    doc: "Moves the program at that virtual time; may be repeated.",
    scopes: runOnly,
    set: addPlanned(parsePlannedMove),
  },
  {
    name: "wander",
    argument: "PERIOD",
    defaultText: "off",
    doc: "Moves the program to another host, drawn from the seed, after each PERIOD.",
    scopes: perJob,
    set: put("wanderNs", parsePeriod),
  },
  {
    name: "strategy",
    argument: "NAME",
    defaultText: "drawn for --wander, else copy-on-reference",
    doc: `How an address space travels: ${strategies.map(({ name }) => name).join(", ")}.`,
    scopes: perJob,
    set: put("strategy", parseStrategy),
  },
  {
    name: "max-time",
    argument: "T",
    defaultText: "none",
    doc: "Ends with status 124 when this much virtual time has passed.",
    scopes: everywhere,
    set: put("maxTimeNs", parseDuration),
  },
  {
    name: "max-instructions",
    argument: "N",
    defaultText: "none",
    doc: "Ends with status 124 soon after this many instructions on all hosts.",
    scopes: runOnly,
    set: put("maxInstructions", (text) => parseCount(text, all)),
  },
  {
    name: "trace",
    argument: "FILE",
    defaultText: "none",
    doc: "Writes the events of the run: JSON Lines.",
    scopes: everywhere,
    set: put("trace", notEmpty),
  },
  {
    name: "trace-level",
    argument: "default|all",
    defaultText: "default",
    doc: "`all` adds each trap.",
    scopes: everywhere,
    set: put("traceLevel", (text) => oneOf(text, ["default", "all"])),
  },
  {
    name: "summary",
    argument: "",
    defaultText: "off",
    doc: "Tells at the end, on standard error, what moved and what it cost.",
    scopes: runOnly,
    set: put("summary", () => ({ value: true })),
  },
  {
    name: "report",
    argument: "FILE",
    defaultText: "none",
    doc: "Writes the outcome as JSON.",
    scopes: runOnly,
    set: put("report", notEmpty),
  },
];

/** The row's setter: parses, and puts the value where it belongs. */
function put<Key extends keyof Settings>(
  key: Key,
  parse: (text: string) => Parsed<Settings[Key]>,
): OptionRow["set"] {
  return (settings, text) => {
    const parsed = parse(text);
    return "wrong" in parsed ? parsed : { value: { ...settings, [key]: parsed.value } };
  };
}

function addPlanned(parse: (text: string) => Parsed<PlannedLine | PlannedMove>): OptionRow["set"] {
  return (settings, text) => {
    const parsed = parse(text);
    if ("wrong" in parsed) return parsed;
    return { value: { ...settings, planned: [...settings.planned, parsed.value] } };
  };
}

function addVariable(settings: Settings, text: string): Parsed<Settings> {
  const at = text.indexOf("=");
  if (at < 1) return { wrong: "NAME=VALUE" };
  const env = { ...settings.env, [text.slice(0, at)]: text.slice(at + 1) };
  return { value: { ...settings, env } };
}

function parsePlanned(text: string): Parsed<PlannedLine> {
  const found = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(text);
  const time = parseDuration(found?.[1] ?? "");
  if ("wrong" in time) return { wrong: "a time and a command, as in '5ms cut h1 h2'" };
  return { value: { at: time.value, line: found?.[2] ?? "", given: `--at '${text}'` } };
}

function parsePlannedMove(text: string): Parsed<PlannedMove> {
  const found = /^([^=]+)=([^,]+)(?:,(.+))?$/.exec(text);
  const time = parseDuration(found?.[1] ?? "");
  if ("wrong" in time) return { wrong: "TIME=HOST or TIME=HOST,STRATEGY, as in 5ms=h3,eager-all" };
  const strategy = found?.[3];
  const known = strategy === undefined ? { value: null } : parseStrategy(strategy);
  if ("wrong" in known) return known;
  const host = found?.[2] ?? "";
  const given = `--migrate ${text}`;
  return {
    value: { at: time.value, line: `migrate %1 ${host}`, given, host, strategy: known.value },
  };
}

function parseStrategy(text: string): Parsed<string> {
  if (strategyNamed(text)) return { value: text };
  return oneOf(
    text,
    strategies.map(({ name }) => name),
  );
}

/** A period of nothing would move without end and let nothing run. */
function parsePeriod(text: string): Parsed<number> {
  const period = parseDuration(text);
  return "value" in period && period.value === 0
    ? { wrong: `more than 0: ${forms.duration}` }
    : period;
}

function notEmpty(text: string): Parsed<string> {
  return text === "" ? { wrong: "a path" } : { value: text };
}

function oneOf<Word extends string>(text: string, words: readonly Word[]): Parsed<Word> {
  const found = words.find((word) => word === text);
  if (found !== undefined) return { value: found };
  return { wrong: `${words.join(" or ")}${suggestion(text, words)}` };
}
