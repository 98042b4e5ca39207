// Goal: the operator's orders do what they say on every host and in every space, and each ends with
// exactly one result, also when its host, its task or its target is lost.
// Method: the API of an inline cluster; what agents answered, and what the hosts hold afterwards.

import test from "ava";
import type { ExecutionContext } from "ava";
import {
  checkTrace,
  type Cluster,
  eventsToCheck,
  type PortRef,
  type RightRef,
  type Task,
  UsageError,
} from "../../cluster/index.ts";
import { receiveCodes, sendCodes } from "../../ports/index.ts";
import { boot, eventsOf, MiB, ms, second } from "./clusters.ts";

const small = { hosts: 4, memoryBytes: 4 * MiB };

/** A job that sleeps for ever, so that its name space can be used. */
async function sleeper(cluster: Cluster, host: string): Promise<Task> {
  const task = await cluster.spawn(host, ["count", "1000", "10s"]);
  await cluster.advance(2 * ms);
  return task;
}

async function texts(cluster: Cluster, port: PortRef): Promise<readonly string[]> {
  const got: string[] = [];
  for (;;) {
    const { message, code } = await cluster.ports.receive(port, { withinNs: 0 });
    if (!message) return code === receiveCodes.timedOut ? got : [...got, `code ${code}`];
    got.push(message.kind === "message" ? message.text : `(${message.kind})`);
  }
}

function clean(t: ExecutionContext, cluster: Cluster): void {
  t.deepEqual(checkTrace(eventsToCheck(cluster.trace())), []);
}

test("ports API: a port on a host: is made, sent to, received from, and dies", async (t) => {
  const c = await boot(t, small);
  const port = await c.ports.make("h1", { queue: 3, policy: "relay" });
  t.like(c.ports.list()[0], { uid: port.uid, host: "h1", limit: 3, policy: "relay", owner: "h1" });
  const right = await c.ports.give(port, "send", "h2");
  t.like(await c.ports.send(right, "hello", "h2"), { ok: true, code: 0, host: "h2" });
  t.is(c.ports.list()[0]?.queued, 1);
  t.like((await c.ports.receive(port)).message, { kind: "message", text: "hello", reply: null });
  await c.ports.destroy(port);
  t.deepEqual(c.ports.list(), []);
  await c.advance(second);
  t.like(c.ports.notified.at(-1), { kind: "dead-name", port: port.uid, host: "h2" });
  t.like(await c.ports.send(right, "late", "h2"), { code: sendCodes.invalidDestination });
  clean(t, c);
});

test("ports API: a port that moves: its queue goes along, and its holder is the new host", async (t) => {
  const c = await boot(t, small);
  const port = await c.ports.make("h1");
  const right = await c.ports.give(port, "send", "h3");
  await c.ports.send(right, "before", "h3");
  await c.ports.move(port, "h2", { policy: "home" });
  t.is(port.holder, "h2");
  t.like(c.ports.list()[0], { host: "h2", epoch: 1, policy: "home", queued: 1 });
  await c.ports.send(right, "after", "h3");
  t.deepEqual(await texts(c, port), ["before", "after"]);
  clean(t, c);
});

test("ports API: a reply right: answers once, and then it is gone", async (t) => {
  const c = await boot(t, small);
  const server = await c.ports.make("h1");
  const reply = await c.ports.make("h2");
  const right = await c.ports.give(server, "send", "h2");
  await c.ports.send(right, "ask", "h2", { reply });
  const { message } = await c.ports.receive(server);
  t.like(message?.reply, { kind: "send-once", port: reply.uid, once: 1 });
  const back: RightRef = { port: reply.uid, kind: "send-once", holder: "h1", once: 1 };
  t.like(await c.ports.send(back, "answer", "h1"), { ok: true });
  t.like(await c.ports.send(back, "again", "h1"), { code: sendCodes.invalidDestination });
  t.deepEqual(await texts(c, reply), ["answer"]);
  t.is(c.ports.list().find(({ uid }) => uid === reply.uid)?.once, 0);
  clean(t, c);
});

