// Signals to a task: default actions, ignored ones, and what a fatal one does.

import type { SignalSet, Task, Thread } from "./task.ts";

export const signals = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGWINCH: 28,
} as const;

export const signalMax = 64;
export const handlerDefault = 0;
export const handlerIgnore = 1;
export const emptySignals: SignalSet = [0, 0];

/** Signals whose default action is to be ignored, or to stop, which needs job control. */
const harmless: ReadonlySet<number> = new Set([
  signals.SIGCHLD,
  signals.SIGCONT,
  signals.SIGURG,
  signals.SIGWINCH,
]);

export function signalName(signal: number): string {
  const found = Object.entries(signals).find(([, number]) => number === signal);
  return found?.[0] ?? `signal ${signal}`;
}

export function hasSignal(set: SignalSet, signal: number): boolean {
  const word = signal <= 32 ? set[0] : set[1];
  return ((word >>> ((signal - 1) & 31)) & 1) === 1;
}

export function withSignal(set: SignalSet, signal: number): SignalSet {
  const bit = (1 << ((signal - 1) & 31)) >>> 0;
  return signal <= 32 ? [(set[0] | bit) >>> 0, set[1]] : [set[0], (set[1] | bit) >>> 0];
}

export function withoutSignal(set: SignalSet, signal: number): SignalSet {
  const bit = (1 << ((signal - 1) & 31)) >>> 0;
  return signal <= 32 ? [(set[0] & ~bit) >>> 0, set[1]] : [set[0], (set[1] & ~bit) >>> 0];
}

export type SignalEffect =
  | { readonly do: "nothing" }
  | { readonly do: "pend" }
  | { readonly do: "end" }
  | { readonly do: "handle" };

/** What a signal to the task does now, to this thread. Forced: a fault cannot be put off. */
export function signalEffect(
  task: Task,
  thread: Thread,
  signal: number,
  forced: boolean,
): SignalEffect {
  if (signal === signals.SIGKILL || signal === signals.SIGSTOP) return { do: "end" };
  const handler = task.signals.actions.get(signal)?.handler ?? handlerDefault;
  const masked = hasSignal(thread.signalMask, signal);
  if (forced && (masked || handler === handlerIgnore)) return { do: "end" };
  if (handler === handlerIgnore) return { do: "nothing" };
  if (handler === handlerDefault && harmless.has(signal)) return { do: "nothing" };
  if (masked) return { do: "pend" };
  return { do: handler === handlerDefault ? "end" : "handle" };
}
