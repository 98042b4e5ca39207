// The image: everything of the tasks that move but their pages, as one value. Packing it changes
// nothing.
//
//   image = tasks, the objects that their maps show, their ports, where the ports are that they know
//
// Objects are numbered once for all tasks, as they are reached from their maps, file objects before the
// anonymous ones that shadow them: what the tasks share they share at the target. Pages are in four groups: those sent before the image, those at swap, those that
// stay with the residual pager that the image names, and those that hosts visited earlier still owe.

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
  type Manager,
  type MapEntry,
  type MemoryObject,
  type PageFailure,
  type Turn,
  turnToPass,
} from "../vm/index.ts";
import { type CopiedPart, packCopied, packThread } from "./parts.ts";

export const imageVersion = 5;

/** Consecutive pages. */
export type PageRun = readonly [page: number, count: number];
/** Consecutive pages with one pager. */
type OwedRun = readonly [page: number, count: number, pager: PortUid];

export type ImageObject =
  | {
      readonly kind: "file";
      readonly id: number;
      readonly port: PortUid;
      readonly bytes: number;
      readonly path: string;
      readonly shown?: boolean;
      /** Of the object of a pager that is a task. */
      readonly manager: Pick<Manager, "speaks" | "patience"> | null;
      /** The claim to write it through shared mappings, if these tasks' host has it. */
      readonly turn: Turn | null;
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

type ImageEntry = Readonly<Omit<MapEntry, "object">> & { readonly object: number };

export interface ImageTask {
  readonly copied: CopiedPart;
  readonly threads: readonly Thread[];
  readonly entries: readonly ImageEntry[];
  readonly owedSince: ReadonlyMap<PortUid, number>;
}

export interface Image {
  readonly version: number;
  readonly tasks: readonly ImageTask[];
  readonly objects: readonly ImageObject[];
  readonly fetching: Fetching;
  readonly ports: readonly PackedPort[];
  /** Where the ports are that the tasks have rights to. */
  readonly known: readonly KnownPort[];
}

export function objectsOf(task: Task): readonly MemoryObject[] {
  return objectsOfUnit([task]);
}

/** The objects of tasks in the order in which the image numbers them. */
export function objectsOfUnit(tasks: readonly Task[]): readonly MemoryObject[] {
  const found = new Set<MemoryObject>();
  const visit = (object: MemoryObject): void => {
    if (found.has(object)) return;
    if (object.shadow) visit(object.shadow.object);
    found.add(object);
  };
  for (const { memory } of tasks) for (const { object } of memory.map.entries) visit(object);
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
  { state, host }: Kernel,
  tasks: readonly Task[],
  pages: ReadonlyMap<MemoryObject, ObjectPages>,
  fetching: Fetching,
): Image {
  const { ports } = state;
  const objects = objectsOfUnit(tasks);
  const numbers = new Map(objects.map((object, index) => [object, index]));
  const numberOf = (object: MemoryObject): number => must(numbers.get(object), "a listed object");
  const residuals = [...pages.values()].flatMap(({ residual }) => residual ?? []);
  const named = tasks.flatMap(({ space }) => [...space.entries.values()].map(({ uid }) => uid));
  return {
    version: imageVersion,
    tasks: tasks.map((task) => ({
      copied: packCopied(task),
      threads: [...task.threads.values()].map(packThread),
      entries: task.memory.map.entries.map(({ object, ...entry }) => ({
        ...entry,
        object: numberOf(object),
      })),
      owedSince: new Map([
        ...task.owedSince,
        ...residuals.map((port) => [port, host.now] as const),
      ]),
    })),
    objects: objects.map((object) => packObject(object, numberOf, pages.get(object))),
    fetching,
    ports: tasks
      .flatMap(portsOf)
      .map((uid) => packPort(ports, must(portHere(ports, uid), "port of a task"))),
    known: knownOf(
      ports,
      [...new Set(named)].filter((uid) => uid !== 0),
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
  if (object.pager) {
    const { manager } = object;
    const packed = manager && { speaks: manager.speaks, patience: manager.patience };
    return { kind: "file", id, ...object.pager, manager: packed, turn: turnToPass(object), sent };
  }
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
