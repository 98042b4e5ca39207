// Goal: a thread that waits in port_message waits as long as it shall: for a message in its turn, until
// its deadline, until there is nothing left to wait for, until a signal or the end of its task.
// Method: tasks on a host alone; time passes when a test says so.

import test from "ava";
import { deadlineOf } from "../../../kernel/task/wait.ts";
import { onSignal } from "../../../kernel/trap/index.ts";
import { kern, receiveCodes } from "../../../ports/index.ts";
import { codeAddress, dataAddress, dataPages, setRegisters } from "../lone-host.ts";
import {
  answerAt,
  anotherThread,
  bufferAt,
  call,
  give,
  type Guest,
  how,
  kind,
  messageAt,
  newPort,
  option,
  pair,
  received,
  receive,
  resultOf,
  send,
  settle,
  wordAt,
} from "./port-world.ts";

const nowhere: number = dataAddress + dataPages * 4096;

/** Virtual time passes and the thread's deadline, if it has one, comes. */
function pass({ lone, task, thread }: Guest, ns: number): void {
  lone.kernel.host.charge(ns);
  if (thread.state.at !== "waiting") return;
  const deadline = deadlineOf(thread.state.wait);
  if (deadline === null) return;
  const ref = { pid: task.pid, tid: thread.tid };
  lone.host.deliver({ on: "timer", timer: { on: "sleep", thread: ref, deadline } });
}

test("receive: nothing there: times out at its deadline, not before", (t) => {
  const { server, client, port, right } = pair();
  t.is(receive(server, port, 0), receiveCodes.timedOut);
  t.is(receive(server, port, 1000), "waits");
  t.is(server.lone.kernel.state.sleepers, 1);
  pass(server, 999);
  t.is(resultOf(server), "waits");
  pass(server, 1);
  t.is(resultOf(server), receiveCodes.timedOut);
  t.is(server.lone.kernel.state.sleepers, 0);
  t.deepEqual(server.task.space.receivers, []);
  t.is(receive(server, port, 1000), "waits");
  send(client, { remote: right, how: how.copySend });
  t.is(resultOf(server), 0);
  t.is(server.lone.kernel.state.sleepers, 0);
});

test("receive: a time beyond all numbers: waits like one without end", (t) => {
  const { server, port } = pair();
  for (const timeout of [2 ** 53, 2 ** 62, -1, -(2 ** 63)]) {
    const thread = anotherThread(server);
    t.is(receive(thread, port, timeout), "waits");
    const { state } = thread.thread;
    t.true(state.at === "waiting" && Number.isSafeInteger(deadlineOf(state.wait)));
  }
});

test("receive: several threads wait: messages go to them in the order of their calls", (t) => {
  const { server, client, port, right } = pair();
  const threads = [server, anotherThread(server), anotherThread(server)];
  for (const one of threads) t.is(receive(one, port), "waits");
  for (const [at, one] of threads.entries()) {
    send(client, { remote: right, how: how.copySend, id: at });
    t.is(resultOf(one), 0);
    t.is(received(one).id, at);
  }
});

test("receive: from a set: its members in the order of their messages, each name told", (t) => {
  const { server, client, port, right } = pair();
  const other = newPort(server);
  const second = give(server, other, client);
  call(server, "port_allocate", kind.set, answerAt);
  const set = wordAt(server);
  t.is(receive(server, set), "waits");
  const waiting = anotherThread(server);
  t.is(receive(waiting, other), "waits");
  call(anotherThread(server), "port_move_member", port, set);
  call(anotherThread(server), "port_move_member", other, set);
  t.is(resultOf(waiting), receiveCodes.portChanged);
  t.is(receive(waiting, other), receiveCodes.inSet);
  send(client, { remote: second, how: how.copySend, id: 1 });
  t.is(resultOf(server), 0);
  send(client, { remote: right, how: how.copySend, id: 2 });
  send(client, { remote: second, how: how.copySend, id: 3 });
  t.is(received(server).local, other);
  t.is(receive(server, set), 0);
  t.like(received(server), { id: 2, local: port });
  t.is(receive(server, set), 0);
  t.like(received(server), { id: 3, local: other });
});

test("receive: a port with a queue joins a set for which a thread waits: the thread has the message", (t) => {
  const { server, client, port, right } = pair();
  call(server, "port_allocate", kind.set, answerAt);
  const set = wordAt(server);
  t.is(receive(server, set), "waits");
  send(client, { remote: right, how: how.copySend, id: 4 });
  call(anotherThread(server), "port_move_member", port, set);
  t.is(resultOf(server), 0);
  t.is(received(server).id, 4);
});

