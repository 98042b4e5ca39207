// Rights to counted ports: made, split, given up. What a name space does with them is in `space.ts`.
//
// A send right carries transits, wherever it is: in an entry of a space or in a message. The
// receive right knows how many it has given out. A copy takes a part of its original's; a right
// that is dropped gives its transits back. So no host asks another when a right is copied, and
// there are no senders exactly when all transits are back (weighted reference counting; NORMA IPC
// v2 §6.3 keeps them for each node, here each right keeps its own):
//
//   transits given out = Σ entries + Σ messages + Σ yields under way
//
// A send-once right has a number instead: its port accepts one message or notification by it.

import { assert } from "./base/index.ts";
import { makePortUid, portName, type PortUid } from "./ids.ts";
import { countedOf, newPrincipal, portHere } from "./port.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Counted, Owner, Ports, Principal } from "./state.ts";
import type { LocationName } from "./location-names.ts";
import type { Right } from "./protocol/index.ts";

/** Transits of a new send right: a dozen copies of copies before more have to be asked for. */
export const transitsMade: number = 2 ** 24;
/** Mach's limits of a port's queue. */
const countedLimitDefault = 5;
export const countedLimitMax = 16;

/** Makes a port whose rights are counted; its receive right is the owner's. */
export function createCountedPort(
  ports: Ports,
  owner: Owner,
  host: PortsHost,
  limit: number = countedLimitDefault,
  policy: LocationName = ports.policy,
): Principal {
  const uid = makePortUid(ports.host, ports.incarnation, ports.counter++);
  const port = newPrincipal(uid, { owner, epoch: 0, limit, policy });
  port.counted = newCounted();
  ports.table.set(uid, port);
  const space = owner.kind === "space" ? owner.id : 0;
  host.emit("port.made", { port: portName(uid), space, limit, policy });
  return port;
}

function newCounted(): Counted {
  return {
    makeSends: 0,
    sequence: 0,
    transits: 0,
    once: new Set(),
    nextOnce: 1,
    noSenders: null,
    travel: null,
    activity: 0,
  };
}

/** MAKE_SEND. */
export function makeSendRight(ports: Ports, port: Principal, host: PortsHost): Right {
  const counted = countedOf(port);
  counted.makeSends++;
  giveTransits(ports, counted, transitsMade);
  const right = { kind: "send", uid: port.uid, count: transitsMade } as const;
  noteMade(right, host);
  return right;
}

/** Transits leave the receive right: with a new send right, or for one that had too few. */
export function giveTransits(ports: Ports, counted: Counted, transits: number): void {
  counted.transits += transits;
  counted.activity = ports.activity++;
}

/** MAKE_SEND_ONCE. */
export function makeSendOnceRight(ports: Ports, port: Principal, host: PortsHost): Right {
  const counted = countedOf(port);
  const count = counted.nextOnce++;
  counted.once.add(count);
  counted.activity = ports.activity++;
  const right = { kind: "send-once", uid: port.uid, count } as const;
  noteMade(right, host);
  return right;
}

function noteMade({ uid, kind, count }: Right, host: PortsHost): void {
  if (host.wants) host.emit("right.made", { port: portName(uid), kind, count });
}

/** Divides the transits of a right for a copy of it. Null: it has one only. */
export function splitTransits(transits: number): { kept: number; given: number } | null {
  assert(transits >= 1, "a send right carries a transit");
  if (transits === 1) return null;
  const given = Math.max(1, Math.floor(transits / 4));
  return { kept: transits - given, given };
}

/** A right is no more; what that means happens before the action ends. */
export function dropRight(ports: Ports, right: Right): void {
  if (right.kind !== "dead") ports.agenda.push({ on: "dropped", right, id: 0 });
}

/**
 * MOVE_RECEIVE: the right goes into a message to `destination`. The port stays here, queues what
 * comes and can be received from by nobody, until somebody has received that message. Its counts
 * start anew and its no-senders request is cancelled (Mach Kernel Principles, ch. 4).
 */
export function startTravel(
  ports: Ports,
  port: Principal,
  destination: PortUid,
  host: PortsHost,
): void {
  const counted = countedOf(port);
  counted.makeSends = 0;
  counted.sequence = 0;
  if (counted.noSenders) dropRight(ports, counted.noSenders);
  counted.noSenders = null;
  counted.travel = { destination, carrier: ports.host, wanted: null };
  port.held = true;
  if (port.pausing) ports.agenda.push({ on: "stay", uid: port.uid }); // it does not go with its task
  port.owner = { kind: "kernel", what: "travelling", id: 0 };
  host.emit("port.travelling", { port: portName(port.uid), destination: portName(destination) });
}

/**
 * Whether a message with this receive right, queued at `destination`, would close a circle of
 * ports whose receive rights lie in each other's queues (Mach: `ipc_port_check_circularity`).
 */
export function wouldCircle(ports: Ports, uid: PortUid, destination: PortUid): boolean {
  let at: PortUid | undefined = destination;
  // Ends because travelling ports have never formed a circle before.
  while (at !== undefined) {
    if (at === uid) return true;
    at = portHere(ports, at)?.counted?.travel?.destination;
  }
  return false;
}
