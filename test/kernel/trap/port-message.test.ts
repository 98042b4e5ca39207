// Goal: port_message is mach_msg for guests: what a message brings, and what is left when it is not sent.
// Method: tasks on a host alone; messages lie in their memory as <sojourn.h> says.

import test from "ava";
import { framesFree } from "../../../kernel/vm/index.ts";
import { receiveCodes, sendCodes, shortages } from "../../../ports/index.ts";
import { dataAddress, dataPages } from "../lone-host.ts";
import {
  answerAt,
  anotherThread,
  bufferAt,
  bufferBytes,
  call,
  createGuest,
  how,
  messageAt,
  newPort,
  newPortToSend,
  option,
  pair,
  read,
  received,
  receive,
  resultOf,
  send,
  wordAt,
  write,
  writeMessage,
} from "./port-world.ts";

const nowhere: number = dataAddress + dataPages * 4096;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test("message: bytes and an id: the receiver has them, and who sent them, and which it was", (t) => {
  const { server, client, port, right } = pair();
  for (const word of ["one", "three"]) {
    t.is(send(client, { remote: right, how: how.copySend, id: -7 }, { bytes: text(word) }), 0);
  }
  for (const [sequence, word] of ["one", "three"].entries()) {
    t.is(receive(server, port), 0);
    const message = received(server);
    t.like(message, { id: -7, local: port, remote: 0, remoteType: 0, complex: false });
    t.like(message, { sequence, sender: client.task.pid, size: 24 + word.length });
    t.is(new TextDecoder().decode(read(server, bufferAt + 24, word.length)), word);
  }
});

test("message: the rights of the header are swapped in meaning: reply right and port", (t) => {
  const { server, client, port, right } = pair();
  const reply = newPort(client);
  const header = { remote: right, how: how.copySend, reply, replyHow: how.makeOnce };
  t.is(send(client, header), 0);
  t.is(receive(server, port), 0);
  const { remote, remoteType } = received(server);
  t.is(remoteType, how.moveOnce);
  t.is(send(server, { remote, how: how.moveOnce, id: 5 }), 0);
  t.is(send(server, { remote, how: how.moveOnce }), sendCodes.invalidDestination);
  t.is(receive(client, reply), 0);
  t.is(received(client).id, 5);
});

test("message: send and receive in one call: an RPC, and the server waits first", (t) => {
  const { server, client, port, right } = pair();
  t.is(receive(server, port), "waits");
  const reply = newPort(client);
  const header = { remote: right, how: how.copySend, reply, replyHow: how.makeOnce, id: 1 };
  const size = writeMessage(client, header, {}, bufferAt);
  const both = option.send | option.receive;
  t.is(call(client, "port_message", bufferAt, both, size, bufferBytes, reply, 0), "waits");
  t.is(resultOf(server), 0);
  t.is(send(server, { remote: received(server).remote, how: how.moveOnce, id: 2 }), 0);
  t.is(resultOf(client), 0);
  t.is(received(client).id, 2);
});

test("message: rights in the body, one and many: the receiver has them under its own names", (t) => {
  const { server, client, port, right } = pair();
  const [one, two] = [newPort(client), newPort(client)];
  write(client, bufferAt, new Uint8Array(Uint32Array.of(one, 0, two, 0xffffffff).buffer));
  const parts = [
    { port: two, how: how.makeOnce },
    { ports: bufferAt, count: 4, how: how.makeSend },
  ];
  t.is(send(client, { remote: right, how: how.copySend }, { parts, bytes: text("x") }), 0);
  t.is(receive(server, port), 0);
  const { body, complex, size } = received(server);
  t.true(complex);
  t.is(size, 24 + 4 + 12 + 16 + 1);
  t.is(body.getUint32(0, true), 2);
  t.is(body.getUint8(14), how.moveOnce);
  call(server, "port_type", body.getUint32(4, true), answerAt);
  t.is(wordAt(server), 0x40000);
  const list = Number(body.getBigUint64(16, true));
  t.is(body.getUint32(28, true), 4);
  t.is(body.getUint8(26), how.moveSend);
  const [a, zero, b, dead] = new Uint32Array(read(server, list, 16).buffer);
  t.deepEqual([zero, dead], [0, 0xffffffff]);
  for (const name of [a, b]) {
    call(server, "port_type", name ?? 0, answerAt);
    t.is(wordAt(server), 0x10000);
  }
});

