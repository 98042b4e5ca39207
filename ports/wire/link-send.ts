// The sending half of a connection: messages become packets, packets leave, acks come back.
//
//   queue ──(window has room)──> flight ──(ack passes it)──> gone
//                                  │ ^
//                    lost, or late └─┘ transmitted again, as a new transmission
//
// Transmissions are counted, and an ack names the latest that arrived. A packet is lost when one
// sent `reorderPackets` transmissions later has arrived and it has not; this also notices that a
// repetition was lost, and a repetition for nothing misleads nobody. Only when nothing arrives at
// all does the timeout repeat the first packet.

import { assert, must } from "../base/index.ts";
import type { Frame } from "./frame.ts";
import type { LinkOutput, Undelivered } from "./link-output.ts";
import { backOff, retransmissionTimeoutNs, sampleRoundTrip } from "./link-rtt.ts";
import {
  createQueue,
  createSending,
  type LinkState,
  never,
  type Packet,
  type Queue,
  type QueuedMessage,
  type Sending,
} from "./link-state.ts";
import { transmitData } from "./link-transmit.ts";

export function queueIsEmpty(queue: Queue): boolean {
  return queue.head === queue.messages.length;
}

/** Sends what the window allows. */
export function pump(link: LinkState, now: number, out: LinkOutput): void {
  const { queue, sending, config } = link;
  while (sending.flight.length < config.windowPackets && !queueIsEmpty(queue)) {
    const packet = takePacket(queue, sending, config.packetBytesMax);
    const seq = sending.next++;
    if (sending.flight.push(packet) === 1) {
      sending.retransmitAt = now + retransmissionTimeoutNs(link.roundTrip, config);
    }
    transmitPacket(link, packet, seq, now, out);
  }
}

function takePacket(queue: Queue, sending: Sending, bytesMax: number): Packet {
  const { message, tag } = must(queue.messages[queue.head], "first message of the queue");
  const at = queue.headBytes;
  const end = Math.min(message.length, at + bytesMax);
  if (end === message.length) {
    sending.outstanding.push({ tag, lastSeq: sending.next });
    dropFirst(queue);
  } else {
    queue.headBytes = end;
  }
  const left = message.length - at;
  const payload = message.subarray(at, end);
  return { payload, left, sentAt: 0, transmission: 0, tries: 0, arrived: false };
}

/** Takes constant time on average: used places are given back when they are most of the array. */
function dropFirst(queue: Queue): void {
  queue.headBytes = 0;
  queue.head++;
  const mostAreUsed = queue.head >= 1024 && queue.head * 2 >= queue.messages.length;
  if (!mostAreUsed && !queueIsEmpty(queue)) return;
  queue.messages.splice(0, queue.head);
  queue.head = 0;
}

function transmitPacket(
  link: LinkState,
  packet: Packet,
  seq: number,
  now: number,
  out: LinkOutput,
): void {
  packet.sentAt = now;
  packet.transmission = ++link.sending.transmissions;
  packet.tries++;
  const { payload, left, transmission } = packet;
  transmitData(link, { seq, payload, left, transmission }, out);
}

/** What the peer says has arrived. Acks out of the past, and of what was never sent, change nothing. */
export function onAck(link: LinkState, frame: Frame, now: number, out: LinkOutput): void {
  const { sending } = link;
  if (frame.ack < sending.unacked || frame.ack > sending.next) return;
  if (frame.arrived > sending.transmissions) return;
  const news = takeAcked(sending, frame.ack);
  for (const packet of markArrived(sending, frame)) news.push(packet);
  if (news.length === 0) return;
  learn(link, news, frame.arrived, now);
  sending.retransmitAt =
    sending.flight.length === 0
      ? never
      : now + retransmissionTimeoutNs(link.roundTrip, link.config);
  repeatLost(link, now, out);
}

/** Everything below `ack` leaves the flight. Returns the packets that we did not know about yet. */
function takeAcked(sending: Sending, ack: number): Packet[] {
  const gone = sending.flight.splice(0, ack - sending.unacked);
  sending.unacked = ack;
  const firstLeft = sending.outstanding.findIndex(({ lastSeq }) => lastSeq >= ack);
  sending.outstanding.splice(0, firstLeft < 0 ? sending.outstanding.length : firstLeft);
  return gone.filter((packet) => !packet.arrived);
}

function markArrived(sending: Sending, frame: Frame): Packet[] {
  const news: Packet[] = [];
  if (frame.selectiveLow === 0 && frame.selectiveHigh === 0) return news;
  for (let at = 1; at < sending.flight.length; at++) {
    const word = at <= 32 ? frame.selectiveLow : frame.selectiveHigh;
    const packet = sending.flight[at] as Packet;
    if (packet.arrived || ((word >>> ((at - 1) % 32)) & 1) === 0) continue;
    packet.arrived = true;
    news.push(packet);
  }
  return news;
}

/** How far the cable has got with our transmissions, and how long the latest one took. */
function learn(link: LinkState, news: readonly Packet[], arrived: number, now: number): void {
  const { sending, roundTrip } = link;
  sending.arrivedTransmission = Math.max(sending.arrivedTransmission, arrived);
  const latest = news.find(({ transmission }) => transmission === arrived);
  if (latest) sampleRoundTrip(roundTrip, now - latest.sentAt);
}

function repeatLost(link: LinkState, now: number, out: LinkOutput): void {
  const { sending, config } = link;
  const lostThrough = sending.arrivedTransmission - config.reorderPackets;
  sending.flight.forEach((packet, at) => {
    if (packet.arrived || packet.transmission > lostThrough) return;
    repeat(link, packet, { seq: sending.unacked + at, why: "hole" }, now, out);
  });
}

/** Nothing was heard for too long: the first packet goes out again, and the next wait is doubled. */
export function onRetransmitTimeout(link: LinkState, now: number, out: LinkOutput): void {
  const { sending, roundTrip, config } = link;
  const packet = must(sending.flight[0], "a packet to wait for");
  assert(!packet.arrived, "the first packet under way is not known to have arrived");
  backOff(roundTrip);
  sending.retransmitAt = now + retransmissionTimeoutNs(roundTrip, config);
  repeat(link, packet, { seq: sending.unacked, why: "timeout" }, now, out);
}

function repeat(
  link: LinkState,
  packet: Packet,
  what: { readonly seq: number; readonly why: "hole" | "timeout" },
  now: number,
  out: LinkOutput,
): void {
  link.counts.retransmits++;
  transmitPacket(link, packet, what.seq, now, out);
  out.note({ event: "link.retransmit", seq: what.seq, tries: packet.tries, why: what.why });
}

/** Empties queue and flight, and says whose fate is known. */
export function abandonSending(link: LinkState): Undelivered {
  const { queue, sending } = link;
  const waiting: readonly QueuedMessage[] = queue.messages.slice(queue.head);
  link.queue = createQueue();
  link.sending = createSending();
  return {
    definite: waiting.map(({ tag }) => tag),
    indefinite: sending.outstanding.map(({ tag }) => tag),
  };
}
