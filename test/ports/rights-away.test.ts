// Goal: rights of ports that are elsewhere, or on their way, and of ports of servers: what the calls
// of a task answer. Method: one host whose cables lead nowhere.

import test from "ava";
import {
  arriving,
  copyout,
  createPort,
  dispositions,
  heldBySpace,
  insertRight,
  kern,
  machSend,
  makePortUid,
  nameTypes,
  portAllocate,
  portDestroy,
  portExtractRight,
  portGetStatus,
  portHere,
  portInsertNamed,
  portModRefs,
  portMoveMember,
  portSetQlimit,
  portType,
  receiveCodes,
  waitedCode,
} from "../../ports/index.ts";
import {
  ask,
  createOneHost,
  give,
  newPort,
  notifications,
  type OneHost,
  plain,
  receive,
  sendCode,
  settle,
  task,
} from "./one-host.ts";

const { makeSend, makeSendOnce, moveReceive, copySend, moveSend } = dispositions;
const foreign = makePortUid(2, 1, 77);

/** The task has received a receive right whose port has not come yet. */
function receiveForeign(world: OneHost): number {
  const a = task(world, 1);
  return settle(a, copyout(a, { kind: "receive", uid: foreign }));
}

test("away: a receive right whose port is on its way: named at once, what needs the port waits", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const name = receiveForeign(world);
  t.is(arriving(a, name), foreign);
  t.is(portType(a, name).type, nameTypes.receive);
  t.is(receive(a, name), undefined, "empty, not an error");
  for (const disposition of [makeSend, makeSendOnce, moveReceive]) {
    t.deepEqual(portExtractRight(a, name, disposition), { claim: foreign });
    const out = { ...plain, remote: name, remoteDisposition: makeSend };
    t.deepEqual(machSend(a, { pid: 1, tid: 1 }, out, { timeoutNs: null }), { claim: foreign });
  }
  t.deepEqual(portInsertNamed(a, name, { name, disposition: makeSend }), { claim: foreign });
  t.is(portGetStatus(a, name).code, kern.aborted);
  t.is(portSetQlimit(a, name, 1), kern.aborted);
  t.is(portMoveMember(a, name, portAllocate(a, "port-set").name), kern.success);
});

test("away: the port is lost on its way: the name is free, who waits learns that it died", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const at = newPort(a);
  const name = receiveForeign(world);
  const set = portAllocate(a, "port-set").name;
  portMoveMember(a, name, set);
  ask(a, "dead-name", name, at);
  world.ports.table.delete(foreign);
  settle(a, world.host.portDead(foreign));
  t.is(waitedCode(receive(a, name) as number), receiveCodes.portDied);
  t.deepEqual(notifications(a, at), [`portDeleted ${name}`]);
  t.is(receive(a, set), undefined, "the set has no members");
});

test("away: destroyed before its port has come: the claim is given up, the port dies on arrival", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const name = receiveForeign(world);
  t.is(settle(a, portModRefs(a, name, "receive", -1)), kern.success);
  const proxy = world.ports.table.get(foreign);
  t.is(proxy?.where === "away" ? proxy.claim : undefined, null);
  t.is(portType(a, name).code, kern.invalidName);
});

test("away: a port that this host knows to be dead: its name is found dead at the next access", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const at = newPort(a);
  const name = copyout(a, { kind: "send", uid: foreign, count: 8 });
  ask(a, "dead-name", name, at);
  world.ports.table.delete(foreign);
  world.ports.gone.set(foreign, 3);
  t.is(settle(a, portType(a, name)).type, nameTypes.dead);
  t.deepEqual(notifications(a, at), [`deadName ${name}`]);
  t.is(copyout(a, { kind: "send", uid: foreign, count: 8 }), 0xffffffff);
});

test("servers' ports: rights are not counted; they are copied, moved and dropped all the same", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const uid = createPort(world.ports, { kind: "kernel", what: "test", id: 0 });
  const name = copyout(a, { kind: "send", uid });
  t.is(give(a, name, copySend, a), name);
  const there = give(a, name, copySend, b);
  t.deepEqual(heldBySpace(a.space, uid), { transits: 0, once: [] });
  t.is(sendCode(a, { remote: name, remoteDisposition: moveSend, number: 9 }), 0);
  const [queued] = portHere(world.ports, uid)?.queue ?? [];
  t.like(queued, { op: "user.message", rights: [], body: { number: 9, token: 1 } });
  const own = insertRight(a.space, { kind: "send", uid });
  t.not(own, name);
  t.is(settle(a, portDestroy(a, name)), kern.success);
  t.is(sendCode(b, { remote: there }), 0);
});
