// The command line as shells have to know it: verbs, their options, and what may follow. It is made
// from the tables, so that the scripts cannot say anything else than `sojourn` itself does.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { profileNames } from "../../cluster/index.ts";
import { strategies } from "../../kernel/index.ts";
import { locationNames, plantNames } from "../../ports/index.ts";
import { optionsOf, type Scope } from "../options.ts";
import { guestRoot } from "../run-program.ts";
import type { PlaceOffer, VerbWords } from "./world.ts";

/** What may stand in a place: words, files of this machine, or something that only a person knows. */
export type Value =
  | { readonly is: "words"; readonly words: readonly string[] }
  | { readonly is: "file" | "folder" | "free" };

export interface ShapeOption {
  /** With its dashes. */
  readonly flag: string;
  /** Null for a flag that takes no value. */
  readonly value: Value | null;
  readonly help: string;
}

export interface ShapeCommand {
  readonly name: string;
  readonly help: string;
  readonly options: readonly ShapeOption[];
  /** What stands behind the options. */
  readonly rest: Value;
  /** What stands behind the first of those. */
  readonly more: Value;
}

/** A row of the table, as far as the command line goes. */
export interface CommandRow extends VerbWords {
  readonly help: string;
  readonly command?: unknown;
  readonly options?: readonly (NonNullable<VerbWords["options"]>[number] & {
    readonly help: string;
  })[];
}

export interface Shape {
  readonly commands: readonly ShapeCommand[];
  /** Before a command, or without one. */
  readonly options: readonly ShapeOption[];
}

const free: Value = { is: "free" };
const files: Value = { is: "file" };

export function shapeOf(table: readonly CommandRow[]): Shape {
  const commands = table.filter(({ command }) => command !== undefined);
  return {
    commands: commands.map((row) => commandOf(row, table)),
    options: [
      ...optionsOfScope("session"),
      { flag: "--help", value: null, help: "Tells what can be said." },
      { flag: "--version", value: null, help: "Tells the version." },
    ],
  };
}

function commandOf(row: CommandRow, table: readonly CommandRow[]): ShapeCommand {
  const { name, help } = row;
  const own = (row.options ?? []).map(({ name: option, value, help: doc }): ShapeOption => ({
    flag: option.startsWith("-") ? option : `--${option}`,
    value: value === null ? null : valueOf(value.offer, table),
    help: doc,
  }));
  const ofScope = name === "run" ? optionsOfScope("run") : [];
  const session = name === "script" ? optionsOfScope("session") : [];
  const [first, second] = row.words ?? [];
  return {
    name,
    help,
    options: unique([...ofScope, ...session, ...own]),
    rest: name === "script" ? files : valueOf(first?.offer, table),
    more: name === "run" ? files : valueOf((second ?? first)?.offer, table),
  };
}

/** The first of those with one name. */
function unique(options: readonly ShapeOption[]): readonly ShapeOption[] {
  return options.filter(
    ({ flag }, index) => options.findIndex((other) => other.flag === flag) === index,
  );
}

function optionsOfScope(scope: Scope): readonly ShapeOption[] {
  return optionsOf(scope).map(({ name, argument, doc }) => ({
    flag: `--${name}`,
    value: argument === "" ? null : valueOfArgument(name, argument),
    help: doc,
  }));
}

function valueOfArgument(name: string, argument: string): Value {
  const named: Readonly<Record<string, readonly string[]>> = {
    profile: profileNames(),
    strategy: strategies.map((strategy) => strategy.name),
    location: locationNames,
    plant: plantNames,
  };
  const words = Object.hasOwn(named, name) ? named[name] : undefined;
  if (words) return { is: "words", words };
  if (/^[a-z]+(\|[a-z]+)+$/.test(argument)) return { is: "words", words: argument.split("|") };
  if (argument.startsWith("FILE")) return files;
  return argument === "DIR" ? { is: "folder" } : free;
}

function valueOf(offer: PlaceOffer | undefined, table: readonly CommandRow[]): Value {
  switch (offer?.from) {
    case "words":
      return { is: "words", words: offer.words };
    case "verbs":
      return { is: "words", words: table.map(({ name }) => name) };
    case "programs":
      return { is: "words", words: guestPrograms() };
    case "machine-files":
      return files;
    case "hosts":
    case "guest-hosts":
    case "guest-files":
    case "jobs":
    case "ports":
    case "variables":
    case undefined:
      return free;
  }
}

/** What comes along; files of this machine may be run too, by their paths. */
function guestPrograms(): readonly string[] {
  return readdirSync(join(guestRoot(null), "bin")).sort();
}
