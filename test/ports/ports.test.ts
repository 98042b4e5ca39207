// Goal: whatever ports do while messages are under way to them, no message is lost or doubled, and
// those of one host to one port stay in order; when a host dies, every message gets an outcome.
// Method: single situations first; then any schedule of sends, moves and deaths from fast-check.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { locatePort, type PortUid, wellKnownPort } from "../../ports/index.ts";
import {
  act,
  crash,
  createWorld,
  declare,
  destroy,
  findFault,
  holder,
  makePort,
  move,
  nodeOf,
  run,
  runToRest,
  send,
  type World,
} from "./ports-world.ts";

const msNs = 1_000_000;
const numbersOf = (world: World, to: PortUid): number[] =>
  world.received.filter((one) => one.to === to).map(({ number }) => number);
const count = (world: World, event: string): number => world.events.get(event) ?? 0;
const upTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

test("ports: 500 messages to another host: received in order", (t) => {
  const world = createWorld(2);
  const port = makePort(world, 2);
  for (let index = 0; index < 500; index++) send(world, 1, port);
  t.true(runToRest(world));
  t.deepEqual(numbersOf(world, port), upTo(500));
});

test("ports: port has moved: the sender is sent on, and then sends straight there", (t) => {
  const world = createWorld(3);
  const port = makePort(world, 2);
  send(world, 1, port);
  t.true(runToRest(world));
  move(world, port, 3);
  t.true(runToRest(world));
  send(world, 1, port);
  send(world, 1, port);
  t.true(runToRest(world));
  t.deepEqual(numbersOf(world, port), [0, 1, 2]);
  t.like(locatePort(nodeOf(world, 1).ports, port), { host: 3, epoch: 1 });
  t.is(count(world, "msg.redirected"), 1);
  send(world, 1, port);
  t.true(runToRest(world));
  t.is(count(world, "msg.redirected"), 1);
});

test("ports: port on its way: what comes to the target before it waits and is received", (t) => {
  // The port goes 2 → 3 on a slow cable; host 1 hears of it long before it arrives.
  const slow = (from: number, to: number): number => (from === 2 && to === 3 ? 40 * msNs : msNs);
  const world = createWorld(3, { latencyNs: slow });
  const port = makePort(world, 2);
  send(world, 2, wellKnownPort(3, "control"));
  t.true(runToRest(world)); // the link is open
  const before = world.numbers;
  move(world, port, 3);
  send(world, 1, port);
  run(world, world.now + 20 * msNs);
  t.deepEqual(numbersOf(world, port), []);
  t.true(runToRest(world));
  t.deepEqual(numbersOf(world, port), [before]);
  t.true(count(world, "msg.refused") > 3); // it tried again, ever more slowly
});

test("ports: port on its way here, and told so by a third host: the message waits for it", (t) => {
  const slow = (from: number, to: number): number => (from === 2 && to === 3 ? 40 * msNs : msNs);
  const world = createWorld(3, { latencyNs: slow });
  const port = makePort(world, 1);
  move(world, port, 2);
  send(world, 2, wellKnownPort(3, "control"));
  t.true(runToRest(world));
  move(world, port, 3);
  // Host 1 learns of the move from a right in a message of host 2; then host 3 asks host 1.
  const control = wellKnownPort(1, "control");
  send(world, 2, control, [{ kind: "send", uid: port }]);
  run(world, world.now + 5 * msNs);
  const number = send(world, 3, port);
  t.true(runToRest(world));
  t.deepEqual(numbersOf(world, port), [number]);
});

test("ports: queue full: the sender stalls, and goes on in order when there is room", (t) => {
  const world = createWorld(2, { takeNs: 2 * msNs });
  const port = makePort(world, 2, 3);
  for (let index = 0; index < 30; index++) send(world, 1, port);
  t.true(runToRest(world));
  t.deepEqual(numbersOf(world, port), upTo(30));
  t.true(count(world, "msg.refused") > 3);
});

