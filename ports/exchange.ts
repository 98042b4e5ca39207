// Sending a message from a name space (OSF Mach 3: `ipc_kmsg.c`, `ipc_mqueue_send`). Receiving is in `receive.ts`.
//
//   check header ──▶ check body ──▶ take all rights ──▶ circular? ──▶ sendForThread
//        └───────────────┴── a code, or what it has to wait for: nothing has changed
//
// What a message holds of the right by which it is sent: nothing of a copy, for the sender keeps
// its right; a send right that was moved or made goes along as the last of its rights, and ends
// when it is received; of a send-once right the number, as `via`.

import { checkTake, type Drafts, dispositions, take, taking, type Taking } from "./copyin.ts";
import { type Incoming, takeBack } from "./copyout.ts";
import { destroyPort } from "./death.ts";
import { makePortUid, portName, type PortUid } from "./ids.ts";
import { deadRight, nullRight, type SpaceContext } from "./names.ts";
import type { Sender } from "./state.ts";
import { type Message, partKinds, type Right, user } from "./protocol/index.ts";
import { sendCodes } from "./returns.ts";
import { dropRight, wouldCircle } from "./right.ts";
import { noteDestroyed, noteEnd, senderName } from "./send-outcome.ts";
import { sendForThread } from "./send.ts";
import { deadName, nullName, type PortName, nameTypes } from "./space.ts";

/** What a task asks to be sent. Dispositions are Mach's numbers. */
export interface Outgoing {
  readonly remote: PortName;
  readonly remoteDisposition: number;
  /** The reply port, or NULL. */
  readonly local: PortName;
  readonly localDisposition: number;
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly parts: readonly OutPart[];
}

export type OutPart =
  | { readonly kind: "port"; readonly name: PortName; readonly disposition: number }
  | { readonly kind: "ports"; readonly names: readonly PortName[]; readonly disposition: number }
  | { readonly kind: "memory"; readonly bytes: Uint8Array };

export type SendResult =
  /** `returned`: what the sender has again after a code that is not 0, when it had been taken. */
  | { readonly done: true; readonly code: number; readonly returned: Incoming | null }
  /** `PortsHost.sendEnded` will tell. */
  | { readonly done: false; readonly id: number; readonly to: PortUid }
  /** More transits of this port are needed first: `acquireTransits`, and again when granted. */
  | { readonly acquire: PortUid }
  /** This port is still on its way to its receive right: again when claimed. */
  | { readonly claim: PortUid };

export interface SendOptions {
  /** How long it may wait for room; 0: not at all; null: without end. */
  readonly timeoutNs: number | null;
}

/** A code that is not 0, or what has to be waited for; null: nothing stands against it. */
type Refusal = Exclude<SendResult, { readonly done: false }> | null;

const refusal = (code: number): Refusal => ({ done: true, code, returned: null });

export function machSend(
  context: SpaceContext,
  sender: Sender,
  out: Outgoing,
  options: SendOptions,
): SendResult {
  const alone = out.parts.length === 0 && out.remote !== out.local;
  const drafts: Drafts | null = alone ? null : new Map();
  const refused = checkHeader(context, out, drafts) ?? checkParts(context, out.parts, drafts);
  if (refused) return refused;
  const { ports, host } = context;
  const { uid: to, type } = context.space.entries.get(out.remote) ?? { uid: 0, type: 0 };
  const circular = out.parts.length > 0 && isCircular(context, out.parts, to);
  const message = copyinMessage(context, out, to, sender.pid);
  if (host.wants) noteSent(message, to, sender, context);
  if (circular) {
    destroyCircular(context, message, to);
    noteEnd(message.id, { to, sender }, { code: 0, definite: true }, host);
    return { done: true, code: 0, returned: null };
  }
  const always = message.via !== undefined || type === nameTypes.once;
  const { timeoutNs } = options;
  const sent = sendForThread(ports, { to, message, sender, always, timeoutNs }, host);
  if (!sent.done) return { done: false, id: sent.id, to };
  const returned = sent.code === 0 ? null : takeBack(context, message, to);
  return { done: true, code: sent.code, returned };
}

