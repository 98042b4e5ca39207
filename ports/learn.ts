// What a host comes to know of where ports are, and of whose rights pass through it.

import { type HostId, portName, type PortUid } from "./ids.ts";
import { locationPolicy } from "./location.ts";
import { locatePort, makeProxy, portHere } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Ports, Proxy } from "./state.ts";
import type { Message, Right } from "./protocol/index.ts";
import { planted } from "./plant.ts";
import type { Known, Location } from "./wire/codec.ts";

/** A right came with its sender's idea of where the port is; a later move beats an earlier one. */
export function learn(ports: Ports, uid: PortUid, known: Known): void {
  const port = ports.table.get(uid);
  if (!port) {
    if (known.host !== ports.host) makeProxy(ports, uid, known);
    return;
  }
  if (port.where === "here" || port.epoch >= known.epoch) return;
  if (known.host === ports.host) return;
  port.policy = known.policy;
  relocate(ports, port, known);
}

/**
 * The port is known to be elsewhere: what waits to be sent goes there. What was sent before gets
 * its outcomes from where it went.
 */
export function relocate(ports: Ports, proxy: Proxy, location: Location): void {
  if (location.host === ports.host) {
    // It is on its way to here: whoever sends tries again until it has come.
    ports.agenda.push({ on: "lost", uid: proxy.uid });
    return;
  }
  if (planted(ports, "stale-location-forever")) return;
  proxy.host = location.host;
  proxy.epoch = location.epoch;
  proxy.search = null;
  if (proxy.listens && proxy.listens.epoch <= location.epoch) proxy.listens = null;
  ports.agenda.push({ on: "found", uid: proxy.uid });
}

/** The port is where it was believed to be: whatever else waits goes there too. */
export function endSearch(ports: Ports, proxy: Proxy): void {
  if (!proxy.search) return;
  proxy.search = null;
  ports.agenda.push({ on: "found", uid: proxy.uid });
}

/** Nobody is sent on from here any more. */
export function dropForwarder(proxy: Proxy, host: PortsHost): void {
  if (proxy.forwardsSince === null) return;
  proxy.forwardsSince = null;
  host.emit("port.forgotten", { port: portName(proxy.uid) });
}

/** Counted rights go to another host, in a message; of ports that are here, it is a holder now. */
export function touchRights(ports: Ports, to: HostId, message: Message): void {
  if (message.reply) touch(ports, to, message.reply);
  for (const right of message.rights) touch(ports, to, right);
}

function touch(ports: Ports, to: HostId, { uid, count }: Right): void {
  const port = ports.table.get(uid);
  if (!port) return;
  if (port.where === "here") {
    if (locationPolicy(port.policy).tellsHolders) port.holders.add(to);
    if (port.counted) port.counted.activity = ports.activity++;
  } else if (count !== undefined) port.activity = ports.activity++;
}

/** Rights came in a message. Of a port with policy update its principal is told who has one. */
export function noteRights(ports: Ports, from: HostId, message: Message): void {
  if (message.reply) noteRight(ports, from, message.reply);
  for (const right of message.rights) noteRight(ports, from, right);
}

function noteRight(ports: Ports, from: HostId, { uid, count, kind }: Right): void {
  const here = portHere(ports, uid);
  if (here?.counted) here.counted.activity = ports.activity++;
  const port = ports.table.get(uid);
  if (port?.where !== "away") return;
  if (count !== undefined) port.activity = ports.activity++;
  const { tellsHolders } = locationPolicy(port.policy);
  if (tellsHolders && kind !== "receive" && port.host !== from) {
    ports.agenda.push({ on: "holding", uid });
  }
}

/** Where these ports are believed to be, for a host that gets rights to them in a lump of data. */
export function knownOf(ports: Ports, uids: Iterable<PortUid>): readonly KnownPort[] {
  return [...new Set(uids)].map((uid) => ({ uid, ...locatePort(ports, uid) }));
}

export interface KnownPort extends Known {
  readonly uid: PortUid;
}

export function learnAll(ports: Ports, known: readonly KnownPort[]): void {
  for (const { uid, ...rest } of known) learn(ports, uid, rest);
}

/** The ports to which messages carry rights. */
export function rightsOf(messages: readonly Message[]): readonly Right[] {
  return messages.flatMap(({ reply, rights }) => (reply ? [reply, ...rights] : rights));
}