test("ports API: threads of a space: each sends in order, and one does not wait for another", async (t) => {
  const c = await boot(t, small);
  const full = await c.ports.make("h1", { queue: 1 });
  const other = await c.ports.make("h1");
  const [a, b] = [await c.ports.give(full, "send", "h2"), await c.ports.give(other, "send", "h2")];
  const blocked = ["1", "2", "3"].map((text) => c.ports.postSend(a, text, "h2", { thread: 1 }));
  const behind = c.ports.postSend(b, "behind", "h2", { thread: 1 });
  const free = c.ports.postSend(b, "free", "h2", { thread: 2 });
  await c.advance(second);
  const states = [...blocked, behind, free].map((command) => c.ports.result(command)?.code ?? null);
  t.deepEqual(states, [0, null, null, null, 0]);
  const got: string[] = [];
  for (let n = 0; n < 3; n++) {
    const { message } = await c.ports.receive(full);
    got.push(message?.text ?? "");
    await c.advance(10 * ms);
  }
  t.deepEqual(got, ["1", "2", "3"]);
  await c.advance(second);
  t.deepEqual(await texts(c, other), ["free", "behind"]);
  clean(t, c);
});

test("ports API: a send with a timeout: is certainly not sent, and its thread goes on", async (t) => {
  const c = await boot(t, small);
  const port = await c.ports.make("h1", { queue: 1 });
  const right = await c.ports.give(port, "send", "h2");
  await c.ports.send(right, "one", "h2");
  const result = await c.ports.send(right, "two", "h2", { timeoutNs: 5 * ms });
  t.like(result, { ok: false, code: sendCodes.timedOut });
  t.deepEqual(await texts(c, port), ["one"]);
  t.like(await c.ports.send(right, "three", "h2"), { ok: true });
  t.deepEqual(await texts(c, port), ["three"]);
  clean(t, c);
});

test("ports API: receive within a time: ends then, not earlier and not never", async (t) => {
  const c = await boot(t, small);
  const port = await c.ports.make("h1");
  const from = c.now;
  t.like(await c.ports.receive(port, { withinNs: 30 * second }), {
    ok: false,
    code: receiveCodes.timedOut,
  });
  t.true(c.now >= from + 30 * second);
  t.like(await c.ports.receive(port, { withinNs: 0 }), { code: receiveCodes.timedOut });
  const waits = c.ports.postReceive(port);
  const right = await c.ports.give(port, "send", "h1");
  await c.ports.send(right, "at last", "h1");
  t.is(c.ports.result(waits)?.message?.text, "at last");
});

test("ports API: receive orders of a port that leaves or dies: end with its code", async (t) => {
  const c = await boot(t, small);
  const [a, b] = [await c.ports.make("h1"), await c.ports.make("h1")];
  const waits = [c.ports.postReceive(a), c.ports.postReceive(b)];
  await c.ports.move(a, "h2");
  await c.ports.destroy(b);
  for (const order of waits) {
    t.like(c.ports.result(order), { ok: false, code: receiveCodes.portDied });
  }
});

test("ports API: no-senders: is told each time that the last right is gone", async (t) => {
  const c = await boot(t, small);
  const port = await c.ports.make("h1");
  for (const round of [1, 2]) {
    const right = await c.ports.give(port, "send", "h2");
    const copy = await c.ports.give(right, "send", "h3");
    await c.ports.drop(right);
    await c.advance(second);
    t.is(c.ports.notified.filter(({ kind }) => kind === "no-senders").length, round - 1);
    await c.ports.drop(copy);
    await c.advance(second);
    t.is(c.ports.notified.filter(({ kind }) => kind === "no-senders").length, round);
  }
  t.is(c.ports.list()[0]?.transits, 0);
  clean(t, c);
});

test("ports API: a right that was divided often: more transits are asked for in time", async (t) => {
  const c = await boot(t, small);
  const port = await c.ports.make("h1");
  let right = await c.ports.give(port, "send", "h2");
  for (let n = 0; n < 30; n++) {
    const next = await c.ports.give(right, "send", n % 2 === 0 ? "h3" : "h2");
    await c.ports.drop(right);
    right = next;
  }
  t.true(eventsOf(c, "right.granted").length > 0);
  t.deepEqual(
    c.ports.notified.filter(({ kind }) => kind === "no-senders"),
    [],
  );
  await c.ports.drop(right);
  await c.advance(second);
  t.is(c.ports.list()[0]?.transits, 0);
  t.is(c.ports.notified.filter(({ kind }) => kind === "no-senders").length, 1);
  clean(t, c);
});

