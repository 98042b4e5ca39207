// Linux calls on time. Virtual time is the only clock; the real-time clock is a fixed date plus it.

import {
  afterRefusal,
  again,
  type Caller,
  type CallResult,
  finishWith,
  returnValue,
} from "../task/call.ts";
import { errno } from "../task/errno.ts";
import type { CallData, Continuation, Wait } from "../task/task.ts";
import { copyIn, copyOut } from "../vm/index.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

const second = 1_000_000_000;
const clocks = {
  realtime: 0,
  monotonic: 1,
  process: 2,
  thread: 3,
  raw: 4,
  realCoarse: 5,
  monotonicCoarse: 6,
  boot: 7,
} as const;
const absoluteTime = 1;
/** A sleep of more than this many seconds ends after virtual time does: 2^53 ns is 104 days. */
const secondsMax = 9_000_000;

interface Time {
  readonly seconds: number;
  readonly ns: number;
}

function clockNow(caller: Caller, clock: number): Time | undefined {
  const { now, epochSeconds } = caller.kernel.host;
  const since = { seconds: Math.floor(now / second), ns: now % second };
  switch (clock) {
    case clocks.realtime:
    case clocks.realCoarse:
      return { seconds: epochSeconds + since.seconds, ns: since.ns };
    case clocks.monotonic:
    case clocks.raw:
    case clocks.monotonicCoarse:
    case clocks.boot:
    case clocks.process:
    case clocks.thread:
      return since;
    default:
      return undefined;
  }
}

function encodeTime({ seconds, ns }: Time): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setBigInt64(0, BigInt(seconds), true);
  view.setBigInt64(8, BigInt(ns), true);
  return new Uint8Array(view.buffer);
}

function store(
  caller: Caller,
  address: number,
  time: Time,
  then: Continuation = again,
): CallResult {
  const refusal = copyOut(caller.kernel, caller.task.memory, address, encodeTime(time));
  return refusal ? afterRefusal(caller, refusal, address, then) : returnValue(0);
}

function clockGettime(caller: Caller, [clock, address]: Arguments): CallResult {
  const time = clockNow(caller, clock);
  return time ? store(caller, address, time) : returnValue(-errno.EINVAL);
}

function clockGetres(caller: Caller, [clock, address]: Arguments): CallResult {
  if (!clockNow(caller, clock)) return returnValue(-errno.EINVAL);
  return address === 0 ? returnValue(0) : store(caller, address, { seconds: 0, ns: 1 });
}

function gettimeofday(caller: Caller, [address]: Arguments): CallResult {
  if (address === 0) return returnValue(0);
  const { seconds, ns } = clockNow(caller, clocks.realtime) as Time;
  return store(caller, address, { seconds, ns: Math.floor(ns / 1000) });
}

function readTime(caller: Caller, address: number): Time | CallResult {
  const bytes = copyIn(caller.kernel, caller.task.memory, address, 16);
  if (!(bytes instanceof Uint8Array)) return afterRefusal(caller, bytes, address);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const seconds = Number(view.getBigInt64(0, true));
  const ns = Number(view.getBigInt64(8, true));
  if (seconds < 0 || ns < 0 || ns >= second) return returnValue(-errno.EINVAL);
  return { seconds, ns };
}

/** `rest` is where the time goes that is left when a signal ends the sleep; 0: nowhere. */
function sleepUntil(deadline: number, rest: number): CallResult {
  const then = finishWith("sleep", { rest }, null);
  return { do: "wait", wait: { for: "time", deadline, then } };
}

function nanosleep(caller: Caller, [address, rest]: Arguments): CallResult {
  const time = readTime(caller, address);
  if ("do" in time) return time;
  const seconds = Math.min(time.seconds, secondsMax);
  return sleepUntil(caller.kernel.host.now + seconds * second + time.ns, rest);
}

function clockNanosleep(caller: Caller, [clock, flags, address, rest]: Arguments): CallResult {
  if (clock === clocks.thread || !clockNow(caller, clock)) return returnValue(-errno.EINVAL);
  if ((flags & absoluteTime) === 0) return nanosleep(caller, [address, rest, 0, 0, 0, 0]);
  const time = readTime(caller, address);
  if ("do" in time) return time;
  const base = clock === clocks.realtime ? caller.kernel.host.epochSeconds : 0;
  const deadline = Math.min(time.seconds - base, secondsMax) * second + time.ns;
  return deadline <= caller.kernel.host.now ? returnValue(0) : sleepUntil(deadline, 0);
}

function finishSleep(_caller: Caller, _data: CallData): CallResult {
  return returnValue(0);
}

type TimeWait = Extract<Wait, { readonly for: "time" }>;

/** The same wait, but it has been ended by a signal: the call says so, and how much was left. */
export function interruptedSleep(wait: TimeWait, now: number): TimeWait {
  const rest = wait.then.do === "finish" ? wait.then.data["rest"] : 0;
  const data = { rest, ns: Math.max(0, wait.deadline - now) };
  return { ...wait, then: finishWith("interrupted", data, null) };
}

function finishInterrupted(caller: Caller, data: CallData): CallResult {
  const [address, ns] = [data["rest"] as number, data["ns"] as number];
  if (address === 0) return returnValue(-errno.EINTR);
  const time = { seconds: Math.floor(ns / second), ns: ns % second };
  const stored = store(caller, address, time, finishWith("interrupted", data, null));
  return stored.do === "return" && stored.value === 0 ? returnValue(-errno.EINTR) : stored;
}

const row = rowsOf("local");

export const timeCalls: readonly CallRow[] = [
  row(
    101,
    "nanosleep",
    nanosleep,
    "Sleeps in virtual time; the deadline is absolute and moves along. A handler ends it: EINTR.",
  ),
  row(113, "clock_gettime", clockGettime, "Virtual time; CPU clocks read it too."),
  row(114, "clock_getres", clockGetres, "One nanosecond."),
  row(115, "clock_nanosleep", clockNanosleep, "As nanosleep, also to an absolute time."),
  row(169, "gettimeofday", gettimeofday, "The real-time clock in microseconds."),
];

export const timeFinishers: Finishers = { sleep: finishSleep, interrupted: finishInterrupted };
