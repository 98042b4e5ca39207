// The target of a move, in the exploration: the real machine, and what `arrival.ts` does around it.

import type { TargetEffect, TargetEvent } from "../../../kernel/migrate/target.ts";
import { type Arrival, type Body, late, pid } from "./explore-state.ts";
import { forget, giveUp, post, runCopy, set, timeless, union, type Work } from "./explore-work.ts";

export function onReserve(
  work: Work,
  move: string,
  epoch: number,
  from: { host: number; incarnation: number },
): void {
  if (work.local.arrivals[move]) return;
  if (work.local.copy) {
    post(work, from.host, { what: "refused", move });
    return;
  }
  const fromIncarnation = from.incarnation;
  const plan = { move, pid, from: from.host, fromIncarnation, home: work.rules.home, epoch };
  const arrival: Arrival = { state: { at: "reserved", plan }, owed: [], era: 0 };
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
  const { move, owed, era } = image;
  const arrival = work.local.arrivals[move];
  if (arrival?.state.at !== "reserved") return;
  set(work, { arrivals: { ...work.local.arrivals, [move]: { ...arrival, owed, era } } });
  feedTarget(work, move, { on: "image", refusal: room ? null : "no-memory" });
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
  { state: { plan }, owed, era }: Arrival,
  effect: TargetEffect,
): void {
  switch (effect.do) {
    case "send-prepared":
      post(work, plan.from, { what: "prepared", move });
      return;
    case "send-refused":
      post(work, plan.from, { what: "refused", move });
      return;
    case "activate": {
      const { host } = work.local;
      const asked = owed.includes(host) ? work.local.awaited : [];
      if (owed.includes(host)) forget(work); // what it kept for itself
      const others = union(owed, asked).filter((one) => one !== host);
      runCopy(work, { state: "runs", epoch: plan.epoch + 1, owed: others, asked, era });
      post(work, plan.from, { what: "activated", move });
      return;
    }
    case "ask-home":
      post(work, plan.home, { what: "query", move });
      return;
    case "give-up":
      giveUp(work, plan.epoch + 1);
      return;
    case "drop":
    case "tick-at":
      return;
  }
}
