// A task's calls on its ports and sets: requests for notifications, membership, limits, and what
// can be asked of a name. As in `rights.ts`, a code that is not 0 has changed nothing.

import { watchPort } from "./death.ts";
import { entryNamed, leaveSet, type SpaceContext } from "./names.ts";
import { sendNotification } from "./notification.ts";
import { countedOf, portHere } from "./port.ts";
import type { Principal } from "./state.ts";
import type { Right } from "./protocol/index.ts";
import { armNoSenders, noSendersIfNone } from "./requests.ts";
import { kern } from "./returns.ts";
import { countedLimitMax } from "./right.ts";
import type { RightKind } from "./rights.ts";
import { roomFor } from "./send.ts";
import {
  armedType,
  nullName,
  type PortName,
  referencesMax,
  type SpaceEntry,
  nameTypes,
} from "./space.ts";

export interface NotificationRequest {
  readonly name: PortName;
  readonly which: "dead-name" | "no-senders" | "port-destroyed";
  /** Dead-name: not 0: at once when the name is dead already. No-senders: at once when there are
   *  none and so many make-sends, or more, have been made. */
  readonly sync: number;
  /** The send-once right by which it goes; null: cancels. */
  readonly notify: Right | null;
}

export interface Requested {
  readonly code: number;
  /** The request that this one replaces. When the code is not 0, `notify` stays the caller's. */
  readonly previous: Right | null;
}

const refused = (code: number): Requested => ({ code, previous: null });

export function portRequestNotification(
  context: SpaceContext,
  request: NotificationRequest,
): Requested {
  const entry = entryNamed(context, request.name);
  if (!entry) return refused(kern.invalidName);
  if (request.notify && request.notify.kind !== "send-once") {
    return refused(kern.invalidCapability);
  }
  switch (request.which) {
    case "dead-name":
      return requestDeadName(context, entry, request);
    case "no-senders":
      return requestNoSenders(context, entry, request);
    case "port-destroyed":
      return refused(kern.invalidValue); // whoever wants the right back asks for no-senders and dead-name
  }
}

function requestDeadName(
  context: SpaceContext,
  entry: SpaceEntry,
  { sync, notify }: NotificationRequest,
): Requested {
  const { ports, host } = context;
  if (entry.type === nameTypes.set) return refused(kern.invalidRight);
  if (entry.type === nameTypes.dead) {
    if (!notify || sync === 0) return refused(kern.invalidArgument);
    if (entry.references >= referencesMax) return refused(kern.urefsOverflow);
    entry.references++;
    const what = { kind: "dead-name", about: 0, value: entry.name } as const;
    sendNotification(ports, notify, what, host);
    return { code: kern.success, previous: null };
  }
  const previous = entry.armed;
  entry.armed = notify;
  if (notify && (entry.type & nameTypes.receive) === 0) watchPort(ports, entry.uid, host);
  return { code: kern.success, previous };
}

function requestNoSenders(
  context: SpaceContext,
  entry: SpaceEntry,
  { sync, notify }: NotificationRequest,
): Requested {
  const { ports, host } = context;
  if ((entry.type & nameTypes.receive) === 0) return refused(kern.invalidRight);
  const port = portHere(ports, entry.uid);
  if (!port) return refused(kern.aborted);
  const { makeSends } = countedOf(port);
  const previous = armNoSenders(port, notify, host);
  if (sync <= makeSends) noSendersIfNone(ports, port, host);
  return { code: kern.success, previous };
}

/** The receive right joins the set, or leaves the one that it is in (`set` 0). */
export function portMoveMember(context: SpaceContext, name: PortName, set: PortName): number {
  const entry = entryNamed(context, name);
  if (!entry) return kern.invalidName;
  if ((entry.type & nameTypes.receive) === 0) return kern.invalidRight;
  if (set === nullName) {
    if (entry.memberOf === nullName) return kern.notInSet;
    leaveSet(context.space, entry);
    return kern.success;
  }
  const target = entryNamed(context, set);
  if (!target) return kern.invalidName;
  if (target.type !== nameTypes.set) return kern.invalidRight;
  leaveSet(context.space, entry);
  entry.memberOf = set;
  target.members.push(name);
  announce(context, entry);
  return kern.success;
}

/** What is queued at the port can be received from its set now. */
function announce({ ports, host }: SpaceContext, { uid }: SpaceEntry): void {
  const port = portHere(ports, uid);
  if (port && !port.held && port.queue.length > 0) host.arrived(port);
}

