// Goal: the kernel calls on rights do for a guest what Mach's do, with Mach's codes, and one that
// refuses has changed nothing.
// Method: tasks on a host alone make the calls; the rules of rights themselves are tested in
// test/ports, so each call is shown once to work and once to refuse, and all to mind memory.

import test from "ava";
import { endTask } from "../../../kernel/task/life.ts";
import { kern } from "../../../ports/index.ts";
import { dataAddress, dataPages } from "../lone-host.ts";
import {
  answerAt,
  bufferAt,
  call,
  createGuest,
  give,
  how,
  kind,
  newPort,
  newPortToSend,
  read,
  received,
  receive,
  send,
  wordAt,
  writeWords,
} from "./port-world.ts";

const nowhere: number = dataAddress + dataPages * 4096;

test("port_allocate: each kind: a port, a set, a dead name; others are no kind to make", (t) => {
  const guest = createGuest();
  const types = [kind.receive, kind.set, kind.dead].map((right) => {
    t.is(call(guest, "port_allocate", right, answerAt), kern.success);
    t.is(call(guest, "port_type", wordAt(guest), answerAt), kern.success);
    return wordAt(guest);
  });
  t.deepEqual(types, [0x20000, 0x80000, 0x100000]);
  for (const right of [kind.send, kind.once, 5, -1, 2 ** 40]) {
    t.is(call(guest, "port_allocate", right, answerAt), kern.invalidValue);
  }
});

test("port_allocate: nowhere to write the name: KERN_INVALID_ADDRESS, and nothing was made", (t) => {
  const guest = createGuest();
  for (const address of [nowhere, nowhere - 2, 0, -1, 2 ** 60]) {
    t.is(call(guest, "port_allocate", kind.receive, address), 1);
  }
  t.is(guest.task.space.entries.size, 0);
});

test("reply_port: called twice: two ports, and each name answers to its type", (t) => {
  const guest = createGuest();
  const [one, other] = [newPort(guest), newPort(guest)];
  t.not(one, other);
  t.is(call(guest, "port_type", one, answerAt), kern.success);
  t.is(wordAt(guest), 0x20000);
});

test("bootstrap_port: called twice: one name, a send right with two references", (t) => {
  const guest = createGuest();
  const name = Number(call(guest, "bootstrap_port"));
  t.is(call(guest, "bootstrap_port"), name);
  t.is(call(guest, "port_get_refs", name, kind.send, answerAt), kern.success);
  t.is(wordAt(guest), 2);
});

test("port_deallocate: last reference: the name names nothing, and stays free of others at first", (t) => {
  const guest = createGuest();
  call(guest, "port_allocate", kind.dead, answerAt);
  const name = wordAt(guest);
  t.is(call(guest, "port_deallocate", name), kern.success);
  t.is(call(guest, "port_deallocate", name), kern.invalidName);
  call(guest, "port_allocate", kind.dead, answerAt);
  t.is(wordAt(guest) >>> 8, name >>> 8);
  t.not(wordAt(guest), name);
  t.is(call(guest, "port_deallocate", newPort(guest)), kern.invalidRight);
});

test("port_destroy: a receive right with a send right: the port dies, the name is dead no more", (t) => {
  const guest = createGuest();
  const name = newPortToSend(guest);
  t.is(call(guest, "port_destroy", name), kern.success);
  t.is(call(guest, "port_type", name, answerAt), kern.invalidName);
  t.is(call(guest, "port_destroy", name), kern.invalidName);
});

test("port_mod_refs: receive right gone under a send right: what is left is a dead name", (t) => {
  const guest = createGuest();
  const name = newPortToSend(guest);
  t.is(call(guest, "port_mod_refs", name, kind.send, 3), kern.success);
  t.is(call(guest, "port_mod_refs", name, kind.send, -5), kern.invalidValue);
  t.is(call(guest, "port_mod_refs", name, kind.once, 0), kern.invalidRight);
  t.is(call(guest, "port_mod_refs", name, 7, 0), kern.invalidValue);
  t.is(call(guest, "port_mod_refs", name, kind.receive, -1), kern.success);
  t.is(call(guest, "port_get_refs", name, kind.dead, answerAt), kern.success);
  t.is(wordAt(guest), 4);
});

