// How an entry of a name space comes to be, changes and ends, with everything that follows from it.
//
//   copyout   a right arrives: a new name, or one more reference to the name that the port has
//   end...    a right under a name is no more: transits go back, a port dies, notifications go out
//   die       the port of a name is dead: the name is a dead name from now on
//
// The calls of tasks (`rights.ts`) and the exchange of messages (`exchange.ts`) are made of these.

import { assert, must } from "./base/index.ts";
import { destroyPort } from "./death.ts";
import { portName, type PortUid } from "./ids.ts";
import { sendNotification } from "./notification.ts";
import { portHere } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Ports } from "./state.ts";
import type { Right } from "./protocol/index.ts";
import { dropRight } from "./right.ts";
import {
  addEntry,
  deadName,
  detachPort,
  dropReference,
  entryOfPort,
  insertRight,
  nullName,
  type PortName,
  privateEntryOfPort,
  referencesMax,
  removeEntry,
  type Space,
  type SpaceEntry,
  nameTypes,
} from "./space.ts";
import { placeOf } from "./take-in.ts";
import { claimReceive } from "./travel.ts";

/** A name space, and where it is. */
export interface SpaceContext {
  readonly ports: Ports;
  readonly space: Space;
  /** The task's pid; 0 for the host's own space. */
  readonly spaceId: number;
  readonly host: PortsHost;
}

/** The task's entry under the name; converted first when its port has died. */
export function entryNamed(context: SpaceContext, name: PortName): SpaceEntry | undefined {
  const entry = context.space.entries.get(name);
  if (!entry || entry.private) return undefined;
  if (
    (entry.type & (nameTypes.send | nameTypes.once)) !== 0 &&
    (entry.type & nameTypes.receive) === 0
  ) {
    if (isDead(context.ports, entry.uid)) die(context, entry);
  }
  return entry;
}

/** Whether this host knows that there is no such port any more. */
export function isDead(ports: Ports, uid: PortUid): boolean {
  if (portHere(ports, uid)) return false;
  return placeOf(ports, uid, 0).answer === "dead";
}

/** A dead name keeps its references; one more goes with the notification, if one was asked for. */
export function die(context: SpaceContext, entry: SpaceEntry): void {
  const { uid, name, armed } = entry;
  noteUnnamed(context, entry, entry.type === nameTypes.once ? "send-once" : "send");
  detachPort(context.space, entry);
  entry.type = nameTypes.dead;
  entry.transits = 0;
  entry.once = 0;
  entry.armed = null;
  if (!armed) return;
  entry.references++;
  assert(entry.references <= referencesMax, "there is a reference left for a name's death");
  sendNotification(
    context.ports,
    armed,
    { kind: "dead-name", about: uid, value: name },
    context.host,
  );
}

/** The host knows that the port is dead: what the space calls it is a dead name. */
export function portDied(context: SpaceContext, uid: PortUid): void {
  const { space } = context;
  const entry = entryOfPort(space, uid);
  // Lost with a host, before it came here: as if its receive right had been destroyed.
  if (entry && (entry.type & nameTypes.receive) !== 0) loseReceive(context, entry);
  if (entry && (entry.type & nameTypes.send) !== 0) die(context, entry);
  for (const name of space.onceNames) {
    const once = space.entries.get(name);
    if (once && !once.private && once.uid === uid) die(context, once);
  }
}

/** More transits, which the space asked for. False: it has no such right any more. */
export function grantTransits(space: Space, uid: PortUid, transits: number): boolean {
  const entry = entryOfPort(space, uid);
  if (!entry || entry.transits === 0) return false;
  entry.transits += transits;
  return true;
}

/** What the space holds of a port: for a recount. */
export function heldBySpace(
  space: Space,
  uid: PortUid,
): { readonly transits: number; readonly once: readonly number[] } {
  const once: number[] = [];
  for (const entry of space.entries.values()) {
    if (entry.type === nameTypes.once && entry.uid === uid && entry.once > 0) once.push(entry.once);
    if (entry.armed?.uid === uid && entry.armed.count !== undefined) once.push(entry.armed.count);
  }
  const own = privateEntryOfPort(space, uid)?.transits ?? 0;
  return { transits: own + (entryOfPort(space, uid)?.transits ?? 0), once };
}

/** The kernel keeps a right of its own in the space, counted or not: that of an open file. */
export function keepRight(context: SpaceContext, right: Right): PortName {
  const name = insertRight(context.space, right);
  const entry = must(context.space.entries.get(name), "entry of a right that is kept");
  if (right.count !== undefined && entry.references === 1) noteNamed(context, entry, "send");
  return name;
}

/** One reference less to it. Returns the entry when that was the last one. */
export function releaseRight(context: SpaceContext, name: PortName): SpaceEntry | undefined {
  const entry = dropReference(context.space, name);
  if (entry) giveUpKept(context, entry);
  return entry;
}

/** The transits of a right that the kernel kept go back. */
export function giveUpKept(context: SpaceContext, entry: SpaceEntry): void {
  if (entry.transits === 0) return;
  dropRight(context.ports, { kind: "send", uid: entry.uid, count: entry.transits });
  noteUnnamed(context, entry, "send");
  entry.transits = 0;
}

/** NULL and DEAD travel in messages too. */
export const deadRight: Right = { kind: "dead", uid: 0 };
export const nullRight: Right = { kind: "dead", uid: 0, count: 0 };

/** A right arrives in the space. Requires: there is room for a name. */
export function copyout(context: SpaceContext, right: Right): PortName {
  switch (right.kind) {
    case "dead":
      return right.count === 0 ? nullName : deadName;
    case "send":
      return copyoutSend(context, right);
    case "send-once":
      return copyoutOnce(context, right);
    case "receive":
      return copyoutReceive(context, right);
  }
}

