// Goal: notifications follow Mach's rules, one test a rule.
// Method: two tasks on one host; notifications are received at a port of the task that asked.

import test from "ava";
import {
  dispositions,
  kern,
  nameTypes,
  portAllocate,
  portDeallocate,
  portDestroy,
  portGetRefs,
  portGetStatus,
  portModRefs,
  portRequestNotification,
  portType,
  sendCodes,
} from "../../ports/index.ts";
import {
  ask,
  createOneHost,
  extract,
  give,
  newPort,
  notifications,
  received,
  sendCode,
  settle,
  task,
} from "./one-host.ts";

const { makeSend, makeSendOnce, moveSend, moveSendOnce, copySend } = dispositions;

test("dead-name: the port dies: told once, with one more reference to the name", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [port, at] = [newPort(a), newPort(b)];
  const there = give(a, port, makeSend, b);
  t.is(ask(b, "dead-name", there, at), kern.success);
  t.is(portType(b, there).type, nameTypes.send + 0x80000000);
  settle(a, portDestroy(a, port));
  t.deepEqual(notifications(b, at), [`deadName ${there}`]);
  t.deepEqual(portType(b, there), { code: 0, type: nameTypes.dead });
  t.is(portGetRefs(b, there, "dead-name").references, 2);
  t.is(portGetRefs(b, there, "send").references, 0);
});

test("dead-name: of a send-once right: told when its port dies", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [port, at] = [newPort(a), newPort(b)];
  const once = give(a, port, makeSendOnce, b);
  ask(b, "dead-name", once, at);
  settle(a, portDestroy(a, port));
  t.deepEqual(notifications(b, at), [`deadName ${once}`]);
  t.is(portGetRefs(b, once, "dead-name").references, 2);
});

test("dead-name: of a name that is dead already: at once if sync, else invalid argument", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const at = newPort(a);
  const dead = portAllocate(a, "dead-name").name;
  t.is(ask(a, "dead-name", dead, at, 0), kern.invalidArgument);
  t.deepEqual(notifications(a, at), ["sendOnce 0"], "the right for it was given up by the test");
  t.is(ask(a, "dead-name", dead, at, 1), kern.success);
  t.deepEqual(notifications(a, at), [`deadName ${dead}`]);
  t.is(portGetRefs(a, dead, "dead-name").references, 2);
  portModRefs(a, dead, "dead-name", 65533);
  t.is(ask(a, "dead-name", dead, at, 1), kern.urefsOverflow);
});

test("dead-name: the name is freed first: port-deleted by the same right, and nothing later", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [port, at] = [newPort(a), newPort(b)];
  const there = give(a, port, makeSend, b);
  ask(b, "dead-name", there, at);
  settle(b, portDeallocate(b, there));
  settle(a, portDestroy(a, port));
  t.deepEqual(notifications(b, at), [`portDeleted ${there}`]);
});

test("dead-name: the last reference moves into a message: port-deleted", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [port, at] = [newPort(a), newPort(b)];
  const there = give(a, port, makeSend, b);
  const once = give(a, port, makeSendOnce, b);
  ask(b, "dead-name", there, at);
  ask(b, "dead-name", once, at);
  t.is(sendCode(b, { remote: once, remoteDisposition: moveSendOnce }), 0);
  t.is(sendCode(b, { remote: there, remoteDisposition: moveSend }), 0);
  t.deepEqual(notifications(b, at), [`portDeleted ${once}`, `portDeleted ${there}`]);
});

test("dead-name: a second request gives the first one back, null cancels", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [port, at] = [newPort(a), newPort(b)];
  const there = give(a, port, makeSend, b);
  const notify = extract(b, at, makeSendOnce);
  const request = { name: there, which: "dead-name", sync: 0 } as const;
  t.deepEqual(portRequestNotification(b, { ...request, notify }), { code: 0, previous: null });
  const other = extract(b, at, makeSendOnce);
  t.deepEqual(portRequestNotification(b, { ...request, notify: other }).previous, notify);
  t.deepEqual(portRequestNotification(b, { ...request, notify: null }).previous, other);
  settle(a, portDestroy(a, port));
  t.deepEqual(notifications(b, at), []);
});

test("dead-name: a set, a name that is not there, a right that is not send-once: refused", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const [port, at] = [newPort(a), newPort(a)];
  t.is(ask(a, "dead-name", portAllocate(a, "port-set").name, at), kern.invalidRight);
  t.is(ask(a, "dead-name", 0x55500, at), kern.invalidName);
  const notify = extract(a, at, makeSend);
  const request = { name: port, which: "dead-name", sync: 0, notify } as const;
  t.is(portRequestNotification(a, request).code, kern.invalidCapability);
  const odd = { name: port, which: "port-destroyed", sync: 0, notify: null } as const;
  t.is(portRequestNotification(a, odd).code, kern.invalidValue);
});

