// Pages that stay behind, in the exploration: all of a host's are one page of the first task, that is
// asked for, paid, or lost with its keeper. What is on its way to a host that the task has left, that host awaits.

import type { Ending } from "./explore-state.ts";
import { atHome, end, pidOf, post, set, setCopy, union, type Work } from "./explore-work.ts";

/** The task touches a page that another host keeps. */
export function onTouch(work: Work, owed: number): void {
  const { copies, dead } = work.local;
  const [copy] = copies;
  if (!copy) return;
  if ((dead[owed] ?? 0) > 0) endTask(work, 0, "missed-a-page", owed);
  else {
    setCopy(work, 0, { ...copy, asked: union(copy.asked, [owed]) });
    post(work, owed, { what: "want" });
  }
}

export function onWant(work: Work, from: number): void {
  if (work.local.awaited.length > 0) set(work, { wantedBy: from });
  else if (work.local.keeps) {
    set(work, { keeps: false });
    post(work, from, { what: "page" });
  }
}

/** A page has come: to the task, or to what it has left here. */
export function paid(work: Work, from: number): void {
  const { copies, awaited, wantedBy } = work.local;
  const [copy] = copies;
  if (copy) {
    const owed = copy.owed.filter((host) => host !== from);
    setCopy(work, 0, { ...copy, owed, asked: copy.asked.filter((host) => host !== from) });
  } else if (awaited.includes(from)) {
    set(work, { awaited: awaited.filter((host) => host !== from), keeps: true });
    if (wantedBy !== 0) onWant(work, wantedBy);
  }
}

/** Pages that were on their way from the dead will not come. */
export function loseAwaited(work: Work, dead: number): void {
  const { awaited, wantedBy } = work.local;
  if (!awaited.includes(dead)) return;
  set(work, { awaited: awaited.filter((host) => host !== dead) });
  if (wantedBy !== 0) post(work, wantedBy, { what: "no-page", lostWith: dead });
}

export function endTask(work: Work, task: number, ended: Ending, missed: number): void {
  const { copies, host } = work.local;
  const copy = copies[task];
  if (!copy) return;
  setCopy(work, task, null);
  end(work, task, ended);
  set(work, { missed });
  for (const owed of copy.owed) post(work, owed, { what: "terminate" });
  const pid = pidOf(task);
  const { epoch } = copy;
  if (work.rules.home === host) atHome(work, { on: "exited", pid, epoch });
  else post(work, work.rules.home, { what: "exited", pid, epoch });
}
