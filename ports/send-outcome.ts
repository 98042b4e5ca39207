// How a thread's send ends: queued, given back, destroyed with its port, or nobody knows.

import { hostName, portName, type PortUid, uidHost } from "./ids.ts";
import { dropRights } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Message } from "./protocol/index.ts";
import type { Ports, Principal, Sender, SendRecord } from "./state.ts";
import { takeIn } from "./take-in.ts";

/** Mach's codes for how a send ends. */
export const sendEnds = { sent: 0, timedOut: 0x10000004, interrupted: 0x10000007 } as const;

export function hasRoom(port: Principal): boolean {
  return port.queue.length < port.limit;
}

/** Queues a thread's message at a port that is here. */
export function queueHere(
  ports: Ports,
  port: Principal,
  message: Message,
  hops: number,
  host: PortsHost,
): void {
  if (host.wants)
    host.emit("ipc.queued", { msg: portName(message.id), port: portName(port.uid), hops });
  if (!takeIn(ports, port, message, host)) noteDestroyed(message, port.uid, host);
}

export const unknownEnd: End = { code: sendEnds.sent, definite: false };

export interface End {
  readonly code: number;
  /** Whether it is known what became of the message. */
  readonly definite: boolean;
  /** Its port is dead. */
  readonly destroyed?: boolean;
}

export function endSend(ports: Ports, record: SendRecord, end: End, host: PortsHost): void {
  const { id, message, sender } = record;
  ports.sends.delete(id);
  if (end.destroyed) destroySend(ports, message, record.to, host);
  if (!end.definite) loseReceiveRights(ports, message);
  const { code } = noteEnd(id, record, end, host);
  const isSent = code === sendEnds.sent;
  const queued = isSent && end.definite && !end.destroyed;
  host.sendEnded({ id, sender, code, queued, returned: isSent ? null : message });
}

/** Whether a send is open that ends by itself: what waits for room may wait for ever. */
export function awaitsOutcome({ sends }: Ports): boolean {
  for (const { state } of sends.values()) if (state !== "room") return true;
  return false;
}

/** A receive right in a message that may have arrived: for this host its port is dead, and if the
 *  receiver asks for it, it is told so. */
function loseReceiveRights(ports: Ports, { rights }: Message): void {
  for (const right of rights) {
    if (right.kind === "receive") ports.agenda.push({ on: "dropped", right, id: 0 });
  }
}

export function noteEnd(
  id: number,
  { to, sender }: { readonly to: PortUid; readonly sender: Sender },
  { code, definite }: End,
  host: PortsHost,
): { readonly done: true; readonly code: number } {
  if (host.wants) {
    const by = senderName(sender, id);
    host.emit("ipc.outcome", { msg: portName(id), port: portName(to), by, code, definite });
  }
  return { done: true, code };
}

/** A sender as traces print it: `pid.tid`, or the host's name for its own threads. */
export function senderName({ pid, tid }: Sender, id: number): string {
  if (pid !== 0) return `${pid}.${tid}`;
  return tid === 0 ? hostName(uidHost(id)) : `${hostName(uidHost(id))}.${tid}`;
}

export function destroySend(ports: Ports, message: Message, to: PortUid, host: PortsHost): void {
  noteDestroyed(message, to, host);
  dropRights(ports, message);
}

export function noteDestroyed(message: Message, port: PortUid, host: PortsHost): void {
  host.emit("ipc.destroyed", { msg: portName(message.id), port: portName(port) });
}
