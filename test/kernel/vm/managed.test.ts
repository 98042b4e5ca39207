// Goal: between a kernel and a pager that is a task every message has its effect, and a pager that lies
// does nothing but lose its own pages. Method: the test plays the pager, one situation a test, and
// a table of lies with what comes of each.

import test from "ava";
import { isOp, makeMessage, memory as memoryOps, type Message } from "../../../ports/index.ts";
import {
  destroySpace,
  framesFree,
  onPagerDead,
  onPagerMessage,
  pageBytes,
  unmap,
} from "../../../kernel/vm/index.ts";
import {
  access,
  answerHonestly,
  answers,
  createManaged,
  createReady,
  filled,
  get,
  heard,
  type Managed,
  nonsense,
  put,
  say,
  sayReady,
  second,
  start,
  supplies,
  touch,
  waits,
} from "./managed-world.ts";
import { pagerMessages } from "./memory-bench.ts";

const error = { action: "error", ns: second } as const;
const substitute = { action: "substitute", ns: second } as const;

test("pager: first touch: init goes out once, nothing is asked before the pager is ready", (t) => {
  const world = createManaged();
  t.is(touch(world, 0), "wait");
  t.is(touch(world, 1), "wait");
  t.deepEqual(heard(world), ["init"]);
  sayReady(world);
  t.is(touch(world, 0), "wait");
  t.is(touch(world, 0), "wait");
  t.deepEqual(heard(world), ["request 0"]);
  t.deepEqual(supplies(world, 0, filled(7)), [0]);
  t.is(get(world, 0), 7);
});

test("pager: ready is said: whoever waited for it looks again", (t) => {
  const world = createManaged();
  touch(world, 3);
  touch(world, 5);
  const body = { mayCache: true, copy: 0, action: 1, waitNs: 5 };
  t.deepEqual([...say(world, memoryOps.ready, body, true)], [3, 5]);
  t.deepEqual(
    answers(world).map(({ op }) => op),
    [memoryOps.changed.name],
  );
  const { manager } = world.object;
  t.deepEqual(
    [manager?.mayCache, manager?.copies, manager?.stated],
    [true, "at-once", { action: "error", ns: 5 }],
  );
});

test("pager: more than fifty pages under way: the next waits until one has come", (t) => {
  const world = createReady(null, { frames: 256 });
  for (let page = 0; page < 60; page++) t.is(touch(world, page), "wait");
  t.is(heard(world).length, 50);
  t.true(supplies(world, 0, filled(1)).includes(55), "whoever waits behind the limit looks again");
  t.is(touch(world, 55), "wait");
  t.deepEqual(heard(world), ["request 55"]);
});

test("pager: page supplied with a lock: unlock is asked with the most that was wanted", (t) => {
  const world = createReady();
  touch(world, 2);
  heard(world);
  supplies(world, 2, filled(9), { prohibited: 2 });
  t.is(touch(world, 2), "mapped");
  t.is(touch(world, 2, access.write), "wait");
  t.is(touch(world, 2, access.write), "wait");
  const [unlock, ...more] = pagerMessages(world);
  t.deepEqual(more, []);
  t.true(unlock && isOp(unlock, memoryOps.unlock) && unlock.body.access === 2);
  const allow = { page: 2, count: 1, returns: 0, flush: false, prohibited: 0 };
  t.deepEqual([...say(world, memoryOps.lock, allow)], [2]);
  t.is(put(world, 2, 4), "done");
});

test("pager: lock, return and flush at once: restricted, returned, gone, then answered", (t) => {
  const world = createReady();
  for (const page of [0, 1]) touch(world, page);
  answerHonestly(world);
  t.is(put(world, 0, 77), "done");
  const body = { page: 0, count: 8, returns: 1, flush: true, prohibited: 8 };
  say(world, memoryOps.lock, body, true);
  const sent = pagerMessages(world);
  t.deepEqual(
    sent.map(({ op, body: { page } }) => [op, page]),
    [[memoryOps.return.name, 0]],
  );
  const bytes = sent[0]?.body["bytes"] as unknown as Uint8Array | undefined;
  t.is(bytes?.[5], 77);
  t.deepEqual(
    answers(world).map(({ op }) => op),
    [memoryOps.locked.name],
  );
  t.is(world.object.resident.size, 0);
  t.is(touch(world, 0), "wait");
  t.deepEqual(heard(world), ["request 0"]);
});

