// What should not be there when all programs have ended and all is at rest: frames, tasks, memory
// objects, moves, pages kept for others, objects in swap, pipes.

import type { HostView } from "../view.ts";

/** What the servers on `fs` answer: undefined while it is down. */
export interface ServersLeft {
  readonly swap: { readonly objects: number; readonly pages: number } | undefined;
  readonly pipes: readonly unknown[] | undefined;
}

/** One line for each thing that is left, and where. */
export function leaks(views: readonly HostView[], servers: ServersLeft): readonly string[] {
  const { swap, pipes } = servers;
  return [
    ...views.filter(({ host }) => host !== "fs").flatMap(leaksOf),
    ...views.flatMap(({ host, moving }) => counted(host, moving, "moves under way")),
    ...counted("fs", swap?.objects ?? 0, "objects in swap"),
    ...counted("fs", swap?.pages ?? 0, "pages in swap"),
    ...counted("fs", pipes?.length ?? 0, "pipes"),
  ];
}

function leaksOf({ host, framesUsed, objects, tasks, inDoubt, owes }: HostView): readonly string[] {
  return [
    ...counted(host, framesUsed, "frames"),
    ...counted(host, objects, "memory objects"),
    ...[...tasks, ...inDoubt].map(({ pid, state }) => `${host}: task ${pid} ${state}`),
    ...owes.map(({ pid, pages }) => `${host}: ${pages} pages kept for ${pid}`),
  ];
}

function counted(host: string, count: number, what: string): readonly string[] {
  return count === 0 ? [] : [`${host}: ${count} ${what}`];
}
