// A task's calls on the rights in its name space, as Mach has them (OSF Mach 3: `ipc_right.c`, `mach_port.c`).
//
//   allocate, deallocate, destroy, mod_refs       here
//   insert_right, extract_right                   here: as if a message had brought or taken the right
//   request_notification, sets, limits, status    `rights-port.ts`
//
// Each call answers a code of `returns.ts`; one that is not 0 has changed nothing. A call that
// needs a port which is still on its way (`arriving`) answers KERN_ABORTED: kernels ask first, and
// let the thread wait.

import { checkTake, dispositions, take, taking, type Taking } from "./copyin.ts";
import type { PortUid } from "./ids.ts";
import {
  copyout,
  endOnce,
  endReceive,
  endSend,
  endSet,
  entryNamed,
  forgetName,
  giveUpKept,
  isDead,
  nameReceive,
  type SpaceContext,
} from "./names.ts";
import { portHere } from "./port.ts";
import type { Right } from "./protocol/index.ts";
import { kern } from "./returns.ts";
import { createCountedPort } from "./right.ts";
import {
  addEntry,
  entryOfPort,
  isFree,
  namesLeft,
  nullName,
  type PortName,
  referencesMax,
  reserveName,
  type SpaceEntry,
  nameTypes,
} from "./space.ts";

/** The kinds of right that `portAllocate`, `portModRefs` and `portGetRefs` speak of (Mach's order). */
export const rightKinds = ["send", "receive", "send-once", "port-set", "dead-name"] as const;
export type RightKind = (typeof rightKinds)[number];

const typeOfKind: Readonly<Record<RightKind, number>> = {
  send: nameTypes.send,
  receive: nameTypes.receive,
  "send-once": nameTypes.once,
  "port-set": nameTypes.set,
  "dead-name": nameTypes.dead,
};

export interface Named {
  readonly code: number;
  /** 0 unless the code is. */
  readonly name: PortName;
}

/** A new port, of which the caller has the receive right; a new set; or a dead name. */
export function portAllocate(context: SpaceContext, kind: RightKind): Named {
  const { ports, space, spaceId, host } = context;
  if (kind === "send" || kind === "send-once") return { code: kern.invalidValue, name: nullName };
  if (namesLeft(space) === 0) return { code: kern.noSpace, name: nullName };
  if (kind === "receive") {
    const { uid } = createCountedPort(ports, { kind: "space", id: spaceId }, host);
    return { code: kern.success, name: nameReceive(context, uid).name };
  }
  const entry = addEntry(space, typeOfKind[kind], 0);
  if (kind === "dead-name") entry.references = 1;
  return { code: kern.success, name: entry.name };
}

/** One reference less to a send right, a send-once right or a dead name. */
export function portDeallocate(context: SpaceContext, name: PortName): number {
  const entry = entryNamed(context, name);
  if (!entry) return kern.invalidName;
  const type = entry.type & ~nameTypes.receive;
  if (type === nameTypes.send) return changeSend(context, entry, -1);
  if (type === nameTypes.once) endOnce(context, entry);
  else if (type === nameTypes.dead) dropDead(context, entry, -1);
  else return kern.invalidRight;
  return kern.success;
}

/** Everything under the name ends. */
export function portDestroy(context: SpaceContext, name: PortName): number {
  const entry = entryNamed(context, name);
  if (!entry) return kern.invalidName;
  endEntry(context, entry);
  return kern.success;
}

function endEntry(context: SpaceContext, entry: SpaceEntry): void {
  if (entry.type === nameTypes.set) endSet(context, entry);
  else if (entry.type === nameTypes.dead) forgetName(context, entry);
  else if (entry.type === nameTypes.once) endOnce(context, entry);
  else {
    const receives = (entry.type & nameTypes.receive) !== 0;
    if ((entry.type & nameTypes.send) !== 0) endSend(context, entry);
    if (receives) endReceive(context, entry);
  }
}

/** The references of one kind of right under the name change by `delta`. */
export function portModRefs(
  context: SpaceContext,
  name: PortName,
  kind: RightKind,
  delta: number,
): number {
  const entry = entryNamed(context, name);
  if (!entry) return kern.invalidName;
  if ((entry.type & typeOfKind[kind]) === 0) return kern.invalidRight;
  switch (kind) {
    case "send":
      return changeSend(context, entry, delta);
    case "dead-name":
      return changeDead(context, entry, delta);
    case "receive":
    case "send-once":
    case "port-set":
      if (delta !== 0 && delta !== -1) return kern.invalidValue;
      if (delta === 0) return kern.success;
      if (kind === "receive") endReceive(context, entry);
      else if (kind === "send-once") endOnce(context, entry);
      else endSet(context, entry);
      return kern.success;
  }
}

