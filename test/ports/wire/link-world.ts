// Two hosts and a bad cable between them, for the tests of the link.
//
// The world is plain data, so that a test can copy it whole at any point and let both copies run
// on. Everything that the links say is kept in `world.log`; the checks at the end read only that.

import { concerns, draw, drawBelow, heapPop, heapPush } from "../../../ports/base/index.ts";
import {
  createLink,
  type DeathReason,
  type LinkConfig,
  linkConfigDefault,
  linkDeclareDead,
  linkInterest,
  type LinkOutput,
  linkReceive,
  linkSend,
  type LinkState,
  linkTimer,
} from "../../../ports/wire/link.ts";

/** The two ends; they are also the hosts' ids. */
export type End = 1 | 2;
export const a: End = 1;
export const b: End = 2;

export interface Cable {
  readonly seed: number;
  readonly latencyNs: number;
  /** 8 is 125 MB/s. */
  readonly nsPerByte: number;
  /** Chances in a thousand, for each frame. */
  readonly loss: number;
  readonly repeat: number;
  readonly reorder: number;
  readonly corrupt: number;
  /** A reordered frame comes up to this much later. */
  readonly delayNsMax: number;
}

export const lan: Cable = {
  seed: 1,
  latencyNs: 100_000,
  nsPerByte: 8,
  loss: 0,
  repeat: 0,
  reorder: 0,
  corrupt: 0,
  delayNsMax: 2_000_000,
};

export type Action =
  | { readonly do: "send"; readonly from: End; readonly bytes: number }
  | { readonly do: "interest"; readonly at: End; readonly on: boolean }
  | { readonly do: "declare"; readonly at: End; readonly incarnation: number }
  | { readonly do: "crash"; readonly host: End }
  | { readonly do: "restart"; readonly host: End }
  | { readonly do: "pause"; readonly host: End; readonly until: number }
  | { readonly do: "cut" }
  | { readonly do: "heal" };

export type Entry = { readonly time: number; readonly host: End; readonly incarnation: number } & (
  | { readonly on: "sent"; readonly tag: number; readonly bound: number | null }
  | {
      readonly on: "delivered";
      readonly tag: number;
      readonly from: number;
      readonly fault: string;
    }
  | { readonly on: "opened"; readonly peer: number }
  | { readonly on: "restarted"; readonly old: number; readonly peer: number }
  | { readonly on: "dead"; readonly peer: number; readonly reason: DeathReason }
  | { readonly on: "suspect"; readonly value: boolean }
  | { readonly on: "definite" | "indefinite"; readonly tag: number }
  | { readonly on: "note"; readonly event: string }
);

type Happening =
  | { readonly at: "cable"; readonly to: End; readonly frame: Uint8Array }
  | { readonly at: "timer"; readonly host: End; readonly incarnation: number }
  | { readonly at: "plan"; readonly action: Action };

type Item = { readonly time: number; readonly order: number; readonly what: Happening };

interface Host {
  incarnation: number;
  up: boolean;
  pausedUntil: number;
  /** Whether a message is answered by one of this size from within `deliver`. */
  replyBytes: number | null;
  link: LinkState;
}

export interface World {
  readonly cable: Cable;
  now: number;
  cut: boolean;
  nextOrder: number;
  nextTag: number;
  frames: number;
  /** Frames that a host sent and nobody got whole. */
  readonly lost: Record<End, number>;
  readonly freeAt: Record<End, number>;
  readonly hosts: Record<End, Host>;
  readonly items: Item[];
  readonly log: Entry[];
}

export function createWorld(cable: Partial<Cable> = {}, config: Partial<LinkConfig> = {}): World {
  const host = (end: End): Host => ({
    incarnation: 1,
    up: true,
    pausedUntil: 0,
    replyBytes: null,
    link: createLink({ host: end, incarnation: 1 }, other(end), {
      ...linkConfigDefault,
      ...config,
    }),
  });
  return {
    cable: { ...lan, ...cable },
    now: 0,
    cut: false,
    nextOrder: 0,
    nextTag: 1,
    frames: 0,
    lost: { 1: 0, 2: 0 },
    freeAt: { 1: 0, 2: 0 },
    hosts: { 1: host(a), 2: host(b) },
    items: [],
    log: [],
  };
}

