// Goal: the kernel's own names in a space are what it was given: send rights to one port share
// one, all others differ, and no call of the task reaches them.
// Method: random insertions and drops against a list of the references that should be there.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import {
  createSpace,
  dropReference,
  insertRight,
  isFree,
  kern,
  lookupRight,
  nameTypes,
  portDeallocate,
  portDestroy,
  type PortName,
  portNames,
  portType,
  reserveName,
  sendCodes,
  type Space,
} from "../../ports/index.ts";
import { createOneHost, give, newPort, sendCode, task } from "./one-host.ts";

const step = fc.oneof(
  fc.record({
    do: fc.constant("insert" as const),
    kind: fc.constantFrom("send" as const, "send-once" as const),
    uid: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ do: fc.constant("drop" as const), which: fc.nat() }),
);

const kindOf = (type: number): string => (type === nameTypes.send ? "send" : "send-once");

const named = (space: Space): string[] =>
  [...space.entries].flatMap(([name, { type, uid, references }]) =>
    Array.from({ length: references }, () => `${name} ${kindOf(type)} ${uid}`),
  );

testProp(
  "space: any insertions and drops: names and references are those given and not dropped",
  [fc.array(step, { maxLength: 60 })],
  (t, steps) => {
    const space = createSpace();
    const given: { name: PortName; kind: string; uid: number }[] = [];
    const used = new Set<PortName>();
    for (const one of steps) {
      if (one.do === "drop") {
        const at = given.length === 0 ? -1 : one.which % given.length;
        const [gone] = at < 0 ? [] : given.splice(at, 1);
        if (!gone) continue;
        const last = !given.some(({ name }) => name === gone.name);
        t.is(dropReference(space, gone.name)?.uid, last ? gone.uid : undefined);
        continue;
      }
      const { kind, uid } = one;
      const name = insertRight(space, { kind, uid });
      const same = given.find(
        (known) => kind === "send" && known.kind === kind && known.uid === uid,
      );
      if (same) t.is(name, same.name, "send rights to one port share a name");
      else t.false(used.has(name), "a name is not used again before its index was used 256 times");
      used.add(name);
      given.push({ name, kind, uid });
    }
    const expected = given.map(({ name, kind, uid }) => `${name} ${kind} ${uid}`);
    t.deepEqual(named(space).sort(), expected.sort());
  },
  { numRuns: 500 },
);

test("space: name that is not there: our mistake, asserted", (t) => {
  const space = createSpace();
  t.throws(() => dropReference(space, 7), { message: /name 7/ });
  t.is(lookupRight(space, 7), undefined);
});

test("space: the kernel's own names: no call of the task finds them", (t) => {
  const a = task(createOneHost(), 1);
  const port = newPort(a);
  const uid = lookupRight(a.space, port)?.uid ?? 0;
  const own = insertRight(a.space, { kind: "send", uid });
  t.is(portType(a, own).code, kern.invalidName);
  t.is(portDestroy(a, own), kern.invalidName);
  t.is(portDeallocate(a, own), kern.invalidName);
  t.is(sendCode(a, { remote: own }), sendCodes.invalidDestination);
  t.deepEqual(
    portNames(a).map(({ name }) => name),
    [port],
  );
  t.is(give(a, port, 20, a), port, "the task's name for the port is another");
  t.throws(() => dropReference(a.space, port), { message: /kernel's own/ });
});

test("space: a reserved name is the next one, whatever its generation", (t) => {
  const space = createSpace();
  t.true(isFree(space, 0x503));
  reserveName(space, 0x503);
  t.is(insertRight(space, { kind: "send", uid: 1 }), 0x503);
  t.false(isFree(space, 0x504));
  t.false(isFree(space, 0));
  t.false(isFree(space, 0xffffffff));
  t.deepEqual(
    [2, 3, 4, 5, 6].map((uid) => insertRight(space, { kind: "send", uid })),
    [0x400, 0x300, 0x200, 0x100, 0x600],
  );
});
