// Goal: sending follows Mach's rules, one test a rule.
// Method: tasks on one host send and receive what their kernel would send and receive for them.

import test from "ava";
import { encodePlain } from "../../ports/base/index.ts";
import {
  dispositions,
  endSpace,
  heldBySpace,
  kern,
  machSend,
  nameTypes,
  portDestroy,
  portGetRefs,
  portGetStatus,
  portModRefs,
  portMoveMember,
  portAllocate,
  portType,
  receiveCodes,
  sendCodes,
  strandedReceivers,
  takeBack,
  addReceiver,
  waitedCode,
} from "../../ports/index.ts";
import {
  advance,
  ask,
  createOneHost,
  give,
  newPort,
  notifications,
  plain,
  receive,
  received,
  send,
  sendCode,
  settle,
  task,
  uidOf,
} from "./one-host.ts";

const { moveReceive, makeSend, makeSendOnce, copySend, moveSend, moveSendOnce } = dispositions;
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

test("send: MAKE_SEND in a body: one more send right, counted", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const port = newPort(a);
  const to = give(b, newPort(b), makeSend, a);
  const part = { kind: "port", name: port, disposition: makeSend } as const;
  t.is(sendCode(a, { remote: to, parts: [part] }), 0);
  t.is(portGetStatus(a, port).status?.makeSends, 1);
  const { parts } = received(b, b.space.names.get(uidOf(a, to)) ?? 0);
  t.like(parts[0], { kind: "port", type: moveSend });
  t.true(portGetStatus(a, port).status?.sendRights);
});

test("send: COPY_SEND: the sender keeps its right, MOVE_SEND: one reference less", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  const right = give(b, newPort(b), makeSend, a);
  portModRefs(a, right, "send", 1);
  const part = (disposition: number) => ({ kind: "port", name: right, disposition }) as const;
  t.is(sendCode(a, { remote: to, parts: [part(copySend)] }), 0);
  t.is(portGetRefs(a, right, "send").references, 2);
  t.is(sendCode(a, { remote: to, parts: [part(moveSend)] }), 0);
  t.is(portGetRefs(a, right, "send").references, 1);
  t.is(sendCode(a, { remote: to, parts: [part(moveSend)] }), 0);
  t.is(portType(a, right).code, kern.invalidName);
  t.is(sendCode(a, { remote: to, parts: [part(moveSend)] }), sendCodes.invalidRight);
  t.is(portGetStatus(b, mine).status?.queued, 3);
});

test("send: MOVE_SEND_ONCE in a body: the name is free, the receiver has the right", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  const answers = newPort(b);
  const once = give(b, answers, makeSendOnce, a);
  const part = { kind: "port", name: once, disposition: moveSendOnce } as const;
  t.is(sendCode(a, { remote: to, parts: [part] }), 0);
  t.is(portType(a, once).code, kern.invalidName);
  t.like(received(b, mine).parts[0], { type: moveSendOnce });
  t.is(portGetStatus(b, answers).status?.once, 1);
});

test("send: MOVE_RECEIVE: counts at 0, out of its set, no-senders cancelled, nobody receives", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  const [port, at] = [newPort(a), newPort(a)];
  give(a, port, makeSend, a);
  const set = portAllocate(a, "port-set").name;
  send(a, { remote: port, bytes: text("before") });
  send(a, { remote: port, bytes: text("queued") });
  received(a, port);
  portMoveMember(a, port, set);
  ask(a, "no-senders", port, at);
  addReceiver(a.space, { tid: 9, name: set });
  const part = { kind: "port", name: port, disposition: moveReceive } as const;
  t.is(sendCode(a, { remote: to, parts: [part] }), 0);
  t.deepEqual(notifications(a, at), ["sendOnce 0"]);
  t.is(portType(a, port).type, nameTypes.send, "the send right stays");
  t.is(receive(a, port), receiveCodes.invalidName);
  t.is(sendCode(a, { remote: port, bytes: text("meanwhile") }), 0);
  const [there] = received(b, mine).parts;
  const name = there?.kind === "port" ? there.name : 0;
  t.like(portGetStatus(b, name).status, { makeSends: 0, sequence: 0, set: 0, noSenders: false });
  t.deepEqual(received(b, name).bytes, text("queued"));
  t.like(received(b, name), { bytes: text("meanwhile"), sequence: 1 });
});

