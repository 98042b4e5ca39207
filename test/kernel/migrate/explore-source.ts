// The source of a move, in the exploration: the real machine, and what `departure.ts` does around it.

import type { MovePlan, SourceEffect, SourceEvent } from "../../../kernel/migrate/source-states.ts";
import type { Refusal } from "../../../kernel/migrate/refusal.ts";
import { type Copy, late, type Machines } from "./explore-state.ts";
import {
  end,
  giveUp,
  pidOf,
  post,
  runCopy,
  set,
  setCopy,
  tasksHere,
  timeless,
  union,
  type Work,
} from "./explore-work.ts";

/** Why it is refused is for nobody here to say. */
export const unsaid: Refusal = { rule: "no-memory", object: "", detail: "" };

export function onOrder(work: Work, to: number): void {
  const { host, incarnation, copies, moves } = work.local;
  const members = copies.flatMap((copy, task) =>
    copy ? [{ pid: pidOf(task), epoch: copy.epoch }] : [],
  );
  if (members.length === 0) return;
  const plan: MovePlan = {
    move: `h${host}.${incarnation}.${moves + 1}`,
    members,
    to,
    home: work.rules.home,
    strategy: "",
    toIncarnation: 0,
    ...(work.rules.precopies ? { precopies: true } : {}),
  };
  set(work, { moves: moves + 1 });
  afterSource(work, plan.move, work.machines.start(plan, late));
}

export function feedSource(work: Work, move: string, event: SourceEvent): void {
  dropEnded(work, move);
  const machine = work.local.departures[move];
  if (machine) afterSource(work, move, work.machines.source(machine, event, late));
}

/** Those that have ended go no further. */
function dropEnded(work: Work, move: string): void {
  const machine = work.local.departures[move];
  if (!machine || machine.at === "handed-over") return;
  const { members } = machine.plan;
  const here = tasksHere(work, members);
  if (here.length === members.length) return;
  const living = members.filter(({ pid }) => here.some((task) => pidOf(task) === pid));
  const event = { on: "members", members: living } as const;
  afterSource(work, move, work.machines.source(machine, event, late));
}

function afterSource(work: Work, move: string, step: ReturnType<Machines["source"]>): void {
  const { [move]: _before, ...others } = work.local.departures;
  const over = step.state.at === "over";
  set(work, { departures: over ? others : { ...others, [move]: timeless(step.state) } });
  for (const effect of step.effects) doSource(work, move, step.state.plan, effect);
}

function doSource(work: Work, move: string, plan: MovePlan, effect: SourceEffect): void {
  const { to, members } = plan;
  const unit = tasksHere(work, members);
  switch (effect.do) {
    case "send-reserve":
      post(work, to, { what: "reserve", move, members });
      return;
    case "settle":
      if (work.rules.settles) post(work, work.local.host, { what: "settled", move });
      else feedSource(work, move, { on: "settled" });
      return;
    case "copy-round":
      post(work, to, { what: "round", move });
      return;
    case "transfer":
      transfer(work, move, plan, unit);
      return;
    case "send-commit":
      post(work, plan.home, { what: "commit", move, to, toInc: plan.toIncarnation, members });
      return;
    case "send-abort":
      post(work, to, { what: "abort", move });
      return;
    case "thaw":
      for (const task of unit) {
        const copy = copyOf(work, task);
        runCopy(work, task, { ...copy, state: "runs", era: copy.era + 1 });
      }
      return;
    case "send-inquire":
      post(work, to, { what: "inquire", move });
      return;
    case "disown":
      for (const task of unit) {
        setCopy(work, task, null);
        end(work, task, "disowned");
      }
      return;
    case "kill":
      giveUp(work, members, 0);
      for (const task of unit) setCopy(work, task, null);
      return;
    case "hand-over":
      handOver(work, move, plan, unit);
      return;
    case "tick-at":
    case "report":
      return;
  }
}

const copyOf = (work: Work, task: number): Copy => work.local.copies[task] as Copy;

function transfer(work: Work, move: string, { to, members }: MovePlan, unit: number[]): void {
  for (const task of unit) setCopy(work, task, { ...copyOf(work, task), state: "frozen" });
  const copies = unit.map((task) => copyOf(work, task));
  const asked = union(
    copies.flatMap((copy) => copy.asked),
    [],
  );
  const own = work.rules.owing || asked.length > 0 ? [work.local.host] : [];
  const others = copies.flatMap(({ owed }) => owed).filter((host) => !asked.includes(host));
  const eras = copies.map(({ era }) => era);
  post(work, to, { what: "image", move, members, owed: union(others, own), eras });
}

function handOver(work: Work, move: string, { to, toIncarnation }: MovePlan, unit: number[]): void {
  const awaited = unit.flatMap((task) => copyOf(work, task).asked);
  for (const task of unit) setCopy(work, task, null);
  if ((work.local.dead[to] ?? 0) >= toIncarnation) return;
  set(work, { keeps: work.local.keeps || work.rules.owing, awaited });
  post(work, to, { what: "activate", move });
}
