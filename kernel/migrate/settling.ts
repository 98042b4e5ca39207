// What has to come before tasks are frozen, while they still run.
//
//   pages that earlier hosts owe, if the strategy leaves none behind them        fetched
//   absent pages of what others here see too: the target gets its own copy       fetched
//   ports whose receive rights they have received, and that are on their way     awaited
//   holders of rights to their ports, under location policy update               bid to stand still
//
// Pages may take as long as they take; for the others patience ends, and then the move is off.

import { must } from "../../ports/base/index.ts";
import {
  pauseHolders,
  portHere,
  portName,
  type Ports,
  type PortUid,
  resumeHolders,
} from "../../ports/index.ts";
import type { Task } from "../task/task.ts";
import { framesAvailable, type MemoryObject, requestPages } from "../vm/index.ts";
import { pagesPerMessage } from "./carriage.ts";
import { inCommon } from "./groups.ts";
import { objectsOfUnit, portsOf, receiveRights } from "./image.ts";
import { type Departure, type FetchList, type MoveKernel, tasksOf } from "./moves.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { strategyNamed } from "./strategies/index.ts";

/** Pages that are asked for at a time: 2 MiB. */
const fetchedPagesMax = 512;
const patienceNs = 1_000_000_000;

export function startSettling(
  kernel: MoveKernel,
  departure: Departure,
  unit: readonly Task[],
): void {
  pausePorts(kernel, departure, unit);
}

export function fetchesFirst({ state }: Departure): boolean {
  return strategyNamed(state.plan.strategy)?.fetchesOwed ?? false;
}

export function isSettled(
  kernel: MoveKernel,
  departure: Departure,
  unit: readonly Task[],
): boolean {
  if (owes(departure, unit)) return false;
  return arePaused(kernel, unit) && openClaim(kernel.state.ports, unit) === undefined;
}

/** Whether pages of the tasks that have to be here are not. */
export function owes(departure: Departure, unit: readonly Task[]): boolean {
  return fetched(departure, unit).some(({ pages }) => pages.size > 0);
}

interface Fetched {
  readonly object: MemoryObject;
  /** Page → the pager that has it. */
  readonly pages: ReadonlyMap<number, PortUid>;
  /** Whether some of them may be in swap, where somebody else here has them too. */
  readonly isCommon: boolean;
}

/** The pages that have to be here before the freeze, and are not. */
function fetched(departure: Departure, unit: readonly Task[]): Fetched[] {
  const common = inCommon(unit);
  const all = fetchesFirst(departure);
  return objectsOfUnit(unit).map((object) => {
    // Not a copy: this is looked at whenever some of very many pages have come.
    if (!common.has(object)) return { object, pages: all ? object.owed : none, isCommon: false };
    const pages = new Map(object.owed);
    const { port, pages: swapped } = object.swap;
    if (port !== null) {
      for (const page of swapped) if (!object.resident.has(page)) pages.set(page, port);
    }
    return { object, pages, isCommon: true };
  });
}

const none: ReadonlyMap<number, PortUid> = new Map();

/** Asks for pages that have to be here, in clusters, a few MiB at a time. Returns why that cannot be. */
export function fetchOwed(
  kernel: MoveKernel,
  departure: Departure,
  unit: readonly Task[],
): Refusal | undefined {
  const wanted = fetched(departure, unit);
  const missing = inSwap(wanted);
  const free = Math.max(0, framesAvailable(kernel)); // below 0 while pages are on their way
  if (missing > free) {
    const here = `has ${free} pages free, and needs ${missing} that are in swap`;
    return refuse("no-memory", `host h${kernel.state.id}`, here);
  }
  let room = fetchedPagesMax;
  for (const { object, pages } of wanted) {
    for (const page of object.requested.keys()) if (pages.has(page)) room--;
  }
  for (const each of wanted) room = fetchFrom(kernel, departure, each, room);
  return undefined;
}

/** Pages that nobody has asked swap for: each needs a frame, which they have not got now. */
function inSwap(wanted: readonly Fetched[]): number {
  let count = 0;
  for (const { object, pages, isCommon } of wanted) {
    if (!isCommon) continue;
    for (const [page, pager] of pages) {
      if (pager === object.swap.port && !object.requested.has(page)) count++;
    }
  }
  return count;
}

