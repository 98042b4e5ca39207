// Order and once-only delivery between two hosts, over a cable that may do anything to frames.
//
//   frame          bytes of one packet and its acks           link-life     connections, death
//   link-state     all that a link remembers, as data         link-rtt      how long to wait
//   link-send      messages to packets, repetition            link-output   what it does to the world
//   link-receive   packets to messages, acks                  link-transmit the makers of frames
//
// What comes in, and what answers it (after the incarnations have been looked at):
//
//   from             frame            answer
//   an older one     any              none: dropped and counted
//   the dead newest  stale, dead      none: two that have parted say so once
//   the dead newest  any other        dead
//   a newer one      any              the old connection closes; then as below
//   the newest       to another me    stale (unless it is a reset itself)
//   the newest       syn              syn-ack
//   the newest       syn-ack          an ack, or data
//   the newest       data             taken in order; an ack at once, soon, or with data
//   the newest       ping             an ack
//   the newest       dead             the same to it: both stay apart until one restarts
//
// All functions take the virtual time and say through `LinkOutput` what is to be done. `now`
// never goes back. There is no timer when there is nothing to wait for.

import { assert } from "../base/index.ts";
import { decodeFrame, type Frame, incarnationUnknown } from "./frame.ts";
import {
  becomeDead,
  becomeOpen,
  closeIfUnwanted,
  giveBack,
  isWorthWatching,
  onHeard,
  onNewerIncarnation,
  onSilence,
  openIfWanted,
  pumpIfOpen,
  sendSyn,
  silenceDeadline,
  startQuiet,
} from "./link-life.ts";
import type { LinkOutput } from "./link-output.ts";
import { ackIsDue, onData } from "./link-receive.ts";
import { abandonSending, onAck, onRetransmitTimeout } from "./link-send.ts";
import { type LinkState, never } from "./link-state.ts";
import { transmitAck, transmitReset, transmitSynAck } from "./link-transmit.ts";

export { frameHeaderBytes } from "./frame.ts";
export type { DeathReason, LinkEvent, LinkOutput, Undelivered } from "./link-output.ts";
export {
  createLink,
  incarnationNone,
  type LinkConfig,
  linkConfigDefault,
  type LinkCounts,
  type LinkState,
} from "./link-state.ts";

/**
 * Hands a message over. The link keeps a view of it until it is acknowledged: the caller must not
 * change the bytes. `tag` names it in `undelivered`, and means nothing to the link.
 *
 * With a connection it is for that incarnation only. Without one (nobody met yet, or the last one
 * met is dead) it is for whoever answers, and given back as definite if nobody does.
 */
export function linkSend(
  link: LinkState,
  message: Uint8Array,
  tag: number,
  now: number,
  out: LinkOutput,
): void {
  assert(message.length <= link.config.messageBytesMax, "a message within messageBytesMax");
  link.counts.messagesSent++;
  link.queue.messages.push({ message, tag });
  settle(link, now, out);
}

/** Others have met this incarnation of the peer: the death of it will have a name here too. */
export function linkHearOf(
  link: LinkState,
  incarnation: number,
  now: number,
  out: LinkOutput,
): void {
  if (incarnation <= link.peerIncarnation) return;
  onNewerIncarnation(link, incarnation, out);
  settle(link, now, out);
}

/** A frame, or whatever the cable made of it. */
export function linkReceive(
  link: LinkState,
  bytes: Uint8Array,
  now: number,
  out: LinkOutput,
): void {
  link.counts.framesReceived++;
  const frame = decodeFrame(bytes);
  if (frame === "corrupt") {
    link.counts.corrupt++;
    out.note({ event: "link.corrupt", bytes: bytes.length });
  } else if (frame === "malformed" || !isForThisPair(link, frame)) {
    link.counts.malformed++;
    out.note({ event: "link.malformed", bytes: bytes.length });
  } else {
    if (frame.sourceIncarnation > link.peerIncarnation) {
      onNewerIncarnation(link, frame.sourceIncarnation, out);
    }
    onFrame(link, frame, now, out);
    settle(link, now, out);
  }
}

function isForThisPair(link: LinkState, frame: Frame): boolean {
  return frame.source === link.peer && frame.destination === link.self;
}

function onFrame(link: LinkState, frame: Frame, now: number, out: LinkOutput): void {
  const toMe = frame.destinationIncarnation === link.selfIncarnation;
  const isReset = frame.kind === "stale" || frame.kind === "dead";
  if (frame.sourceIncarnation < link.peerIncarnation) {
    ignoreStale(link, frame, out);
  } else if (link.peerIsDead) {
    onFrameOfTheDead(link, frame, isReset, out);
  } else if (
    !toMe &&
    !(frame.kind === "syn" && frame.destinationIncarnation === incarnationUnknown)
  ) {
    onHeard(link, now, out);
    if (isReset) ignoreStale(link, frame, out);
    else transmitReset(link, "stale", frame.sourceIncarnation, out);
  } else {
    onHeard(link, now, out);
    onFrameOfThePeer(link, frame, now, out);
  }
}