function changeSend(context: SpaceContext, entry: SpaceEntry, delta: number): number {
  const references = entry.references + delta;
  if (references < 0) return kern.invalidValue;
  if (references > referencesMax - 1) return kern.urefsOverflow;
  if (references === 0) endSend(context, entry);
  else entry.references = references;
  return kern.success;
}

function changeDead(context: SpaceContext, entry: SpaceEntry, delta: number): number {
  const references = entry.references + delta;
  if (references < 0) return kern.invalidValue;
  if (references > referencesMax) return kern.urefsOverflow;
  dropDead(context, entry, delta);
  return kern.success;
}

function dropDead(context: SpaceContext, entry: SpaceEntry, delta: number): void {
  entry.references += delta;
  if (entry.references === 0) forgetName(context, entry);
}

/** The port of a receive right that the space has, when it is still on its way here. */
export function arriving(context: SpaceContext, name: PortName): PortUid | undefined {
  const entry = entryNamed(context, name);
  if (!entry || (entry.type & nameTypes.receive) === 0) return undefined;
  return portHere(context.ports, entry.uid) ? undefined : entry.uid;
}

/** What a right would be taken as, or why not. */
export type Extracted =
  | { readonly code: 0; readonly right: Right }
  | { readonly code: number; readonly right: null }
  | { readonly acquire: PortUid }
  | { readonly claim: PortUid };

/** The right leaves the space as if it had been sent. `acquire`, `claim`: it has to wait for these. */
export function portExtractRight(
  context: SpaceContext,
  name: PortName,
  disposition: number,
): Extracted {
  const answer = checkTake(context, name, disposition, null);
  if (answer === taking.ok) return { code: 0, right: take(context, name, disposition, 0) };
  const uid = context.space.entries.get(name)?.uid ?? 0;
  if (answer === taking.acquire) return { acquire: uid };
  if (answer === taking.claim) return { claim: uid };
  return { code: kernCode(answer), right: null };
}

function kernCode(answer: Taking): number {
  switch (answer) {
    case taking.ok:
      return kern.success;
    case taking.dead:
    case taking.invalidRight:
      return kern.invalidRight;
    case taking.invalidName:
      return kern.invalidName;
    case taking.invalidValue:
      return kern.invalidValue;
    case taking.acquire:
    case taking.claim:
      return kern.aborted;
  }
}

/** The right arrives in the space under a name that the caller chose. Refused: it stays the caller's. */
export function portInsertRight(context: SpaceContext, name: PortName, right: Right): number {
  const code = checkInsert(context, name, right.kind, right.uid);
  if (code !== kern.success) return code;
  if (!entryNamed(context, name)) reserveName(context.space, name);
  copyout(context, right);
  return kern.success;
}

function checkInsert(
  context: SpaceContext,
  name: PortName,
  kind: Right["kind"],
  uid: PortUid,
): number {
  if (kind === "dead" || isDead(context.ports, uid)) return kern.invalidCapability;
  const entry = entryNamed(context, name);
  if (!entry && !isFree(context.space, name)) return kern.nameExists;
  const known = kind === "send-once" ? undefined : entryOfPort(context.space, uid);
  if (!known) return entry ? kern.nameExists : kern.success;
  if (known.name !== name) return kern.rightExists;
  if (kind === "receive") return kern.success;
  return known.references >= referencesMax - 1 ? kern.urefsOverflow : kern.success;
}

/** `mach_port_insert_right` on oneself: a right of the space, by its name, under another or the same. */
export function portInsertNamed(
  context: SpaceContext,
  name: PortName,
  from: { readonly name: PortName; readonly disposition: number },
): number | { readonly acquire: PortUid } | { readonly claim: PortUid } {
  const answer = checkTake(context, from.name, from.disposition, null);
  if (answer === taking.invalidName || answer === taking.dead) return kern.invalidCapability;
  const uid = context.space.entries.get(from.name)?.uid ?? 0;
  if (answer === taking.acquire) return { acquire: uid };
  if (answer === taking.claim) return { claim: uid };
  if (answer !== taking.ok) return kernCode(answer);
  const code = checkInsert(context, name, kindOf(from.disposition), uid);
  if (code !== kern.success) return code;
  return portInsertRight(context, name, take(context, from.name, from.disposition, 0));
}

function kindOf(disposition: number): Right["kind"] {
  switch (disposition) {
    case dispositions.moveReceive:
      return "receive";
    case dispositions.moveSendOnce:
    case dispositions.makeSendOnce:
      return "send-once";
    default:
      return "send";
  }
}

/**
 * Task death: everything under each name ends. The kernel's own names stay, but what their rights
 * carry goes back: whoever has to be told that a file is closed has been told before.
 */
export function endSpace(context: SpaceContext): void {
  const { entries } = context.space;
  for (const entry of [...entries.values()]) {
    if (entry.private) giveUpKept(context, entry);
    else if (entries.has(entry.name)) endEntry(context, entry);
  }
}
