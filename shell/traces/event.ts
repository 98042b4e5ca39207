// One event of a trace, and what can be read off it whatever its kind.

import { parseRecord } from "../json.ts";

export interface TraceEvent {
  /** Virtual ns. */
  readonly at: number;
  readonly host: string;
  readonly seq: number;
  /** `area.step` */
  readonly name: string;
  /** What else stands in its line, in that order. */
  readonly ids: Readonly<Record<string, unknown>>;
  /** Its line, as it stands. */
  readonly line: string;
}

/** The first line of a trace says what the run was made of. */
export function isHeader(line: string): boolean {
  return line.startsWith('{"sojourn":') && parseRecord(line) !== undefined;
}

/** Undefined for a line that is no event. */
export function parseEvent(line: string): TraceEvent | undefined {
  const fields = parseRecord(line);
  if (!fields) return undefined;
  const { at, host, seq, event: name, ...ids } = fields;
  if (typeof at !== "number" || !Number.isSafeInteger(at) || at < 0) return undefined;
  if (typeof seq !== "number" || !Number.isSafeInteger(seq)) return undefined;
  if (typeof host !== "string" || typeof name !== "string") return undefined;
  if (!/^(?:fs|h[1-9][0-9]{0,2})$/.test(host) || !/^[a-z]+\.[a-z-]+$/.test(name)) return undefined;
  return { at, host, seq, name, ids, line };
}

/** A field that is a number, or undefined. */
export function numberOf({ ids }: TraceEvent, field: string): number | undefined {
  const value = ids[field];
  return typeof value === "number" ? value : undefined;
}

/** A field that is a text; empty if there is none. */
export function textOf({ ids }: TraceEvent, field: string): string {
  const value = ids[field];
  return typeof value === "string" ? value : "";
}

/** The task that the event names: its `pid`, or that of `by` (`pid.tid`). */
export function pidOf(event: TraceEvent): number | undefined {
  const pid = numberOf(event, "pid");
  if (pid !== undefined) return pid;
  const by = /^(\d+)\.\d+$/.exec(textOf(event, "by"));
  return by ? Number(by[1]) : undefined;
}

/** `fs`, `h1`, `h2`, … `h10`. */
export function compareHosts(a: string, b: string): number {
  return hostNumber(a) - hostNumber(b);
}

/** 0 for `fs`. */
export function hostNumber(host: string): number {
  return host === "fs" ? 0 : Number(host.slice(1));
}
