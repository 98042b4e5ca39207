// Goal: names, entries and user references follow Mach's rules, one test a
// rule. Method: two tasks on one host call what their kernel would call for them.

import test from "ava";
import {
  codeName,
  dispositions,
  endSpace,
  kern,
  nameTypes,
  portAllocate,
  portDeallocate,
  portDestroy,
  portGetRefs,
  portGetSetMembers,
  portGetStatus,
  portInsertNamed,
  portInsertRight,
  portModRefs,
  portMoveMember,
  portNames,
  portSetMscount,
  portSetQlimit,
  portType,
  receiveCodes,
  sendCodes,
} from "../../ports/index.ts";
import {
  ask,
  createOneHost,
  extract,
  give,
  newPort,
  notifications,
  receive,
  send,
  sendCode,
  settle,
  task,
} from "./one-host.ts";

const { makeSend, makeSendOnce, copySend, moveSend, moveSendOnce } = dispositions;

test("rights: send rights and the receive right of a port: one name, references counted", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  t.is(give(a, name, makeSend, a), name);
  t.is(give(a, name, makeSend, a), name);
  t.deepEqual(portType(a, name), { code: 0, type: nameTypes.send + nameTypes.receive });
  t.is(portGetRefs(a, name, "send").references, 2);
  const there = give(a, name, copySend, b);
  t.is(give(a, name, makeSend, b), there);
  t.is(portGetRefs(b, there, "send").references, 2);
  t.is(portGetRefs(b, there, "receive").references, 0);
});

test("rights: send-once rights: each has a name of its own and one reference", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  const once = [1, 2, 3].map(() => give(a, name, makeSendOnce, b));
  t.is(new Set(once).size, 3);
  for (const one of once) t.is(portGetRefs(b, one, "send-once").references, 1);
});

test("rights: a right received beyond the most references: they stay, the right is merged", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  const there = give(a, name, makeSend, b);
  t.is(portModRefs(b, there, "send", 65533), kern.success);
  t.is(portModRefs(b, there, "send", 1), kern.urefsOverflow);
  t.is(give(a, name, makeSend, b), there);
  t.is(portGetRefs(b, there, "send").references, 65534);
});

test("rights: a name that was given up: its index comes again, the stale name is invalid", (t) => {
  const a = task(createOneHost(), 1);
  const first = newPort(a);
  t.is(portDestroy(a, first), kern.success);
  const second = newPort(a);
  t.is(second >>> 8, first >>> 8);
  t.not(second, first);
  t.is(portDestroy(a, first), kern.invalidName);
  t.deepEqual(portType(a, first), { code: kern.invalidName, type: 0 });
});

test("rights: 256 uses of an index: the generation starts again, no name is 0", (t) => {
  const a = task(createOneHost(), 1);
  const names = new Set<number>();
  for (let i = 0; i < 256; i++) {
    const { name } = portAllocate(a, "dead-name");
    names.add(name);
    portDeallocate(a, name);
  }
  t.is(names.size, 256);
  t.false(names.has(0));
});

test("rights: allocate: a port with no send right and a queue of 5; set; dead name; nothing else", (t) => {
  const a = task(createOneHost(), 1);
  const name = newPort(a);
  t.deepEqual(portGetStatus(a, name), {
    code: 0,
    status: {
      set: 0,
      sequence: 0,
      makeSends: 0,
      limit: 5,
      queued: 0,
      once: 0,
      sendRights: false,
      noSenders: false,
    },
  });
  t.is(portType(a, portAllocate(a, "port-set").name).type, nameTypes.set);
  const dead = portAllocate(a, "dead-name").name;
  t.is(portGetRefs(a, dead, "dead-name").references, 1);
  t.is(portAllocate(a, "send").code, kern.invalidValue);
  t.is(portAllocate(a, "send-once").code, kern.invalidValue);
});

test("rights: a space full of names: allocate says no space, and has one again afterwards", (t) => {
  const a = task(createOneHost(1, false), 1);
  let last = 0;
  for (let i = 0; i < 65535; i++) last = portAllocate(a, "dead-name").name;
  t.deepEqual(portAllocate(a, "receive"), { code: kern.noSpace, name: 0 });
  portDeallocate(a, last);
  t.is(portAllocate(a, "receive").code, kern.success);
});