export function other(end: End): End {
  return end === a ? b : a;
}

export function plan(world: World, time: number, action: Action): void {
  put(world, time, { at: "plan", action });
}

/** What happens from now on, up to and with that time. Returns whether anything is left to come. */
export function runUntil(world: World, time: number): boolean {
  while ((world.items[0]?.time ?? Infinity) <= time) step(world);
  world.now = Math.max(world.now, time);
  return world.items.length > 0;
}

/** Until nothing is left to come; a link that never comes to rest is a failure. */
export function runToRest(world: World, stepsMax: number = 2_000_000): void {
  for (let steps = 0; world.items.length > 0; steps++) {
    if (steps > stepsMax) throw new Error(`no rest after ${stepsMax} steps, at ${world.now} ns`);
    step(world);
  }
}

export function step(world: World): void {
  const item = heapPop(world.items, byTime);
  if (!item) return;
  world.now = Math.max(world.now, item.time);
  perform(world, item.what);
}

function byTime(x: Item, y: Item): number {
  return x.time - y.time || x.order - y.order;
}

function put(world: World, time: number, what: Happening): void {
  heapPush(world.items, { time, order: world.nextOrder++, what }, byTime);
}

function perform(world: World, what: Happening): void {
  if (what.at === "plan") return act(world, what.action);
  const end = what.at === "cable" ? what.to : what.host;
  const host = world.hosts[end];
  if (!host.up) return;
  if (world.now < host.pausedUntil) return put(world, host.pausedUntil, what);
  if (what.at === "cable") linkReceive(host.link, what.frame, world.now, outputOf(world, end));
  else if (what.incarnation === host.incarnation) {
    linkTimer(host.link, world.now, outputOf(world, end));
  }
}

function act(world: World, action: Action): void {
  switch (action.do) {
    case "send":
      return send(world, action.from, action.bytes);
    case "interest": {
      const { link } = world.hosts[action.at];
      return linkInterest(link, action.on, world.now, outputOf(world, action.at));
    }
    case "declare": {
      const { link } = world.hosts[action.at];
      return linkDeclareDead(link, action.incarnation, world.now, outputOf(world, action.at));
    }
    case "crash":
      world.hosts[action.host].up = false;
      return;
    case "restart":
      return restart(world, action.host);
    case "pause":
      world.hosts[action.host].pausedUntil = action.until;
      return;
    case "cut":
      world.cut = true;
      return;
    case "heal":
      world.cut = false;
  }
}

function restart(world: World, end: End): void {
  const host = world.hosts[end];
  host.up = true;
  host.incarnation++;
  host.link = createLink(
    { host: end, incarnation: host.incarnation },
    other(end),
    host.link.config,
  );
}

export function send(world: World, from: End, bytes: number): void {
  const host = world.hosts[from];
  if (!host.up) return;
  const tag = world.nextTag++;
  const bound = host.link.at === "open" ? host.link.peerIncarnation : null;
  record(world, from, { on: "sent", tag, bound });
  const message = makeMessage(from, host.incarnation, tag, bytes);
  linkSend(host.link, message, tag, world.now, outputOf(world, from));
}

function record<E>(world: World, host: End, entry: E): void {
  const { incarnation } = world.hosts[host];
  world.log.push({ time: world.now, host, incarnation, ...entry } as unknown as Entry);
}

const headBytes = 12;

/** Sender, its incarnation, the tag, then bytes that depend on the tag and on their place. */
function makeMessage(from: End, incarnation: number, tag: number, bytes: number): Uint8Array {
  const message = new Uint8Array(headBytes + bytes);
  new DataView(message.buffer).setUint32(0, from);
  new DataView(message.buffer).setUint32(4, incarnation);
  new DataView(message.buffer).setUint32(8, tag);
  for (let at = headBytes; at < message.length; at++) message[at] = tag * 31 + at * 7 + (at >> 8);
  return message;
}

