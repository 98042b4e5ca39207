// The image: everything of a task but its pages, as one value. Packing it changes nothing.
//
// Objects are numbered as they are reached from the map, file objects before the anonymous ones
// that shadow them. Pages are in three groups: those sent with the image, those that stay with the
// residual pager that the image names, and those that hosts visited earlier still owe.

import { decodePlain, encodePlain, must } from "../../ports/base/index.ts";
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
  type MemoryObject,
  type PageFailure,
} from "../vm/index.ts";
import { type CopiedPart, packCopied, packThread } from "./parts.ts";

export const imageVersion = 2;

/** Consecutive pages with one pager. */
type OwedRun = readonly [page: number, count: number, pager: PortUid];

export type ImageObject =
  | { readonly kind: "file"; readonly port: PortUid; readonly bytes: number; readonly path: string }
  | {
      readonly kind: "anonymous";
      readonly shadow: number;
      readonly shadowOffset: number;
      readonly owed: readonly OwedRun[];
      readonly failed: ReadonlyMap<number, PageFailure>;
    };

interface ImageEntry {
  readonly start: number;
  readonly end: number;
  readonly object: number;
  readonly offset: number;
  readonly protection: number;
  readonly name: string;
}

export interface Image {
  readonly version: number;
  readonly copied: CopiedPart;
  readonly threads: readonly Thread[];
  readonly objects: readonly ImageObject[];
  readonly entries: readonly ImageEntry[];
  readonly owedSince: ReadonlyMap<PortUid, number>;
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

/** Where each page that is not sent will be found: the residual port for an object's own pages. */
export interface LeftPages {
  readonly residual: PortUid;
  /** Pages here, or under way to here, that the residual pager will have. */
  readonly pages: readonly number[];
}

export function packImage(
  kernel: Kernel,
  task: Task,
  left: ReadonlyMap<MemoryObject, LeftPages>,
): Image {
  const objects = objectsOf(task);
  const numbers = new Map(objects.map((object, index) => [object, index]));
  const numberOf = (object: MemoryObject): number => must(numbers.get(object), "a listed object");
  const owedSince = new Map(task.owedSince);
  for (const { residual } of left.values()) owedSince.set(residual, kernel.host.now);
  return {
    version: imageVersion,
    copied: packCopied(task),
    threads: [...task.threads.values()].map(packThread),
    objects: objects.map((object) => packObject(object, numberOf, left.get(object))),
    entries: task.memory.map.entries.map(({ object, ...entry }) => ({
      ...entry,
      object: numberOf(object),
    })),
    owedSince,
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
  left: LeftPages | undefined,
): ImageObject {
  if (object.pager) return { kind: "file", ...object.pager };
  const owed = new Map(object.owed);
  for (const page of object.requested.keys()) owed.delete(page);
  for (const page of left?.pages ?? []) owed.set(page, (left as LeftPages).residual);
  return {
    kind: "anonymous",
    shadow: object.shadow ? numberOf(object.shadow.object) : -1,
    shadowOffset: object.shadow?.offset ?? 0,
    owed: runsOf(owed),
    failed: object.failed,
  };
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

/** Pages that came before the image: by object number and page. */
export type ArrivedPages = ReadonlyMap<number, ReadonlyMap<number, Frame>>;

/**
 * Builds the task, not yet entered anywhere on this host. Takes over the frames of `arrived`;
 * returns those that nobody needs, pages of files that were here already.
 */
export function unpackImage(
  kernel: Kernel,
  image: Image,
  tag: number,
  arrived: ArrivedPages,
): { readonly task: Task; readonly spare: readonly Frame[] } {
  const spare: Frame[] = [];
  const objects: MemoryObject[] = [];
  image.objects.forEach((packed, number) => {
    const object = unpackObject(kernel, packed, objects);
    for (const [page, frame] of arrived.get(number) ?? []) {
      if (object.resident.has(page) || object.requested.has(page)) spare.push(frame);
      else object.resident.set(page, frame);
    }
    objects.push(object);
  });
  const memory = createSpace(tag);
  for (const { object, ...entry } of image.entries) {
    insertEntry(memory.map, { ...entry, object: must(objects[object], "object of an entry") });
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
  const { shadow, shadowOffset } = packed;
  const below = shadow < 0 ? null : must(before[shadow], "object below a shadow");
  const object = anonymousObject(objects, below && { object: below, offset: shadowOffset });
  for (const [page, failure] of packed.failed) object.failed.set(page, failure);
  for (const [start, count, pager] of packed.owed) {
    for (let page = start; page < start + count; page++) object.owed.set(page, pager);
  }
  return object;
}
