// Datagrams between hosts: one link for each peer, made when it is first needed.
//
// A datagram is a whole message of the link, delivered once and in order while both incarnations
// live. What the links bring is put on the agenda.

import { must } from "../base/index.ts";
import { type HostId, hostName } from "../ids.ts";
import type { PortsHost } from "../ports-host.ts";
import type { Ports } from "../state.ts";
import {
  createLink,
  linkDeclareDead,
  linkHearOf,
  linkInterest,
  type LinkOutput,
  linkReceive,
  linkSend,
  linkTimer,
} from "./link.ts";
import { incarnationNone } from "./link-state.ts";
import type { Peer } from "./peer.ts";

export function peerOf(ports: Ports, host: HostId): Peer {
  let peer = ports.peers.get(host);
  if (!peer) {
    const link = createLink({ host: ports.host, incarnation: ports.incarnation }, host);
    peer = { host, link, accepted: new Map() };
    ports.peers.set(host, peer);
  }
  return peer;
}

/**
 * Hands a datagram to the link; it goes out when the window allows. `send`: the thread's send that
 * is in it, which is told when it certainly never went out.
 */
export function sendDatagram(
  ports: Ports,
  to: HostId,
  bytes: Uint8Array,
  host: PortsHost,
  send: number = 0,
): void {
  linkSend(peerOf(ports, to).link, bytes, send, host.now, outputOf(ports, to, host));
}

/** A frame came off the cable from `from`. */
export function receiveFrame(ports: Ports, from: HostId, frame: Uint8Array, host: PortsHost): void {
  host.charge(host.costs.packetNs);
  linkReceive(peerOf(ports, from).link, frame, host.now, outputOf(ports, from, host));
}

export function onLinkTimer(ports: Ports, peer: HostId, host: PortsHost): void {
  const { link } = must(ports.peers.get(peer), `link to ${hostName(peer)}`);
  linkTimer(link, host.now, outputOf(ports, peer, host));
}

/** Whether anything here depends on the peer, so that its death has to be noticed. */
export function setInterest(ports: Ports, peer: HostId, on: boolean, host: PortsHost): void {
  linkInterest(peerOf(ports, peer).link, on, host.now, outputOf(ports, peer, host));
}

/** Others have met this incarnation of the peer: the death of it will have a name here too. */
export function hearOfIncarnation(
  ports: Ports,
  peer: HostId,
  incarnation: number,
  host: PortsHost,
): void {
  linkHearOf(peerOf(ports, peer).link, incarnation, host.now, outputOf(ports, peer, host));
}

/** Something here depends on this incarnation of the peer, which others have met. */
export function watchIncarnation(
  ports: Ports,
  peer: HostId,
  incarnation: number,
  host: PortsHost,
): void {
  hearOfIncarnation(ports, peer, incarnation, host);
  setInterest(ports, peer, true, host);
}

/** Whether this host knows that the peer's incarnation is no more. */
export function isKnownDead(ports: Ports, peer: HostId, incarnation: number): boolean {
  const link = ports.peers.get(peer)?.link;
  if (!link) return false;
  const { peerIncarnation, peerIsDead } = link;
  return peerIncarnation > incarnation || (peerIsDead && peerIncarnation === incarnation);
}

/** Whether the last that this host knows of the peer is its death. */
export function peerIsDead(ports: Ports, peer: HostId): boolean {
  return ports.peers.get(peer)?.link.peerIsDead ?? false;
}

/** Whether nobody has ever answered for the peer, although it was asked for long. */
export function isUnheardOf(ports: Ports, peer: HostId): boolean {
  const link = ports.peers.get(peer)?.link;
  return link !== undefined && link.suspected && link.peerIncarnation === incarnationNone;
}

/** The peer's incarnation, if it is known and alive as far as this host knows; else 0. */
export function incarnationOf(ports: Ports, peer: HostId): number {
  const link = ports.peers.get(peer)?.link;
  return !link || link.peerIsDead ? 0 : Math.max(0, link.peerIncarnation);
}

/** Whether the peer has lost what it knew before its present incarnation. */
export function hasRestarted(ports: Ports, peer: HostId): boolean {
  return (ports.peers.get(peer)?.link.peerIncarnation ?? 0) > 1;
}

/** Whether any host has died, or was restarted, as far as this one knows. */
export function knowsLosses(ports: Ports): boolean {
  if (ports.incarnation > 1) return true;
  for (const { link } of ports.peers.values()) {
    if (link.peerIsDead || link.peerIncarnation > 1) return true;
  }
  return false;
}

/** The operator says that the peer's current incarnation is gone for good. */
export function declareDead(ports: Ports, peer: HostId, host: PortsHost): void {
  const { link } = peerOf(ports, peer);
  linkDeclareDead(link, link.peerIncarnation, host.now, outputOf(ports, peer, host));
}

/** Made once for each link of a host, not for each frame. Nothing is kept in it. */
const outputs = new WeakMap<PortsHost, Map<Peer, LinkOutput>>();

function outputOf(ports: Ports, peer: HostId, host: PortsHost): LinkOutput {
  let ofHost = outputs.get(host);
  if (!ofHost) outputs.set(host, (ofHost = new Map<Peer, LinkOutput>()));
  const key = peerOf(ports, peer);
  let output = ofHost.get(key);
  if (!output) ofHost.set(key, (output = makeOutput(ports, peer, host)));
  return output;
}

function makeOutput(ports: Ports, peer: HostId, host: PortsHost): LinkOutput {
  return {
    transmit(frame) {
      host.charge(host.costs.packetNs);
      host.transmit(peer, frame);
    },
    timer: (at) => host.timer(at, { on: "link", peer }),
    deliver: (bytes) => ports.agenda.push({ on: "datagram", from: peer, bytes }),
    // What the link does is in its notes; these say what it means for the ports.
    opened: (incarnation) => ports.agenda.push({ on: "opened", host: peer, incarnation }),
    peerRestarted: () => ports.agenda.push({ on: "restarted", host: peer }),
    peerDead: (incarnation) => ports.agenda.push({ on: "dead", host: peer, incarnation }),
    toldDead: () => ports.agenda.push({ on: "told-dead", host: peer }),
    suspect: () => undefined,
    undelivered({ definite, indefinite }) {
      host.emit("link.undelivered", {
        peer: hostName(peer),
        definite: definite.length,
        indefinite: indefinite.length,
      });
      // Before the death itself is dealt with: for all others that are out it is not known.
      const ids = definite.filter((id) => id !== 0);
      if (ids.length > 0) ports.agenda.unshift({ on: "unsent", host: peer, ids });
      ports.agenda.push({ on: "unreachable", host: peer });
    },
    note: ({ event, ...ids }) => host.emit(event, { peer: hostName(peer), ...ids }),
  };
}
