// Native servers of a host: tasks without an address space, one message at a time.

import { must } from "../ports/base/index.ts";
import {
  acquireTransits,
  armNoSenders,
  type Body,
  createCountedPort,
  createPort,
  dequeue,
  destroyPort,
  dropRight,
  type HostId,
  isKnownDead,
  isOp,
  makeMessage,
  makePortUid,
  makeSendRight,
  type Message,
  type NativeServer,
  noteNamed,
  noteReceived,
  noteUnnamed,
  type Op,
  type Outside,
  portHere,
  type Ports,
  type PortUid,
  type Right,
  roomFor,
  type Schema,
  sendMessage,
  type ServerContext,
  setInterest,
  splitTransits,
  user,
  watchIncarnation,
  watchPort,
} from "../ports/index.ts";
import type { MoveKernel } from "./migrate/index.ts";

const noThread = { pid: 0, tid: 0 } as const;

export interface ServerRecord {
  readonly name: string;
  readonly state: unknown;
  /** Ports with a message to receive, in order. */
  readonly arrivals: PortUid[];
}

export interface ServerHost {
  readonly kernel: MoveKernel;
  readonly outside: Outside;
  readonly servers: readonly NativeServer[];
  readonly records: ReadonlyMap<string, ServerRecord>;
  serverTimer(at: number, server: string, data: unknown): void;
}

/** The state of a server at boot; a disk that survived the last crash is given back to it. */
export function serverState(
  server: NativeServer,
  disks: ReadonlyMap<string, unknown>,
): ServerRecord {
  return { name: server.name, state: server.create(disks.get(server.name)), arrivals: [] };
}

/** Handles the server's next message. "wait": the outside must give input first, nothing changed. */
export function runServer(
  host: ServerHost,
  server: NativeServer,
  record: ServerRecord,
): "done" | "wait" {
  const { kernel } = host;
  const uid = must(record.arrivals[0], "a message for the server");
  const port = portHere(kernel.state.ports, uid);
  const message = port?.queue[0];
  if (!port || port.owner.kind !== "server" || !message) {
    record.arrivals.shift(); // the port died with what was queued
    return "done";
  }
  const { tag } = port.owner;
  const uids = message.rights.map((right) => right.uid);
  const done = followHeld(host, { server, record, uids }, () =>
    server.receive(record.state, tag, message, context(host, record)),
  );
  if (done === "wait") return "wait";
  record.arrivals.shift();
  if (portHere(kernel.state.ports, uid)) {
    dequeue(port);
    const where = { ports: kernel.state.ports, host: kernel.host };
    if (kernel.host.wants) noteReceived(where, message, { port: uid, sequence: 0, by: noThread });
    roomFor(kernel.state.ports, port, kernel.host);
  }
  return "done";
}

export function onServerTimer(
  host: ServerHost,
  server: NativeServer,
  record: ServerRecord,
  data: unknown,
): void {
  server.timer?.(record.state, data, context(host, record));
}

/** Every server of this host learns that the port is dead. */
export function serversPortDied(host: ServerHost, uid: PortUid): void {
  for (const server of host.servers) {
    const record = must(host.records.get(server.name), "a server's state");
    followHeld(host, { server, record, uids: [uid] }, () =>
      server.portDied?.(record.state, uid, context(host, record)),
    );
  }
}

/** Every server of this host learns that an incarnation of another host is dead. */
export function serversHostDied(host: ServerHost, dead: HostId, incarnation: number): void {
  for (const server of host.servers) {
    const record = must(host.records.get(server.name), "a server's state");
    server.hostDied?.(record.state, dead, incarnation, context(host, record));
  }
}

/** On which hosts the servers depend. */
export function hostsOfServers({ servers, records }: ServerHost): readonly HostId[] {
  return servers.flatMap((server) => {
    const record = must(records.get(server.name), "a server's state");
    return server.hosts?.(record.state) ?? [];
  });
}

/** The trace names the host as holder of the rights that a server of it keeps. */
function followHeld<T>(
  { kernel }: ServerHost,
  {
    server,
    record,
    uids,
  }: {
    readonly server: NativeServer;
    readonly record: ServerRecord;
    readonly uids: readonly PortUid[];
  },
  work: () => T,
): T {
  const holds = (uid: PortUid): boolean => (server.held?.(record.state, uid) ?? 0) > 0;
  const before = uids.map(holds);
  const result = work();
  const where = { host: kernel.host, spaceId: 0 };
  uids.forEach((uid, at) => {
    const now = holds(uid);
    if (now && !before[at]) noteNamed(where, { uid, name: 0 }, "send");
    else if (!now && before[at]) noteUnnamed(where, { uid, name: 0 }, "send");
  });
  return result;
}

