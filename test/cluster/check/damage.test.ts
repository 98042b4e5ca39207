// Goal: damage without a lost host is found, and damage with one is not; what is left over is named.
// Method: short traces and views, made by hand, one for each rule.

import test from "ava";
import { type HostView, leaks, unexplained } from "../../../cluster/index.ts";

interface Fields {
  readonly [name: string]: unknown;
}

const event = (at: number, host: string, name: string, fields: Fields = {}) => ({
  at,
  host,
  seq: at,
  event: name,
  ...fields,
});
const crash = event(10, "h1", "host.crash");
const busError = event(20, "h2", "task.exit", { pid: 10001, signal: 7, lostHost: 1 });
const alone = (pid: number, asExpected: boolean) => ({ pid, asExpected, partners: [] });

for (const [what, damage] of [
  ["a bus error", busError],
  ["a call without an answer", event(20, "h2", "msg.unanswered", { pid: 10001, request: 4 })],
  [
    "a message of which nobody knows",
    event(20, "h2", "ipc.outcome", { by: "10001.10001", definite: false }),
  ],
  ["a task that is lost", event(20, "h3", "task.lost", { pid: 10001, owner: "h1" })],
  ["a copy that ends", event(20, "h1", "task.disowned", { pid: 10001 })],
] as const) {
  test(`damage: ${what}: explained by the crash before it, and by nothing else`, (t) => {
    t.deepEqual(unexplained([crash, damage], [alone(10001, false)]), []);
    t.is(unexplained([damage], [alone(10001, false)]).length, 1);
    t.is(unexplained([damage, { ...crash, at: 30 }], [alone(10001, false)]).length, 1);
  });
}

test("damage: a bus error for another host than the one that crashed: no cause", (t) => {
  const found = unexplained([{ ...crash, host: "h3" }, busError], []);
  t.deepEqual(found, ["10001: bus-error for h1, and no such host was lost"]);
});

test("damage: a host that is held for dead although it lives: explains what it does", (t) => {
  const dead = event(10, "h2", "link.dead", { peer: "h1" });
  t.deepEqual(unexplained([dead, busError], []), []);
});

test("damage: a program ends otherwise: its own harm, or its partner's, or no cause", (t) => {
  const partner = { pid: 20001, asExpected: false, partners: [10001] };
  t.deepEqual(unexplained([crash, busError], [partner]), []);
  const found = unexplained([crash, busError], [alone(20001, false), alone(30001, true)]);
  t.deepEqual(found, ["20001: ended otherwise, and nothing has hurt it"]);
});

test("leaks: each thing that is left has its line; a host of servers may have frames", (t) => {
  const empty = {
    framesUsed: 0,
    objects: 0,
    moving: 0,
    tasks: [],
    inDoubt: [],
    owes: [],
  };
  const view = (host: string, left: Fields): HostView =>
    ({ host, ...empty, ...left }) as unknown as HostView;
  const nothing = { swap: { objects: 0, pages: 0 }, pipes: [] };
  t.deepEqual(leaks([view("fs", { framesUsed: 3 }), view("h1", {})], nothing), []);
  t.deepEqual(leaks([view("h1", {})], { swap: undefined, pipes: undefined }), []);
  const found = leaks(
    [
      view("h1", { framesUsed: 2, objects: 1, moving: 1 }),
      view("h2", { tasks: [{ pid: 7, state: "frozen" }], owes: [{ pid: 7, pages: 4 }] }),
    ],
    { swap: { objects: 1, pages: 5 }, pipes: [{}] },
  );
  t.deepEqual(found, [
    "h1: 2 frames",
    "h1: 1 memory objects",
    "h2: task 7 frozen",
    "h2: 4 pages kept for 7",
    "h1: 1 moves under way",
    "fs: 1 objects in swap",
    "fs: 5 pages in swap",
    "fs: 1 pipes",
  ]);
});
