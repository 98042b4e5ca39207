// Goal: the link costs little: line rate for bulk, no acks of its own for calls, few repetitions.
// Method: frames and virtual time are counted; the cable is 125 MB/s and 100 µs unless said.

import test from "ava";
import { findFault } from "./link-check.ts";
import {
  a,
  b,
  type Cable,
  createWorld,
  entries,
  plan,
  runToRest,
  runUntil,
  send,
  type World,
} from "./link-world.ts";

const ms = 1_000_000;
const mib = 1048576;

/** From the first byte handed over to the last message delivered. */
function transferNs(world: World, sizes: readonly number[]): number {
  for (const bytes of sizes) plan(world, 0, { do: "send", from: a, bytes });
  runToRest(world);
  return entries(world, "delivered", b).at(-1)?.time ?? Infinity;
}

test("link: 16 MiB on a clean cable: at least 95 % of line rate, nothing repeated", (t) => {
  const world = createWorld();
  const took = transferNs(world, [16 * mib]);
  t.is(findFault(world), null);
  const lineNs = 16 * mib * 8;
  t.log(`${((100 * lineNs) / took).toFixed(1)} % of line rate`);
  t.true(lineNs / took >= 0.95);
  t.is(world.hosts[a].link.counts.retransmits, 0);
  t.true(world.hosts[b].link.counts.acksPure <= 2049 / 8 + 2);
});

for (const [name, cable] of Object.entries<Partial<Cable>>({
  "12.5 MB/s": { nsPerByte: 80 },
  "1 MB/s": { nsPerByte: 1000 },
  "50 ms": { latencyNs: 50 * ms },
  "1 µs": { latencyNs: 1000 },
})) {
  test(`link: 2 MiB on a clean cable of ${name}: hardly anything repeated`, (t) => {
    const world = createWorld(cable);
    transferNs(world, [2 * mib]);
    t.is(findFault(world), null);
    t.log(`${world.hosts[a].link.counts.retransmits} repeated`);
    t.true(world.hosts[a].link.counts.retransmits <= 3);
  });
}

test("link: 16 MiB at 1 GB/s and 10 µs: acks come often enough for 95 % of line rate", (t) => {
  const world = createWorld({ latencyNs: 10_000, nsPerByte: 1 });
  const took = transferNs(world, [16 * mib]);
  t.is(findFault(world), null);
  t.true((16 * mib) / took >= 0.95);
});

test("link: a cable that becomes slower than every timeout: the timeout grows with it", (t) => {
  const world = createWorld();
  send(world, a, 1);
  runToRest(world);
  const slow: World = { ...world, cable: { ...world.cable, latencyNs: 60 * ms } };
  for (let count = 0; count < 20; count++) {
    send(slow, a, 1);
    runToRest(slow);
  }
  t.log(`${slow.hosts[a].link.counts.retransmits} repeated`);
  t.true(slow.hosts[a].link.counts.retransmits <= 8);
});

test("link: 16 MiB at 2 % loss: only what was lost is repeated", (t) => {
  for (const seed of [1, 2, 3]) {
    const world = createWorld({ loss: 20, seed });
    const took = transferNs(world, new Array<number>(64).fill(mib / 4));
    t.is(findFault(world), null);
    const { retransmits } = world.hosts[a].link.counts;
    const rate = (16 * mib * 8) / took;
    t.log(
      `seed ${seed}: ${retransmits} repeated, ${world.lost[a]} lost, ${rate.toFixed(3)} of line rate`,
    );
    t.true(retransmits <= world.lost[a] + 2);
    t.true(rate >= 0.9);
  }
});

test("link: 1000 calls and answers: no frame but theirs", (t) => {
  const world = createWorld();
  world.hosts[b].replyBytes = 20;
  for (let count = 0; count < 1000; count++) {
    send(world, a, 20);
    runUntil(world, world.now + ms / 2);
  }
  t.is(entries(world, "delivered", a).length, 1000);
  const acks = world.hosts[a].link.counts.acksPure + world.hosts[b].link.counts.acksPure;
  t.is(acks, 0);
  runToRest(world);
  t.is(world.frames, 2000 + 2 + 1, "the calls, the opening, and an ack of the last answer");
});

test("link: one message without an answer: one ack, after its delay", (t) => {
  const world = createWorld();
  send(world, a, 1);
  runToRest(world);
  const { frames, now } = world;
  send(world, a, 1);
  runUntil(world, now + ms);
  t.is(world.frames - frames, 1);
  runToRest(world);
  t.is(world.frames - frames, 2);
  t.is(world.hosts[b].link.counts.acksPure, 2);
});

test("link: 200,000 small messages at once: every step stays cheap", (t) => {
  const world = createWorld();
  const started = process.hrtime.bigint();
  for (let count = 0; count < 200_000; count++) send(world, a, 4);
  runToRest(world);
  const tookMs = Number(process.hrtime.bigint() - started) / 1e6;
  t.is(entries(world, "delivered", b).length, 200_000);
  t.is(world.hosts[a].link.queue.messages.length, 0);
  t.log(`${tookMs.toFixed(0)} ms of real time`);
  // Quadratic work would take minutes.
  t.true(tookMs < 30_000);
});

test("link: the window and the reorder buffer: never more than 64 packets, with the first one lost", (t) => {
  const world = createWorld();
  send(world, a, 1);
  runToRest(world);
  plan(world, world.now, { do: "cut" });
  plan(world, world.now, { do: "send", from: a, bytes: 8000 });
  plan(world, world.now + 1000, { do: "heal" });
  plan(world, world.now + 1000, { do: "send", from: a, bytes: 4 * mib });
  let early = 0;
  while (world.items.length > 0) {
    runUntil(world, world.items[0]?.time ?? 0);
    early = Math.max(early, world.hosts[b].link.receiving.earlyCount);
    if (world.hosts[a].link.sending.flight.length > 64) t.fail("more than a window under way");
  }
  t.true(early > 3);
  t.true(early < 64);
  t.is(findFault(world), null);
});
