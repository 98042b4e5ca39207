// Verbs for variables and settings, and for the lines of other files.
//
//   set x VALUE     a variable: $x           set pace wall    how fast time passes at a terminal
//   set hosts 3     what the cluster is switched on with: only before anything has happened

import type { Settings } from "../options.ts";
import { bootSettings } from "../options-settings.ts";
import { optionRows, type OptionRow } from "../options-table.ts";
import { oneOf } from "../options-values.ts";
import { parseHost, printDuration, type Parsed } from "../units.ts";
import { anyOf, fileKind, readArguments } from "./arguments.ts";
import { done, failed, type Outcome } from "./outcome.ts";
import { paces } from "../pace.ts";
import type { Session } from "./session.ts";
import { quoteWord } from "../quote.ts";
import type { Action, Call, Prepared, Verb } from "./verb.ts";

/** Those that hold from the next line on. */
const sessionSettings = ["on", "strategy", "max-time"] as const;
const settingNames: readonly string[] = ["pace", ...sessionSettings, ...bootSettings];

export const setVerbs: readonly Verb[] = [
  {
    name: "set",
    usage: "set [NAME VALUE]",
    topic: "script",
    help: "Sets a variable or a setting; alone, it lists them.",
    examples: ["set", "set name 'two words'", "set on h2", "set pace full", "set hosts 4"],
    more: [
      "pace full|wall|step: how fast virtual time passes at a terminal.",
      "on HOST: where programs start. strategy NAME: how moves are made. max-time T: no line waits",
      "  beyond; `none` takes it away.",
      `${bootSettings.join(" ")}: what the cluster is switched on with, as the options of`,
      "  `sojourn script --help`; in the first lines of a script, or before anything has happened.",
    ],
    words: [anyOf("NAME", { from: "words", words: settingNames }), anyOf("VALUE")],
    prepare: prepareSet,
  },
  {
    name: "seed",
    usage: "seed [S]",
    topic: "script",
    help: "Tells the seed, or sets it, before anything has happened.",
    examples: ["seed", "seed 1"],
    words: [anyOf("[S]")],
    prepare: ({ args, settings }) => {
      const [seed, ...more] = args;
      if (more.length > 0) return { wrong: `nothing more expected, got "${more[0]}"` };
      if (seed !== undefined) return prepareBoot("seed", seed, settings);
      return {
        run: (session) => {
          session.print(String(session.cluster.seed));
          return Promise.resolve(done);
        },
      };
    },
  },
  {
    name: "source",
    usage: "source FILE",
    topic: "script",
    help: "Executes the lines of a file of this machine here, as if they stood in its place.",
    examples: ["source docs/examples/where.sojourn"],
    more: [
      "A relative FILE is looked for beside the file that sources it. What fails is told with its",
      "own FILE:LINE.",
    ],
    words: [fileKind],
    prepare: ({ args, scope, include }) => {
      const read = readArguments(args, [fileKind], scope);
      return "wrong" in read ? read : include(read.value[0]);
    },
  },
];

function prepareSet({ args, settings }: Call): Prepared {
  const [name, value, ...more] = args;
  if (name === undefined) return { run: (session) => Promise.resolve(list(session)) };
  if (value === undefined) return { wrong: `expected a VALUE for ${name}, got nothing` };
  if (more.length > 0)
    return { wrong: `expected one VALUE, got "${[value, ...more].join(" ")}": quote it` };
  if (bootSettings.includes(name)) return prepareBoot(name, value, settings);
  if (name === "pace") return preparePace(value);
  if (sessionSettings.some((one) => one === name)) return prepareSetting(name, value, settings);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return { wrong: `expected a NAME of letters, digits and _, got "${name}"` };
  }
  return {
    run: ({ variables }) => {
      variables.set(name, value);
      return Promise.resolve(done);
    },
  };
}

function preparePace(value: string): Prepared {
  const pace = oneOf(value, paces);
  if ("wrong" in pace) return { wrong: `pace: expected ${pace.wrong}, got "${value}"` };
  return {
    run: (session) => {
      session.pace = pace.value;
      return Promise.resolve(done);
    },
  };
}

function prepareSetting(name: string, value: string, settings: Settings): Prepared {
  const read = readSetting(name, value, settings);
  if ("wrong" in read) return { wrong: `${name}: expected ${read.wrong}, got "${value}"` };
  return {
    run: (session) => {
      const now = readSetting(name, value, session.settings);
      if ("value" in now) session.settings = now.value;
      return Promise.resolve(done);
    },
  };
}

function readSetting(name: string, value: string, settings: Settings): Parsed<Settings> {
  if (value === "none" && name === "max-time") return { value: { ...settings, maxTimeNs: null } };
  if (value === "none" && name === "strategy") return { value: { ...settings, strategy: null } };
  if (name !== "on") return rowOf(name)?.set(settings, value) ?? { wrong: "a setting" };
  const host = parseHost(value, settings.hosts);
  if ("value" in host && host.value !== "fs") return { value: { ...settings, on: host.value } };
  return { wrong: settings.hosts === 1 ? "h1" : `h1 to h${settings.hosts}` };
}

/** Does nothing where it holds already: a script's first lines have been read before it was booted. */
function prepareBoot(name: string, value: string, settings: Settings): Prepared {
  const row = rowOf(name);
  const read = row?.set(settings, value) ?? { wrong: "a setting" };
  if ("wrong" in read) return { wrong: `${name}: expected ${read.wrong}, got "${value}"` };
  return { run: reboot(name, (base) => row?.set(base, value) ?? read) };
}

function reboot(name: string, change: (settings: Settings) => Parsed<Settings>): Action {
  return async (session): Promise<Outcome> => {
    const changed = change(session.settings);
    if ("wrong" in changed) return failed(`${name} to be set`, changed.wrong);
    if (JSON.stringify(changed.value) === JSON.stringify(session.settings)) return done;
    if (!session.canReboot) {
      return failed(`${name} to be set`, `${name} can only be set before anything has happened`);
    }
    const fits = "value" in parseHost(changed.value.on, changed.value.hosts);
    await session.reboot(fits ? changed.value : { ...changed.value, on: "h1" });
    return done;
  };
}

function rowOf(name: string): OptionRow | undefined {
  return optionRows.find((row) => row.name === name);
}

/** As lines that set the same. */
function list(session: Session): Outcome {
  const { settings, variables } = session;
  const { hosts, seed, profile, location, driver, on, strategy, maxTimeNs } = settings;
  const held: Readonly<Record<string, string | number>> = {
    hosts,
    seed,
    profile,
    location,
    driver,
    on,
    strategy: strategy ?? "none",
    "max-time": maxTimeNs === null ? "none" : printDuration(maxTimeNs),
    pace: session.pace,
  };
  for (const [name, value] of Object.entries(held)) session.print(`set ${name} ${value}`);
  const names = [...variables.keys()].sort();
  for (const name of names) session.print(`set ${name} ${quoteWord(variables.get(name) ?? "")}`);
  return done;
}