test("message: memory out of line: copied at the send, in pages of the receiver's own", (t) => {
  const { server, client, port, right } = pair();
  const data = Uint8Array.from({ length: 5000 }, (_, at) => (at * 7) % 251);
  write(client, dataAddress + 0x800, data);
  const parts = [
    { memory: dataAddress + 0x800, size: data.length },
    { memory: 0, size: 0 },
  ];
  // The message itself lies on those pages: it is read before.
  t.is(send(client, { remote: right, how: how.copySend }, { parts }), 0);
  const sent = read(client, dataAddress + 0x800, data.length);
  write(client, dataAddress + 0x800, new Uint8Array(data.length));
  t.is(receive(server, port), 0);
  const { body } = received(server);
  const address = Number(body.getBigUint64(4, true));
  t.is(body.getUint32(16, true), data.length);
  t.is(address % 4096, 0);
  t.deepEqual(read(server, address, data.length), sent);
  t.is(body.getBigUint64(20, true), 0n);
  write(server, address, text("mine"));
});

test("message: memory that is to be deallocated: the sender's pages are gone after the send", (t) => {
  const { server, client, port, right } = pair();
  const parts = [{ memory: dataAddress + 0x2000, size: 8, deallocate: true }];
  write(client, dataAddress + 0x2000, text("moved in"));
  t.is(send(client, { remote: right, how: how.copySend }, { parts }), 0);
  t.throws(() => read(client, dataAddress + 0x2000, 1));
  t.is(receive(server, port), 0);
  const address = Number(received(server).body.getBigUint64(4, true));
  t.deepEqual(read(server, address, 8), text("moved in"));
});

test("message: memory for which the receiver has no room: the rest comes, and a code says so", (t) => {
  const { server, client, port, right } = pair();
  const { kernel } = server.lone;
  const parts = [{ memory: dataAddress, size: 3 * 4096 }];
  t.is(send(client, { remote: right, how: how.copySend, id: 9 }, { parts }), 0);
  read(server, bufferAt, bufferBytes);
  const { limit } = kernel.state.frames;
  Reflect.set(kernel.state.frames, "limit", limit - framesFree(kernel.state.frames) + 2);
  t.is(receive(server, port), receiveCodes.bodyError + shortages.memory);
  Reflect.set(kernel.state.frames, "limit", limit);
  const { id, body } = received(server);
  t.deepEqual([id, body.getBigUint64(4, true), body.getUint32(16, true)], [9, 0n, 0]);
});

test("message: queue full, no time: what was taken comes back, and the message can be sent again", (t) => {
  const { server, client, port, right } = pair();
  for (let count = 0; count < 5; count++) {
    t.is(send(client, { remote: right, how: how.copySend, id: count }), 0);
  }
  const reply = newPort(client);
  const carried = newPort(client);
  const header = { remote: right, how: how.copySend, reply, replyHow: how.makeOnce, id: 77 };
  const parts = [
    { port: carried, how: how.moveReceive },
    { memory: dataAddress, size: 5 },
  ];
  const size = writeMessage(client, header, { parts, bytes: text("again") });
  const once = option.send | option.sendTimeout;
  t.is(call(client, "port_message", messageAt, once, size, 0, 0, 0), sendCodes.timedOut);
  const back = received(client, messageAt);
  t.like(back, { remote: right, remoteType: how.copySend, localType: how.moveOnce, id: 77, size });
  call(client, "port_type", back.body.getUint32(4, true), answerAt);
  t.is(wordAt(client), 0x20000);
  t.is(receive(server, port), 0);
  t.is(call(client, "port_message", messageAt, once, size, 0, 0, 0), 0);
  for (let count = 0; count < 5; count++) t.is(receive(server, port), 0);
  t.like(received(server), { id: 77, remoteType: how.moveOnce });
});