test("rights: mod_refs receive -1: the port dies; a send right under the name is a dead name", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  const at = newPort(a);
  give(a, name, makeSend, a);
  give(a, name, makeSend, a);
  const there = give(a, name, makeSend, b);
  t.is(ask(a, "no-senders", name, at), kern.success);
  t.is(ask(a, "dead-name", name, at), kern.success);
  t.is(settle(a, portModRefs(a, name, "receive", -1)), kern.success);
  t.is(portType(a, name).type, nameTypes.dead);
  t.is(portGetRefs(a, name, "dead-name").references, 3, "two, and one for the notification");
  t.is(portType(b, there).type, nameTypes.dead);
  // No no-senders notification: the port died first, and the right for it ended unused.
  t.deepEqual(notifications(a, at).sort(), [`deadName ${name}`, "sendOnce 0"]);
});

test("rights: mod_refs receive -1 of a name without send: freed, port-deleted to who had asked", (t) => {
  const a = task(createOneHost(), 1);
  const name = newPort(a);
  const at = newPort(a);
  ask(a, "dead-name", name, at);
  t.is(settle(a, portModRefs(a, name, "receive", -1)), kern.success);
  t.is(portType(a, name).code, kern.invalidName);
  t.deepEqual(notifications(a, at), [`portDeleted ${name}`]);
});

test("rights: mod_refs receive with another delta: invalid value, 0 changes nothing", (t) => {
  const a = task(createOneHost(), 1);
  const name = newPort(a);
  t.is(portModRefs(a, name, "receive", -2), kern.invalidValue);
  t.is(portModRefs(a, name, "receive", 1), kern.invalidValue);
  t.is(portModRefs(a, name, "receive", 0), kern.success);
  t.is(portModRefs(a, name, "send", 0), kern.invalidRight);
  t.is(portType(a, name).type, nameTypes.receive);
});

test("rights: mod_refs send to 0: name freed, port-deleted, and no-senders with its count", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  const at = newPort(a);
  const bat = newPort(b);
  const there = give(a, name, makeSend, b);
  give(a, name, makeSend, b);
  ask(a, "no-senders", name, at);
  ask(b, "dead-name", there, bat);
  t.is(settle(b, portModRefs(b, there, "send", -3)), kern.invalidValue);
  t.is(settle(b, portModRefs(b, there, "send", -2)), kern.success);
  t.is(portType(b, there).code, kern.invalidName);
  t.deepEqual(notifications(b, bat), [`portDeleted ${there}`]);
  t.deepEqual(notifications(a, at), ["noSenders 2"]);
  t.false(portGetStatus(a, name).status?.noSenders, "the request is used up");
});

test("rights: mod_refs send to 0 where the name also receives: the name stays", (t) => {
  const a = task(createOneHost(), 1);
  const name = newPort(a);
  const at = newPort(a);
  give(a, name, makeSend, a);
  ask(a, "dead-name", name, at);
  ask(a, "no-senders", name, at);
  t.is(settle(a, portModRefs(a, name, "send", -1)), kern.success);
  t.is(portType(a, name).type, nameTypes.receive + 0x80000000);
  t.deepEqual(notifications(a, at), ["noSenders 1"]);
});

test("rights: mod_refs send-once: -1 ends it with a notification, else invalid value", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  const once = give(a, name, makeSendOnce, b);
  t.is(portModRefs(b, once, "send-once", 1), kern.invalidValue);
  t.is(portModRefs(b, once, "send-once", -2), kern.invalidValue);
  t.is(portModRefs(b, once, "send-once", 0), kern.success);
  t.is(settle(b, portModRefs(b, once, "send-once", -1)), kern.success);
  t.is(portType(b, once).code, kern.invalidName);
  t.deepEqual(notifications(a, name), ["sendOnce 0"]);
});

test("rights: mod_refs dead-name: a plain count, at 0 the name is free", (t) => {
  const a = task(createOneHost(), 1);
  const { name } = portAllocate(a, "dead-name");
  t.is(portModRefs(a, name, "dead-name", 65534), kern.success);
  t.is(portModRefs(a, name, "dead-name", 1), kern.urefsOverflow);
  t.is(portModRefs(a, name, "dead-name", -65536), kern.invalidValue);
  t.is(portModRefs(a, name, "send", 1), kern.invalidRight);
  t.is(portModRefs(a, name, "dead-name", -65535), kern.success);
  t.is(portType(a, name).code, kern.invalidName);
});

