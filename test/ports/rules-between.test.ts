// Goal: each rule of ports between hosts holds in the situation that it is about: where a message
// goes, what stays behind and until when, who is told of a death, what a crash costs.
// Method: one situation each, in a world of four hosts and fs with a steady cable of 0.1 ms.

import test from "ava";
import {
  type HostId,
  type LocationName,
  locationNames,
  type PortUid,
  portHere,
  portName,
  portRequestNotification,
  makeSendOnceRight,
  destroyPort,
} from "../../ports/index.ts";
import { act, crash, declare, run, runToRest } from "./ports-world.ts";
import {
  createRightsWorld,
  dropSends,
  findRightsFault,
  giveRight,
  holderOf,
  introduce,
  keepalive,
  makePort,
  movePort,
  post,
  restart,
  type RightsWorld,
  spaceAt,
  transitsHeld,
  watchSenders,
} from "./rights-world.ts";

const msNs = 1_000_000;

/** A port on h1, to which h4 has a right. */
function portOf(all: RightsWorld): PortUid {
  const { uid } = makePort(all, 1);
  introduce(all, uid, 1, 4);
  return uid;
}

function moved(
  policy: LocationName,
  ...way: readonly HostId[]
): { all: RightsWorld; uid: PortUid } {
  const all = createRightsWorld(4, { policy });
  const uid = portOf(all);
  for (const to of way) {
    movePort(all, to, uid);
    runToRest(all.world);
  }
  all.events.length = 0;
  return { all, uid };
}

function eventsOf(all: RightsWorld, event: string): readonly Readonly<Record<string, unknown>>[] {
  return all.events.filter((one) => one.event === event).map(({ ids }) => ids);
}

/** Control messages of one kind. */
function told(all: RightsWorld, op: string): number {
  return eventsOf(all, "ports.told").filter((ids) => ids["op"] === `hosts.${op}`).length;
}

function hopsOf(all: RightsWorld): unknown[] {
  return eventsOf(all, "ipc.queued").map(({ hops }) => hops);
}

/** Transits that the port on h1 has given out. */
function givenOut(all: RightsWorld, uid: PortUid): number {
  return portHere(spaceAt(all, 1).ports, uid)?.counted?.transits ?? -1;
}

/** Hosts that would send on, or that know where the port is because it was there. */
function forwardersOf(all: RightsWorld, uid: PortUid): HostId[] {
  return [...all.spaces].flatMap(([id, { ports }]) => {
    const port = ports.table.get(uid);
    return port?.where === "away" && port.forwardsSince !== null ? [id] : [];
  });
}

function sendAndRest(all: RightsWorld, from: HostId, uid: PortUid, times: number = 1): void {
  for (let index = 0; index < times; index++) {
    post(all, from, 1, uid);
    runToRest(all.world);
  }
}

test("redirect: a port that has moved: the sender is refused, told where, and goes there itself", (t) => {
  const { all, uid } = moved("redirect", 2);
  sendAndRest(all, 4, uid, 2);
  t.deepEqual(hopsOf(all), [2, 1]);
  t.is(eventsOf(all, "ipc.relayed").length, 0);
  t.deepEqual(forwardersOf(all, uid), [1]);
});

test("relay: a port that has moved: one message goes by the old host, the next ones straight", (t) => {
  const { all, uid } = moved("relay", 2);
  sendAndRest(all, 4, uid, 3);
  t.deepEqual(hopsOf(all), [2, 1, 1]);
  t.is(eventsOf(all, "ipc.relayed").length, 1);
  t.is(told(all, "relayed"), 1); // DEMOS/MP: the forwarded message, and a link update
  t.is(eventsOf(all, "ipc.refused").length, 0);
  t.deepEqual(forwardersOf(all, uid), [1]);
});

test("relay: a chain of forwarders: each passes the message on, hops are bounded by the hosts", (t) => {
  const { all, uid } = moved("relay", 2, 3);
  sendAndRest(all, 4, uid, 2);
  t.deepEqual(hopsOf(all), [3, 1]);
  t.is(told(all, "relayed"), 2);
});

test("home: a port that has moved: its origin knows where, the hosts between keep nothing", (t) => {
  const { all, uid } = moved("home", 2, 3);
  t.deepEqual(forwardersOf(all, uid), [1]);
  introduce(all, uid, 3, 2);
  sendAndRest(all, 4, uid, 2);
  t.deepEqual(hopsOf(all), [2, 1]);
  t.is(told(all, "lookup"), 0); // the first host it asked is the origin
});