test("message: queue full: senders wait, and go in the order in which they came", (t) => {
  const { server, client, port, right } = pair();
  for (let count = 0; count < 5; count++) {
    send(client, { remote: right, how: how.copySend, id: count });
  }
  const second = anotherThread(client);
  t.is(send(client, { remote: right, how: how.copySend, id: 5 }), "waits");
  t.is(send(second, { remote: right, how: how.copySend, id: 6 }), "waits");
  const ids: number[] = [];
  for (let count = 0; count < 7; count++) {
    t.is(receive(server, port), 0);
    ids.push(received(server).id);
  }
  t.deepEqual(ids, [0, 1, 2, 3, 4, 5, 6]);
  t.deepEqual([resultOf(client), resultOf(second)], [0, 0]);
});

test("message: by a send-once right: never waits, however full the queue is", (t) => {
  const guest = createGuest();
  const name = newPortToSend(guest);
  for (let count = 0; count < 5; count++) send(guest, { remote: name, how: how.copySend });
  for (let count = 0; count < 3; count++) {
    t.is(send(guest, { remote: name, how: how.makeOnce }, {}, 0), 0);
  }
  t.is(send(guest, { remote: name, how: how.copySend }, {}, 0), sendCodes.timedOut);
});

test("message: port dies while senders wait: they have sent, as far as they can tell", (t) => {
  const { server, client, port, right } = pair();
  for (let count = 0; count < 5; count++) send(client, { remote: right, how: how.copySend });
  t.is(send(client, { remote: right, how: how.copySend }), "waits");
  call(server, "port_destroy", port);
  t.is(resultOf(client), 0);
  t.is(send(client, { remote: right, how: how.copySend }), sendCodes.invalidDestination);
});

test("send: messages that are malformed: a code each, and the name space is as before", (t) => {
  const guest = createGuest();
  const name = newPortToSend(guest);
  const before = structuredClone(guest.task.space);
  const header = { remote: name, how: how.copySend };
  const sendSize = (size: number, address: number = messageAt): number | string =>
    call(guest, "port_message", address, option.send, size, 0, 0, 0);
  const size = writeMessage(guest, header, { parts: [{ port: name, how: how.copySend }] });
  t.is(sendSize(23), sendCodes.messageTooSmall);
  t.is(sendSize(24), sendCodes.messageTooSmall);
  t.is(sendSize(size - 1), sendCodes.messageTooSmall);
  t.is(sendSize(-1), sendCodes.messageTooSmall);
  t.is(sendSize(size, nowhere), sendCodes.invalidData);
  t.is(sendSize(2 ** 21), sendCodes.noBuffer);
  write(guest, messageAt + 28 + 11, Uint8Array.of(3));
  t.is(sendSize(size), sendCodes.invalidType);
  const refused = (
    what: Parameters<typeof writeMessage>[1],
    body: Parameters<typeof writeMessage>[2] = {},
  ): number | string => send(guest, what, body);
  t.is(refused({ remote: 0, how: how.copySend }), sendCodes.invalidDestination);
  t.is(refused({ remote: 0x7700, how: how.copySend }), sendCodes.invalidDestination);
  t.is(refused({ remote: name, how: 99 }), sendCodes.invalidHeader);
  t.is(refused({ ...header, reply: 0x7700, replyHow: how.makeOnce }), sendCodes.invalidReply);
  const part = (one: object): Parameters<typeof writeMessage>[2] => ({ parts: [one as never] });
  t.is(refused(header, part({ port: 0x7700, how: how.copySend })), sendCodes.invalidRight);
  t.is(refused(header, part({ port: name, how: 3 })), sendCodes.invalidType);
  t.is(refused(header, part({ memory: nowhere, size: 1 })), sendCodes.invalidMemory);
  t.is(refused(header, part({ memory: 2 ** 60, size: 1 })), sendCodes.invalidMemory);
  t.is(refused(header, part({ memory: 0, size: 2 ** 31 })), sendCodes.noBuffer);
  t.is(refused(header, part({ ports: 0, count: 2 ** 31, how: 19 })), sendCodes.noBuffer);
  t.deepEqual(guest.task.space, before);
});
