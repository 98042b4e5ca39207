// The receiving half of a connection: packets in any order become messages in theirs.
//
//   seq < next            had it: the ack was lost, so another goes out at once
//   seq = next            taken, and with it all that came early and now fits
//   next < seq < next+w   kept; an ack at once shows the hole
//   beyond                no sender of ours does this: dropped

import { assert } from "../base/index.ts";
import type { Frame } from "./frame.ts";
import type { LinkOutput } from "./link-output.ts";
import { type EarlyPacket, type LinkState, never, type Receiving } from "./link-state.ts";

export function onData(link: LinkState, frame: Frame, now: number, out: LinkOutput): void {
  const { receiving, config } = link;
  receiving.arrivedTransmission = Math.max(receiving.arrivedTransmission, frame.transmission);
  const place = frame.seq % config.windowPackets;
  if (frame.seq < receiving.next || receiving.early[place]) {
    link.counts.duplicates++;
    receiving.ackAt = now;
    return;
  }
  if (frame.seq >= receiving.next + config.windowPackets || frame.left > config.messageBytesMax) {
    link.counts.malformed++;
    out.note({ event: "link.beyond-window", seq: frame.seq });
    return;
  }
  oweAck(link, now);
  if (frame.seq > receiving.next) {
    receiving.early[place] = { payload: frame.payload.slice(), left: frame.left };
    receiving.earlyCount++;
    receiving.ackAt = now;
    return;
  }
  if (receiving.earlyCount > 0) receiving.ackAt = now;
  take(link, frame, out);
  takeEarly(link, receiving, out);
}

function oweAck(link: LinkState, now: number): void {
  const { receiving, config } = link;
  receiving.ackOwed++;
  const wait = receiving.ackOwed >= config.ackPackets ? 0 : config.ackDelayNs;
  receiving.ackAt = Math.min(receiving.ackAt, now + wait);
}

/** Ends because every round empties a place; a callback that closes the connection ends it too. */
function takeEarly(link: LinkState, receiving: Receiving, out: LinkOutput): void {
  while (link.receiving === receiving && receiving.earlyCount > 0) {
    const place = receiving.next % receiving.early.length;
    const packet = receiving.early[place];
    if (!packet) return;
    receiving.early[place] = null;
    receiving.earlyCount--;
    take(link, packet, out);
  }
}

/** The next packet in order. An ack that passes it means: its message has been handed over. */
function take(link: LinkState, packet: EarlyPacket, out: LinkOutput): void {
  const { receiving } = link;
  receiving.next++;
  const message = assemble(receiving, packet);
  if (!message) return;
  link.counts.messagesDelivered++;
  out.deliver(message);
}

/** The message that this packet completes, if it does. */
function assemble(receiving: Receiving, { payload, left }: EarlyPacket): Uint8Array | null {
  if (!receiving.partial) {
    if (payload.length === left) return payload;
    receiving.partial = new Uint8Array(left);
    receiving.partialBytes = 0;
  }
  const whole = receiving.partial;
  const at = receiving.partialBytes;
  assert(left === whole.length - at, "packets of a message follow each other");
  whole.set(payload, at);
  receiving.partialBytes = at + payload.length;
  if (receiving.partialBytes < whole.length) return null;
  receiving.partial = null;
  receiving.partialBytes = 0;
  return whole;
}

export function ackIsDue(receiving: Receiving, now: number): boolean {
  return receiving.ackAt !== never && receiving.ackAt <= now;
}
