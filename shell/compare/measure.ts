// What the workload cost under a policy, read off its trace and off what hosts kept.

import { eventsToCheck, type TraceEvent } from "../../cluster/index.ts";
import type { LocationName } from "../../ports/index.ts";
import { path, type WorkloadRun } from "./workload.ts";

export interface PolicyMeasures {
  readonly policy: LocationName;
  readonly messages: number;
  readonly wire: { readonly packets: number; readonly bytes: number };
  /** Times that messages were put on a cable beyond the first. */
  readonly extraHops: number;
  /** Messages of one sender, for one move, that went to a host that the port had left: the most. */
  readonly oldPathMax: number;
  readonly moves: number;
  /** Messages between hosts about the port. */
  readonly controlMessagesPerMove: number;
  /** From sending to the queue: of all messages, and of the first of each thread after each move. */
  readonly delayNs: { readonly mean: number };
  readonly delayAfterMoveNs: { readonly mean: number; readonly worst: number };
  /** Of the hosts that the port has left, and of any other that keeps something of it. */
  readonly leftBehind: readonly LeftOnHost[];
  readonly leftAfterDeathBytes: number;
  /** Of three senders, when each of these hosts crashes after the last move. */
  readonly lostWhenCrashes: Readonly<Record<string, number>>;
}

export interface LeftOnHost {
  readonly host: string;
  readonly bytes: number;
  /** How long it was there before the end of the workload; virtual. */
  readonly forNs: number;
  /** It was still there at the end. */
  readonly stays: boolean;
}

interface Sent {
  readonly by: string;
  readonly host: string;
  readonly at: number;
  queuedAt: number;
  hops: number;
  oldPath: boolean;
}

export function measure(
  policy: LocationName,
  run: WorkloadRun,
  lostWhenCrashes: Readonly<Record<string, number>>,
): PolicyMeasures {
  const events = eventsToCheck(run.trace).filter((event) => event["port"] === run.port);
  const sent = sendsIn(events);
  const moves = events.filter(({ event }) => event === "port.departed").map(({ at }) => at);
  const after = moves.flatMap((move) => firstAfter(sent, move).map(delayOf));
  const told = allTold(run.trace, run.port);
  return {
    policy,
    messages: sent.length,
    wire: run.wire,
    extraHops: sent.reduce((sum, { hops }) => sum + Math.max(0, hops - 1), 0),
    oldPathMax: oldPathMax(sent, moves),
    moves: moves.length,
    controlMessagesPerMove: rounded(told / Math.max(1, moves.length)),
    delayNs: { mean: mean(sent.map(delayOf)) },
    delayAfterMoveNs: { mean: mean(after), worst: Math.max(0, ...after) },
    leftBehind: leftOnHosts(run),
    leftAfterDeathBytes: bytesIn([...run.afterDeath.left.values()].flat()),
    lostWhenCrashes,
  };
}

function sendsIn(events: readonly TraceEvent[]): readonly Sent[] {
  const sent = new Map<unknown, Sent>();
  for (const event of events) {
    const { at, host } = event;
    if (event.event === "ipc.sent") {
      const by = String(event["by"]);
      sent.set(event["msg"], { by, host, at, queuedAt: at, hops: 0, oldPath: false });
      continue;
    }
    const message = sent.get(event["msg"]);
    if (!message) continue;
    if (event.event === "ipc.queued") {
      message.queuedAt = at;
      message.hops = Number(event["hops"]);
    }
    const moved = event["answer"] === "moved" || event["answer"] === "unknown";
    const refused = event.event === "ipc.refused" && moved;
    if (refused || event.event === "ipc.relayed") message.oldPath = true;
  }
  return [...sent.values()];
}

const delayOf = ({ at, queuedAt }: Sent): number => queuedAt - at;

/** The first message that each thread sent after the move began. */
function firstAfter(sent: readonly Sent[], move: number): readonly Sent[] {
  const first = new Map<string, Sent>();
  for (const message of sent) {
    if (message.at >= move && !first.has(message.by)) first.set(message.by, message);
  }
  return [...first.values()];
}

/** A message belongs to the last move before it was queued. */
function oldPathMax(sent: readonly Sent[], moves: readonly number[]): number {
  const counts = new Map<string, number>();
  for (const { by, queuedAt, oldPath } of sent) {
    if (!oldPath) continue;
    const key = `${by} ${moves.findLastIndex((move) => move <= queuedAt)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

/** Messages about the port, and those that carry it, from host to host. */
function allTold(trace: string, port: string): number {
  return trace
    .split("\n")
    .filter((line) => line.includes('"event":"ports.told"'))
    .map((line) => JSON.parse(line) as TraceEvent)
    .filter((event) => event["port"] === port || event["port"] === "").length;
}

function leftOnHosts({ samples }: WorkloadRun): readonly LeftOnHost[] {
  const hosts = new Set([...path, ...samples.flatMap(({ left }) => [...left.keys()])]);
  const end = samples.at(-1);
  return [...hosts].sort().map((host) => {
    const seen = samples.filter(({ left }) => left.has(host));
    const [first] = seen;
    const last = seen.at(-1);
    const bytes = Math.max(0, ...seen.map(({ left }) => bytesIn(left.get(host) ?? [])));
    const forNs = first && last ? last.at - first.at : 0;
    return { host, bytes, forNs, stays: end?.left.has(host) ?? false };
  });
}

function bytesIn(entries: readonly { readonly bytes: number }[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

function mean(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
