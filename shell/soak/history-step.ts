// What happens in a history of moves and faults: a plain list of timed steps. Tasks are named by
// their place in the plan, hosts by their names.

import type { Cluster, MigrateOptions } from "../../cluster/index.ts";
import { printDuration } from "../units.ts";

export type HistoryDeed =
  | {
      readonly do: "move";
      readonly task: number;
      readonly host: string;
      readonly options: MigrateOptions;
    }
  /** Each is ordered to where the other is, at the same moment. */
  | {
      readonly do: "swap";
      readonly task: number;
      readonly with: number;
      readonly options: MigrateOptions;
    }
  | { readonly do: "crash" | "restart" | "pause" | "continue" | "declare"; readonly host: string }
  | { readonly do: "cut"; readonly a: string; readonly b: string; readonly oneWay: boolean }
  | { readonly do: "heal"; readonly a: string; readonly b: string }
  | { readonly do: "delay"; readonly a: string; readonly b: string; readonly ns: number }
  | { readonly do: "drop"; readonly a: string; readonly b: string; readonly ppm: number };

export type HistoryStep = HistoryDeed & { readonly at: number };

/** A line for a person. */
export function tellStep(step: HistoryStep): string {
  const { at, do: what, ...rest } = step;
  const words = Object.entries(rest).map(([name, value]) => `${name}=${tell(value)}`);
  return `${printDuration(at)} ${what} ${words.join(" ")}`;
}

function tell(value: string | number | boolean | object): string {
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([name, part]) => `${name}:${String(part)}`)
    .join(",");
}

/** Requires: it is the time of the step. What has lost its ground does nothing. */
export function actHistory(cluster: Cluster, step: HistoryStep): void {
  switch (step.do) {
    case "move":
      return order(cluster, step.task, step.host, step.options);
    case "swap": {
      const [one, other] = [hostOf(cluster, step.task), hostOf(cluster, step.with)];
      if (one === null || other === null || one === other) return;
      order(cluster, step.task, other, step.options);
      return order(cluster, step.with, one, step.options);
    }
    case "crash":
      return isDown(cluster, step.host) ? undefined : cluster.crash(step.host);
    case "restart":
      return isDown(cluster, step.host) ? cluster.restart(step.host) : undefined;
    case "declare":
      return isDown(cluster, step.host) ? cluster.declare(step.host) : undefined;
    case "pause":
    case "continue":
      return isDown(cluster, step.host) ? undefined : cluster[step.do](step.host);
    case "cut":
      return cluster.cut(step.a, step.b, { oneWay: step.oneWay });
    case "heal":
      return cluster.heal(step.a, step.b);
    case "delay":
      return cluster.delay(step.a, step.b, step.ns);
    case "drop":
      return cluster.drop(step.a, step.b, step.ppm);
  }
}

export function isDown(cluster: Cluster, host: string): boolean {
  return cluster.views().some((view) => view.host === host && view.state === "down");
}

/** Null for a task that is over, or has not begun. */
function hostOf(cluster: Cluster, place: number): string | null {
  const task = cluster.tasks[place];
  return task && !task.exit && task.pid !== null ? task.host : null;
}

function order(cluster: Cluster, place: number, host: string, options: MigrateOptions): void {
  const task = cluster.tasks[place];
  if (!task || hostOf(cluster, place) === null) return;
  cluster.orderMigration(task, host, options);
}

/** All cables are whole, and all hosts that are up go on. */
export function mendFaults(cluster: Cluster, steps: readonly HistoryStep[]): void {
  for (const step of steps) {
    if (step.do === "cut") cluster.heal(step.a, step.b);
    if (step.do === "delay") cluster.delay(step.a, step.b, 0);
    if (step.do === "drop") cluster.drop(step.a, step.b, 0);
    if (step.do === "pause" && !isDown(cluster, step.host)) cluster.continue(step.host);
  }
}