test("port_insert_right: MAKE_SEND under the port's own name, and a send-once right under a new one", (t) => {
  const guest = createGuest();
  const name = newPortToSend(guest);
  call(guest, "port_type", name, answerAt);
  t.is(wordAt(guest), 0x30000);
  t.is(call(guest, "port_insert_right", 0x4000, name, how.makeOnce), kern.success);
  call(guest, "port_type", 0x4000, answerAt);
  t.is(wordAt(guest), 0x40000);
  t.is(call(guest, "port_insert_right", 0x4000, name, how.makeOnce), kern.nameExists);
  t.is(call(guest, "port_insert_right", 0x5000, 0x7777, how.makeSend), kern.invalidCapability);
  t.is(call(guest, "port_insert_right", name, name, 99), kern.invalidValue);
});

test("port_move_member: into a set, out of it, and out of none", (t) => {
  const guest = createGuest();
  const name = newPort(guest);
  call(guest, "port_allocate", kind.set, answerAt);
  const set = wordAt(guest);
  t.is(call(guest, "port_move_member", name, set), kern.success);
  writeWords(guest, answerAt, 4);
  t.is(call(guest, "port_get_set_members", set, bufferAt, answerAt), kern.success);
  t.deepEqual([wordAt(guest), wordAt(guest, bufferAt)], [1, name]);
  t.is(call(guest, "port_move_member", name, 0), kern.success);
  t.is(call(guest, "port_move_member", name, 0), kern.notInSet);
  t.is(call(guest, "port_get_set_members", name, bufferAt, answerAt), kern.invalidRight);
});

test("port_names: too little room: the count is told and nothing else written", (t) => {
  const guest = createGuest();
  const all = [newPort(guest), newPort(guest), newPortToSend(guest)];
  writeWords(guest, answerAt, 2);
  writeWords(guest, bufferAt, 7, 7, 7);
  t.is(call(guest, "port_names", bufferAt, bufferAt + 64, answerAt), kern.noSpace);
  t.is(wordAt(guest), 3);
  t.is(wordAt(guest, bufferAt), 7);
  t.is(call(guest, "port_names", bufferAt, bufferAt + 64, answerAt), kern.success);
  t.deepEqual([...new Uint32Array(read(guest, bufferAt, 12).buffer)], all);
  t.deepEqual(
    [...new Uint32Array(read(guest, bufferAt + 64, 12).buffer)],
    [0x20000, 0x20000, 0x30000],
  );
  t.is(call(guest, "port_names", bufferAt, nowhere, answerAt), 1);
});

test("port_get_status: a port that was used: its counts", (t) => {
  const guest = createGuest();
  const name = newPortToSend(guest);
  t.is(call(guest, "port_set_qlimit", name, 7), kern.success);
  t.is(send(guest, { remote: name, how: how.copySend }), 0);
  t.is(send(guest, { remote: name, how: how.copySend }), 0);
  t.is(receive(guest, name), 0);
  t.is(call(guest, "port_insert_right", 0x4000, name, how.makeOnce), kern.success);
  t.is(call(guest, "port_get_status", name, answerAt), kern.success);
  const words = [...new Uint32Array(read(guest, answerAt, 32).buffer)];
  t.deepEqual(words, [0, 1, 1, 7, 1, 1, 1, 0]);
  t.is(call(guest, "port_get_status", 0x4000, answerAt), kern.invalidRight);
});

test("port_set_qlimit: more than 16, or less than is queued: KERN_INVALID_VALUE", (t) => {
  const guest = createGuest();
  const name = newPortToSend(guest);
  send(guest, { remote: name, how: how.copySend });
  send(guest, { remote: name, how: how.copySend });
  for (const limit of [17, 1, -1, 2 ** 33]) {
    t.is(call(guest, "port_set_qlimit", name, limit), kern.invalidValue);
  }
  t.is(call(guest, "port_set_qlimit", name, 2), kern.success);
});

