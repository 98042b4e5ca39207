// A task's port name space: numbers that name rights, as Mach's ipc_space does.
//
//   name   index (24 bits, from 1) | generation (8 bits)       0 = NULL, 0xffffffff = DEAD
//
// An index is used again when its name was given up, under the next generation: a stale name names
// nothing. Send rights to one port and its receive right share one name, with a count of user
// references for the send rights; a send-once right always has a name of its own, with one
// reference (Mach Kernel Principles, ch. 4). When a port dies its send rights become dead names.
//
//   (nothing) ──▶ receive ◀──▶ send | receive ◀──▶ send ──▶ dead name ──▶ (nothing)
//       └───────▶ send-once ──────────────────────────────────▲
//       └───────▶ port set
//
// The kernel keeps the rights of open files in the same space, under names of its own: no call of
// the task reaches them. This file knows names and entries only; what rights are, and what
// happens when one ends, is in `rights.ts`.

import { assert, must } from "./base/index.ts";
import type { PortUid } from "./ids.ts";
import type { Right } from "./protocol/schema.ts";

export type PortName = number;

export const nullName: PortName = 0;
export const deadName: PortName = 0xffffffff;

/** What a name stands for: Mach's MACH_PORT_TYPE bits. Only send and receive combine. */
export const nameTypes = {
  send: 0x10000,
  receive: 0x20000,
  once: 0x40000,
  set: 0x80000,
  dead: 0x100000,
} as const;
/** Added by `portType` when a dead-name request is armed. */
export const armedType = 0x80000000;

/** A name's references never exceed this; of a send right they stay one below, for its death. */
export const referencesMax = 65535;
/** So many names fit: a task cannot fill the memory of its host with them. */
export const namesMax = 65535;

export interface SpaceEntry {
  readonly name: PortName;
  /** Of the kernel's own names: an open file's. */
  readonly private: boolean;
  type: number;
  /** The port; 0 for a set and for a dead name. */
  uid: PortUid;
  /** User references of a send right, a send-once right or a dead name. */
  references: number;
  /** Transits of the send right; 0 when the port's rights are not counted. */
  transits: number;
  /** The number of the send-once right; 0 when the port's rights are not counted. */
  once: number;
  /** A dead-name request: the send-once right by which the notification goes. */
  armed: Right | null;
  /** The set that the receive right is in, or 0. */
  memberOf: PortName;
  /** Of a set. */
  members: PortName[];
}

/** A thread that waits to receive from a port or a set. */
export interface Receiver {
  readonly tid: number;
  readonly name: PortName;
}

export interface Space {
  /** Of each index: the name in use, or the one with which it will be used next. */
  readonly slots: PortName[];
  /** Indexes that are free again; the last one is taken first. */
  readonly free: number[];
  readonly entries: Map<PortName, SpaceEntry>;
  /** The one name of all send rights, and of the receive right, of a port. */
  readonly names: Map<PortUid, PortName>;
  /** The same for the kernel's own names. */
  readonly privateNames: Map<PortUid, PortName>;
  /** The names of send-once rights. */
  readonly onceNames: Set<PortName>;
  /** Threads that wait to receive, in order. */
  readonly receivers: Receiver[];
}

export function createSpace(): Space {
  return {
    slots: [nullName],
    free: [],
    entries: new Map(),
    names: new Map(),
    privateNames: new Map(),
    onceNames: new Set(),
    receivers: [],
  };
}

/** How many more names fit. */
export function namesLeft(space: Space): number {
  return namesMax + 1 - space.slots.length + space.free.length;
}

/** A new entry under a new name. Requires: there is room. */
export function addEntry(space: Space, type: number, uid: PortUid): SpaceEntry {
  return enter(space, newName(space), type, uid, false);
}

function newName(space: Space): PortName {
  const index = space.free.pop() ?? space.slots.length;
  assert(index <= namesMax, "a space has room for the name");
  if (index === space.slots.length) space.slots.push(index << 8);
  return must(space.slots[index], "slot of a name");
}

/** The next new entry gets this name. Requires: `isFree`. */
export function reserveName(space: Space, name: PortName): void {
  const index = name >>> 8;
  while (space.slots.length <= index) {
    space.free.push(space.slots.length);
    space.slots.push(space.slots.length << 8);
  }
  space.free.splice(space.free.lastIndexOf(index), 1);
  space.free.push(index);
  space.slots[index] = name;
}

/** Whether the caller may choose this name for a new entry. */
export function isFree(space: Space, name: PortName): boolean {
  const index = name >>> 8;
  if (index === 0 || index > namesMax) return false;
  const slot = space.slots[index];
  return slot === undefined || !space.entries.has(slot);
}

