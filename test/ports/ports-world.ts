// A few hosts that have ports and nothing else, for the tests of the ports.
//
// The links are the real ones; the cables only take their time, each direction its own. A port
// moves as the ports of a task do: with its queue, in a message to the target's control port.

import { decodePlain, encodePlain, heapPop, heapPush } from "../../ports/base/index.ts";
import {
  arrivePort,
  control,
  createPort,
  createPorts,
  createWellKnownPort,
  declareDead,
  departPort,
  dequeue,
  destroyPort,
  drainAgenda,
  holdPort,
  type HostId,
  isOp,
  type LocationName,
  makeMessage,
  type Message,
  migrate,
  notify,
  onFrame,
  onPortsTimer,
  type PackedPort,
  portHere,
  type Ports,
  type PortsHost,
  type PortsTimer,
  type PortUid,
  releasePort,
  type Right,
  roomFor,
  sendMessage,
  wellKnownPort,
} from "../../ports/index.ts";

type Happening =
  | { readonly on: "frame"; readonly from: HostId; readonly to: HostId; readonly frame: Uint8Array }
  | { readonly on: "timer"; readonly at: HostId; readonly what: PortsTimer }
  | { readonly on: "take"; readonly at: HostId; readonly uid: PortUid }
  | { readonly on: "call"; readonly at: HostId; readonly call: () => void };

interface Item {
  readonly time: number;
  readonly order: number;
  readonly incarnation: number;
  readonly what: Happening;
}

interface Node {
  readonly ports: Ports;
  readonly host: PortsHost;
  readonly arrivals: PortUid[];
  up: boolean;
}

/** A message that a test sent: who, in which order, to which port. */
export interface Sent {
  readonly from: HostId;
  readonly number: number;
  readonly to: PortUid;
}

export interface World {
  readonly hosts: number;
  now: number;
  order: number;
  numbers: number;
  readonly nodes: Map<HostId, Node>;
  readonly items: Item[];
  readonly latencyNs: (from: HostId, to: HostId) => number;
  /** A receiver takes one message each so many ns; 0: at once. */
  readonly takeNs: number;
  readonly policy: LocationName;
  readonly sent: Sent[];
  /** In the order of their receipt. */
  readonly received: Sent[];
  /** Numbers of messages whose reply right came back unused. */
  readonly notified: number[];
  /** Numbers of messages that were in a queue of a host that died. */
  readonly buried: Set<number>;
  readonly events: Map<string, number>;
  readonly replyPorts: Map<HostId, PortUid>;
  /** Ports that have left one host and not reached the other. */
  readonly moving: Map<
    PortUid,
    { readonly from: HostId; readonly to: HostId; readonly packed: PackedPort }
  >;
}

const before = (a: Item, b: Item): number => a.time - b.time || a.order - b.order;

export function createWorld(
  hosts: number,
  options: {
    readonly latencyNs?: World["latencyNs"];
    readonly takeNs?: number;
    readonly policy?: LocationName;
  } = {},
): World {
  const world: World = {
    hosts,
    now: 0,
    order: 0,
    numbers: 0,
    nodes: new Map(),
    items: [],
    latencyNs: options.latencyNs ?? (() => 100_000),
    takeNs: options.takeNs ?? 0,
    policy: options.policy ?? "redirect",
    sent: [],
    received: [],
    notified: [],
    buried: new Set(),
    events: new Map(),
    replyPorts: new Map(),
    moving: new Map(),
  };
  for (let id = 0; id <= hosts; id++) boot(world, id, 1);
  return world;
}

export function boot(world: World, id: HostId, incarnation: number): void {
  const node: Node = {
    ports: createPorts(id, incarnation, world.policy),
    host: hostOf(world, id),
    arrivals: [],
    up: true,
  };
  world.nodes.set(id, node);
  const owner = { kind: "kernel", what: "system", id: 0 } as const;
  createWellKnownPort(node.ports, wellKnownPort(id, "control"), owner);
  createWellKnownPort(node.ports, wellKnownPort(id, "home"), owner);
  world.replyPorts.set(id, createPort(node.ports, { kind: "kernel", what: "system", id: 0 }));
}