test("pager: writes are prohibited while pages are here: the next write asks, reads go on", (t) => {
  const world = createReady();
  touch(world, 0);
  answerHonestly(world);
  t.is(put(world, 0, 5), "done");
  say(world, memoryOps.lock, { page: 0, count: 1, returns: 1, flush: false, prohibited: 2 });
  t.deepEqual(heard(world), ["return 0"]);
  t.is(get(world, 0), 5);
  t.is(touch(world, 0, access.write), "wait");
  t.deepEqual(heard(world), ["unlock 0"]);
});

test("pager: precious page of an object that ends: it goes back, then terminate", (t) => {
  const world = createReady();
  touch(world, 4);
  heard(world);
  supplies(world, 4, filled(8), { precious: true });
  destroySpace(world.vm, world.space);
  t.deepEqual(heard(world), ["return 4", "terminate"]);
  t.is(framesFree(world.vm.memory.frames), 64);
});

test("pager: supply with an answer wanted: 0, or KERN_MEMORY_PRESENT for what was not asked", (t) => {
  const world = createReady();
  touch(world, 4);
  supplies(world, 4, filled(8), { replies: true });
  supplies(world, 4, filled(9), { replies: true });
  const errors = answers(world).map(({ body }) => body["error"] as unknown);
  t.deepEqual(errors, [0, 23]);
  t.is(get(world, 4), 8);
});

test("pager: it says destroy: pages are gone, later touches fail, the frames are free", (t) => {
  const world = createReady();
  touch(world, 0);
  answerHonestly(world);
  touch(world, 1);
  t.true(say(world, memoryOps.destroy, { error: 5 }).includes(1));
  t.is(touch(world, 0), "lost");
  t.is(touch(world, 1), "lost");
  t.is(framesFree(world.vm.memory.frames), 64);
});

test("pager: its port dies: what is here stays, what is not is lost", (t) => {
  const world = createReady();
  touch(world, 0);
  answerHonestly(world);
  touch(world, 1);
  t.deepEqual(onPagerDead(world.vm, world.pager)?.pages.includes(1), true);
  t.is(get(world, 0), 1);
  t.is(touch(world, 1), "lost");
  t.is(touch(world, 2), "lost");
});

test("pager: its port dies, and the mapper wants a substitute: zeros", (t) => {
  const world = createReady(substitute);
  touch(world, 1);
  onPagerDead(world.vm, world.pager);
  t.is(get(world, 1), 0);
  t.is(put(world, 1, 3), "done");
  t.is(get(world, 1), 3);
});

interface Lie {
  readonly lie: string;
  readonly tell: (world: Managed) => void;
  readonly why: readonly string[];
}

const noLock = { page: 0, count: 1, returns: 0, flush: false, prohibited: 0 };

/** Page 0 has been asked for, page 9 is here and holds 10. */
const lies: readonly Lie[] = [
  {
    lie: "a page that nobody asked for",
    tell: (w) => supplies(w, 3, filled(66)),
    why: ["unasked"],
  },
  { lie: "a page that is here", tell: (w) => supplies(w, 9, filled(66)), why: ["unasked"] },
  { lie: "half a page", tell: (w) => supplies(w, 0, new Uint8Array(2000)), why: ["size"] },
  { lie: "no page", tell: (w) => supplies(w, 0, new Uint8Array(0)), why: ["size"] },
  {
    lie: "a page and a half",
    tell: (w) => supplies(w, 0, new Uint8Array(pageBytes + 2048)),
    why: ["size"],
  },
  {
    lie: "a lock of accesses that there are not",
    tell: (w) => supplies(w, 0, filled(66), { prohibited: 9 }),
    why: ["lock"],
  },
  {
    lie: "a lock request of nothing",
    tell: (w) => say(w, memoryOps.lock, { ...noLock, count: 0 }),
    why: ["lock"],
  },
  {
    lie: "a lock request with a return that there is not",
    tell: (w) => say(w, memoryOps.lock, { ...noLock, returns: 3 }),
    why: ["lock"],
  },
  {
    lie: "a lock request for the whole world",
    tell: (w) => say(w, memoryOps.lock, { ...noLock, count: 2 ** 32 - 1 }),
    why: [],
  },
  {
    lie: "unavailable for all pages from there on",
    tell: (w) => say(w, memoryOps.unavailable, { page: 20, count: 2 ** 32 - 1 }),
    why: ["unasked"],
  },
  {
    lie: "an error for a page that nobody asked for",
    tell: (w) => say(w, memoryOps.error, { page: 9, count: 1, error: 5 }),
    why: ["unasked"],
  },
  {
    lie: "attributes that there are not",
    tell: (w) => say(w, memoryOps.ready, { mayCache: false, copy: 7, action: 0, waitNs: 0 }),
    why: ["attributes"],
  },
  {
    lie: "a thousand pages that nobody asked for",
    tell: (w) => {
      for (let page = 20; page < 1020; page++) supplies(w, page, filled(1));
    },
    why: Array.from({ length: 1000 }, () => "unasked"),
  },
  { lie: "a question", tell: (w) => say(w, memoryOps.synchronize, {}), why: ["unknown"] },
];

