// The source of a move: a pure machine. The tasks of the unit, one or more, run or stand still here
// until the home has decided for all of them; what this machine may do alone changes when it has sent COMMIT.
//
//   (order) ──▶ reserving ──reserved──▶ settling ──settled──▶ transferring ──prepared──▶ committing
//                   │                      │                       │                        │
//                   └── refused, target dead, out of patience ─────┘                 verdict │
//                                  │                                      committed ◀────────┤
//                                  ▼                                          │         aborted
//                              over (thaw)                                    ▼              │
//                                                                      handed-over ──▶ over  ▼
//                                                                                         over (thaw)
//
// Presumed abort: before COMMIT is sent the source may take its tasks back alone. Afterwards only
// the home's verdict frees it, and COMMIT is repeated until it comes: the target may run by then.
//
// A home that holds this host for dead has recorded that the tasks are the target's, or have ended: these
// copies never run again. It answers the target, which is asked to find out; what it does tells the rest.

import { match, P } from "ts-pattern";
import { hostName } from "../../ports/index.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type {
  Member,
  MovePlan,
  SourceEffect,
  SourceEvent,
  SourceState,
  SourceStep,
} from "./source-states.ts";

/** How long a target may take to answer the first question. */
const reservePatienceNs = 2_000_000_000;
/** COMMIT is repeated at this period until the home answers. */
const commitRepeatNs = 500_000_000;

const goneTarget = P.union(
  { on: "target-dead" } as const,
  { on: "disowned", by: "target" } as const,
);

export function startMove(plan: MovePlan, now: number): SourceStep {
  const until = now + reservePatienceNs;
  return {
    state: { at: "reserving", plan, until },
    effects: [{ do: "send-reserve" }, { do: "tick-at", at: until }],
  };
}

/** The whole machine. Pure: it reads no clock, sends nothing, and never waits. */
export function sourceStep(state: SourceState, event: SourceEvent, now: number): SourceStep {
  return match(state)
    .returnType<SourceStep>()
    .with({ at: "reserving" }, (reserving) => whileReserving(reserving, event, now))
    .with({ at: "precopying" }, (precopying) => whilePrecopying(precopying, event))
    .with({ at: "settling" }, (settling) => whileSettling(settling, event))
    .with({ at: "transferring" }, (transferring) => whileTransferring(transferring, event, now))
    .with({ at: "committing" }, (committing) =>
      committing.disowned
        ? whileDisowned(committing, event, now)
        : whileCommitting(committing, event, now),
    )
    .with({ at: "handed-over" }, (handedOver) =>
      event.on === "activated" || event.on === "target-dead"
        ? over(handedOver.plan)
        : stay(handedOver),
    )
    .with({ at: "over" }, stay)
    .exhaustive();
}

type At<S extends SourceState["at"]> = Extract<SourceState, { readonly at: S }>;

function whileReserving(state: At<"reserving">, event: SourceEvent, now: number): SourceStep {
  const { plan } = state;
  return (
    match(event)
      .returnType<SourceStep>()
      .with({ on: "reserved" }, ({ incarnation }) =>
        onReserved({ ...plan, toIncarnation: incarnation }),
      )
      .with({ on: "refused" }, ({ refusal }) => ({
        state: { at: "over", plan },
        effects: [{ do: "report", outcome: "refused", refusal }],
      }))
      .with({ on: "tick" }, () =>
        now < state.until ? stay(state) : giveUp(plan, false, noAnswer(plan)),
      )
      // The incarnation that died had not answered: its successor is asked, while patience lasts.
      .with({ on: "target-dead" }, () => ({ state, effects: [{ do: "send-reserve" }] }))
      .otherwise(() => beforeFreeze(state, event))
  );
}

function whilePrecopying(state: At<"precopying">, event: SourceEvent): SourceStep {
  if (event.on !== "copied") return beforeFreeze(state, event);
  return event.next === "round" ? copy(state.plan) : settle(state.plan);
}

function whileSettling(state: At<"settling">, event: SourceEvent): SourceStep {
  if (event.on !== "settled") return beforeFreeze(state, event);
  return { state: { at: "transferring", plan: state.plan }, effects: [{ do: "transfer" }] };
}

/** The tasks still run: whatever ends the move now leaves them as they are. */
function beforeFreeze(state: SourceState, event: SourceEvent): SourceStep {
  const { plan } = state;
  return (
    match(event)
      .returnType<SourceStep>()
      .with({ on: "members" }, ({ members }) => withMembers(state, members))
      .with({ on: "refused" }, ({ refusal }) => giveUp(plan, false, refusal))
      .with({ on: "target-dead" }, () => giveUp(plan, false, targetDead(plan)))
      // The home would never answer a COMMIT: none is sent, and the task goes on here.
      .with({ on: "home-declared" }, () => giveUp(plan, false, declaredDead(plan)))
      .otherwise(() => stay(state))
  );
}

/** The tasks stand still, and COMMIT has not been sent: they can be taken back. */
function whileTransferring(state: At<"transferring">, event: SourceEvent, now: number): SourceStep {
  const { plan } = state;
  return (
    match(event)
      .returnType<SourceStep>()
      .with({ on: "prepared" }, () => commit(plan, now))
      .with({ on: "refused" }, ({ refusal }) => giveUp(plan, true, refusal))
      .with({ on: "target-dead" }, () => giveUp(plan, true, targetDead(plan)))
      .with({ on: "home-declared" }, () => giveUp(plan, true, declaredDead(plan)))
      // Whoever sent COMMIT now would be refused.
      .with({ on: "disowned", by: "home" }, () => disowned(plan, [{ do: "send-abort" }]))
      .otherwise(() => stay(state))
  );
}

