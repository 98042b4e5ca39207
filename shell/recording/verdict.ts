// What came of a replay, in one line.

import type { Recording, Verdict } from "../../cluster/index.ts";
import { parseRecord } from "../json.ts";
import { formatCount, formatDuration } from "../units.ts";

export function verdictLine(verdict: Verdict, recording: Recording): string {
  switch (verdict.is) {
    case "same": {
      const { events, commands, to, sha256 } = verdict;
      const part = to < recording.end ? `, of ${formatDuration(recording.end)}` : "";
      return (
        `replayed ${counted(events, "event")} and ${counted(commands, "command")} to ` +
        `${formatDuration(to)} virtual${part}: the same trace (sha256 ${sha256})`
      );
    }
    case "diverged": {
      const { event, now, recorded } = verdict;
      return `diverged at event ${formatCount(event)}: ${eventOf(now)}; recorded: ${eventOf(recorded)}`;
    }
    case "stopped":
      return `stopped at ${formatDuration(verdict.to)} virtual: nothing was compared`;
  }
}

export function counted(count: number, one: string): string {
  return `${formatCount(count)} ${one}${count === 1 ? "" : "s"}`;
}

/** An event of a trace for a person: `at 1.2 ms h2 msg.enqueue port=h1.1.17`. */
export function eventOf(line: string | null): string {
  if (line === null) return "no event";
  const { at, host, event, seq: _seq, ...ids } = parseRecord(line) ?? { event: line };
  const rest = Object.entries(ids).map(([name, value]) => ` ${name}=${textOf(value)}`);
  return `at ${formatDuration(Number(at))} ${textOf(host)} ${textOf(event)}${rest.join("")}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
