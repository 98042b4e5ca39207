// What the operator's orders have come to, as far as the trace tells.

import { sharingDefault } from "../kernel/index.ts";
import type { MigrateOptions, MoveResult, Task } from "./api.ts";
import type { OrderResult } from "./observe-agent.ts";
import type { Move, Observed, Refusal } from "./observed.ts";

/** Who goes along, as a message says it. */
export function unitOptions({ with: others = [], sharing = sharingDefault }: MigrateOptions): {
  readonly jobs: readonly number[];
  readonly sharing: string;
} {
  return { jobs: others.map(({ job }) => job), sharing };
}

/** The time at which the order was carried out or refused, or its task ended; else undefined. */
export function orderMet(
  observed: Observed,
  command: number,
  task: Task | undefined,
): number | undefined {
  const { hostsDown, orders } = observed;
  const order = orders[command];
  if (order) return order.result?.at;
  const refusal = refusalOf(observed, command);
  if (refusal) return refusal.at;
  const move = task && moveOf(task, command);
  if (move && move.activatedAt !== null) return move.activatedAt;
  if (move && move.committedAt !== null && hostsDown[move.to]) return move.committedAt;
  return task?.exit?.at;
}

/** What an order to an agent has come to: null while it is open. */
export function orderResult(observed: Observed, command: number): OrderResult | null {
  const order = observed.orders[command];
  if (order) return order.result;
  const refusal = refusalOf(observed, command);
  if (!refusal) return null;
  const nothing = { host: "", port: "", once: 0, message: null };
  return { at: refusal.at, ok: false, code: 1, reason: refusal.reason, ...nothing };
}

/** What an order to move has come to, once it is met. */
export function moveResult(
  observed: Observed,
  task: Task,
  order: {
    readonly command: number;
    readonly from: string;
    readonly to: string;
    readonly strategy: string;
  },
): MoveResult {
  const { command, from, to, strategy } = order;
  const move = moveOf(task, command);
  if (move && move.committedAt !== null) return moved(move, from, to);
  const refusal = refusalOf(observed, command);
  const outcome = refusal?.outcome === "aborted" ? "aborted" : "refused";
  const rule = refusal?.rule ?? (task.exit ? "task-ended" : "no-answer");
  const reason = refusal?.reason ?? rule;
  const nothing = { freezeNs: 0, pages: 0, bytes: 0, owed: 0 };
  return { outcome, rule, reason, from, to, strategy, ...nothing };
}

function moved(move: Move, from: string, to: string): MoveResult {
  const { strategy, pages, bytes, owed } = move;
  const freezeNs = (move.activatedAt ?? move.committedAt ?? 0) - (move.frozenAt ?? 0);
  return { outcome: "moved", from, to, strategy, freezeNs, pages, bytes, owed };
}

/** Later orders have greater numbers; a task that wanders moves without an order, number 0. */
function moveOf({ moves }: Task, command: number): Move | undefined {
  const move = moves.findLast(
    (candidate) => candidate.command !== 0 && candidate.command <= command,
  );
  return move?.command === command ? move : undefined;
}

function refusalOf({ refusals }: Observed, command: number): Refusal | undefined {
  return refusals.findLast((entry) => entry.command === command);
}