test("receive: the receive right is destroyed, or goes into a message: MACH_RCV_PORT_DIED", (t) => {
  const { server, client, port, right } = pair();
  const other = newPort(server);
  const waiting = anotherThread(server);
  t.is(receive(server, port), "waits");
  t.is(receive(waiting, other), "waits");
  const third = anotherThread(server);
  call(third, "port_destroy", other);
  t.is(resultOf(waiting), receiveCodes.portDied);
  const mine = give(client, newPort(client), server);
  const parts = [{ port, how: how.moveReceive }];
  t.is(send(third, { remote: mine, how: how.copySend }, { parts }), 0);
  t.is(resultOf(server), receiveCodes.portDied);
  t.is(send(client, { remote: right, how: how.copySend }), 0, "it lives and queues what comes");
});

test("receive: message larger than the room: destroyed, or kept and its size told", (t) => {
  const { server, client, port, right } = pair();
  const bytes = new Uint8Array(100);
  for (const id of [1, 2, 3]) send(client, { remote: right, how: how.copySend, id }, { bytes });
  const limited = (limit: number, large: number): number | string =>
    call(server, "port_message", bufferAt, option.receive | large, 0, limit, port, 0);
  const needed = 24 + 100 + 24;
  t.is(limited(needed - 1, 0), receiveCodes.tooLarge);
  t.is(limited(8, option.large), receiveCodes.tooLarge);
  t.is(wordAt(server, bufferAt + 4), needed);
  t.is(limited(needed, 0), 0);
  t.like(received(server), { id: 2, sequence: 1 });
});

test("receive: buffer that cannot be written: the message stays where it is", (t) => {
  const { server, client, port, right } = pair();
  send(client, { remote: right, how: how.copySend, id: 8 });
  for (const address of [nowhere, nowhere - 40, codeAddress, 0, -8]) {
    const code = call(server, "port_message", address, option.receive, 0, 4096, port, 0);
    t.is(code, receiveCodes.invalidData);
  }
  t.is(receive(server, port), 0);
  t.is(received(server).id, 8);
});

test("receive: names that are none to receive from", (t) => {
  const { server, right, client } = pair();
  for (const name of [0, -1, 0x7700, 2 ** 40]) {
    t.is(receive(server, name), receiveCodes.invalidName);
  }
  t.is(receive(client, right), receiveCodes.invalidName);
});

/** The task has a handler for signal 10, and a stack. */
function handleSignal({ task, thread }: Guest): void {
  task.signals.actions.set(10, { handler: codeAddress + 64, flags: 0, mask: [0, 0] });
  setRegisters(thread, { 2: nowhere });
}

test("interrupt: a signal with a handler: the receive ends, the handler runs, and none is lost", (t) => {
  const { server, client, port, right } = pair();
  handleSignal(server);
  t.is(receive(server, port), "waits");
  onSignal(server.lone.kernel, server.task, 10);
  settle(server);
  t.not(server.thread.state.at, "waiting");
  t.deepEqual(server.task.space.receivers, []);
  send(client, { remote: right, how: how.copySend, id: 3 });
  resultOf(server);
  t.is(receive(server, port), 0);
  t.is(received(server).id, 3);
});

test("interrupt: a send that waits for room: it was not sent, and its rights are back", (t) => {
  const { server, client, right, port } = pair();
  handleSignal(client);
  for (let count = 0; count < 5; count++) send(client, { remote: right, how: how.copySend });
  const carried = newPort(client);
  const parts = [{ port: carried, how: how.moveReceive }];
  t.is(send(client, { remote: right, how: how.copySend }, { parts }), "waits");
  onSignal(client.lone.kernel, client.task, 10);
  settle(client);
  t.not(client.thread.state.at, "waiting");
  const back = received(client, messageAt).body.getUint32(4, true);
  resultOf(client);
  call(client, "port_type", back, answerAt);
  t.is(wordAt(client), 0x20000);
  for (let count = 0; count < 5; count++) t.is(receive(server, port), 0);
  t.is(receive(server, port, 0), receiveCodes.timedOut);
});

test("task end: while a thread's send waits for room: it is never sent", (t) => {
  const { server, client, port, right } = pair();
  for (let count = 0; count < 5; count++) send(client, { remote: right, how: how.copySend });
  const given = give(client, newPort(client), server);
  t.is(send(client, { remote: right, how: how.copySend }), "waits");
  onSignal(client.lone.kernel, client.task, 9);
  settle(client);
  t.is(resultOf(client), "gone");
  t.is(client.lone.kernel.state.openSends.size, 0);
  for (let count = 0; count < 5; count++) t.is(receive(server, port), 0);
  t.is(receive(server, port, 0), receiveCodes.timedOut);
  call(server, "port_type", given, answerAt);
  t.is(wordAt(server), 0x100000);
  t.is(call(server, "port_deallocate", given), kern.success);
});
