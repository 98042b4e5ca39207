// The source of a move, in the exploration: the real machine, and what `departure.ts` does around it.

import type { MovePlan, SourceEffect, SourceEvent } from "../../../kernel/migrate/source.ts";
import { late, type Machines, pid } from "./explore-state.ts";
import { giveUp, post, runCopy, set, timeless, union, type Work } from "./explore-work.ts";

export function onOrder(work: Work, to: number): void {
  const { host, incarnation, copy, moves } = work.local;
  if (!copy) return;
  const plan: MovePlan = {
    move: `h${host}.${incarnation}.${moves + 1}`,
    pid,
    to,
    home: work.rules.home,
    epoch: copy.epoch,
    strategy: "",
    toIncarnation: 0,
    ...(work.rules.precopies ? { precopies: true } : {}),
  };
  set(work, { moves: moves + 1 });
  afterSource(work, plan.move, work.machines.start(plan, late));
}

export function feedSource(work: Work, move: string, event: SourceEvent): void {
  const machine = work.local.departures[move];
  if (!machine) return;
  const beforeFreeze = machine.at !== "handed-over" && work.local.copy?.state !== "frozen";
  const what: SourceEvent = beforeFreeze && !work.local.copy ? { on: "task-ended" } : event;
  afterSource(work, move, work.machines.source(machine, what, late));
}

function afterSource(work: Work, move: string, step: ReturnType<Machines["source"]>): void {
  const { [move]: _before, ...others } = work.local.departures;
  const over = step.state.at === "over";
  set(work, { departures: over ? others : { ...others, [move]: timeless(step.state) } });
  for (const effect of step.effects) doSource(work, move, step.state.plan, effect);
}

function doSource(work: Work, move: string, plan: MovePlan, effect: SourceEffect): void {
  const { to, epoch } = plan;
  const copy = work.local.copy;
  switch (effect.do) {
    case "send-reserve":
      post(work, to, { what: "reserve", move, epoch });
      return;
    case "settle":
      if (work.rules.settles) post(work, work.local.host, { what: "settled", move });
      else feedSource(work, move, { on: "settled" });
      return;
    case "copy-round":
      post(work, to, { what: "round", move });
      return;
    case "transfer": {
      if (!copy) return;
      set(work, { copy: { ...copy, state: "frozen" } });
      const { asked, era } = copy;
      const own = work.rules.owing || asked.length > 0 ? [work.local.host] : [];
      const others = copy.owed.filter((host) => !asked.includes(host));
      post(work, to, { what: "image", move, owed: union(others, own), era });
      return;
    }
    case "send-commit":
      post(work, plan.home, { what: "commit", move, to, toInc: plan.toIncarnation, epoch });
      return;
    case "send-abort":
      post(work, to, { what: "abort", move });
      return;
    case "thaw":
      if (copy) runCopy(work, { ...copy, state: "runs", era: copy.era + 1 });
      return;
    case "kill":
      giveUp(work, plan.epoch);
      set(work, { copy: null });
      return;
    case "hand-over":
      handOver(work, move, plan);
      return;
    case "tick-at":
    case "report":
      return;
  }
}

function handOver(work: Work, move: string, { to, toIncarnation }: MovePlan): void {
  const awaited = work.local.copy?.asked ?? [];
  set(work, { copy: null });
  if ((work.local.dead[to] ?? 0) >= toIncarnation) return;
  set(work, { keeps: work.local.keeps || work.rules.owing, awaited });
  post(work, to, { what: "activate", move });
}
