// Messages: none is lost, none comes twice, outcomes are true, and each sender's arrive in order.
//
//   loss        what was taken into a queue comes out of it, unless a host that had it is lost
//   duplicate   it is queued once and received once
//   outcome     one for each send; "not sent" is certain: such a message reaches nobody
//   fifo        messages of one thread to one port are received as they were sent
//
// A queue is first in, first out: a message that was queued before another that has been received,
// and has not itself been received, is lost, whatever may still come.

import {
  deathOf,
  type History,
  lastHostOf,
  lostAfter,
  type MessageHistory,
  queueLostAfter,
} from "./history.ts";
import { type CheckOptions, isKernelPort, type Violation } from "./violation.ts";

/** Messages in the order in which each port queued them. */
function byQueue({ messages }: History): ReadonlyMap<string, readonly MessageHistory[]> {
  const queued = [...messages.values()].filter((message) => message.queued.length > 0);
  queued.sort((a, b) => (a.queued[0]?.index ?? 0) - (b.queued[0]?.index ?? 0));
  return grouped(queued, ({ port }) => port);
}

function grouped(
  messages: readonly MessageHistory[],
  keyOf: (message: MessageHistory) => string,
): ReadonlyMap<string, readonly MessageHistory[]> {
  const groups = new Map<string, MessageHistory[]>();
  for (const message of messages) {
    const group = groups.get(keyOf(message));
    if (group) group.push(message);
    else groups.set(keyOf(message), [message]);
  }
  return groups;
}

export function checkLoss(history: History, { quiet }: CheckOptions): readonly Violation[] {
  const found: Violation[] = [];
  for (const [port, messages] of byQueue(history)) {
    if (isKernelPort(port)) continue; // its owner keeps messages for tasks that are on their way
    const last = messages.findLastIndex(({ received }) => received.length > 0);
    for (const [place, message] of messages.entries()) {
      if (cameOut(message) || !(quiet || place < last)) continue;
      const queued = message.queued[0] ?? message.sent;
      if (queueLostAfter(history, port, queued)) continue;
      if (place > last && deathOf(history, port)) continue;
      const why = place < last ? "a later one was received, it was not" : "nobody received it";
      found.push(lost(message, queued.at, `was queued on ${queued.host}; ${why}`));
    }
  }
  return [...found, ...neverQueued(history), ...destroyedInVain(history)];
}

function cameOut({ received, destroyed }: MessageHistory): boolean {
  return received.length > 0 || destroyed.length > 0;
}

/** Messages whose senders were told that they were sent. */
function neverQueued(history: History): readonly Violation[] {
  const found: Violation[] = [];
  for (const message of history.messages.values()) {
    const outcome = message.outcomes[0];
    if (outcome?.code !== 0 || message.queued.length > 0 || cameOut(message)) continue;
    if (deathOf(history, message.port)) continue;
    if (lostAfter(history, lastHostOf(history, message.port), 0)) continue;
    if (!outcome.definite && history.losses.size > 0) continue;
    const told = outcome.definite ? "sent" : "perhaps sent, and no host was lost";
    found.push(lost(message, outcome.at, `was reported as ${told}; no port queued it`));
  }
  return found;
}

/** Messages are destroyed with their port; or if they carry the port that they are for. */
function destroyedInVain(history: History): readonly Violation[] {
  const found: Violation[] = [];
  for (const message of history.messages.values()) {
    const [destroyed] = message.destroyed;
    if (!destroyed || message.carriesReceive || history.losses.size > 0) continue;
    if (deathOf(history, message.port)) continue;
    found.push(lost(message, destroyed.at, `was destroyed on ${destroyed.host}; its port lives`));
  }
  return found;
}

function lost({ msg, port }: MessageHistory, at: number, what: string): Violation {
  return { checker: "loss", at, port, msg, sentence: `message ${msg} to ${port} ${what}` };
}

export function checkDuplicate({ messages }: History): readonly Violation[] {
  const found: Violation[] = [];
  for (const { msg, port, queued, received, destroyed } of messages.values()) {
    const report = (at: number, what: string): void => {
      const sentence = `message ${msg} to ${port} was ${what}`;
      found.push({ checker: "duplicate", at, port, msg, sentence });
    };
    const [first, second] = queued;
    if (first && second) report(second.at, `queued on ${first.host} and again on ${second.host}`);
    if (received[1]) report(received[1].at, "received twice");
    if (received[0] && destroyed[0]) report(destroyed[0].at, "received and destroyed");
  }
  return found;
}

export function checkOutcome({ messages }: History): readonly Violation[] {
  const found: Violation[] = [];
  for (const { msg, port, queued, received, outcomes } of messages.values()) {
    const report = (at: number, what: string): void => {
      const sentence = `message ${msg} to ${port} ${what}`;
      found.push({ checker: "outcome", at, port, msg, sentence });
    };
    const [outcome, again] = outcomes;
    if (again) report(again.at, "has two outcomes");
    const reached = queued[0] ?? received[0];
    if (!outcome || outcome.code === 0 || !reached) continue;
    report(reached.at, `was reported as not sent (code ${outcome.code}), and was queued`);
  }
  return found;
}

export function checkFifo({ messages }: History): readonly Violation[] {
  const found: Violation[] = [];
  const ordered = [...messages.values()].filter(({ once }) => !once);
  const threads = grouped(ordered, threadAndPort);
  for (const sent of threads.values()) {
    let before: MessageHistory | null = null;
    for (const message of sent) {
      const came = message.received[0];
      if (!came) continue;
      const { msg, port, by } = message;
      if (before && came.index < (before.received[0]?.index ?? 0)) {
        const sentence = `${by} sent ${before.msg} before ${msg}; ${port} received ${msg} first`;
        found.push({ checker: "fifo", at: came.at, port, msg, sentence });
      } else before = message;
    }
  }
  return found;
}

/** A host's own threads end with its incarnation, which the message's number names. */
function threadAndPort({ by, port, msg }: MessageHistory): string {
  const incarnation = by.startsWith("h") ? (msg.split(".")[1] ?? "") : "";
  return `${by} ${incarnation} ${port}`;
}
