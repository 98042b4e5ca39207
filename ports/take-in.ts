// The principal's host: what it takes in, and what it says of ports that are elsewhere.

import type { Answer } from "./datagram.ts";
import { portName, type PortUid, uidHost, uidIncarnation } from "./ids.ts";
import { locationPolicy } from "./location.ts";
import { planted } from "./plant.ts";
import { dropRights, enqueue } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Ports, Principal } from "./state.ts";
import type { Message } from "./protocol/index.ts";
import type { Location } from "./wire/codec.ts";
import { incarnationOf } from "./wire/transport.ts";

/**
 * A message is here. Those for the port itself go to it; one that came by a send-once right uses it
 * up, and is destroyed if that right was used before; the rest are queued.
 */
export function takeIn(ports: Ports, port: Principal, message: Message, host: PortsHost): boolean {
  if (message.op.startsWith("port.")) {
    ports.agenda.push({ on: "request", uid: port.uid, message });
    return true;
  }
  const { counted } = port;
  if (counted && message.via !== undefined) {
    const isFirst = counted.once.delete(message.via) || planted(ports, "double-notify");
    if (!isFirst) {
      dropRights(ports, message);
      return false;
    }
    counted.activity = ports.activity++;
    if (host.wants) host.emit("right.used", { port: portName(port.uid), count: message.via });
  }
  if (counted && host.wants && message.op.startsWith("notify.")) {
    const kind = notificationKind(message);
    host.emit("notify.queued", { kind, port: portName(port.uid), via: message.via ?? 0 });
  }
  enqueue(ports, port, message, host);
  return true;
}

/** `no-senders` for `notify.noSenders`, as people write it. */
function notificationKind({ op }: Message): string {
  return op.slice("notify.".length).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What is said about a port that is not here, with the location that it is about. */
export interface Place extends Location {
  readonly answer: Answer;
}

/** What this host can say to whoever takes it, in `epoch`, for the host of a port. */
export function placeOf(ports: Ports, uid: PortUid, epoch: number): Place {
  const port = ports.table.get(uid);
  const nowhere = { host: uidHost(uid), epoch: 0 };
  if (isGone(ports, uid, port ? port.epoch : epoch)) return { answer: "dead", ...nowhere };
  if (port?.where !== "away") return { answer: "unknown", ...nowhere };
  const { host, epoch: known } = port;
  const sendsOn = port.forwardsSince !== null && known > epoch;
  return sendsOn ? { answer: "moved", host, epoch: known } : { answer: "unknown", ...nowhere };
}

/** Whether a port that is not here, and of which this is the latest epoch known, is no more. */
function isGone(ports: Ports, uid: PortUid, epoch: number): boolean {
  const goneIn = ports.gone.get(uid);
  if (goneIn !== undefined && epoch <= goneIn) return true;
  // What was made here, never left, and is not here, has died here.
  const mine = uidHost(uid) === ports.host && uidIncarnation(uid) === ports.incarnation;
  return mine && !ports.table.has(uid) && !ports.departed.has(uid);
}

/** Whether a forwarder passes a thread's send on. */
export function relaysFor(ports: Ports, uid: PortUid, epoch: number): Location | undefined {
  const port = ports.table.get(uid);
  if (port?.where !== "away" || port.forwardsSince === null || port.epoch <= epoch)
    return undefined;
  // A host that is not known to live: the sender is told, and finds out for itself.
  if (incarnationOf(ports, port.host) === 0) return undefined;
  return locationPolicy(port.policy).relays ? port : undefined;
}
