// `--summary`: what moved, what each stop cost, what it left behind, and what the run took.
//
//   stop  host  arrived virtual  strategy  freeze virtual  pages moved  owed  left behind

import type { RunFacts, Stop } from "./run-facts.ts";
import { formatCount, formatDuration, formatSize } from "./units.ts";

const columns = [
  { head: "stop", right: true },
  { head: "host", right: false },
  { head: "arrived virtual", right: true },
  { head: "strategy", right: false },
  { head: "freeze virtual", right: true },
  { head: "pages moved", right: true },
  { head: "bytes", right: true },
  { head: "owed", right: true },
  { head: "left behind", right: false },
] as const;

export function summaryLines(facts: RunFacts): readonly string[] {
  const { counters, residuals, movesFailed, moves } = facts;
  const missing = Object.entries(counters.missingCalls).map(([name, count]) => `${name} ×${count}`);
  return [
    `summary of ${facts.args.join(" ")}`,
    ...stopsTable(facts.home, moves),
    `outcome ${facts.outcome}, status ${facts.status}`,
    `virtual time ${formatDuration(facts.virtualNs)}`,
    `instructions ${counters.instructions}`,
    `moves ${moves.length}${movesFailed > 0 ? `, and ${movesFailed} refused or aborted` : ""}`,
    ...facts.refusals.map((refusal) => `not moved: ${refusal}`),
    ...(residuals.length === 0 ? ["residuals none"] : []),
    ...residuals.map(({ on, sentence }) => `residual on ${on}: ${sentence}`),
    `missing calls ${missing.length === 0 ? "none" : missing.join(", ")}`,
    `packets ${formatCount(counters.packets)}, lost ${formatCount(counters.packetsLost)}`,
    `trace hash ${facts.hash}`,
  ];
}

function stopsTable(home: string, moves: readonly Stop[]): readonly string[] {
  const rows = [
    ["0", home, "0 ns", "", "", "", "", "", ""],
    ...moves.map((stop, index) => stopRow(index + 1, stop)),
  ];
  const heads = columns.map(({ head }) => head);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [heads, ...rows].map((row) => lineOf(row, widths));
}

function stopRow(number: number, stop: Stop): readonly string[] {
  const { arrivedNs, freezeNs, owed, from } = stop;
  const plural = owed === 1 ? "page" : "pages";
  return [
    String(number),
    stop.host,
    arrivedNs === null ? "never" : formatDuration(arrivedNs),
    stop.strategy,
    freezeNs === null ? "no end" : formatDuration(freezeNs),
    formatCount(stop.pages),
    formatSize(stop.bytes),
    formatCount(owed),
    owed === 0 ? "nothing" : `${formatCount(owed)} ${plural} on ${from}`,
  ];
}

function lineOf(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, column) => {
    const width = widths[column] ?? 0;
    return columns[column]?.right ? cell.padStart(width) : cell.padEnd(width);
  });
  return cells.join("  ").trimEnd();
}
