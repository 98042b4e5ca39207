// The residual ledger: on which hosts a task depends, since when, and what their loss would do.
//
// It is read off the task's state and kept nowhere else, so it cannot be wrong about it. An entry
// acts at once (the task is hurt when the host dies) or at use (when it next needs what was there).

import {
  fsHost,
  type HostId,
  hostName,
  locatePort,
  locationPolicy,
  lookupRight,
  nameTypes,
  portHere,
  type Ports,
  type PortUid,
  uidHost,
} from "../../ports/index.ts";
import type { Task } from "../task/task.ts";
import { type MemoryObject, patienceOf } from "../vm/index.ts";
import { objectsOf, portsOf } from "./image.ts";

export interface LedgerEntry {
  readonly kind:
    | "pages"
    | "swap"
    | "file-pages"
    | "task-pages"
    | "open-files"
    | "rights"
    | "ports"
    | "home"
    | "send-outcome";
  readonly host: HostId;
  readonly since: number;
  readonly count: number;
  readonly until: string;
  readonly when: "at-once" | "at-use";
  readonly onLoss: string;
}

/** All dependencies of a task on hosts other than the one it is on. */
export function ledgerOf(ports: Ports, task: Task): readonly LedgerEntry[] {
  return dependenciesOf(ports, task).filter((entry) => entry.host !== ports.host);
}

/** All that the task needs of any host, the one it is on included. */
export function dependenciesOf(ports: Ports, task: Task): readonly LedgerEntry[] {
  return [
    ...owedPages(ports, task),
    ...swapPages(task),
    ...filePages(ports, task),
    ...taskPages(ports, task),
    ...openFiles(ports, task),
    ...openSends(ports, task),
    ...sendRights(ports, task),
    ...movedPorts(ports, task),
    ...homeEntry(task),
  ];
}

function owedPages(ports: Ports, task: Task): LedgerEntry[] {
  const counts = new Map<HostId, { count: number; since: number }>();
  for (const object of objectsOf(task)) {
    for (const pager of object.owed.values()) {
      const host = locatePort(ports, pager).host;
      const since = task.owedSince.get(pager) ?? task.since;
      const known = counts.get(host) ?? { count: 0, since };
      counts.set(host, { count: known.count + 1, since: Math.min(known.since, since) });
    }
  }
  return [...counts].map(([host, { count, since }]) =>
    pagesEntry("pages", host, count, since, task.memory.pushes),
  );
}

/** Pages of which the only copy is with the default pager. */
function swapPages(task: Task): LedgerEntry[] {
  let count = 0;
  for (const { swap, resident } of objectsOf(task)) {
    for (const page of swap.pages) if (!resident.has(page)) count++;
  }
  return count === 0 ? [] : [pagesEntry("swap", fsHost, count, task.since, false)];
}

/** Pages that only that host has: with its residual pager, or in its swap. */
export function pagesEntry(
  kind: "pages" | "swap",
  host: HostId,
  count: number,
  since: number,
  pushes: boolean,
): LedgerEntry {
  const where = kind === "swap" ? " in swap" : "";
  const until = kind === "swap" ? "touched" : `${pushes ? "pushed" : "touched"}, fetched by a move`;
  return {
    kind,
    host,
    since,
    count,
    until: `each page is ${until}, or unmapped`,
    when: "at-use",
    onLoss: `bus error at the next touch of ${count} page${count === 1 ? "" : "s"}${where}`,
  };
}

function filePages(ports: Ports, task: Task): LedgerEntry[] {
  const pagers = new Map<HostId, Set<PortUid>>();
  for (const object of objectsOf(task)) {
    if (!object.pager || object.manager) continue;
    const host = locatePort(ports, object.pager.port).host;
    pagers.set(host, (pagers.get(host) ?? new Set()).add(object.pager.port));
  }
  return [...pagers].map(([host, files]) => ({
    kind: "file-pages",
    host,
    since: task.since,
    count: files.size,
    until: "the files are unmapped, or the task ends",
    when: "at-use",
    onLoss: "bus error at the next touch of a mapped page that is not here yet",
  }));
}

