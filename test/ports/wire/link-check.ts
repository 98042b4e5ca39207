// What must be true of any run of two links, whatever the cable and the hosts did.
//
//   once         no message is delivered twice, or in pieces
//   in order     within a connection, the delivered messages are the first ones of those sent
//   no mixing    a message sent on a connection is delivered to that incarnation or to none
//   outcomes     definite: never delivered; said once; of a sender that lives, each message is
//                either delivered or given back

import { type Entry, type World } from "./link-world.ts";

type Sent = Extract<Entry, { on: "sent" }>;
type Delivered = Extract<Entry, { on: "delivered" }>;

/** The first rule that is broken, in words; or null. Requires: the world is at rest. */
export function findFault(world: World): string | null {
  const sent = new Map<number, Sent>();
  const delivered = new Map<number, Delivered>();
  const outcomes = new Map<number, "definite" | "indefinite">();
  for (const entry of world.log) {
    if (entry.on === "sent") sent.set(entry.tag, entry);
    if (entry.on === "delivered") {
      const origin = sent.get(entry.tag);
      if (entry.fault) return `${entry.tag}: ${entry.fault}`;
      if (delivered.has(entry.tag)) return `${entry.tag}: delivered twice`;
      if (!origin || origin.host === entry.host) return `${entry.tag}: from nowhere`;
      if (origin.bound !== null && origin.bound !== entry.incarnation) {
        return `${entry.tag}: sent to ${origin.bound}, delivered to ${entry.incarnation}`;
      }
      delivered.set(entry.tag, entry);
    }
    if (entry.on === "definite" || entry.on === "indefinite") {
      if (outcomes.has(entry.tag)) return `${entry.tag}: two outcomes`;
      outcomes.set(entry.tag, entry.on);
    }
  }
  for (const [tag, outcome] of outcomes) {
    if (outcome === "definite" && delivered.has(tag)) return `${tag}: definite, but delivered`;
  }
  return findUnanswered(world, sent, delivered, outcomes) ?? findDisorder(sent, delivered);
}

function findUnanswered(
  world: World,
  sent: Map<number, Sent>,
  delivered: Map<number, Delivered>,
  outcomes: Map<number, string>,
): string | null {
  for (const [tag, { host, incarnation }] of sent) {
    const lives = world.hosts[host].up && world.hosts[host].incarnation === incarnation;
    if (lives && !delivered.has(tag) && !outcomes.has(tag)) return `${tag}: no outcome`;
  }
  return null;
}

/** Tags count upwards, so order shows in them; a gap would be a message that was skipped. */
function findDisorder(sent: Map<number, Sent>, delivered: Map<number, Delivered>): string | null {
  const streams = new Map<string, Delivered[]>();
  for (const entry of delivered.values()) {
    const name = `${entry.host}.${entry.incarnation} from ${entry.from}`;
    streams.set(name, [...(streams.get(name) ?? []), entry]);
  }
  for (const [name, stream] of streams) {
    let last = 0;
    for (const { tag } of stream) {
      if (tag <= last) return `${tag}: after ${last} in ${name}`;
      last = tag;
    }
    const first = stream[0] as Delivered;
    for (const origin of sent.values()) {
      const between = origin.tag > first.tag && origin.tag < last;
      const same = origin.host !== first.host && origin.incarnation === first.from;
      const bound = origin.bound === null || origin.bound === first.incarnation;
      if (between && same && bound && !delivered.has(origin.tag)) {
        return `${origin.tag}: skipped in ${name}`;
      }
    }
  }
  return null;
}
