// Building what an image describes: objects, then tasks whose maps show them. Nothing is entered on
// this host before the home has decided.

import { assert, must } from "../../ports/base/index.ts";
import type { Kernel } from "../task/kernel.ts";
import type { Task } from "../task/task.ts";
import {
  type AddressSpace,
  anonymousObject,
  createSpace,
  fileObject,
  type Frame,
  insertEntry,
  frameRecord,
  keepWritten,
  managedObject,
  type MemoryObject,
  placePage,
} from "../vm/index.ts";
import type { Image, ImageObject, ImageTask, PageRun } from "./image.ts";

/** Pages that came before the image: by the source's number for the object, and page. */
export type ArrivedPages = ReadonlyMap<number, ReadonlyMap<number, Frame>>;

/**
 * Builds the tasks, not yet entered anywhere on this host, with an address space for each. Takes over
 * the frames of `arrived`; returns those that nobody needs: pages of files that were here already, and
 * pages that came in a round and were written or unmapped afterwards.
 */
export function unpackImage(
  kernel: Kernel,
  image: Image,
  tags: readonly number[],
  arrived: ArrivedPages,
): { readonly tasks: readonly Task[]; readonly spare: readonly Frame[] } {
  const { objects, spare } = unpackObjects(kernel, image, arrived);
  const tasks = image.tasks.map((packed, at) => {
    const tag = must(tags[at], "an address space for each task");
    return unpackTask(kernel, packed, { ...createSpace(tag), ...image.fetching }, objects);
  });
  return { tasks, spare };
}

function unpackObjects(
  kernel: Kernel,
  image: Image,
  arrived: ArrivedPages,
): { readonly objects: readonly MemoryObject[]; readonly spare: readonly Frame[] } {
  const spare: Frame[] = [];
  const objects: MemoryObject[] = [];
  const expected = new Set<number>();
  // Shared files are asked of their servers, who then tell of changes.
  const entries = image.tasks.flatMap((task) => task.entries);
  const shared = new Set(entries.flatMap((one) => (one.shared ? [one.object] : [])));
  const writable = pathsOpenToWrite(image);
  for (const packed of image.objects) {
    const object = unpackObject(kernel, packed, objects);
    const sent = new Set(pagesIn(packed.sent));
    for (const [page, frame] of arrived.get(packed.id) ?? []) {
      const isHere = object.resident.has(page) || object.requested.has(page);
      const mayBeOld =
        packed.kind === "file" && (shared.has(objects.length) || writable.has(packed.path));
      if (!sent.delete(page) || isHere || mayBeOld) {
        spare.push(frame);
        continue;
      }
      placePage(kernel, object, page, frame);
      // The server has a file's page too: it may be dropped, and is never returned as if written here.
      if (packed.kind === "file") frameRecord(kernel.memory.frames, frame).dirty = false;
    }
    assert(packed.kind === "file" || sent.size === 0, "every page that was sent has come");
    expected.add(packed.id);
    objects.push(object);
  }
  for (const [id, pages] of arrived) if (!expected.has(id)) spare.push(...pages.values());
  return { objects, spare };
}

/** A write that was under way when its task froze may have changed pages that were packed before. */
function pathsOpenToWrite({ tasks }: Image): ReadonlySet<string> {
  const open = tasks.flatMap(({ copied }) => copied.files.flatMap((file) => file ?? []));
  return new Set(open.flatMap(({ flags, path }) => ((flags & 3) === 0 ? [] : [path])));
}

function unpackTask(
  kernel: Kernel,
  { copied, threads, entries, owedSince }: ImageTask,
  memory: AddressSpace,
  objects: readonly MemoryObject[],
): Task {
  for (const { object, ...entry } of entries) {
    const mapped = must(objects[object], "object of an entry");
    if (entry.shared && mapped.pager && (entry.limit & 2) !== 0) keepWritten(mapped);
    insertEntry(memory.map, { ...entry, object: mapped });
  }
  return {
    ...copied,
    state: "frozen",
    threads: new Map(threads.map((thread) => [thread.tid, { ...thread }])),
    memory,
    since: kernel.host.now,
    owedSince: new Map(owedSince),
    postponed: null,
    streams: [],
  };
}

function unpackObject(
  kernel: Kernel,
  packed: ImageObject,
  before: readonly MemoryObject[],
): MemoryObject {
  const { objects } = kernel.memory;
  if (packed.kind === "file") {
    const { port, bytes, path, manager, shown } = packed;
    if (manager) {
      return managedObject(objects, { port, path }, manager.speaks, manager.patience);
    }
    const file = fileObject(objects, { port, bytes, path, ...(shown ? { shown } : {}) });
    if (packed.turn) file.turn = packed.turn;
    return file;
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

function pagesIn(runs: readonly PageRun[]): number[] {
  return runs.flatMap(([start, count]) => Array.from({ length: count }, (_, at) => start + at));
}
