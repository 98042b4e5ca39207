// How a task ended, in words for a person; and who waits for what when nobody can go on.

import type { Cluster, Task } from "../cluster/index.ts";
import { signalName } from "../kernel/index.ts";
import { type Jobs, liveTasks, stopOf } from "./language/jobs.ts";
import { signalSentence } from "./signal-sentence.ts";

/** `primes: bus error at 0x4000: the page was owed by h2, which was lost`; null for a plain exit. */
export function describeExit(task: Task): string | null {
  const { exit } = task;
  if (!exit) return null;
  const name = nameOf(task);
  switch (exit.cause) {
    case "exit":
      return null;
    case "host-lost":
      return `${name}: died with its host${exit.lostHost === "" ? "" : ` ${exit.lostHost}`}`;
    case "not-run":
      return lacksFile(task) ? `${name}: ${exit.reason}` : `${name}: cannot be run: ${exit.reason}`;
    case "signal":
      return `${name}: ${signalSentence(exit)}`;
  }
}

/** Whether it was not run for want of a file that it was to read or write. */
export function lacksFile({ exit }: Task): boolean {
  return exit?.cause === "not-run" && exit.reason.startsWith("cannot open ");
}

/** `%1 cat on h1: waiting (reply)`, for all that have not ended; `%1 is stopped by SIGTSTP`. */
export function waitersOf(cluster: Cluster, jobs: Jobs): string {
  const states = new Map<number, string>();
  for (const { tasks, state } of cluster.views()) {
    for (const task of tasks) {
      states.set(task.job, state === "up" ? task.state : `its host is ${state}`);
    }
  }
  const waiters = jobs.running.flatMap((job) => {
    const stop = stopOf(job);
    if (stop) return [`%${job.number} is stopped by ${signalName(stop.signal)}`];
    return liveTasks(job).map((task) => {
      const state = states.get(task.job) ?? "nowhere to be seen";
      const which = job.tasks.length === 1 ? job.command : `${job.command}: ${nameOf(task)}`;
      return `%${job.number} ${which} on ${task.host}: ${state}`;
    });
  });
  return waiters.length === 0 ? "nothing is left to happen" : waiters.join("; ");
}

function nameOf({ program }: Task): string {
  return program.slice(program.lastIndexOf("/") + 1);
}
