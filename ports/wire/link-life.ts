// The life of a connection between two incarnations, and how the peer's death is noticed.
//
//              send, or interest            syn-ack, data, ack or ping for this incarnation
//   closed ───────────────────────> opening ───────────────────────────────> open
//     ^  └──────────(the same: who answers a syn is opened by what follows)────┘ │
//     └───── the peer is dead: newer incarnation, declared, death-after, told ───┘
//
// A pair of incarnations has at most one connection, numbered from 0, that is never opened
// again once closed. So who answers a syn need not remember it, and copies out of the past are
// harmless: any other frame that names both incarnations proves that both ends were met.
//
// Silence counts only while it is watched (`watching`), from the last frame heard or the begin of
// the watch: a ping each keepalive, suspicion after `suspectMisses` pings without an answer, then
// eight pings a keepalive, death after `deathAfterNs`. Suspicion is taken back by any frame; death
// never is.

import { assert } from "../base/index.ts";
import type { DeathReason, LinkOutput, Undelivered } from "./link-output.ts";
import { sampleRoundTrip } from "./link-rtt.ts";
import { abandonSending, pump, queueIsEmpty } from "./link-send.ts";
import { createReceiving, incarnationNone, type LinkState, never } from "./link-state.ts";
import { transmitPing, transmitSyn } from "./link-transmit.ts";

/** Asks for a connection, if there is none and somebody wants one. */
export function openIfWanted(link: LinkState, now: number, out: LinkOutput): void {
  if (link.at !== "closed" || (!link.interest && queueIsEmpty(link.queue))) return;
  link.at = "opening";
  link.openTries = 0;
  sendSyn(link, now, out);
}

/** Nobody waits for the connection that was asked for. */
export function closeIfUnwanted(link: LinkState): void {
  if (link.at !== "opening" || link.interest || !queueIsEmpty(link.queue)) return;
  link.at = "closed";
  link.openAt = never;
}

/** Nothing but interest, and no answer for long: asking once a keepalive is enough. */
export function sendSyn(link: LinkState, now: number, out: LinkOutput): void {
  const { config } = link;
  const backoff = Math.min(config.rtoInitialNs * 2 ** link.openTries, config.rtoMaxNs);
  const patient = link.suspected && queueIsEmpty(link.queue);
  link.openTries = Math.min(link.openTries + 1, 20);
  link.openSentAt = now;
  link.openAt = now + (patient ? config.keepaliveNs : backoff);
  transmitSyn(link, out);
}

/** Both incarnations have met. Messages may go out. */
export function becomeOpen(
  link: LinkState,
  how: { readonly answered: boolean },
  now: number,
  out: LinkOutput,
): void {
  assert(!link.peerIsDead, "no connection with the dead");
  assert(link.sending.next === 0, "a connection starts with nothing sent");
  link.roundTrip.doublings = 0;
  if (how.answered && link.openTries === 1) sampleRoundTrip(link.roundTrip, now - link.openSentAt);
  link.at = "open";
  link.openTries = 0;
  link.openAt = never;
  out.note({ event: "link.open", incarnation: link.peerIncarnation });
  out.opened(link.peerIncarnation);
}

/** A frame from an incarnation later than all that we knew: the older ones are gone. */
export function onNewerIncarnation(link: LinkState, incarnation: number, out: LinkOutput): void {
  const old = link.peerIncarnation;
  const wasDead = link.peerIsDead;
  // Messages sent after the old one's death, or before anyone was met, wait for whoever comes.
  const tags = link.at === "open" ? close(link) : null;
  // A syn that named the old one will be refused: another has to be sent. One to whoever is
  // there may have been answered just now.
  if (old !== incarnationNone && !wasDead) {
    link.at = "closed";
    link.openAt = never;
  }
  link.peerIncarnation = incarnation;
  link.peerIsDead = false;
  if (old !== incarnationNone) {
    if (!wasDead) mourn(old, "newer-incarnation", out);
    if (tags) giveBack(tags, out);
    out.peerRestarted(old, incarnation);
  }
}