function hostOf(world: World, id: HostId): PortsHost {
  const later = (time: number, what: Happening): void => {
    const { incarnation } = nodeOf(world, id).ports;
    heapPush(world.items, { time, order: world.order++, incarnation, what }, before);
  };
  return {
    get now() {
      return world.now;
    },
    wants: true,
    costs: { messageNs: 0, packetNs: 0 },
    paranoid: true,
    charge() {},
    emit(event) {
      world.events.set(event, (world.events.get(event) ?? 0) + 1);
    },
    transmit: (to, frame) =>
      later(world.now + world.latencyNs(id, to), {
        on: "frame",
        from: id,
        to,
        frame: frame.slice(),
      }),
    timer: (at, what) => later(Math.max(at, world.now), { on: "timer", at: id, what }),
    arrived: (port) => nodeOf(world, id).arrivals.push(port.uid),
    hosts: world.hosts,
    hostDead() {},
    toldDead() {},
    portDead() {},
    sendEnded() {},
    granted: () => false,
    claimed() {},
    holdersPaused() {},
    heldInSpaces: () => ({ transits: 0, once: [], moving: false }),
  };
}

export function nodeOf(world: World, id: HostId): Node {
  const node = world.nodes.get(id);
  if (!node) throw new Error(`no host ${id}`);
  return node;
}

/** A port for the messages of tests. */
export function makePort(world: World, at: HostId, limit: number = 1024): PortUid {
  return createPort(nodeOf(world, at).ports, { kind: "kernel", what: "test", id: 0 }, limit);
}

/** Sends a message with a reply right; its number names it. */
export function send(
  world: World,
  from: HostId,
  to: PortUid,
  rights: readonly Right[] = [],
): number {
  const number = world.numbers++;
  world.sent.push({ from, number, to });
  const body = { command: number, pid: from, signal: 0 };
  const reply = { kind: "send-once", uid: world.replyPorts.get(from) as PortUid } as const;
  act(world, from, ({ ports, host }) =>
    sendMessage(ports, to, makeMessage(control.signal, body, { id: number, reply, rights }), host),
  );
  return number;
}

/** Does something on a host, and all that follows from it there. */
export function act(world: World, at: HostId, what: (node: Node) => void): void {
  const node = nodeOf(world, at);
  what(node);
  drainAgenda(node.ports, node.host);
  for (let uid = node.arrivals.shift(); uid !== undefined; uid = node.arrivals.shift()) {
    look(world, at, node, uid);
  }
}

function look(world: World, at: HostId, node: Node, uid: PortUid): void {
  const port = portHere(node.ports, uid);
  if (!port || port.owner.kind !== "kernel") return;
  if (port.owner.what === "test" && world.takeNs !== 0) {
    const time = world.now + world.takeNs;
    const { incarnation } = node.ports;
    const what = { on: "take", at, uid } as const;
    heapPush(world.items, { time, order: world.order++, incarnation, what }, before);
    return;
  }
  take(world, at, node, uid);
}

function take(world: World, at: HostId, node: Node, uid: PortUid): void {
  const port = portHere(node.ports, uid);
  const message = port && dequeue(port);
  if (!port || !message) return;
  roomFor(node.ports, port, node.host);
  receive(world, at, uid, message);
}

function receive(world: World, at: HostId, uid: PortUid, message: Message): void {
  if (isOp(message, control.signal)) {
    const { command: number, pid: from } = message.body;
    world.received.push({ from, number, to: uid });
  } else if (isOp(message, notify.sendOnce)) {
    world.notified.push(message.id);
  } else receiveOfPorts(world, at, message);
}

/** Messages by which ports move. */
function receiveOfPorts(world: World, at: HostId, message: Message): void {
  if (isOp(message, migrate.activate)) {
    arrive(world, at, decodePlain(message.body.queues) as PackedPort);
  }
}

function arrive(world: World, at: HostId, packed: PackedPort): void {
  const { ports, host } = nodeOf(world, at);
  world.moving.delete(packed.uid);
  arrivePort(ports, packed, { kind: "kernel", what: "test", id: 0 }, host);
  releasePort(ports, packed.uid, host);
}

