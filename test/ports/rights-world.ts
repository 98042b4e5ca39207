// Hosts with a name space each, whose threads send, receive, pass rights on, and move ports.
//
// Built on the world of `ports-world.ts`. A host's threads have one send open at a time; whatever
// comes to a port is received after `takeNs`. Every host has an inbox to which all others have a
// right; rights travel in messages to inboxes, receive rights too.

import {
  acquireTransits,
  copyout,
  dispositions,
  createSpace,
  grantTransits,
  heldBySpace,
  hostsOfInterest,
  type HostId,
  type Incoming,
  machReceive,
  machSend,
  makeSendRight,
  nameTypes,
  type Outgoing,
  type OutPart,
  portAllocate,
  portDied,
  type PortName,
  portHere,
  portModRefs,
  portRequestNotification,
  makeSendOnceRight,
  type PortUid,
  setInterest,
  type SpaceContext,
} from "../../ports/index.ts";
import { act, boot, createWorld, nodeOf, run, schedule, type World } from "./ports-world.ts";

export interface Post {
  readonly text: string;
  readonly at: HostId;
  readonly thread: number;
  readonly to: PortUid;
}

export interface RightsWorld {
  readonly world: World;
  readonly spaces: Map<HostId, SpaceContext>;
  readonly inboxes: Map<HostId, PortUid>;
  /** What each thread still has to send, by host and thread; the first is under way. */
  readonly lines: Map<string, { readonly post: Post; readonly out: () => Outgoing | undefined }[]>;
  readonly open: Map<number, string>;
  readonly accepted: Set<string>;
  readonly posts: Post[];
  readonly numbers: { next: number };
  readonly received: { readonly text: string; readonly to: PortUid; readonly sequence: number }[];
  readonly notified: { readonly kind: string; readonly at: HostId; readonly value: number }[];
  readonly events: {
    readonly event: string;
    readonly at: HostId;
    readonly ids: Readonly<Record<string, unknown>>;
  }[];
}

export function createRightsWorld(
  hosts: number,
  options: Parameters<typeof createWorld>[1] = {},
): RightsWorld {
  const all: RightsWorld = {
    world: createWorld(hosts, options),
    spaces: new Map(),
    inboxes: new Map(),
    lines: new Map(),
    open: new Map(),
    accepted: new Set(),
    posts: [],
    numbers: { next: 0 },
    received: [],
    notified: [],
    events: [],
  };
  for (const id of all.world.nodes.keys()) join(all, id);
  for (const id of all.world.nodes.keys()) meet(all, id);
  return all;
}

/** Gives a host a space and an inbox. */
function join(all: RightsWorld, id: HostId): void {
  const { ports, host } = nodeOf(all.world, id);
  const context: SpaceContext = { ports, space: createSpace(), spaceId: 0, host };
  all.spaces.set(id, context);
  const emit = host.emit.bind(host);
  host.emit = (event, ids) => {
    all.events.push({ event, at: id, ids });
    emit(event, ids);
  };
  host.portDead = (uid) => portDied(context, uid);
  host.granted = (_, uid, transits) => {
    const done = grantTransits(context.space, uid, transits);
    for (const key of all.lines.keys()) if (key.startsWith(`${id}.`)) later(all, id, key);
    return done;
  };
  host.claimed = () => {
    for (const key of all.lines.keys()) if (key.startsWith(`${id}.`)) later(all, id, key);
  };
  host.heldInSpaces = (uid) => ({ ...heldBySpace(context.space, uid), moving: false });
  host.sendEnded = ({ id: send, code, returned }) => {
    const key = all.open.get(send) ?? "";
    all.open.delete(send);
    const first = all.lines.get(key)?.shift();
    if (first && code === 0) all.accepted.add(first.post.text);
    if (returned) throw new Error("nothing is given back without a timeout");
    later(all, id, key);
  };
  const arrived = host.arrived.bind(host);
  host.arrived = (port) => {
    if (port.owner.kind !== "space") {
      arrived(port);
      return;
    }
    schedule(all.world, id, all.world.now + all.world.takeNs, () => take(all, id, port.uid));
  };
  all.inboxes.set(id, makePort(all, id).uid);
}

/** Everybody has a right to everybody's inbox. */
function meet(all: RightsWorld, id: HostId): void {
  for (const [other, uid] of all.inboxes) {
    if (other !== id) introduce(all, uid, other, id);
  }
}

/** A host gets a send right that a port's host has made: how they met is not the test's subject. */
export function introduce(all: RightsWorld, uid: PortUid, from: HostId, to: HostId): void {
  const context = spaceAt(all, to);
  const { ports, host } = nodeOf(all.world, from);
  const port = portHere(ports, uid);
  if (port) copyout(context, makeSendRight(ports, port, host));
}