test("ports: queue full, then the port moves: the stalled sender is sent on", (t) => {
  const world = createWorld(3, { takeNs: 50 * msNs });
  const port = makePort(world, 2, 2);
  for (let index = 0; index < 6; index++) send(world, 1, port);
  run(world, 10 * msNs);
  move(world, port, 3);
  t.true(runToRest(world));
  t.deepEqual(numbersOf(world, port), upTo(6));
});

test("ports: destroyed with its queue: every message in it is answered by a notification", (t) => {
  const world = createWorld(2, { takeNs: 1000 * msNs });
  const port = makePort(world, 2);
  for (let index = 0; index < 5; index++) send(world, 1, port);
  run(world, 50 * msNs);
  destroy(world, port);
  t.true(runToRest(world));
  t.deepEqual(world.notified, upTo(5));
  send(world, 1, port); // nobody: refused as dead
  send(world, 2, port); // nobody here
  t.true(runToRest(world));
  t.deepEqual(
    [...world.notified].sort((a, b) => a - b),
    upTo(7),
  );
  t.deepEqual(world.received, []);
});

test("ports: destroyed where it had moved to: later senders are told, and nobody asks for ever", (t) => {
  const world = createWorld(4);
  const port = makePort(world, 1);
  move(world, port, 2);
  t.true(runToRest(world));
  send(world, 3, port);
  t.true(runToRest(world));
  t.like(locatePort(nodeOf(world, 3).ports, port), { host: 2, epoch: 1 });
  destroy(world, port);
  for (const from of [1, 2, 3, 4]) send(world, from, port);
  t.true(runToRest(world));
  t.deepEqual(
    [...world.notified].sort((a, b) => a - b),
    [1, 2, 3, 4],
  );
  t.is(findFault(world, false), undefined);
});

test("ports: a forwarder whose target host died: senders are told, and nobody asks for ever", (t) => {
  const world = createWorld(4);
  const port = makePort(world, 1);
  move(world, port, 2);
  t.true(runToRest(world));
  send(world, 4, port);
  t.true(runToRest(world)); // host 4 believes that the port is on host 2
  move(world, port, 3);
  t.true(runToRest(world));
  crash(world, 3);
  for (const at of [1, 2, 4]) declare(world, at, 3);
  const lost = send(world, 4, port);
  t.true(runToRest(world));
  t.deepEqual(world.notified, [lost]);
});