function checkHeader(context: SpaceContext, out: Outgoing, drafts: Drafts | null): Refusal {
  const { remote, remoteDisposition, local, localDisposition } = out;
  if (!isToSend(remoteDisposition)) return refusal(sendCodes.invalidHeader);
  const hasReply = local !== nullName && local !== deadName;
  if (localDisposition === 0 ? local !== nullName : !isToSend(localDisposition)) {
    return refusal(sendCodes.invalidHeader);
  }
  // Of two rights from one name the one that is copied or made comes first, so that a reference
  // which the other moves is still there (`ipc_kmsg_copyin_header`).
  const replyFirst = remote === local && isMoved(remoteDisposition) && !isMoved(localDisposition);
  const reply = (): Refusal =>
    hasReply ? checkReply(context, local, localDisposition, drafts) : null;
  if (replyFirst) return reply() ?? checkRemote(context, remote, remoteDisposition, drafts);
  return checkRemote(context, remote, remoteDisposition, drafts) ?? reply();
}

function isToSend(disposition: number): boolean {
  return disposition > dispositions.moveReceive && disposition <= dispositions.makeSendOnce;
}

function isMoved(disposition: number): boolean {
  return disposition === dispositions.moveSend || disposition === dispositions.moveSendOnce;
}

function checkRemote(
  context: SpaceContext,
  name: PortName,
  disposition: number,
  drafts: Drafts | null,
): Refusal {
  // A copy for the destination stays with the sender: its transits need not be split.
  const answer = checkTake(context, name, disposition, drafts);
  if (answer === taking.ok) return null;
  if (answer === taking.acquire && disposition === dispositions.copySend) return null;
  return waitsFor(context, name, answer) ?? refusal(sendCodes.invalidDestination);
}

function checkReply(
  context: SpaceContext,
  name: PortName,
  disposition: number,
  drafts: Drafts | null,
): Refusal {
  const answer = checkTake(context, name, disposition, drafts);
  if (answer === taking.ok || answer === taking.dead) return null;
  return waitsFor(context, name, answer) ?? refusal(sendCodes.invalidReply);
}

function waitsFor(context: SpaceContext, name: PortName, answer: Taking): Refusal {
  const uid = context.space.entries.get(name)?.uid ?? 0;
  if (answer === taking.acquire) return { acquire: uid };
  if (answer === taking.claim) return { claim: uid };
  return null;
}

function checkParts(
  context: SpaceContext,
  parts: readonly OutPart[],
  drafts: Drafts | null,
): Refusal {
  for (const part of parts) {
    if (part.kind === "memory") continue;
    const { disposition } = part;
    if (disposition < dispositions.moveReceive || disposition > dispositions.makeSendOnce) {
      return refusal(sendCodes.invalidType);
    }
    for (const name of part.kind === "port" ? [part.name] : part.names) {
      if (name === nullName || name === deadName) continue;
      const answer = checkTake(context, name, disposition, drafts);
      if (answer === taking.ok || answer === taking.dead) continue;
      return waitsFor(context, name, answer) ?? refusal(sendCodes.invalidRight);
    }
  }
  return null;
}

const noBytes = new Uint8Array(0);
const noParts: readonly number[] = [];

