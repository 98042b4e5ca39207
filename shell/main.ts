#!/usr/bin/env node
// The command `sojourn`: which verb is meant, and how the process ends.
//
//   sojourn                     the shell              sojourn script FILE…   lines from files
//   sojourn run PROGRAM …       one program            sojourn help [VERB]    sojourn --version
//   sojourn soak                random worlds          sojourn compare-location

import { readFileSync } from "node:fs";
import { endingOf, exitStatus, refuseUsage, say } from "./exit-status.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { stopRequested, tellStop, watchInterrupts } from "./interrupts.ts";
import { suggestion } from "./nearest.ts";
import { parseOptions, type Scope, type Settings } from "./options.ts";
import { outputFlushed } from "./run-output.ts";
import { runCommand, whereWeWere } from "./run.ts";

const commands = ["run", "script", "soak", "compare-location", "help"] as const;

async function main(words: readonly string[]): Promise<number> {
  const [first = "", ...rest] = words;
  if (first === "--version") return print([`sojourn ${version()}`]);
  if (first === "--help" || first === "-h") return print(generalHelp());
  if (first === "help") return rest[0] === undefined ? print(generalHelp()) : help(rest[0]);
  if (first === "run") return runVerb(rest);
  if (first === "script") return scriptVerb(rest);
  if (first === "soak") return (await import("./soak/index.ts")).soakCommand(rest);
  if (first === "compare-location") {
    return (await import("./compare/index.ts")).compareLocationCommand(rest);
  }
  if (first === "" || first.startsWith("-")) return shellVerb(words);
  return otherVerb(first, rest);
}

async function runVerb(words: readonly string[]): Promise<number> {
  const options = readOptions(words, "run");
  return options ? runCommand(options.settings, options.rest) : help("run");
}

async function scriptVerb(words: readonly string[]): Promise<number> {
  const options = readOptions(words, "session");
  if (!options) return help("script");
  if (options.rest.length === 0) {
    throw refuseUsage(
      "script of what? usage: sojourn script [OPTIONS] FILE… (- is standard input)",
    );
  }
  const { runScripts } = await import("./language/index.ts");
  return runScripts(options.rest, options.settings);
}

async function shellVerb(words: readonly string[]): Promise<number> {
  const options = readOptions(words, "session");
  if (!options) return print(generalHelp());
  const [verb] = options.rest;
  if (verb !== undefined) {
    throw refuseUsage(
      `options go after the verb: sojourn ${verb} ${words[0]} … (see sojourn --help)`,
    );
  }
  const { runShell } = await import("./language/index.ts");
  return runShell(options.settings);
}

async function otherVerb(verb: string, words: readonly string[]): Promise<number> {
  const { verbNames } = await import("./language/index.ts");
  const lines = verbNames();
  if (lines.includes(verb)) {
    if (words.includes("--help")) return help(verb);
    throw refuseUsage(
      `${verb} is a line of the shell: type it at the prompt of sojourn, or put it in a script`,
    );
  }
  throw refuseUsage(
    `unknown verb ${verb}${suggestion(verb, [...commands, ...lines])}; see sojourn --help`,
  );
}

async function help(verb: string): Promise<number> {
  const lines = await commandHelp(verb);
  if (lines) return print(lines);
  throw refuseUsage(`no help on ${verb}${suggestion(verb, commands)}; see sojourn help`);
}

/** Null if help was asked for. */
function readOptions(
  words: readonly string[],
  scope: Scope,
): { readonly settings: Settings; readonly rest: readonly string[] } | null {
  const parsed = parseOptions(words, scope);
  if ("help" in parsed) return null;
  if ("wrong" in parsed) throw refuseUsage(parsed.wrong);
  return parsed;
}

function print(lines: readonly string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return exitStatus.ok;
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** The one line of an error, and for a bug of ours what it takes to see it again. */
function tellError(error: unknown): number {
  const { status, line } = endingOf(error);
  if (status !== exitStatus.internal) say(line);
  else say(`${line} (${seedOf(process.argv)}, ${whereWeWere()}); again: ${commandLine()}`);
  return status;
}

function seedOf(words: readonly string[]): string {
  const parsed = parseOptions(words.slice(words[2]?.startsWith("-") ? 2 : 3), "run");
  return "settings" in parsed ? `seed ${parsed.settings.seed}` : "seed unknown";
}

function commandLine(): string {
  const quoted = process.argv
    .slice(2)
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ["sojourn", ...quoted].join(" ");
}

/** Nothing can be trusted any more: the workers end with the process. */
function onBug(error: unknown): void {
  process.exit(tellError(error));
}

watchInterrupts();
process.on("uncaughtException", onBug);
process.on("unhandledRejection", onBug);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const request = stopRequested();
  if (request) tellStop();
  process.exitCode = request?.status ?? tellError(error);
}
await outputFlushed();
process.stdin.destroy();
