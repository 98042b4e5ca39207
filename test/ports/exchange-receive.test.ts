// Goal: receiving follows Mach's rules, one test a rule.
// Method: tasks on one host send and receive what their kernel would send and receive for them.

import test from "ava";
import {
  addReceiver,
  destroyFirst,
  dispositions,
  findReceiver,
  makeMessage,
  notify,
  peekSize,
  portAllocate,
  portGetStatus,
  portModRefs,
  portMoveMember,
  portType,
  receivable,
  receiveCodes,
  removeReceiver,
  sendMessage,
  strandedReceivers,
  waitedCode,
} from "../../ports/index.ts";
import {
  createOneHost,
  extract,
  give,
  newPort,
  notifications,
  type OneHost,
  receive,
  received,
  sendCode,
  settle,
  task,
  uidOf,
} from "./one-host.ts";

const { makeSend, makeSendOnce, copySend } = dispositions;

/** Task 2 has ports with these names; task 1 has send rights to them. */
function ports(world: OneHost, count: number): { mine: number[]; theirs: number[] } {
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = Array.from({ length: count }, () => newPort(b));
  return { mine, theirs: mine.map((name) => give(b, name, makeSend, a)) };
}

test("receive: an empty port: nothing; a name that is no receive right or set: invalid name", (t) => {
  const world = createOneHost();
  const { mine, theirs } = ports(world, 1);
  const [a, b] = [task(world, 1), task(world, 2)];
  t.is(receive(b, mine[0] ?? 0), undefined);
  t.is(receive(a, theirs[0] ?? 0), receiveCodes.invalidName);
  t.is(receive(b, 0), receiveCodes.invalidName);
  t.is(receive(b, 0xffffffff), receiveCodes.invalidName);
  t.deepEqual(receivable(b, mine[0] ?? 0), { ports: [uidOf(b, mine[0] ?? 0)] });
});

test("receive: messages in the order of their coming, numbered by the port", (t) => {
  const world = createOneHost();
  const { mine, theirs } = ports(world, 1);
  const [a, b] = [task(world, 1), task(world, 2)];
  for (const number of [7, 8, 9]) sendCode(a, { remote: theirs[0] ?? 0, number });
  const got = [0, 1, 2].map(() => received(b, mine[0] ?? 0));
  t.deepEqual(
    got.map(({ number, sequence }) => [number, sequence]),
    [
      [7, 0],
      [8, 1],
      [9, 2],
    ],
  );
  t.is(portGetStatus(b, mine[0] ?? 0).status?.sequence, 3);
});

test("receive: from a port in a set: in set; put there while a thread waits: port changed", (t) => {
  const world = createOneHost();
  const { mine } = ports(world, 1);
  const b = task(world, 2);
  const name = mine[0] ?? 0;
  addReceiver(b.space, { tid: 5, name });
  t.deepEqual(findReceiver(b.space, uidOf(b, name)), { tid: 5, name });
  portMoveMember(b, name, portAllocate(b, "port-set").name);
  t.is(receive(b, name), receiveCodes.inSet);
  t.deepEqual(strandedReceivers(b.space), [{ tid: 5, name }]);
  t.is(waitedCode(receiveCodes.inSet), receiveCodes.portChanged);
  t.is(findReceiver(b.space, uidOf(b, name)), undefined);
  removeReceiver(b.space, 5);
  t.deepEqual(b.space.receivers, []);
});

test("receive: the receive right destroyed while a thread waits: port died", (t) => {
  const world = createOneHost();
  const { mine } = ports(world, 1);
  const b = task(world, 2);
  const name = mine[0] ?? 0;
  addReceiver(b.space, { tid: 5, name });
  settle(b, portModRefs(b, name, "receive", -1));
  t.deepEqual(strandedReceivers(b.space), [{ tid: 5, name }]);
  t.is(waitedCode(receive(b, name) as number), receiveCodes.portDied);
});