/** The peer's newest incarnation is dead to us from here on. All that was meant for it is given back. */
export function becomeDead(link: LinkState, reason: DeathReason, out: LinkOutput): void {
  assert(!link.peerIsDead, "nobody dies twice");
  assert(link.peerIncarnation !== incarnationNone, "the dead have a name");
  const tags = close(link);
  link.peerIsDead = true;
  mourn(link.peerIncarnation, reason, out);
  giveBack(tags, out);
}

function mourn(incarnation: number, reason: DeathReason, out: LinkOutput): void {
  out.note({ event: "link.dead", incarnation, reason });
  out.peerDead(incarnation, reason);
}

/** Back to knowing nothing but the peer's incarnation. Interest was in what is lost now. */
function close(link: LinkState): Undelivered {
  link.at = "closed";
  link.interest = false;
  link.openAt = never;
  link.receiving = createReceiving(link.config.windowPackets);
  return abandonSending(link);
}

export function giveBack(tags: Undelivered, out: LinkOutput): void {
  if (tags.definite.length > 0 || tags.indefinite.length > 0) out.undelivered(tags);
}

/** Nobody there whom we could write to: what waits is given back, since nothing of it ever left. */
function giveUpOpening(link: LinkState, now: number, out: LinkOutput): void {
  const tags = abandonSending(link);
  assert(tags.indefinite.length === 0, "nothing leaves before a connection is open");
  link.at = "closed";
  link.openAt = never;
  link.quietSince = now;
  out.note({ event: "link.unreachable", messages: tags.definite.length });
  giveBack(tags, out);
  openIfWanted(link, now, out);
}

/** The peer has spoken. */
export function onHeard(link: LinkState, now: number, out: LinkOutput): void {
  startQuiet(link, now);
  if (link.suspected) suspect(link, false, out);
}

/** The higher host pings a little later, so that of two who are interested only one has to. */
export function startQuiet(link: LinkState, now: number): void {
  const { keepaliveNs } = link.config;
  link.quietSince = now;
  link.pingAt = now + keepaliveNs + (link.self > link.peer ? Math.floor(keepaliveNs / 8) : 0);
}

function suspect(link: LinkState, on: boolean, out: LinkOutput): void {
  link.suspected = on;
  out.note({ event: "link.suspect", on });
  out.suspect(on);
}

/** When silence has to be looked at next. */
export function silenceDeadline(link: LinkState): number {
  if (!link.watching) return never;
  const suspectAt = link.suspected ? never : suspicionTime(link);
  const pingAt = link.at === "open" ? link.pingAt : never;
  return Math.min(pingAt, suspectAt, link.quietSince + link.config.deathAfterNs);
}

/** The first ping goes out after one keepalive; each has one more to be answered. */
function suspicionTime(link: LinkState): number {
  return link.quietSince + (link.config.suspectMisses + 1) * link.config.keepaliveNs;
}

/** So many pings in the time of one, once the peer is suspected. */
const suspectedHurry = 8;

export function onSilence(link: LinkState, now: number, out: LinkOutput): void {
  if (!link.watching) return;
  if (!link.suspected && now >= suspicionTime(link)) suspect(link, true, out);
  if (now >= link.quietSince + link.config.deathAfterNs) {
    const met = link.peerIncarnation !== incarnationNone && !link.peerIsDead;
    if (met) becomeDead(link, "death-after", out);
    else giveUpOpening(link, now, out);
    return;
  }
  if (link.at === "open" && now >= link.pingAt) {
    // Before a host is given up a cable that loses packets gets more than one chance.
    const hurry = link.suspected ? suspectedHurry : 1;
    link.pingAt = now + Math.ceil(link.config.keepaliveNs / hurry);
    transmitPing(link, out);
  }
}

/** Packets that wait for an ack and messages that wait for a connection are worth an answer too. */
export function isWorthWatching(link: LinkState): boolean {
  return link.interest || link.at === "opening" || link.sending.flight.length > 0;
}

/** What was handed over and could not leave may leave now. */
export function pumpIfOpen(link: LinkState, now: number, out: LinkOutput): void {
  if (link.at === "open") pump(link, now, out);
}