function whileCommitting(state: At<"committing">, event: SourceEvent, now: number): SourceStep {
  const { plan } = state;
  return match(event)
    .returnType<SourceStep>()
    .with({ on: "verdict", verdict: "committed" }, () => ({
      state: { at: "handed-over", plan },
      effects: [{ do: "hand-over" }],
    }))
    .with({ on: "verdict", verdict: "aborted" }, () =>
      giveUp(plan, true, refuse("home-refused", home(plan), "did not make it the target's")),
    )
    .with(goneTarget, () => stay({ ...state, unheard: true }))
    .with({ on: "disowned", by: "home" }, () =>
      state.unheard
        ? disowned(plan, [])
        : { state: { ...state, disowned: true }, effects: [{ do: "send-inquire" }] },
    )
    .otherwise(() => inDoubt(state, event, now));
}

/** The home answers this host no more; the target says what it has decided, or dies. */
function whileDisowned(state: At<"committing">, event: SourceEvent, now: number): SourceStep {
  const { plan } = state;
  return match(event)
    .returnType<SourceStep>()
    .with({ on: "activated" }, { on: "verdict", verdict: "committed" }, () => ({
      state: { at: event.on === "activated" ? "over" : "handed-over", plan },
      effects: [{ do: "hand-over" }],
    }))
    .with({ on: "verdict", verdict: "aborted" }, () => disowned(plan, [{ do: "send-abort" }]))
    .with({ on: "refused" }, goneTarget, () => disowned(plan, []))
    .with({ on: "disowned", by: "home" }, () =>
      state.unheard ? disowned(plan, []) : { state, effects: [{ do: "send-inquire" }] },
    )
    .otherwise(() => inDoubt(state, event, now));
}

/** COMMIT is out: whoever took the task back now could run what the target runs. */
function inDoubt(state: At<"committing">, event: SourceEvent, now: number): SourceStep {
  const { plan } = state;
  return match(event)
    .returnType<SourceStep>()
    .with({ on: "tick" }, () => (now < state.repeatAt ? stay(state) : repeat(state, now)))
    .with({ on: "home-declared" }, () => ({
      state: { at: "over", plan },
      effects: [
        { do: "send-abort" },
        { do: "kill" },
        { do: "report", outcome: "aborted", refusal: declaredDead(plan) },
      ],
    }))
    .otherwise(() => stay(state));
}

function stay(state: SourceState): SourceStep {
  return { state, effects: [] };
}

function over(plan: MovePlan): SourceStep {
  return { state: { at: "over", plan }, effects: [] };
}

function onReserved(plan: MovePlan): SourceStep {
  return plan.precopies ? copy(plan) : settle(plan);
}

function copy(plan: MovePlan): SourceStep {
  return { state: { at: "precopying", plan }, effects: [{ do: "copy-round" }] };
}

function settle(plan: MovePlan): SourceStep {
  return { state: { at: "settling", plan }, effects: [{ do: "settle" }] };
}

/** From here on the source never thaws alone. */
function commit(plan: MovePlan, now: number): SourceStep {
  const repeatAt = now + commitRepeatNs;
  return {
    state: { at: "committing", plan, repeatAt },
    effects: [{ do: "send-commit" }, { do: "tick-at", at: repeatAt }],
  };
}

/** Those that have ended go no further; if they all have, there is nothing to move. */
function withMembers(state: SourceState, members: readonly Member[]): SourceStep {
  if (members.length > 0) return stay({ ...state, plan: { ...state.plan, members } });
  return giveUp(state.plan, false, refuse("task-ended", pidsOf(state.plan), "ended before that"));
}

function repeat(state: At<"committing">, now: number): SourceStep {
  const step = commit(state.plan, now);
  return { ...step, state: { ...state, ...step.state } };
}

function disowned(plan: MovePlan, first: readonly SourceEffect[]): SourceStep {
  const refusal = refuse("home-refused", home(plan), "holds this host for dead");
  const report = { do: "report", outcome: "aborted", refusal } as const;
  return { state: { at: "over", plan }, effects: [...first, { do: "disown" }, report] };
}

function giveUp(plan: MovePlan, frozen: boolean, refusal: Refusal): SourceStep {
  const report = { do: "report", outcome: "aborted", refusal } as const;
  const back = frozen ? [{ do: "thaw" } as const] : [];
  return { state: { at: "over", plan }, effects: [{ do: "send-abort" }, ...back, report] };
}

const home = (plan: MovePlan): string => `host ${hostName(plan.home)}`;
const target = (plan: MovePlan): string => `host ${hostName(plan.to)}`;
const pidsOf = ({ members }: MovePlan): string => `pid ${members.map(({ pid }) => pid).join(", ")}`;

const noAnswer = (plan: MovePlan): Refusal =>
  refuse("no-answer", target(plan), "did not answer in 2 s");
const targetDead = (plan: MovePlan): Refusal =>
  refuse("target-dead", target(plan), "died before it had the task");
const declaredDead = (plan: MovePlan): Refusal =>
  refuse("home-declared-dead", home(plan), "is the home, and was declared dead");
