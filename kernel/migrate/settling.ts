// What has to come before a task is frozen, while it still runs.
//
//   pages that earlier hosts owe, if the strategy leaves none behind them        fetched
//   ports whose receive rights it has received, and that are on their way here    awaited
//   holders of rights to its ports, under location policy update                  bid to stand still
//
// Pages may take as long as they take; for the others patience ends, and then the move is off.

import { must } from "../../ports/base/index.ts";
import { pauseHolders, portHere, type Ports, resumeHolders } from "../../ports/index.ts";
import type { Task } from "../task/task.ts";
import { requestPages } from "../vm/index.ts";
import { objectsOf, portsOf, receiveRights } from "./image.ts";
import { pagesPerMessage } from "./carriage.ts";
import type { Departure, MoveKernel } from "./moves.ts";
import { strategyNamed } from "./strategies/index.ts";

/** Owed pages that are asked for at a time: 2 MiB. */
const fetchedPagesMax = 512;
const patienceNs = 1_000_000_000;

export function startSettling(kernel: MoveKernel, departure: Departure, task: Task): void {
  pausePorts(kernel, departure, task);
}

export function fetchesFirst({ state }: Departure): boolean {
  return strategyNamed(state.plan.strategy)?.fetchesOwed ?? false;
}

export function isSettled(kernel: MoveKernel, departure: Departure, task: Task): boolean {
  if (fetchesFirst(departure) && owes(task)) return false;
  return arePaused(kernel, task) && !hasOpenClaim(kernel.state.ports, task);
}

/** Whether hosts visited earlier owe pages of the task. */
export function owes(task: Task): boolean {
  return objectsOf(task).some((object) => object.owed.size > 0);
}

/** Asks for pages that hosts visited earlier still owe, in clusters, a few MiB at a time. */
export function fetchOwed(kernel: MoveKernel, task: Task): void {
  let room = fetchedPagesMax;
  for (const object of objectsOf(task)) {
    for (const page of object.owed.keys()) if (object.requested.has(page)) room--;
  }
  for (const object of objectsOf(task)) {
    const pages = [...object.owed.keys()]
      .filter((page) => !object.requested.has(page))
      .sort((a, b) => a - b);
    let at = 0;
    while (at < pages.length && room > 0) {
      const first = pages[at] as number;
      const pager = must(object.owed.get(first), "pager of an owed page");
      let count = 1;
      while (
        count < pagesPerMessage &&
        pages[at + count] === first + count &&
        object.owed.get(first + count) === pager
      ) {
        count++;
      }
      requestPages(kernel, object, pager, first, count);
      at += count;
      room -= count;
    }
  }
}

/** A receive right that the task has received, and whose port is still on its way here. */
function hasOpenClaim(ports: Ports, task: Task): boolean {
  return receiveRights(task).some((uid) => !portHere(ports, uid));
}

/** Policy update: whoever has a right to a port of the task stands still while it moves. */
function pausePorts(kernel: MoveKernel, departure: Departure, task: Task): void {
  const { state, host } = kernel;
  for (const uid of portsOf(task)) {
    const port = portHere(state.ports, uid);
    if (port) pauseHolders(state.ports, port, host);
  }
  if (arePaused(kernel, task) && !hasOpenClaim(state.ports, task)) return;
  departure.pausedUntil = host.now + patienceNs;
  host.moveTimer(departure.pausedUntil, departure.state.plan.move);
}

/** Why the move is off: a holder of a right, or the host that has a port of the task, is silent. */
export function silence(kernel: MoveKernel, departure: Departure): string | undefined {
  const task = kernel.state.tasks.get(departure.state.plan.pid);
  const { pausedUntil } = departure;
  if (departure.state.at !== "settling" || pausedUntil === null || !task) return undefined;
  if (kernel.host.now < pausedUntil) return undefined;
  if (!arePaused(kernel, task)) return "holder-unreachable";
  return hasOpenClaim(kernel.state.ports, task) ? "port-under-way" : undefined;
}

function arePaused({ state: { ports } }: MoveKernel, task: Task): boolean {
  return portsOf(task).every((uid) => (portHere(ports, uid)?.pausing?.size ?? 0) === 0);
}

/** The move is off: they go on, here. */
export function resumePorts({ state: { ports }, host }: MoveKernel, task: Task): void {
  for (const uid of portsOf(task)) {
    const port = portHere(ports, uid);
    if (port) resumeHolders(ports, port, host);
  }
}