test("ports API: a right to a job: the port and the right live in its space, and move with it", async (t) => {
  const c = await boot(t, small);
  const task = await sleeper(c, "h1");
  const port = await c.ports.make(task);
  const right = await c.ports.give(port, "send", "h2");
  const back = await c.ports.make("h2");
  const given = await c.ports.give(back, "send", task);
  t.like(await c.migrate(task, "h3"), { outcome: "moved" });
  t.like(c.ports.list()[1] ?? c.ports.list()[0], { policy: "redirect" });
  t.like(
    c.ports.list().find(({ uid }) => uid === port.uid),
    { host: "h3", owner: String(task.pid) },
  );
  await c.ports.send(right, "to the job", "h2");
  await c.ports.send(given, "from the job", task);
  t.deepEqual(await texts(c, port), ["to the job"]);
  t.deepEqual(await texts(c, back), ["from the job"]);
  clean(t, c);
});

test("ports API: orders for a job on its way: go after it, each done once", async (t) => {
  const c = await boot(t, small);
  const task = await sleeper(c, "h1");
  const port = await c.ports.make(task);
  const target = await c.ports.make("h4", { queue: 16 });
  const given = await c.ports.give(target, "send", task);
  const waiting = c.ports.postReceive(port);
  const move = c.orderMigration(task, "h2");
  const orders: number[] = [];
  for (let n = 0; n < 12; n++) {
    orders.push(c.ports.postSend(given, `m${n}`, task));
    if (n === 4) orders.push(c.ports.postGive(port, "send", "h3"));
    await c.advance(100_000);
  }
  await c.runUntil({ ordered: move });
  await c.advance(2 * second);
  t.is(task.host, "h2");
  t.deepEqual(
    orders.map((order) => c.ports.result(order)?.ok),
    orders.map(() => true),
  );
  t.deepEqual(
    await texts(c, target),
    Array.from({ length: 12 }, (_, n) => `m${n}`),
  );
  const right: RightRef = { port: port.uid, kind: "send", holder: "h3", once: 0 };
  await c.ports.send(right, "for the waiting order", "h3");
  t.is(c.ports.result(waiting)?.message?.text, "for the waiting order");
  clean(t, c);
});

test("ports API: a send of a job that moved before it timed out: its rights go after the job", async (t) => {
  const c = await boot(t, small);
  const task = await sleeper(c, "h1");
  const full = await c.ports.make("h4", { queue: 1 });
  const given = await c.ports.give(full, "send", task);
  await c.ports.send(given, "fills it", task);
  const [inner, reply] = [await c.ports.make(task), await c.ports.make(task)];
  const order = c.ports.postSend(given, "parcel", task, {
    carry: inner,
    reply,
    timeoutNs: 200 * ms,
  });
  await c.advance(ms);
  t.like(await c.migrate(task, "h2"), { outcome: "moved" });
  t.is(c.ports.result(order), null);
  t.like(await c.migrate(task, "h3"), { outcome: "moved" });
  await c.advance(second);
  t.is(c.ports.result(order)?.code, sendCodes.timedOut);
  t.like(
    c.ports.list().find(({ uid }) => uid === inner.uid),
    { host: "h3", owner: String(task.pid) },
  );
  const rights = c.views().flatMap((view) => view.rights);
  t.like(
    rights.find(({ uid, kind }) => uid === reply.uid && kind === "send-once"),
    { host: "h3", pid: task.pid ?? 0 },
  );
  t.deepEqual(await texts(c, full), ["fills it"]);
  clean(t, c);
});

test("ports API: a job that moves with a send under way: its thread goes on when that has ended", async (t) => {
  const c = await boot(t, small);
  const task = await sleeper(c, "h1");
  const full = await c.ports.make("h1", { queue: 1 });
  const given = await c.ports.give(full, "send", task);
  const orders = ["a", "b", "c", "d"].map((text) => c.ports.postSend(given, text, task));
  await c.advance(ms);
  t.like(await c.migrate(task, "h2"), { outcome: "moved" });
  t.like(await c.migrate(task, "h3"), { outcome: "moved" });
  await c.advance(second);
  t.deepEqual(
    orders.map((order) => c.ports.result(order)?.code ?? null),
    [0, null, null, null],
  );
  const [sentAt] = eventsOf(c, "ipc.sent")
    .filter(({ by }) => by === `${task.pid}.1`)
    .slice(1);
  t.is(sentAt?.host, "h1");
  for (const text of ["a", "b", "c", "d"]) {
    t.is((await c.ports.receive(full)).message?.text, text);
  }
  const sent = eventsOf(c, "ipc.sent").filter(({ by }) => by === `${task.pid}.1`);
  t.deepEqual(
    sent.map(({ host }) => host),
    ["h1", "h1", "h3", "h3"],
  );
  clean(t, c);
});

