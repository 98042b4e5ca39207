#!/usr/bin/env node
// The command `sojourn`: which verb is meant, and how the process ends.
//
//   sojourn [OPTIONS]     the shell            sojourn VERB …     the verb's command, from the table

import { readFileSync } from "node:fs";
import { endingOf, exitStatus, refuseUsage, say } from "./exit-status.ts";
import { stopRequested, tellStop, watchInterrupts } from "./interrupts.ts";
import { quoteWord } from "./quote.ts";
import { suggestion } from "./nearest.ts";
import { parseOptions } from "./options.ts";
import { outputFlushed } from "./run-output.ts";
import { whereWeWere } from "./run.ts";

async function main(words: readonly string[]): Promise<number> {
  const [first = "", ...rest] = words;
  if (first === "--version") return print([`sojourn ${version()}`]);
  if (first === "--help" || first === "-h") return printGeneralHelp();
  if (first === "" || first.startsWith("-")) return shell(words);
  const { findVerb, verbNames } = await import("./language/index.ts");
  const verb = findVerb(first);
  const wantsHelp = rest[0] === "--help" || rest[0] === "-h";
  if (verb && wantsHelp) return print(await (await import("./help.ts")).commandHelp(first));
  if (verb?.command) return verb.command(rest);
  if (!verb) {
    throw refuseUsage(`unknown verb ${first}${suggestion(first, verbNames())}; see sojourn --help`);
  }
  throw refuseUsage(
    `${first} is a line of the shell: type it at the prompt of sojourn, or put it in a script`,
  );
}

async function shell(words: readonly string[]): Promise<number> {
  const options = parseOptions(words, "session");
  if ("help" in options) return printGeneralHelp();
  if ("wrong" in options) throw refuseUsage(options.wrong);
  const [verb] = options.rest;
  if (verb !== undefined) {
    throw refuseUsage(
      `options go after the verb: sojourn ${verb} ${words[0]} … (see sojourn --help)`,
    );
  }
  const { runShell } = await import("./terminal/index.ts");
  return runShell(options.settings);
}

async function printGeneralHelp(): Promise<number> {
  return print((await import("./help.ts")).generalHelp());
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
  return ["sojourn", ...process.argv.slice(2)].map(quoteWord).join(" ");
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
