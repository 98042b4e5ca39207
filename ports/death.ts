// Ports that die, with their receive right or with their host, and who learns of it.
//
// Whoever asked to be told is told (dead names), and every host that may keep something for the
// port's sake: forwarders, the host that made it, holders. All others learn it when they next send.

import { tell } from "./datagram.ts";
import { portName, type PortUid, uidHost, type HostId } from "./ids.ts";
import { dropForwarder } from "./learn.ts";
import { locationPolicy } from "./location.ts";
import { makeProxy, portHere, proxyTo } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Ports, Principal, Proxy } from "./state.ts";
import { hosts as hostOps, type Message, port as portOps, user } from "./protocol/index.ts";
import { dropRight } from "./right.ts";
import { endWaiting, releaseStarved, roomFor } from "./send.ts";
import { noteDestroyed } from "./send-outcome.ts";
import { ask, abandonReturning, destroyMessage, endStream, leaveReturning } from "./stream.ts";
import { peerIsDead } from "./wire/transport.ts";

/** Deaths of ports that have moved that are remembered, beyond the port's own host. */
const goneMax = 4096;

/**
 * A port dies with its receive right: senders that wait learn it, what is queued is destroyed, and
 * the names of its rights are dead names (Mach: `ipc_port_destroy`).
 */
export function destroyPort(ports: Ports, uid: PortUid, host: PortsHost): void {
  const port = portHere(ports, uid);
  if (!port) return;
  ports.table.delete(uid);
  ports.departed.delete(uid);
  const { epoch } = port;
  if (epoch > 0) remember(ports, uid, epoch);
  releaseStarved(ports, port, host);
  if (port.returning) {
    const proxy = makeProxy(ports, uid, { host: ports.host, epoch, policy: port.policy });
    leaveReturning(ports, port, proxy, host);
  }
  if (port.counted?.noSenders) dropRight(ports, port.counted.noSenders);
  for (const message of port.queue) {
    if (port.counted && message.op === "user.message") noteDestroyed(message, uid, host);
    destroyMessage(ports, message, host);
  }
  endWaiting(ports, port.waiting, host);
  const told = new Set([...port.watchers, ...port.trail, ...port.holders]);
  if (epoch > 0) {
    told.add(uidHost(uid));
    for (const to of port.sources.keys()) told.add(to);
  }
  told.delete(ports.host);
  for (const to of told) tell(ports, to, hostOps.died, { uid, epoch }, host);
  host.emit("port.dead", { port: portName(uid) });
  host.portDead(uid);
}

/** The oldest are forgotten: who asks then has to ask further, and finds out the same. */
function remember(ports: Ports, uid: PortUid, epoch: number): void {
  ports.gone.set(uid, epoch);
  const [oldest] = ports.gone.keys();
  if (ports.gone.size > goneMax && oldest !== undefined) ports.gone.delete(oldest);
}

/** The port is dead, as another host says, or for this host: nobody will receive from it. */
export function buryPort(ports: Ports, uid: PortUid, host: PortsHost): void {
  ports.departed.delete(uid);
  const proxy = ports.table.get(uid);
  if (proxy?.where !== "away") return;
  ports.table.delete(uid);
  if (proxy.epoch > 0 && uidHost(uid) !== ports.host) remember(ports, uid, proxy.epoch);
  endStream(ports, proxy, host);
  endWaiting(ports, proxy.waiting, host);
  dropForwarder(proxy, host);
  host.portDead(uid);
}

/** Makes sure that `PortsHost.portDead` is called when the port dies. */
export function watchPort(ports: Ports, uid: PortUid, host: PortsHost): void {
  const port = ports.table.get(uid) ?? proxyTo(ports, uid);
  if (!port) host.portDead(uid);
  if (port?.where !== "away" || port.watched) return;
  port.watched = true;
  ask(ports, uid, portOps.watch, { host: ports.host }, host);
}

/**
 * A host's incarnation is dead for this host. What was out to it may or may not have arrived, and
 * is not sent a second time, unless that does no harm. What has certainly not been taken in there looks for the port
 * elsewhere, as its policy says: it may have moved on before.
 */
export function losePorts(ports: Ports, dead: HostId, host: PortsHost): void {
  for (const port of [...ports.table.values()]) {
    if (port.where === "here") {
      port.sources.delete(dead);
      const starved = port.starved.indexOf(dead);
      if (starved >= 0) port.starved.splice(starved, 1);
      roomFor(ports, port, host); // it may have been its turn
      if (port.returning?.host === dead) abandonReturning(ports, port, host);
      continue;
    }
    if (port.listens?.host === dead) {
      port.listens = null;
      if (port.watched) ports.agenda.push({ on: "lost", uid: port.uid, silent: dead });
    }
    loseStream(ports, port, dead, host);
    if (port.host === dead) loseProxy(ports, port, host);
  }
}

