// What `sojourn help` prints: the commands, their options from the table, the lines of the shell.

import { optionsHelp } from "./options.ts";

export function generalHelp(): readonly string[] {
  return [
    "sojourn: a cluster of computers inside Node, where running programs move from host to host",
    "",
    "  sojourn [OPTIONS]                    the shell on a cluster",
    "  sojourn run [OPTIONS] PROGRAM …      one program, from start to end",
    "  sojourn script [OPTIONS] FILE…       the lines of files, or of standard input (-)",
    "  sojourn soak [OPTIONS]               random worlds in which ports move, read by checkers",
    "  sojourn compare-location [--json]    one workload under the five ways to find a port",
    "  sojourn help [VERB]                  all about a command, or about a line of the shell",
    "  sojourn --version",
    "",
    "Try: sojourn run --migrate 5ms=h3 --summary count 20",
  ];
}

/** Help on a command or a line of the shell; undefined if there is no such thing. */
export async function commandHelp(verb: string): Promise<readonly string[] | undefined> {
  if (verb === "run") return runHelp();
  if (verb === "script") return scriptHelp();
  if (verb === "soak") return (await import("./soak/index.ts")).soakHelp();
  if (verb === "compare-location") {
    return (await import("./compare/index.ts")).compareLocationHelp();
  }
  if (verb === "help") return generalHelp();
  const { findVerb, helpOn } = await import("./language/index.ts");
  return findVerb(verb) && ["a line of the shell:", ...helpOn(verb)];
}

function runHelp(): readonly string[] {
  return [
    "sojourn run [OPTIONS] PROGRAM [ARGUMENT…]",
    "",
    "Runs PROGRAM on a cluster of its own. Without a slash it is looked up in the guests' /bin and",
    "/usr/bin; with one, in the guests' tree and then on this machine. Options end at PROGRAM or --.",
    "",
    ...optionsHelp("run"),
    "",
    "Exit status: the program's own; 128 + signal; 64 bad usage or a program that cannot be run;",
    "70 a bug of ours; 74 a file of this machine; 75 deadlock; 124 a limit is spent; 130 Ctrl-C;",
    "135 a page died with its host; 137 the program died with its host; 141 output closed.",
  ];
}

function scriptHelp(): readonly string[] {
  return [
    "sojourn script [OPTIONS] FILE…   (- is standard input)",
    "",
    "Executes lines of the shell until one fails: status 1 and FILE:LINE. A line that does not",
    "parse: status 64.",
    "",
    ...optionsHelp("session"),
  ];
}
