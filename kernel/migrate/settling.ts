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
import type { Departure, MoveKernel } from "./moves.ts";
import { strategyNamed } from "./strategies.ts";

/** Pages in one message: 64 KiB. */
export const pagesPerMessage = 16;
const patienceNs = 1_000_000_000;

export function startSettling(kernel: MoveKernel, departure: Departure, task: Task): void {
  if (fetchesFirst(departure)) fetchOwed(kernel, task);
  pausePorts(kernel, departure, task);
}

export function fetchesFirst({ state }: Departure): boolean {
  return strategyNamed(state.plan.strategy)?.fetchOwedFirst ?? false;
}

export function isSettled(kernel: MoveKernel, departure: Departure, task: Task): boolean {
  const owes = objectsOf(task).some((object) => object.owed.size > 0);
  if (owes && fetchesFirst(departure)) return false;
  return arePaused(kernel, task) && !hasOpenClaim(kernel.state.ports, task);
}

/** Asks for every page that hosts visited earlier still owe, in clusters. */
function fetchOwed(kernel: MoveKernel, task: Task): void {
  for (const object of objectsOf(task)) {
    const pages = [...object.owed.keys()]
      .filter((page) => !object.requested.has(page))
      .sort((a, b) => a - b);
    let at = 0;
    while (at < pages.length) {
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
