// What a checker finds, and what it may rely on.

import type { ControlEvent } from "../observe-agent.ts";

export type TraceEvent = ControlEvent;

/** The rules, by the names that `sojourn soak` prints. */
export type CheckerName =
  | "loss"
  | "duplicate"
  | "outcome"
  | "fifo"
  | "receiver"
  | "rights"
  | "send-once"
  | "no-senders"
  | "hops"
  | "quiet"
  | "live";

export interface Violation {
  readonly checker: CheckerName;
  /** When it shows, virtual ns. */
  readonly at: number;
  readonly port?: string;
  readonly msg?: string;
  readonly sentence: string;
}

export interface CheckOptions {
  /**
   * All cables are whole, all hosts are up, time enough has passed, and whatever was queued has been
   * received: nothing may be under way any more.
   */
  readonly quiet: boolean;
  /** Since when all cables have been whole and all hosts up. Default: as the trace has it. */
  readonly healedAt?: number;
}

/** Where in the trace something stands. */
export interface Moment {
  readonly index: number;
  readonly at: number;
  readonly host: string;
}

/** One of the ports that every host has from its boot on: `h2.0.5`. */
export function isKernelPort(port: string): boolean {
  return port.split(".")[1] === "0";
}

/** The text that an event has under a name; empty for none. */
export function textOf(event: TraceEvent, name: string): string {
  const value = event[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function numberOf(event: TraceEvent, name: string): number {
  return Number(event[name] ?? 0);
}

/** The ports of the rights of the kind that `ipc.sent` lists. */
export function rightsIn(
  event: TraceEvent,
  kind: "send" | "send-once" | "receive",
): readonly string[] {
  const rights = event["rights"];
  if (!Array.isArray(rights)) return [];
  return rights.flatMap((right) => {
    const [of = "", port = ""] = String(right).split(":");
    return of === kind ? [port] : [];
  });
}
