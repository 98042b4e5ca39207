// A receive right that changes hosts with its task: held, packed, departed, arrived.
//
//   here ──hold──▶ held ──release──▶ here                       the move was undone
//                    └──depart──▶ a forwarder                   and, at the other host:
//                                 (nothing, or a proxy) ──arrive──▶ held ──release──▶ here
//
// The queue goes with the right, under a new location epoch; the new principal accepts nothing of
// that epoch before the queue is there (NORMA IPC v2 §6.7).

import { assert } from "./base/index.ts";
import type { HostId, PortUid } from "./ids.ts";
import { newPrincipal, type Owner, type Ports, type PortsHost } from "./port.ts";
import type { Message } from "./protocol/index.ts";
import { leaveReturning, makeProxy, releaseStarved, relocate } from "./stream.ts";
import type { Location } from "./wire/codec.ts";

/** A port as it travels with its task: the receive right, its epoch and what is queued. */
export interface PackedPort {
  readonly uid: PortUid;
  readonly epoch: number;
  readonly limit: number;
  readonly queue: readonly Message[];
}

/** Frozen: messages are queued and nobody receives. */
export function holdPort(ports: Ports, uid: PortUid): void {
  const port = ports.table.get(uid);
  assert(port?.where === "here", "only a port that is here can be held");
  port.held = true;
}

/** Thawed: the owner looks at what came meanwhile. */
export function releasePort(ports: Ports, uid: PortUid, host: PortsHost): void {
  const port = ports.table.get(uid);
  assert(port?.where === "here", "only a port that is here can be released");
  port.held = false;
  port.queue.forEach(() => host.arrived(port));
}

/** The receive right has left: what was queued goes after it, and who asks is sent on. */
export function departPort(ports: Ports, uid: PortUid, to: HostId, host: PortsHost): PackedPort {
  const port = ports.table.get(uid);
  assert(port?.where === "here" && port.held, "a port departs from where it was held");
  const location = { host: to, epoch: port.epoch + 1 };
  makeProxy(ports, uid, location).forwardsSince = host.now;
  releaseStarved(ports, port, host);
  leaveReturning(ports, port, location, host);
  return { uid, epoch: port.epoch + 1, limit: port.limit, queue: port.queue };
}

/** The receive right is here now; held until `releasePort`. Requires: nothing of it was received. */
export function arrivePort(ports: Ports, packed: PackedPort, owner: Owner): void {
  const before = ports.table.get(packed.uid);
  assert(before?.where !== "here", "a port arrives where it is not");
  const port = newPrincipal(packed.uid, owner, packed.epoch, packed.limit);
  port.held = true;
  port.queue.push(...packed.queue);
  if (before?.stalled) {
    port.queue.push(...before.stream.unanswered); // all of these were refused where they went
  } else if (before && before.stream.unanswered.length > 0) port.returning = before.stream;
  ports.gone.delete(packed.uid);
  ports.table.set(packed.uid, port);
}

/** The origin of a port is told where it is now, for senders who have lost it. */
export function noteLocation(ports: Ports, uid: PortUid, location: Location, now: number): void {
  const port = ports.table.get(uid);
  if (port?.where === "here" || (port && port.epoch >= location.epoch)) return;
  if (port) relocate(port, location);
  else makeProxy(ports, uid, location).forwardsSince = now;
}
