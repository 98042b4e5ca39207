// What the machine of a move's source is in, is told, and asks for.

import type { HostId } from "../../ports/index.ts";
import type { Refusal } from "./refusal.ts";

/** A task of the unit, and the epoch in which it is the source's. */
export interface Member {
  readonly pid: number;
  readonly epoch: number;
}

export interface MovePlan {
  readonly move: string;
  /** The tasks that move as one: never empty, and fixed from the freeze on. */
  readonly members: readonly Member[];
  readonly to: HostId;
  readonly home: HostId;
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
  | {
      readonly at: "committing";
      readonly plan: MovePlan;
      readonly repeatAt: number;
      /** The home holds this host for dead, and answers it no more; the target does, or is dead. */
      readonly disowned?: true;
      readonly unheard?: true;
    }
  | { readonly at: "handed-over"; readonly plan: MovePlan }
  | { readonly at: "over"; readonly plan: MovePlan };

export type SourceEvent =
  | { readonly on: "reserved"; readonly incarnation: number }
  | { readonly on: "refused"; readonly refusal: Refusal }
  /** Before the freeze: some have ended, or others belong to the unit now. */
  | { readonly on: "members"; readonly members: readonly Member[] }
  /** A round of copying is at the target. */
  | { readonly on: "copied"; readonly next: "round" | "freeze" }
  | { readonly on: "settled" }
  | { readonly on: "prepared" }
  | { readonly on: "verdict"; readonly verdict: "committed" | "aborted" | "open" }
  | { readonly on: "activated" }
  | { readonly on: "target-dead" }
  /** The home, or the target, holds this incarnation for dead. */
  | { readonly on: "disowned"; readonly by: "home" | "target" }
  /** The operator says that the home will never answer. */
  | { readonly on: "home-declared" }
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
  /** The home has decided, and does not answer: the target is to find out what. */
  | { readonly do: "send-inquire" }
  /** In doubt, and nobody is left who knows: this copy never runs again. */
  | { readonly do: "kill" }
  /** Its home has given the task up, or away: this copy never runs again. */
  | { readonly do: "disown" }
  /** The task is the target's: hand over its queues, leave forwarders and the residual pager. */
  | { readonly do: "hand-over" }
  | { readonly do: "tick-at"; readonly at: number }
  | { readonly do: "report"; readonly outcome: "refused" | "aborted"; readonly refusal: Refusal };

export interface SourceStep {
  readonly state: SourceState;
  readonly effects: readonly SourceEffect[];
}
