// Pages on their way to the target or to swap: a plan, and a window of what is under way.
//
//   plan ──send──▶ under way ──taken──▶ at the target        (or ──return/returned──▶ at swap)
//          at most a window          each makes room for more
//
// A page is read when its turn comes. While the task runs, one that was written since the plan was
// made is skipped: its contents would be stale on arrival.

import { must } from "../../ports/base/index.ts";
import { migrate as migrateOps } from "../../ports/index.ts";
import type { Task } from "../task/task.ts";
import {
  beginEra,
  type Frame,
  frameRecord,
  isStored,
  isStoring,
  type MemoryObject,
  pageBytes,
  returnPages,
  swapLost,
  writtenSince,
} from "../vm/index.ts";
import { inCommon } from "./groups.ts";
import { objectsOfUnit } from "./image.ts";
import {
  type Carriage,
  type CarriedPart,
  type Departure,
  type MoveKernel,
  type SentPage,
  toTarget,
} from "./moves.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { type PageView, strategyNamed } from "./strategies/index.ts";

/** Pages in one message: 64 KiB. */
export const pagesPerMessage = 16;
/** Messages that the target has not confirmed: 2 MiB. */
const windowMessages = 32;
const windowPages = windowMessages * pagesPerMessage;

type Chooses = (page: PageView) => string;

export function viewPage(object: MemoryObject, page: number): PageView {
  return { kind: object.pager ? "file" : "anonymous", page };
}

/** Whether the target has the page as it is. */
export function isAtTarget(
  kernel: MoveKernel,
  departure: Departure,
  object: MemoryObject,
  page: number,
): boolean {
  const frame = object.resident.get(page);
  const sent = departure.sent.get(object.id)?.get(page);
  if (frame === undefined || sent?.frame !== frame) return false;
  return !writtenSince(kernel.memory.frames, frame, sent.era);
}

/**
 * Everything that the choice sends to the target or to swap and that is not there yet. Of what others
 * here see too the target gets its own copy, whatever the choice.
 */
export function planCarriage(
  kernel: MoveKernel,
  departure: Departure,
  unit: readonly Task[],
  chooses: Chooses,
): CarriedPart[] {
  const parts: CarriedPart[] = [];
  const common = inCommon(unit);
  for (const object of objectsOfUnit(unit)) {
    const pages = [...object.resident.keys()]
      .filter((page) => !isAtTarget(kernel, departure, object, page))
      .sort((a, b) => a - b);
    const chosen = (place: string): number[] =>
      pages.filter(
        (page) => (common.has(object) ? "sent" : chooses(viewPage(object, page))) === place,
      );
    // Of what a task has to say the target asks it itself: it may want to lock what is there.
    const target = object.manager ? [] : chosen("sent");
    const swap = chosen("swapped").filter((page) => !isStored(kernel, object, page));
    // What was written to a shared file goes to its server, whatever the choice.
    if (object.pager && object.swap.port !== null) swap.push(...writtenPages(kernel, object));
    if (target.length > 0) parts.push({ object, to: "target", pages: target });
    if (swap.length > 0) parts.push({ object, to: "swap", pages: swap });
  }
  return parts;
}

function writtenPages({ memory }: MoveKernel, { resident }: MemoryObject): number[] {
  const written = [...resident].filter(([, frame]) => frameRecord(memory.frames, frame).dirty);
  return written.map(([page]) => page);
}

/** Pages that the target will have to hold at once. */
export function sizeOf(unit: readonly Task[], departure: Departure): number {
  const { place, rounds } = must(strategyNamed(departure.order.strategy), "a strategy");
  const common = inCommon(unit);
  const goes = (page: PageView): boolean =>
    place(page) === "sent" || rounds?.copies(page) === "sent";
  return objectsOfUnit(unit).reduce((sum, object) => {
    const pages = [...object.resident.keys()];
    if (common.has(object)) return sum + pages.length;
    return sum + pages.filter((page) => goes(viewPage(object, page))).length;
  }, 0);
}

export function countPages(parts: readonly CarriedPart[]): number {
  return parts.reduce((sum, { pages }) => sum + pages.length, 0);
}