/** Servers ask for transits under numbers that no task's space has. */
const serverSpaces = 2 ** 40;

function spaceOfServer({ servers }: ServerHost, name: string): number {
  return serverSpaces + servers.findIndex((server) => server.name === name);
}

export interface ServerGrant {
  readonly space: number;
  readonly uid: PortUid;
  readonly transits: number;
}

/** Transits for the server with this number; one that wants none gives them back. */
export function serverGranted(host: ServerHost, { space, uid, transits }: ServerGrant): void {
  const server = host.servers[space - serverSpaces];
  if (!server?.granted) {
    dropRight(host.kernel.state.ports, { kind: "send", uid, count: transits });
    return;
  }
  const record = must(host.records.get(server.name), "a server's state");
  server.granted(record.state, uid, transits, context(host, record));
}

export function isServerSpace(space: number): boolean {
  return space >= serverSpaces;
}

/** Transits of a port that this host's servers hold: for a recount. */
export function heldByServers(
  servers: readonly NativeServer[],
  records: ReadonlyMap<string, ServerRecord>,
  uid: PortUid,
): number {
  return servers.reduce((sum, server) => {
    const record = must(records.get(server.name), "a server's state");
    return sum + (server.held?.(record.state, uid) ?? 0);
  }, 0);
}

function splitRight(right: Right): { readonly kept: Right; readonly given: Right } | null {
  if (right.count === undefined) return { kept: right, given: right };
  const parts = splitTransits(right.count);
  if (!parts) return null;
  return { kept: { ...right, count: parts.kept }, given: { ...right, count: parts.given } };
}

/**
 * The right that is given out is the only one; its port hears of its end by itself. It may be lost
 * with any host: each has to be known by its incarnation before the right can get there.
 */
function makeCountedPort({ kernel }: ServerHost, { name }: ServerRecord, tag: string): Right {
  const { ports } = kernel.state;
  for (let id = 1; id <= kernel.host.hosts; id++) {
    if (id !== ports.host) setInterest(ports, id, true, kernel.host);
  }
  const port = createCountedPort(ports, { kind: "server", server: name, tag }, kernel.host);
  const right = makeSendRight(ports, port, kernel.host);
  armNoSenders(port, { kind: "send-once", uid: port.uid }, kernel.host);
  return right;
}

/** Messages of tasks have ids of their own; those of kernels and servers pair with a request. */
function newMessageId(ports: Ports): number {
  return makePortUid(ports.host, ports.incarnation, ports.messages++);
}

function context(host: ServerHost, record: ServerRecord): ServerContext {
  const { kernel, outside } = host;
  const { ports } = kernel.state;
  return {
    get now() {
      return kernel.host.now;
    },
    outside,
    charge: (ns) => kernel.host.charge(ns),
    reply<S extends Schema>(
      request: Message,
      op: Op<S>,
      body: Body<S>,
      rights: readonly Right[] = [],
    ): void {
      const { reply } = request;
      if (reply?.kind !== "send-once") {
        // Only a send-once right is an answer that the client has to be ready for.
        if (reply) dropRight(ports, reply);
        for (const right of rights) dropRight(ports, right);
        return;
      }
      const id = isOp(request, user.message) ? newMessageId(ports) : request.id;
      const message = makeMessage(op, body, { id, rights, via: reply.count });
      sendMessage(ports, reply.uid, message as Message, kernel.host);
    },
    send<S extends Schema>(
      to: PortUid,
      op: Op<S>,
      body: Body<S>,
      extras: { readonly rights?: readonly Right[] } = {},
    ): void {
      sendMessage(ports, to, makeMessage(op, body, extras) as Message, kernel.host);
    },
    makePort(tag) {
      const owner = { kind: "server", server: record.name, tag } as const;
      return { kind: "send", uid: createPort(ports, owner) };
    },
    makeCountedPort: (tag) => makeCountedPort(host, record, tag),
    watchHost(peer, incarnation) {
      if (isKnownDead(ports, peer, incarnation)) return false;
      watchIncarnation(ports, peer, incarnation, kernel.host);
      return true;
    },
    destroyPort: (uid) => destroyPort(ports, uid, kernel.host),
    split: splitRight,
    drop: (right) => dropRight(ports, right),
    acquire: (uid) => acquireTransits(ports, uid, spaceOfServer(host, record.name), kernel.host),
    watch: (uid) => watchPort(ports, uid, kernel.host),
    timer: (at, data) => host.serverTimer(at, record.name, data),
    emit: (event, ids) => kernel.host.emit(event, ids),
  };
}
