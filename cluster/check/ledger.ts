// The ledger is conserved: whatever the loss of a host does to a task stood in the task's ledger
// before, and whatever stood there happens.
//
//            ┌─ nobody crashes ──▶ the spared run: what would have been used
//   … ─ at ──┤
//            └─ a host crashes ──▶ the crashed run: damage
//
//   forgotten   a task was hurt by the loss of a host of which its ledger had no entry
//   too-many    an entry was to act, at once or because its thing was used, and nothing happened
//   too-soon    an entry acted although its thing was not used
//   causeless   something else became of a task that nothing has hurt, nor whom it works with
//
// A task that was on that host, or on its way from it or to it, is the home's matter, not the
// ledger's: docs/migration-crashes.md.

import type { LedgerEntry } from "../../kernel/index.ts";
import { hostName } from "../../ports/index.ts";
import { type Damage, damagesIn } from "./damage.ts";
import { numberOf, textOf, type TraceEvent } from "./violation.ts";

export interface LedgerTask {
  readonly pid: number;
  readonly host: string;
  /** It was about to start, or was moving from the host or to it. */
  readonly excused: boolean;
  readonly entries: readonly LedgerEntry[];
  /** The pids of those whose fate becomes its own: it talks to them. */
  readonly partners: readonly number[];
}

/** How a program ended; status null: not at all. */
export interface LedgerEnd {
  readonly status: number | null;
  readonly printed: string;
}

export interface LedgerRun {
  readonly events: readonly TraceEvent[];
  readonly ends: ReadonlyMap<number, LedgerEnd>;
}

export interface LedgerTrial {
  readonly crashed: string;
  readonly at: number;
  readonly tasks: readonly LedgerTask[];
  readonly spared: LedgerRun;
  readonly hurt: LedgerRun;
}

export interface LedgerViolation {
  readonly rule: "forgotten" | "too-many" | "too-soon" | "causeless";
  readonly pid: number;
  readonly sentence: string;
}

export function checkLedger(trial: LedgerTrial): readonly LedgerViolation[] {
  const damages = damagesOf(trial);
  return [
    ...trial.tasks.filter(isConcerned(trial)).flatMap((task) => {
      const own = damages.filter(({ pid }) => pid === task.pid);
      return [
        ...own.flatMap((damage) => forgotten(trial, task, damage)),
        ...tooMany(trial, task, damages),
        ...tooSoon(trial, task, own),
        ...causeless(trial, task, damages),
      ];
    }),
    ...uncounted(trial),
  ];
}

/** A task that sets out afterwards needs its home for that, and perhaps the host as its target. */
const isConcerned =
  ({ crashed, at, hurt }: LedgerTrial) =>
  ({ excused, host, pid }: LedgerTask): boolean =>
    !excused &&
    host !== crashed &&
    !hurt.events.some(
      (event) =>
        event.event === "migrate.request" && event.at >= at && numberOf(event, "pid") === pid,
    );

function damagesOf({ hurt, at, crashed }: LedgerTrial): readonly Damage[] {
  return damagesIn(hurt.events)
    .filter((damage) => damage.at >= at)
    .map((damage) => ({ ...damage, host: damage.host || crashed }));
}

/** Which entries explain which damage. */
const explains: Readonly<Record<Damage["what"], readonly LedgerEntry["kind"][]>> = {
  "bus-error": ["pages", "swap", "file-pages"],
  unanswered: ["send-outcome", "open-files", "file-pages"],
  message: ["rights", "send-outcome"],
  lost: [],
};

function forgotten(
  { crashed, tasks }: LedgerTrial,
  { pid, entries, partners }: LedgerTask,
  { what, host }: Damage,
): readonly LedgerViolation[] {
  if (host !== crashed) {
    const sentence = `${pid}: ${what} for ${host}, which did not crash`;
    return [{ rule: "causeless", pid, sentence }];
  }
  const known = entriesOf(entries, crashed).some(({ kind }) => explains[what].includes(kind));
  // Rights come with messages: of a partner that was there some may have come since.
  const wasThere = (other: LedgerTask): boolean =>
    partners.includes(other.pid) && other.host === crashed;
  if (known || (what === "message" && tasks.some(wasThere))) return [];
  return [
    { rule: "forgotten", pid, sentence: `${pid}: ${what}, and no entry of ${crashed} for it` },
  ];
}

function entriesOf(entries: readonly LedgerEntry[], host: string): readonly LedgerEntry[] {
  return entries.filter((entry) => hostName(entry.host) === host);
}

