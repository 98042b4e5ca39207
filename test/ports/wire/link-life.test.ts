// Goal: connections open and close as they should, and death is noticed when, and only when, it may be.
// Method: one plan for each situation on a clean cable of 100 µs; what the links say is compared.

import test from "ava";
import { decodeFrame, encodeFrame } from "../../../ports/wire/frame.ts";
import { linkReceive, linkTimer } from "../../../ports/wire/link.ts";
import { findFault } from "./link-check.ts";
import {
  a,
  b,
  createWorld,
  type End,
  entries,
  notes,
  plan,
  runToRest,
  runUntil,
  send,
  type World,
} from "./link-world.ts";

const ms = 1_000_000;
const second = 1000 * ms;

function sayings(world: World, host: End): string[] {
  return world.log.flatMap((entry) => {
    if (entry.host !== host) return [];
    if (entry.on === "opened") return [`opened ${entry.peer}`];
    if (entry.on === "restarted") return [`restarted ${entry.old} ${entry.peer}`];
    if (entry.on === "dead") return [`dead ${entry.peer} ${entry.reason}`];
    if (entry.on === "suspect") return [`suspect ${entry.value}`];
    if (entry.on === "definite" || entry.on === "indefinite") return [`${entry.on} ${entry.tag}`];
    return [];
  });
}

/** Two hosts that have talked, at rest. */
function connected(): World {
  const world = createWorld();
  plan(world, 0, { do: "send", from: a, bytes: 10 });
  runToRest(world);
  return world;
}

function silence(): { frames: number } & Parameters<typeof linkReceive>[3] {
  const nothing = (): void => undefined;
  return {
    frames: 0,
    transmit() {
      this.frames++;
    },
    timer: nothing,
    deliver: nothing,
    opened: nothing,
    peerRestarted: nothing,
    peerDead: nothing,
    toldDead: nothing,
    suspect: nothing,
    undelivered: nothing,
    note: nothing,
  };
}

test("link: first message: three frames open the connection and bring it", (t) => {
  const world = createWorld();
  plan(world, 0, { do: "send", from: a, bytes: 10 });
  runUntil(world, ms / 2);
  t.is(world.frames, 3);
  t.deepEqual(sayings(world, a), ["opened 1"]);
  t.deepEqual(sayings(world, b), ["opened 1"]);
  t.is(entries(world, "delivered", b).length, 1);
  runToRest(world);
  t.is(world.frames, 4, "and the ack");
});

test("link: both hosts send at once: one connection, both messages", (t) => {
  const world = createWorld();
  plan(world, 0, { do: "send", from: a, bytes: 10 });
  plan(world, 0, { do: "send", from: b, bytes: 10 });
  runToRest(world);
  t.deepEqual([sayings(world, a), sayings(world, b)], [["opened 1"], ["opened 1"]]);
  t.is(entries(world, "delivered").length, 2);
  t.is(findFault(world), null);
});

test("link: an empty message, and one of exactly one packet: delivered as they are", (t) => {
  const world = createWorld({}, { packetBytesMax: 12 });
  plan(world, 0, { do: "send", from: a, bytes: 0 });
  plan(world, 0, { do: "send", from: a, bytes: 12 });
  runToRest(world);
  t.is(findFault(world), null);
  t.is(entries(world, "delivered").length, 2);
});

test("link: no interest and nothing unacknowledged: silent for ever, without a timer", (t) => {
  const world = connected();
  const { frames } = world;
  t.false(runUntil(world, 3600 * second));
  t.is(world.frames, frames);
});

test("link: interest on both sides: one ping and one ack for each second of silence, death never", (t) => {
  const world = connected();
  const { frames } = world;
  plan(world, world.now, { do: "interest", at: a, on: true });
  plan(world, world.now + 300 * ms, { do: "interest", at: b, on: true });
  runUntil(world, world.now + 60 * second);
  t.true(world.frames - frames >= 2 * 59);
  t.true(world.frames - frames <= 2 * 62);
  t.deepEqual(entries(world, "suspect"), []);
  plan(world, world.now, { do: "interest", at: a, on: false });
  plan(world, world.now, { do: "interest", at: b, on: false });
  runToRest(world);
  t.deepEqual(entries(world, "dead"), []);
});

test("link: interest in a host that was never met: opens a connection", (t) => {
  const world = createWorld();
  plan(world, 0, { do: "interest", at: a, on: true });
  runUntil(world, second / 2);
  t.deepEqual([sayings(world, a), sayings(world, b)], [["opened 1"], ["opened 1"]]);
});

test("link: cut for 4.5 s with interest: suspected after three missed pings, then not any more", (t) => {
  const world = connected();
  const start = world.now;
  plan(world, start, { do: "interest", at: a, on: true });
  plan(world, start, { do: "cut" });
  plan(world, start + 4.5 * second, { do: "heal" });
  plan(world, start + 4.6 * second, { do: "send", from: b, bytes: 1 });
  runUntil(world, start + 20 * second);
  t.deepEqual(sayings(world, a), ["opened 1", "suspect true", "suspect false"]);
  t.is(entries(world, "suspect", a)[0]?.time, start + 4 * second);
});

