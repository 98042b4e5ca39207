// Reads the options in front of a program: ours end at PROGRAM or at `--`, what follows is its own.

import type { ClusterOptions } from "../cluster/index.ts";
import { suggestion } from "./nearest.ts";
import { type PlannedLine, type Settings, settingsDefault } from "./options-settings.ts";
import { type OptionRow, optionRows, type Scope } from "./options-table.ts";
import { parseHost } from "./units.ts";

export { type PlannedLine, type Settings, settingsDefault } from "./options-settings.ts";
export type { Scope } from "./options-table.ts";

export type ParsedOptions =
  | { readonly settings: Settings; readonly rest: readonly string[] }
  | { readonly help: true }
  | { readonly wrong: string };

/** The options of a scope, in the order of the table. */
export function optionsOf(scope: Scope): readonly OptionRow[] {
  return optionRows.filter((row) => row.scopes.includes(scope));
}

/** `base`: what holds where no option says otherwise; a session hands its own settings on. */
export function parseOptions(
  words: readonly string[],
  scope: Scope,
  base: Settings = settingsDefault,
): ParsedOptions {
  const rows = optionsOf(scope);
  let settings = base;
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--help" || word === "-h") return { help: true };
    if (word === "--") return finish(settings, words.slice(at + 1));
    if (!word.startsWith("-") || word === "-") break;
    const read = readOption(rows, word, words[at + 1]);
    if ("wrong" in read) return read;
    const set = read.row.set(settings, read.value);
    if ("wrong" in set) return refuse(read, set.wrong);
    settings = set.value;
    if (read.usedNext) at++;
  }
  return finish(settings, words.slice(at));
}

interface ReadOption {
  readonly row: OptionRow;
  readonly value: string;
  readonly usedNext: boolean;
}

function readOption(
  rows: readonly OptionRow[],
  word: string,
  next: string | undefined,
): ReadOption | { readonly wrong: string } {
  const equals = word.indexOf("=");
  const flag = equals < 0 ? word : word.slice(0, equals);
  const row = rows.find(({ name }) => `--${name}` === flag);
  if (!row) {
    const flags = rows.map(({ name }) => `--${name}`);
    return { wrong: `unknown option ${flag}${suggestion(flag, flags)}` };
  }
  const inline = equals < 0 ? undefined : word.slice(equals + 1);
  if (row.argument === "") {
    if (inline !== undefined) return { wrong: `${flag} takes no value` };
    return { row, value: "", usedNext: false };
  }
  const value = inline ?? next;
  if (value === undefined) return { wrong: `${flag} needs a value: ${flag} ${row.argument}` };
  return { row, value, usedNext: inline === undefined };
}

function refuse({ row, value }: ReadOption, wrong: string): { readonly wrong: string } {
  return { wrong: `--${row.name}: ${JSON.stringify(value)} is not ${wrong}` };
}

/** What can only be checked when all options are known. */
function finish(settings: Settings, rest: readonly string[]): ParsedOptions {
  const on = parseHost(settings.on, settings.hosts);
  if ("wrong" in on) return noSuchHost("on", settings.on, on.wrong);
  if (on.value === "fs")
    return { wrong: "--on: fs runs only its own servers: choose another host" };
  const planned: PlannedLine[] = [];
  for (const plan of settings.planned) {
    if (!("host" in plan)) {
      planned.push(plan);
      continue;
    }
    const host = parseHost(plan.host, settings.hosts);
    if ("wrong" in host) return noSuchHost("migrate", plan.host, host.wrong);
    if (host.value === "fs") return { wrong: "--migrate: fs runs only its own servers" };
    const strategy = plan.strategy ?? settings.strategy;
    const line = strategy === null ? plan.line : `${plan.line} --strategy ${strategy}`;
    planned.push({ at: plan.at, given: plan.given, line });
  }
  return { settings: { ...settings, planned }, rest };
}

function noSuchHost(option: string, host: string, wrong: string): { readonly wrong: string } {
  return { wrong: `--${option}: no such host: ${JSON.stringify(host)} is not ${wrong}` };
}

/** What of the settings the cluster is booted with. */
export function clusterOptionsOf(settings: Settings): ClusterOptions {
  const { hosts, seed, profile, memoryBytes, driver, paranoid, epoch, root, net } = settings;
  return {
    hosts,
    seed,
    profile,
    memoryBytes,
    driver,
    paranoid,
    epoch,
    net: net.faults,
    location: settings.location,
    trace: settings.traceLevel,
    ...(root === null ? {} : { root }),
    ...(settings.plant === null ? {} : { plant: settings.plant }),
    ...(net.bandwidth === undefined ? {} : { bandwidth: net.bandwidth }),
  };
}

/** Columns of help, as of a terminal that nobody has made wider. */
const columnsMax = 100;

/** The options of a scope as help prints them. */
export function optionsHelp(scope: Scope): readonly string[] {
  const rows = optionsOf(scope).map((row) => ({
    row,
    flag: `--${row.name} ${row.argument}`.trim(),
  }));
  const width = Math.max(...rows.map(({ flag }) => flag.length));
  return rows.flatMap(({ row, flag }) => {
    const without = row.defaultText === "none" || row.defaultText === "off";
    const doc = without ? row.doc : `${row.doc} (default: ${row.defaultText})`;
    return flagLines(flag, width, doc);
  });
}

/** An option in its column, and what it does beside it, on as many lines as it takes. */
export function flagLines(flag: string, width: number, doc: string): readonly string[] {
  const lines = wrap(doc, columnsMax - width - 4);
  return lines.map((line, index) => `  ${(index === 0 ? flag : "").padEnd(width)}  ${line}`);
}

function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
