// Memory objects: pages that are here, pages that a pager has, and pages that shadow others.
//
// A page of an object is in exactly one of these states; the fault path reads them in this order:
//
//   resident   in a frame of this host
//   failed     its pager said that it cannot be had
//   requested  asked for; whoever touches it waits
//   owed       exists only with the residual pager of a host that the task has left
//   swapped    the default pager has it
//   paged      not here, but the object has a pager (a file): ask for it
//   shadowed   look in the object below (copy-on-write)
//   empty      zero
//
// "Resident" wins over all others: a page that was written here is not asked for again.

import type { HostId, PortUid } from "../../ports/index.ts";
import type { Frame } from "./frames.ts";

export interface MemoryObject {
  readonly id: number;
  /** How many map entries and shadowing objects refer to this one. */
  references: number;
  readonly resident: Map<number, Frame>;
  readonly failed: Map<number, PageFailure>;
  /** Page → the pager that was asked. */
  readonly requested: Map<number, PortUid>;
  /** Page → the residual pager that has it. */
  readonly owed: Map<number, PortUid>;
  /** Pages that were asked for and then given up: what comes is dropped, and they begin anew. */
  readonly unwanted: Set<number>;
  /** How many pages there are at most; null: as many as are mapped. */
  readonly pages: number | null;
  /** The pager of a file's pages; null for anonymous memory. */
  readonly pager: FilePager | null;
  readonly shadow: Shadow | null;
  readonly swap: SwapCopies;
  /** The task that maps it stands still: nothing comes that nobody has asked for. */
  sealed: boolean;
  /** Where pagers answer this kernel; made at the first request. */
  control: PortUid | null;
}

/**
 * What the default pager has of an object. A copy is current if its page is not resident, or if it
 * is and its frame is not dirty.
 */
export interface SwapCopies {
  /** The object there; null before it is made. */
  port: PortUid | null;
  asked: boolean;
  readonly pages: Set<number>;
  /** On their way there: the frame whose contents went. */
  readonly storing: Map<number, Frame>;
  /** Pages that wait until the object there is made. */
  readonly waiting: Set<number>;
  /** The errno of the last page that swap did not take; 0: it took all. */
  error: number;
}

/** Why a page cannot be had: an errno, and the host whose death took it, if that is why. */
export interface PageFailure {
  readonly error: number;
  readonly host: HostId | null;
}

export interface FilePager {
  readonly port: PortUid;
  /** The file's length when it was mapped last. */
  bytes: number;
  /** The file's path, for people. */
  readonly path: string;
}

/** Page p of the shadowing object is page p + offset of the one below. */
export interface Shadow {
  readonly object: MemoryObject;
  readonly offset: number;
}

/** All memory objects of a host. */
export interface Objects {
  next: number;
  readonly all: Map<number, MemoryObject>;
  /** One object for each file, shared by all tasks of the host. */
  readonly files: Map<PortUid, MemoryObject>;
}

export function createObjects(): Objects {
  return { next: 1, all: new Map(), files: new Map() };
}

export function anonymousObject(
  objects: Objects,
  shadow: Shadow | null,
  pages: number | null = null,
): MemoryObject {
  if (shadow) shadow.object.references++;
  return addObject(objects, { pager: null, shadow, pages });
}

/** The host's one object for a file. The caller takes a reference by mapping or shadowing it. */
export function fileObject(objects: Objects, pager: FilePager): MemoryObject {
  const known = objects.files.get(pager.port);
  if (known) {
    (known.pager as FilePager).bytes = pager.bytes; // the newest that its server said
    return known;
  }
  const object = addObject(objects, { pager: { ...pager }, shadow: null, pages: null });
  objects.files.set(pager.port, object);
  return object;
}

function addObject(
  objects: Objects,
  kind: Pick<MemoryObject, "pager" | "shadow" | "pages">,
): MemoryObject {
  const object: MemoryObject = {
    id: objects.next++,
    references: 0,
    resident: new Map(),
    failed: new Map(),
    requested: new Map(),
    owed: new Map(),
    unwanted: new Set(),
    ...kind,
    swap: {
      port: null,
      asked: false,
      pages: new Set(),
      storing: new Map(),
      waiting: new Set(),
      error: 0,
    },
    sealed: false,
    control: null,
  };
  objects.all.set(object.id, object);
  return object;
}