test("home: a sender whose knowledge is old: it looks the port up at its origin", (t) => {
  const { all, uid } = moved("home", 2);
  sendAndRest(all, 4, uid);
  movePort(all, 3, uid);
  runToRest(all.world);
  all.events.length = 0;
  sendAndRest(all, 4, uid);
  t.is(told(all, "lookup"), 1);
  t.deepEqual(hopsOf(all), [2]);
});

test("home: the origin has been restarted: the port's host registers it again, and it is found", (t) => {
  const { all, uid } = moved("home", 2);
  const { ports } = spaceAt(all, 2);
  t.truthy(portHere(ports, uid));
  crash(all.world, 1);
  restart(all, 1, 2);
  // Any contact shows the new incarnation; here the origin's host speaks first.
  const inbox = all.inboxes.get(2) ?? 0;
  introduce(all, inbox, 2, 1);
  sendAndRest(all, 1, inbox);
  run(all.world, all.world.now + 10_000 * msNs);
  all.events.length = 0;
  sendAndRest(all, 4, uid);
  t.deepEqual(hopsOf(all).length, 1);
  t.deepEqual(forwardersOf(all, uid), [1]);
});

test("search: a port that has moved: nothing stays behind, all hosts are asked", (t) => {
  const { all, uid } = moved("search", 2, 3);
  t.deepEqual(forwardersOf(all, uid), []);
  sendAndRest(all, 4, uid, 2);
  t.is(told(all, "lookup"), 4); // fs, h1, h2, h3
  t.deepEqual(hopsOf(all), [2, 1]);
});

test("update: holders are told before the move: no message goes astray, nothing stays behind", (t) => {
  const all = createRightsWorld(4, { policy: "update" });
  const uid = portOf(all);
  giveRight(all, 1, 3, uid);
  giveRight(all, 1, 4, uid);
  runToRest(all.world);
  all.events.length = 0;
  movePort(all, 2, uid);
  runToRest(all.world);
  t.true(told(all, "pause") >= 2);
  t.is(told(all, "pause"), told(all, "paused"));
  t.true(told(all, "resume") >= 2);
  t.deepEqual(forwardersOf(all, uid), []);
  all.events.length = 0;
  sendAndRest(all, 3, uid);
  sendAndRest(all, 4, uid);
  t.deepEqual(hopsOf(all), [1, 1]);
  t.is(eventsOf(all, "ipc.refused").length, 0);
});

test("update: a right passed on by a third host: its new holder registers and is told too", (t) => {
  const all = createRightsWorld(4, { policy: "update" });
  const uid = portOf(all);
  giveRight(all, 1, 3, uid);
  runToRest(all.world);
  giveRight(all, 3, 2, uid);
  runToRest(all.world);
  t.true(portHere(spaceAt(all, 1).ports, uid)?.holders.has(2));
  movePort(all, 4, uid);
  runToRest(all.world);
  all.events.length = 0;
  sendAndRest(all, 2, uid);
  t.deepEqual(hopsOf(all), [1]);
});

for (const policy of locationNames) {
  test(`death: three moves under ${policy}, then the port dies: every forwarder is gone`, (t) => {
    const { all, uid } = moved(policy, 2, 3, 1);
    act(all.world, 1, ({ ports, host }) => destroyPort(ports, uid, host));
    t.true(runToRest(all.world));
    t.deepEqual(forwardersOf(all, uid), []);
    all.events.length = 0;
    sendAndRest(all, 4, uid); // a message to a dead port: sent, and destroyed
    t.is(eventsOf(all, "ipc.queued").length, 0);
    t.is(eventsOf(all, "ipc.destroyed").length, 1);
    t.like(eventsOf(all, "ipc.outcome")[0], { code: 0, definite: true });
  });

  test(`moves: the queue goes with its port under ${policy}: in order, before anything new`, (t) => {
    const all = createRightsWorld(4, { policy, takeNs: 5 * msNs });
    const uid = portOf(all);
    for (let index = 0; index < 4; index++) post(all, 4, 1, uid);
    run(all.world, all.world.now + 2 * msNs);
    movePort(all, 2, uid);
    for (let index = 0; index < 4; index++) post(all, 4, 1, uid);
    t.true(runToRest(all.world));
    t.deepEqual(
      all.received.map(({ text }) => Number(text.split(".")[3])).filter((number) => number !== 4),
      [0, 1, 2, 3, 5, 6, 7, 8],
    );
    t.is(findRightsFault(all, false), undefined);
  });

  test(`moves: back to a host that still knows where it went, under ${policy}: no circle`, (t) => {
    const { all, uid } = moved(policy, 2, 1);
    sendAndRest(all, 4, uid, 2);
    t.is(all.received.filter(({ to }) => to === uid).length, 2);
    t.true(hopsOf(all).every((hops) => Number(hops) <= 4));
    t.is(holderOf(all, uid), 1);
  });
}