/** From here on a write to a planned page shows, and the page is not at the target until it is sent. */
export function startCarriage(
  kernel: MoveKernel,
  departure: Departure,
  parts: readonly CarriedPart[],
  skipsWritten: boolean,
): void {
  for (const { object, to, pages } of parts) {
    if (to === "swap") object.swap.error = 0;
    else for (const page of pages) departure.sent.get(object.id)?.delete(page);
  }
  const era = beginEra(kernel.memory.frames, kernel.hart);
  departure.carriage = { parts, part: 0, at: 0, underWay: 0, closed: false, skipsWritten, era };
}

/** Sends as much as the window allows. */
export function carryOn(kernel: MoveKernel, departure: Departure): void {
  const { carriage } = departure;
  if (!carriage) return;
  for (;;) {
    const part = carriage.parts[carriage.part];
    if (!part) return;
    if (carriage.at >= part.pages.length || !isHere(kernel, part)) {
      carriage.part++;
      carriage.at = 0;
      continue;
    }
    const isFull =
      part.to === "target"
        ? carriage.underWay >= windowMessages
        : pagesStoring(part.object) >= windowPages;
    if (isFull) return;
    const pages = part.pages.slice(carriage.at, carriage.at + pagesPerMessage);
    carriage.at += pages.length;
    if (part.to === "target") sendPages(kernel, departure, carriage, part.object, pages);
    else returnPages(kernel, part.object, pages);
  }
}

/** While the tasks run an object may end: with its task, or with its range. */
function isHere({ memory }: MoveKernel, { object }: CarriedPart): boolean {
  return memory.objects.all.has(object.id);
}

function pagesStoring({ swap }: MemoryObject): number {
  return swap.storing.size + swap.waiting.size;
}

/** Whether all pages have been sent, and swap has those that went there. */
export function isAllSent(kernel: MoveKernel, { carriage }: Departure): boolean {
  if (!carriage || carriage.part < carriage.parts.length) return false;
  const stored = carriage.parts.filter((part) => part.to === "swap" && isHere(kernel, part));
  return !stored.some(({ object }) => isStoring(object));
}

/** Whether its pager, a task, takes nothing back: what was written is with this host's swap. */
function isSilent({ manager }: MemoryObject): boolean {
  return manager?.doubled ?? false;
}

/** The pager of the object has not taken back what was written, and nobody else may have it. */
function pagerRefusal({ id, pager }: MemoryObject): Refusal {
  const object = `memory object ${id} (${pager?.path ?? ""})`;
  return refuse("pager-silent", object, "has a pager that takes no pages back");
}

/** The same before a move, of all that the tasks map. */
export function pagerRefusals(unit: readonly Task[]): readonly Refusal[] {
  return objectsOfUnit(unit).filter(isSilent).map(pagerRefusal);
}

/** Why pages of it cannot be at swap: swap is full, or was lost with its host. */
export function swapFailure({ carriage }: Departure): Refusal | undefined {
  const silent = carriage?.parts.find(({ object, to }) => to === "swap" && isSilent(object));
  if (silent) return pagerRefusal(silent.object);
  const failed = carriage?.parts.find(({ object, to }) => to === "swap" && object.swap.error !== 0);
  if (!failed) return undefined;
  return failed.object.swap.error === swapLost
    ? refuse("swap-lost", "host fs", "has died, and swap with it")
    : refuse("swap-full", "host fs", "has no room in swap for more pages");
}

function sendPages(
  kernel: MoveKernel,
  departure: Departure,
  carriage: Carriage,
  object: MemoryObject,
  planned: readonly number[],
): void {
  const { frames } = kernel.memory;
  const pages = planned.filter((page) => {
    const frame = object.resident.get(page);
    if (frame === undefined) return false;
    return !(carriage.skipsWritten && writtenSince(frames, frame, carriage.era));
  });
  if (pages.length === 0) return;
  const sent = departure.sent.get(object.id) ?? new Map<number, SentPage>();
  departure.sent.set(object.id, sent);
  const bytes = new Uint8Array(pages.length * pageBytes);
  pages.forEach((page, index) => {
    const frame = object.resident.get(page) as Frame;
    bytes.set(kernel.hart.frame(frame), index * pageBytes);
    sent.set(page, { frame, era: carriage.era });
  });
  const { move } = departure.state.plan;
  toTarget(kernel, departure, migrateOps.pages, { move, object: object.id, pages, bytes });
  carriage.underWay++;
  departure.pagesSent += pages.length;
  departure.bytesSent += bytes.length;
}
