// `sojourn soak`: reads its options, runs the worlds, and says what was found.

import {
  type LocationName,
  locationNames,
  type Plant,
  plantNamed,
  plantNames,
  plantRows,
} from "../../ports/index.ts";
import { exitStatus, refuseUsage, say } from "../exit-status.ts";
import { onStop, stopRequested, tellStop } from "../interrupts.ts";
import { suggestion } from "../nearest.ts";
import { oneOf, put } from "../options-values.ts";
import { writeOutput } from "../run-output.ts";
import { formatCount, parseCount, type Parsed } from "../units.ts";
import type { Plan } from "./plan.ts";
import { scenarioText } from "./scenario.ts";
import { shorten, soak, type SoakOptions, type SoakReport } from "./soak.ts";
import type { WorldRun } from "./world.ts";

interface Settings {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly location: LocationName | null;
  readonly plant: Plant | null;
  readonly json: boolean;
}

const settingsDefault: Settings = {
  seeds: 100,
  firstSeed: 1,
  location: null,
  plant: null,
  json: false,
};

type SetOption = (settings: Settings, text: string) => Parsed<Settings>;

interface OptionRow {
  readonly name: string;
  readonly argument: string;
  readonly doc: string;
  readonly set: SetOption;
}

const optionRows: readonly OptionRow[] = [
  {
    name: "seeds",
    argument: "N",
    doc: "So many worlds, one a seed (default: 100).",
    set: put("seeds", (text) => parseCount(text, { min: 1, max: 1_000_000_000 })),
  },
  {
    name: "first-seed",
    argument: "S",
    doc: "The first of the seeds (default: 1).",
    set: put("firstSeed", (text) => parseCount(text, { min: 0, max: 2 ** 52 })),
  },
  {
    name: "location",
    argument: "POLICY",
    doc: `${locationNames.join(", ")} (default: seed S uses the one at S mod 5).`,
    set: put("location", (text) => oneOf(text, locationNames)),
  },
  {
    name: "plant",
    argument: "BUG",
    doc: "Makes a bug on purpose; see below.",
    set: put("plant", (text) => oneOf(text, plantNames)),
  },
  {
    name: "json",
    argument: "",
    doc: "Prints the report as JSON and nothing else.",
    set: (settings) => ({ value: { ...settings, json: true } }),
  },
];

export function soakHelp(): readonly string[] {
  const line = (head: string, doc: string): string => `  ${head.padEnd(22)}  ${doc}`;
  return [
    "sojourn soak [OPTIONS]",
    "",
    "Runs random worlds: hosts, ports that move, jobs that move with theirs, messages, rights in",
    "messages, loss, disorder, cuts, pauses and crashes. Checkers read each trace; then all is mended",
    "and what was under way has to end. A world that fails is printed shortened, as a script.",
    "",
    ...optionRows.map(({ name, argument, doc }) => line(`--${name} ${argument}`.trim(), doc)),
    "",
    "Bugs that can be planted, and the checker that catches each:",
    ...plantRows.map(({ name, checker, doc }) => line(name, `${checker}: ${doc}`)),
    "",
    "Exit status: 0 no violation; 1 a checker found one; 64 bad usage.",
  ];
}

/** Where it prints, and who may stop it, besides Ctrl-C at the command line. */
export interface Desk {
  readonly print: (lines: readonly string[]) => void;
  readonly stopped: () => boolean;
}

const commandLine: Desk = { print: printLines, stopped: () => false };

/** Returns the exit status. Throws a `Refusal` for options that cannot be. */
export async function soakCommand(
  words: readonly string[],
  desk: Desk = commandLine,
): Promise<number> {
  const settings = readSettings(words);
  if (settings === null) {
    desk.print(soakHelp());
    return exitStatus.ok;
  }
  warnOfPlant(settings);
  const failed: { readonly plan: Plan; readonly run: WorldRun }[] = [];
  const before = onStop(() => undefined);
  const options: SoakOptions = {
    ...settings,
    stopped: () => stopRequested() !== null || desk.stopped(),
    onWorld: (plan, run) => {
      if (run.violations.length > 0) failed.push({ plan, run });
    },
    // A person wants to see the first failure soon; a program wants all the counts.
    enough: (run) => !settings.json && run.violations.length > 0,
  };
  const report = await soak(options);
  onStop(before);
  const request = stopRequested();
  if (request) {
    tellStop();
    return request.status;
  }
  if (settings.json) desk.print([JSON.stringify(report)]);
  else await tell(report, settings, failed[0], desk.print);
  return report.violations === 0 ? exitStatus.ok : exitStatus.failed;
}

/** Null if help was asked for. */
function readSettings(words: readonly string[]): Settings | null {
  let settings = settingsDefault;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--help" || word === "-h") return null;
    const equals = word.indexOf("=");
    const flag = equals < 0 ? word : word.slice(0, equals);
    const row = optionRows.find(({ name }) => `--${name}` === flag);
    if (!row) {
      const flags = optionRows.map(({ name }) => `--${name}`);
      throw refuseUsage(`soak: unknown option ${flag}${suggestion(flag, flags)}`);
    }
    const takesNext = row.argument !== "" && equals < 0;
    const text = takesNext ? words[++at] : word.slice(equals + 1);
    if (text === undefined) throw refuseUsage(`${flag} needs a value: ${flag} ${row.argument}`);
    if (row.argument === "" && equals >= 0) throw refuseUsage(`${flag} takes no value`);
    const set = row.set(settings, text);
    if ("wrong" in set) {
      throw refuseUsage(`--${row.name}: ${JSON.stringify(text)} is not ${set.wrong}`);
    }
    settings = set.value;
  }
  return settings;
}

async function tell(
  report: SoakReport,
  { plant }: Settings,
  failed: { readonly plan: Plan; readonly run: WorldRun } | undefined,
  print: Desk["print"],
): Promise<void> {
  const counts =
    `${counted(report.seeds, "seed")}: ${counted(report.messages, "message")}, ` +
    `${counted(report.moves, "move")}, ${counted(report.crashes, "crash", "crashes")}`;
  if (!failed) {
    print([`${counts}; no violation`]);
    return;
  }
  const { plan, run } = failed;
  print([
    `${counts}; seed ${plan.seed} under ${plan.policy} failed:`,
    ...run.violations.slice(0, 5).map(({ checker, sentence }) => `  ${checker}: ${sentence}`),
    `again: ${report.firstFailure?.replay ?? ""}`,
  ]);
  say("shortening the scenario…");
  const shorter = await shorten(plan, plant, run);
  print(["", scenarioText(shorter.plan, plant, shorter.run).trimEnd()]);
}

function counted(count: number, one: string, more = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : more}`;
}

/** A plant that cannot occur is caught by nobody: that is no news about the checkers. */
function warnOfPlant({ location, plant }: Settings): void {
  const row = plant && plantNamed(plant);
  if (!row || location === null || row.policies.includes(location)) return;
  say(`${row.name} cannot occur under ${location}; it can under ${row.policies.join(", ")}`);
}

function printLines(lines: readonly string[]): void {
  writeOutput(1, Buffer.from(lines.map((line) => `${line}\n`).join("")));
}
