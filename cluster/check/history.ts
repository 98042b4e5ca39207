// The histories of messages, ports and hosts, gathered from a trace in one pass. Checkers judge them.
//
//   message   sent ──▶ queued ──▶ received          refused, resent, relayed on the way
//               └──▶ outcome      └──▶ destroyed
//   port      made ──▶ departed ──▶ arrived ──▶ … ──▶ dead
//
// A crash explains what is lost with a host. So does a host that others hold for dead although it
// lives: whatever lay between them may be gone.

import { type Moment, numberOf, rightsIn, textOf, type TraceEvent } from "./violation.ts";

export interface MessageHistory {
  readonly msg: string;
  readonly port: string;
  /** The sending thread. */
  readonly by: string;
  /** Sent by a send-once right: it keeps no order. */
  readonly once: boolean;
  /** A receive right is in it. */
  readonly carriesReceive: boolean;
  readonly sent: Moment;
  readonly queued: (Moment & { readonly hops: number })[];
  readonly received: (Moment & { readonly seqno: number })[];
  readonly destroyed: Moment[];
  readonly outcomes: (Moment & { readonly code: number; readonly definite: boolean })[];
  readonly refused: (Moment & { readonly answer: string })[];
  readonly resent: Moment[];
  readonly relayed: Moment[];
}

export interface PortStep extends Moment {
  readonly what: "made" | "travelling" | "departed" | "arrived" | "dead" | "unreachable";
  readonly epoch: number;
  /** Of `departed`: where to. */
  readonly to: string;
}

export interface PortHistory {
  readonly port: string;
  readonly policy: string;
  readonly limit: number;
  readonly steps: PortStep[];
}

export interface History {
  readonly events: readonly TraceEvent[];
  readonly messages: ReadonlyMap<string, MessageHistory>;
  readonly ports: ReadonlyMap<string, PortHistory>;
  /** When each host crashed, or was held for dead. */
  readonly losses: ReadonlyMap<string, readonly Moment[]>;
  /** Hosts of the cluster that the trace names, `fs` included. */
  readonly hosts: number;
  readonly end: number;
}

interface Gathering {
  readonly messages: Map<string, MessageHistory>;
  readonly ports: Map<string, PortHistory>;
  readonly losses: Map<string, Moment[]>;
  hostMax: number;
}

export function readHistory(events: readonly TraceEvent[]): History {
  const gathering: Gathering = {
    messages: new Map(),
    ports: new Map(),
    losses: new Map(),
    hostMax: 0,
  };
  for (const [index, event] of events.entries()) gather(gathering, event, index);
  const { messages, ports, losses, hostMax } = gathering;
  return { events, messages, ports, losses, hosts: hostMax + 1, end: events.at(-1)?.at ?? 0 };
}

function gather(into: Gathering, event: TraceEvent, index: number): void {
  const moment = { index, at: event.at, host: event.host };
  into.hostMax = Math.max(into.hostMax, Number(event.host.slice(1)) || 0);
  if (event.event === "host.crash") lose(into, event.host, moment);
  else if (event.event === "link.dead") onHeldForDead(into, event, moment);
  else if (event.event.startsWith("ipc.")) gatherMessage(into, event, moment);
  else if (event.event.startsWith("port.")) gatherPort(into, event, moment);
}

function lose({ losses }: Gathering, host: string, moment: Moment): void {
  losses.set(host, [...(losses.get(host) ?? []), moment]);
}

/** After a real crash this says nothing new. */
function onHeldForDead(into: Gathering, event: TraceEvent, moment: Moment): void {
  const peer = textOf(event, "peer");
  if (into.losses.has(peer)) return;
  lose(into, peer, moment);
  lose(into, event.host, moment);
}

