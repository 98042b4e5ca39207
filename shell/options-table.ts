// The options, one row each: what `run`, the shell and its `run` line take, and what help prints.
//
//   run       sojourn run [OPTIONS] PROGRAM …
//   session   sojourn [OPTIONS]
//   script    sojourn script [OPTIONS] FILE …
//   job       the line `run [OPTIONS] PROGRAM …` in a session

import { profileNames } from "../cluster/index.ts";
import { strategies } from "../kernel/index.ts";
import { locationNames, plantNames } from "../ports/index.ts";
import { netForm, parseNetSpec } from "./net-spec.ts";
import {
  addPlanned,
  addVariable,
  notEmpty,
  oneOf,
  parsePeriod,
  parsePlanned,
  parsePlannedMove,
  parseStrategy,
  put,
  type SetOption,
} from "./options-values.ts";
import { parseCount, parseDate, parseDuration, parseSize } from "./units.ts";

export type Scope = "run" | "session" | "script" | "job";

export interface OptionRow {
  readonly name: string;
  /** What stands for the value in help; empty for an option that takes none. */
  readonly argument: string;
  /** As help shows it. */
  readonly defaultText: string;
  readonly doc: string;
  readonly scopes: readonly Scope[];
  readonly set: SetOption;
}

/** Hosts have seven bits in the name of a port. */
const hostsMax = 127;
const all = { min: 0, max: Number.MAX_SAFE_INTEGER };

const everywhere: readonly Scope[] = ["run", "session", "script"];
const perJob: readonly Scope[] = ["run", "job"];
const runOnly: readonly Scope[] = ["run"];
const scriptOnly: readonly Scope[] = ["script"];

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
    doc: `How a port is found after it has moved: ${locationNames.join(", ")}.`,
    scopes: everywhere,
    set: put("location", (text) => oneOf(text, locationNames)),
  },
  {
    name: "plant",
    argument: "BUG",
    defaultText: "none",
    doc: `Makes a bug on purpose, to see a checker catch it: ${plantNames.join(", ")}.`,
    scopes: everywhere,
    set: put("plant", (text) => oneOf(text, plantNames)),
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
    scopes: [...everywhere, "job"],
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
  {
    name: "save",
    argument: "FILE",
    defaultText: "none",
    doc: "Writes a recording, for `sojourn replay FILE`.",
    scopes: ["run", "script"],
    set: put("save", notEmpty),
  },
  {
    name: "tap",
    argument: "",
    defaultText: "off",
    doc: "Runs all files and reports on each: TAP 14, in which what programs print is comments.",
    scopes: scriptOnly,
    set: put("tap", () => ({ value: true })),
  },
  {
    name: "junit",
    argument: "FILE",
    defaultText: "none",
    doc: "Runs all files and writes a report on each file and each expectation, as JUnit does.",
    scopes: scriptOnly,
    set: put("junit", notEmpty),
  },
];
