// Receiving a message into a name space (OSF Mach 3: `ipc_mqueue_receive`).
//
//   receive right not in a set ──▶ its queue
//   set ──▶ the member whose first message came before those of the others
//
// What the receiver then has is in `copyout.ts`.

import { must } from "./base/index.ts";
import { copyoutMessage, fits, type Incoming } from "./copyout.ts";
import { portName, type PortUid, wellKnownPort } from "./ids.ts";
import { entryNamed, type SpaceContext } from "./names.ts";
import { notificationBytes, notificationOf } from "./notification.ts";
import { countedOf, dequeue, dropRights, portHere } from "./port.ts";
import type { Principal, Sender } from "./state.ts";
import { isOp, partKinds, type Message, user } from "./protocol/index.ts";
import { receiveCodes, shortages } from "./returns.ts";
import { noteDestroyed, senderName } from "./send-outcome.ts";
import { roomFor } from "./send.ts";
import { entryOfPort, namesLeft, nameTypes, nullName, type PortName } from "./space.ts";

export type ReceiveResult =
  /** The name is wrong, or a message was destroyed for want of names. */
  | { readonly code: number }
  | { readonly message: Incoming }
  /** Nothing is queued, or the port is on its way here. */
  | { readonly empty: true };

const empty: ReceiveResult = { empty: true };

export function machReceive(context: SpaceContext, name: PortName, by: Sender): ReceiveResult {
  const { ports, host } = context;
  const found = receivable(context, name);
  if (!("ports" in found)) return found;
  const port = firstOf(context, found.ports);
  if (!port) return empty;
  const message = must(dequeue(port), "the first message of a queue");
  const sequence = countedOf(port).sequence++;
  roomFor(ports, port, host);
  if (namesLeft(context.space) < message.rights.length + 1 && !fits(context, message)) {
    noteDestroyed(message, port.uid, host);
    dropRights(ports, message);
    return { code: receiveCodes.headerError + shortages.space };
  }
  if (host.wants) noteReceived(context, message, { port: port.uid, sequence, by });
  const local = must(entryOfPort(context.space, port.uid), "name of a receive right").name;
  return { message: copyoutMessage(context, message, local, sequence) };
}

/** Somebody has received a message: a task, an agent or a native server. */
export function noteReceived(
  { ports, host }: Pick<SpaceContext, "ports" | "host">,
  message: Message,
  what: { readonly port: PortUid; readonly sequence: number; readonly by: Sender },
): void {
  if (!isOp(message, user.message)) return;
  // Any uid of this host: a receiver of the host's own has the host's name.
  const by = senderName(what.by, wellKnownPort(ports.host, "control"));
  const port = portName(what.port);
  host.emit("ipc.received", { msg: portName(message.id), port, seqno: what.sequence, by });
}

/** The ports that a receive on this name looks at, or why there are none. */
export function receivable(
  context: SpaceContext,
  name: PortName,
): { readonly code: number } | { readonly ports: readonly PortUid[] } {
  const entry = entryNamed(context, name);
  if (!entry) return { code: receiveCodes.invalidName };
  if (entry.type === nameTypes.set) {
    const { entries } = context.space;
    return { ports: entry.members.map((one) => must(entries.get(one), "member of a set").uid) };
  }
  if ((entry.type & nameTypes.receive) === 0) return { code: receiveCodes.invalidName };
  return entry.memberOf === nullName ? { ports: [entry.uid] } : { code: receiveCodes.inSet };
}

/** What a receive that has waited answers when it is tried again and the name is wrong by now. */
export function waitedCode(code: number): number {
  if (code === receiveCodes.invalidName) return receiveCodes.portDied;
  return code === receiveCodes.inSet ? receiveCodes.portChanged : code;
}

/** The port whose first message came before those of the others. */
function firstOf({ ports }: SpaceContext, uids: readonly PortUid[]): Principal | undefined {
  let first: Principal | undefined;
  for (const uid of uids) {
    const port = portHere(ports, uid);
    const stamp = port?.stamps[0];
    if (!port || port.held || stamp === undefined) continue;
    if (!first || stamp < must(first.stamps[0], "stamp of a queued message")) first = port;
  }
  return first;
}

/** What the message is that would be received next from the name: for a receiver's limit. */
export function peekSize(
  context: SpaceContext,
  name: PortName,
): { readonly id: number; readonly bytes: number; readonly parts: readonly number[] } | undefined {
  const found = receivable(context, name);
  const port = "ports" in found ? firstOf(context, found.ports) : undefined;
  const message = port?.queue[0];
  if (!message) return undefined;
  if (isOp(message, user.message)) {
    const { bytes, parts } = message.body;
    return { id: message.id, bytes: bytes.length, parts };
  }
  const parts = message.rights.flatMap(() => [partKinds.port, 1]);
  return { id: message.id, bytes: notificationOf(message) ? notificationBytes : 0, parts };
}

/** A receiver's buffer is too small: the message is destroyed, as without MACH_RCV_LARGE. */
export function destroyFirst(context: SpaceContext, name: PortName): void {
  const { ports, host } = context;
  const found = receivable(context, name);
  const port = "ports" in found ? firstOf(context, found.ports) : undefined;
  const message = port && dequeue(port);
  if (!message) return;
  countedOf(port).sequence++;
  roomFor(ports, port, host);
  noteDestroyed(message, port.uid, host);
  dropRights(ports, message);
}