function tooMany(
  trial: LedgerTrial,
  { pid, host, entries, partners }: LedgerTask,
  damages: readonly Damage[],
): readonly LedgerViolation[] {
  // A task whose partner was hurt may never get as far as to use anything.
  if (damages.some((damage) => damage.pid === pid || partners.includes(damage.pid))) return [];
  return entriesOf(entries, trial.crashed).flatMap(({ kind, when }): LedgerViolation[] => {
    const acts =
      when === "at-once" ? !answerUnderWay(trial, host) : kind === "pages" && isUsed(trial, pid);
    if (!acts) return [];
    const why = when === "at-once" ? "was to act at once" : "was used";
    return [
      { rule: "too-many", pid, sentence: `${pid}: ${kind} of ${trial.crashed} ${why}: no harm` },
    ];
  });
}

/** Something that the host had sent before it crashed came afterwards: perhaps the answer. */
function answerUnderWay({ hurt, crashed, at }: LedgerTrial, host: string): boolean {
  const sent = new Set(
    hurt.events
      .filter((event) => event.event === "msg.send" && event.host === crashed && event.at <= at)
      .map((event) => textOf(event, "port")),
  );
  return hurt.events.some(
    (event) =>
      event.event === "msg.enqueue" &&
      event.host === host &&
      event.at >= at &&
      sent.has(textOf(event, "port")),
  );
}

interface Use {
  readonly used: boolean;
  /** Every page that was supplied was touched: none was pushed, or read ahead. */
  readonly exact: boolean;
}

/** What the host supplied to the task from then on, had it not crashed. */
function useOf({ spared, crashed, at }: LedgerTrial, pid: number): Use {
  const residuals = new Set<number>();
  let used = false;
  let exact = true;
  for (const event of spared.events) {
    if (event.host !== crashed) continue;
    const residual = numberOf(event, "residual");
    if (event.event === "residual.left" && numberOf(event, "pid") === pid) residuals.add(residual);
    if (!residuals.has(residual)) continue;
    if (event.event === "residual.push") exact = false;
    if (event.event !== "residual.supply") continue;
    if (numberOf(event, "count") > 1) exact = false;
    if (event.at > at) used = true;
  }
  return { used, exact };
}

function isUsed(trial: LedgerTrial, pid: number): boolean {
  const { used, exact } = useOf(trial, pid);
  return used && exact;
}

function tooSoon(
  trial: LedgerTrial,
  { pid, entries }: LedgerTask,
  own: readonly Damage[],
): readonly LedgerViolation[] {
  if (!own.some(({ what }) => what === "bus-error")) return [];
  const kinds = entriesOf(entries, trial.crashed).map(({ kind }) => kind);
  if (!kinds.includes("pages") || kinds.includes("swap") || kinds.includes("file-pages")) return [];
  const { used, exact } = useOf(trial, pid);
  if (used || !exact) return [];
  const sentence = `${pid}: bus error for pages of ${trial.crashed} that nobody touches`;
  return [{ rule: "too-soon", pid, sentence }];
}

function causeless(
  { spared, hurt, tasks, crashed }: LedgerTrial,
  { pid, partners, entries }: LedgerTask,
  damages: readonly Damage[],
): readonly LedgerViolation[] {
  const [before, after] = [spared.ends.get(pid), hurt.ends.get(pid)];
  if (before?.status === after?.status && before?.printed === after?.printed) return [];
  const hurts = (other: number): boolean =>
    damages.some((damage) => damage.pid === other) ||
    tasks.some((task) => task.pid === other && task.excused);
  if (hurts(pid) || partners.some(hurts)) return [];
  // Who looks for a port of the task, and may ask only the host that made it, looks on.
  const kinds = entriesOf(entries, crashed).map(({ kind }) => kind);
  if (after?.status === null && kinds.includes("ports")) return [];
  return [{ rule: "causeless", pid, sentence: `${pid}: ended otherwise, and nothing has hurt it` }];
}

/** No host loses more pages of the crashed one than the ledgers of its tasks had counted. */
function uncounted({ crashed, at, hurt, tasks }: LedgerTrial): readonly LedgerViolation[] {
  if (crashed === "fs" || tasks.some(({ excused }) => excused)) return [];
  const lost = new Map<string, number>();
  for (const event of hurt.events) {
    if (event.event !== "pager.lost" || event.at < at || textOf(event, "peer") !== crashed)
      continue;
    lost.set(event.host, (lost.get(event.host) ?? 0) + numberOf(event, "pages"));
  }
  return [...lost].flatMap(([host, pages]): LedgerViolation[] => {
    const counted = tasks
      .filter((task) => task.host === host)
      .flatMap(({ entries }) => entriesOf(entries, crashed))
      .filter(({ kind }) => kind === "pages")
      .reduce((sum, { count }) => sum + count, 0);
    if (pages <= counted) return [];
    const sentence = `${host} lost ${pages} pages of ${crashed}; its ledgers had ${counted}`;
    return [{ rule: "forgotten", pid: 0, sentence }];
  });
}
