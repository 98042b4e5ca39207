// Goal: a task that was packed, sent and unpacked is the same task: whatever its threads wait for,
// whatever its map is made of, wherever its pages are.
// Method: a task with some of everything; packed, through bytes, unpacked on another host, packed again.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import {
  copiedFields,
  localFields,
  packedFields,
  packThread,
} from "../../../kernel/migrate/parts.ts";
import {
  decodeImage,
  encodeImage,
  type Image,
  objectsOf,
  objectsOfUnit,
  packImage,
  portsOf,
} from "../../../kernel/migrate/image.ts";
import { inCommon } from "../../../kernel/migrate/groups.ts";
import { unpackImage } from "../../../kernel/migrate/unpack.ts";
import { addThread } from "../../../kernel/task/life.ts";
import type { Task, Wait } from "../../../kernel/task/task.ts";
import {
  copyIn,
  copyOut,
  entryAt,
  fileObject,
  fillFrame,
  framesFree,
  mapPrivate,
  mapShared,
  mapSharedAnonymous,
  type MemoryObject,
  pageBytes,
} from "../../../kernel/vm/index.ts";
import {
  arrivePort,
  files,
  holdPort,
  insertRight,
  makeMessage,
  type Message,
  sendMessage,
  wellKnownPort,
} from "../../../ports/index.ts";
import { must } from "../../../ports/base/index.ts";
import { createLoneHost, createRunning, dataAddress, type LoneHost } from "../lone-host.ts";

const reply: Message = makeMessage(
  files.data,
  { error: 0, bytes: Uint8Array.of(1, 2) },
  { id: 4 },
) as Message;
const finish = { do: "finish", call: "read", data: { address: 5, runs: [1, 2] }, reply } as const;
const waits: readonly Wait[] = [
  { for: "page", object: 3, page: 9, since: 17, then: { do: "again" } },
  { for: "page", object: 3, page: 9, since: 17, then: finish },
  { for: "reply", request: 4, server: wellKnownPort(0, "files"), then: { ...finish, reply: null } },
  { for: "time", deadline: 123_456_789_012, then: finish },
  { for: "message", name: 0x400, deadline: null, then: finish },
  { for: "message", name: 0x500, deadline: 123_456_789_012, then: finish },
  { for: "send", id: 77, to: 88, host: 3, incarnation: 2, then: { ...finish, reply: null } },
  { for: "port", port: 88, then: { do: "again" } },
];

/** A task with a thread for each kind of wait, a file mapped, pages owed and lost, and messages. */
function someTask(lone: LoneHost): Task {
  const { kernel } = lone;
  const task = createRunning(lone, [0x73]);
  task.stopped = 20;
  waits.forEach((wait, index) => {
    const thread = addThread(kernel, task, task.pid + 2_000_000 * (index + 1));
    thread.state = { at: "waiting", wait };
    thread.registers.fill(0xdeadbeef + index);
    thread.requests = index;
  });
  const port = wellKnownPort(0, "files");
  const file = fileObject(kernel.memory.objects, { port, bytes: 9000, path: "/lib/f" });
  const region = { start: 0x80, pages: 3, protection: 1, name: "/lib/f" };
  mapPrivate(kernel, task.memory, region, file, 0);
  copyOut(kernel, task.memory, dataAddress, new Uint8Array(2 * pageBytes).fill(7));
  const data = objectsOf(task)[1] as MemoryObject;
  data.owed.set(2, 777).set(5, 777).set(6, 777).set(7, 778);
  data.failed.set(8, { error: 5, host: 3 });
  const name = insertRight(task.space, { kind: "send", uid: port });
  task.files.push(
    { name, path: "/f", mode: 0o100644, flags: 2, since: 5, closeOnExec: true },
    null,
  );
  task.signals.actions.set(10, { handler: 0x1234, flags: 4, mask: [1, 2] });
  task.owedSince.set(777, 42);
  task.wander = { periodNs: 5, strategy: "", draws: 3, lastNs: 1, lastPageWaitNs: 0 };
  for (const uid of portsOf(task)) holdPort(kernel.state.ports, uid);
  sendMessage(kernel.state.ports, task.port, reply, kernel.host);
  return task;
}

const fetching = { readAhead: 3, pushes: true };

/** The image as it is sent: bytes, and back. */
const travel = (image: Image): Image => decodeImage(encodeImage(image).slice());

