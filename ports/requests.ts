// What a port receives itself: its rights' transits, and who wants to be told what.

import { tell } from "./datagram.ts";
import { type HostId, portName, type PortUid } from "./ids.ts";
import { sendNotification } from "./notification.ts";
import { planted } from "./plant.ts";
import { countedOf, portHere, sendOnceNotification } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Ports, Principal } from "./state.ts";
import {
  hosts as hostOps,
  isOp,
  type Message,
  port as portOps,
  type Right,
} from "./protocol/index.ts";
import { giveTransits, transitsMade } from "./right.ts";
import { ask, sendMessage } from "./stream.ts";

/** A space's one transit cannot be split: it asks the port for more, wherever that is. */
export function acquireTransits(ports: Ports, uid: PortUid, space: number, host: PortsHost): void {
  const port = portHere(ports, uid);
  if (port) grant(ports, port, ports.host, space, host);
  else {
    const body = { host: ports.host, space };
    ask(ports, uid, portOps.acquire, body, host);
  }
}

function grant(ports: Ports, port: Principal, to: HostId, space: number, host: PortsHost): void {
  const { counted, uid } = port;
  if (!counted) return;
  giveTransits(ports, counted, transitsMade);
  const outstanding = counted.transits;
  host.emit("right.granted", { port: portName(uid), transits: transitsMade, outstanding });
  if (to === ports.host) onGranted(ports, { uid, transits: transitsMade, space }, host);
  else tell(ports, to, hostOps.granted, { uid, transits: transitsMade, space }, host);
}

export function onGranted(
  ports: Ports,
  {
    uid,
    transits,
    space,
  }: { readonly uid: PortUid; readonly transits: number; readonly space: number },
  host: PortsHost,
): void {
  const proxy = ports.table.get(uid);
  if (proxy?.where === "away") proxy.activity = ports.activity++;
  if (host.granted(space, uid, transits)) return;
  giveBack(ports, { kind: "send", uid, count: transits }, host);
}

/** A request to the port has come to its receive right. Those about its moves: `travel.ts`. */
export function onRequest(ports: Ports, port: Principal, message: Message, host: PortsHost): void {
  if (isOp(message, portOps.yield)) returnTransits(ports, port, message.body.transits, host);
  else if (isOp(message, portOps.acquire)) {
    grant(ports, port, message.body.host, message.body.space, host);
  } else if (isOp(message, portOps.watch)) port.watchers.add(message.body.host);
  else if (isOp(message, portOps.hold)) port.holders.add(message.body.host);
}

/** The transits of a send right that is no more go back to where they came from. */
export function giveBack(ports: Ports, { uid, count }: Right, host: PortsHost): void {
  if (count === undefined || planted(ports, "leak-transit")) return;
  const port = portHere(ports, uid);
  if (port) returnTransits(ports, port, count, host);
  else {
    const proxy = ports.table.get(uid);
    if (proxy?.where === "away") proxy.activity = ports.activity++;
    ask(ports, uid, portOps.yield, { transits: count }, host);
  }
}

function returnTransits(ports: Ports, port: Principal, transits: number, host: PortsHost): void {
  const { counted, uid } = port;
  if (!counted) return;
  counted.transits = Math.max(0, counted.transits - transits);
  counted.activity = ports.activity++;
  const outstanding = counted.transits;
  if (host.wants) host.emit("right.returned", { port: portName(uid), transits, outstanding });
  noSendersIfNone(ports, port, host);
}

/** Whom to tell when there are no senders any more. Returns who was to be told until now. */
export function armNoSenders(port: Principal, notify: Right | null, host: PortsHost): Right | null {
  const counted = countedOf(port);
  const previous = counted.noSenders;
  if (notify && host.wants) {
    host.emit("port.no-senders-asked", { port: portName(port.uid), makeSends: counted.makeSends });
  }
  counted.noSenders = notify;
  return previous;
}

/** The last send right is gone: who asked for it is told, once, how many had been made. */
export function noSendersIfNone(ports: Ports, { uid, counted }: Principal, host: PortsHost): void {
  if (!counted?.noSenders || counted.transits > 0) return;
  const { noSenders, makeSends } = counted;
  counted.noSenders = null;
  host.emit("port.no-senders", { port: portName(uid), makeSends });
  const what = { kind: "no-senders", about: uid, value: makeSends } as const;
  sendNotification(ports, noSenders, what, host);
}

/** A send-once right is destroyed unused: its port is told, by that right. */
export function notifySendOnce(ports: Ports, right: Right, id: number, host: PortsHost): void {
  const notification = sendOnceNotification(right, id);
  sendMessage(ports, right.uid, notification, host);
  if (planted(ports, "double-notify")) sendMessage(ports, right.uid, notification, host);
}
