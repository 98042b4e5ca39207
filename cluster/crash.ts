// What a crash leaves of a host, and what it takes.

import type { NativeServer } from "../ports/index.ts";
import { type HostState, isMember, type StableStore } from "../kernel/index.ts";

/** What is there when the host is switched on again. */
export function keptOf(
  { home, servers }: HostState,
  natives: readonly NativeServer[],
): StableStore {
  const disks = new Map<string, unknown>();
  for (const server of natives) {
    const record = servers.get(server.name);
    if (server.keep && record) disks.set(server.name, server.keep(record.state));
  }
  return { home, disks };
}

interface Lost {
  readonly pid: number;
  readonly job: number;
}

/** The tasks that certainly die with the host: those here, and those that its own store gives it. */
export function tasksLost(state: HostState): readonly Lost[] {
  const { tasks, moves, home } = state;
  // Once COMMIT is sent there may be another copy: the home decides whether the task is lost.
  const here = [...tasks.values()].filter(
    (task) => task.state !== "frozen" || !isCommitting(state, task.pid),
  );
  const given = [...moves.arrivals].flatMap(([move, { tasks: copies }]) =>
    copies.filter(({ pid }) => {
      const record = home.records.get(pid);
      return record?.state === "owned" && record.move === move;
    }),
  );
  return [...here, ...given];
}

function isCommitting({ moves }: HostState, pid: number): boolean {
  return [...moves.departures.values()].some(
    ({ state }) => isMember(state.plan, pid) && state.at === "committing",
  );
}
