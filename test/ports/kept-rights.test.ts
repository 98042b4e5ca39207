// Rights that a kernel keeps in a task's space, as those of open files: counted ones give back what
// they carry, wherever they end, and no call of the task reaches them.

import test from "ava";
import {
  armNoSenders,
  createCountedPort,
  endSpace,
  heldBySpace,
  keepRight,
  makeSendRight,
  notify,
  portDestroy,
  type PortName,
  portNames,
  type Principal,
  releaseRight,
  type Right,
  splitTransits,
} from "../../ports/index.ts";
import { createOneHost, type OneHost, settle, task } from "./one-host.ts";

/** A server's port that hears by itself of the end of the one right that it has given out. */
function serversPort(world: OneHost): { readonly port: Principal; readonly right: Right } {
  const { ports, host } = world;
  const port = createCountedPort(ports, { kind: "server", server: "test", tag: "" }, host);
  const right = makeSendRight(ports, port, host);
  armNoSenders(port, { kind: "send-once", uid: port.uid }, host);
  return { port, right };
}

const told = ({ queue }: Principal): readonly string[] => queue.map(({ op }) => op);

function namedIn(world: OneHost, event: string): unknown[] {
  return world.events.filter((seen) => seen.event === event).map(({ ids }) => ids["space"]);
}

test("kept: the last reference is dropped: the transits go back, the port hears of it once", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const { port, right } = serversPort(world);
  const name = settle(a, keepRight(a, right));
  t.deepEqual(heldBySpace(a.space, port.uid), { transits: right.count ?? 0, once: [] });
  const entry = a.space.entries.get(name);
  if (entry) entry.references++; // a copy of the descriptor
  t.is(settle(a, releaseRight(a, name)), undefined);
  t.deepEqual(told(port), []);
  t.is(settle(a, releaseRight(a, name))?.uid, port.uid);
  t.deepEqual(told(port), [notify.noSenders.name]);
  t.deepEqual(heldBySpace(a.space, port.uid), { transits: 0, once: [] });
  t.deepEqual([namedIn(world, "right.named"), namedIn(world, "right.unnamed")], [[1], [1]]);
});

test("kept: two spaces have a part each: told when the second is gone", (t) => {
  const world = createOneHost();
  const [a, b] = [task(world, 1), task(world, 2)];
  const { port, right } = serversPort(world);
  const parts = splitTransits(right.count ?? 0);
  if (!parts) throw new Error("a new right can be split");
  const names: PortName[] = [
    keepRight(a, { ...right, count: parts.kept }),
    keepRight(b, { ...right, count: parts.given }),
  ];
  settle(a, releaseRight(a, names[0] ?? 0));
  t.deepEqual(told(port), []);
  settle(b, releaseRight(b, names[1] ?? 0));
  t.deepEqual(told(port), [notify.noSenders.name]);
});

test("kept: the same right comes twice: one name, all transits", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const { port, right } = serversPort(world);
  const parts = splitTransits(right.count ?? 0);
  if (!parts) throw new Error("a new right can be split");
  const name = keepRight(a, { ...right, count: parts.kept });
  t.is(keepRight(a, { ...right, count: parts.given }), name);
  t.is(heldBySpace(a.space, port.uid).transits, right.count ?? 0);
  settle(a, releaseRight(a, name));
  t.deepEqual(told(port), []);
  settle(a, releaseRight(a, name));
  t.deepEqual(told(port), [notify.noSenders.name]);
});

test("kept: the task ends: what its files' rights carry goes back, uncounted ones are nothing", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const { port, right } = serversPort(world);
  keepRight(a, right);
  keepRight(a, { kind: "send", uid: 77 });
  settle(a, endSpace(a));
  t.deepEqual(told(port), [notify.noSenders.name]);
  settle(a, endSpace(a));
  t.is(port.counted?.transits, 0, "not twice");
  t.deepEqual(namedIn(world, "right.unnamed"), [1]);
});

test("kept: no call of the task finds the name", (t) => {
  const world = createOneHost();
  const a = task(world, 1);
  const { port, right } = serversPort(world);
  const name = settle(a, keepRight(a, right));
  t.deepEqual(portNames(a), []);
  t.not(settle(a, portDestroy(a, name)), 0);
  t.is(port.counted?.transits, right.count);
});