function ignoreStale(link: LinkState, frame: Frame, out: LinkOutput): void {
  link.counts.stale++;
  out.note({ event: "link.stale", incarnation: frame.sourceIncarnation });
}

/** Its answer to our syn shows that nobody newer is there: what waits has nobody to go to. */
function onFrameOfTheDead(link: LinkState, frame: Frame, isReset: boolean, out: LinkOutput): void {
  link.counts.stale++;
  if (!isReset) transmitReset(link, "dead", frame.sourceIncarnation, out);
  if (frame.destinationIncarnation !== link.selfIncarnation) return;
  if (frame.kind === "dead") out.toldDead();
  const answersSyn = frame.kind === "syn-ack" || frame.kind === "dead";
  if (link.at !== "opening" || !answersSyn) return;
  link.at = "closed";
  link.openAt = never;
  link.interest = false;
  giveBack(abandonSending(link), out);
}

function onFrameOfThePeer(link: LinkState, frame: Frame, now: number, out: LinkOutput): void {
  switch (frame.kind) {
    case "syn":
      transmitSynAck(link, out);
      return;
    case "stale":
      ignoreStale(link, frame, out);
      return;
    case "dead":
      becomeDead(link, "told-dead", out);
      out.toldDead();
      return;
    case "syn-ack":
      if (ensureOpen(link, frame, now, out)) link.receiving.ackAt = now;
      return;
    case "ping":
    case "ack":
    case "data":
      if (!ensureOpen(link, frame, now, out)) return;
      onAck(link, frame, now, out);
      if (frame.kind === "ping") link.receiving.ackAt = now;
      if (frame.kind === "data") onData(link, frame, now, out);
  }
}

/** Whether there is a connection with the sender of this frame. A callback may have closed it. */
function ensureOpen(link: LinkState, frame: Frame, now: number, out: LinkOutput): boolean {
  if (link.at !== "open") becomeOpen(link, { answered: frame.kind === "syn-ack" }, now, out);
  return link.at === "open" && link.peerIncarnation === frame.sourceIncarnation;
}

/**
 * The time has come for something. A call too early does nothing. When it comes too late, this
 * host has stood still: that time is not counted as the peer's silence.
 */
export function linkTimer(link: LinkState, now: number, out: LinkOutput): void {
  if (link.armedAt <= now) {
    link.quietSince = Math.min(now, link.quietSince + (now - link.armedAt));
    link.armedAt = never;
  }
  onSilence(link, now, out);
  if (link.at === "opening" && now >= link.openAt) sendSyn(link, now, out);
  if (link.at === "open" && now >= link.sending.retransmitAt) onRetransmitTimeout(link, now, out);
  settle(link, now, out);
}

/**
 * That incarnation, and every one before it, is dead to us: the operator says so. An incarnation
 * that is dead already, or older than the one we talk to, changes nothing.
 */
export function linkDeclareDead(
  link: LinkState,
  incarnation: number,
  now: number,
  out: LinkOutput,
): void {
  if (incarnation > link.peerIncarnation) onNewerIncarnation(link, incarnation, out);
  if (incarnation === link.peerIncarnation && incarnation >= 0 && !link.peerIsDead) {
    becomeDead(link, "declared", out);
  }
  settle(link, now, out);
}

/**
 * Whether anything here depends on the peer, so that its death has to be noticed. Interest opens
 * a connection, and ends by itself when the incarnation that it was in is dead.
 */
export function linkInterest(link: LinkState, on: boolean, now: number, out: LinkOutput): void {
  link.interest = on;
  closeIfUnwanted(link);
  settle(link, now, out);
}

/** Leaves: all that can go is gone, silence is watched if it matters, and the timer is right. */
function settle(link: LinkState, now: number, out: LinkOutput): void {
  openIfWanted(link, now, out);
  pumpIfOpen(link, now, out);
  if (ackIsDue(link.receiving, now)) transmitAck(link, out);
  const watching = isWorthWatching(link);
  if (watching && !link.watching) startQuiet(link, now);
  link.watching = watching;
  const at = nextDeadline(link);
  if (at >= link.armedAt || at === never) return;
  link.armedAt = Math.max(at, now);
  out.timer(link.armedAt);
}

function nextDeadline(link: LinkState): number {
  return Math.min(
    link.openAt,
    link.sending.retransmitAt,
    link.receiving.ackAt,
    silenceDeadline(link),
  );
}