/** What the hosts' kernels do once a second: watch those on which their ports depend. */
export function keepalive(all: RightsWorld): void {
  for (const [id, { ports, host, up }] of all.world.nodes) {
    if (!up) continue;
    const wanted = hostsOfInterest(ports, all.world.hosts);
    for (const peer of all.world.nodes.keys()) {
      if (peer === id || (!wanted.has(peer) && !ports.peers.has(peer))) continue;
      act(all.world, id, () => setInterest(ports, peer, wanted.has(peer), host));
    }
  }
  run(all.world, all.world.now + 1_000_000_000);
}

/** Nobody watches anybody any more: the world can come to rest. */
export function endKeepalive(all: RightsWorld): void {
  for (const [id, { ports, host, up }] of all.world.nodes) {
    if (!up) continue;
    for (const peer of ports.peers.keys()) {
      act(all.world, id, () => setInterest(ports, peer, false, host));
    }
  }
}

/** A host has been restarted: it knows nothing, and is introduced to the others again. */
export function restart(all: RightsWorld, id: HostId, incarnation: number): void {
  boot(all.world, id, incarnation);
  for (const key of [...all.lines.keys()]) if (key.startsWith(`${id}.`)) all.lines.delete(key);
  join(all, id);
}

export function spaceAt(all: RightsWorld, id: HostId): SpaceContext {
  const context = all.spaces.get(id);
  if (!context) throw new Error(`no space on ${id}`);
  return context;
}

export function makePort(
  all: RightsWorld,
  at: HostId,
): { readonly uid: PortUid; readonly name: PortName } {
  const context = spaceAt(all, at);
  const { name } = portAllocate(context, "receive");
  const entry = context.space.entries.get(name);
  if (!entry) throw new Error("no entry");
  return { uid: entry.uid, name };
}

/** Asks for a no-senders notification, sent to the host's own inbox. */
export function watchSenders(all: RightsWorld, at: HostId, uid: PortUid): void {
  const context = spaceAt(all, at);
  const inbox = portHere(context.ports, all.inboxes.get(at) ?? 0);
  const name = nameOf(context, uid);
  if (!inbox || name === undefined) return;
  const notify = makeSendOnceRight(context.ports, inbox, context.host);
  act(all.world, at, () =>
    portRequestNotification(context, { name, which: "no-senders", sync: 1, notify }),
  );
}

function nameOf({ space }: SpaceContext, uid: PortUid): PortName | undefined {
  return space.names.get(uid);
}

/** A thread sends a text, when what it sent before has its outcome. */
export function post(
  all: RightsWorld,
  at: HostId,
  thread: number,
  to: PortUid,
  parts: () => OutPart[] | undefined = () => [],
): void {
  const key = `${at}.${thread}`;
  const text = `${at}.${nodeOf(all.world, at).ports.incarnation}.${thread}.${all.numbers.next++}`;
  const line = all.lines.get(key) ?? [];
  all.lines.set(key, line);
  const one: Post = { text, at, thread, to };
  const out = (): Outgoing | undefined => {
    const context = spaceAt(all, at);
    const remote = nameOf(context, to);
    const type = context.space.entries.get(remote ?? 0)?.type ?? 0;
    if (remote === undefined || (type & (nameTypes.send | nameTypes.receive)) === 0)
      return undefined;
    const carried = parts();
    if (!carried) return undefined;
    const canCopy = (type & nameTypes.send) !== 0;
    return {
      remote,
      remoteDisposition: canCopy ? dispositions.copySend : dispositions.makeSend,
      local: 0,
      localDisposition: 0,
      number: 1,
      bytes: new TextEncoder().encode(text),
      parts: carried,
    };
  };
  line.push({ post: one, out });
  all.posts.push(one);
  if (line.length === 1) later(all, at, key);
}

function later(all: RightsWorld, at: HostId, key: string): void {
  schedule(all.world, at, all.world.now, () => next(all, at, key));
}

/** The thread's first send that is not under way begins. */
function next(all: RightsWorld, at: HostId, key: string): void {
  const line = all.lines.get(key);
  const first = line?.[0];
  if (!line || !first || [...all.open.values()].includes(key)) return;
  const context = spaceAt(all, at);
  const out = first.out();
  const thread = Number(key.split(".")[1]);
  const sent = out && machSend(context, { pid: 0, tid: thread }, out, { timeoutNs: null });
  if (!sent) {
    forget(all, first.post);
    line.shift();
    later(all, at, key);
  } else if ("acquire" in sent) acquireTransits(context.ports, sent.acquire, 0, context.host);
  else if ("claim" in sent) return;
  else if (!sent.done) all.open.set(sent.id, key);
  else {
    line.shift();
    if (sent.code === 0) all.accepted.add(first.post.text);
    else forget(all, first.post);
    later(all, at, key);
  }
}

/** Its right was gone, or what it was to carry: it was not sent. */
function forget(all: RightsWorld, one: Post): void {
  all.posts.splice(all.posts.indexOf(one), 1);
}

