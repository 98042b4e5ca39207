// `sojourn compare-location`: one workload under the five ways to find a port that has moved.

import { checkTrace, eventsToCheck } from "../../cluster/index.ts";
import { locationNames } from "../../ports/index.ts";
import { exitStatus, refuseUsage, say } from "../exit-status.ts";
import { writeOutput } from "../run-output.ts";
import { formatCount, formatDuration } from "../units.ts";
import { type Column, formatTable } from "../view-table.ts";
import { measure, type PolicyMeasures } from "./measure.ts";
import { lostWhenCrashes, path, rounds, runWorkload, senders, threads } from "./workload.ts";

export function compareLocationHelp(): readonly string[] {
  return [
    "sojourn compare-location [--json]",
    "",
    "Runs one workload under each policy: a port moves from h1 over h2 and h3 to h4 while three other",
    `hosts send to it, ${threads.length} threads each, ${rounds} messages a thread. All figures are virtual.`,
    "",
    "  wire         packets and bytes on all cables",
    "  extra hops   times that messages were put on a cable beyond the first",
    "  old path     most messages of a thread that went to a host that the port had left, for a move",
    "  control      messages between hosts about the port, a move",
    "  delay        from sending to the port's queue: mean; then of the first message of each thread",
    "               after each move: mean and worst",
    "  left         bytes that finding the port again depends on, on each host, while it lives",
    "  lost         of three messages, when that host crashes after the last move",
    "",
    "Exit status: 0; 1 a checker found a violation; 64 bad usage.",
  ];
}

/** Returns the exit status. Throws a `Refusal` for options that cannot be. */
export async function compareLocationCommand(
  words: readonly string[],
  print: (lines: readonly string[]) => void = printLines,
): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) {
    print(compareLocationHelp());
    return exitStatus.ok;
  }
  const wrong = words.find((word) => word !== "--json");
  if (wrong !== undefined) {
    throw refuseUsage(`compare-location: expected nothing or --json, got ${wrong}`);
  }
  const { policies, violation } = await comparePolicies();
  if (violation !== null) {
    say(violation);
    return exitStatus.failed;
  }
  const workload = { path, senders, threads: threads.length, rounds };
  print(words.includes("--json") ? [JSON.stringify({ workload, policies })] : tables(policies));
  return exitStatus.ok;
}

export interface Comparison {
  readonly policies: readonly PolicyMeasures[];
  /** What a checker complained of, first. */
  readonly violation: string | null;
}

export async function comparePolicies(): Promise<Comparison> {
  const policies: PolicyMeasures[] = [];
  for (const policy of locationNames) {
    const run = await runWorkload(policy);
    const [violation] = checkTrace(eventsToCheck(run.trace), { quiet: true });
    if (violation) {
      return { policies, violation: `${policy}: ${violation.checker}: ${violation.sentence}` };
    }
    const lost: Record<string, number> = {};
    for (const host of path) lost[host] = await lostWhenCrashes(policy, host);
    policies.push(measure(policy, run, lost));
  }
  return { policies, violation: null };
}

const costs: readonly Column<PolicyMeasures>[] = [
  { head: "policy", cell: ({ policy }) => policy },
  { head: "packets", cell: ({ wire }) => formatCount(wire.packets) },
  { head: "bytes", cell: ({ wire }) => formatCount(wire.bytes) },
  { head: "extra hops", cell: ({ extraHops }) => extraHops },
  { head: "old path", cell: ({ oldPathMax }) => oldPathMax },
  { head: "control/move", cell: ({ controlMessagesPerMove }) => controlMessagesPerMove },
  { head: "delay", cell: ({ delayNs }) => formatDuration(delayNs.mean) },
  { head: "after a move", cell: ({ delayAfterMoveNs }) => formatDuration(delayAfterMoveNs.mean) },
  { head: "worst", cell: ({ delayAfterMoveNs }) => formatDuration(delayAfterMoveNs.worst) },
];

const remains: readonly Column<PolicyMeasures>[] = [
  { head: "policy", cell: ({ policy }) => policy },
  ...path.map((host) => ({
    head: `left on ${host}`,
    cell: (measures: PolicyMeasures) => leftText(measures, host),
  })),
  ...path.map((host) => ({
    head: `lost with ${host}`,
    cell: ({ lostWhenCrashes }: PolicyMeasures) => lostWhenCrashes[host] ?? 0,
  })),
];

function leftText({ leftBehind }: PolicyMeasures, host: string): string {
  const left = leftBehind.find((entry) => entry.host === host);
  if (!left || left.bytes === 0) return "-";
  const bytes = `${left.bytes} B`;
  return left.stays ? `${bytes} to its death` : `${bytes} for ${formatDuration(left.forNs)}`;
}

function tables(policies: readonly PolicyMeasures[]): readonly string[] {
  return [
    `${formatCount(policies[0]?.messages ?? 0)} messages, ${policies[0]?.moves ?? 0} moves; times are virtual.`,
    "",
    ...formatTable(costs, policies),
    "",
    ...formatTable(remains, policies),
  ];
}

function printLines(lines: readonly string[]): void {
  writeOutput(1, Buffer.from(lines.map((line) => `${line}\n`).join("")));
}
