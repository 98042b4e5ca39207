// What ended a program, in words: the signal, where, and whose loss or lack was behind it.

import type { Exit } from "../cluster/index.ts";
import { signalName, signals } from "../kernel/index.ts";

const signalWords: Readonly<Record<number, string>> = {
  [signals.SIGILL]: "illegal instruction",
  [signals.SIGTRAP]: "trace trap",
  [signals.SIGABRT]: "aborted",
  [signals.SIGBUS]: "bus error",
  [signals.SIGFPE]: "arithmetic exception",
  [signals.SIGKILL]: "killed",
  [signals.SIGSEGV]: "segmentation fault",
};

/** `bus error at 0x…: the page was owed by h2, which was lost` */
export function signalSentence(exit: Exit): string {
  const word = signalWords[exit.signal] ?? `ended by ${signalName(exit.signal)}`;
  const where = exit.address === null ? "" : ` at 0x${exit.address.toString(16)}`;
  return `${word}${where}${whyOf(exit)}`;
}

function whyOf({ lostHost, noMemory }: Exit): string {
  if (noMemory) return ": its host has no memory left; give hosts more with --memory";
  return lostHost === "" ? "" : `: the page was owed by ${lostHost}, which was lost`;
}
