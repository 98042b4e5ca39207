// How a task ended, in words for a person; and who waits for what when nobody can go on.

import type { Cluster, Task } from "../cluster/index.ts";
import type { Jobs } from "./language/jobs.ts";

const signalWords: Readonly<Record<number, string>> = {
  1: "hangup",
  2: "interrupt",
  3: "quit",
  4: "illegal instruction",
  5: "breakpoint",
  6: "aborted",
  7: "bus error",
  8: "arithmetic exception",
  9: "killed",
  11: "segmentation fault",
  13: "broken pipe",
  14: "alarm clock",
  15: "terminated",
};

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
    case "signal": {
      const word = signalWords[exit.signal] ?? `signal ${exit.signal}`;
      const where = exit.address === null ? "" : ` at 0x${exit.address.toString(16)}`;
      const why =
        exit.lostHost === "" ? "" : `: the page was owed by ${exit.lostHost}, which was lost`;
      return `${name}: ${word}${where}${why}`;
    }
  }
}

/** `%1 cat on h1 is waiting (reply)`, for all that have not ended. */
export function waitersOf(cluster: Cluster, jobs: Jobs): string {
  const states = new Map(
    cluster
      .views()
      .flatMap(({ tasks, state }) =>
        tasks.map((task) => [task.job, state === "up" ? task.state : `${state}, its host`] as const),
      ),
  );
  const waiters = jobs.running.map(({ number, command, task }) => {
    const state = states.get(task.job) ?? "nowhere to be seen";
    return `%${number} ${command} on ${task.host} is ${state}`;
  });
  return waiters.length === 0 ? "nothing is left to happen" : waiters.join("; ");
}
