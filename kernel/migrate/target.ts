// The target of a move: a pure machine. Its copies of the tasks, one or more, run only when the home
// has made it the owner of them all.
//
//   reserved ──image──▶ prepared ──activate──▶ active
//       │                  │ source dead, or asking: ask the home
//       │                  ▼
//       │               in-doubt ──committed──▶ active
//       │                  └──aborted──▶ dropped
//       └── abort, source dead ──▶ dropped ◀── in doubt, and its home declared dead
//
// Once prepared it neither drops its copy nor runs it on any timeout: it asks until it is told.

import { match, P } from "ts-pattern";
import type { HostId } from "../../ports/index.ts";
import type { Refusal } from "./refusal.ts";
import type { Member } from "./source-states.ts";

export interface ArrivalPlan {
  readonly move: string;
  /** Those that were announced; once the image is here, those that have come. */
  readonly members: readonly Member[];
  readonly from: HostId;
  readonly fromIncarnation: number;
  readonly home: HostId;
  /** The operator has said that the home will never answer. */
  readonly homeDeclared?: true;
  /** The source wants to be told: the home does not answer it. */
  readonly sourceAsks?: true;
}

export type TargetState =
  | { readonly at: "reserved"; readonly plan: ArrivalPlan }
  | { readonly at: "prepared"; readonly plan: ArrivalPlan }
  | { readonly at: "in-doubt"; readonly plan: ArrivalPlan; readonly askAt: number }
  | { readonly at: "active"; readonly plan: ArrivalPlan }
  | { readonly at: "dropped"; readonly plan: ArrivalPlan };

export type TargetEvent =
  | { readonly on: "image"; readonly members: readonly Member[] }
  /** The image, or a page of it, cannot be taken. */
  | { readonly on: "no-room"; readonly refusal: Refusal }
  | { readonly on: "activate" }
  | { readonly on: "abort" }
  | { readonly on: "source-dead" }
  | { readonly on: "source-asks" }
  /** The home holds this incarnation for dead. */
  | { readonly on: "disowned" }
  | { readonly on: "home-declared" }
  | { readonly on: "verdict"; readonly verdict: "committed" | "aborted" | "open" }
  | { readonly on: "tick" };

export type TargetEffect =
  | { readonly do: "send-prepared" }
  | { readonly do: "send-refused"; readonly refusal: Refusal }
  | { readonly do: "activate" }
  | { readonly do: "drop" }
  /** The home has decided against the move: the source, which asked, is told. */
  | { readonly do: "tell-source" }
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
  return match(state)
    .returnType<TargetStep>()
    .with({ at: "reserved" }, (reserved) => whileReserved(reserved, event))
    .with({ at: "prepared" }, (prepared) => whilePrepared(prepared, event, now))
    .with({ at: "in-doubt" }, (doubt) => whileInDoubt(doubt, event, now))
    .with({ at: P.union("active", "dropped") }, stay)
    .exhaustive();
}

type At<S extends TargetState["at"]> = Extract<TargetState, { readonly at: S }>;

function whileReserved(state: At<"reserved">, event: TargetEvent): TargetStep {
  const { plan } = state;
  return match(event)
    .returnType<TargetStep>()
    .with({ on: "image" }, ({ members }) => ({
      state: { at: "prepared", plan: { ...plan, members } },
      effects: [{ do: "send-prepared" }],
    }))
    .with({ on: "no-room" }, ({ refusal }) => ({
      state: { at: "dropped", plan },
      effects: [{ do: "drop" }, { do: "send-refused", refusal }],
    }))
    .with({ on: P.union("abort", "source-dead") }, () => drop(plan))
    .otherwise(() => stay(state));
}

function whilePrepared(state: At<"prepared">, event: TargetEvent, now: number): TargetStep {
  const { plan } = state;
  return match(event)
    .returnType<TargetStep>()
    .with({ on: "activate" }, () => activate(plan))
    .with({ on: "abort" }, () => drop(plan))
    .with({ on: "source-dead" }, () => (plan.homeDeclared ? giveUp(plan) : ask(plan, now)))
    .with({ on: "source-asks" }, () =>
      plan.homeDeclared ? giveUp(plan) : ask({ ...plan, sourceAsks: true }, now),
    )
    .with({ on: "home-declared" }, () => ({
      state: { at: "prepared", plan: { ...plan, homeDeclared: true } },
      effects: [],
    }))
    .otherwise(() => stay(state));
}

function whileInDoubt(state: At<"in-doubt">, event: TargetEvent, now: number): TargetStep {
  const { plan } = state;
  return (
    match(event)
      .returnType<TargetStep>()
      .with({ on: "activate" }, { on: "verdict", verdict: "committed" }, () => activate(plan))
      .with({ on: "verdict", verdict: "aborted" }, () => decidedAgainst(plan))
      // It has no tasks here, and will not give this incarnation any.
      .with({ on: "disowned" }, () => decidedAgainst(plan))
      .with({ on: "source-asks" }, () => ask({ ...plan, sourceAsks: true }, now))
      .with({ on: "home-declared" }, () => giveUp(plan))
      .with({ on: "tick" }, () => (now < state.askAt ? stay(state) : ask(plan, now)))
      .otherwise(() => stay(state))
  );
}

function stay(state: TargetState): TargetStep {
  return { state, effects: [] };
}

function drop(plan: ArrivalPlan): TargetStep {
  return { state: { at: "dropped", plan }, effects: [{ do: "drop" }] };
}

function decidedAgainst(plan: ArrivalPlan): TargetStep {
  const drops = { do: "drop" } as const;
  return {
    state: { at: "dropped", plan },
    effects: plan.sourceAsks ? [{ do: "tell-source" }, drops] : [drops],
  };
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