test("ports API: the host of a job's open send dies: the outcome is unknown, and the thread goes on", async (t) => {
  const c = await boot(t, small);
  const task = await sleeper(c, "h4");
  const full = await c.ports.make("h3", { queue: 1 });
  const other = await c.ports.make("h3");
  const toFull = await c.ports.give(full, "send", task);
  const toOther = await c.ports.give(other, "send", task);
  t.like(await c.migrate(task, "h1"), { outcome: "moved" });
  await c.ports.send(toFull, "fills it", task);
  const lost = c.ports.postSend(toFull, "lost", task);
  const behind = c.ports.postSend(toOther, "behind", task);
  await c.advance(ms);
  t.like(await c.migrate(task, "h2", { strategy: "eager-all" }), { outcome: "moved" });
  c.crash("h1");
  c.declare("h1");
  await c.advance(10 * second);
  t.like(c.ports.result(lost), { ok: false, reason: "h1 crashed" });
  t.like(c.ports.result(behind), { ok: true });
  t.deepEqual(await texts(c, other), ["behind"]);
  clean(t, c);
});

test("ports API: orders to receive of a job: wait on its next host, with what is left of their time", async (t) => {
  const c = await boot(t, small);
  const task = await sleeper(c, "h1");
  const [a, b] = [await c.ports.make(task), await c.ports.make(task)];
  const right = await c.ports.give(a, "send", "h3");
  const from = c.now;
  const [gets, misses] = [
    c.ports.postReceive(a, { withinNs: 20 * second }),
    c.ports.postReceive(b, { withinNs: 2 * second }),
  ];
  await c.advance(ms);
  t.like(await c.migrate(task, "h2"), { outcome: "moved" });
  await c.ports.send(right, "there", "h3");
  t.like(c.ports.result(gets), { ok: true, host: "h2" });
  await c.runUntil({ ordered: misses });
  t.is(c.ports.result(misses)?.code, receiveCodes.timedOut);
  const late = (c.ports.result(misses)?.at ?? 0) - (from + 2 * second);
  t.true(late >= 0 && late < ms);
});

test("ports API: a right given to a job that moves meanwhile: reaches it", async (t) => {
  const c = await boot(t, small);
  const task = await sleeper(c, "h1");
  const port = await c.ports.make("h4");
  c.cut("h4", "h1");
  const order = c.ports.postGive(port, "send", task);
  await c.advance(ms);
  t.like(await c.migrate(task, "h2"), { outcome: "moved" });
  t.like(await c.migrate(task, "h3"), { outcome: "moved" });
  c.heal("h4", "h1");
  await c.advance(5 * second);
  t.like(c.ports.result(order), { ok: true });
  t.true(c.ports.hasSend(port, task));
  clean(t, c);
});

test("ports API: a job that ends: its ports die, its orders end, and no new ones are taken", async (t) => {
  const c = await boot(t, small);
  const task = await sleeper(c, "h1");
  const port = await c.ports.make(task);
  const right = await c.ports.give(port, "send", "h2");
  const waiting = c.ports.postReceive(port);
  await c.advance(ms);
  c.kill(task, 9);
  await c.runUntil({ exited: task });
  await c.advance(second);
  t.like(c.ports.result(waiting), { ok: false });
  t.deepEqual(c.ports.list(), []);
  t.like(c.ports.notified.at(-1), { kind: "dead-name", port: port.uid });
  t.like(await c.ports.send(right, "late", "h2"), { code: sendCodes.invalidDestination });
  await t.throwsAsync(() => c.ports.make(task), { instanceOf: UsageError, message: /has ended/ });
  clean(t, c);
});

test("ports API: a host that crashes: its orders end, not ok; nothing is told of them twice", async (t) => {
  const c = await boot(t, small);
  const port = await c.ports.make("h2");
  const waiting = c.ports.postReceive(port);
  await c.advance(ms);
  c.crash("h2");
  await c.advance(ms);
  t.like(c.ports.result(waiting), { ok: false, reason: "h2 crashed" });
  t.like(await c.ports.receive(port), { ok: false, reason: "host-down" });
  await t.throwsAsync(() => c.ports.make("h2"), { message: /host-down/ });
});

test("ports API: a right given to a host that dies: the order ends, and says so", async (t) => {
  const c = await boot(t, small);
  const port = await c.ports.make("h1");
  await c.ports.give(port, "send", "h2");
  c.crash("h2");
  const order = c.ports.postGive(port, "send-once", "h2");
  await c.advance(20 * second);
  t.like(c.ports.result(order), { ok: false, reason: "h2 is dead, or has been since it was sent" });
  t.like(await c.ports.give(port, "send", "h3"), { kind: "send" });
});