/** Asks for as many as there is room for, from where it stopped last. Returns the room that is left. */
function fetchFrom(
  kernel: MoveKernel,
  departure: Departure,
  { object, pages: wanted }: Fetched,
  room: number,
): number {
  if (room <= 0 || wanted.size === 0) return room;
  const list = listOf(departure, object, wanted);
  const isOpen = (page: number): boolean => wanted.has(page) && !object.requested.has(page);
  let left = room;
  while (left > 0 && list.at < list.pages.length) {
    const first = list.pages[list.at] as number;
    if (!isOpen(first)) {
      list.at++;
      continue;
    }
    const pager = must(wanted.get(first), "pager of a wanted page");
    let count = 1;
    while (
      count < pagesPerMessage &&
      list.pages[list.at + count] === first + count &&
      isOpen(first + count) &&
      wanted.get(first + count) === pager
    ) {
      count++;
    }
    requestPages(kernel, object, pager, first, count);
    list.at += count;
    left -= count;
  }
  return left;
}

/** In order, and once for all: made again at its end only, for what has come to be wanted since. */
function listOf(
  departure: Departure,
  object: MemoryObject,
  wanted: ReadonlyMap<number, PortUid>,
): FetchList {
  const known = departure.fetching.get(object.id);
  if (known && known.at < known.pages.length) return known;
  const pages = [...wanted.keys()].filter((page) => !object.requested.has(page));
  const list = { pages: pages.sort((a, b) => a - b), at: 0 };
  departure.fetching.set(object.id, list);
  return list;
}

/** A receive right that a task has received, and whose port is still on its way here. */
function openClaim(ports: Ports, unit: readonly Task[]): PortUid | undefined {
  return unit.flatMap(receiveRights).find((uid) => !portHere(ports, uid));
}

/** Policy update: whoever has a right to a port of the tasks stands still while it moves. */
function pausePorts(kernel: MoveKernel, departure: Departure, unit: readonly Task[]): void {
  const { state, host } = kernel;
  for (const uid of unit.flatMap(portsOf)) {
    const port = portHere(state.ports, uid);
    if (port) pauseHolders(state.ports, port, host);
  }
  if (arePaused(kernel, unit) && openClaim(state.ports, unit) === undefined) return;
  departure.pausedUntil = host.now + patienceNs;
  host.moveTimer(departure.pausedUntil, departure.state.plan.move);
}

/** Why the move is off: a holder of a right, or the host that has a port of a task, is silent. */
export function silence(kernel: MoveKernel, departure: Departure): Refusal | undefined {
  const { state, host } = kernel;
  const unit = tasksOf(kernel, departure.state.plan.members);
  const { pausedUntil } = departure;
  if (departure.state.at !== "settling" || pausedUntil === null) return undefined;
  if (host.now < pausedUntil) return undefined;
  const unpaused = unit.flatMap(portsOf).find((uid) => !isPaused(state.ports, uid));
  if (unpaused !== undefined) {
    const object = `port ${portName(unpaused)}`;
    return refuse("holder-unreachable", object, "has a holder that did not answer in 1 s");
  }
  const claimed = openClaim(state.ports, unit);
  if (claimed === undefined) return undefined;
  return refuse("port-under-way", `port ${portName(claimed)}`, "did not come here in 1 s");
}

function arePaused({ state: { ports } }: MoveKernel, unit: readonly Task[]): boolean {
  return unit.flatMap(portsOf).every((uid) => isPaused(ports, uid));
}

function isPaused(ports: Ports, uid: PortUid): boolean {
  return (portHere(ports, uid)?.pausing?.size ?? 0) === 0;
}

/** The move is off: they go on, here. */
export function resumePorts({ state: { ports }, host }: MoveKernel, unit: readonly Task[]): void {
  for (const uid of unit.flatMap(portsOf)) {
    const port = portHere(ports, uid);
    if (port) resumeHolders(ports, port, host);
  }
}
