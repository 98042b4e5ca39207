// A task's port name space: small integers that name rights, as Mach's ipc_space does.
//
// Send rights to one port share one name and count user references; a send-once right always
// has a name of its own (Mach Kernel Principles, ch. 4).

import { assert, must } from "./base/index.ts";
import type { PortUid } from "./ids.ts";
import type { Right } from "./protocol/schema.ts";

export type PortName = number;

export interface SpaceEntry {
  readonly kind: "send" | "send-once" | "receive";
  readonly uid: PortUid;
  references: number;
}

export interface Space {
  next: PortName;
  readonly entries: Map<PortName, SpaceEntry>;
  /** The one name under which send rights to a port are coalesced. */
  readonly sendNames: Map<PortUid, PortName>;
}

export function createSpace(): Space {
  return { next: 1, entries: new Map(), sendNames: new Map() };
}

/** Gives the right a name in the space, or adds a reference to the name that it has. */
export function insertRight(space: Space, right: Right): PortName {
  const known = right.kind === "send" ? space.sendNames.get(right.uid) : undefined;
  if (known !== undefined) {
    must(space.entries.get(known), "entry of a send name").references++;
    return known;
  }
  const name = space.next++;
  space.entries.set(name, { kind: right.kind, uid: right.uid, references: 1 });
  if (right.kind === "send") space.sendNames.set(right.uid, name);
  return name;
}

/** Names a receive right that the task now holds. */
export function insertReceiveRight(space: Space, uid: PortUid): PortName {
  const name = space.next++;
  space.entries.set(name, { kind: "receive", uid, references: 1 });
  return name;
}

export function lookupRight(space: Space, name: PortName): SpaceEntry | undefined {
  return space.entries.get(name);
}

/** Drops one reference. Returns the entry when that was the last one, else undefined. */
export function dropReference(space: Space, name: PortName): SpaceEntry | undefined {
  const entry = must(space.entries.get(name), `name ${name} in the space`);
  assert(entry.references > 0, "a named right has references");
  entry.references--;
  if (entry.references > 0) return undefined;
  space.entries.delete(name);
  if (entry.kind === "send") space.sendNames.delete(entry.uid);
  return entry;
}
