// The image: everything of a task but its pages, as one value. Packing it changes nothing.
//
// Objects are numbered as they are reached from the map, file objects before the anonymous ones
// that shadow them. Pages are in four groups: those sent before the image, those at swap, those that
// stay with the residual pager that the image names, and those that hosts visited earlier still owe.

import { assert, decodePlain, encodePlain, must } from "../../ports/base/index.ts";
import {
  type KnownPort,
  knownOf,
  type PackedPort,
  packPort,
  portHere,
  type PortUid,
  nameTypes,
} from "../../ports/index.ts";
import type { Kernel } from "../task/kernel.ts";
import type { Task, Thread } from "../task/task.ts";
import {
  anonymousObject,
  createSpace,
  fileObject,
  type Frame,
  insertEntry,
  keepWritten,
  type MemoryObject,
  type PageFailure,
  placePage,
} from "../vm/index.ts";
import { type CopiedPart, packCopied, packThread } from "./parts.ts";

export const imageVersion = 4;

/** Consecutive pages. */
type PageRun = readonly [page: number, count: number];
/** Consecutive pages with one pager. */
type OwedRun = readonly [page: number, count: number, pager: PortUid];

export type ImageObject =
  | {
      readonly kind: "file";
      readonly id: number;
      readonly port: PortUid;
      readonly bytes: number;
      readonly path: string;
      readonly sent: readonly PageRun[];
    }
  | {
      readonly kind: "anonymous";
      /** The source's number for it, which messages with its pages bear. */
      readonly id: number;
      readonly sent: readonly PageRun[];
      readonly swap: { readonly port: PortUid; readonly pages: readonly PageRun[] } | null;
      readonly shadow: number;
      readonly shadowOffset: number;
      readonly pages: number | null;
      readonly owed: readonly OwedRun[];
      readonly failed: ReadonlyMap<number, PageFailure>;
    };

interface ImageEntry {
  readonly start: number;
  readonly end: number;
  readonly object: number;
  readonly offset: number;
  readonly protection: number;
  readonly limit: number;
  readonly shared: boolean;
  readonly name: string;
}

export interface Image {
  readonly version: number;
  readonly copied: CopiedPart;
  readonly threads: readonly Thread[];
  readonly objects: readonly ImageObject[];
  readonly entries: readonly ImageEntry[];
  readonly owedSince: ReadonlyMap<PortUid, number>;
  readonly fetching: Fetching;
  readonly ports: readonly PackedPort[];
  /** Where the ports are that the task has rights to. */
  readonly known: readonly KnownPort[];
}

/** The objects of a task in the order in which the image numbers them. */
export function objectsOf(task: Task): readonly MemoryObject[] {
  const found = new Set<MemoryObject>();
  const visit = (object: MemoryObject): void => {
    if (found.has(object)) return;
    if (object.shadow) visit(object.shadow.object);
    found.add(object);
  };
  for (const entry of task.memory.map.entries) visit(entry.object);
  return [...found];
}

/** How the target gets what it is owed. */
export interface Fetching {
  readonly readAhead: number;
  readonly pushes: boolean;
}

/** Where the target finds the pages of an object that are here, or under way to here. */
export interface ObjectPages {
  readonly sent: readonly number[];
  readonly swapped: readonly number[];
  readonly left: readonly number[];
  /** The residual port, if pages are left. */
  readonly residual: PortUid | null;
}

export function packImage(
  kernel: Kernel,
  task: Task,
  pages: ReadonlyMap<MemoryObject, ObjectPages>,
  fetching: Fetching,
): Image {
  const objects = objectsOf(task);
  const numbers = new Map(objects.map((object, index) => [object, index]));
  const numberOf = (object: MemoryObject): number => must(numbers.get(object), "a listed object");
  const owedSince = new Map(task.owedSince);
  for (const { residual } of pages.values()) {
    if (residual !== null) owedSince.set(residual, kernel.host.now);
  }
  return {
    version: imageVersion,
    copied: packCopied(task),
    threads: [...task.threads.values()].map(packThread),
    objects: objects.map((object) => packObject(object, numberOf, pages.get(object))),
    entries: task.memory.map.entries.map(({ object, ...entry }) => ({
      ...entry,
      object: numberOf(object),
    })),
    owedSince,
    fetching,
    ports: portsOf(task).map((uid) =>
      packPort(kernel.state.ports, must(portHere(kernel.state.ports, uid), "port of a task")),
    ),
    known: knownOf(
      kernel.state.ports,
      [...task.space.entries.values()].map(({ uid }) => uid).filter((uid) => uid !== 0),
    ),
  };
}

/** The ports whose receive rights belong to the task: its own, its threads', and its space's. */
export function portsOf(task: Task): readonly PortUid[] {
  const replies = [...task.threads.values()].map((thread) => thread.replyPort);
  return [task.port, ...replies, ...receiveRights(task)];
}

/** The ports that the task can receive from by names of its space. */
export function receiveRights(task: Task): readonly PortUid[] {
  const entries = [...task.space.entries.values()];
  return entries.filter(({ type }) => (type & nameTypes.receive) !== 0).map(({ uid }) => uid);
}

