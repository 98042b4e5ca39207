// Verbs as commands of the command line: `sojourn VERB WORD…`. What each needs is loaded when it runs.

import { exitStatus, refuseUsage } from "../exit-status.ts";
import { parseOptions, type Scope, type Settings } from "../options.ts";

type Words = readonly string[];

export async function runProgram(words: Words): Promise<number> {
  const options = readOptions(words, "run");
  if (!options) return printHelp("run");
  return (await import("../run.ts")).runCommand(options.settings, options.rest);
}

export async function runFiles(words: Words): Promise<number> {
  const options = readOptions(words, "script");
  if (!options) return printHelp("script");
  const { settings, rest } = options;
  if (rest.length === 0) {
    throw refuseUsage(
      "script of what? usage: sojourn script [OPTIONS] FILE… (- is standard input)",
    );
  }
  const given = words.slice(0, words.length - rest.length);
  return (await import("./script.ts")).runScripts(rest, settings, given);
}

export async function runSoak(words: Words): Promise<number> {
  return (await import("../soak/index.ts")).soakCommand(words);
}

export async function runCompare(words: Words): Promise<number> {
  return (await import("../compare-strategies/index.ts")).compareCommand(words);
}

export async function runCompareLocation(words: Words): Promise<number> {
  return (await import("../compare/index.ts")).compareLocationCommand(words);
}

export function runHelp([verb]: Words): Promise<number> {
  return printHelp(verb);
}

async function printHelp(verb: string | undefined): Promise<number> {
  const { commandHelp, generalHelp } = await import("../help.ts");
  const lines = verb === undefined ? generalHelp() : await commandHelp(verb);
  process.stdout.write(`${lines.join("\n")}\n`);
  return exitStatus.ok;
}

/** Null if help was asked for. */
function readOptions(
  words: Words,
  scope: Scope,
): { readonly settings: Settings; readonly rest: Words } | null {
  const parsed = parseOptions(words, scope);
  if ("help" in parsed) return null;
  if ("wrong" in parsed) throw refuseUsage(parsed.wrong);
  return parsed;
}