for (const { lie, tell, why } of lies) {
  test(`pager that lies: ${lie}: told, and nothing has changed`, (t) => {
    const world = createReady();
    touch(world, 9);
    answerHonestly(world);
    t.is(get(world, 9), 10);
    t.is(touch(world, 0), "wait");
    const free = framesFree(world.vm.memory.frames);
    tell(world);
    t.deepEqual(nonsense(world), why);
    t.is(framesFree(world.vm.memory.frames), free);
    t.is(get(world, 9), 10);
    t.is(touch(world, 0), "wait");
    answerHonestly(world);
    t.is(get(world, 0), 1, "it may still tell the truth");
  });
}

test("pager that is silent: waits are for ever, unless the mapper has said otherwise", (t) => {
  const waiting = createManaged({ action: "wait", ns: 0 });
  touch(waiting, 0);
  t.deepEqual([...waits(waiting, 1000 * second)], []);
  t.is(touch(waiting, 0), "wait");

  const failing = createReady(error);
  touch(failing, 0);
  t.deepEqual([...waits(failing, second - 1)], []);
  t.deepEqual([...waits(failing, 1)], [0]);
  t.is(touch(failing, 0), "lost");
  t.is(touch(failing, 0), "wait", "the next touch asks again");
  supplies(failing, 0, filled(3));
  t.is(get(failing, 0), 3);

  const substituted = createReady(substitute);
  touch(substituted, 0);
  t.deepEqual([...waits(substituted, second)], [0]);
  t.is(get(substituted, 0), 0);
  supplies(substituted, 0, filled(3));
  t.is(get(substituted, 0), 0, "what comes late was not asked for");
  t.deepEqual(nonsense(substituted), ["unasked"]);
});

test("pager that is never ready: the mapper's patience counts from the touch", (t) => {
  const world = createManaged(error);
  touch(world, 0);
  t.deepEqual([...waits(world, second)], [0]);
  t.is(touch(world, 0), "lost");
});

test("pager that never unlocks: the write fails in time, and may be tried again", (t) => {
  const world = createReady(error);
  touch(world, 0);
  heard(world);
  supplies(world, 0, filled(1), { prohibited: 2 });
  touch(world, 0, access.write);
  t.deepEqual([...waits(world, second)], [0]);
  t.is(touch(world, 0, access.write), "lost");
  t.is(touch(world, 0), "mapped", "reading was always allowed");
  t.is(touch(world, 0, access.write), "wait");
  t.deepEqual(heard(world), ["unlock 0", "unlock 0"]);
});

test("pager that takes nothing back: the default pager does, and memory is not lost to it", (t) => {
  const world = createReady(null, { frames: 2 });
  touch(world, 0);
  answerHonestly(world);
  t.is(put(world, 0, 42), "done");
  touch(world, 1);
  answerHonestly(world);
  t.is(put(world, 1, 43), "done");
  t.is(touch(world, 2), "full");
  t.true(heard(world).some((what) => what.startsWith("return")));
  waits(world, second);
  t.true(world.object.manager?.doubled);
  t.is(world.object.swap.port, null);
  const created = world.told.filter(([event]) => event === "pager.doubled");
  t.is(created.length, 1);
  const { vm, object } = world;
  say(world, memoryOps.returned, { page: 0, count: 2, error: 0 });
  t.is(object.swap.pages.size, 0, "nothing was sent to it yet");
  acceptSwap(world);
  const stored = answers(world).filter(({ op }) => op === memoryOps.return.name);
  const pages = stored.map(({ body }) => body["page"] as unknown);
  t.true(pages.length > 0);
  say(world, memoryOps.returned, { page: 0, count: 2, error: 0 });
  t.is(touch(world, 2), "wait");
  t.true(framesFree(vm.memory.frames) > 0);
  unmap(vm, world.space, start, start + 128);
});

/** The default pager has made an object; the test plays it by the reply port. */
function acceptSwap({ vm, object, reply }: Managed): void {
  const rights = [{ kind: "send", uid: reply }] as const;
  onPagerMessage(vm, object, makeMessage(memoryOps.created, { error: 0 }, { rights }) as Message);
}
