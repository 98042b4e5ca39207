// Goal: a task's names are what it was given: send rights to one port share one, all others differ.
// Method: random insertions and drops against a list of the references that should be there.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import {
  createSpace,
  dropReference,
  insertReceiveRight,
  insertRight,
  lookupRight,
  type PortName,
  type Space,
} from "../../ports/index.ts";

const step = fc.oneof(
  fc.record({
    do: fc.constant("insert" as const),
    kind: fc.constantFrom("send" as const, "send-once" as const, "receive" as const),
    uid: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ do: fc.constant("drop" as const), which: fc.nat() }),
);

const named = (space: Space): string[] =>
  [...space.entries].flatMap(([name, { kind, uid, references }]) =>
    Array.from({ length: references }, () => `${name} ${kind} ${uid}`),
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
      const name =
        kind === "receive" ? insertReceiveRight(space, uid) : insertRight(space, { kind, uid });
      const same = given.find(
        (known) => kind === "send" && known.kind === kind && known.uid === uid,
      );
      if (same) t.is(name, same.name, "send rights to one port share a name");
      else t.false(used.has(name), "a name is never used twice");
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