test("send: MOVE_RECEIVE while threads wait to receive: they are stranded, their code is port died", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const to = give(b, newPort(b), makeSend, a);
  const port = newPort(a);
  addReceiver(a.space, { tid: 9, name: port });
  t.deepEqual(strandedReceivers(a.space), []);
  send(a, { remote: to, parts: [{ kind: "port", name: port, disposition: moveReceive }] });
  t.deepEqual(strandedReceivers(a.space), [{ tid: 9, name: port }]);
  t.is(waitedCode(receive(a, port) as number), receiveCodes.portDied);
});

test("send: MAKE_* without the receive right, MOVE_SEND_ONCE of a send right: invalid right", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const right = give(b, newPort(b), makeSend, a);
  for (const disposition of [makeSend, makeSendOnce, moveReceive, moveSendOnce]) {
    const part = { kind: "port", name: right, disposition } as const;
    t.is(sendCode(a, { remote: right, parts: [part] }), sendCodes.invalidRight);
  }
  const odd = { kind: "port", name: right, disposition: 22 } as const;
  t.is(sendCode(a, { remote: right, parts: [odd] }), sendCodes.invalidType);
});

test("send: a dead right in a body arrives as DEAD, moved with one reference less", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  const port = newPort(b);
  const right = give(b, port, makeSend, a);
  portModRefs(a, right, "send", 2);
  settle(b, portDestroy(b, port));
  const part = (disposition: number) => ({ kind: "port", name: right, disposition }) as const;
  t.is(sendCode(a, { remote: to, parts: [part(copySend), part(moveSend)] }), 0);
  t.is(portGetRefs(a, right, "dead-name").references, 2);
  const dead = { kind: "port", name: 0xffffffff, type: moveSend };
  t.deepEqual(received(b, mine).parts, [dead, dead] as never);
});

test("send: a dead destination: invalid destination; a dead reply right arrives as DEAD", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  const port = newPort(b);
  const right = give(b, port, makeSend, a);
  settle(b, portDestroy(b, port));
  t.is(sendCode(a, { remote: right }), sendCodes.invalidDestination);
  t.is(sendCode(a, { remote: 0 }), sendCodes.invalidDestination);
  t.is(sendCode(a, { remote: 0xffffffff }), sendCodes.invalidDestination);
  t.is(sendCode(a, { remote: to, local: right, localDisposition: copySend }), 0);
  t.is(received(b, mine).remote, 0xffffffff);
});

test("send: the header is taken in whole or not at all", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const to = give(b, newPort(b), makeSendOnce, a);
  const before = encodePlain(a.space);
  const header = { remote: to, remoteDisposition: moveSendOnce };
  t.is(sendCode(a, { ...header, local: 77, localDisposition: copySend }), sendCodes.invalidReply);
  t.is(sendCode(a, { ...header, local: 77 }), sendCodes.invalidHeader);
  t.is(sendCode(a, { ...header, remoteDisposition: moveReceive }), sendCodes.invalidHeader);
  const both = { ...header, local: to, localDisposition: moveSendOnce };
  t.is(sendCode(a, both), sendCodes.invalidReply, "one right cannot go twice");
  t.deepEqual(encodePlain(a.space), before);
});

test("send: one name as destination and reply: a copy and a move of the last reference both go", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const dispositionPairs = [
    [copySend, moveSend],
    [moveSend, copySend],
  ] as const;
  for (const [remoteDisposition, localDisposition] of dispositionPairs) {
    const to = give(b, mine, makeSend, a);
    const header = { remote: to, remoteDisposition, local: to, localDisposition };
    t.is(sendCode(a, header), 0);
    t.is(portType(a, to).code, kern.invalidName);
    t.is(received(b, mine).remote, mine);
  }
  const to = give(b, mine, makeSend, a);
  const twice = { remoteDisposition: moveSend, local: to, localDisposition: moveSend };
  t.is(sendCode(a, { remote: to, ...twice }), sendCodes.invalidReply);
  portModRefs(a, to, "send", 1);
  t.is(sendCode(a, { remote: to, ...twice }), 0);
  t.is(portType(a, to).code, kern.invalidName);
});

test("send: a body that fails at its last right: nothing before it has been taken", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const to = give(b, newPort(b), makeSend, a);
  const [port, once] = [newPort(a), give(b, newPort(b), makeSendOnce, a)];
  const before = encodePlain([a.space, world.ports]);
  const parts = [
    { kind: "port", name: port, disposition: makeSend },
    { kind: "port", name: once, disposition: moveSendOnce },
    { kind: "ports", names: [port, port], disposition: moveReceive },
  ] as const;
  t.is(sendCode(a, { remote: to, parts }), sendCodes.invalidRight);
  t.deepEqual(encodePlain([a.space, world.ports]), before);
});

