// Signals: their numbers, sets of them, and what one does by the task's action or by default.
//
//   ends     HUP INT QUIT KILL PIPE TERM …         nothing  CHLD CONT URG WINCH
//   stops    STOP TSTP TTIN TTOU                   CONT also continues a task that is stopped

import type { SignalSender, SignalSet, Task, Thread } from "./task.ts";

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
const handlerIgnore = 1;
/** SA_RESTART: a call that the handler has interrupted is made again. */
export const restartFlag = 0x1000_0000;
export const emptySignals: SignalSet = [0, 0];

/** Signals whose default action is nothing. */
const harmless: ReadonlySet<number> = new Set([
  signals.SIGCHLD,
  signals.SIGCONT,
  signals.SIGURG,
  signals.SIGWINCH,
]);

/** Signals whose default action is to stop the task. */
const stopping: ReadonlySet<number> = new Set([
  signals.SIGSTOP,
  signals.SIGTSTP,
  signals.SIGTTIN,
  signals.SIGTTOU,
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

/** si_code: by kill, by tgkill. */
export const signalCodes = { user: 0, thread: -6 } as const;
/** By the operator, whom the task cannot name. */
const sentFromOutside: SignalSender = { code: signalCodes.user, pid: 0 };

/** Takes a pending signal: it is delivered, or means nothing any more. Returns who sent it. */
export function takePending({ signals: state }: Task, signal: number): SignalSender {
  state.pending = withoutSignal(state.pending, signal);
  const sender = state.senders.get(signal) ?? sentFromOutside;
  state.senders.delete(signal);
  return sender;
}

export type SignalEffect =
  | { readonly do: "nothing" }
  | { readonly do: "pend" }
  | { readonly do: "end" }
  | { readonly do: "stop" }
  | { readonly do: "handle" };

/** What a signal to the task does now, to this thread. Forced: a fault cannot be put off. */
export function signalEffect(
  task: Task,
  thread: Thread,
  signal: number,
  forced: boolean,
): SignalEffect {
  if (signal === signals.SIGKILL) return { do: "end" };
  if (signal === signals.SIGSTOP) return { do: "stop" };
  const handler = task.signals.actions.get(signal)?.handler ?? handlerDefault;
  const masked = hasSignal(thread.signalMask, signal);
  if (forced && (masked || handler === handlerIgnore)) return { do: "end" };
  if (masked) return { do: "pend" }; // also an ignored one: the action may be another one by then
  if (isDiscarded(handler, signal)) return { do: "nothing" };
  if (handler !== handlerDefault) return { do: "handle" };
  return { do: stopping.has(signal) ? "stop" : "end" };
}

/** Whether the signal is one that stops a task, or continues it. */
export function changesStopped(signal: number): boolean {
  return signal === signals.SIGCONT || stopping.has(signal);
}

/** Whether a signal with this action does nothing. */
export function isDiscarded(handler: number, signal: number): boolean {
  return handler === handlerIgnore || (handler === handlerDefault && harmless.has(signal));
}

/**
 * The signal is pending from now on, unless it does nothing. A signal that stops and one that
 * continues take each other back, whatever their actions are.
 */
export function pendSignal(
  task: Task,
  thread: Thread,
  signal: number,
  sender: SignalSender = sentFromOutside,
): SignalEffect {
  const effect = signalEffect(task, thread, signal, false);
  const opposites = signal === signals.SIGCONT ? stopping : stopping.has(signal) ? contOnly : none;
  for (const other of opposites) {
    takePending(task, other);
  }
  if (effect.do !== "nothing") {
    const { senders } = task.signals;
    if (!hasSignal(task.signals.pending, signal)) senders.set(signal, sender);
    task.signals.pending = withSignal(task.signals.pending, signal);
  }
  return effect;
}

const contOnly: ReadonlySet<number> = new Set([signals.SIGCONT]);
const none: ReadonlySet<number> = new Set();