function packObject(
  object: MemoryObject,
  numberOf: (object: MemoryObject) => number,
  pages: ObjectPages | undefined,
): ImageObject {
  const { id, swap } = object;
  const sent = pageRuns(pages?.sent ?? []);
  if (object.pager) return { kind: "file", id, ...object.pager, sent };
  const owed = new Map(object.owed);
  for (const page of object.requested.keys()) owed.delete(page);
  const residual = pages?.residual ?? null;
  if (residual !== null) for (const page of pages?.left ?? []) owed.set(page, residual);
  return {
    kind: "anonymous",
    id,
    sent,
    swap: swap.port === null ? null : { port: swap.port, pages: pageRuns(pages?.swapped ?? []) },
    shadow: object.shadow ? numberOf(object.shadow.object) : -1,
    shadowOffset: object.shadow?.offset ?? 0,
    pages: object.pages,
    owed: runsOf(owed),
    failed: object.failed,
  };
}

function pageRuns(pages: readonly number[]): PageRun[] {
  const runs: [number, number][] = [];
  for (const page of pages.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last[0] + last[1] === page) last[1]++;
    else runs.push([page, 1]);
  }
  return runs;
}

function pagesIn(runs: readonly PageRun[]): number[] {
  return runs.flatMap(([start, count]) => Array.from({ length: count }, (_, at) => start + at));
}

function runsOf(owed: ReadonlyMap<number, PortUid>): OwedRun[] {
  const runs: [number, number, PortUid][] = [];
  const pages = [...owed.keys()].sort((a, b) => a - b);
  for (const page of pages) {
    const pager = owed.get(page) as PortUid;
    const last = runs.at(-1);
    if (last && last[2] === pager && last[0] + last[1] === page) last[1]++;
    else runs.push([page, 1, pager]);
  }
  return runs;
}

export function encodeImage(image: Image): Uint8Array {
  return encodePlain(image);
}

export function decodeImage(bytes: Uint8Array): Image {
  return decodePlain(bytes) as Image;
}

/** Pages that came before the image: by the source's number for the object, and page. */
export type ArrivedPages = ReadonlyMap<number, ReadonlyMap<number, Frame>>;

/**
 * Builds the task, not yet entered anywhere on this host. Takes over the frames of `arrived`;
 * returns those that nobody needs: pages of files that were here already, and pages that came in a
 * round and were written or unmapped afterwards.
 */
export function unpackImage(
  kernel: Kernel,
  image: Image,
  tag: number,
  arrived: ArrivedPages,
): { readonly task: Task; readonly spare: readonly Frame[] } {
  const spare: Frame[] = [];
  const objects: MemoryObject[] = [];
  const expected = new Set<number>();
  // Shared files are asked of their servers, who then tell of changes.
  const shared = new Set(image.entries.flatMap((one) => (one.shared ? [one.object] : [])));
  for (const packed of image.objects) {
    const object = unpackObject(kernel, packed, objects);
    const sent = new Set(pagesIn(packed.sent));
    for (const [page, frame] of arrived.get(packed.id) ?? []) {
      const isHere = object.resident.has(page) || object.requested.has(page);
      const mayBeOld = packed.kind === "file" && shared.has(objects.length);
      if (!sent.delete(page) || isHere || mayBeOld) spare.push(frame);
      else placePage(kernel, object, page, frame);
    }
    assert(packed.kind === "file" || sent.size === 0, "every page that was sent has come");
    expected.add(packed.id);
    objects.push(object);
  }
  for (const [id, pages] of arrived) if (!expected.has(id)) spare.push(...pages.values());
  const memory = { ...createSpace(tag), ...image.fetching };
  for (const { object, ...entry } of image.entries) {
    const mapped = must(objects[object], "object of an entry");
    if (entry.shared && mapped.pager && (entry.limit & 2) !== 0) keepWritten(mapped);
    insertEntry(memory.map, { ...entry, object: mapped });
  }
  const task: Task = {
    ...image.copied,
    state: "frozen",
    threads: new Map(image.threads.map((thread) => [thread.tid, { ...thread }])),
    memory,
    since: kernel.host.now,
    owedSince: new Map(image.owedSince),
    postponed: null,
    streams: [],
  };
  return { task, spare };
}

function unpackObject(
  kernel: Kernel,
  packed: ImageObject,
  before: readonly MemoryObject[],
): MemoryObject {
  const { objects } = kernel.memory;
  if (packed.kind === "file") {
    const { port, bytes, path } = packed;
    return fileObject(objects, { port, bytes, path });
  }
  const { shadow, shadowOffset, pages } = packed;
  const below = shadow < 0 ? null : must(before[shadow], "object below a shadow");
  const object = anonymousObject(objects, below && { object: below, offset: shadowOffset }, pages);
  for (const [page, failure] of packed.failed) object.failed.set(page, failure);
  if (packed.swap) {
    object.swap.port = packed.swap.port;
    object.swap.asked = true;
    for (const page of pagesIn(packed.swap.pages)) object.swap.pages.add(page);
  }
  for (const [start, count, pager] of packed.owed) {
    for (let page = start; page < start + count; page++) object.owed.set(page, pager);
  }
  return object;
}