test("rights: deallocate: one reference of send, send-once or dead name, never of receive", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  t.is(portDeallocate(a, name), kern.invalidRight);
  t.is(portDeallocate(a, portAllocate(a, "port-set").name), kern.invalidRight);
  const there = give(a, name, makeSend, b);
  give(a, name, makeSend, b);
  t.is(portDeallocate(b, there), kern.success);
  t.is(portGetRefs(b, there, "send").references, 1);
  t.is(settle(b, portDeallocate(b, there)), kern.success);
  t.is(portDeallocate(b, there), kern.invalidName);
  give(a, name, makeSend, a);
  t.is(settle(a, portDeallocate(a, name)), kern.success);
  t.is(portType(a, name).type, nameTypes.receive);
  const once = give(a, name, makeSendOnce, b);
  t.is(settle(b, portDeallocate(b, once)), kern.success);
  t.deepEqual(notifications(a, name), ["sendOnce 0"]);
  const dead = portAllocate(b, "dead-name").name;
  t.is(portDeallocate(b, dead), kern.success);
  t.is(portType(b, dead).code, kern.invalidName);
});

test("rights: destroy: everything under the name ends, with all that follows", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  const at = newPort(a);
  const there = give(a, name, makeSend, b);
  give(a, name, makeSend, a);
  ask(a, "dead-name", name, at);
  t.is(settle(a, portDestroy(a, name)), kern.success);
  t.deepEqual(notifications(a, at), [`portDeleted ${name}`]);
  t.is(portType(b, there).type, nameTypes.dead);
  t.is(portDestroy(b, there), kern.success);
  const once = give(a, at, makeSendOnce, b);
  t.is(settle(b, portDestroy(b, once)), kern.success);
  t.deepEqual(notifications(a, at), ["sendOnce 0"]);
  const set = portAllocate(a, "port-set").name;
  portMoveMember(a, at, set);
  t.is(portDestroy(a, set), kern.success);
  t.is(portGetStatus(a, at).status?.set, 0);
});

test("rights: insert_right: as if received, under the name that was asked for", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  t.is(portInsertNamed(a, name, { name, disposition: makeSend }), kern.success);
  t.is(portGetRefs(a, name, "send").references, 1);
  t.is(portGetStatus(a, name).status?.makeSends, 1);
  const chosen = 0x7707;
  t.is(portInsertRight(b, chosen, extract(a, name, makeSend)), kern.success);
  t.is(portGetRefs(b, chosen, "send").references, 1);
  t.is(portInsertRight(b, 0x8800, extract(a, name, makeSend)), kern.rightExists);
  t.is(portInsertRight(b, chosen, extract(a, name, makeSendOnce)), kern.nameExists);
  t.is(portInsertRight(b, 0x7700, extract(a, name, makeSendOnce)), kern.nameExists, "its index");
  t.is(portInsertRight(b, 0x9901, extract(a, name, makeSendOnce)), kern.success);
  t.is(portType(b, 0x9901).type, nameTypes.once);
  t.is(portInsertRight(b, 0, extract(a, name, makeSendOnce)), kern.nameExists);
  t.is(portInsertRight(b, 0xaa00, { kind: "dead", uid: 0 }), kern.invalidCapability);
  t.is(portInsertNamed(b, 0xaa00, { name: 0x12345678, disposition: copySend }), 20);
  t.is(portInsertNamed(b, 0xaa00, { name: chosen, disposition: makeSend }), kern.invalidRight);
  t.is(portInsertNamed(b, 0xaa00, { name: chosen, disposition: 99 }), kern.invalidValue);
  const fresh = newPort(b);
  t.not(fresh, chosen);
});

test("rights: extract_right: as if sent; what is not there is refused", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  const there = give(a, name, makeSend, b);
  t.is(extract(b, there, copySend).kind, "send");
  t.is(portGetRefs(b, there, "send").references, 1);
  t.is(extract(b, there, moveSend).kind, "send");
  t.throws(() => extract(b, there, moveSend), { message: /15/ });
  t.throws(() => extract(a, name, moveSend), { message: /17/ });
  const once = give(a, name, makeSendOnce, b);
  t.is(extract(b, once, moveSendOnce).kind, "send-once");
  t.throws(() => extract(b, once, moveSendOnce), { message: /15/ });
});

