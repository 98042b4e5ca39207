// What a move would do, without making it: who would move, which pages would go where, and on whom each
// task would depend afterwards. Read off the tasks as they are; nothing is changed or asked.

import type { HostId } from "../../ports/index.ts";
import type { Task } from "../task/task.ts";
import { isStored, type MemoryObject } from "../vm/index.ts";
import { viewPage } from "./carriage.ts";
import { inCommon } from "./groups.ts";
import { objectsOf, objectsOfUnit } from "./image.ts";
import { dependenciesOf, type LedgerEntry, pagesEntry } from "./ledger.ts";
import type { MoveKernel } from "./moves.ts";
import { checkOrder } from "./orders.ts";
import { postponement } from "./postpone.ts";
import type { Refusal } from "./refusal.ts";
import { type PageView, type Strategy, strategyNamed, tuningDefaults } from "./strategies/index.ts";

export interface Forecast {
  /** All rules that are known here to forbid the move. */
  readonly refusals: readonly Refusal[];
  /** Pages that would go while the task runs, and during the freeze, if it wrote none meanwhile. */
  readonly copied: number;
  readonly sent: number;
  /** Pages that would be written to swap, or are there. */
  readonly swapped: number;
  /** Pages that would stay on the source, and those that would come from the file server again. */
  readonly left: number;
  readonly refetched: number;
  /** Pages that the target would ask a task for, their pager, when they are touched. */
  readonly served: number;
  /** Pages that hosts visited earlier owe: fetched first, or owed on. */
  readonly fetched: number;
  readonly owed: number;
  readonly unit: readonly MemberForecast[];
}

/** A task that would move. */
export interface MemberForecast {
  readonly pid: number;
  readonly job: number;
  readonly program: string;
  /** What it would have to get done before; empty: nothing. */
  readonly postponed: string;
  /** Its ledger as it would be. */
  readonly residuals: readonly LedgerEntry[];
}

export interface ForecastOrder {
  readonly to: HostId;
  readonly strategy: string;
  readonly jobs: readonly number[];
  readonly sharing: string;
}

export function forecastMove(kernel: MoveKernel, task: Task, asked: ForecastOrder): Forecast {
  const order = { command: 0, ...tuningDefaults, ...asked };
  const { unit, refusals } = checkOrder(kernel, task, order);
  const strategy = strategyNamed(asked.strategy);
  if (!strategy) return { ...nothing, refusals, unit: [] };
  const common = inCommon(unit);
  const members = unit.map((member) => ({
    pid: member.pid,
    job: member.job,
    program: member.program.name,
    postponed: postponement(member) ?? "",
    residuals: residualsAfter(
      kernel,
      member,
      asked.to,
      strategy,
      countPages(kernel, strategy, objectsOf(member), common),
    ),
  }));
  const counts = countPages(kernel, strategy, objectsOfUnit(unit), common);
  return { ...counts, refusals, unit: members };
}

/** Where the pages of the objects would be found; of those in common the target gets copies. */
function countPages(
  kernel: MoveKernel,
  strategy: Strategy,
  objects: readonly MemoryObject[],
  common: ReadonlySet<MemoryObject>,
): Counts {
  const counts = { ...nothing };
  // What is fetched is anonymous memory: once it is here, it goes where the rest goes.
  const fate = fateOf(strategy, { kind: "anonymous", page: 0 }, false);
  for (const object of objects) {
    const copied = common.has(object);
    for (const page of object.resident.keys()) {
      const stored = isStored(kernel, object, page);
      const here = copied ? "sent" : fateOf(strategy, viewPage(object, page), stored);
      counts[object.manager ? "served" : here]++;
    }
    const swapped = [...object.swap.pages].filter((page) => !object.resident.has(page)).length;
    counts[copied ? "sent" : "swapped"] += swapped;
    const fetches = copied || strategy.fetchesOwed;
    counts[fetches ? "fetched" : "owed"] += object.owed.size;
    if (fetches) counts[copied ? "sent" : fate] += object.owed.size;
  }
  return counts;
}

type Counts = Record<
  "copied" | "sent" | "swapped" | "left" | "refetched" | "served" | "fetched" | "owed",
  number
>;

const nothing: Counts = {
  copied: 0,
  sent: 0,
  swapped: 0,
  left: 0,
  refetched: 0,
  served: 0,
  fetched: 0,
  owed: 0,
};

function fateOf({ place, rounds }: Strategy, page: PageView, stored: boolean): keyof Counts {
  if (rounds?.copies(page) === "sent") return "copied";
  const where = place(page);
  return stored && where === "left" ? "swapped" : where;
}

function residualsAfter(
  { state, host }: MoveKernel,
  task: Task,
  to: HostId,
  strategy: Strategy,
  counts: Counts,
): LedgerEntry[] {
  const now = dependenciesOf(state.ports, task).filter(
    ({ kind }) => kind !== "swap" && !(kind === "pages" && strategy.fetchesOwed),
  );
  const left = pagesEntry("pages", state.id, counts.left, host.now, strategy.pushes);
  const swapped = pagesEntry("swap", 0, counts.swapped, host.now, false);
  const added = [left, swapped].filter(({ count }) => count > 0);
  return [...added, ...now].filter((entry) => entry.host !== to);
}
