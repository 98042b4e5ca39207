// Goal: whatever a cable does to frames, and whenever hosts die, the rules of `link-check` hold.
// Method: random cables and plans from fast-check, in virtual time, run until the links rest.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { findFault } from "./link-check.ts";
import {
  a,
  type Action,
  b,
  type Cable,
  createWorld,
  entries,
  type Entry,
  plan,
  runToRest,
  step,
  type World,
} from "./link-world.ts";

const end = fc.constantFrom(a, b);
const msMax = 400;
const time = fc.integer({ min: 0, max: msMax * 1_000_000 });

const badCable: fc.Arbitrary<Partial<Cable>> = fc.record({
  seed: fc.nat(),
  latencyNs: fc.constantFrom(1_000, 100_000, 1_000_000, 50_000_000),
  nsPerByte: fc.constantFrom(1, 8, 80),
  loss: fc.constantFrom(0, 20, 200),
  repeat: fc.constantFrom(0, 100, 500),
  reorder: fc.constantFrom(0, 100, 900),
  corrupt: fc.constantFrom(0, 20, 100),
  delayNsMax: fc.constantFrom(10_000, 3_000_000, 300_000_000),
});

const sizes = fc.oneof(
  fc.nat(100),
  fc.constantFrom(8180, 8181, 16372, 65536),
  fc.integer({ min: 100_000, max: 900_000 }),
);
const sends = fc.array(
  fc.tuple(time, fc.record({ do: fc.constant("send" as const), from: end, bytes: sizes })),
  { minLength: 1, maxLength: 30 },
);

/** Cut for less than a second at a time, so that nobody is taken for dead. */
const cuts = fc.array(fc.tuple(time, fc.integer({ min: 1, max: 900 })), { maxLength: 3 });

const crashes = fc.array(
  fc.tuple(time, end, fc.option(fc.integer({ min: 0, max: 200 }), { nil: null })),
  { minLength: 1, maxLength: 4 },
);

type Planned = readonly (readonly [number, Action])[];

function worldOf(cable: Partial<Cable>, planned: Planned): World {
  const world = createWorld(cable);
  for (const [at, action] of planned) plan(world, at, action);
  return world;
}

function planCuts(cutList: readonly (readonly [number, number])[]): Planned {
  return cutList.flatMap(([at, ms]) => [
    [at, { do: "cut" }] as const,
    [at + ms * 1_000_000, { do: "heal" }] as const,
  ]);
}

/** A host that is not restarted stays away; its peer finds out. */
function planCrashes(list: readonly (readonly [number, 1 | 2, number | null])[]): Planned {
  return list.flatMap(([at, host, ms]) => {
    const crash = [at, { do: "crash", host }] as const;
    return ms === null ? [crash] : [crash, [at + ms * 1_000_000, { do: "restart", host }] as const];
  });
}

testProp(
  "link: any loss, repeats, reordering, corruption and cuts: every message once, in order, whole",
  [badCable, sends, cuts],
  (t, cable, sendList, cutList) => {
    const world = worldOf(cable, [...sendList, ...planCuts(cutList)]);
    runToRest(world);
    t.is(findFault(world), null);
    t.is(entries(world, "delivered").length, sendList.length);
    t.deepEqual(entries(world, "dead"), []);
    t.is(entries(world, "definite").length + entries(world, "indefinite").length, 0);
    for (const { link } of Object.values(world.hosts)) {
      t.is(link.sending.flight.length, 0);
      t.is(link.receiving.earlyCount, 0);
    }
  },
  { numRuns: 120 },
);

testProp(
  "link: hosts crash and restart on a bad cable: no message crosses lives, outcomes are true",
  [badCable, sends, cuts, crashes],
  (t, cable, sendList, cutList, crashList) => {
    const world = worldOf(cable, [...sendList, ...planCuts(cutList), ...planCrashes(crashList)]);
    runToRest(world);
    t.is(findFault(world), null);
  },
  { numRuns: 150 },
);

testProp(
  "link: the world is copied at any step: the copy goes on in the same way",
  [badCable, sends, crashes, fc.nat(3000)],
  (t, cable, sendList, crashList, steps) => {
    const world = worldOf(cable, [...sendList, ...planCrashes(crashList)]);
    for (let count = 0; count < steps; count++) step(world);
    const copy = structuredClone(world);
    t.deepEqual(copy.hosts, world.hosts);
    runToRest(world);
    runToRest(copy);
    t.deepEqual(copy.log, world.log);
    t.is(copy.now, world.now);
  },
  { numRuns: 25 },
);

/** A run without faults that the checker accepts, to be spoilt. */
function soundWorld(): World {
  const world = createWorld();
  for (let count = 0; count < 4; count++) plan(world, 0, { do: "send", from: a, bytes: 10 });
  runToRest(world);
  return world;
}

const spoilt: Record<string, (log: Entry[], at: number) => void> = {
  "delivered twice": (log, at) => log.push(log[at] as Entry),
  "no outcome": (log, at) => log.splice(at, 1),
  after: (log, at) => log.push(...log.splice(at, 1)),
  "delivered to": (log, at) => (log[at] = { ...(log[at] as Entry), incarnation: 2 }),
  "definite, but delivered": (log, at) =>
    log.push({ ...(log[at] as Entry), host: a, on: "definite" } as Entry),
};

for (const [words, spoil] of Object.entries(spoilt)) {
  test(`link-check: a planted fault: says "${words}"`, (t) => {
    const world = soundWorld();
    // Bound to an incarnation, as a message is that is sent on an open connection.
    world.log.forEach((entry, at) => {
      if (entry.on === "sent") world.log[at] = { ...entry, bound: 1 };
    });
    t.is(findFault(world), null);
    spoil(
      world.log,
      world.log.findIndex((entry) => entry.on === "delivered"),
    );
    t.regex(findFault(world) ?? "", new RegExp(words));
  });
}
