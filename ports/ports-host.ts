// What the ports need of the host that they are on.

import type { TraceSink } from "./events.ts";
import type { HostId, PortUid } from "./ids.ts";
import type { Message } from "./protocol/index.ts";
import type { Principal, Sender } from "./state.ts";

export interface PortCosts {
  readonly messageNs: number;
  readonly packetNs: number;
}

/** How a thread's send ended. */
export interface SendEnd {
  readonly id: number;
  readonly sender: Sender;
  /** A Mach code: 0, or why it was not sent. */
  readonly code: number;
  /** Whether it is certainly queued at its port. */
  readonly queued: boolean;
  /** The message comes back to its sender: it was certainly not sent (pseudo-receive). */
  readonly returned: Message | null;
}

/** What the ports need of their host. Its calls are performed at once. */
export interface PortsHost extends TraceSink {
  readonly now: number;
  readonly costs: PortCosts;
  /** Hosts h1 … hN of the cluster; fs comes on top. */
  readonly hosts: number;
  /** Messages on one host go through the codec too, to find what is not plain. */
  readonly paranoid: boolean;
  charge(ns: number): void;
  /** Puts a frame on the cable to another host. */
  transmit(to: HostId, frame: Uint8Array): void;
  timer(at: number, what: PortsTimer): void;
  /** A message is in the queue of a port that is not held: its owner should look. */
  arrived(port: Principal): void;
  /** A host's incarnation is dead for this host, for ever. */
  hostDead(host: HostId, incarnation: number): void;
  /** A host says that it holds this host's incarnation for dead. */
  toldDead(host: HostId): void;
  /** Send rights here to this port are dead names from now on. */
  portDead(uid: PortUid): void;
  /** A thread's send that had to wait has ended. */
  sendEnded(end: SendEnd): void;
  /** Transits that the space has asked for. False: there is no such right, they are given back. */
  granted(space: number, uid: PortUid, transits: number): boolean;
  /** The port whose receive right this owner has received is here now. */
  claimed(port: Principal): void;
  /** Policy update: nobody sends to this port any more, it may move. */
  holdersPaused(uid: PortUid): void;
  /** Transits and send-once numbers of these ports that spaces on this host hold; whether a task
   *  with such rights is between two hosts. For a recount. */
  heldInSpaces(uid: PortUid): {
    readonly transits: number;
    readonly once: readonly number[];
    readonly moving: boolean;
  };
}

export type PortsTimer =
  | { readonly on: "link"; readonly peer: HostId }
  | { readonly on: "flush" }
  | { readonly on: "retry"; readonly port: PortUid }
  | { readonly on: "search"; readonly port: PortUid }
  | { readonly on: "send"; readonly id: number }
  | { readonly on: "recount"; readonly round: number };