test("dead names: the port dies on another host: its host tells who asked, once", (t) => {
  const all = createRightsWorld(4);
  const uid = portOf(all);
  const context = spaceAt(all, 4);
  const inbox = portHere(context.ports, all.inboxes.get(4) ?? 0);
  const name = context.space.names.get(uid) ?? 0;
  if (!inbox) return t.fail();
  const notify = makeSendOnceRight(context.ports, inbox, context.host);
  act(all.world, 4, () =>
    portRequestNotification(context, { name, which: "dead-name", sync: 0, notify }),
  );
  t.true(runToRest(all.world));
  t.deepEqual(all.notified, []);
  movePort(all, 2, uid);
  t.true(runToRest(all.world));
  act(all.world, 2, ({ ports, host }) => destroyPort(ports, uid, host));
  t.true(runToRest(all.world));
  t.is(all.notified.length, 1);
  t.like(all.notified[0], { at: 4, value: name });
});

test("dead names: the port's host dies: whoever asked is told when the death is known", (t) => {
  const all = createRightsWorld(4);
  const uid = portOf(all);
  const context = spaceAt(all, 4);
  const inbox = portHere(context.ports, all.inboxes.get(4) ?? 0);
  const name = context.space.names.get(uid) ?? 0;
  if (!inbox) return t.fail();
  const notify = makeSendOnceRight(context.ports, inbox, context.host);
  act(all.world, 4, () =>
    portRequestNotification(context, { name, which: "dead-name", sync: 0, notify }),
  );
  t.true(runToRest(all.world));
  crash(all.world, 1);
  for (const at of [2, 3, 4]) declare(all.world, at, 1);
  run(all.world, all.world.now + 60_000 * msNs);
  t.is(all.notified.length, 1);
  t.like(all.notified[0], { at: 4, value: name });
});

test("transits: a right passed on from hand to hand: no message to its port", (t) => {
  const all = createRightsWorld(4);
  const uid = portOf(all);
  all.events.length = 0;
  giveRight(all, 4, 3, uid);
  runToRest(all.world);
  giveRight(all, 3, 2, uid);
  runToRest(all.world);
  const about = eventsOf(all, "msg.send").filter(({ port }) => port === portName(uid));
  t.deepEqual(about, []);
  t.is(transitsHeld(all, uid), givenOut(all, uid));
});

test("transits: one that cannot be split: more are asked for, and the message goes then", (t) => {
  const all = createRightsWorld(4);
  const uid = portOf(all);
  const entry = [...spaceAt(all, 4).space.entries.values()].find((one) => one.uid === uid);
  if (!entry) return t.fail();
  const port = portHere(spaceAt(all, 1).ports, uid);
  if (port?.counted) port.counted.transits -= entry.transits - 1;
  entry.transits = 1;
  giveRight(all, 4, 3, uid);
  t.true(runToRest(all.world));
  t.is(eventsOf(all, "right.granted").length, 1);
  t.is(told(all, "granted"), 1);
  t.is(findRightsFault(all, false), undefined);
  t.true(spaceAt(all, 3).space.names.has(uid));
});

test("recount: the host with the last right dies: no senders, once it is counted", (t) => {
  const all = createRightsWorld(4);
  const uid = portOf(all);
  watchSenders(all, 1, uid);
  giveRight(all, 4, 3, uid);
  t.true(runToRest(all.world));
  dropSends(all, 4, uid);
  t.true(runToRest(all.world));
  t.deepEqual(all.notified, []);
  keepalive(all);
  crash(all.world, 3);
  for (const at of [1, 2, 4]) declare(all.world, at, 3);
  run(all.world, all.world.now + 10_000 * msNs);
  t.is(all.notified.length, 1);
  t.is(eventsOf(all, "right.recounted").length >= 1, true);
});

test("recount: another host still has a right: what died is taken off, nobody is notified", (t) => {
  const all = createRightsWorld(4);
  const uid = portOf(all);
  watchSenders(all, 1, uid);
  giveRight(all, 4, 3, uid);
  t.true(runToRest(all.world));
  keepalive(all);
  crash(all.world, 3);
  for (const at of [1, 2, 4]) declare(all.world, at, 3);
  run(all.world, all.world.now + 10_000 * msNs);
  t.deepEqual(all.notified, []);
  t.is(transitsHeld(all, uid), givenOut(all, uid));
  dropSends(all, 4, uid);
  run(all.world, all.world.now + 10_000 * msNs);
  t.is(all.notified.length, 1);
});