/** Objects of other tasks: these may move, or end, and their hosts be lost. */
function taskPages(ports: Ports, task: Task): LedgerEntry[] {
  const pagers = new Map<HostId, MemoryObject[]>();
  for (const object of objectsOf(task)) {
    if (!object.manager || !object.pager || object.manager.state === "dead") continue;
    const { host } = locatePort(ports, object.pager.port);
    pagers.set(host, [...(pagers.get(host) ?? []), object]);
  }
  return [...pagers].map(([host, objects]) => {
    const zeros = objects.every(
      ({ manager }) => manager && patienceOf(manager).action === "substitute",
    );
    return {
      kind: "task-pages",
      host,
      since: task.since,
      count: objects.length,
      until: "the objects are unmapped, or the task or their pagers end",
      when: "at-use",
      onLoss: zeros
        ? "zeros at the next touch of a page of a task that was there"
        : "bus error at the next touch of a page of a task that was there",
    };
  });
}

function openFiles(ports: Ports, task: Task): LedgerEntry[] {
  const counts = new Map<HostId, { count: number; since: number }>();
  for (const file of task.files) {
    const right = file && lookupRight(task.space, file.name);
    if (!file || !right) continue;
    const host = locatePort(ports, right.uid).host;
    const known = counts.get(host) ?? { count: 0, since: file.since };
    counts.set(host, { count: known.count + 1, since: Math.min(known.since, file.since) });
  }
  return [...counts].map(([host, { count, since }]) => ({
    kind: "open-files",
    host,
    since,
    count,
    until: "the files are closed, or the task ends",
    when: "at-use",
    onLoss: "input/output error at the next use of an open file",
  }));
}

/** A request that was sent from an earlier host, and of which nobody here knows the outcome. */
function openSends(ports: Ports, task: Task): LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  for (const { state } of task.threads.values()) {
    if (state.at !== "waiting") continue;
    if (state.wait.for === "send") entries.push(openSend(task, state.wait.host));
    if (state.wait.for !== "reply") continue;
    const host = locatePort(ports, state.wait.server).host;
    entries.push({
      kind: "send-outcome",
      host,
      since: task.since,
      count: 1,
      until: "the answer comes",
      when: "at-once",
      onLoss: "the call that waits for it fails with an input/output error",
    });
  }
  return entries;
}

/** A message that a thread had not got rid of on an earlier host: its outcome comes from there. */
function openSend(task: Task, host: HostId): LedgerEntry {
  return {
    kind: "send-outcome",
    host,
    since: task.since,
    count: 1,
    until: "the message is queued or refused",
    when: "at-once",
    onLoss: "the send counts as done, whether the message was queued or not",
  };
}

/** Ports to which the task can send: they are there, as far as is known here, or were. */
function sendRights(ports: Ports, task: Task): LedgerEntry[] {
  const counts = new Map<HostId, number>();
  for (const entry of task.space.entries.values()) {
    if (entry.private || (entry.type & (nameTypes.send | nameTypes.once)) === 0) continue;
    const { host } = locatePort(ports, entry.uid);
    counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  return [...counts].map(([host, count]) => ({
    kind: "rights",
    host,
    since: task.since,
    count,
    until: "the rights are dropped",
    when: "at-use",
    onLoss: `messages to ${count} port${count === 1 ? "" : "s"} get lost, until the task is told`,
  }));
}

/** Ports of which whoever has lost them asks only the host that made them, or goes by way of it. */
function movedPorts(ports: Ports, task: Task): LedgerEntry[] {
  const counts = new Map<HostId, number>();
  for (const uid of portsOf(task)) {
    const port = portHere(ports, uid);
    if (!port || locationPolicy(port.policy).asks === "everybody") continue;
    counts.set(uidHost(uid), (counts.get(uidHost(uid)) ?? 0) + 1);
  }
  return [...counts].map(([host, count]) => ({
    kind: "ports",
    host,
    since: task.since,
    count,
    until: "the ports die",
    when: "at-use",
    onLoss: `messages to ${count} port${count === 1 ? "" : "s"} of it wait for its restart, or are lost`,
  }));
}

function homeEntry(task: Task): LedgerEntry[] {
  return [
    {
      kind: "home",
      host: task.home,
      since: task.since,
      count: 1,
      until: "the task comes home or ends",
      when: "at-use",
      onLoss: "the task runs on, but cannot move until its home has restarted",
    },
  ];
}

/** One line for a person: `if h1 is lost: bus error at the next touch of 57 pages`. */
export function lossSentence(entry: LedgerEntry): string {
  return `if ${hostName(entry.host)} is lost: ${entry.onLoss}`;
}
