// Goal: rights and the sends of threads keep Mach's rules between hosts, under every location
// policy: no loss, no repeat, order for each thread and port, transits conserved, no-senders
// neither early nor never; when hosts die, what is left is counted anew.
// Method: single situations, then any schedule from fast-check.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { type LocationName, locationNames, portHere } from "../../ports/index.ts";
import { crash, declare, nodeOf, run, runToRest } from "./ports-world.ts";
import {
  createRightsWorld,
  dropSends,
  endKeepalive,
  findRightsFault,
  giveRight,
  holderOf,
  introduce,
  keepalive,
  makePort,
  movePort,
  post,
  type RightsWorld,
  spaceAt,
  watchSenders,
} from "./rights-world.ts";

const texts = (all: RightsWorld, to: number): number[] =>
  all.received.filter((one) => one.to === to).map(({ text }) => Number(text.split(".")[3]));

for (const policy of locationNames) {
  test(`rights between hosts: a port moves twice under ${policy}: threads' sends arrive in order`, (t) => {
    const all = createRightsWorld(4, { policy });
    const { uid } = makePort(all, 1);
    introduce(all, uid, 1, 4);
    for (let index = 0; index < 3; index++) post(all, 4, 1, uid);
    movePort(all, 2, uid);
    for (let index = 0; index < 3; index++) post(all, 4, 1, uid);
    t.true(runToRest(all.world));
    movePort(all, 3, uid);
    for (let index = 0; index < 3; index++) post(all, 4, 1, uid);
    t.true(runToRest(all.world));
    t.is(holderOf(all, uid), 3);
    t.is(texts(all, uid).length, 9);
    t.is(findRightsFault(all, false), undefined);
  });

  test(`rights between hosts: all send rights dropped under ${policy}: one no-senders notification`, (t) => {
    const all = createRightsWorld(4, { policy });
    const { uid } = makePort(all, 1);
    introduce(all, uid, 1, 2);
    giveRight(all, 2, 3, uid);
    giveRight(all, 2, 4, uid);
    t.true(runToRest(all.world));
    watchSenders(all, 1, uid);
    dropSends(all, 2, uid);
    dropSends(all, 4, uid);
    t.true(runToRest(all.world));
    t.deepEqual(all.notified, []);
    t.true(portHere(spaceAt(all, 1).ports, uid) !== undefined);
    dropSends(all, 3, uid);
    t.true(runToRest(all.world));
    t.deepEqual(all.notified.length, 1);
    t.like(all.notified[0], { at: 1, value: 1 });
    t.is(findRightsFault(all, false), undefined);
  });
}

const hosts = 4;
const anyHost = fc.integer({ min: 1, max: hosts });
const anyPort = fc.nat(2);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("post" as const),
      at: anyHost,
      thread: fc.integer({ min: 1, max: 3 }),
      port: anyPort,
      times: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("move" as const), port: anyPort, to: anyHost }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("give" as const),
      port: anyPort,
      from: anyHost,
      to: anyHost,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("drop" as const), port: anyPort, at: anyHost }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ns: fc.constantFrom(10_000, 300_000, 2_000_000, 30_000_000),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function perform(all: RightsWorld, uids: readonly number[], one: Step): void {
  if (one.do === "pass") {
    run(all.world, all.world.now + one.ns);
    return;
  }
  const uid = uids[one.port] as number;
  if (one.do === "move") {
    if (nodeOf(all.world, one.to).up) movePort(all, one.to, uid);
  } else if (one.do === "drop") {
    if (nodeOf(all.world, one.at).up) dropSends(all, one.at, uid);
  } else if (one.do === "give") {
    if (one.from !== one.to && nodeOf(all.world, one.from).up)
      giveRight(all, one.from, one.to, uid);
  } else if (nodeOf(all.world, one.at).up) {
    for (let index = 0; index < one.times; index++) post(all, one.at, one.thread, uid);
  }
}

const latencies = fc.array(fc.constantFrom(20_000, 100_000, 1_500_000, 20_000_000), {
  minLength: hosts * hosts,
  maxLength: hosts * hosts,
});
const anyPolicy = fc.constantFrom<LocationName>(...locationNames);
const takeNs = fc.constantFrom(0, 200_000, 5_000_000);

function worldOf(table: readonly number[], take: number, policy: LocationName): RightsWorld {
  const latencyNs = (from: number, to: number): number =>
    from === 0 || to === 0 ? 20_000 : (table[(from - 1) * hosts + (to - 1)] as number);
  return createRightsWorld(hosts, { latencyNs, takeNs: take, policy });
}

function portsOf(all: RightsWorld): number[] {
  const uids = [makePort(all, 1).uid, makePort(all, 2).uid, makePort(all, 2).uid];
  introduce(all, uids[0] as number, 1, 3);
  introduce(all, uids[1] as number, 2, 1);
  introduce(all, uids[2] as number, 2, 4);
  return uids;
}

testProp(
  "rights between hosts: any schedule, any policy, no host dies: every rule holds",
  [anyPolicy, latencies, takeNs, fc.array(step, { minLength: 5, maxLength: 40 })],
  (t, policy, table, take, steps) => {
    const all = worldOf(table, take, policy);
    const uids = portsOf(all);
    for (const one of steps) perform(all, uids, one);
    t.true(runToRest(all.world), "the world comes to rest");
    t.is(findRightsFault(all, false), undefined);
  },
  { numRuns: 1500 },
);

testProp(
  "rights between hosts: any schedule and one host that dies: nothing twice, none out of order, rights counted anew",
  [
    anyPolicy,
    latencies,
    takeNs,
    fc.array(step, { minLength: 3, maxLength: 25 }),
    anyHost,
    fc.array(step, { maxLength: 15 }),
  ],
  (t, policy, table, take, steps, victim, later) => {
    const all = worldOf(table, take, policy);
    const uids = portsOf(all);
    for (const one of steps) perform(all, uids, one);
    crash(all.world, victim);
    for (const [id, { up }] of all.world.nodes) if (up) declare(all.world, id, victim);
    for (const one of later) perform(all, uids, one);
    for (let second = 0; second < 30; second++) keepalive(all);
    endKeepalive(all);
    t.true(runToRest(all.world), "the world comes to rest");
    t.is(findRightsFault(all, true), undefined);
    t.is(all.open.size - lostSends(all), 0, "every send of a living host has an outcome");
  },
  { numRuns: 1500 },
);

/** Sends of the host that died: nobody waits for them. */
function lostSends(all: RightsWorld): number {
  let lost = 0;
  for (const key of all.open.values()) {
    if (!nodeOf(all.world, Number(key.split(".")[0])).up) lost++;
  }
  return lost;
}
