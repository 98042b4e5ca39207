// How a task ended, in words for a person; and who waits for what when nobody can go on.

import type { Cluster, Task } from "../cluster/index.ts";
import type { Jobs } from "./language/jobs.ts";
import { signalSentence } from "./signal-sentence.ts";

/** `primes: bus error at 0x4000: the page was owed by h2, which was lost`; null for a plain exit. */
export function describeExit({ program, exit }: Task): string | null {
  if (!exit) return null;
  const name = program.slice(program.lastIndexOf("/") + 1);
  switch (exit.cause) {
    case "exit":
      return null;
    case "host-lost":
      return `${name}: died with its host${exit.lostHost === "" ? "" : ` ${exit.lostHost}`}`;
    case "not-run":
      return `${name}: cannot be run: ${exit.reason}`;
    case "signal":
      return `${name}: ${signalSentence(exit)}`;
  }
}

/** `%1 cat on h1: waiting (reply)`, for all that have not ended. */
export function waitersOf(cluster: Cluster, jobs: Jobs): string {
  const states = new Map<number, string>();
  for (const { tasks, state } of cluster.views()) {
    for (const task of tasks) {
      states.set(task.job, state === "up" ? task.state : `its host is ${state}`);
    }
  }
  const waiters = jobs.running.map(({ number, command, task }) => {
    const state = states.get(task.job) ?? "nowhere to be seen";
    return `%${number} ${command} on ${task.host}: ${state}`;
  });
  return waiters.length === 0 ? "nothing is left to happen" : waiters.join("; ");
}
