// Who holds rights of a kind, followed through the trace: spaces, by name, and messages.
//
//   right.named ──▶ space   ipc.sent ──▶ message ──ipc.received──▶ (a name, or one more of a name)
//   right.unnamed, its task's end, its host's crash ──▶ no more
//
// A message whose fate is not known (its host crashed, or its outcome is indefinite) is "maybe": it
// holds nothing for certain, until it is seen again. So is one that a kernel has taken in: it may
// pass it on.

import { isKernelPort, rightsIn, textOf, type TraceEvent } from "./violation.ts";

export interface Holders {
  readonly kind: "send" | "send-once";
  /** Of each port: the holders, and whether they hold for certain. */
  readonly byPort: Map<string, Map<string, boolean>>;
  readonly messages: Map<string, Carrier>;
  /** The host where each port's queue is. */
  readonly places: Map<string, string>;
}

/** A message with rights in it. */
interface Carrier {
  readonly destination: string;
  readonly ports: readonly string[];
  /** Where it lies: with its sender, or in the queue of its port. */
  host: string;
  queued: boolean;
}

export function createHolders(kind: Holders["kind"]): Holders {
  return { kind, byPort: new Map(), messages: new Map(), places: new Map() };
}

/** How many hold a right to the port for certain. */
export function countHolders({ byPort }: Holders, port: string): number {
  let count = 0;
  for (const certain of byPort.get(port)?.values() ?? []) if (certain) count++;
  return count;
}

/** Their names, for people. */
export function namesOfHolders({ byPort }: Holders, port: string): string {
  const certain = [...(byPort.get(port) ?? [])].filter(([, sure]) => sure);
  return certain.map(([name]) => name).join(", ");
}

export function followHolders(holders: Holders, event: TraceEvent): void {
  switch (event.event) {
    case "right.named":
      if (event["kind"] === holders.kind) put(holders, textOf(event, "port"), entryOf(event));
      return;
    case "right.unnamed":
      if (event["kind"] === holders.kind) take(holders, textOf(event, "port"), entryOf(event));
      return;
    case "port.made":
    case "port.arrived":
      movePort(holders, textOf(event, "port"), event.host, true);
      return;
    case "port.departed":
      // Its new host may have crashed before, unknown to the old one: then it never arrives.
      movePort(holders, textOf(event, "port"), textOf(event, "to"), false);
      return;
    case "task.exit":
    case "task.died-with-host":
    case "task.lost":
    case "migrate.given-up":
    case "task.disowned":
      endSpace(holders, `space ${textOf(event, "pid")} `);
      return;
    case "host.crash":
      onCrash(holders, event.host);
      return;
    default:
      if (event.event.startsWith("ipc.")) followMessage(holders, event);
  }
}

function followMessage(holders: Holders, event: TraceEvent): void {
  const msg = textOf(event, "msg");
  if (event.event === "ipc.sent") {
    const ports = rightsIn(event, holders.kind);
    const destination = textOf(event, "port");
    if (ports.length === 0) return;
    holders.messages.set(msg, { destination, ports, host: event.host, queued: false });
    setMessage(holders, msg, true);
    return;
  }
  const message = holders.messages.get(msg);
  if (!message) return;
  switch (event.event) {
    case "ipc.queued":
      message.queued = true;
      message.host = event.host;
      setMessage(holders, msg, !isKernelPort(message.destination));
      return;
    case "ipc.received":
    case "ipc.destroyed":
      endMessage(holders, msg, message);
      return;
    case "ipc.outcome":
      if (event["definite"] === false && !message.queued) setMessage(holders, msg, false);
      else if (Number(event["code"] ?? 0) !== 0) endMessage(holders, msg, message);
      return;
    default:
      return;
  }
}

/** A host's own space is named by the host, a task's by its pid: it keeps it when it moves. */
export function spaceOf(event: TraceEvent): string {
  const space = textOf(event, "space");
  return `space ${space === "0" || space === "" ? event.host : space} `;
}

function entryOf(event: TraceEvent): string {
  return `${spaceOf(event)}name ${textOf(event, "name")}`;
}

function put({ byPort }: Holders, port: string, holder: string, certain = true): void {
  let ofPort = byPort.get(port);
  if (!ofPort) byPort.set(port, (ofPort = new Map<string, boolean>()));
  ofPort.set(holder, certain);
}

function take({ byPort }: Holders, port: string, holder: string): void {
  byPort.get(port)?.delete(holder);
}

function setMessage(holders: Holders, msg: string, certain: boolean): void {
  for (const port of holders.messages.get(msg)?.ports ?? []) {
    put(holders, port, `message ${msg}`, certain);
  }
}

function endMessage(holders: Holders, msg: string, { ports }: Carrier): void {
  holders.messages.delete(msg);
  for (const port of ports) take(holders, port, `message ${msg}`);
}

function movePort(holders: Holders, port: string, host: string, certain: boolean): void {
  holders.places.set(port, host);
  for (const [msg, message] of holders.messages) {
    if (!message.queued || message.destination !== port) continue;
    message.host = host;
    setMessage(holders, msg, certain);
  }
}

function endSpace({ byPort }: Holders, space: string): void {
  for (const ofPort of byPort.values()) {
    for (const holder of ofPort.keys()) if (holder.startsWith(space)) ofPort.delete(holder);
  }
}

function onCrash(holders: Holders, host: string): void {
  endSpace(holders, `space ${host} `);
  for (const [msg, message] of holders.messages) {
    if (message.host === host) setMessage(holders, msg, false);
  }
}
