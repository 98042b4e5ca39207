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
import { createManager, type Manager, type Patience } from "./manager.ts";

/** A range of pages of one address space over an object; numbers are pages, `end` is one past the last. */
export interface MapEntry {
  start: number;
  end: number;
  object: MemoryObject;
  /** The object's page at `start`. */
  offset: number;
  protection: number;
  /** What `mprotect` may allow at most: less than all for a file that was opened to be read. */
  readonly limit: number;
  /** Others see what is written: the object is the file's, or one that another range may map too. */
  shared: boolean;
  /** What a copy of the address space has in its place. */
  inheritance: Inheritance;
  /** Others may show the object's pages too: the first write puts an object of its own above it. */
  needsCopy: boolean;
  /** What the range is, for people: a path, `[heap]`, `[stack]`, or empty. */
  readonly name: string;
}

/** Nothing, the same memory, a copy, or fresh zeros. */
export type Inheritance = "none" | "share" | "copy" | "zero";

/** What shows pages of an object. */
export type User = MapEntry | MemoryObject;

export interface MemoryObject {
  readonly id: number;
  /** The ranges of maps and the objects above that show pages of it; with the last it ends. */
  readonly users: Set<User>;
  /** Whether two of them may show one page: not as long as they are parts of one range. */
  common: boolean;
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
  /** The pager of a file's or another task's pages; null for anonymous memory. */
  readonly pager: FilePager | null;
  /** Whether programs of this host may write a file's own pages: see `claim.ts`. */
  writes: "no" | "asked" | "yes" | "refused" | "lost";
  /** The claim that says so. */
  turn: Turn | null;
  /** What there is to know of the pager if it is a task. */
  readonly manager: Manager | null;
  shadow: Shadow | null;
  readonly swap: SwapCopies;
  /** How many tasks that map it stand still: nothing comes that nobody has asked for. */
  sealed: number;
  /** Where pagers answer this kernel; made at the first request. */
  control: PortUid | null;
  /** The control ports of objects that were merged into this one: their pagers may still push. */
  readonly formerControls: PortUid[];
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

/** Which of a file server's grants a claim to write is, and how often that has changed hosts. */
export interface Turn {
  readonly grant: number;
  readonly step: number;
}

export interface FilePager {
  readonly port: PortUid;
  /** The file's length when it was mapped last. */
  bytes: number;
  /** Its server knows that a program of this host maps it, and tells when it is cut. */
  shown?: boolean;
  /** The file's path, for people; of a task's object the name of its port. */
  readonly path: string;
}

/** Page p of the shadowing object is page p + offset of the one below. */
export interface Shadow {
  readonly object: MemoryObject;
  readonly offset: number;
}

/** Memory that a queued message refers to: ranges in order, from page 0 on. See `lend.ts`. */
export interface Loan {
  readonly port: PortUid;
  readonly entries: readonly MapEntry[];
}

/** All memory objects of a host. */
export interface Objects {
  next: number;
  readonly all: Map<number, MemoryObject>;
  /** One object for each file and each pager's port, shared by all tasks of the host. */
  readonly files: Map<PortUid, MemoryObject>;
  /** By the number of an object that is no more: what its pager has still to answer. */
  readonly draining: Map<number, Drained>;
  /** By the id of the message. */
  readonly loans: Map<number, Loan>;
}

/** What is left of an object whose pager, a task, was asked for pages when it ended. */
export interface Drained {
  readonly control: PortUid;
  readonly pager: PortUid;
  readonly speaks: Manager["speaks"];
  readonly asked: Set<number>;
  readonly until: number;
}

export function createObjects(): Objects {
  return { next: 1, all: new Map(), files: new Map(), loans: new Map(), draining: new Map() };
}

export function anonymousObject(
  objects: Objects,
  shadow: Shadow | null,
  pages: number | null = null,
): MemoryObject {
  const object = addObject(objects, { pager: null, manager: null, shadow, pages });
  if (shadow) {
    shadow.object.users.add(object);
    shadow.object.common = true;
  }
  return object;
}

/** The host's one object for a file. It lives while something maps or shadows it. */
export function fileObject(objects: Objects, pager: FilePager): MemoryObject {
  const known = objects.files.get(pager.port);
  if (known) {
    (known.pager as FilePager).bytes = pager.bytes; // the newest that its server said
    return known;
  }
  return pagedObject(objects, pager, null);
}

/** The host's one object of a pager that is a task. What the last who maps it wants, is done. */
export function managedObject(
  objects: Objects,
  pager: { readonly port: PortUid; readonly path: string },
  speaks: Manager["speaks"],
  patience: Patience | null,
): MemoryObject {
  const known = objects.files.get(pager.port);
  if (known?.manager) {
    known.manager.patience = patience ?? known.manager.patience;
    return known;
  }
  const manager = createManager(speaks, patience);
  const object = pagedObject(objects, { ...pager, bytes: Number.MAX_SAFE_INTEGER }, manager);
  object.swap.port = pager.port; // what is written goes back to it, always
  object.swap.asked = true;
  return object;
}

function pagedObject(objects: Objects, pager: FilePager, manager: Manager | null): MemoryObject {
  const object = addObject(objects, { pager: { ...pager }, manager, shadow: null, pages: null });
  objects.files.set(pager.port, object);
  return object;
}

function addObject(
  objects: Objects,
  kind: Pick<MemoryObject, "pager" | "manager" | "shadow" | "pages">,
): MemoryObject {
  const object: MemoryObject = {
    id: objects.next++,
    users: new Set(),
    common: false,
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
    writes: "no",
    turn: null,
    sealed: 0,
    control: null,
    formerControls: [],
  };
  objects.all.set(object.id, object);
  return object;
}
