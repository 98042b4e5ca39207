// Goal: whatever a pager does, and in whatever order, the accounts of memory are right, and a page that
// it is honest about reads as what was written last. Method: random touches, writes, answers, lies,
// locks and waits, with fewer frames than pages, against a table of values; the pager keeps what it
// is returned, and answers in the order in which it was asked.

import { fc, testProp } from "@fast-check/ava";
import { isOp, memory as memoryOps, type Message } from "../../../ports/index.ts";
import { destroySpace, frameRecord, framesFree } from "../../../kernel/vm/index.ts";
import {
  createManaged,
  filled,
  get,
  type Managed,
  put,
  say,
  sayReady,
  second,
  supplies,
  touch,
  waits,
} from "./managed-world.ts";
import { framesHeld, pagerMessages } from "./memory-bench.ts";

const pages = 12;
const frames = 6;

type Step =
  | { readonly do: "touch" | "read" | "unasked" | "unavailable" | "error"; readonly page: number }
  | { readonly do: "write"; readonly page: number; readonly value: number }
  | {
      readonly do: "lock";
      readonly page: number;
      readonly count: number;
      readonly returns: number;
      readonly flush: boolean;
      readonly prohibited: number;
    }
  | { readonly do: "answer"; readonly take: boolean }
  | { readonly do: "wait" };

const page = fc.nat(pages - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("touch" as const), page }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("read" as const), page }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("write" as const), page, value: fc.nat(250) }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant("answer" as const), take: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("unasked" as const, "unavailable" as const, "error" as const),
      page,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("lock" as const),
      page,
      count: fc.integer({ min: 0, max: pages }),
      returns: fc.nat(2),
      flush: fc.boolean(),
      prohibited: fc.constantFrom(0, 2, 7, 8),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "wait" } as const) },
);

/** What the pager keeps, and what a read has to find. */
interface Model {
  readonly kept: Map<number, number>;
  readonly truth: Map<number, number>;
  readonly unread: Message[];
}

const keptOf = ({ kept }: Model, at: number): number => kept.get(at) ?? at + 1;
const truthOf = (model: Model, at: number): number => model.truth.get(at) ?? at + 1;

/** Reads what the pager was sent, up to and with the first message that it answers. */
function answer(world: Managed, model: Model, takes: boolean): void {
  model.unread.push(...pagerMessages(world));
  for (let one = model.unread.shift(); one; one = model.unread.shift()) {
    if (isOp(one, memoryOps.init)) sayReady(world);
    else if (isOp(one, memoryOps.return)) {
      const { page: first, bytes } = one.body;
      for (let at = 0; at < bytes.length / 4096; at++) {
        model.kept.set(first + at, bytes[at * 4096] as number);
      }
      const count = bytes.length / 4096;
      if (takes) say(world, memoryOps.returned, { page: first, count, error: 0 });
    } else if (isOp(one, memoryOps.request)) {
      supplies(world, one.body.page, filled(keptOf(model, one.body.page)));
    } else if (isOp(one, memoryOps.unlock)) {
      const { page: at, count } = one.body;
      say(world, memoryOps.lock, { page: at, count, returns: 0, flush: false, prohibited: 0 });
    } else continue;
    return;
  }
}

function lie(world: Managed, model: Model, what: Exclude<Step["do"], "wait">, at: number): void {
  const asked = world.object.requested.has(at);
  // Of a page that was asked for, what it says is the truth: only others can be lied about.
  if (asked) return;
  if (what === "unasked") supplies(world, at, filled(255));
  else if (what === "unavailable") say(world, memoryOps.unavailable, { page: at, count: 1 });
  else say(world, memoryOps.error, { page: at, count: 1, error: 5 });
  model.unread.push(...pagerMessages(world));
}

/** Written pages that are dropped without being returned are as the pager has them. */
function lock(world: Managed, model: Model, what: Extract<Step, { readonly do: "lock" }>): void {
  const { page: first, count, returns, flush, prohibited } = what;
  model.unread.push(...pagerMessages(world));
  const inside = [...world.object.resident.keys()].filter(
    (at) => at >= first && at < first + count,
  );
  const dirty = inside.filter(
    (at) => frameRecord(world.vm.memory.frames, world.object.resident.get(at) as number).dirty,
  );
  const under = new Map(
    model.unread.flatMap((one) =>
      isOp(one, memoryOps.return)
        ? Array.from({ length: one.body.bytes.length / 4096 }, (_, at): [number, number] => [
            one.body.page + at,
            one.body.bytes[at * 4096] as number,
          ])
        : [],
    ),
  );
  say(world, memoryOps.lock, { page: first, count, returns, flush, prohibited });
  if (!flush || (returns > 0 && !world.object.manager?.doubled)) return;
  for (const at of dirty) model.truth.set(at, under.get(at) ?? keptOf(model, at));
}

testProp(
  "pager: any behaviour of a pager: the accounts are right, and pages read as they were written",
  [fc.array(step, { maxLength: 120 }), fc.boolean()],
  (t, steps, substitutes) => {
    const patience = substitutes ? null : ({ action: "error", ns: 5 * second } as const);
    const world = createManaged(patience, { frames, pages });
    const model: Model = { kept: new Map(), truth: new Map(), unread: [] };
    for (const one of steps) {
      if (one.do === "touch") touch(world, one.page);
      else if (one.do === "write") {
        if (put(world, one.page, one.value) === "done") model.truth.set(one.page, one.value);
      } else if (one.do === "read") {
        const value = get(world, one.page);
        if (typeof value === "number") t.is(value, truthOf(model, one.page), `page ${one.page}`);
      } else if (one.do === "answer") answer(world, model, one.take);
      else if (one.do === "lock") lock(world, model, one);
      else if (one.do === "wait") waits(world, 2 * second);
      else lie(world, model, one.do, one.page);
      t.is(
        framesHeld(world) + framesFree(world.vm.memory.frames),
        frames,
        "every frame is somewhere",
      );
      t.true(world.object.requested.size <= frames, "each page that was asked for has a frame");
    }
    destroySpace(world.vm, world.space);
    t.is(framesFree(world.vm.memory.frames), frames, "all frames are free at the end");
    t.is(world.vm.memory.objects.all.size, 0, "no object is left");
  },
  { numRuns: 400 },
);
