// Pages on their way to the target or to swap: a plan, and a window of what is under way.
//
//   plan ──send──▶ under way ──taken──▶ at the target        (or ──return/returned──▶ at swap)
//          at most a window          each makes room for more
//
// A page is read when its turn comes. While the task runs, one that was written since the plan was
// made is skipped: its contents would be stale on arrival.

import { migrate as migrateOps } from "../../ports/index.ts";
import type { Task } from "../task/task.ts";
import {
  clearWritten,
  type Frame,
  frameRecord,
  isStored,
  isStoring,
  type MemoryObject,
  pageBytes,
  returnPages,
  swapLost,
} from "../vm/index.ts";
import { objectsOf } from "./image.ts";
import {
  type Carriage,
  type CarriedPart,
  type Departure,
  type MoveKernel,
  toTarget,
} from "./moves.ts";
import type { PageView } from "./strategies/index.ts";

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
  if (frame === undefined || sent !== frame) return false;
  return !frameRecord(kernel.memory.frames, frame).written;
}

/** Everything that the choice sends to the target or to swap and that is not there yet. */
export function planCarriage(
  kernel: MoveKernel,
  departure: Departure,
  task: Task,
  chooses: Chooses,
): CarriedPart[] {
  const parts: CarriedPart[] = [];
  for (const object of objectsOf(task)) {
    const pages = [...object.resident.keys()]
      .filter((page) => !isAtTarget(kernel, departure, object, page))
      .sort((a, b) => a - b);
    const chosen = (place: string): number[] =>
      pages.filter((page) => chooses(viewPage(object, page)) === place);
    const target = chosen("sent");
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
  const frames: Frame[] = [];
  for (const { object, to, pages } of parts) {
    if (to === "swap") {
      object.swap.error = 0;
      continue;
    }
    for (const page of pages) {
      departure.sent.get(object.id)?.delete(page);
      frames.push(object.resident.get(page) as Frame);
    }
  }
  clearWritten(kernel.memory.frames, kernel.hart, frames);
  departure.carriage = { parts, part: 0, at: 0, underWay: 0, closed: false, skipsWritten };
}

/** Sends as much as the window allows. */
export function carryOn(kernel: MoveKernel, departure: Departure): void {
  const { carriage } = departure;
  if (!carriage) return;
  for (;;) {
    const part = carriage.parts[carriage.part];
    if (!part) return;
    if (carriage.at >= part.pages.length) {
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

function pagesStoring({ swap }: MemoryObject): number {
  return swap.storing.size + swap.waiting.size;
}

/** Whether all pages have been sent, and swap has those that went there. */
export function isAllSent({ carriage }: Departure): boolean {
  if (!carriage || carriage.part < carriage.parts.length) return false;
  return carriage.parts.every(({ object, to }) => to === "target" || !isStoring(object));
}

/** Why pages of it cannot be at swap: swap is full, or was lost with its host. */
export function swapFailure({ carriage }: Departure): string | undefined {
  const failed = carriage?.parts.find(({ object, to }) => to === "swap" && object.swap.error !== 0);
  if (!failed) return undefined;
  return failed.object.swap.error === swapLost ? "swap-lost" : "swap-full";
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
    return !(carriage.skipsWritten && frameRecord(frames, frame).written);
  });
  if (pages.length === 0) return;
  const sent = departure.sent.get(object.id) ?? new Map<number, Frame>();
  departure.sent.set(object.id, sent);
  const bytes = new Uint8Array(pages.length * pageBytes);
  pages.forEach((page, index) => {
    const frame = object.resident.get(page) as Frame;
    bytes.set(kernel.hart.frame(frame), index * pageBytes);
    sent.set(page, frame);
  });
  const { move } = departure.state.plan;
  toTarget(kernel, departure, migrateOps.pages, { move, object: object.id, pages, bytes });
  carriage.underWay++;
  departure.pagesSent += pages.length;
  departure.bytesSent += bytes.length;
}