test("send: circular: a receive right to its own port is destroyed, and that is success", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const port = newPort(a);
  const right = give(a, port, makeSend, a);
  const part = { kind: "port", name: port, disposition: moveReceive } as const;
  t.is(sendCode(a, { remote: right, parts: [part] }), 0);
  t.is(portType(a, right).type, nameTypes.dead);
  t.is(world.ports.table.size, 0);
});

test("send: circular: two receive rights in each other's queues: the second message is destroyed", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const [one, two] = [newPort(a), newPort(a)];
  give(a, one, makeSend, a);
  give(a, two, makeSend, a);
  const moved = (name: number) => ({ kind: "port", name, disposition: moveReceive }) as const;
  t.is(sendCode(a, { remote: two, parts: [moved(one)] }), 0);
  t.is(sendCode(a, { remote: one, parts: [moved(two)] }), 0);
  t.is(portType(a, one).type, nameTypes.dead);
  t.is(portType(a, two).type, nameTypes.dead);
  t.is(world.ports.table.size, 0);
});

test("send: header fields change their meaning: remote is the reply right, local the port", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  const reply = newPort(a);
  const header = { remote: to, local: reply, localDisposition: makeSendOnce, number: -5 };
  t.is(sendCode(a, header), 0);
  const message = received(b, mine);
  t.like(message, { local: mine, remoteType: moveSendOnce, number: -5, token: 1, sequence: 0 });
  t.is(portType(b, message.remote).type, nameTypes.once);
});

test("send: out-of-line memory is copied: what the sender writes later is not seen", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  const bytes = text("first");
  const more = text("second");
  const parts = [
    { kind: "memory", bytes },
    { kind: "ports", names: [0, 0xffffffff, to], disposition: copySend },
    { kind: "memory", bytes: more },
  ] as const;
  t.is(sendCode(a, { remote: to, parts }), 0);
  bytes.fill(0);
  more.fill(0);
  t.deepEqual(received(b, mine).parts, [
    { kind: "memory", bytes: text("first") },
    { kind: "ports", names: [0, 0xffffffff, mine], type: moveSend },
    { kind: "memory", bytes: text("second") },
  ]);
});

test("send: to a port that dies with the message: success, its reply right gives a notification", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  const reply = newPort(a);
  t.is(sendCode(a, { remote: to, local: reply, localDisposition: makeSendOnce }), 0);
  settle(b, portDestroy(b, mine));
  t.deepEqual(notifications(a, reply), ["sendOnce 0"]);
  t.is(portType(a, to).type, nameTypes.dead);
});

test("send: a full queue: at its limit, timeout 0 says timed out and the rights are back", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  for (let i = 0; i < 5; i++) t.is(sendCode(a, { remote: to }, 0), 0);
  const [reply, moved] = [newPort(a), newPort(a)];
  const once = give(a, reply, makeSendOnce, a);
  const result = send(
    a,
    {
      remote: to,
      local: once,
      localDisposition: moveSendOnce,
      bytes: text("again"),
      parts: [{ kind: "port", name: moved, disposition: moveReceive }],
    },
    0,
  );
  t.like(result, { done: true, code: sendCodes.timedOut });
  const back = "done" in result && result.done ? result.returned : null;
  t.like(back, { remote: 0, localType: moveSendOnce, bytes: text("again") });
  t.is(portType(a, back?.local ?? 0).type, nameTypes.once);
  const [part] = back?.parts ?? [];
  t.is(portType(a, part?.kind === "port" ? part.name : 0).type, nameTypes.receive);
  t.is(portGetStatus(a, reply).status?.once, 1);
});

test("send: pseudo-receive of a moved destination: the right is back, the message can be sent again", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  for (let i = 0; i < 5; i++) t.is(sendCode(a, { remote: to }, 0), 0);
  const result = send(a, { remote: to, remoteDisposition: moveSend }, 0);
  const back = "done" in result && result.done ? result.returned : null;
  t.like(back, { remoteType: moveSend });
  t.is(portType(a, back?.remote ?? 0).type, nameTypes.send);
  received(b, mine);
  t.is(sendCode(a, { remote: back?.remote ?? 0, remoteDisposition: moveSend }, 0), 0);
});

