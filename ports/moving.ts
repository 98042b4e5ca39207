// A receive right that changes hosts: held, packed, departed, arrived.
//
//   with its task   here ──hold──▶ held ──release──▶ here              the move was undone
//                                   └──depart──▶ a forwarder
//   alone           here ──travel──▶ in a message, held ──pull──▶ a forwarder      (travel.ts)
//
//   at the other host:   (nothing, or a proxy) ──arrive──▶ held ──release──▶ here
//
// The queue goes with the right, under a new location epoch; the new principal takes in nothing of
// that epoch before the queue is there (NORMA IPC v2 §6.7). So authority over a port is its epoch:
// whoever has packed it has given it up.

import { assert } from "./base/index.ts";
import { tell } from "./datagram.ts";
import { type HostId, hostName, portName, type PortUid, uidHost } from "./ids.ts";
import { dropForwarder, type KnownPort, knownOf, learnAll, rightsOf } from "./learn.ts";
import { locationPolicy } from "./location.ts";
import type { LocationName } from "./location-names.ts";
import { planted } from "./plant.ts";
import { makeProxy, newPrincipal } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Counted, Owner, Ports, Principal } from "./state.ts";
import { hosts as hostOps, type Message, port as portOps } from "./protocol/index.ts";
import { releaseStarved } from "./send.ts";
import { ask, isIdle, leaveReturning } from "./stream.ts";
import { takeIn } from "./take-in.ts";
import { knowsLosses } from "./wire/transport.ts";

/** A port as it travels: the receive right, its epoch, what is queued, and what Mach counts. */
export interface PackedPort {
  readonly uid: PortUid;
  readonly from: HostId;
  readonly epoch: number;
  readonly policy: LocationName;
  readonly limit: number;
  readonly queue: readonly Message[];
  readonly counted: Counted | null;
  readonly watchers: readonly HostId[];
  readonly trail: readonly HostId[];
  readonly holders: readonly HostId[];
  /** Whether its old host was counting its rights anew. */
  readonly recounts: boolean;
  /** Where the ports are to which the queue has rights. */
  readonly known: readonly KnownPort[];
}

/** The port as it would leave now. Changes nothing. */
export function packPort(ports: Ports, port: Principal): PackedPort {
  const { uid, policy, limit, queue, counted, watchers, holders } = port;
  const rights = rightsOf(queue).filter(({ kind }) => kind !== "dead");
  return {
    uid,
    from: ports.host,
    epoch: port.epoch + 1,
    policy,
    limit,
    queue: [...queue],
    counted,
    watchers: [...watchers],
    // Whoever has sent to it keeps a note of where it was.
    trail: [...new Set([...port.trail, ...port.sources.keys(), ports.host])],
    holders: [...holders],
    recounts: [...ports.recounts.values()].some(({ uids }) => uids.includes(uid)),
    known: knownOf(
      ports,
      rights.map((right) => right.uid),
    ),
  };
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
  const packed = packPort(ports, port);
  const queue = planted(ports, "lose-queued") ? packed.queue.slice(1) : packed.queue;
  const proxy = makeProxy(ports, uid, { host: to, epoch: packed.epoch, policy: port.policy });
  proxy.forwardsSince = host.now;
  proxy.leaving = true;
  if (locationPolicy(port.policy).tellsHolders) proxy.standing = packed.holders;
  if (uidHost(uid) === ports.host) ports.departed.add(uid);
  proxy.waiting.push(...port.waiting);
  releaseStarved(ports, port, host);
  leaveReturning(ports, port, proxy, host);
  ports.agenda.push({ on: "found", uid });
  const { epoch } = packed;
  host.emit("port.departed", {
    port: portName(uid),
    epoch,
    to: hostName(to),
    queued: packed.queue.length,
  });
  return { ...packed, queue };
}