test("port_set_mscount: a count of 32 bits, however it was extended", (t) => {
  const guest = createGuest();
  const name = newPort(guest);
  t.is(call(guest, "port_set_mscount", name, -1), kern.success);
  call(guest, "port_get_status", name, answerAt);
  t.is(wordAt(guest, answerAt + 8), 0xffffffff);
  t.is(call(guest, "port_set_mscount", 0, 1), kern.invalidName);
});

test("port_request_notification: dead name: told when the port dies, of the name", (t) => {
  const guest = createGuest();
  const other = createGuest(guest.lone);
  const notices = newPort(guest);
  const theirs = newPort(other);
  const carried = give(other, theirs, guest);
  const ask = [carried, 72, 1, notices, how.makeOnce, answerAt] as const;
  t.is(call(guest, "port_request_notification", ...ask), kern.success);
  t.is(wordAt(guest), 0);
  t.is(call(other, "port_destroy", theirs), kern.success);
  t.is(receive(guest, notices, 0), 0);
  const message = received(guest);
  t.deepEqual([message.id, message.body.getUint32(0, true), message.sender], [72, carried, 0]);
});

test("port_request_notification: no senders: told at once, later, and the earlier request comes back", (t) => {
  const guest = createGuest();
  const notices = newPort(guest);
  const name = newPort(guest);
  const ask = (sync: number): number | string =>
    call(guest, "port_request_notification", name, 70, sync, notices, how.makeOnce, answerAt);
  t.is(ask(0), kern.success);
  t.is(receive(guest, notices, 0), 0);
  t.is(received(guest).id, 70);
  t.is(ask(1), kern.success);
  t.is(ask(1), kern.success);
  const earlier = wordAt(guest);
  t.not(earlier, 0);
  t.is(call(guest, "port_insert_right", name, name, how.makeSend), kern.success);
  t.is(call(guest, "port_deallocate", name), kern.success);
  t.is(receive(guest, notices, 0), 0);
  const { id, body } = received(guest);
  t.deepEqual([id, body.getUint32(0, true)], [70, 1]);
  t.is(call(guest, "port_deallocate", earlier), kern.success);
  t.is(receive(guest, notices, 0), 0);
  t.is(received(guest).id, 71);
});

test("port_request_notification: refused: the right to be told by stays where it was", (t) => {
  const guest = createGuest();
  const notices = newPort(guest);
  call(guest, "port_insert_right", 0x4000, notices, how.makeOnce);
  call(guest, "port_allocate", kind.dead, answerAt);
  const dead = wordAt(guest);
  const ask = (name: number, which: number, sync: number, right: number): number | string =>
    call(guest, "port_request_notification", name, which, sync, right, how.moveOnce, answerAt);
  t.is(ask(0x7700, 72, 1, 0x4000), kern.invalidName);
  t.is(ask(dead, 72, 0, 0x4000), kern.invalidArgument);
  t.is(ask(dead, 70, 0, 0x4000), kern.invalidRight);
  t.is(ask(notices, 69, 0, 0x4000), kern.invalidValue);
  t.is(ask(notices, 1, 0, 0x4000), kern.invalidValue);
  t.is(ask(notices, 70, 9, notices), kern.invalidCapability);
  call(guest, "port_type", 0x4000, answerAt);
  t.is(wordAt(guest), 0x40000);
  t.is(ask(dead, 72, 1, 0x4000), kern.success);
  t.is(receive(guest, notices, 0), 0);
});

test("task end: rights of all kinds: the ports die and the other's send right is a dead name", (t) => {
  const guest = createGuest();
  const other = createGuest(guest.lone);
  const carried = give(other, newPort(other), guest);
  newPortToSend(other);
  endTask(other.lone.kernel, other.task, { status: 0, signal: 0, lost: null });
  t.is(call(guest, "port_type", carried, answerAt), kern.success);
  t.is(wordAt(guest), 0x100000);
  t.is(other.task.space.entries.size, 0);
});
