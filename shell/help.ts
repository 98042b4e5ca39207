// What `sojourn help` prints: the commands and the lines of the shell, from the table of verbs.

import { refuseUsage } from "./exit-status.ts";
import { findVerb, helpOn, type Verb, verbNames, verbTable } from "./language/index.ts";
import { suggestion } from "./nearest.ts";
import { flagLines, optionsHelp, type Scope } from "./options.ts";

export function generalHelp(): readonly string[] {
  const commands = verbTable.filter(({ command }) => command !== undefined);
  const lines = verbTable.filter(({ prepare }) => prepare !== undefined);
  const row = ({ name, help }: Verb): readonly string[] =>
    flagLines(`sojourn ${name}`, commandWidth, help);
  return [
    "sojourn: a cluster of computers inside Node, where running programs move from host to host",
    "",
    ...flagLines(
      "sojourn [OPTIONS]",
      commandWidth,
      "The shell on a cluster; its options are among those of `sojourn help script`.",
    ),
    ...commands.flatMap(row),
    ...flagLines("sojourn --version", commandWidth, "Tells the version."),
    "",
    "`sojourn help VERB` tells all about one of them, or about a line of the shell:",
    ...wrap(lines.map(({ name }) => name)),
    "",
    "Try: sojourn run --migrate 5ms=h3 --summary count 20",
  ];
}

function wrap(words: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > columnsMax) lines.push(`  ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

const columnsMax = 98;
const commandWidth = 26;

/** Those whose options stand in the table of options. */
const scopes: Readonly<Record<string, Scope>> = { run: "run", script: "script" };

/** Help on a command or a line of the shell. Throws a `Refusal` if there is no such thing. */
export async function commandHelp(name: string): Promise<readonly string[]> {
  const verb = findVerb(name);
  if (!verb) {
    throw refuseUsage(`no help on ${name}${suggestion(name, verbNames())}; see sojourn help`);
  }
  const scope = Object.hasOwn(scopes, name) ? scopes[name] : undefined;
  if (scope) return [...optionedHelp(verb, scope), "", ...endOf(name)];
  if (name === "soak") return (await import("./soak/index.ts")).soakHelp();
  if (name === "compare") return (await import("./compare-strategies/index.ts")).compareHelp();
  if (name === "compare-location") {
    return (await import("./compare/index.ts")).compareLocationHelp();
  }
  const where = verb.command ? "" : "a line of the shell:";
  return [...(where === "" ? [] : [where]), ...helpOn(name)];
}

function optionedHelp({ name, help, more = [], examples }: Verb, scope: Scope): readonly string[] {
  const usages = {
    run: "sojourn run [OPTIONS] PROGRAM [ARGUMENT…]",
    script: "sojourn script [OPTIONS] FILE…   (- is standard input)",
  };
  return [
    usages[name as keyof typeof usages],
    "",
    help,
    ...more,
    "",
    ...optionsHelp(scope),
    "",
    "For example:",
    ...examples.map((example) => `  ${example}`),
  ];
}

function endOf(name: string): readonly string[] {
  const statuses = [
    "Exit status: the program's own; 128 + signal; 64 bad usage or a program that cannot be run;",
    "70 a bug of ours; 74 a file of this machine; 75 deadlock; 124 a limit is spent; 130 Ctrl-C;",
    "135 a page died with its host; 137 the program died with its host; 141 output closed.",
  ];
  if (name === "run") {
    return [
      "PROGRAM without a slash is looked up in the guests' /bin and /usr/bin; with one, in the guests'",
      "tree and then on this machine. Options end at PROGRAM or --.",
      "",
      ...statuses,
    ];
  }
  return [
    "Exit status: 0; 1 a line failed; 64 a line does not parse; 74 a file of this machine; 75 deadlock;",
    "124 --max-time is spent; 130 Ctrl-C; 141 output closed; N after exit N. With --tap or --junit all",
    "files run, and the status is 0 or 1.",
  ];
}
