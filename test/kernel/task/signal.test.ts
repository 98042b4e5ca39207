// Goal: what a signal does follows from its number, the task's action and the thread's mask, as
// signal(7) and POSIX have it.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import {
  emptySignals,
  hasSignal,
  isDiscarded,
  pendSignal,
  signalEffect,
  withoutSignal,
  withSignal,
} from "../../../kernel/task/signal.ts";
import type { SignalSet, Task, Thread } from "../../../kernel/task/task.ts";

/** As much of a task as signals look at. */
function someTask(handler: number | null, signal: number, masked: boolean): [Task, Thread] {
  const actions = new Map(handler === null ? [] : [[signal, { handler, flags: 0, mask: [0, 0] }]]);
  const task = { stopped: 0, signals: { actions, pending: emptySignals, senders: new Map() } };
  const thread = { signalMask: masked ? withSignal(emptySignals, signal) : emptySignals };
  return [task as unknown as Task, thread as unknown as Thread];
}

const effectOf = (signal: number, handler: number | null, masked = false, forced = false): string =>
  signalEffect(...someTask(handler, signal, masked), signal, forced).do;

// From signal(7), not from our table.
const terminates = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31,
];
const stops = [19, 20, 21, 22];
const nothing = [17, 18, 23, 28];

test("signal: default actions: as in signal(7)", (t) => {
  for (const signal of [...terminates, 32, 34, 64])
    t.is(effectOf(signal, null), "end", `${signal}`);
  for (const signal of stops) t.is(effectOf(signal, null), "stop", `${signal}`);
  for (const signal of nothing) t.is(effectOf(signal, null), "nothing", `${signal}`);
});

test("signal: SIGKILL and SIGSTOP: neither handled, nor ignored, nor blocked", (t) => {
  for (const handler of [null, 0, 1, 0x1000]) {
    for (const masked of [false, true]) {
      t.is(effectOf(9, handler, masked), "end");
      t.is(effectOf(19, handler, masked), "stop");
    }
  }
});

test("signal: ignored, handled, blocked: nothing, the handler, later", (t) => {
  for (const signal of [2, 13, 15, 17, 18, 20, 21, 28, 40]) {
    t.is(effectOf(signal, 1), "nothing");
    t.is(effectOf(signal, 0x1000), "handle");
    t.is(effectOf(signal, 0), effectOf(signal, null));
    for (const handler of [null, 1, 0x1000]) t.is(effectOf(signal, handler, true), "pend");
  }
});

test("signal: for a fault: ends what ignores or blocks it", (t) => {
  t.is(effectOf(11, null, false, true), "end");
  t.is(effectOf(11, 1, false, true), "end");
  t.is(effectOf(11, 0x1000, true, true), "end");
  t.is(effectOf(11, 0x1000, false, true), "handle");
});

test("signal: discarded when set to be ignored, or to a default that does nothing", (t) => {
  t.true(isDiscarded(1, 2) && isDiscarded(1, 20) && isDiscarded(0, 17) && isDiscarded(0, 18));
  t.false(isDiscarded(0, 2) || isDiscarded(0, 20) || isDiscarded(0x1000, 17));
});

testProp(
  "signal: any history: a stop and a continuation are never both pending",
  [
    fc.array(fc.constantFrom(2, 15, 17, 18, 19, 20, 21, 22), { minLength: 1 }),
    fc.constantFrom(null, 1, 0x1000),
    fc.boolean(),
  ],
  (t, sent, handler, masked) => {
    const [task, thread] = someTask(handler, 18, masked);
    let last = 0;
    for (const signal of sent) {
      const before = task.signals.pending;
      const { do: what } = pendSignal(task, thread, signal);
      const { pending } = task.signals;
      t.is(hasSignal(pending, signal), what !== "nothing" || hasSignal(before, signal));
      if (signal >= 18) last = signal;
      if (last === 18) t.false([19, 20, 21, 22].some((stop) => hasSignal(pending, stop)));
      else if (last > 18) t.false(hasSignal(pending, 18));
      for (const other of [2, 15]) {
        if (hasSignal(before, other)) t.true(hasSignal(pending, other));
      }
    }
  },
);

testProp(
  "signal: sets of any signals: as sets of numbers",
  [fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 64 })))],
  (t, changes) => {
    let set: SignalSet = emptySignals;
    const model = new Set<number>();
    for (const [add, signal] of changes) {
      set = add ? withSignal(set, signal) : withoutSignal(set, signal);
      if (add) model.add(signal);
      else model.delete(signal);
    }
    for (let signal = 1; signal <= 64; signal++) t.is(hasSignal(set, signal), model.has(signal));
  },
);