test("travel: the message with the receive right is destroyed: the port dies", (t) => {
  const all = createRightsWorld(4, { takeNs: 100 * msNs });
  const uid = portOf(all);
  movePort(all, 2, uid);
  run(all.world, all.world.now + 20 * msNs); // it lies in the inbox of h2
  const inbox = all.inboxes.get(2) ?? 0;
  act(all.world, 2, ({ ports, host }) => destroyPort(ports, inbox, host));
  t.true(runToRest(all.world));
  t.is(portHere(spaceAt(all, 1).ports, uid), undefined);
  t.true(eventsOf(all, "port.dead").some(({ port }) => port === portName(uid)));
});

test("travel: the host dies on which the message with the receive right lies: the port dies", (t) => {
  const all = createRightsWorld(4, { takeNs: 100 * msNs });
  const uid = portOf(all);
  movePort(all, 2, uid);
  run(all.world, all.world.now + 20 * msNs);
  t.truthy(portHere(spaceAt(all, 1).ports, uid));
  crash(all.world, 2);
  for (const at of [1, 3, 4]) declare(all.world, at, 2);
  run(all.world, all.world.now + 10_000 * msNs);
  t.is(portHere(spaceAt(all, 1).ports, uid), undefined);
});

test("travel: until the right is received the port takes messages where it was", (t) => {
  const all = createRightsWorld(4, { takeNs: 50 * msNs });
  const uid = portOf(all);
  movePort(all, 2, uid);
  run(all.world, all.world.now + 10 * msNs);
  post(all, 4, 1, uid);
  run(all.world, all.world.now + 10 * msNs);
  t.is(portHere(spaceAt(all, 1).ports, uid)?.queue.length, 1);
  t.true(runToRest(all.world));
  t.is(holderOf(all, uid), 2);
  t.is(all.received.filter(({ to }) => to === uid).length, 1);
});

test("full: a queue that is full: each host that was refused gets its turn, in order", (t) => {
  const all = createRightsWorld(4, { takeNs: 3 * msNs });
  const { uid } = makePort(all, 1);
  for (const to of [2, 3, 4]) introduce(all, uid, 1, to);
  for (const from of [2, 3, 4]) {
    for (let index = 0; index < 6; index++) post(all, from, 1, uid);
  }
  t.true(runToRest(all.world));
  t.is(all.received.length, 18);
  t.is(findRightsFault(all, false), undefined);
  t.true(eventsOf(all, "ipc.refused").some(({ answer }) => answer === "full"));
});

test("crash: a send whose host died: indefinite, never sent again", (t) => {
  const all = createRightsWorld(4);
  const uid = portOf(all);
  sendAndRest(all, 4, uid);
  all.events.length = 0;
  post(all, 4, 1, uid);
  run(all.world, all.world.now + 50_000); // it is on the cable
  crash(all.world, 1);
  for (const at of [2, 3, 4]) declare(all.world, at, 1);
  t.true(runToRest(all.world));
  t.like(eventsOf(all, "ipc.outcome")[0], { code: 0, definite: false });
  t.is(eventsOf(all, "ipc.resent").length, 0);
});

test("crash: relay's forwarder dies: who depends on it cannot reach the port, others can", (t) => {
  const all = createRightsWorld(4, { policy: "relay" });
  const uid = portOf(all);
  sendAndRest(all, 4, uid); // h4 knows h1
  movePort(all, 2, uid);
  t.true(runToRest(all.world));
  giveRight(all, 2, 3, uid);
  t.true(runToRest(all.world));
  all.received.length = 0;
  crash(all.world, 1);
  for (const at of [2, 3, 4]) declare(all.world, at, 1);
  run(all.world, all.world.now + 10_000 * msNs);
  sendAndRest(all, 3, uid);
  t.is(all.received.length, 1);
  sendAndRest(all, 4, uid);
  t.is(all.received.length, 1);
  t.is(eventsOf(all, "ipc.relayed").length, 0);
});

test("crash: redirect's forwarder dies: the port is searched for, and found", (t) => {
  const all = createRightsWorld(4);
  const uid = portOf(all);
  sendAndRest(all, 4, uid); // h4 knows h1
  movePort(all, 2, uid);
  t.true(runToRest(all.world));
  all.received.length = 0;
  crash(all.world, 1);
  for (const at of [2, 3, 4]) declare(all.world, at, 1);
  sendAndRest(all, 4, uid);
  run(all.world, all.world.now + 10_000 * msNs);
  t.is(all.received.length, 1);
  t.true(told(all, "lookup") > 0);
});
