// A host that has lost a port: it tries again, asks the hosts that its policy names, or gives up.
//
//   trying ──lost──▶ resting ──▶ trying           the port may be on its way to where it is tried
//      │                ▲
//      │                └─── nobody knows better ◀──┐
//      └──lost──▶ asking ──── all have answered ────┴──▶ found: it is tried there
//                                                   └──▶ dead, or lost with a host: given up
//
// "Nobody knows" is not death: the port may have moved between two answers. Only a host that saw
// it die says so; but when some host has been lost, the port may be lost with it, and after a few
// rounds in which nobody knew it this host takes it for dead.

import { hostName, portName, type PortUid, uidHost, type HostId } from "./ids.ts";
import { relocate } from "./learn.ts";
import { locationPolicy } from "./location.ts";
import { isLost } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Finding, Port, Ports, Proxy, Search } from "./state.ts";
import { tell } from "./datagram.ts";
import { hosts as hostOps } from "./protocol/index.ts";
import { isIdle } from "./stream.ts";
import { placeOf } from "./take-in.ts";
import { hasRestarted, knowsLosses, peerIsDead } from "./wire/transport.ts";

const restNs = 1_000_000;
const restMaxNs = 1_000_000_000;
const states = { unknown: 0, here: 1, elsewhere: 2, dead: 3, leaving: 4 } as const;

/** Nothing says where the port is. Stays so until it is found, or given up. */
export function onLost(ports: Ports, uid: PortUid, host: PortsHost, silent?: HostId): void {
  const proxy = ports.table.get(uid);
  if (proxy?.where !== "away" || proxy.paused) return;
  proxy.search ??= newSearch(knowsLosses(ports));
  if (silent !== undefined) {
    proxy.search.silent.add(silent);
    proxy.search.losses = true;
  }
  if (proxy.search.phase === "trying") goOn(ports, proxy, proxy.search, host);
}

function newSearch(losses: boolean): Search {
  return {
    round: 0,
    misses: 0,
    open: new Set(),
    silent: new Set(),
    without: new Set(),
    losses,
    best: null,
    phase: "trying",
  };
}

/** The next round: a rest before the same host is tried again, or questions. */
function goOn(ports: Ports, proxy: Proxy, search: Search, host: PortsHost): void {
  const { patience, asks, rounds } = locationPolicy(proxy.policy);
  search.round++;
  if (search.round <= patience && canTry(ports, proxy, search)) rest(proxy, search, host);
  else if (asks === "nobody" && !isIdle(ports, proxy)) {
    // It is still under way to there, or that host has lost it with all else that it knew.
    const mayCome = canTry(ports, proxy, search) && !hasRestarted(ports, proxy.host);
    if (mayCome) rest(proxy, search, host);
    else giveUp(ports, proxy, host);
  } else if (search.losses && search.misses >= rounds) giveUp(ports, proxy, host);
  else ask(ports, proxy, search, host);
}

/** Whether there is a host that may have the port, for all that is known. */
function canTry(ports: Ports, proxy: Proxy, { silent }: Search): boolean {
  return !isLost(ports, proxy) && !peerIsDead(ports, proxy.host) && !silent.has(proxy.host);
}

function rest(proxy: Proxy, search: Search, host: PortsHost): void {
  search.phase = "resting";
  const ns = Math.min(restNs * 2 ** Math.min(search.round, 30), restMaxNs);
  host.timer(host.now + ns, { on: "search", port: proxy.uid });
}

function ask(ports: Ports, proxy: Proxy, search: Search, host: PortsHost): void {
  const { uid } = proxy;
  const { asks } = locationPolicy(proxy.policy);
  // Nothing is to be sent: it is only to be found out whether the port still lives.
  const all = Array.from({ length: host.hosts + 1 }, (_, id) => id);
  const asked = (asks === "origin" ? [uidHost(uid)] : all).filter((id) => id !== ports.host);
  host.emit("port.searched", { port: portName(uid), round: search.round });
  search.phase = "asking";
  search.best = null;
  search.open.clear();
  search.without.clear();
  for (const id of asked) {
    // The host that made the port is waited for: nobody else knows, and it may come back.
    if (asks === "origin") search.open.add(id);
    else if (search.silent.has(id) || peerIsDead(ports, id)) search.losses = true;
    else search.open.add(id);
  }
  for (const id of search.open) tell(ports, id, hostOps.lookup, { uid, round: search.round }, host);
  if (search.open.size === 0) onAllAnswered(ports, proxy, search, host);
}

/** The rest is over: whatever waits tries the host that is believed to have the port. */
export function onSearchTimer(ports: Ports, uid: PortUid, host: PortsHost): void {
  const proxy = ports.table.get(uid);
  if (proxy?.where !== "away" || proxy.search?.phase !== "resting") return;
  const { search } = proxy;
  search.phase = "trying";
  // A host that has just said that it does not have the port is not tried, but asked again.
  const isWorthwhile = canTry(ports, proxy, search) && !search.without.has(proxy.host);
  if (isIdle(ports, proxy) || !isWorthwhile) goOn(ports, proxy, search, host);
  else ports.agenda.push({ on: "found", uid });
}

