// What a host of the exploration is, as a value: what its kernel keeps for one task. And what may
// happen to it, and the letters between hosts.
//
//   host = incarnation, whose deaths it knows, machines under way, its copy of the task, what it
//          keeps for the task that has gone; and if the home is here, the record in its store

import { type HomeEvent, type HomeRecord, homeStep } from "../../../kernel/task/home.ts";
import { type SourceState, sourceStep, startMove } from "../../../kernel/migrate/source.ts";
import { type TargetState, targetStep } from "../../../kernel/migrate/target.ts";

export interface Machines {
  readonly start: typeof startMove;
  readonly source: typeof sourceStep;
  readonly target: typeof targetStep;
  readonly home: typeof homeStep;
}

export const realMachines: Machines = {
  start: startMove,
  source: sourceStep,
  target: targetStep,
  home: homeStep,
};

export const pid = 10_001;

export interface HostRules {
  readonly home: number;
  /** Pages stay behind, and are fetched one host at a time. */
  readonly owing: boolean;
  /** Pages are copied in rounds before the freeze; how many rounds, is for nobody here to say. */
  readonly precopies: boolean;
  /** What has to come before the freeze takes time. */
  readonly settles: boolean;
}

/** The host's copy of the task. It runs, or stands still until somebody decides. */
export interface Copy {
  readonly state: "runs" | "frozen";
  readonly epoch: number;
  /** Hosts that keep pages for it. */
  readonly owed: readonly number[];
  /** Those of them that have been asked. */
  readonly asked: readonly number[];
  /** How often it has been taken back and run on: an image of an earlier era is stale. */
  readonly era: number;
}

export interface Arrival {
  readonly state: TargetState;
  readonly owed: readonly number[];
  readonly era: number;
}

export interface Local {
  readonly host: number;
  readonly up: boolean;
  readonly incarnation: number;
  /** The operator has said that it never comes back. */
  readonly declared: boolean;
  /** Of each host, by number: the last incarnation that is known to be no more. */
  readonly dead: readonly number[];
  readonly departures: Readonly<Record<string, SourceState>>;
  readonly arrivals: Readonly<Record<string, Arrival>>;
  readonly copy: Copy | null;
  /** Pages kept for the task after it left. */
  readonly keeps: boolean;
  /** Hosts from which pages for it are on their way to here, and who has asked for all that. */
  readonly awaited: readonly number[];
  readonly wantedBy: number;
  /** How the task ended here, if it did. */
  readonly ended: "no" | "exited" | "given-up" | "missed-a-page";
  /** Whose loss that was. */
  readonly missed: number;
  /** For the rules only: the latest era that ran here; the home has told that the task is lost. */
  readonly ran: number;
  readonly mourned: boolean;
  /** Moves begun; their names never come again. */
  readonly moves: number;
  readonly record: HomeRecord | null;
}

export type Body =
  | { readonly what: "reserve"; readonly move: string; readonly epoch: number }
  | { readonly what: "reserved"; readonly move: string; readonly incarnation: number }
  | {
      readonly what: "image";
      readonly move: string;
      readonly owed: readonly number[];
      readonly era: number;
    }
  | {
      readonly what: "commit";
      readonly move: string;
      readonly to: number;
      readonly toInc: number;
      readonly epoch: number;
    }
  | { readonly what: "query"; readonly move: string }
  | {
      readonly what: "verdict";
      readonly move: string;
      readonly verdict: "committed" | "aborted" | "open";
    }
  | {
      readonly what: "refused" | "prepared" | "activate" | "activated" | "abort";
      readonly move: string;
    }
  | { readonly what: "settled" | "round" | "rounded"; readonly move: string }
  | { readonly what: "exited"; readonly epoch: number }
  | { readonly what: "ended" | "want" | "page" | "terminate" }
  | { readonly what: "no-page"; readonly lostWith: number };

export interface Letter {
  readonly from: number;
  readonly fromInc: number;
  readonly to: number;
  readonly toInc: number;
  readonly body: Body;
}

export type Happening =
  | { readonly on: "letter"; readonly letter: Letter; readonly room: boolean }
  | { readonly on: "learns"; readonly dead: number; readonly incarnation: number }
  | { readonly on: "told"; readonly declared: number; readonly incarnation: number }
  | { readonly on: "tick"; readonly move: string }
  | { readonly on: "order"; readonly to: number }
  | { readonly on: "touch"; readonly owed: number }
  | { readonly on: "exit" | "crash" | "restart" | "declared" };

export interface Outcome {
  readonly local: Local;
  readonly letters: readonly Letter[];
}

/** Every deadline has passed: a tick may come at any time. */
export const late = 1;

export function firstLocal(host: number, rules: HostRules, machines: Machines): Local {
  const born: HomeEvent = { on: "born", pid, host: 1, incarnation: 1 };
  const record = machines.home(new Map(), born).write.get(pid) ?? null;
  return {
    host,
    up: true,
    incarnation: 1,
    declared: false,
    dead: [0, 0, 0, 0],
    departures: {},
    arrivals: {},
    copy: host === 1 ? { state: "runs", epoch: 0, owed: [], asked: [], era: 0 } : null,
    keeps: false,
    awaited: [],
    wantedBy: 0,
    ran: 0,
    mourned: false,
    ended: "no",
    missed: 0,
    moves: 0,
    record: host === rules.home ? record : null,
  };
}
