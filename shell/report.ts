// `--report FILE`: the outcome of a run for programs to read.
//
//   outcome    exit, signal, page-lost, host-lost, not-run, deadlock, max-time, max-instructions,
//              left (by a planned line), stopped, input-failed
//   status     as this process exits with it;  signal: 0 if none
//   line       what was said on standard error, or null
//   moves      one row a stop, times in virtual ns;  residuals: what was left at the end

import type { RunFacts } from "./run-facts.ts";

export function reportText(facts: RunFacts): string {
  const { outcome, status, signal, line, moves, residuals, counters, hash, ...more } = facts;
  const report = { outcome, status, signal, line, ...more, moves, residuals, counters, hash };
  return `${JSON.stringify(report, null, 2)}\n`;
}
