// Journeys are short and end: how often a send is put on a cable, and when its sender has an answer.
//
//   hops    a forwarder passes a message on to a later place of the port only, so one try visits each
//           host at most once; each refusal "moved" tells a later place than the sender knew, so a
//           send is refused at most once for each move that the port ever made, once where nothing
//           is known of it, and once more for each host that was lost and whose answer is missing
//   quiet   at rest every send has an outcome, and every port that left a host is on another
//   live    the outcome comes within a stated time after the network is whole; and while no host is
//           lost nobody gives a port up
//
// A send that waits for room waits for the receiver, for as long as that takes.

import { deathOf, type History, lostAfter, type MessageHistory, movesBefore } from "./history.ts";
import { underWayFor } from "./receivers.ts";
import type { CheckOptions, Violation } from "./violation.ts";

/**
 * A link tries again at least each 0.2 s, a host is held for dead after 5 s of silence and a search
 * asks each host again after that: a send has gone through all of it twice by then.
 */
export const liveWithinNs = 20_000_000_000;

/** How often one place may say that it does not know the port: `patience` in `ports/location.ts`. */
const patienceMax = 8;

export function checkHops(history: History): readonly Violation[] {
  const found: Violation[] = [];
  for (const message of history.messages.values()) {
    const wrong = hopsOf(history, message);
    if (wrong === null) continue;
    const { msg, port, sent } = message;
    const sentence = `message ${msg} to ${port} ${wrong}`;
    found.push({ checker: "hops", at: sent.at, port, msg, sentence });
  }
  return found;
}

function hopsOf(history: History, message: MessageHistory): string | null {
  const { port, sent, queued, refused, resent, relayed } = message;
  const starts = [sent, ...resent].map(({ index }) => index);
  for (const [place, start] of starts.entries()) {
    const end = starts[place + 1] ?? Number.POSITIVE_INFINITY;
    const relays = relayed.filter(({ index }) => index > start && index < end).length;
    if (relays > history.hosts) return `was passed on ${relays} times by ${history.hosts} hosts`;
  }
  const end = queued[0]?.index ?? Number.POSITIVE_INFINITY;
  const moves = movesBefore(history, port, end);
  const losses = [...history.losses.values()].reduce((sum, times) => sum + times.length, 0);
  const places = moves + 1 + losses;
  const times = (what: string): number => refused.filter(({ answer }) => answer === what).length;
  if (times("moved") > places || times("unknown") > places * patienceMax) {
    const chased = times("moved") + times("unknown");
    return `was refused ${chased} times for a port that moved ${moves} times`;
  }
  const hops = queued[0]?.hops ?? 0;
  const known = 1 + resent.length + relayed.length;
  if (hops > known) return `came after ${hops} hops; the trace has ${known}`;
  return null;
}

export function checkQuiet(history: History, { quiet }: CheckOptions): readonly Violation[] {
  if (!quiet) return [];
  const found: Violation[] = [];
  for (const message of history.messages.values()) {
    if (!waits(history, message)) continue;
    const { msg, port, sent } = message;
    const sentence = `message ${msg} from ${sent.host} to ${port} has no outcome`;
    found.push({ checker: "quiet", at: history.end, port, msg, sentence });
  }
  for (const ports of history.ports.values()) {
    const left = underWayFor(history, ports);
    if (!left) continue;
    const { port } = ports;
    const sentence = `${port} left ${left.host} and came nowhere`;
    found.push({ checker: "quiet", at: left.at, port, sentence });
  }
  return found;
}

/** Whether its sender waits for an outcome, with no reason to. */
function waits(history: History, message: MessageHistory): boolean {
  const { sent, outcomes, port } = message;
  if (outcomes.length > 0 || lostAfter(history, sent.host, sent.index)) return false;
  return !isFull(history, port);
}

/** Whether the port's queue is as long as it may be: nobody receives. */
function isFull(history: History, port: string): boolean {
  const limit = history.ports.get(port)?.limit ?? Number.POSITIVE_INFINITY;
  if (deathOf(history, port)) return false;
  let length = 0;
  for (const { port: to, queued, received, destroyed } of history.messages.values()) {
    if (to === port && queued.length > 0 && received.length + destroyed.length === 0) length++;
  }
  return length >= limit;
}

export function checkLive(history: History, options: CheckOptions): readonly Violation[] {
  const { quiet, healedAt = lastMended(history) } = options;
  const found = gaveUp(history);
  if (!quiet) return found;
  for (const message of history.messages.values()) {
    const outcome = message.outcomes[0];
    if (!outcome || message.refused.some(({ answer }) => answer === "full")) continue;
    const since = Math.max(healedAt, message.sent.at);
    if (outcome.at <= since + liveWithinNs) continue;
    const { msg, port } = message;
    const late = `${(outcome.at - since) / 1_000_000_000} s`;
    const sentence = `message ${msg} to ${port} had its outcome ${late} after all was whole`;
    found.push({ checker: "live", at: outcome.at, port, msg, sentence });
  }
  return found;
}

const faults = /^(?:cable\.(?:cut|heal|delay)|host\.(?:crash|restart|pause|continue))$/;

/** When the operator last broke or mended something. */
function lastMended({ events }: History): number {
  return events.findLast(({ event }) => faults.test(event))?.at ?? 0;
}

function gaveUp({ ports, losses }: History): Violation[] {
  if (losses.size > 0) return [];
  return [...ports.values()].flatMap(({ port, steps }) => {
    const step = steps.find(({ what }) => what === "unreachable");
    const sentence = `${step?.host ?? ""} gave ${port} up, and no host was lost`;
    return step ? [{ checker: "live", at: step.at, port, sentence } as const] : [];
  });
}