test("ports: host dies with messages under way: each has one outcome, none is sent again", (t) => {
  const world = createWorld(2);
  const port = makePort(world, 2);
  for (let index = 0; index < 10; index++) send(world, 1, port);
  run(world, 10 * msNs);
  for (let index = 0; index < 10; index++) send(world, 1, port);
  crash(world, 2);
  declare(world, 1, 2);
  t.true(runToRest(world));
  t.deepEqual(numbersOf(world, port), upTo(10));
  t.deepEqual(world.notified, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

test("ports: port comes home before the host it left answered: order is kept", (t) => {
  // Host 1 sends to the port on host 2 just as it leaves there for host 1, and then locally.
  const fast = (from: number): number => (from === 2 ? msNs / 10 : 5 * msNs);
  const world = createWorld(2, { latencyNs: fast });
  const port = makePort(world, 2);
  send(world, 1, port);
  t.true(runToRest(world));
  const early = send(world, 1, port);
  move(world, port, 1);
  run(world, world.now + 2 * msNs);
  t.is(holder(world, port), 1);
  const late = send(world, 1, port);
  t.true(runToRest(world));
  t.deepEqual(numbersOf(world, port), [0, early, late]);
});

test("ports: port comes by and goes on before the host it left answered: nothing is lost", (t) => {
  const fast = (from: number, to: number): number =>
    from === 1 && to === 2 ? 30 * msNs : msNs / 10;
  const world = createWorld(3, { latencyNs: fast });
  const port = makePort(world, 2);
  send(world, 1, port);
  t.true(runToRest(world));
  const first = send(world, 1, port);
  move(world, port, 1);
  run(world, world.now + 2 * msNs);
  t.is(holder(world, port), 1);
  const second = send(world, 1, port);
  move(world, port, 3);
  t.true(runToRest(world));
  t.is(holder(world, port), 3);
  t.deepEqual(numbersOf(world, port), [0, first, second]);
});

test("ports: nonsense from a peer: dropped, and said", (t) => {
  const world = createWorld(2);
  const port = makePort(world, 2);
  send(world, 1, port);
  t.true(runToRest(world));
  act(world, 2, ({ ports }) =>
    ports.agenda.push({ on: "datagram", from: 1, bytes: Uint8Array.of(0, 1, 9) }),
  );
  t.is(count(world, "msg.malformed"), 1);
  t.is(nodeOf(world, 2).ports.malformed, 1);
  send(world, 1, port);
  t.true(runToRest(world));
  t.deepEqual(numbersOf(world, port), [0, 1]);
});

const hosts = 4;
const anyHost = fc.integer({ min: 1, max: hosts });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      from: anyHost,
      port: fc.nat(1),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("move" as const), port: fc.nat(1), to: anyHost }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ns: fc.constantFrom(10_000, 300_000, 2_000_000, 30_000_000),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
const latencies = fc.array(fc.constantFrom(20_000, 100_000, 1_500_000, 20_000_000), {
  minLength: hosts * hosts,
  maxLength: hosts * hosts,
});
const takeNs = fc.constantFrom(0, 200_000, 5_000_000);
const limit = fc.constantFrom(1, 2, 1024);

function worldOf(table: readonly number[], take: number): World {
  const latencyNs = (from: number, to: number): number =>
    from === 0 || to === 0 ? 20_000 : (table[(from - 1) * hosts + (to - 1)] as number);
  return createWorld(hosts, { latencyNs, takeNs: take });
}

function perform(world: World, ports: readonly PortUid[], one: Step): void {
  if (one.do === "pass") {
    run(world, world.now + one.ns);
    return;
  }
  const port = ports[one.port] as PortUid;
  if (one.do === "move") move(world, port, one.to);
  else if (nodeOf(world, one.from).up) {
    for (let index = 0; index < one.times; index++) send(world, one.from, port);
  }
}

testProp(
  "ports: any schedule of sends and moves, no host dies: all received once and in order",
  [latencies, takeNs, limit, fc.array(step, { minLength: 5, maxLength: 40 })],
  (t, table, take, queue, steps) => {
    const world = worldOf(table, take);
    const ports = [makePort(world, 1, queue), makePort(world, 2, queue)];
    for (const one of steps) perform(world, ports, one);
    t.true(runToRest(world), "the world comes to rest");
    t.is(findFault(world, true), undefined);
  },
  { numRuns: 1500 },
);

testProp(
  "ports: any schedule and one host that dies: no message twice, none without an outcome",
  [
    latencies,
    takeNs,
    fc.array(step, { minLength: 3, maxLength: 25 }),
    anyHost,
    fc.array(step, { minLength: 1, maxLength: 25 }),
  ],
  (t, table, take, steps, victim, later) => {
    const world = worldOf(table, take);
    const ports = [makePort(world, 1), makePort(world, 2)];
    for (const one of steps) perform(world, ports, one);
    crash(world, victim);
    for (const [id, { up }] of world.nodes) if (up) declare(world, id, victim);
    for (const one of later) perform(world, ports, one);
    t.true(runToRest(world), "the world comes to rest");
    t.is(findFault(world, false), undefined);
  },
  { numRuns: 1500 },
);

test("ports: checker, planted: a repeat, a swap and a loss are each found", (t) => {
  const world = createWorld(2);
  const port = makePort(world, 2);
  for (let index = 0; index < 3; index++) send(world, 1, port);
  t.true(runToRest(world));
  t.is(findFault(world, true), undefined);
  const [first, second, third] = world.received as [never, never, never];
  t.regex(findFault({ ...world, received: [first, first] }, true) ?? "", /twice/);
  t.regex(findFault({ ...world, received: [second, first] }, true) ?? "", /came after/);
  t.regex(findFault({ ...world, received: [first, third] }, true) ?? "", /was lost/);
  t.regex(findFault({ ...world, received: [first, third] }, false) ?? "", /no outcome/);
});
