// Memory objects: pages that are here, pages that a pager has, and pages that shadow others.
//
// A page of an object is in exactly one of these states; the fault path reads them in this order:
//
//   resident   in a frame of this host
//   failed     its pager said that it cannot be had
//   requested  asked for; whoever touches it waits
//   owed       exists only with the residual pager of a host that the task has left
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
  /** The pager of a file's pages; null for anonymous memory. */
  readonly pager: FilePager | null;
  readonly shadow: Shadow | null;
  /** Where pagers answer this kernel; made at the first request. */
  control: PortUid | null;
}

/** Why a page cannot be had: an errno, and the host whose death took it, if that is why. */
export interface PageFailure {
  readonly error: number;
  readonly host: HostId | null;
}

export interface FilePager {
  readonly port: PortUid;
  readonly bytes: number;
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

export function anonymousObject(objects: Objects, shadow: Shadow | null): MemoryObject {
  if (shadow) shadow.object.references++;
  return addObject(objects, null, shadow);
}

/** The host's one object for a file. The caller takes a reference by mapping or shadowing it. */
export function fileObject(objects: Objects, pager: FilePager): MemoryObject {
  const known = objects.files.get(pager.port);
  if (known) return known;
  const object = addObject(objects, pager, null);
  objects.files.set(pager.port, object);
  return object;
}

function addObject(objects: Objects, pager: FilePager | null, shadow: Shadow | null): MemoryObject {
  const object: MemoryObject = {
    id: objects.next++,
    references: 0,
    resident: new Map(),
    failed: new Map(),
    requested: new Map(),
    owed: new Map(),
    pager,
    shadow,
    control: null,
  };
  objects.all.set(object.id, object);
  return object;
}