/** The receive right is here now; held until `releasePort`. Requires: nothing of it was received. */
export function arrivePort(ports: Ports, packed: PackedPort, owner: Owner, host: PortsHost): void {
  const { uid, epoch, policy, limit } = packed;
  const before = ports.table.get(uid);
  assert(before?.where !== "here", "a port arrives where it is not");
  const port = newPrincipal(uid, { owner, epoch, limit, policy });
  port.held = true;
  port.counted = packed.counted;
  learnAll(ports, packed.known);
  fill(ports, port, packed.queue);
  if (before) dropForwarder(before, host);
  if (before) takeOver(ports, port, before.waiting);
  if (before && before.stream.unanswered.length > 0) {
    // All of them were refused where they went, or their outcomes are still to come from there.
    if (before.stream.sent > 0) port.returning = before.stream;
    else for (const message of before.stream.unanswered) takeIn(ports, port, message, host);
  }
  for (const id of packed.watchers) if (id !== ports.host) port.watchers.add(id);
  for (const id of packed.trail) if (id !== ports.host) port.trail.add(id);
  for (const id of packed.holders) if (id !== ports.host) port.holders.add(id);
  if (locationPolicy(policy).tellsHolders) port.holders.add(packed.from);
  ports.gone.delete(uid);
  ports.table.set(uid, port);
  host.emit("port.arrived", { port: portName(uid), epoch, queued: packed.queue.length });
  announce(ports, port, packed, host);
  if (packed.recounts || knowsLosses(ports)) ports.agenda.push({ on: "recount", uid });
}

function fill(ports: Ports, port: Principal, queue: readonly Message[]): void {
  const messages = planted(ports, "reorder-after-update") ? [...queue].reverse() : queue;
  for (const message of messages) {
    port.queue.push(message);
    port.stamps.push(ports.stamp++);
  }
}

/** Sends from here that waited to reach it elsewhere go on here. */
function takeOver(ports: Ports, port: Principal, waiting: readonly number[]): void {
  port.waiting.push(...waiting);
  if (waiting.length > 0) ports.agenda.push({ on: "found", uid: port.uid });
}

/** The old host is told of the new location always; it tells those whom it had bid to stand still. */
function announce(ports: Ports, port: Principal, packed: PackedPort, host: PortsHost): void {
  const { uid, epoch } = port;
  const { tellsOrigin } = locationPolicy(port.policy);
  const here = { uid, host: ports.host, epoch };
  const told = new Set([packed.from]);
  if (tellsOrigin) told.add(uidHost(uid));
  told.delete(ports.host);
  for (const to of told) tell(ports, to, hostOps.located, here, host);
  // Who wants to hear of its death has to know on which host to listen for it.
  for (const to of port.watchers) if (!told.has(to)) tell(ports, to, hostOps.listen, here, host);
  // Receive rights in its queue: their hosts learn where those lie now.
  for (const right of rightsOf(packed.queue)) {
    if (right.kind !== "receive") continue;
    ask(ports, right.uid, portOps.carried, { host: ports.host }, host);
  }
}

/** The port whose death this host wants to hear of is on another host now. */
export function onListen(
  ports: Ports,
  { uid, host, epoch }: { readonly uid: PortUid; readonly host: HostId; readonly epoch: number },
): void {
  const port = ports.table.get(uid);
  if (port?.where !== "away" || epoch <= port.epoch || epoch < (port.listens?.epoch ?? 0)) return;
  port.listens = { host, epoch };
}

/** A port has arrived: its old host is told, and whoever its policy says. */
export function onLocated(
  ports: Ports,
  {
    uid,
    host: at,
    epoch,
  }: { readonly uid: PortUid; readonly host: HostId; readonly epoch: number },
  host: PortsHost,
): void {
  const port = ports.table.get(uid);
  if (port?.where === "here" || (port && port.epoch > epoch)) return;
  // Without any record of it: told as the host that made it, as only policy home does.
  const policy = port?.policy ?? "home";
  const proxy = port ?? makeProxy(ports, uid, { host: at, epoch, policy });
  const { keepsForwarder, tellsOrigin } = locationPolicy(policy);
  const left = proxy.leaving;
  proxy.leaving = false;
  for (const to of proxy.standing) {
    if (to !== ports.host) tell(ports, to, hostOps.resume, { uid, host: at, epoch }, host);
  }
  proxy.standing = [];
  if (epoch > proxy.epoch) {
    proxy.host = at;
    proxy.epoch = epoch;
    ports.agenda.push({ on: "found", uid });
  }
  if (uidHost(uid) === ports.host && tellsOrigin) proxy.forwardsSince ??= host.now;
  else if (left && !keepsForwarder) {
    dropForwarder(proxy, host);
    if (isIdle(ports, proxy) && proxy.activity === 0 && !proxy.watched) ports.table.delete(uid);
  }
}
