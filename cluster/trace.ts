// The trace of a run: events of each host in order, merged by (time, host, number).

import { type HostId, hostName } from "../ports/index.ts";

/** One event as it leaves its host: `text` is its line of the trace. */
export interface TraceRecord {
  readonly at: number;
  readonly host: HostId;
  readonly number: number;
  readonly control: boolean;
  readonly text: string;
}

export interface TraceOutput {
  trace(record: TraceRecord, event: string): void;
}

export type TraceLevel = "control" | "default" | "all";

/** Control events with which a task may have ended or stopped, or an order to start one. */
export const endEvents: ReadonlySet<string> = new Set([
  "task.stopped",
  "task.unborn",
  "task.exit",
  "task.lost",
  "migrate.given-up",
  "task.died-with-host",
  "exec.refused",
  "command.host-down",
]);

/** Events that commands wait for and views are folded from; they leave the host at every level. */
const controlEvents: ReadonlySet<string> = new Set([
  "task.born",
  "task.stopped",
  "task.continued",
  "task.unborn",
  "task.exit",
  "task.lost",
  "migrate.given-up",
  "task.died-with-host",
  "exec.done",
  "exec.refused",
  "migrate.request",
  "migrate.freeze",
  "migrate.commit",
  "migrate.activate",
  "migrate.refused",
  "migrate.aborted",
  "migrate.in-doubt",
  "migrate.drop",
  "host.crash",
  "host.restart",
  "host.pause",
  "host.continue",
  "cable.cut",
  "cable.heal",
  "cable.delay",
  "cable.drop",
  "command.host-down",
  "command.no-such-task",
  "agent.order",
  "agent.done",
  "agent.notified",
]);

export interface Tracer {
  emit(at: number, event: string, ids: Readonly<Record<string, unknown>>): void;
}

export function createTracer(host: HostId, level: TraceLevel, output: TraceOutput): Tracer {
  const name = hostName(host);
  let number = 0;
  return {
    emit(at, event, ids) {
      const control = controlEvents.has(event);
      if (!control && level === "control") return;
      const line = { at, host: name, seq: number, event, ...ids };
      output.trace({ at, host, number: number++, control, text: JSON.stringify(line) }, event);
    },
  };
}

export function traceOrder(a: TraceRecord, b: TraceRecord): number {
  return a.at - b.at || a.host - b.host || a.number - b.number;
}