test("link: a crashed peer with interest: dead after death-after, then silence", (t) => {
  const world = connected();
  const start = world.now;
  plan(world, start, { do: "interest", at: a, on: true });
  plan(world, start, { do: "crash", host: b });
  runToRest(world);
  t.deepEqual(sayings(world, a), ["opened 1", "suspect true", "dead 1 death-after"]);
  t.is(entries(world, "dead", a)[0]?.time, start + 5 * second);
  t.false(world.hosts[a].link.interest);
});

test("link: a message to a crashed peer: transmitted ones indefinite, waiting ones definite", (t) => {
  const world = connected();
  plan(world, world.now, { do: "crash", host: b });
  plan(world, world.now, { do: "send", from: a, bytes: 1000 });
  plan(world, world.now, { do: "send", from: a, bytes: 600_000 });
  plan(world, world.now, { do: "send", from: a, bytes: 1 });
  runToRest(world);
  t.deepEqual(sayings(world, a), [
    "opened 1",
    "suspect true",
    "dead 1 death-after",
    "definite 3",
    "definite 4",
    "indefinite 2",
  ]);
});

test("link: a message to a host that was never there: given back as definite, nobody dies", (t) => {
  const world = createWorld();
  plan(world, 0, { do: "crash", host: b });
  plan(world, 0, { do: "send", from: a, bytes: 10 });
  runToRest(world);
  t.deepEqual(sayings(world, a), ["suspect true", "definite 1"]);
  t.is(notes(world, "link.unreachable"), 1);
  plan(world, world.now, { do: "restart", host: b });
  plan(world, world.now, { do: "send", from: a, bytes: 10 });
  runToRest(world);
  t.is(entries(world, "delivered", b).length, 1, "a later host is reached");
});

test("link: the peer has restarted and is written to: refused, closed, and a new connection", (t) => {
  const world = connected();
  plan(world, world.now, { do: "restart", host: b });
  plan(world, world.now, { do: "send", from: a, bytes: 10 });
  plan(world, world.now + ms, { do: "send", from: a, bytes: 10 });
  runToRest(world);
  t.deepEqual(sayings(world, a), [
    "opened 1",
    "dead 1 newer-incarnation",
    "indefinite 2",
    "restarted 1 2",
    "opened 2",
  ]);
  t.deepEqual(
    entries(world, "delivered", b).map(({ tag, incarnation }) => [tag, incarnation]),
    [
      [1, 1],
      [3, 2],
    ],
  );
});

test("link: the peer has restarted and writes first: the old connection closes", (t) => {
  const world = connected();
  plan(world, world.now, { do: "restart", host: b });
  plan(world, world.now, { do: "send", from: b, bytes: 10 });
  runToRest(world);
  t.deepEqual(sayings(world, a), [
    "opened 1",
    "dead 1 newer-incarnation",
    "restarted 1 2",
    "opened 2",
  ]);
  t.is(entries(world, "delivered", a).length, 1);
});

test("link: frames of an old life come after the new one is known: dropped without an answer", (t) => {
  const world = connected();
  const { link } = world.hosts[b];
  const old = encodeFrame({
    kind: "data",
    source: a,
    sourceIncarnation: 1,
    destination: b,
    destinationIncarnation: 1,
    seq: 1,
    ack: 0,
    selectiveLow: 0,
    selectiveHigh: 0,
    transmission: 1,
    arrived: 0,
    left: 1,
    payload: Uint8Array.of(7),
  });
  plan(world, world.now, { do: "restart", host: a });
  plan(world, world.now, { do: "send", from: a, bytes: 10 });
  runToRest(world);
  const out = silence();
  linkReceive(link, old, world.now, out);
  t.is(out.frames, 0);
  t.is(link.counts.stale, 1);
  t.is(link.counts.messagesDelivered, 2);
});

test("link: declared dead: both stay apart until one restarts", (t) => {
  const world = connected();
  plan(world, world.now, { do: "declare", at: a, incarnation: 1 });
  plan(world, world.now + ms, { do: "send", from: b, bytes: 10 });
  plan(world, world.now + 2 * ms, { do: "send", from: b, bytes: 10 });
  plan(world, world.now + 3 * ms, { do: "send", from: a, bytes: 10 });
  runToRest(world);
  t.deepEqual(sayings(world, a), ["opened 1", "dead 1 declared", "definite 4"]);
  t.deepEqual(sayings(world, b), ["opened 1", "dead 1 told-dead", "indefinite 2", "definite 3"]);
  plan(world, world.now, { do: "restart", host: b });
  plan(world, world.now + ms, { do: "send", from: a, bytes: 10 });
  runToRest(world);
  t.deepEqual(sayings(world, a).slice(-2), ["restarted 1 2", "opened 2"]);
  t.is(entries(world, "delivered", b).filter(({ incarnation }) => incarnation === 2).length, 1);
  t.is(findFault(world), null);
});

