// What a link remembers: plain data only, so that a host's snapshot holds its links as they stand.
//
//   linkState
//     the peer        its newest incarnation, whether that is dead to us, how long it has been silent
//     queue           messages that wait for a connection or for the window
//     sending         packets under way, in order of their numbers; exists anew for each connection
//     receiving       packets that came before their turn, the message being put together; likewise
//     roundTrip       what the cable has taught us; outlives connections
//     counts          for the views; nothing depends on them

import { assert } from "../base/index.ts";
import type { HostId } from "../ids.ts";
import { selectiveBits } from "./frame.ts";
import { createRoundTrip, type RoundTrip } from "./link-rtt.ts";

/** Times are virtual nanoseconds. The defaults are for cables of 1 µs to 90 ms latency. */
export interface LinkConfig {
  /** Payload of one packet. */
  readonly packetBytesMax: number;
  /** A longer message is our mistake when sent, and no memory is set aside for one that arrives. */
  readonly messageBytesMax: number;
  /** Packets under way, and as many places in the receiver's reorder buffer: 64 of them are 512 KiB. */
  readonly windowPackets: number;
  /** A packet is lost when one sent this many transmissions later has arrived. */
  readonly reorderPackets: number;
  readonly ackDelayNs: number;
  readonly ackPackets: number;
  /** Before the first measurement: above the round trip of a 50 ms cable, with its delayed ack. */
  readonly rtoInitialNs: number;
  /** Above `ackDelayNs` and a host's quantum, or every delayed ack would cost a repetition. */
  readonly rtoMinNs: number;
  /** After a cut is healed, the next try is never further away than this. */
  readonly rtoMaxNs: number;
  readonly keepaliveNs: number;
  readonly suspectMisses: number;
  readonly deathAfterNs: number;
}

export const linkConfigDefault: LinkConfig = {
  packetBytesMax: 8192,
  messageBytesMax: 1073741824,
  windowPackets: 64,
  reorderPackets: 3,
  ackDelayNs: 1_000_000,
  ackPackets: 8,
  rtoInitialNs: 120_000_000,
  rtoMinNs: 5_000_000,
  rtoMaxNs: 200_000_000,
  keepaliveNs: 1_000_000_000,
  suspectMisses: 3,
  deathAfterNs: 5_000_000_000,
};

/** No time: later than every time. An integer, so that any encoding of a snapshot can carry it. */
export const never: number = Number.MAX_SAFE_INTEGER;
/** `peerIncarnation` of a peer that was never heard of. */
export const incarnationNone = -1;

export interface LinkState {
  readonly config: LinkConfig;
  readonly self: HostId;
  readonly selfIncarnation: number;
  readonly peer: HostId;
  at: "closed" | "opening" | "open";
  /** The newest incarnation heard of or declared dead; all older ones are dead. */
  peerIncarnation: number;
  peerIsDead: boolean;
  interest: boolean;
  /** Whether the peer's silence counts: there is interest, or something waits for an answer. */
  watching: boolean;
  quietSince: number;
  pingAt: number;
  suspected: boolean;
  openTries: number;
  openAt: number;
  openSentAt: number;
  /** The one timer that the caller holds for us. */
  armedAt: number;
  queue: Queue;
  sending: Sending;
  receiving: Receiving;
  roundTrip: RoundTrip;
  counts: LinkCounts;
}

export interface QueuedMessage {
  readonly message: Uint8Array;
  readonly tag: number;
}

/** First in, first out. `head` counts the entries already used up, so that taking one is cheap. */
export interface Queue {
  messages: QueuedMessage[];
  head: number;
  /** Bytes of the first message that have become packets. */
  headBytes: number;
}

export interface Packet {
  /** A view of the message: packets are made anew from it for every repetition. */
  readonly payload: Uint8Array;
  readonly left: number;
  sentAt: number;
  /** Which transmission of this connection was its last. */
  transmission: number;
  tries: number;
  /** Acknowledged by the bitmap, though one before it is missing. */
  arrived: boolean;
}

export interface Sending {
  /** Packets `unacked` … `next - 1`. */
  flight: Packet[];
  unacked: number;
  next: number;
  transmissions: number;
  /** The latest transmission known to have arrived. */
  arrivedTransmission: number;
  retransmitAt: number;
  /** Messages whose last packet has been sent, but not acknowledged. */
  outstanding: { readonly tag: number; readonly lastSeq: number }[];
}

export interface EarlyPacket {
  readonly payload: Uint8Array;
  readonly left: number;
}

export interface Receiving {
  next: number;
  /** The latest transmission of the peer that has come in. */
  arrivedTransmission: number;
  /** Packet number n lies in place n modulo the window. */
  early: (EarlyPacket | null)[];
  earlyCount: number;
  /** The message being put together, empty between messages. */
  partial: Uint8Array | null;
  partialBytes: number;
  /** New packets since the last ack went out. */
  ackOwed: number;
  ackAt: number;
}

export interface LinkCounts {
  framesSent: number;
  framesReceived: number;
  messagesSent: number;
  messagesDelivered: number;
  retransmits: number;
  acksPure: number;
  pings: number;
  duplicates: number;
  corrupt: number;
  malformed: number;
  /** Frames from or to an incarnation that is no more. */
  stale: number;
}

/** `self` is this incarnation of this host; a restarted host makes its links anew. */
export function createLink(
  self: { readonly host: HostId; readonly incarnation: number },
  peer: HostId,
  config: LinkConfig = linkConfigDefault,
): LinkState {
  assert(config.windowPackets >= 1, "a window of at least one packet");
  assert(config.windowPackets <= selectiveBits, "the window fits the bitmap of a frame");
  assert(config.rtoMinNs > config.ackDelayNs, "no repetition before a delayed ack");
  return {
    config,
    self: self.host,
    selfIncarnation: self.incarnation,
    peer,
    at: "closed",
    peerIncarnation: incarnationNone,
    peerIsDead: false,
    interest: false,
    watching: false,
    quietSince: 0,
    pingAt: never,
    suspected: false,
    openTries: 0,
    openAt: never,
    openSentAt: 0,
    armedAt: never,
    queue: createQueue(),
    sending: createSending(),
    receiving: createReceiving(config.windowPackets),
    roundTrip: createRoundTrip(),
    counts: createCounts(),
  };
}

export function createQueue(): Queue {
  return { messages: [], head: 0, headBytes: 0 };
}

export function createSending(): Sending {
  return {
    flight: [],
    unacked: 0,
    next: 0,
    transmissions: 0,
    arrivedTransmission: 0,
    retransmitAt: never,
    outstanding: [],
  };
}

export function createReceiving(windowPackets: number): Receiving {
  return {
    next: 0,
    arrivedTransmission: 0,
    early: new Array<null>(windowPackets).fill(null),
    earlyCount: 0,
    partial: null,
    partialBytes: 0,
    ackOwed: 0,
    ackAt: never,
  };
}

function createCounts(): LinkCounts {
  return {
    framesSent: 0,
    framesReceived: 0,
    messagesSent: 0,
    messagesDelivered: 0,
    retransmits: 0,
    acksPure: 0,
    pings: 0,
    duplicates: 0,
    corrupt: 0,
    malformed: 0,
    stale: 0,
  };
}
