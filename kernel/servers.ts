// Native servers of a host: tasks without an address space, one message at a time.

import { must } from "../ports/base/index.ts";
import {
  type Body,
  createPort,
  dequeue,
  destroyPort,
  makeMessage,
  type Message,
  type NativeServer,
  type Op,
  type Outside,
  portHere,
  type PortUid,
  type Right,
  roomFor,
  type Schema,
  sendMessage,
  type ServerContext,
} from "../ports/index.ts";
import type { MoveKernel } from "./migrate/index.ts";

export interface ServerRecord {
  readonly name: string;
  readonly state: unknown;
  /** Ports with a message to receive, in order. */
  readonly arrivals: PortUid[];
}

export interface ServerHost {
  readonly kernel: MoveKernel;
  readonly outside: Outside;
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
  const done = server.receive(record.state, port.owner.tag, message, context(host, record));
  if (done === "wait") return "wait";
  record.arrivals.shift();
  if (portHere(kernel.state.ports, uid)) {
    dequeue(port);
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
      if (!request.reply) return;
      const message = makeMessage(op, body, { id: request.id, rights }) as Message;
      sendMessage(ports, request.reply.uid, message, kernel.host);
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
    destroyPort: (uid) => destroyPort(ports, uid, kernel.host),
    timer: (at, data) => host.serverTimer(at, record.name, data),
    emit: (event, ids) => kernel.host.emit(event, ids),
  };
}
