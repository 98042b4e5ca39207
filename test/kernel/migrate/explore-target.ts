// The target of a move, in the exploration: the real machine, and what `arrival.ts` does around it.

import type { TargetEffect, TargetEvent } from "../../../kernel/migrate/target.ts";
import type { Member } from "../../../kernel/migrate/source-states.ts";
import { unsaid } from "./explore-source.ts";
import { type Arrival, type Body, late } from "./explore-state.ts";
import {
  forget,
  giveUp,
  post,
  runCopy,
  set,
  tasksHere,
  taskOf,
  timeless,
  union,
  type Work,
} from "./explore-work.ts";

export function onReserve(
  work: Work,
  move: string,
  members: readonly Member[],
  from: { host: number; incarnation: number },
): void {
  if (work.local.arrivals[move]) return;
  if (tasksHere(work, members).length > 0) {
    post(work, from.host, { what: "refused", move });
    return;
  }
  const fromIncarnation = from.incarnation;
  const plan = { move, members, from: from.host, fromIncarnation, home: work.rules.home };
  const arrival: Arrival = { state: { at: "reserved", plan }, owed: [], eras: [] };
  set(work, { arrivals: { ...work.local.arrivals, [move]: arrival } });
  post(work, from.host, { what: "reserved", move, incarnation: work.local.incarnation });
}

export function onRound(work: Work, move: string, from: number): void {
  const arrival = work.local.arrivals[move];
  if (arrival?.state.at === "reserved") post(work, from, { what: "rounded", move });
}

export function onImage(
  work: Work,
  image: Extract<Body, { readonly what: "image" }>,
  room: boolean,
): void {
  const { move, members, owed, eras } = image;
  const arrival = work.local.arrivals[move];
  if (arrival?.state.at !== "reserved") return;
  set(work, { arrivals: { ...work.local.arrivals, [move]: { ...arrival, owed, eras } } });
  const event = room
    ? ({ on: "image", members } as const)
    : { on: "no-room" as const, refusal: unsaid };
  feedTarget(work, move, event);
}

export function feedTarget(work: Work, move: string, event: TargetEvent): void {
  const arrival = work.local.arrivals[move];
  if (!arrival) return;
  const step = work.machines.target(arrival.state, event, late);
  const after: Arrival = { ...arrival, state: timeless(step.state) };
  const { [move]: _before, ...others } = work.local.arrivals;
  const over = step.state.at === "active" || step.state.at === "dropped";
  set(work, { arrivals: over ? others : { ...others, [move]: after } });
  for (const effect of step.effects) doTarget(work, move, after, effect);
}

function doTarget(
  work: Work,
  move: string,
  { state: { plan }, owed, eras }: Arrival,
  effect: TargetEffect,
): void {
  switch (effect.do) {
    case "send-prepared":
      post(work, plan.from, { what: "prepared", move });
      return;
    case "tell-source":
    case "send-refused":
      post(work, plan.from, { what: "refused", move });
      return;
    case "activate": {
      const { host } = work.local;
      const asked = owed.includes(host) ? work.local.awaited : [];
      if (owed.includes(host)) forget(work); // what it kept for itself
      const others = union(owed, asked).filter((one) => one !== host);
      plan.members.forEach(({ pid, epoch }, at) => {
        const kept = at === 0 ? { owed: others, asked } : { owed: [], asked: [] };
        runCopy(work, taskOf(pid), {
          state: "runs",
          epoch: epoch + 1,
          ...kept,
          era: eras[at] ?? 0,
        });
      });
      post(work, plan.from, { what: "activated", move });
      return;
    }
    case "ask-home":
      post(work, plan.home, { what: "query", move, pids: plan.members.map(({ pid }) => pid) });
      return;
    case "give-up":
      giveUp(work, plan.members, 1);
      return;
    case "drop":
    case "tick-at":
      return;
  }
}