function enter(
  space: Space,
  name: PortName,
  type: number,
  uid: PortUid,
  isPrivate: boolean,
): SpaceEntry {
  const entry: SpaceEntry = {
    name,
    private: isPrivate,
    type,
    uid,
    references: 0,
    transits: 0,
    once: 0,
    armed: null,
    memberOf: nullName,
    members: [],
  };
  space.entries.set(name, entry);
  if (type === nameTypes.once) space.onceNames.add(name);
  else if (uid !== 0) (isPrivate ? space.privateNames : space.names).set(uid, name);
  return entry;
}

/** The name is no more; its index will be used again under the next generation. */
export function removeEntry(space: Space, entry: SpaceEntry): void {
  const { name, uid } = entry;
  detachPort(space, entry);
  entry.uid = uid;
  space.entries.delete(name);
  const index = name >>> 8;
  space.slots[index] = ((name & ~0xff) | ((name + 1) & 0xff)) >>> 0;
  space.free.push(index);
}

/** The entry stands for its port no longer: it becomes a dead name, or goes. */
export function detachPort(space: Space, entry: SpaceEntry): void {
  if (!space.onceNames.delete(entry.name) && entry.uid !== 0) {
    (entry.private ? space.privateNames : space.names).delete(entry.uid);
  }
  entry.uid = 0;
}

export function lookupRight(space: Space, name: PortName): SpaceEntry | undefined {
  return space.entries.get(name);
}

/** The entry of a port's send and receive rights. */
export function entryOfPort(space: Space, uid: PortUid): SpaceEntry | undefined {
  const name = space.names.get(uid);
  return name === undefined ? undefined : must(space.entries.get(name), "entry of a port's name");
}

/**
 * The kernel keeps a right of its own in the space: a name, or a reference to the one it has. For
 * a right that may be counted: `keepRight`.
 */
export function insertRight(space: Space, right: Right): PortName {
  assert(right.kind === "send" || right.kind === "send-once", "the kernel keeps rights to send");
  assert(right.kind === "send" || right.count === undefined, "a send-once right is not counted");
  const known = right.kind === "send" ? space.privateNames.get(right.uid) : undefined;
  if (known !== undefined) {
    const kept = must(space.entries.get(known), "entry of a send name");
    kept.references++;
    kept.transits += right.count ?? 0;
    return known;
  }
  const type = right.kind === "send" ? nameTypes.send : nameTypes.once;
  const entry = enter(space, newName(space), type, right.uid, true);
  entry.references = 1;
  entry.transits = right.count ?? 0;
  return entry.name;
}

/** The entry of the kernel's own right to the port. */
export function privateEntryOfPort(space: Space, uid: PortUid): SpaceEntry | undefined {
  const name = space.privateNames.get(uid);
  return name === undefined ? undefined : must(space.entries.get(name), "entry of a kernel's name");
}

/** Drops a reference of the kernel's own. Returns the entry when that was the last one. */
export function dropReference(space: Space, name: PortName): SpaceEntry | undefined {
  const entry = must(space.entries.get(name), `name ${name} in the space`);
  assert(entry.private, "a name of the kernel's own");
  assert(entry.references > 0, "a named right has references");
  entry.references--;
  if (entry.references > 0) return undefined;
  removeEntry(space, entry);
  return entry;
}

/** A thread waits to receive from the port or the set. */
export function addReceiver(space: Space, receiver: Receiver): void {
  space.receivers.push(receiver);
}

/** The thread waits no more. */
export function removeReceiver(space: Space, tid: number): void {
  const at = space.receivers.findIndex((receiver) => receiver.tid === tid);
  if (at >= 0) space.receivers.splice(at, 1);
}

/** Who waits longest to receive from the port, or from the set that it is in. */
export function findReceiver(space: Space, uid: PortUid): Receiver | undefined {
  const entry = entryOfPort(space, uid);
  if (!entry || (entry.type & nameTypes.receive) === 0) return undefined;
  const from = entry.memberOf === nullName ? entry.name : entry.memberOf;
  return space.receivers.find(({ name }) => name === from);
}

/** Those who wait for what cannot be received from any more: they are to try again, and learn it. */
export function strandedReceivers(space: Space): readonly Receiver[] {
  return space.receivers.filter(({ name }) => {
    const entry = space.entries.get(name);
    if (!entry) return true;
    if (entry.type === nameTypes.set) return false;
    return (entry.type & nameTypes.receive) === 0 || entry.memberOf !== nullName;
  });
}