function outputOf(world: World, end: End): LinkOutput {
  const { incarnation } = world.hosts[end];
  return {
    transmit: (frame) => ontoCable(world, end, frame),
    // The old times are kept as well: a stale call has to be harmless.
    timer: (at) => put(world, at, { at: "timer", host: end, incarnation }),
    deliver: (message) => onDelivered(world, end, message),
    opened: (peer) => record(world, end, { on: "opened", peer }),
    peerRestarted: (old, peer) => record(world, end, { on: "restarted", old, peer }),
    peerDead: (peer, reason) => record(world, end, { on: "dead", peer, reason }),
    toldDead: () => undefined,
    suspect: (value) => record(world, end, { on: "suspect", value }),
    undelivered({ definite, indefinite }) {
      for (const tag of definite) record(world, end, { on: "definite", tag });
      for (const tag of indefinite) record(world, end, { on: "indefinite", tag });
    },
    note: ({ event }) => record(world, end, { on: "note", event }),
  };
}

function onDelivered(world: World, end: End, message: Uint8Array): void {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const from = view.getUint32(4);
  const tag = view.getUint32(8);
  const whole = makeMessage(other(end), from, tag, message.length - headBytes);
  const fault = Buffer.compare(whole, message) === 0 ? "" : "not the bytes that were sent";
  record(world, end, { on: "delivered", tag, from, fault });
  const { replyBytes } = world.hosts[end];
  if (replyBytes !== null) send(world, end, replyBytes);
}

function ontoCable(world: World, from: End, frame: Uint8Array): void {
  const { cable } = world;
  const number = world.frames++;
  const chance = (concern: number, inThousand: number): boolean =>
    drawBelow(1000, cable.seed, concern, number) < inThousand;
  const departed = Math.max(world.now, world.freeAt[from]) + frame.length * cable.nsPerByte;
  world.freeAt[from] = departed;
  if (world.cut || chance(concerns.loss, cable.loss)) {
    world.lost[from]++;
    return;
  }
  const late = chance(concerns.reorder, cable.reorder)
    ? drawBelow(cable.delayNsMax + 1, cable.seed, concerns.delay, number)
    : 0;
  const arrived = chance(concerns.corrupt, cable.corrupt)
    ? corrupt(world, from, frame, number)
    : frame;
  const time = departed + cable.latencyNs + late;
  put(world, time, { at: "cable", to: other(from), frame: arrived });
  if (!chance(concerns.repeat, cable.repeat)) return;
  const again = drawBelow(cable.delayNsMax + 1, cable.seed, concerns.repeat, number, 1);
  put(world, time + again, { at: "cable", to: other(from), frame: arrived.slice() });
}

/** A flipped bit, a short frame, or an empty one. */
function corrupt(world: World, from: End, frame: Uint8Array, number: number): Uint8Array {
  world.lost[from]++;
  const { seed } = world.cable;
  const kind = drawBelow(4, seed, concerns.corruptAt, number);
  const at = drawBelow(frame.length, seed, concerns.corruptAt, number, 1);
  if (kind === 0) return frame.slice(0, at);
  const bad = frame.slice();
  bad[at] = (bad[at] as number) ^ (1 << (draw(seed, number) & 7));
  return bad;
}

/** Entries of one sort, for the tests to count and to compare. */
export function entries<On extends Entry["on"]>(
  world: World,
  on: On,
  host?: End,
): Extract<Entry, { on: On }>[] {
  return world.log.filter(
    (entry): entry is Extract<Entry, { on: On }> =>
      entry.on === on && (host === undefined || entry.host === host),
  );
}

export function notes(world: World, event: string, host?: End): number {
  return entries(world, "note", host).filter((entry) => entry.event === event).length;
}