test("image: a task with some of everything: the same on the other host, however often it moves", (t) => {
  const first = createLoneHost(1);
  const task = someTask(first);
  const image = packImage(first.kernel, [task], new Map(), fetching);
  t.deepEqual(travel(image), image);

  const second = createLoneHost(2);
  const { tasks, spare } = unpackImage(second.kernel, travel(image), [1], new Map());
  const [copy] = tasks as [Task];
  t.deepEqual(spare, []);
  for (const port of image.ports) {
    arrivePort(
      second.kernel.state.ports,
      port,
      { kind: "kernel", what: "task", id: copy.pid },
      second.kernel.host,
    );
  }
  const again = packImage(second.kernel, [copy], new Map(), fetching);
  const ports = again.ports.map((port) => ({
    ...port,
    from: 1,
    trail: [1],
    epoch: port.epoch - 1,
  }));
  // Each host numbers its objects itself.
  const ids = image.objects.map(({ id }) => id);
  const objects = again.objects.map((object, index) => ({ ...object, id: ids[index] }));
  t.deepEqual({ ...again, ports, objects }, image);
  t.like(copy.memory, fetching);
});

test("image: packing: changes nothing that thawing would have to undo", (t) => {
  const lone = createLoneHost();
  const task = someTask(lone);
  const before = lone.host.snapshot();
  packImage(lone.kernel, [task], new Map(), fetching);
  t.deepEqual(lone.host.snapshot(), before);
});

test("image: pages that stay: named with the residual pager; those that go: not", (t) => {
  const lone = createLoneHost();
  const task = someTask(lone);
  const data = objectsOf(task)[1] as MemoryObject;
  const left = new Map([[data, { sent: [], swapped: [], left: [0, 1], residual: 999 }]]);
  const image = packImage(lone.kernel, [task], left, fetching);
  const [packed] = image.objects.flatMap((one) =>
    one.kind === "anonymous" && one.owed.length > 0 ? [one] : [],
  );
  t.deepEqual(packed?.owed, [
    [0, 2, 999],
    [2, 1, 777],
    [5, 2, 777],
    [7, 1, 778],
  ]);
  data.requested.set(7, 778); // under way to here: only the residual pager can have it later
  const [other] = packImage(lone.kernel, [task], new Map(), fetching).objects.flatMap((one) =>
    one.kind === "anonymous" && one.owed.length > 0 ? [one] : [],
  );
  t.deepEqual(other?.owed, [
    [2, 1, 777],
    [5, 2, 777],
  ]);
  t.true(image.tasks[0]?.owedSince.has(999));
  t.false(task.owedSince.has(999), "the task itself is as before");
});

test("image: pages that came before it: those it names in their objects, the rest spare", (t) => {
  const first = createLoneHost(1);
  const original = someTask(first);
  const data = objectsOf(original)[1] as MemoryObject;
  const file = objectsOf(original).find(({ pager }) => pager) as MemoryObject;
  const places = { sent: [0], swapped: [], left: [], residual: null };
  const pages = new Map([file, data].map((object) => [object, places]));
  const image = travel(packImage(first.kernel, [original], pages, fetching));
  const second = createLoneHost(2);
  const came = (frame: number): Map<number, Map<number, number>> =>
    new Map([
      [
        data.id,
        new Map([
          [0, frame],
          [9, frame + 1],
        ]),
      ], // page 9 was unmapped after its round
      [file.id, new Map([[0, frame + 2]])],
      [12345, new Map([[0, frame + 3]])], // and so was all of this object
    ]);
  for (let frame = 0; frame < 64; frame++) fillFrame(second.kernel, new Uint8Array(0));
  const once = unpackImage(second.kernel, image, [1], came(50));
  t.is(objectsOfUnit(once.tasks)[1]?.resident.get(0), 50);
  t.deepEqual(once.spare, [51, 53]);
  const twice = unpackImage(second.kernel, image, [2], came(60));
  t.deepEqual(twice.spare, [61, 62, 63], "the file's page is here already");
  t.throws(() => unpackImage(second.kernel, image, [3], new Map()), { message: /every page/ });
  t.is(framesFree(second.kernel.state.frames), 1024 - 64, "it takes no frame itself");
});

