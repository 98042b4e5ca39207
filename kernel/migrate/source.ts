// The source of a move: a pure machine. The task runs or stands still here until the home has
// decided; what this machine may do alone changes when it has sent COMMIT.
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
// Presumed abort: before COMMIT is sent the source may take its task back alone. Afterwards only
// the home's verdict frees it, and COMMIT is repeated until it comes: the target may run by then.

import { match } from "ts-pattern";
import type { HostId } from "../../ports/index.ts";

export interface MovePlan {
  readonly move: string;
  readonly pid: number;
  readonly to: HostId;
  readonly home: HostId;
  readonly epoch: number;
  readonly strategy: string;
  /** Whether pages are copied in rounds before the freeze. */
  readonly precopies?: boolean;
  /** The target's incarnation, once it has answered. */
  readonly toIncarnation: number;
}

export type SourceState =
  | { readonly at: "reserving"; readonly plan: MovePlan; readonly until: number }
  | { readonly at: "precopying"; readonly plan: MovePlan }
  | { readonly at: "settling"; readonly plan: MovePlan }
  | { readonly at: "transferring"; readonly plan: MovePlan }
  | { readonly at: "committing"; readonly plan: MovePlan; readonly repeatAt: number }
  | { readonly at: "handed-over"; readonly plan: MovePlan }
  | { readonly at: "over"; readonly plan: MovePlan };

export type SourceEvent =
  | { readonly on: "reserved"; readonly incarnation: number }
  | { readonly on: "refused"; readonly reason: string }
  /** A round of copying is at the target. */
  | { readonly on: "copied"; readonly next: "round" | "freeze" }
  | { readonly on: "settled" }
  | { readonly on: "prepared" }
  | { readonly on: "verdict"; readonly verdict: "committed" | "aborted" | "open" }
  | { readonly on: "activated" }
  | { readonly on: "inquired" }
  | { readonly on: "target-dead" }
  /** The operator says that the home will never answer. */
  | { readonly on: "home-declared" }
  | { readonly on: "task-ended" }
  | { readonly on: "tick" };

/** What the caller does, in order. */
export type SourceEffect =
  | { readonly do: "send-reserve" }
  /** Pages go while the task runs on; those written meanwhile go in the next round. */
  | { readonly do: "copy-round" }
  /** What has to come first: pages that other hosts owe, ports under way, holders that stop. */
  | { readonly do: "settle" }
  /** Freeze, encapsulate, send pages and image. Changes nothing that `thaw` does not undo. */
  | { readonly do: "transfer" }
  | { readonly do: "send-commit" }
  | { readonly do: "send-abort" }
  | { readonly do: "thaw" }
  /** In doubt, and nobody is left who knows: this copy never runs again. */
  | { readonly do: "kill" }
  /** The task is the target's: hand over its queues, leave forwarders and the residual pager. */
  | { readonly do: "hand-over" }
  | { readonly do: "tick-at"; readonly at: number }
  | { readonly do: "report"; readonly outcome: "refused" | "aborted"; readonly reason: string };

export interface SourceStep {
  readonly state: SourceState;
  readonly effects: readonly SourceEffect[];
}

/** How long a target may take to answer the first question. */
const reservePatienceNs = 2_000_000_000;
/** COMMIT is repeated at this period until the home answers. */
const commitRepeatNs = 500_000_000;

export function startMove(plan: MovePlan, now: number): SourceStep {
  const until = now + reservePatienceNs;
  return {
    state: { at: "reserving", plan, until },
    effects: [{ do: "send-reserve" }, { do: "tick-at", at: until }],
  };
}