/** The receive right goes to another host, with what is queued. False: it is not on any host. */
export function move(world: World, uid: PortUid, to: HostId): boolean {
  const at = holder(world, uid);
  if (at === undefined || at === to || !nodeOf(world, to).up) return false;
  act(world, at, ({ ports, host }) => {
    holdPort(ports, uid);
    const packed = departPort(ports, uid, to, host);
    world.moving.set(uid, { from: at, to, packed });
    const body = { move: "", queues: encodePlain({ ...packed, queue: [...packed.queue] }).slice() };
    sendMessage(ports, wellKnownPort(to, "control"), makeMessage(migrate.activate, body), host);
  });
  return true;
}

export function destroy(world: World, uid: PortUid): boolean {
  const at = holder(world, uid);
  if (at === undefined) return false;
  act(world, at, ({ ports, host }) => destroyPort(ports, uid, host));
  return true;
}

/** The living host that has the receive right. */
export function holder(world: World, uid: PortUid): HostId | undefined {
  const holders = [...world.nodes].filter(([, { up, ports }]) => up && portHere(ports, uid));
  if (holders.length > 1) throw new Error("two hosts hold one receive right");
  return holders[0]?.[0];
}

export function crash(world: World, at: HostId): void {
  const { ports } = nodeOf(world, at);
  const bury = (queue: readonly Message[]): void => queue.forEach(({ id }) => world.buried.add(id));
  for (const port of ports.table.values()) {
    if (port.where === "here") bury([...port.queue, ...port.behind]);
  }
  for (const { to, packed } of world.moving.values()) if (to === at) bury(packed.queue);
  nodeOf(world, at).up = false;
}

export function declare(world: World, at: HostId, dead: HostId): void {
  act(world, at, ({ ports, host }) => declareDead(ports, dead, host));
  // A target in doubt is told by the home that the port is its own now.
  for (const { from, to, packed } of world.moving.values()) {
    if (from === dead && to === at) act(world, at, () => arrive(world, at, packed));
  }
}

/** Lets time pass. False: nothing is left to happen before `until`. */
export function run(world: World, until: number): void {
  for (let item = world.items[0]; item && item.time <= until; item = world.items[0]) {
    heapPop(world.items, before);
    world.now = item.time;
    happen(world, item);
  }
  world.now = Math.max(world.now, until);
}

/** Until nothing is left to happen; says whether that came to pass within ten virtual seconds. */
export function runToRest(world: World): boolean {
  run(world, world.now + 10_000_000_000);
  return world.items.length === 0;
}

function happen(world: World, { what, incarnation }: Item): void {
  const at = what.on === "frame" ? what.to : what.at;
  const node = nodeOf(world, at);
  if (!node.up) return;
  if (what.on !== "frame" && node.ports.incarnation !== incarnation) return;
  if (what.on === "frame") {
    act(world, at, ({ ports, host }) => onFrame(ports, what.from, what.frame, host));
  } else if (what.on === "timer") {
    act(world, at, ({ ports, host }) => onPortsTimer(ports, what.what, host));
  } else if (what.on === "call") {
    act(world, at, what.call);
  } else {
    act(world, at, () => take(world, at, node, what.uid));
  }
}

/** Does something on a host at a time, if that is up then in the same incarnation. */
export function schedule(world: World, at: HostId, time: number, call: () => void): void {
  const { incarnation } = nodeOf(world, at).ports;
  const what = { on: "call", at, call } as const;
  heapPush(world.items, { time, order: world.order++, incarnation, what }, before);
}

/** The first rule of the ports that the world's history breaks. `whole`: nothing may be missing. */
export function findFault(world: World, whole: boolean): string | undefined {
  const seen = new Set<number>();
  const last = new Map<string, number>();
  for (const { from, number, to } of world.received) {
    if (seen.has(number)) return `message ${number} was received twice`;
    seen.add(number);
    const key = `${from} to ${to}`;
    const previous = last.get(key) ?? -1;
    if (number < previous) return `message ${number} came after ${previous}: ${key}`;
    last.set(key, number);
  }
  const twice = world.notified.find((number, at) => world.notified.indexOf(number) !== at);
  if (twice !== undefined) return `message ${twice} was given back twice`;
  for (const { number, from } of world.sent) {
    if (seen.has(number)) continue;
    if (whole) return `message ${number} was lost`;
    const told = world.notified.includes(number) || world.buried.has(number);
    if (nodeOf(world, from).up && !told) return `message ${number} has no outcome`;
  }
  return undefined;
}