test("receive: from a set: what came first to any member, and local says to which", (t) => {
  const world = createOneHost();
  const { mine, theirs } = ports(world, 3);
  const [a, b] = [task(world, 1), task(world, 2)];
  const set = portAllocate(b, "port-set").name;
  t.is(receive(b, set), undefined);
  sendCode(a, { remote: theirs[2] ?? 0, number: 1 });
  for (const name of mine) portMoveMember(b, name, set);
  sendCode(a, { remote: theirs[0] ?? 0, number: 2 });
  sendCode(a, { remote: theirs[1] ?? 0, number: 3 });
  sendCode(a, { remote: theirs[0] ?? 0, number: 4 });
  const got = [0, 1, 2, 3].map(() => received(b, set));
  t.deepEqual(
    got.map(({ number, local }) => [number, mine.indexOf(local)]),
    [
      [1, 2],
      [2, 0],
      [3, 1],
      [4, 0],
    ],
  );
  addReceiver(b.space, { tid: 3, name: set });
  t.deepEqual(findReceiver(b.space, uidOf(b, mine[1] ?? 0)), { tid: 3, name: set });
});

test("receive: each port of a set counts its own queue against its limit", (t) => {
  const world = createOneHost();
  const { mine, theirs } = ports(world, 2);
  const [a, b] = [task(world, 1), task(world, 2)];
  const set = portAllocate(b, "port-set").name;
  for (const name of mine) portMoveMember(b, name, set);
  for (const remote of theirs) for (let i = 0; i < 5; i++) t.is(sendCode(a, { remote }, 0), 0);
  t.not(sendCode(a, { remote: theirs[0] ?? 0 }, 0), 0);
});

test("receive: no names left for a message's rights: it is destroyed, header error with IPC space", (t) => {
  const world = createOneHost(2, false);
  const { mine, theirs } = ports(world, 1);
  const [a, b] = [task(world, 1), task(world, 2)];
  const reply = newPort(a);
  const header = { remote: theirs[0] ?? 0, local: reply, localDisposition: makeSendOnce };
  sendCode(a, header);
  sendCode(a, { remote: theirs[0] ?? 0 });
  while (portAllocate(b, "dead-name").code === 0);
  t.is(receive(b, mine[0] ?? 0), receiveCodes.headerError + 0x2000);
  t.deepEqual(notifications(a, reply), ["sendOnce 0"]);
  t.is(received(b, mine[0] ?? 0).remote, 0, "what needs no name is received");
});

test("receive: what comes next can be measured, and destroyed when it is too large", (t) => {
  const world = createOneHost();
  const { mine, theirs } = ports(world, 1);
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = mine[0] ?? 0;
  t.is(peekSize(b, name), undefined);
  const bytes = new Uint8Array(100);
  const parts = [
    { kind: "memory", bytes: new Uint8Array(9) },
    { kind: "port", name: theirs[0] ?? 0, disposition: copySend },
  ] as const;
  sendCode(a, { remote: theirs[0] ?? 0, bytes, parts });
  sendCode(a, { remote: theirs[0] ?? 0, number: 2 });
  t.like(peekSize(b, name), { bytes: 100, parts: [3, 9, 1, 1] });
  settle(b, destroyFirst(b, name));
  t.like(received(b, name), { number: 2, sequence: 1 });
});

test("receive: a kernel's notification: Mach's number, four bytes, no sender", (t) => {
  const world = createOneHost();
  const { mine } = ports(world, 1);
  const b = task(world, 2);
  const name = mine[0] ?? 0;
  const once = extract(b, name, makeSendOnce);
  const message = makeMessage(notify.deadName, { name: 0x0304 }, { via: once.count });
  settle(b, sendMessage(world.ports, once.uid, message, world.host));
  t.like(received(b, name), {
    number: 72,
    notification: "notify.deadName",
    bytes: new Uint8Array([4, 3, 0, 0]),
    token: 0,
    remote: 0,
  });
});

test("receive: a server's message: its code as number, no bytes, its rights as ports", (t) => {
  const world = createOneHost();
  const { mine } = ports(world, 2);
  const b = task(world, 2);
  const right = extract(b, mine[1] ?? 0, makeSend);
  const message = { ...makeMessage(notify.sendOnce, {}), op: "files.close", rights: [right] };
  settle(b, sendMessage(world.ports, uidOf(b, mine[0] ?? 0), message, world.host));
  const { notification, bytes, parts } = received(b, mine[0] ?? 0);
  t.is(notification, null);
  t.is(bytes.length, 0);
  t.deepEqual(parts, [{ kind: "port", name: mine[1] ?? 0, type: 17 }]);
  t.is(portType(b, mine[1] ?? 0).type, 0x30000);
});