test("ports API: a right given to a host that is down: is there when the host is up again", async (t) => {
  const c = await boot(t, small);
  const port = await c.ports.make("h1");
  c.crash("h2"); // before h1 has ever spoken to it: nothing of h1's is lost with it
  const order = c.ports.postGive(port, "send", "h2");
  await c.advance(second);
  t.is(c.ports.result(order), null);
  c.restart("h2");
  await c.advance(5 * second);
  t.like(c.ports.result(order), { ok: true });
  t.true(c.ports.hasSend(port, "h2"));
});

test("ports API: orders that cannot be: are refused with what is wrong, and change nothing", async (t) => {
  const c = await boot(t, small);
  const port = await c.ports.make("h1");
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => c.ports.postMake("h1", { queue: 17 }), /from 1 to 16/],
    [() => c.ports.postMake("h1", { queue: 0 }), /from 1 to 16/],
    [() => c.ports.postMake("h1", { policy: "teleport" }), /no such location policy: teleport/],
    [() => c.ports.postMake("h9"), /no such host: h9/],
    [() => c.ports.postMove(port, "h9"), /no such host: h9/],
    [() => c.ports.postReceive({ uid: "h1.x.3", holder: "h1" }), /no such port: h1\.x\.3/],
  ];
  for (const [order, message] of wrong) t.throws(order, { instanceOf: UsageError, message });
  const elsewhere = { uid: port.uid, holder: "h3" };
  for (const refused of [c.ports.move(port, "h1"), c.ports.move(elsewhere, "h2")]) {
    await t.throwsAsync(() => refused, { instanceOf: UsageError });
  }
  t.like(await c.ports.receive(elsewhere), { ok: false, code: receiveCodes.portDied });
  const none: RightRef = { port: port.uid, kind: "send", holder: "h3", once: 0 };
  t.like(await c.ports.send(none, "x", "h3"), { code: sendCodes.invalidDestination });
  await t.throwsAsync(() => c.ports.drop(none), { message: /no such right/ });
  t.like(c.ports.list()[0], { host: "h1", epoch: 0, queued: 0, transits: 0 });
});

test("ports API: a receive right in a message: the port is where it was received", async (t) => {
  const c = await boot(t, small);
  const inner = await c.ports.make("h1");
  const outer = await c.ports.make("h2");
  const toInner = await c.ports.give(inner, "send", "h4");
  const toOuter = await c.ports.give(outer, "send", "h1");
  await c.ports.send(toOuter, "parcel", "h1", { carry: inner });
  await c.ports.send(toInner, "meanwhile", "h4");
  const { message } = await c.ports.receive(outer);
  t.deepEqual(message?.rights, [{ kind: "receive", port: inner.uid, once: 0 }]);
  await c.advance(second);
  inner.holder = "h2";
  t.like(
    c.ports.list().find(({ uid }) => uid === inner.uid),
    { host: "h2", owner: "h2" },
  );
  t.deepEqual(await texts(c, inner), ["meanwhile"]);
  await c.ports.drop(toInner);
  await c.advance(second);
  t.like(c.ports.notified.at(-1), { kind: "no-senders", port: inner.uid, host: "h2" });
  clean(t, c);
});

test("ports API: hosts saved in the middle of open orders: go on as if nothing had been", async (t) => {
  const run = async (save: boolean): Promise<string> => {
    const c = await boot(t, small);
    const port = await c.ports.make("h1", { queue: 1 });
    const right = await c.ports.give(port, "send", "h2");
    ["a", "b", "c"].forEach((text) => c.ports.postSend(right, text, "h2"));
    c.ports.postMove(port, "h3");
    for (let n = 0; n < 40; n++) {
      await c.advance(50_000);
      if (save) c.cycleThroughSnapshots();
    }
    port.holder = "h3";
    for (let n = 0; n < 3; n++) await c.ports.receive(port, { withinNs: second });
    return c.traceHash();
  };
  t.is(await run(true), await run(false));
});

test("ports API: options: a location policy that there is not is refused by name", async (t) => {
  await t.throwsAsync(() => boot(t, { ...small, location: "nowhere" as "home" }), {
    instanceOf: UsageError,
    message: /nowhere \(redirect, relay, home, search, update\)/,
  });
  const c = await boot(t, { ...small, location: "search" });
  await c.ports.make("h1");
  t.is(c.ports.list()[0]?.policy, "search");
});