/** All rights leave the space. Requires: all were checked. */
function copyinMessage(
  context: SpaceContext,
  out: Outgoing,
  to: PortUid,
  token: number,
): Message<typeof user.message.body> {
  const { ports } = context;
  const { number, bytes } = out;
  const id = makePortUid(ports.host, ports.incarnation, ports.messages++);
  const { destination, reply } = takeHeader(context, out);
  const rights: Right[] = [];
  let memory: Uint8Array = noBytes;
  let parts: readonly number[] = noParts;
  if (out.parts.length > 0) {
    parts = out.parts.flatMap(describePart);
    memory = joinMemory(out.parts);
    for (const part of out.parts) takePart(context, part, to, rights);
  }
  if (destination?.kind === "send" && destination.count !== undefined) rights.push(destination);
  const body = { number, token, bytes, parts, memory };
  const op = user.message.name;
  const via = destination?.kind === "send-once" ? destination.count : undefined;
  return via === undefined ? { op, id, reply, rights, body } : { op, id, reply, rights, body, via };
}

/** The right by which it is sent, unless that is a copy, and the reply right. */
function takeHeader(
  context: SpaceContext,
  out: Outgoing,
): { readonly destination: Right | null; readonly reply: Right | null } {
  const { remote, remoteDisposition, local, localDisposition } = out;
  const copied = remoteDisposition === dispositions.copySend;
  const reply = (): Right | null => {
    if (local === nullName) return null;
    return local === deadName ? deadRight : take(context, local, localDisposition, 0);
  };
  if (copied) return { destination: null, reply: reply() };
  if (remote === local && !isMoved(localDisposition)) {
    const first = reply();
    return { destination: take(context, remote, remoteDisposition, 0), reply: first };
  }
  return { destination: take(context, remote, remoteDisposition, 0), reply: reply() };
}

function takePart(context: SpaceContext, part: OutPart, to: PortUid, rights: Right[]): void {
  if (part.kind === "memory") return;
  for (const name of part.kind === "port" ? [part.name] : part.names) {
    if (name === nullName) rights.push(nullRight);
    else if (name === deadName) rights.push(deadRight);
    else rights.push(take(context, name, part.disposition, to));
  }
}

function describePart(part: OutPart): readonly number[] {
  switch (part.kind) {
    case "port":
      return [partKinds.port, 1];
    case "ports":
      return [partKinds.ports, part.names.length];
    case "memory":
      return [partKinds.memory, part.bytes.length];
  }
}

/** Out-of-line memory has copy semantics: what the sender writes later is not seen. */
function joinMemory(parts: readonly OutPart[]): Uint8Array {
  const pieces = parts.flatMap((part) => (part.kind === "memory" ? [part.bytes] : []));
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

function noteSent(message: Message, to: PortUid, sender: Sender, { host }: SpaceContext): void {
  const rights = message.reply ? [message.reply, ...message.rights] : message.rights;
  host.emit("ipc.sent", {
    msg: portName(message.id),
    port: portName(to),
    by: senderName(sender, message.id),
    via: message.via ?? 0,
    rights: rights.filter(({ kind }) => kind !== "dead").map(describeRight),
  });
}

function describeRight({ kind, uid, count }: Right): string {
  return kind === "receive" ? `${kind}:${portName(uid)}` : `${kind}:${portName(uid)}:${count ?? 0}`;
}

/** Whether the message would lie where only a receive right in it could fetch it from. */
function isCircular(
  { ports, space }: SpaceContext,
  parts: readonly OutPart[],
  to: PortUid,
): boolean {
  return parts.some((part) => {
    if (part.kind === "memory" || part.disposition !== dispositions.moveReceive) return false;
    const names = part.kind === "port" ? [part.name] : part.names;
    return names.some((name) => {
      const entry = space.entries.get(name);
      return entry !== undefined && wouldCircle(ports, entry.uid, to);
    });
  });
}

/** Nobody could ever receive it: it is destroyed, and its sender told that it was sent. */
function destroyCircular(context: SpaceContext, message: Message, to: PortUid): void {
  const { ports, host } = context;
  noteDestroyed(message, to, host);
  if (message.reply) dropRight(ports, message.reply);
  for (const right of message.rights) {
    if (right.kind === "receive") destroyPort(ports, right.uid, host);
    else dropRight(ports, right);
  }
}
