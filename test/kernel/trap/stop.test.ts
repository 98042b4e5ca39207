// Goal: whatever signals come in whatever order, a stopped task executes nothing, what it waited for
// is served, and it stops and goes on as POSIX says.
// Method: a task of a few instructions on a host alone, and a model of two flags.

import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { onSignal } from "../../../kernel/trap/index.ts";
import { hasSignal } from "../../../kernel/task/signal.ts";
import type { Task } from "../../../kernel/task/task.ts";
import { copyOut, framesFree } from "../../../kernel/vm/index.ts";
import { addi, ecall, jal, zero } from "../machine/assemble.ts";
import {
  createLoneHost,
  createRunning,
  dataAddress,
  firstThread,
  type LoneHost,
  setRegisters,
} from "../lone-host.ts";

const [TERM, CHLD, CONT, STOP, TSTP, TTIN, TTOU] = [15, 17, 18, 19, 20, 21, 22];
const stops = [STOP, TSTP, TTIN, TTOU];
const [a0, a1, a7] = [10, 11, 17];

/** Counts in a register without end. */
function counting(lone: LoneHost): Task {
  return createRunning(lone, [addi(a0, a0, 1), jal(zero, -4)]);
}

/** Instructions that it executes when it is let. */
function run({ host }: LoneHost): number {
  const before = host.state.instructions;
  for (let turn = 0; turn < 3 && host.able(); turn++) host.run(10);
  return host.state.instructions - before;
}

const named = ({ events }: LoneHost, name: string): unknown[] =>
  events.filter(([event]) => event === name).map(([, ids]) => ids["signal"] ?? ids["pid"]);

testProp(
  "stop: any signals between instructions: it runs exactly while it is not stopped",
  [fc.array(fc.constantFrom(CHLD, CONT, STOP, TSTP, TTIN, TTOU), { minLength: 1, maxLength: 12 })],
  (t, signals) => {
    const lone = createLoneHost();
    const task = counting(lone);
    run(lone);
    let stopped = 0;
    let changes = 0;
    for (const signal of signals) {
      const before = stopped;
      if (signal === CONT) stopped = 0;
      else if (stops.includes(signal) && stopped === 0) stopped = signal;
      if (stopped !== before) changes++;
      onSignal(lone.kernel, task, signal);
      t.is(task.stopped, stopped);
      t.is(run(lone) > 0, stopped === 0);
      t.is(lone.host.able(), stopped === 0);
      if (signal === CONT) t.false(stops.some((stop) => hasSignal(task.signals.pending, stop)));
    }
    const told = named(lone, "task.stopped").length + named(lone, "task.continued").length;
    t.is(told, changes, "each change is told once");
    onSignal(lone.kernel, task, TERM);
    t.is(lone.kernel.state.tasks.size, stopped === 0 ? 0 : 1);
    onSignal(lone.kernel, task, CONT);
    t.is(lone.kernel.state.tasks.size, 0, "what ends it waits until it goes on");
    t.is(framesFree(lone.kernel.state.frames), 1024);
  },
  { numRuns: 150 },
);

test("stop: an order that comes after a later one: it was overtaken, and does nothing", (t) => {
  const lone = createLoneHost();
  const task = counting(lone);
  onSignal(lone.kernel, task, CONT, 6);
  onSignal(lone.kernel, task, STOP, 5);
  t.is(task.stopped, 0);
  onSignal(lone.kernel, task, STOP, 8);
  onSignal(lone.kernel, task, CONT, 7);
  t.is(task.stopped, STOP);
  onSignal(lone.kernel, task, CONT, 9);
  t.is(task.stopped, 0);
  onSignal(lone.kernel, task, TERM, 1);
  t.is(lone.kernel.state.tasks.size, 0, "only stops and continuations take each other back");
});

test("stop: a sleep that ends while it is stopped: its thread is runnable, and does not run", (t) => {
  const lone = createLoneHost();
  const { host, kernel } = lone;
  const task = createRunning(lone, [ecall, jal(zero, 0)]);
  const thread = firstThread(task);
  const time = new Uint8Array(new BigInt64Array([0n, 1000n]).buffer);
  copyOut(kernel, task.memory, dataAddress, time);
  setRegisters(thread, { [a0]: dataAddress, [a1]: 0, [a7]: 101 });
  for (let turn = 0; turn < 10 && thread.state.at === "runnable"; turn++) host.run(1);
  t.like(thread.state, { at: "waiting", wait: { for: "time" } });
  onSignal(kernel, task, TSTP);
  const timer = lone.timers.find(({ on }) => on === "sleep");
  if (timer) host.deliver({ on: "timer", timer });
  t.is(thread.state.at, "runnable");
  t.deepEqual([host.able(), kernel.state.ready, kernel.state.sleepers], [false, [], 0]);
  onSignal(kernel, task, CONT);
  t.true(host.able());
  t.true(run(lone) > 0);
});

for (const signal of [STOP, TSTP]) {
  test(`stop: kill(getpid(), ${signal}): the call has returned 0 when it stands still`, (t) => {
    const lone = createLoneHost();
    const { host, kernel } = lone;
    const task = createRunning(lone, [ecall, jal(zero, 0)]);
    const thread = firstThread(task);
    setRegisters(thread, { [a0]: 0, [a1]: signal, [a7]: 129 });
    for (let turn = 0; turn < 10 && host.able(); turn++) host.run(1);
    t.is(task.stopped, signal);
    t.is(kernel.state.current, null);
    onSignal(kernel, task, CONT);
    host.run(1);
    t.is(kernel.hart.getRegisterSigned(a0), 0);
    t.is(task.stopped, 0);
  });
}