test("image: pages at swap: their numbers and the port of their object", (t) => {
  const first = createLoneHost(1);
  const original = someTask(first);
  const data = objectsOf(original)[1] as MemoryObject;
  data.swap.port = 4711;
  const places = { sent: [], swapped: [3, 0, 1], left: [], residual: null };
  const image = travel(packImage(first.kernel, [original], new Map([[data, places]]), fetching));
  const { tasks } = unpackImage(createLoneHost(2).kernel, image, [1], new Map());
  const { swap } = objectsOfUnit(tasks)[1] as MemoryObject;
  t.is(swap.port, 4711);
  t.deepEqual([...swap.pages], [0, 1, 3]);
});

test("image: two tasks that share memory: one object each, shared again on the other host", (t) => {
  const first = createLoneHost(1);
  const { kernel } = first;
  const [one, other] = [createRunning(first, [0x73]), createRunning(first, [0x73])];
  const region = { start: 0x80, pages: 2, protection: 3, name: "" };
  mapSharedAnonymous(kernel, one.memory, region);
  const shared = must(entryAt(one.memory.map, 0x80), "an entry").object;
  mapShared(kernel, other.memory, { ...region, start: 0x90 }, shared, 0);
  copyOut(kernel, one.memory, 0x80 * pageBytes, Uint8Array.of(1, 2, 3));
  const unit = [one, other];
  t.is(objectsOfUnit(unit).filter((object) => object === shared).length, 1);
  t.deepEqual([...inCommon(unit)], []);
  t.deepEqual([...inCommon([one])], [shared], "alone it would leave it behind");
  const places = { sent: [0], swapped: [], left: [], residual: null };
  const image = travel(packImage(kernel, unit, new Map([[shared, places]]), fetching));
  const second = createLoneHost(2);
  const bytes = new Uint8Array(pageBytes);
  bytes.set([1, 2, 3]);
  const frame = must(fillFrame(second.kernel, bytes), "a frame");
  const arrived = new Map([[shared.id, new Map([[0, frame]])]]);
  const { tasks, spare } = unpackImage(second.kernel, image, [1, 2], arrived);
  t.deepEqual(spare, []);
  const [a, b] = tasks as [Task, Task];
  t.is(entryAt(a.memory.map, 0x80)?.object, entryAt(b.memory.map, 0x90)?.object);
  copyOut(second.kernel, b.memory, 0x90 * pageBytes + 1, Uint8Array.of(9));
  const seen = copyIn(second.kernel, a.memory, 0x80 * pageBytes, 3);
  t.deepEqual(seen, Uint8Array.of(1, 9, 3));
});

test("parts: every field of a task: in one list, and the lists name nothing else", (t) => {
  const task = createRunning(createLoneHost(), [0x73]);
  const listed = [...copiedFields, ...packedFields, ...localFields];
  t.deepEqual([...listed].sort(), Object.keys(task).sort());
  t.is(new Set(listed).size, listed.length);
});

test("parts: a wait for a page: loses the object's number and nothing else", (t) => {
  const task = someTask(createLoneHost());
  for (const thread of task.threads.values()) {
    const packed = packThread(thread);
    if (thread.state.at !== "waiting" || thread.state.wait.for !== "page") {
      t.deepEqual(packed, thread);
      continue;
    }
    const wait = { ...thread.state.wait, object: -1 };
    t.deepEqual(packed, { ...thread, state: { at: "waiting", wait } });
  }
});

const plain: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  leaf: fc.oneof(fc.maxSafeInteger(), fc.double(), fc.string(), fc.boolean(), fc.constant(null)),
  value: fc.oneof(
    { maxDepth: 3 },
    tie("leaf"),
    fc.uint8Array({ maxLength: 8 }),
    fc.uint32Array({ maxLength: 4 }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie("value"), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    fc.array(fc.tuple(fc.string(), tie("value")), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(tie("leaf"), { maxLength: 4 }).map((items) => new Set(items)),
  ),
})).value;

testProp(
  "image: calls' data of any shape: survives in a wait",
  [plain],
  (t, value) => {
    const lone = createLoneHost(1, 1 << 20);
    const task = createRunning(lone, [0x73]);
    const thread = [...task.threads.values()][0];
    if (!thread) return t.fail();
    const wait: Wait = {
      for: "time",
      deadline: 5,
      then: { ...finish, data: { value, twice: value } },
    };
    thread.state = { at: "waiting", wait };
    const image = travel(packImage(lone.kernel, [task], new Map(), fetching));
    t.deepEqual(image.tasks[0]?.threads[0]?.state, { at: "waiting", wait });
  },
  { numRuns: 60 },
);