test("no-senders: told once when the last send right is gone, wherever that was", (t) => {
  const world = createOneHost(3);
  const [a, b, c] = [task(world, 1), task(world, 2), task(world, 3)];
  const [port, at] = [newPort(a), newPort(a)];
  const there = give(a, port, makeSend, b);
  const copy = give(b, there, copySend, c);
  const inbox = newPort(c);
  const to = give(c, inbox, makeSend, b);
  t.is(ask(a, "no-senders", port, at), kern.success);
  t.is(
    sendCode(b, { remote: to, parts: [{ kind: "port", name: there, disposition: moveSend }] }),
    0,
  );
  settle(c, portDeallocate(c, copy));
  t.deepEqual(notifications(a, at), [], "a message still has one");
  const [part] = received(c, inbox).parts;
  settle(c, portDeallocate(c, part?.kind === "port" ? part.name : 0));
  t.deepEqual(notifications(a, at), ["noSenders 1"]);
  const again = give(a, port, makeSend, b);
  settle(b, portDeallocate(b, again));
  t.deepEqual(notifications(a, at), [], "one request, one notification");
});

test("no-senders: send-once rights are not counted", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [port, at] = [newPort(a), newPort(a)];
  give(a, port, makeSendOnce, b);
  const there = give(a, port, makeSend, b);
  ask(a, "no-senders", port, at);
  settle(b, portDeallocate(b, there));
  t.deepEqual(notifications(a, at), ["noSenders 1"]);
});

test("no-senders: none at the request: at once if sync make-sends have been made, else later", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [port, at] = [newPort(a), newPort(a)];
  t.is(ask(a, "no-senders", port, at, 0), kern.success);
  t.deepEqual(notifications(a, at), ["noSenders 0"]);
  t.is(ask(a, "no-senders", port, at, 1), kern.success);
  t.deepEqual(notifications(a, at), []);
  const there = give(a, port, makeSend, b);
  settle(b, portDeallocate(b, there));
  t.deepEqual(notifications(a, at), ["noSenders 1"]);
});

test("no-senders: a right made meanwhile shows in the count of make-sends", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [port, at] = [newPort(a), newPort(a)];
  const there = give(a, port, makeSend, b);
  ask(a, "no-senders", port, at);
  settle(b, portDeallocate(b, there));
  give(a, port, makeSend, b);
  t.deepEqual(notifications(a, at), ["noSenders 1"]);
  t.is(portGetStatus(a, port).status?.makeSends, 2, "the server sees that it was too early");
});

test("no-senders: only of a receive right; a second request gives the first one back", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [port, at] = [newPort(a), newPort(a)];
  const there = give(a, port, makeSend, b);
  const bat = newPort(b);
  t.is(ask(b, "no-senders", there, bat), kern.invalidRight);
  t.deepEqual(notifications(b, bat), ["sendOnce 0"]);
  ask(a, "no-senders", port, at);
  ask(a, "no-senders", port, at);
  t.deepEqual(notifications(a, at), ["sendOnce 0"], "the test gave the first one up");
});

test("send-once: each right gives one message or one notification", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const port = newPort(a);
  const [used, dropped, moved] = [1, 2, 3].map(() => give(a, port, makeSendOnce, b));
  t.is(sendCode(b, { remote: used ?? 0, remoteDisposition: moveSendOnce }), 0);
  settle(b, portDeallocate(b, dropped ?? 0));
  const inbox = newPort(a);
  const to = give(a, inbox, makeSend, b);
  const part = { kind: "port", name: moved ?? 0, disposition: moveSendOnce } as const;
  t.is(sendCode(b, { remote: to, parts: [part] }), 0);
  settle(a, portDestroy(a, inbox));
  t.deepEqual(notifications(a, port), ["message 0", "sendOnce 0", "sendOnce 0"]);
  t.is(portGetStatus(a, port).status?.once, 0);
  const again = { remote: used ?? 0, remoteDisposition: moveSendOnce };
  t.is(sendCode(b, again), sendCodes.invalidDestination);
});

test("port death: senders that wait learn it, what is queued ends, dead names are told", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const [port, at, reply] = [newPort(a), newPort(b), newPort(b)];
  const there = give(a, port, makeSend, b);
  const header = { remote: there, local: reply, localDisposition: makeSendOnce };
  for (let i = 0; i < 7; i++) sendCode(b, header);
  ask(b, "dead-name", there, at);
  settle(a, portDestroy(a, port));
  t.deepEqual(
    world.ended.map(({ code }) => code),
    [0, 0],
  );
  t.is(notifications(b, reply).length, 7);
  t.deepEqual(notifications(b, at), [`deadName ${there}`]);
});
