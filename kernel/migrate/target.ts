// The target of a move: a pure machine. Its copy runs only when the home has made it the owner.
//
//   reserved ──image──▶ prepared ──activate──▶ active
//       │                  │ source dead: ask the home
//       │                  ▼
//       │               in-doubt ──committed──▶ active
//       │                  └──aborted──▶ dropped
//       └── abort, source dead ──▶ dropped ◀── in doubt, and its home declared dead
//
// Once prepared it neither drops its copy nor runs it on any timeout: it asks until it is told.

import { match } from "ts-pattern";
import type { HostId } from "../../ports/index.ts";

export interface ArrivalPlan {
  readonly move: string;
  readonly pid: number;
  readonly from: HostId;
  readonly fromIncarnation: number;
  readonly home: HostId;
  readonly epoch: number;
  /** The operator has said that the home will never answer. */
  readonly homeDeclared?: true;
}

export type TargetState =
  | { readonly at: "reserved"; readonly plan: ArrivalPlan }
  | { readonly at: "prepared"; readonly plan: ArrivalPlan }
  | { readonly at: "in-doubt"; readonly plan: ArrivalPlan; readonly askAt: number }
  | { readonly at: "active"; readonly plan: ArrivalPlan }
  | { readonly at: "dropped"; readonly plan: ArrivalPlan };

export type TargetEvent =
  | { readonly on: "image"; readonly refusal: string | null }
  | { readonly on: "activate" }
  | { readonly on: "abort" }
  | { readonly on: "source-dead" }
  | { readonly on: "home-declared" }
  | { readonly on: "verdict"; readonly verdict: "committed" | "aborted" | "open" }
  | { readonly on: "tick" };

export type TargetEffect =
  | { readonly do: "send-prepared" }
  | { readonly do: "send-refused"; readonly reason: string }
  | { readonly do: "activate" }
  | { readonly do: "drop" }
  /** Nobody is left who knows: with this copy the task ends. */
  | { readonly do: "give-up" }
  | { readonly do: "ask-home" }
  | { readonly do: "tick-at"; readonly at: number };

export interface TargetStep {
  readonly state: TargetState;
  readonly effects: readonly TargetEffect[];
}

const askPeriodNs = 500_000_000;

/** The whole machine. Pure: it reads no clock, sends nothing, and never waits. */
export function targetStep(state: TargetState, event: TargetEvent, now: number): TargetStep {
  return match([state, event] as const)
    .returnType<TargetStep>()
    .with([{ at: "reserved" }, { on: "image" }], ([{ plan }, { refusal }]) =>
      refusal === null
        ? { state: { at: "prepared", plan }, effects: [{ do: "send-prepared" }] }
        : {
            state: { at: "dropped", plan },
            effects: [{ do: "drop" }, { do: "send-refused", reason: refusal }],
          },
    )
    .with([{ at: "reserved" }, { on: "abort" }], ([{ plan }]) => drop(plan))
    .with([{ at: "reserved" }, { on: "source-dead" }], ([{ plan }]) => drop(plan))
    .with([{ at: "prepared" }, { on: "activate" }], ([{ plan }]) => activate(plan))
    .with([{ at: "prepared" }, { on: "abort" }], ([{ plan }]) => drop(plan))
    .with([{ at: "prepared" }, { on: "source-dead" }], ([{ plan }]) =>
      plan.homeDeclared ? giveUp(plan) : ask(plan, now),
    )
    .with([{ at: "prepared" }, { on: "home-declared" }], ([{ plan }]) => ({
      state: { at: "prepared", plan: { ...plan, homeDeclared: true } },
      effects: [],
    }))
    .with([{ at: "in-doubt" }, { on: "home-declared" }], ([{ plan }]) => giveUp(plan))
    .with([{ at: "in-doubt" }, { on: "activate" }], ([{ plan }]) => activate(plan))
    .with([{ at: "in-doubt" }, { on: "verdict", verdict: "committed" }], ([{ plan }]) =>
      activate(plan),
    )
    .with([{ at: "in-doubt" }, { on: "verdict", verdict: "aborted" }], ([{ plan }]) => drop(plan))
    .with([{ at: "in-doubt" }, { on: "tick" }], ([doubt]) =>
      now < doubt.askAt ? stay(doubt) : ask(doubt.plan, now),
    )
    .otherwise(([same]) => stay(same));
}

function stay(state: TargetState): TargetStep {
  return { state, effects: [] };
}

function drop(plan: ArrivalPlan): TargetStep {
  return { state: { at: "dropped", plan }, effects: [{ do: "drop" }] };
}

function giveUp(plan: ArrivalPlan): TargetStep {
  return { state: { at: "dropped", plan }, effects: [{ do: "give-up" }, { do: "drop" }] };
}

function activate(plan: ArrivalPlan): TargetStep {
  return { state: { at: "active", plan }, effects: [{ do: "activate" }] };
}

function ask(plan: ArrivalPlan, now: number): TargetStep {
  const askAt = now + askPeriodNs;
  return {
    state: { at: "in-doubt", plan, askAt },
    effects: [{ do: "ask-home" }, { do: "tick-at", at: askAt }],
  };
}
