// Verbs that run clusters of their own: scripts in files, and experiments.

import { onStop } from "../interrupts.ts";
import { locationNames, plantNames } from "../../ports/index.ts";
import { anyOf, fileKind, type Kind } from "./arguments.ts";
import { runCompare, runCompareLocation, runFiles, runSoak } from "./commands.ts";
import { verbOptions } from "./option-kinds.ts";
import { done, failed, type Outcome } from "./outcome.ts";
import type { Session } from "./session.ts";
import type { Action, Verb } from "./verb.ts";

const wordsOf = (name: string, words: readonly string[]): Kind<string> =>
  anyOf(name, { from: "words", words });

export const toolVerbs: readonly Verb[] = [
  {
    name: "script",
    usage: "script [OPTIONS] FILE…",
    topic: "script",
    help: "Executes files of lines, each in a cluster of its own, until a line fails.",
    examples: ["sojourn script docs/examples/where.sojourn", "sojourn script --tap *.sojourn"],
    more: [
      "- is standard input. Status 1: a line failed, told as FILE:LINE; 64: one does not parse, and",
      "nothing has run. In a session, `source FILE` executes a file in the cluster that is there.",
    ],
    words: [fileKind],
    options: verbOptions("script"),
    command: runFiles,
  },
  {
    name: "soak",
    usage: "soak [--seeds N] [--first-seed S] [--location POLICY] [--plant BUG] [--json]",
    topic: "tools",
    help: "Runs random worlds in which ports and jobs move, and has checkers read their traces.",
    examples: ["soak --seeds 20", "soak --seeds 5 --location relay"],
    more: ["It has clusters of its own: nothing happens here. `sojourn soak --help` tells more."],
    options: [
      { name: "--seeds", value: anyOf("N"), help: "So many worlds, one a seed." },
      { name: "--first-seed", value: anyOf("S"), help: "The first of the seeds." },
      { name: "--location", value: wordsOf("POLICY", locationNames), help: "How ports are found." },
      { name: "--plant", value: wordsOf("BUG", plantNames), help: "Makes a bug on purpose." },
      { name: "--json", value: null, help: "Prints the report as JSON." },
    ],
    prepare: ({ args }) => ({ run: soak(args) }),
    command: runSoak,
  },
  {
    name: "compare",
    usage:
      "compare [--image SIZE] [--dirty SIZE] [--working-set SIZE] [--sweep image=SIZE..SIZE] [--json]",
    topic: "tools",
    help: "Moves one task once by each strategy, and prints what that cost whom.",
    examples: [
      "compare",
      "compare --image 16MiB --dirty 2MiB",
      "compare --sweep image=1MiB..64MiB",
    ],
    more: [
      "It has clusters of its own: nothing happens here. `sojourn compare --help` tells more.",
    ],
    options: [
      { name: "--image", value: anyOf("SIZE"), help: "Of the file that the task maps (4MiB)." },
      { name: "--dirty", value: anyOf("SIZE"), help: "What it has written of it (1MiB)." },
      { name: "--working-set", value: anyOf("SIZE"), help: "What it goes on writing (512KiB)." },
      { name: "--profile", value: anyOf("NAME"), help: "What things cost (lan)." },
      { name: "--read-ahead", value: anyOf("N"), help: "Pages that come with one touched (0)." },
      { name: "--rounds", value: anyOf("N"), help: "Pre-copy: at most so many rounds (8)." },
      {
        name: "--stop-below",
        value: anyOf("SIZE"),
        help: "Pre-copy: dirty bytes for no more (64KiB).",
      },
      { name: "--sweep", value: anyOf("image=SIZE..SIZE"), help: "Images of sizes, by doubling." },
      { name: "--json", value: null, help: "Prints the figures as JSON." },
    ],
    prepare: ({ args }) => ({ run: compare(args) }),
    command: runCompare,
  },
  {
    name: "compare-location",
    usage: "compare-location [--json]",
    topic: "tools",
    help: "Runs one workload under each of the five ways to find a port that has moved.",
    examples: ["compare-location"],
    more: ["It has clusters of its own: nothing happens here."],
    options: [{ name: "--json", value: null, help: "Prints the figures as JSON." }],
    prepare: ({ args }) => ({ run: compareLocation(args) }),
    command: runCompareLocation,
  },
];

function soak(args: readonly string[]): Action {
  return (session) =>
    apart(session, "no violation", async (desk) => {
      return (await import("../soak/index.ts")).soakCommand(args, desk);
    });
}

function compare(args: readonly string[]): Action {
  return (session) =>
    apart(session, "equal outputs", async (desk) => {
      return (await import("../compare-strategies/index.ts")).compareCommand(args, desk.print);
    });
}

function compareLocation(args: readonly string[]): Action {
  return (session) =>
    apart(session, "no violation", async (desk) => {
      return (await import("../compare/index.ts")).compareLocationCommand(args, desk.print);
    });
}

/** Where a command that was made for the command line prints, and who may stop it. */
interface Desk {
  readonly print: (lines: readonly string[]) => void;
  readonly stopped: () => boolean;
}

/** Runs it beside the session: the session's own way to stop is back afterwards. */
async function apart(
  session: Session,
  expected: string,
  command: (desk: Desk) => Promise<number>,
): Promise<Outcome> {
  let interrupted = false;
  const before = onStop(() => session.interrupt());
  try {
    const status = await command({
      print: (lines) => {
        for (const line of lines) session.print(line);
      },
      stopped: () => (interrupted ||= session.takeInterrupt()),
    });
    if (interrupted) return session.unmet("all worlds to run", "interrupted");
    return status === 0 ? done : failed(expected, "the one above", status);
  } finally {
    onStop(before);
  }
}
