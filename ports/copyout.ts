// Copyout: a message's rights arrive in a name space.
//
//   received     remote: its reply right      local: the port it was sent to
//   taken back   remote: its destination      local: its reply right
//
// Everything that is queued at a port is received as a message. A notification has Mach's number
// and four bytes: the name, or the count of make-sends. What kernels and servers say to each other
// has the code of its row as its number and no bytes; its rights are ports of the body.

import { assert } from "./base/index.ts";
import type { PortUid } from "./ids.ts";
import { copyout, deadRight, type SpaceContext } from "./names.ts";
import { type NotificationLayout, notificationOf } from "./notification.ts";
import { dropRights } from "./port.ts";
import { isOp, type Message, opByName, partKinds, type Right, user } from "./protocol/index.ts";
import { dropRight } from "./right.ts";
import { namesLeft, nullName, type PortName } from "./space.ts";

/** A message as the receiver has it: its rights are in the space, under these names. */
export interface Incoming {
  /** The reply right. Of a message that was taken back: the right to its destination, if that had
   *  been moved or made for it; 0 when it was a copy, which the sender still has. */
  readonly remote: PortName;
  /** What it is: 17 a send right, 18 a send-once right, 0 nothing. */
  readonly remoteType: number;
  /** The port that it was sent to. Of a message that was taken back: the reply right. */
  readonly local: PortName;
  readonly localType: number;
  /** The message's own, by which its host knows it. */
  readonly id: number;
  readonly number: number;
  /** How many the port has given to receivers before this one, since its receive right moved. */
  readonly sequence: number;
  /** The pid of the sender; 0: the kernel, a server or the operator. */
  readonly token: number;
  readonly bytes: Uint8Array;
  readonly parts: readonly InPart[];
  /** `notify.deadName` …, when that is what it is. */
  readonly notification: string | null;
}

/** `type`: 16 a receive right, 17 send, 18 send-once. */
export type InPart =
  | { readonly kind: "port"; readonly name: PortName; readonly type: number }
  | { readonly kind: "ports"; readonly names: readonly PortName[]; readonly type: number }
  | { readonly kind: "memory"; readonly bytes: Uint8Array };

/** Whether the rights of a message find names in a space that is nearly full. */
export function fits({ space }: SpaceContext, { reply, rights }: Message): boolean {
  const named = new Set<PortUid>();
  let needed = 0;
  for (const right of reply ? [reply, ...rights] : rights) {
    if (right.kind === "dead") continue;
    if (right.kind === "send-once") needed++;
    else if (!named.has(right.uid) && !space.names.has(right.uid)) {
      named.add(right.uid);
      needed++;
    }
  }
  return needed <= namesLeft(space);
}

const noBytes = new Uint8Array(0);
const noParts: readonly InPart[] = [];

/** A message is received. Requires: it fits. */
export function copyoutMessage(
  context: SpaceContext,
  message: Message,
  local: PortName,
  sequence: number,
): Incoming {
  const { reply } = message;
  const remoteType = reply ? typeOf(reply) : 0;
  const remote = reply ? copyout(context, reply) : nullName;
  const localType = 0;
  if (isOp(message, user.message)) {
    const { number, token, bytes } = message.body;
    const parts = copyoutParts(context, message);
    endDestination(context, message);
    const notification = null;
    // Written out: a spread costs more here than all the rest of a small message.
    return {
      remote,
      remoteType,
      local,
      localType,
      id: message.id,
      number,
      sequence,
      token,
      bytes,
      parts,
      notification,
    };
  }
  const parts = message.rights.map((right) => copyoutPort(context, right));
  const { number, bytes, notification } = layoutOf(message);
  return {
    remote,
    remoteType,
    local,
    localType,
    id: message.id,
    number,
    sequence,
    token: 0,
    bytes,
    parts,
    notification,
  };
}

/** The right by which a message was sent, when it was not a copy, went with it and ends here. */
function endDestination(
  { ports }: SpaceContext,
  { body, rights }: Message<typeof user.message.body>,
): void {
  if (rights.length === 0) return;
  const last = rights[rights.length - 1];
  if (last && rights.length > rightsOf(body.parts)) dropRight(ports, last);
}

function layoutOf(message: Message): NotificationLayout {
  const number = opByName(message.op).code;
  return notificationOf(message) ?? { number, bytes: noBytes, notification: null };
}

/** Mach's number for the type of a right that was received. */
function typeOf({ kind }: Right): number {
  switch (kind) {
    case "receive":
      return 16;
    case "send":
    case "dead":
      return 17;
    case "send-once":
      return 18;
  }
}

function copyoutParts(
  context: SpaceContext,
  { body, rights }: Message<typeof user.message.body>,
): readonly InPart[] {
  if (body.parts.length === 0) return noParts;
  const parts: InPart[] = [];
  let right = 0;
  let byte = 0;
  for (let at = 0; at + 1 < body.parts.length; at += 2) {
    const kind = body.parts[at];
    const length = body.parts[at + 1] ?? 0;
    if (kind === partKinds.memory) {
      parts.push({ kind: "memory", bytes: body.memory.subarray(byte, byte + length) });
      byte += length;
      continue;
    }
    const own = rights.slice(right, right + length);
    right += length;
    if (kind === partKinds.port) parts.push(copyoutPort(context, own[0] ?? deadRight));
    else parts.push(copyoutPorts(context, own));
  }
  return parts;
}

function copyoutPort(context: SpaceContext, right: Right): InPart {
  return { kind: "port", name: copyout(context, right), type: typeOf(right) };
}

function copyoutPorts(context: SpaceContext, rights: readonly Right[]): InPart {
  const valid = rights.find(({ kind }) => kind !== "dead") ?? deadRight;
  const names = rights.map((right) => copyout(context, right));
  return { kind: "ports", names, type: typeOf(valid) };
}

function rightsOf(parts: readonly number[]): number {
  let rights = 0;
  for (let at = 0; at + 1 < parts.length; at += 2) {
    if (parts[at] !== partKinds.memory) rights += parts[at + 1] ?? 0;
  }
  return rights;
}

/**
 * Pseudo-receive: the message was certainly not sent, and its sender has its rights again, perhaps
 * under other names. `to`: the port it was for. What finds no name in a full space ends.
 */
export function takeBack(context: SpaceContext, message: Message, to: PortUid): Incoming {
  const { via } = message;
  const once: Right | null = via === undefined ? null : { kind: "send-once", uid: to, count: via };
  const whole = once ? { ...message, rights: [...message.rights, once] } : message;
  const kept = fits(context, whole) ? whole : withoutRights(context, whole);
  assert(isOp(kept, user.message), "only a task's message is taken back");
  const { number, token, bytes } = kept.body;
  const parts = copyoutParts(context, kept);
  const destination = kept.rights[rightsOf(kept.body.parts)];
  return {
    remote: destination ? copyout(context, destination) : nullName,
    remoteType: destination ? typeOf(destination) : 0,
    local: kept.reply ? copyout(context, kept.reply) : nullName,
    localType: kept.reply ? typeOf(kept.reply) : 0,
    id: kept.id,
    number,
    sequence: 0,
    token,
    bytes,
    parts,
    notification: null,
  };
}

function withoutRights({ ports }: SpaceContext, message: Message): Message {
  dropRights(ports, message);
  return { ...message, reply: null, rights: message.rights.map(() => deadRight) };
}