test("link: declared twice, or of an older life: nothing more happens", (t) => {
  const world = connected();
  plan(world, world.now, { do: "restart", host: b });
  plan(world, world.now, { do: "send", from: b, bytes: 10 });
  runToRest(world);
  const before = sayings(world, a).length;
  plan(world, world.now, { do: "declare", at: a, incarnation: 1 });
  runToRest(world);
  t.is(sayings(world, a).length, before);
  plan(world, world.now, { do: "declare", at: a, incarnation: 2 });
  plan(world, world.now, { do: "declare", at: a, incarnation: 2 });
  runToRest(world);
  t.deepEqual(sayings(world, a).slice(before), ["dead 2 declared"]);
});

test("link: a cut longer than death-after with interest on both sides: both die, and stay dead after heal", (t) => {
  const world = connected();
  const start = world.now;
  plan(world, start, { do: "interest", at: a, on: true });
  plan(world, start, { do: "interest", at: b, on: true });
  plan(world, start, { do: "cut" });
  plan(world, start + 6 * second, { do: "heal" });
  plan(world, start + 7 * second, { do: "send", from: a, bytes: 1 });
  runToRest(world);
  t.deepEqual(sayings(world, a).slice(-2), ["dead 1 death-after", "definite 2"]);
  t.deepEqual(sayings(world, b).slice(-1), ["dead 1 death-after"]);
});

test("link: a cut that only one side minds: the other is told when it writes", (t) => {
  const world = connected();
  const start = world.now;
  plan(world, start, { do: "interest", at: a, on: true });
  plan(world, start, { do: "cut" });
  plan(world, start + 6 * second, { do: "heal" });
  plan(world, start + 7 * second, { do: "send", from: b, bytes: 1 });
  runToRest(world);
  t.deepEqual(sayings(world, b), ["opened 1", "dead 1 told-dead", "indefinite 2"]);
});

test("link: this host stood still for ten seconds: the peer's answer is awaited before it is dead", (t) => {
  const world = connected();
  const start = world.now;
  plan(world, start, { do: "interest", at: a, on: true });
  plan(world, start + ms, { do: "pause", host: a, until: start + 10 * second });
  runUntil(world, start + 30 * second);
  t.deepEqual(entries(world, "dead"), []);
});

test("link: the peer stood still for ten seconds: it is dead, and told so when it goes on", (t) => {
  const world = connected();
  const start = world.now;
  plan(world, start, { do: "interest", at: a, on: true });
  plan(world, start, { do: "pause", host: b, until: start + 10 * second });
  plan(world, start + 11 * second, { do: "send", from: b, bytes: 1 });
  runToRest(world);
  t.deepEqual(sayings(world, a), ["opened 1", "suspect true", "dead 1 death-after"]);
  t.deepEqual(sayings(world, b), ["opened 1", "dead 1 told-dead", "definite 2"]);
});

test("link: healed after 3 s: the next try comes within the cap", (t) => {
  const world = connected();
  const start = world.now;
  plan(world, start, { do: "cut" });
  plan(world, start + ms, { do: "send", from: a, bytes: 100_000 });
  plan(world, start + 3 * second, { do: "heal" });
  runToRest(world);
  const [, late] = entries(world, "delivered", b);
  t.true((late?.time ?? Infinity) <= start + 3 * second + 200 * ms + 5 * ms);
});

test("link: timers called too early, too often and out of date: no harm, no frames", (t) => {
  const world = createWorld();
  send(world, a, 10);
  const { link } = world.hosts[a];
  const before = structuredClone(link);
  const out = silence();
  for (let count = 0; count < 5; count++) linkTimer(link, world.now + count, out);
  t.is(out.frames, 0);
  t.deepEqual(link, before);
});

test("link: a frame for another host, or from one: dropped and counted", (t) => {
  const world = connected();
  const { link } = world.hosts[a];
  const frame = encodeFrame({
    kind: "ping",
    source: 3,
    sourceIncarnation: 9,
    destination: a,
    destinationIncarnation: 1,
    seq: 0,
    ack: 0,
    selectiveLow: 0,
    selectiveHigh: 0,
    transmission: 1,
    arrived: 0,
    left: 0,
    payload: new Uint8Array(0),
  });
  const out = silence();
  linkReceive(link, frame, world.now, out);
  linkReceive(link, frame.subarray(0, 20), world.now, out);
  frame[30] = 1;
  linkReceive(link, frame, world.now, out);
  t.is(decodeFrame(frame), "corrupt");
  t.deepEqual([link.counts.malformed, link.counts.corrupt, out.frames], [2, 1, 0]);
  t.is(link.peerIncarnation, 1);
});