test("rights: move_member: a receive right is in one set at most", (t) => {
  const a = task(createOneHost(), 1);
  const name = newPort(a);
  const [one, two] = [portAllocate(a, "port-set").name, portAllocate(a, "port-set").name];
  t.is(portMoveMember(a, name, 0), kern.notInSet);
  t.is(portMoveMember(a, name, name), kern.invalidRight);
  t.is(portMoveMember(a, name, 0x99900), kern.invalidName);
  t.is(portMoveMember(a, one, two), kern.invalidRight);
  t.is(portMoveMember(a, name, one), kern.success);
  t.is(portMoveMember(a, name, two), kern.success);
  t.deepEqual(portGetSetMembers(a, one), { code: 0, members: [] });
  t.deepEqual(portGetSetMembers(a, two), { code: 0, members: [name] });
  t.is(portGetSetMembers(a, name).code, kern.invalidRight);
  t.is(portMoveMember(a, name, 0), kern.success);
  t.deepEqual(portGetSetMembers(a, two).members, []);
});

test("rights: names: all of the space in order, with types; the kernel's own are not among them", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const name = newPort(a);
  give(a, name, makeSend, a);
  const set = portAllocate(a, "port-set").name;
  t.deepEqual(portNames(a), [
    { name, type: nameTypes.send + nameTypes.receive },
    { name: set, type: nameTypes.set },
  ]);
});

test("rights: qlimit: at most 16, never below what is queued", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const name = newPort(a);
  give(a, name, makeSend, a);
  for (let i = 0; i < 3; i++) send(a, { remote: name });
  t.is(portSetQlimit(a, name, 17), kern.invalidValue);
  t.is(portSetQlimit(a, name, -1), kern.invalidValue);
  t.is(portSetQlimit(a, name, 2), kern.invalidValue);
  t.is(portSetQlimit(a, name, 3), kern.success);
  t.is(sendCode(a, { remote: name }, 0), sendCodes.timedOut);
  t.is(portSetQlimit(a, name, 16), kern.success);
  t.is(sendCode(a, { remote: name }, 0), 0);
  t.is(portSetQlimit(a, portAllocate(a, "port-set").name, 4), kern.invalidRight);
});

test("rights: set_mscount: the count of make-sends is the server's to set", (t) => {
  const a = task(createOneHost(), 1);
  const name = newPort(a);
  t.is(portSetMscount(a, name, 7), kern.success);
  give(a, name, makeSend, a);
  t.is(portGetStatus(a, name).status?.makeSends, 8);
  t.is(portSetMscount(a, name, -1), kern.invalidValue);
});

test("rights: task death: ports die, senders are fewer, send-once rights give their notification", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const name = newPort(a);
  const at = newPort(a);
  const [own, foreign] = [newPort(b), give(a, name, makeSend, b)];
  give(a, name, makeSendOnce, b);
  const theirs = give(b, own, makeSend, a);
  const set = portAllocate(b, "port-set").name;
  portMoveMember(b, own, set);
  ask(b, "dead-name", foreign, own);
  ask(a, "no-senders", name, at);
  ask(a, "dead-name", theirs, at);
  settle(b, endSpace(b));
  t.is(b.space.entries.size, 0);
  t.is(b.space.names.size + b.space.onceNames.size, 0);
  t.deepEqual(notifications(a, name), ["sendOnce 0"]);
  t.deepEqual(notifications(a, at).sort(), [`deadName ${theirs}`, "noSenders 1"]);
  t.is(portType(a, theirs).type, nameTypes.dead);
});

test("rights: codes: as Mach numbers and names them", (t) => {
  t.is(codeName(0), "KERN_SUCCESS");
  t.is(codeName(kern.invalidName), "KERN_INVALID_NAME");
  t.is(codeName(kern.urefsOverflow), "KERN_UREFS_OVERFLOW");
  t.is(codeName(0x10000003), "MACH_SEND_INVALID_DEST");
  t.is(codeName(0x10000004), "MACH_SEND_TIMED_OUT");
  t.is(codeName(0x1000400a), "MACH_RCV_IN_SET");
  t.is(codeName(receiveCodes.headerError + 0x2000), "MACH_RCV_HEADER_ERROR");
  t.is(receive(task(createOneHost(), 1), 5), receiveCodes.invalidName);
});
