// Every frame of a link is made here, so that each of them carries the newest ack.

import { encodeFrame, type Frame, type FrameKind, incarnationUnknown } from "./frame.ts";
import type { LinkOutput } from "./link-output.ts";
import { incarnationNone, type LinkState, never, type Receiving } from "./link-state.ts";

type Body = Pick<Frame, "seq" | "left" | "transmission" | "payload">;

const nothing: Body = { seq: 0, left: 0, transmission: 0, payload: new Uint8Array(0) };

export function transmitData(link: LinkState, packet: Body, out: LinkOutput): void {
  transmitConnected(link, "data", packet, out);
}

/** An ack that no data was there to carry. */
export function transmitAck(link: LinkState, out: LinkOutput): void {
  link.counts.acksPure++;
  transmitConnected(link, "ack", nothing, out);
}

export function transmitPing(link: LinkState, out: LinkOutput): void {
  link.counts.pings++;
  transmitConnected(link, "ping", nothing, out);
}

/** To whichever incarnation is there, if we know of none that lives. */
export function transmitSyn(link: LinkState, out: LinkOutput): void {
  const known = link.peerIncarnation !== incarnationNone && !link.peerIsDead;
  transmitBare(link, "syn", known ? link.peerIncarnation : incarnationUnknown, out);
}

export function transmitSynAck(link: LinkState, out: LinkOutput): void {
  transmitBare(link, "syn-ack", link.peerIncarnation, out);
}

/** Refuses a frame; the answer to it is for the incarnation that sent it. */
export function transmitReset(
  link: LinkState,
  kind: "stale" | "dead",
  incarnation: number,
  out: LinkOutput,
): void {
  const why = kind === "stale" ? "not-my-incarnation" : "you-are-dead";
  out.note({ event: "link.reset", incarnation, why });
  transmitBare(link, kind, incarnation, out);
}

function transmitConnected(link: LinkState, kind: FrameKind, body: Body, out: LinkOutput): void {
  const { receiving } = link;
  receiving.ackOwed = 0;
  receiving.ackAt = never;
  link.counts.framesSent++;
  const frame = encodeFrame({
    kind,
    source: link.self,
    sourceIncarnation: link.selfIncarnation,
    destination: link.peer,
    destinationIncarnation: link.peerIncarnation,
    seq: body.seq,
    ack: receiving.next,
    selectiveLow: selectiveWord(receiving, 0),
    selectiveHigh: selectiveWord(receiving, 32),
    left: body.left,
    transmission: body.transmission,
    arrived: receiving.arrivedTransmission,
    payload: body.payload,
  });
  out.transmit(frame);
}

function transmitBare(
  link: LinkState,
  kind: FrameKind,
  destinationIncarnation: number,
  out: LinkOutput,
): void {
  link.counts.framesSent++;
  const frame = encodeFrame({
    kind,
    source: link.self,
    sourceIncarnation: link.selfIncarnation,
    destination: link.peer,
    destinationIncarnation,
    ack: 0,
    selectiveLow: 0,
    selectiveHigh: 0,
    arrived: 0,
    ...nothing,
  });
  out.transmit(frame);
}

/** Thirty-two bits of what has come early: bit n is packet `next + 1 + from + n`. */
function selectiveWord(receiving: Receiving, from: number): number {
  if (receiving.earlyCount === 0) return 0;
  const window = receiving.early.length;
  const bits = Math.min(32, window - 1 - from);
  let word = 0;
  for (let bit = 0; bit < bits; bit++) {
    if (receiving.early[(receiving.next + 1 + from + bit) % window]) word |= 1 << bit;
  }
  return word >>> 0;
}