function loseStream(ports: Ports, proxy: Proxy, dead: HostId, host: PortsHost): void {
  const { stream } = proxy;
  if (stream.host !== dead || stream.sent === 0) return;
  const repeatable = stream.unanswered.filter(isRepeatable);
  stream.unanswered = stream.unanswered.filter((message) => !isRepeatable(message));
  endStream(ports, proxy, host);
  proxy.stream.unanswered.push(...repeatable);
  if (repeatable.length > 0) proxy.stalled = true;
  // If the port itself was there it is looked for first.
  if (proxy.host !== dead && repeatable.length + proxy.waiting.length > 0) {
    ports.agenda.push({ on: "found", uid: proxy.uid });
  }
}

/** What is taken twice as it is taken once: it is not known whether it has come, so it is sent
 *  again, to wherever the port is. Transits are not given back twice: a recount finds them. */
function isRepeatable(message: Message): boolean {
  const { op } = message;
  return op.startsWith("port.") ? op !== portOps.yield.name : isAnswer(message);
}

/**
 * The answer of a server to a kernel: whoever gets it again has no request of that number open any
 * more. One that brings a counted right brings it once.
 */
function isAnswer({ op, id, reply, via, rights }: Message): boolean {
  if (op === user.message.name || id === 0 || reply !== null || via !== undefined) return false;
  return rights.every(({ count }) => count === undefined);
}

function loseProxy(ports: Ports, proxy: Proxy, host: PortsHost): void {
  const { uid } = proxy;
  const wanted = proxy.watched || proxy.waiting.length > 0 || proxy.stream.unanswered.length > 0;
  if (proxy.leaving && locationPolicy(proxy.policy).tellsHolders) {
    // It cannot have gone on from there: this host would have had to stand still for that.
    for (const to of proxy.standing) {
      if (to !== ports.host) tell(ports, to, hostOps.died, { uid, epoch: proxy.epoch }, host);
    }
    ports.agenda.push({ on: "died", uid, epoch: proxy.epoch });
  } else if (proxy.claim) {
    ports.agenda.push({ on: "died", uid, epoch: proxy.epoch }); // the port was lost with its host
  } else if (wanted || proxy.activity > 0) {
    proxy.stalled = true;
    ports.agenda.push({ on: "lost", uid, silent: proxy.host });
  } else if (proxy.forwardsSince === null || !locationPolicy(proxy.policy).keepsForwarder) {
    dropForwarder(proxy, host);
    ports.table.delete(uid);
  } else proxy.leaving = false; // whoever asks is told which host has taken it along
}

/** The host that made a port has been restarted: it is told again where that is. */
export function registerAgain(ports: Ports, restarted: HostId, host: PortsHost): void {
  for (const port of ports.table.values()) {
    if (port.where !== "here" || port.epoch === 0 || uidHost(port.uid) !== restarted) continue;
    if (!locationPolicy(port.policy).tellsOrigin) continue;
    const body = { uid: port.uid, host: ports.host, epoch: port.epoch };
    tell(ports, restarted, hostOps.located, body, host);
  }
}

/** On which hosts this one depends for the sake of its ports, so that it must notice their death. */
export function hostsOfInterest(ports: Ports, hosts: number): ReadonlySet<HostId> {
  const found = new Set<HostId>();
  let rightsAway = false;
  for (const { state, host, through } of ports.sends.values()) {
    if (state === "out") for (const id of [host, ...through]) found.add(id);
  }
  for (const { open } of ports.recounts.values()) for (const id of open) found.add(id);
  for (const port of ports.table.values()) {
    if (port.where === "away") addHostsOfProxy(port, found);
    else {
      addHostsOfPrincipal(port, found);
      rightsAway ||= hasRightsAway(port);
    }
  }
  // Rights may be anywhere: their loss with any host has to be noticed.
  if (rightsAway) for (let id = 0; id <= hosts; id++) if (!peerIsDead(ports, id)) found.add(id);
  found.delete(ports.host);
  return found;
}

function addHostsOfProxy(port: Proxy, found: Set<HostId>): void {
  const awaits = port.watched || port.leaving || port.paused || port.waiting.length > 0;
  if (awaits || port.claim) found.add(port.host);
  if (port.watched && port.listens) found.add(port.listens.host);
  if (port.stream.unanswered.length > 0) found.add(port.stream.host);
  for (const id of port.search?.open ?? []) found.add(id);
}

function addHostsOfPrincipal(port: Principal, found: Set<HostId>): void {
  if (port.returning) found.add(port.returning.host);
  for (const id of port.pausing ?? []) found.add(id);
  if (port.counted?.travel) found.add(port.counted.travel.carrier);
  if (locationPolicy(port.policy).tellsOrigin && port.epoch > 0) found.add(uidHost(port.uid));
}

function hasRightsAway({ counted }: Principal): boolean {
  if (!counted) return false;
  return counted.once.size > 0 || (counted.noSenders !== null && counted.transits > 0);
}