/** The whole machine. Pure: it reads no clock, sends nothing, and never waits. */
export function sourceStep(state: SourceState, event: SourceEvent, now: number): SourceStep {
  return (
    match([state, event] as const)
      .returnType<SourceStep>()
      .with([{ at: "reserving" }, { on: "reserved" }], ([{ plan }, { incarnation }]) =>
        onReserved({ ...plan, toIncarnation: incarnation }),
      )
      .with([{ at: "reserving" }, { on: "refused" }], ([{ plan }, { reason }]) => ({
        state: { at: "over", plan },
        effects: [{ do: "report", outcome: "refused", reason }],
      }))
      .with([{ at: "reserving" }, { on: "tick" }], ([reserving]) =>
        now < reserving.until ? stay(reserving) : giveUp(reserving.plan, false, "no-answer"),
      )
      .with([{ at: "precopying" }, { on: "copied", next: "round" }], ([{ plan }]) => copy(plan))
      .with([{ at: "precopying" }, { on: "copied", next: "freeze" }], ([{ plan }]) => settle(plan))
      .with([{ at: "settling" }, { on: "settled" }], ([{ plan }]) => ({
        state: { at: "transferring", plan },
        effects: [{ do: "transfer" }],
      }))
      .with([{ at: "transferring" }, { on: "prepared" }], ([{ plan }]) => commit(plan, now))
      .with([{ at: "committing" }, { on: "tick" }], ([committing]) =>
        now < committing.repeatAt ? stay(committing) : commit(committing.plan, now),
      )
      .with([{ at: "committing" }, { on: "verdict", verdict: "committed" }], ([{ plan }]) => ({
        state: { at: "handed-over", plan },
        effects: [{ do: "hand-over" }],
      }))
      .with([{ at: "committing" }, { on: "verdict", verdict: "aborted" }], ([{ plan }]) =>
        giveUp(plan, true, "home-refused"),
      )
      .with([{ at: "handed-over" }, { on: "activated" }], ([{ plan }]) => over(plan))
      .with([{ at: "handed-over" }, { on: "target-dead" }], ([{ plan }]) => over(plan))
      // The incarnation that died had not answered: its successor is asked, while patience lasts.
      .with([{ at: "reserving" }, { on: "target-dead" }], ([reserving]) => ({
        state: reserving,
        effects: [{ do: "send-reserve" }],
      }))
      // The home would never answer a COMMIT: none is sent, and the task goes on here.
      .with([{ at: "reserving" }, { on: "home-declared" }], ([{ plan }]) => homeless(plan, false))
      .with([{ at: "precopying" }, { on: "home-declared" }], ([{ plan }]) => homeless(plan, false))
      .with([{ at: "settling" }, { on: "home-declared" }], ([{ plan }]) => homeless(plan, false))
      .with([{ at: "transferring" }, { on: "home-declared" }], ([{ plan }]) => homeless(plan, true))
      // COMMIT is out: whoever took the task back now could run what the target runs.
      .with([{ at: "committing" }, { on: "home-declared" }], ([{ plan }]) => ({
        state: { at: "over", plan },
        effects: [
          { do: "send-abort" },
          { do: "kill" },
          { do: "report", outcome: "aborted", reason: "home-declared-dead" },
        ],
      }))
      .with([{ at: "precopying" }, { on: "target-dead" }], ([{ plan }]) =>
        giveUp(plan, false, "target-dead"),
      )
      .with([{ at: "settling" }, { on: "target-dead" }], ([{ plan }]) =>
        giveUp(plan, false, "target-dead"),
      )
      .with([{ at: "transferring" }, { on: "target-dead" }], ([{ plan }]) =>
        giveUp(plan, true, "target-dead"),
      )
      .with([{ at: "precopying" }, { on: "refused" }], ([{ plan }, { reason }]) =>
        giveUp(plan, false, reason),
      )
      .with([{ at: "settling" }, { on: "refused" }], ([{ plan }, { reason }]) =>
        giveUp(plan, false, reason),
      )
      .with([{ at: "transferring" }, { on: "refused" }], ([{ plan }, { reason }]) =>
        giveUp(plan, true, reason),
      )
      .with([{ at: "reserving" }, { on: "task-ended" }], ([{ plan }]) =>
        giveUp(plan, false, "task-ended"),
      )
      .with([{ at: "precopying" }, { on: "task-ended" }], ([{ plan }]) =>
        giveUp(plan, false, "task-ended"),
      )
      .with([{ at: "settling" }, { on: "task-ended" }], ([{ plan }]) =>
        giveUp(plan, false, "task-ended"),
      )
      // The target asks because it has heard nothing: in doubt it is told what is certain.
      .with([{ at: "over" }, { on: "inquired" }], ([ended]) => ({
        state: ended,
        effects: [{ do: "send-abort" }],
      }))
      .otherwise(([same]) => stay(same))
  );
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

function homeless(plan: MovePlan, frozen: boolean): SourceStep {
  return giveUp(plan, frozen, "home-declared-dead");
}

function giveUp(plan: MovePlan, frozen: boolean, reason: string): SourceStep {
  const report = { do: "report", outcome: "aborted", reason } as const;
  const back = frozen ? [{ do: "thaw" } as const] : [];
  return { state: { at: "over", plan }, effects: [{ do: "send-abort" }, ...back, report] };
}
