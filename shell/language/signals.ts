// Signals by name and number, as Linux numbers them.

const names = [
  ["HUP", 1],
  ["INT", 2],
  ["QUIT", 3],
  ["ILL", 4],
  ["TRAP", 5],
  ["ABRT", 6],
  ["BUS", 7],
  ["FPE", 8],
  ["KILL", 9],
  ["USR1", 10],
  ["SEGV", 11],
  ["USR2", 12],
  ["PIPE", 13],
  ["ALRM", 14],
  ["TERM", 15],
  ["CHLD", 17],
  ["CONT", 18],
  ["STOP", 19],
  ["TSTP", 20],
] as const;

export const interruptSignal = 2;
export const terminateSignal = 15;

/** `-KILL`, `-SIGKILL`, `-9`, with or without the dash. */
export function signalNumber(text: string): number | undefined {
  const word = text.replace(/^-/, "").replace(/^SIG/, "");
  const byName = names.find(([name]) => name === word)?.[1];
  if (byName !== undefined) return byName;
  const number = /^[0-9]{1,2}$/.test(word) ? Number(word) : 0;
  return number >= 1 && number <= 64 ? number : undefined;
}