/** The names of the space in order, with their nameTypes. */
export function portNames(
  context: SpaceContext,
): readonly { readonly name: PortName; readonly type: number }[] {
  const names: { name: PortName; type: number }[] = [];
  for (const { name } of [...context.space.entries.values()].sort((a, b) => a.name - b.name)) {
    const entry = entryNamed(context, name);
    if (entry) names.push({ name, type: typeOf(entry) });
  }
  return names;
}

export function portType(
  context: SpaceContext,
  name: PortName,
): { readonly code: number; readonly type: number } {
  const entry = entryNamed(context, name);
  return entry ? { code: kern.success, type: typeOf(entry) } : { code: kern.invalidName, type: 0 };
}

function typeOf(entry: SpaceEntry): number {
  return entry.armed ? entry.type + armedType : entry.type;
}

/** The references of one kind of right; 0 when the name has none of that kind. */
export function portGetRefs(
  context: SpaceContext,
  name: PortName,
  kind: RightKind,
): { readonly code: number; readonly references: number } {
  const entry = entryNamed(context, name);
  if (!entry) return { code: kern.invalidName, references: 0 };
  return { code: kern.success, references: referencesOf(entry, kind) };
}

function referencesOf({ type, references }: SpaceEntry, kind: RightKind): number {
  switch (kind) {
    case "send":
      return (type & nameTypes.send) === 0 ? 0 : references;
    case "receive":
      return (type & nameTypes.receive) === 0 ? 0 : 1;
    case "send-once":
      return type === nameTypes.once ? 1 : 0;
    case "port-set":
      return type === nameTypes.set ? 1 : 0;
    case "dead-name":
      return type === nameTypes.dead ? references : 0;
  }
}

export interface PortStatus {
  readonly set: PortName;
  readonly sequence: number;
  readonly makeSends: number;
  readonly limit: number;
  readonly queued: number;
  /** Send-once rights that exist somewhere. */
  readonly once: number;
  /** Whether there are send rights somewhere. */
  readonly sendRights: boolean;
  /** Whether a no-senders request is armed. */
  readonly noSenders: boolean;
}

type Found = { readonly code: 0; readonly port: Principal } | { readonly code: number };

/** The port of a receive right, as the calls below need it. */
function receivePort(context: SpaceContext, name: PortName): Found {
  const entry = entryNamed(context, name);
  if (!entry) return { code: kern.invalidName };
  if ((entry.type & nameTypes.receive) === 0) return { code: kern.invalidRight };
  const port = portHere(context.ports, entry.uid);
  return port ? { code: 0, port } : { code: kern.aborted };
}

export function portGetStatus(
  context: SpaceContext,
  name: PortName,
): { readonly code: number; readonly status: PortStatus | null } {
  const found = receivePort(context, name);
  if (!("port" in found)) return { code: found.code, status: null };
  const { port } = found;
  const counted = countedOf(port);
  const status = {
    set: entryNamed(context, name)?.memberOf ?? nullName,
    sequence: counted.sequence,
    makeSends: counted.makeSends,
    limit: port.limit,
    queued: port.queue.length,
    once: counted.once.size,
    sendRights: counted.transits > 0,
    noSenders: counted.noSenders !== null,
  };
  return { code: kern.success, status };
}

/** A limit below what is queued is refused: messages of one sender would change places (§2.3). */
export function portSetQlimit(context: SpaceContext, name: PortName, limit: number): number {
  const found = receivePort(context, name);
  if (!("port" in found)) return found.code;
  const { port } = found;
  if (limit < 0 || limit > countedLimitMax || limit < port.queue.length) return kern.invalidValue;
  port.limit = limit;
  roomFor(context.ports, port, context.host);
  return kern.success;
}

export function portSetMscount(context: SpaceContext, name: PortName, count: number): number {
  const found = receivePort(context, name);
  if (!("port" in found)) return found.code;
  if (count < 0 || count > 0xffffffff) return kern.invalidValue;
  countedOf(found.port).makeSends = count;
  return kern.success;
}

export function portGetSetMembers(
  context: SpaceContext,
  name: PortName,
): { readonly code: number; readonly members: readonly PortName[] } {
  const entry = entryNamed(context, name);
  if (!entry) return { code: kern.invalidName, members: [] };
  if (entry.type !== nameTypes.set) return { code: kern.invalidRight, members: [] };
  return { code: kern.success, members: [...entry.members] };
}