function take(all: RightsWorld, at: HostId, uid: PortUid): void {
  const context = spaceAt(all, at);
  const name = nameOf(context, uid);
  if (name === undefined) return;
  const result = machReceive(context, name, { pid: 0, tid: 0 });
  if (!("message" in result)) return;
  keep(all, at, uid, result.message);
}

function keep(all: RightsWorld, at: HostId, to: PortUid, message: Incoming): void {
  if (message.notification) {
    const value = new DataView(message.bytes.buffer, message.bytes.byteOffset, 4).getUint32(
      0,
      true,
    );
    all.notified.push({ kind: message.notification, at, value });
  } else {
    const text = new TextDecoder().decode(message.bytes);
    all.received.push({ text, to, sequence: message.sequence });
  }
}

/** A copy of a send right goes to another host's inbox. */
export function giveRight(all: RightsWorld, from: HostId, to: HostId, uid: PortUid): void {
  const inbox = all.inboxes.get(to) ?? 0;
  post(all, from, 9, inbox, () => {
    const context = spaceAt(all, from);
    const name = nameOf(context, uid);
    const type = context.space.entries.get(name ?? 0)?.type ?? 0;
    if (name === undefined || (type & (nameTypes.send | nameTypes.receive)) === 0) return undefined;
    const disposition =
      (type & nameTypes.send) !== 0 ? dispositions.copySend : dispositions.makeSend;
    return [{ kind: "port", name, disposition }];
  });
}

/** The receive right goes to another host's inbox. */
export function movePort(all: RightsWorld, to: HostId, uid: PortUid): void {
  const from = holderOf(all, uid);
  if (from === undefined || from === to) return;
  const inbox = all.inboxes.get(to) ?? 0;
  post(all, from, 8, inbox, () => {
    const context = spaceAt(all, from);
    const name = nameOf(context, uid);
    const type = context.space.entries.get(name ?? 0)?.type ?? 0;
    if (name === undefined || (type & nameTypes.receive) === 0) return undefined;
    return [{ kind: "port", name, disposition: dispositions.moveReceive }];
  });
}

/** The host gives up all its send rights to the port. */
export function dropSends(all: RightsWorld, at: HostId, uid: PortUid): void {
  const context = spaceAt(all, at);
  const name = nameOf(context, uid);
  const entry = name === undefined ? undefined : context.space.entries.get(name);
  if (!entry || (entry.type & nameTypes.send) === 0) return;
  act(all.world, at, () => portModRefs(context, entry.name, "send", -entry.references));
}

/** The living host whose space has the receive right. */
export function holderOf(all: RightsWorld, uid: PortUid): HostId | undefined {
  for (const [id, { space }] of all.spaces) {
    const entry = space.entries.get(space.names.get(uid) ?? 0);
    if (nodeOf(all.world, id).up && entry && (entry.type & nameTypes.receive) !== 0) return id;
  }
  return undefined;
}

/** Transits of a port that living hosts hold: in spaces, queues and open sends. */
export function transitsHeld(all: RightsWorld, uid: PortUid): number {
  let held = 0;
  for (const [id, { space, ports }] of all.spaces) {
    if (!nodeOf(all.world, id).up) continue;
    held += heldBySpace(space, uid).transits;
    const messages = [...ports.table.values()].flatMap((port) =>
      port.where === "here" ? port.queue : [],
    );
    for (const { message } of ports.sends.values()) messages.push(message);
    for (const { reply, rights } of messages) {
      for (const right of reply ? [reply, ...rights] : rights) {
        if (right.kind === "send" && right.uid === uid) held += right.count ?? 0;
      }
    }
  }
  return held;
}

/** The first rule that the history breaks. `crashed`: hosts have died. */
export function findRightsFault(all: RightsWorld, crashed: boolean): string | undefined {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for (const { text, to } of all.received) {
    if (seen.has(text)) return `${text} was received twice`;
    seen.add(text);
    const [at, incarnation, thread, number] = text.split(".").map(Number) as [
      number,
      number,
      number,
      number,
    ];
    const key = `${at}.${incarnation}.${thread} to ${to}`;
    if (number < (last.get(key) ?? -1)) return `${text} came late: ${key}`;
    last.set(key, number);
  }
  if (crashed) return undefined;
  for (const { text } of all.posts) {
    if (!all.accepted.has(text)) return `${text} has no outcome`;
    if (!seen.has(text)) return `${text} was lost`;
  }
  for (const [id, { ports }] of all.spaces) {
    for (const port of ports.table.values()) {
      if (port.where !== "here" || !port.counted) continue;
      const held = transitsHeld(all, port.uid);
      if (held !== port.counted.transits) {
        return `port ${port.uid} on ${id} has given out ${port.counted.transits}, ${held} are held`;
      }
    }
  }
  return undefined;
}
