// Checkers: they read a trace and say which rules of ports it breaks. `docs/forwarding.md` has the
// rules; each checker has a planted bug that it catches (`ports/plant.ts`).

import { readHistory } from "./history.ts";
import { checkHops, checkLive, checkQuiet } from "./journeys.ts";
import { checkDuplicate, checkFifo, checkLoss, checkOutcome } from "./messages.ts";
import { checkNoSenders } from "./no-senders.ts";
import { checkReceiver } from "./receivers.ts";
import { checkRights } from "./rights.ts";
import { checkSendOnce } from "./send-once.ts";
import type { CheckOptions, TraceEvent, Violation } from "./violation.ts";

export { type EndedTask, unexplained } from "./damage.ts";
export { liveWithinNs } from "./journeys.ts";
export { leaks, type ServersLeft } from "./leaks.ts";
export {
  checkLedger,
  type LedgerEnd,
  type LedgerRun,
  type LedgerTask,
  type LedgerTrial,
  type LedgerViolation,
} from "./ledger.ts";
export type { CheckerName, CheckOptions, TraceEvent, Violation } from "./violation.ts";

const atAnyTime: CheckOptions = { quiet: false };

/** All violations, in the order in which they show. Requires: events in the order of the trace. */
export function checkTrace(
  events: readonly TraceEvent[],
  options: CheckOptions = atAnyTime,
): readonly Violation[] {
  const history = readHistory(events);
  const found = [
    ...checkReceiver(history),
    ...checkDuplicate(history),
    ...checkOutcome(history),
    ...checkLoss(history, options),
    ...checkFifo(history),
    ...checkRights(history, options),
    ...checkSendOnce(history, options),
    ...checkNoSenders(history, options),
    ...checkHops(history),
    ...checkQuiet(history, options),
    ...checkLive(history, options),
  ];
  return found.sort((a, b) => a.at - b.at);
}

const areas = /"event":"(?:ipc|port|right|notify|host|task|cable)\.|"event":"link\.dead"/;

/** The events of a trace that checkers look at; the header line is none. */
export function eventsToCheck(trace: string): readonly TraceEvent[] {
  return trace
    .split("\n")
    .filter((line) => areas.test(line))
    .map((line) => JSON.parse(line) as TraceEvent);
}

/** All events of a trace. */
export function eventsToRead(trace: string): readonly TraceEvent[] {
  const lines = trace.split("\n").filter((line) => line.startsWith('{"at":'));
  return lines.map((line) => JSON.parse(line) as TraceEvent);
}