function copyoutSend(context: SpaceContext, { uid, count }: Right): PortName {
  const { space, ports } = context;
  if (isDead(ports, uid)) return deadName;
  const entry = entryOfPort(space, uid) ?? addEntry(space, 0, uid);
  if ((entry.type & nameTypes.send) === 0) {
    entry.type |= nameTypes.send;
    entry.references = 0;
    noteNamed(context, entry, "send");
  }
  // On overflow the references stay where they are; the message is received all the same.
  if (entry.references < referencesMax - 1) entry.references++;
  entry.transits += count ?? 0;
  return entry.name;
}

function copyoutOnce(context: SpaceContext, { uid, count }: Right): PortName {
  if (isDead(context.ports, uid)) return deadName;
  const entry = addEntry(context.space, nameTypes.once, uid);
  entry.references = 1;
  entry.once = count ?? 0;
  noteNamed(context, entry, "send-once");
  return entry.name;
}

function copyoutReceive(context: SpaceContext, { uid }: Right): PortName {
  const { space, ports, spaceId, host } = context;
  const here = claimReceive(ports, uid, { kind: "space", id: spaceId }, host);
  if (!here && isDead(ports, uid)) return deadName;
  const entry = entryOfPort(space, uid) ?? addEntry(space, 0, uid);
  assert((entry.type & nameTypes.receive) === 0, "a receive right is held once");
  entry.type |= nameTypes.receive;
  noteNamed(context, entry, "receive");
  return entry.name;
}

/** All references to the send right are gone. */
export function endSend(context: SpaceContext, entry: SpaceEntry): void {
  if (entry.transits > 0) {
    dropRight(context.ports, { kind: "send", uid: entry.uid, count: entry.transits });
  }
  loseSend(context, entry);
}

/** The entry has no send right any more: it has ended, or gone into a message. */
export function loseSend(context: SpaceContext, entry: SpaceEntry): void {
  entry.transits = 0;
  entry.references = 0;
  noteUnnamed(context, entry, "send");
  entry.type &= ~nameTypes.send;
  if (entry.type === 0) forgetName(context, entry);
}

/** A send-once right ends unused: its port is told. */
export function endOnce(context: SpaceContext, entry: SpaceEntry): void {
  dropRight(context.ports, onceRight(entry));
  loseOnce(context, entry);
}

/** The send-once right under a name. */
export function onceRight({ uid, once }: SpaceEntry): Right {
  return once === 0 ? { kind: "send-once", uid } : { kind: "send-once", uid, count: once };
}

/** The send-once right has ended, or gone into a message. */
export function loseOnce(context: SpaceContext, entry: SpaceEntry): void {
  noteUnnamed(context, entry, "send-once");
  forgetName(context, entry);
}

/** The receive right ends and the port with it: what else the name had is dead. */
export function endReceive(context: SpaceContext, entry: SpaceEntry): void {
  const { ports, host } = context;
  const { uid } = entry;
  loseReceive(context, entry);
  const port = ports.table.get(uid);
  if (port?.where === "away")
    port.claim = null; // it is on its way here, and dies on arrival
  else destroyPort(ports, uid, host);
  const left = entryOfPort(context.space, uid);
  if (left) die(context, left);
}

/** The receive right leaves the name, and its set. Requires: the port's owner is seen to. */
export function loseReceive(context: SpaceContext, entry: SpaceEntry): void {
  leaveSet(context.space, entry);
  noteUnnamed(context, entry, "receive");
  entry.type &= ~nameTypes.receive;
  if (entry.type === 0) forgetName(context, entry);
}

export function leaveSet(space: Space, entry: SpaceEntry): void {
  const set = space.entries.get(entry.memberOf);
  if (set) set.members.splice(set.members.indexOf(entry.name), 1);
  entry.memberOf = nullName;
}

/** A set ends; its members stay. */
export function endSet(context: SpaceContext, entry: SpaceEntry): void {
  for (const name of [...entry.members]) {
    const member = context.space.entries.get(name);
    if (member) leaveSet(context.space, member);
  }
  removeEntry(context.space, entry);
}

/** The name is free again; whoever asked to be told of its death is told that. */
export function forgetName(context: SpaceContext, entry: SpaceEntry): void {
  const { uid, name, armed } = entry;
  removeEntry(context.space, entry);
  if (!armed) return;
  entry.armed = null;
  const what = { kind: "port-deleted", about: uid, value: name } as const;
  sendNotification(context.ports, armed, what, context.host);
}

type Noted = Pick<SpaceEntry, "uid" | "name">;
type Where = Pick<SpaceContext, "host" | "spaceId">;

/** A space has its first right of that kind to the port; or a native server, in its host's name. */
export function noteNamed(
  { host, spaceId }: Where,
  { uid, name }: Noted,
  kind: Right["kind"],
): void {
  if (host.wants) host.emit("right.named", { port: portName(uid), kind, space: spaceId, name });
}

/** It has none any more. */
export function noteUnnamed(
  { host, spaceId }: Where,
  { uid, name }: Noted,
  kind: Right["kind"],
): void {
  if (host.wants) host.emit("right.unnamed", { port: portName(uid), kind, space: spaceId, name });
}

/** A port that this space has just made. */
export function nameReceive(context: SpaceContext, uid: PortUid): SpaceEntry {
  const entry = addEntry(context.space, nameTypes.receive, uid);
  noteNamed(context, entry, "receive");
  return entry;
}
