// What a move would do, without making it: which pages would go where, and on whom the task would
// depend afterwards. Read off the task as it is; nothing is changed or asked.

import type { HostId } from "../../ports/index.ts";
import type { Task } from "../task/task.ts";
import { isStored } from "../vm/index.ts";
import { viewPage } from "./carriage.ts";
import { refusalOf } from "./departure.ts";
import { objectsOf } from "./image.ts";
import { dependenciesOf, type LedgerEntry, pagesEntry } from "./ledger.ts";
import type { MoveKernel } from "./moves.ts";
import { type PageView, type Strategy, strategyNamed, tuningDefaults } from "./strategies/index.ts";

export interface Forecast {
  /** The rule that forbids the move; null: none that is known here. */
  readonly refusal: string | null;
  /** Pages that would go while the task runs, and during the freeze, if it wrote none meanwhile. */
  readonly copied: number;
  readonly sent: number;
  /** Pages that would be written to swap, or are there. */
  readonly swapped: number;
  /** Pages that would stay on the source, and those that would come from the file server again. */
  readonly left: number;
  readonly refetched: number;
  /** Pages that hosts visited earlier owe: fetched first, or owed on. */
  readonly fetched: number;
  readonly owed: number;
  /** The ledger as it would be. */
  readonly residuals: readonly LedgerEntry[];
}

export interface ForecastOrder {
  readonly to: HostId;
  readonly strategy: string;
}

export function forecastMove(kernel: MoveKernel, task: Task, asked: ForecastOrder): Forecast {
  const refusal = refusalOf(kernel, task, { command: 0, ...tuningDefaults, ...asked }) ?? null;
  const strategy = strategyNamed(asked.strategy);
  if (!strategy) return { ...nothing, refusal, residuals: [] };
  const counts = { ...nothing };
  for (const object of objectsOf(task)) {
    for (const page of object.resident.keys()) {
      counts[fateOf(strategy, viewPage(object, page), isStored(kernel, object, page))]++;
    }
    for (const page of object.swap.pages) if (!object.resident.has(page)) counts.swapped++;
    counts[strategy.fetchesOwed ? "fetched" : "owed"] += object.owed.size;
  }
  // What is owed is anonymous memory: once fetched, it goes where the rest goes.
  const fate = fateOf(strategy, { kind: "anonymous", page: 0 }, false);
  counts[fate] += counts.fetched;
  return {
    ...counts,
    refusal,
    residuals: residualsAfter(kernel, task, asked.to, strategy, counts),
  };
}

type Counts = Record<
  "copied" | "sent" | "swapped" | "left" | "refetched" | "fetched" | "owed",
  number
>;

const nothing: Counts = {
  copied: 0,
  sent: 0,
  swapped: 0,
  left: 0,
  refetched: 0,
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