function gatherMessage({ messages }: Gathering, event: TraceEvent, moment: Moment): void {
  const msg = textOf(event, "msg");
  if (event.event === "ipc.sent") {
    messages.set(msg, newMessage(event, moment));
    return;
  }
  const message = messages.get(msg);
  if (!message) return;
  switch (event.event) {
    case "ipc.queued":
      message.queued.push({ ...moment, hops: numberOf(event, "hops") });
      return;
    case "ipc.received":
      message.received.push({ ...moment, seqno: numberOf(event, "seqno") });
      return;
    case "ipc.destroyed":
      message.destroyed.push(moment);
      return;
    case "ipc.outcome": {
      const definite = event["definite"] !== false;
      message.outcomes.push({ ...moment, code: numberOf(event, "code"), definite });
      return;
    }
    case "ipc.refused":
      message.refused.push({ ...moment, answer: textOf(event, "answer") });
      return;
    case "ipc.resent":
      message.resent.push(moment);
      return;
    case "ipc.relayed":
      message.relayed.push(moment);
      return;
    default:
      return;
  }
}

function newMessage(event: TraceEvent, sent: Moment): MessageHistory {
  return {
    msg: textOf(event, "msg"),
    port: textOf(event, "port"),
    by: textOf(event, "by"),
    once: numberOf(event, "via") > 0,
    carriesReceive: rightsIn(event, "receive").length > 0,
    sent,
    queued: [],
    received: [],
    destroyed: [],
    outcomes: [],
    refused: [],
    resent: [],
    relayed: [],
  };
}

const stepOf: Readonly<Record<string, PortStep["what"]>> = {
  "port.made": "made",
  "port.travelling": "travelling",
  "port.departed": "departed",
  "port.arrived": "arrived",
  "port.dead": "dead",
  "port.unreachable": "unreachable",
};

function gatherPort({ ports }: Gathering, event: TraceEvent, moment: Moment): void {
  const what = stepOf[event.event];
  if (!what) return;
  const name = textOf(event, "port");
  let port = ports.get(name);
  if (!port) {
    const limit = event["limit"] === undefined ? Infinity : numberOf(event, "limit");
    port = { port: name, policy: textOf(event, "policy"), limit, steps: [] };
    ports.set(name, port);
  }
  port.steps.push({ ...moment, what, epoch: numberOf(event, "epoch"), to: textOf(event, "to") });
}

/** Whether the host was lost at or after that place in the trace. */
export function lostAfter({ losses }: History, host: string, index: number): boolean {
  return (losses.get(host) ?? []).some((loss) => loss.index >= index);
}

/** The first time the port was known to have died; null while it lives. */
export function deathOf({ ports }: History, port: string): Moment | null {
  const step = ports.get(port)?.steps.find(({ what }) => what === "dead" || what === "unreachable");
  return step ?? null;
}

/** The host that last had the receive right; empty if none is known. */
export function lastHostOf({ ports }: History, port: string): string {
  const step = ports
    .get(port)
    ?.steps.findLast(({ what }) => what === "made" || what === "arrived" || what === "departed");
  return step?.what === "departed" ? step.to : (step?.host ?? "");
}

/** Whether a host is lost that had the port's queue at that place in the trace or later. */
export function queueLostAfter(history: History, port: string, moment: Moment): boolean {
  if (lostAfter(history, moment.host, moment.index)) return true;
  const steps = history.ports.get(port)?.steps ?? [];
  return steps.some((step) => {
    const { what, index, host, to } = step;
    if (index < moment.index || (what !== "arrived" && what !== "departed")) return false;
    if (neverArrived(history, steps, step)) return true;
    return (
      lostAfter(history, host, moment.index) || (to !== "" && lostAfter(history, to, moment.index))
    );
  });
}

/** It went to a host that had crashed before, which its old host did not know. */
function neverArrived({ losses }: History, steps: readonly PortStep[], step: PortStep): boolean {
  if (step.what !== "departed" || !losses.has(step.to)) return false;
  return !steps.some(({ what, epoch }) => what === "arrived" && epoch === step.epoch);
}

/** How often the port changed hosts before that place in the trace. */
export function movesBefore({ ports }: History, port: string, index: number): number {
  const steps = ports.get(port)?.steps ?? [];
  return steps.filter((step) => step.what === "departed" && step.index < index).length;
}