test("send: a full queue without timeout: senders wait, and go on in their order as room comes", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  for (let i = 0; i < 5; i++) sendCode(a, { remote: to });
  for (const number of [10, 11, 12]) {
    t.like(send(a, { remote: to, number }), { done: false, to: uidOf(a, to) });
  }
  t.is(world.ended.length, 0);
  received(b, mine);
  t.is(world.ended.length, 1, "one is woken for one message received");
  const rest = Array.from({ length: 7 }, () => received(b, mine).number);
  t.deepEqual(rest, [0, 0, 0, 0, 10, 11, 12]);
  t.deepEqual(
    world.ended.map(({ code, returned }) => [code, returned]),
    [
      [0, null],
      [0, null],
      [0, null],
    ],
  );
});

test("send: a wait that ends by its timeout: timed out, the message is taken back", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const to = give(b, newPort(b), makeSend, a);
  for (let i = 0; i < 5; i++) sendCode(a, { remote: to });
  const right = give(b, newPort(b), makeSend, a);
  const part = { kind: "port", name: right, disposition: moveSend } as const;
  send(a, { remote: to, parts: [part] }, 1000);
  t.is(portType(a, right).code, kern.invalidName);
  advance(world, 1000);
  const [end] = world.ended;
  t.is(end?.code, sendCodes.timedOut);
  t.truthy(end?.returned);
  const back = end?.returned && settle(a, takeBack(a, end.returned, uidOf(a, to)));
  const [first] = back?.parts ?? [];
  t.is(portType(a, first?.kind === "port" ? first.name : 0).type, nameTypes.send);
});

test("send: by a send-once right: never waits, however full the queue is", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const mine = newPort(b);
  const to = give(b, mine, makeSend, a);
  for (let i = 0; i < 5; i++) sendCode(a, { remote: to });
  const once = give(b, mine, makeSendOnce, a);
  t.is(sendCode(a, { remote: once, remoteDisposition: moveSendOnce }, 0), 0);
  t.is(portGetStatus(b, mine).status?.queued, 6);
  t.is(portGetStatus(b, mine).status?.once, 0);
  t.is(sendCode(b, { remote: mine, remoteDisposition: makeSendOnce }, 0), 0);
});

test("send: a moved destination right goes with the message and ends when that is received", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [mine, at] = [newPort(b), newPort(b)];
  const to = give(b, mine, makeSend, a);
  ask(b, "no-senders", mine, at);
  t.is(sendCode(a, { remote: to, remoteDisposition: moveSend }), 0);
  t.deepEqual(notifications(b, at), [], "the message holds it");
  received(b, mine);
  t.deepEqual(notifications(b, at), ["noSenders 1"]);
});

test("send: a right with one transit: more are asked for before it is copied, nothing else changes", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const to = give(b, newPort(b), makeSend, a);
  const uid = uidOf(a, to);
  const entry = a.space.entries.get(to);
  if (!entry) return void t.fail();
  const counted = world.ports.table.get(uid);
  if (counted?.where === "here" && counted.counted) counted.counted.transits -= entry.transits - 1;
  entry.transits = 1;
  const before = encodePlain([a.space, world.ports]);
  const part = { kind: "port", name: to, disposition: copySend } as const;
  const out = { ...plain, remote: to, parts: [part] };
  const sender = { pid: 1, tid: 1 };
  t.deepEqual(machSend(a, sender, out, { timeoutNs: null }), { acquire: uid });
  t.deepEqual(encodePlain([a.space, world.ports]), before);
  t.is(sendCode(a, { remote: to, parts: [part] }), 0);
  t.true(heldBySpace(a.space, uid).transits > 1);
  t.is(sendCode(a, { remote: to }), 0, "to send by it no transits are needed");
});

test("rpc: reply by a send-once right; a client's death ends the reply, and the server goes on", (t) => {
  const world = createOneHost();
  const [client, server] = [task(world, 1), task(world, 2)];
  const service = newPort(server);
  const to = give(server, service, makeSend, client);
  const reply = newPort(client);
  const header = { remote: to, local: reply, localDisposition: makeSendOnce };
  t.is(sendCode(client, { ...header, bytes: text("ping") }), 0);
  const first = received(server, service);
  const answer = { remote: first.remote, remoteDisposition: moveSendOnce };
  t.is(sendCode(server, { ...answer, bytes: text("pong") }, 0), 0);
  t.deepEqual(received(client, reply).bytes, text("pong"));
  t.is(portType(server, first.remote).code, kern.invalidName);

  t.is(sendCode(client, header), 0);
  const second = received(server, service);
  settle(client, endSpace(client));
  t.is(portType(server, second.remote).type, nameTypes.dead);
  const late = { remote: second.remote, remoteDisposition: moveSendOnce };
  t.is(sendCode(server, late, 0), sendCodes.invalidDestination);
});
