// A receive right that travels alone, in a message (NORMA IPC v2 §6.7.2).
//
//   old host                                   new host
//   travelling: queues what comes, nobody      the message is queued, and may move on with its queue
//     receives                          ◀───── "carried": where the message lies now
//                                              the message is received: the right has a name, its
//   (update: holders stand still)       ◀─────   port a claim; "pull"
//   depart: a forwarder                 ─────▶ "carry": arrive, claimed
//
// The port stays where it is until somebody has really received its right: a message may be
// refused, wait, or be destroyed, and its sender's host is the one that can say so.

import { decodePlain, encodePlain } from "./base/index.ts";
import { tell } from "./datagram.ts";
import { type HostId, portName, type PortUid } from "./ids.ts";
import { locationPolicy } from "./location.ts";
import { arrivePort, departPort, type PackedPort, releasePort } from "./moving.ts";
import { flushTo } from "./datagram.ts";
import { portHere, proxyTo } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Owner, Ports, Principal } from "./state.ts";
import { type Body, hosts as hostOps, port as portOps } from "./protocol/index.ts";
import { ask } from "./stream.ts";

/**
 * A message with this receive right was received here, by `owner`. True: the port is here. False:
 * it is on its way, and `PortsHost.claimed` will say when it has come, or `portDead` that it never
 * will.
 */
export function claimReceive(ports: Ports, uid: PortUid, owner: Owner, host: PortsHost): boolean {
  const port = ports.table.get(uid);
  if (port?.where === "here") {
    endTravel(port, owner);
    port.queue.forEach(() => host.arrived(port));
    return true;
  }
  const proxy = port ?? proxyTo(ports, uid);
  if (!proxy) return false; // it was made here, and has died
  proxy.claim = owner;
  ask(ports, uid, portOps.pull, { host: ports.host }, host);
  return false;
}

function endTravel(port: Principal, owner: Owner): void {
  if (port.counted) port.counted.travel = null;
  port.owner = owner;
  port.held = false;
}

/** The message with the receive right lies on another host now. */
export function onCarried(port: Principal, at: HostId): void {
  const travel = port.counted?.travel;
  if (travel) travel.carrier = at;
}

/** The message with the receive right has been received on that host. */
export function onPull(ports: Ports, port: Principal, to: HostId, host: PortsHost): void {
  const travel = port.counted?.travel;
  if (!travel) return;
  travel.wanted = to;
  travel.carrier = to;
  if (pauseHolders(ports, port, host)) carry(ports, port, to, host);
}

function carry(ports: Ports, port: Principal, to: HostId, host: PortsHost): void {
  if (port.counted) port.counted.travel = null;
  const packed = departPort(ports, port.uid, to, host);
  // A copy: what is sent shares nothing with what stays.
  tell(ports, to, hostOps.carry, { port: encodePlain(packed).slice() }, host);
}

export function onCarry(ports: Ports, bytes: Uint8Array, host: PortsHost): void {
  const packed = decodePlain(bytes) as PackedPort;
  const { uid } = packed;
  const before = ports.table.get(uid);
  const claim = before?.where === "away" ? before.claim : null;
  const owner: Owner = claim ?? { kind: "kernel", what: "unclaimed", id: 0 };
  arrivePort(ports, packed, owner, host);
  const port = portHere(ports, uid);
  if (!port) return;
  if (port.counted) port.counted.travel = null;
  if (!claim) {
    ports.agenda.push({ on: "dropped", right: { kind: "receive", uid }, id: 0 });
    return;
  }
  host.claimed(port);
  releasePort(ports, uid, host);
}

/**
 * Policy update, phase one: every host with a right to the port is told to stand still. True: all
 * do, or nobody has to. What they had sent has then arrived, for their answers came after it.
 */
export function pauseHolders(ports: Ports, port: Principal, host: PortsHost): boolean {
  if (!locationPolicy(port.policy).tellsHolders) return true;
  if (port.pausing) return port.pausing.size === 0;
  port.holders.delete(ports.host);
  port.pausing = new Set(port.holders);
  port.pauses++;
  const body = { uid: port.uid, round: port.pauses, epoch: port.epoch };
  for (const to of port.pausing) tell(ports, to, hostOps.pause, body, host);
  return port.pausing.size === 0;
}

/** The move is off: phase two is "go on, here". */
export function resumeHolders(ports: Ports, port: Principal, host: PortsHost): void {
  if (!port.pausing) return;
  port.pausing = null;
  const body = { uid: port.uid, host: ports.host, epoch: port.epoch };
  for (const to of port.holders) tell(ports, to, hostOps.resume, body, host);
}

/** A holder stands still: nothing more is sent, and what was sent is there before this answer. */
export function onPause(
  ports: Ports,
  from: HostId,
  { uid, round, epoch }: Body<(typeof hostOps.pause)["body"]>,
  host: PortsHost,
): void {
  const port = ports.table.get(uid);
  if (port?.where === "away" && port.epoch <= epoch) {
    port.paused = true;
    port.search = null;
    if (port.host !== from) {
      port.host = from;
      port.epoch = epoch;
    }
  }
  tell(ports, from, hostOps.paused, { uid, round }, host);
}

export function onPaused(
  ports: Ports,
  from: HostId,
  { uid, round }: { readonly uid: PortUid; readonly round: number },
  host: PortsHost,
): void {
  const port = portHere(ports, uid);
  if (!port?.pausing || port.pauses !== round) return;
  flushTo(ports, from, host); // what it still has to hear of its streams, before it goes on
  port.pausing.delete(from);
  noteStopped(ports, port, host);
}

function noteStopped(ports: Ports, port: Principal, host: PortsHost): void {
  if (!port.pausing || port.pausing.size > 0) return;
  const wanted = port.counted?.travel?.wanted;
  if (wanted === null || wanted === undefined) host.holdersPaused(port.uid);
  else carry(ports, port, wanted, host);
}

/** Phase two: go on, to where the port is now. */
export function onResume(
  ports: Ports,
  {
    uid,
    host: at,
    epoch,
  }: { readonly uid: PortUid; readonly host: HostId; readonly epoch: number },
): void {
  const port = ports.table.get(uid);
  if (port?.where !== "away" || port.epoch > epoch) return;
  port.paused = false;
  port.host = at;
  port.epoch = epoch;
  ports.agenda.push({ on: "found", uid });
}

/** A host is dead: it holds nothing any more, and receive rights on it are lost with it. */
export function loseTravels(ports: Ports, dead: HostId, host: PortsHost): void {
  for (const port of [...ports.table.values()]) {
    if (port.where === "away") {
      if (port.paused && port.host === dead) port.paused = false;
      continue;
    }
    port.holders.delete(dead);
    port.watchers.delete(dead);
    port.trail.delete(dead);
    const travel = port.counted?.travel;
    if (travel?.carrier === dead) {
      host.emit("port.travel-lost", { port: portName(port.uid) });
      ports.agenda.push({ on: "dropped", right: { kind: "receive", uid: port.uid }, id: 0 });
    } else if (port.pausing?.delete(dead)) noteStopped(ports, port, host);
  }
}