/** Another host has lost a port: what is known of it here? */
export function onLookup(
  ports: Ports,
  from: HostId,
  { uid, round }: { readonly uid: PortUid; readonly round: number },
  host: PortsHost,
): void {
  const port = ports.table.get(uid);
  const place = placeOf(ports, uid, -1);
  const known =
    port?.where === "here"
      ? { state: states.here, host: ports.host, epoch: port.epoch }
      : place.answer === "dead"
        ? { state: states.dead, host: 0, epoch: 0 }
        : place.answer === "moved"
          ? { state: stateOf(port), host: place.host, epoch: place.epoch }
          : { state: states.unknown, host: 0, epoch: 0 };
  const losses = knowsLosses(ports);
  tell(ports, from, hostOps.known, { uid, round, losses, ...known }, host);
}

function stateOf(port: Port | undefined): number {
  return port?.where === "away" && port.leaving ? states.leaving : states.elsewhere;
}

export function onKnown(
  ports: Ports,
  from: HostId,
  body: {
    readonly uid: PortUid;
    readonly round: number;
    readonly state: number;
    readonly host: HostId;
    readonly epoch: number;
    readonly losses: boolean;
  },
  host: PortsHost,
): void {
  const proxy = ports.table.get(body.uid);
  const search = proxy?.where === "away" ? proxy.search : null;
  if (proxy?.where !== "away" || !search || body.round !== search.round) return;
  if (!search.open.delete(from)) return;
  if (body.losses) search.losses = true;
  if (body.state === states.dead) {
    ports.agenda.push({ on: "died", uid: body.uid, epoch: proxy.epoch });
    return;
  }
  if (body.state !== states.here) search.without.add(from);
  if (body.state !== states.unknown && body.epoch >= (search.best?.epoch ?? 0)) {
    search.best = { host: body.host, epoch: body.epoch, state: findingOf(ports, body) };
  }
  if (body.state === states.here || search.open.size === 0) {
    search.open.clear();
    onAllAnswered(ports, proxy, search, host);
  }
}

/** What this host is said to have is under way to it. */
function findingOf(
  ports: Ports,
  { state, host }: { readonly state: number; readonly host: HostId },
): Finding["state"] {
  if (state === states.here) return "here";
  return state === states.leaving || host === ports.host ? "leaving" : "elsewhere";
}

function onAllAnswered(ports: Ports, proxy: Proxy, search: Search, host: PortsHost): void {
  const { best } = search;
  if (best && isNews(ports, proxy, best)) {
    const { uid } = proxy;
    host.emit("port.found", { port: portName(uid), where: hostName(best.host), epoch: best.epoch });
    search.phase = "trying";
    if (best.epoch > proxy.epoch) relocate(ports, proxy, best);
    else ports.agenda.push({ on: "found", uid });
    return;
  }
  if (isMiss(ports, proxy, search)) search.misses++;
  if (search.losses && search.misses >= locationPolicy(proxy.policy).rounds) {
    giveUp(ports, proxy, host);
  } else rest(proxy, search, host);
}

/** Whether there is somewhere to go now. */
function isNews(ports: Ports, proxy: Proxy, best: Finding): boolean {
  if (best.host === ports.host || peerIsDead(ports, best.host)) return false;
  return best.epoch > proxy.epoch || (best.state === "here" && best.epoch === proxy.epoch);
}

/** Nobody knows the port, nor is it under way to where it was last heard of. */
function isMiss(ports: Ports, proxy: Proxy, { best, without, silent }: Search): boolean {
  if (!best || best.epoch < proxy.epoch) return true;
  if (silent.has(best.host) || peerIsDead(ports, best.host)) return true;
  return best.state !== "leaving" && without.has(best.host);
}

/** No host that this one can ask knows the port: for this host it is dead. */
function giveUp(ports: Ports, proxy: Proxy, host: PortsHost): void {
  host.emit("port.unreachable", { port: portName(proxy.uid) });
  ports.agenda.push({ on: "died", uid: proxy.uid, epoch: proxy.epoch });
}

/** So many rounds does one count for in which the host that made the port was waited for in vain. */
const waitedInVain = 5;

/** A host is dead, or was not heard of for long: it does not answer, and may have had the port. */
export function loseAsked(
  ports: Ports,
  dead: HostId,
  { waited }: { readonly waited: boolean },
  host: PortsHost,
): void {
  for (const proxy of [...ports.table.values()]) {
    if (proxy.where !== "away" || !proxy.search) continue;
    const { search } = proxy;
    search.losses = true;
    search.silent.add(dead);
    if (waited && locationPolicy(proxy.policy).asks === "origin") search.misses += waitedInVain;
    if (search.open.delete(dead) && search.open.size === 0) {
      onAllAnswered(ports, proxy, search, host);
    }
  }
}
