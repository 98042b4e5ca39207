// A send-once right gives exactly one message or one notification.
//
// Never two, at any time. At rest one, unless somebody still holds the right, or its port is dead.

import { deathOf, type History, lastHostOf, lostAfter } from "./history.ts";
import { countHolders, createHolders, followHolders } from "./holders.ts";
import {
  type CheckOptions,
  numberOf,
  textOf,
  type TraceEvent,
  type Violation,
} from "./violation.ts";

interface OnceRights {
  readonly made: Set<number>;
  /** How often each was taken in at its port. */
  readonly used: Map<number, number>;
  /** How often a notification by each was put in the queue. */
  readonly notified: Map<number, number>;
}

export function checkSendOnce(history: History, { quiet }: CheckOptions): readonly Violation[] {
  const found: Violation[] = [];
  const ports = new Map<string, OnceRights>();
  const holders = createHolders("send-once");
  for (const event of history.events) {
    followHolders(holders, event);
    const port = textOf(event, "port");
    const wrong = follow(ports, port, event);
    if (wrong === null) continue;
    const sentence = `${port}: ${wrong}`;
    found.push({ checker: "send-once", at: event.at, port, sentence });
  }
  if (!quiet) return found;
  for (const [port, { made, used }] of ports) {
    if (deathOf(history, port) || lostAfter(history, lastHostOf(history, port), 0)) continue;
    const unused = [...made].filter((count) => !used.has(count));
    const held = countHolders(holders, port);
    if (unused.length <= held) continue;
    const rights = `send-once rights ${unused.join(", ")} gave nothing`;
    const sentence = `${port}: ${rights}, and ${held === 0 ? "nobody holds" : `only ${held} hold`} one`;
    found.push({ checker: "send-once", at: history.end, port, sentence });
  }
  return found;
}

/** What is wrong with the event, or null. */
function follow(ports: Map<string, OnceRights>, port: string, event: TraceEvent): string | null {
  switch (event.event) {
    case "right.made":
      if (event["kind"] === "send-once") onceOf(ports, port).made.add(numberOf(event, "count"));
      return null;
    case "right.used":
      return again(onceOf(ports, port).used, numberOf(event, "count"), "was used");
    case "notify.queued":
      if (event["kind"] === "send-once" && numberOf(event, "via") === 0) {
        return "a notification came by no send-once right, or by one that was used";
      }
      return again(onceOf(ports, port).notified, numberOf(event, "via"), "gave a notification");
    default:
      return null;
  }
}

function onceOf(ports: Map<string, OnceRights>, port: string): OnceRights {
  let rights = ports.get(port);
  if (!rights) {
    ports.set(port, (rights = { made: new Set(), used: new Map(), notified: new Map() }));
  }
  return rights;
}

function again(times: Map<number, number>, count: number, what: string): string | null {
  if (count === 0) return null;
  const before = times.get(count) ?? 0;
  times.set(count, before + 1);
  return before === 0 ? null : `send-once right ${count} ${what} ${before + 1} times`;
}
