// What a host of the exploration is, as a value: what its kernel keeps for the tasks of one unit, one or
// two of them. And what may happen to it, and the letters between hosts.
//
//   host = incarnation, whose deaths it knows, machines under way, its copies of the tasks, what it
//          keeps for those that have gone; and if the home is here, the records in its store

import { type HomeEvent, type HomeRecord, homeStep } from "../../../kernel/task/home.ts";
import { sourceStep, startMove } from "../../../kernel/migrate/source.ts";
import type { Member, SourceState } from "../../../kernel/migrate/source-states.ts";
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

/** The tasks, by their places in all lists here. */
export const pids = [10_001, 10_002] as const;

export interface HostRules {
  readonly home: number;
  /** How many tasks there are. They share memory: they move as one. */
  readonly tasks: 1 | 2;
  /** Pages stay behind, and are fetched one host at a time. */
  readonly owing: boolean;
  /** Pages are copied in rounds before the freeze; how many rounds, is for nobody here to say. */
  readonly precopies: boolean;
  /** What has to come before the freeze takes time. */
  readonly settles: boolean;
}

/** The host's copy of a task. It runs, or stands still until somebody decides. */
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
  /** Of each of its members. */
  readonly eras: readonly number[];
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
  readonly copies: readonly (Copy | null)[];
  /** Pages kept for the tasks after they left. */
  readonly keeps: boolean;
  /** Hosts from which pages for it are on their way to here, and who has asked for all that. */
  readonly awaited: readonly number[];
  readonly wantedBy: number;
  /** How each task ended here, if it did. */
  readonly ended: readonly Ending[];
  /** Whose loss that was. */
  readonly missed: number;
  /** For the rules only: the latest era that ran here; the home has told that the task is lost. */
  readonly ran: readonly number[];
  readonly mourned: readonly boolean[];
  /** Moves begun; their names never come again. */
  readonly moves: number;
  readonly records: readonly HomeRecord[] | null;
}

export type Ending = "no" | "exited" | "given-up" | "missed-a-page" | "disowned";

export type Body =
  | { readonly what: "reserve"; readonly move: string; readonly members: readonly Member[] }
  | { readonly what: "reserved"; readonly move: string; readonly incarnation: number }
  | {
      readonly what: "image";
      readonly move: string;
      readonly members: readonly Member[];
      readonly owed: readonly number[];
      readonly eras: readonly number[];
    }
  | {
      readonly what: "commit";
      readonly move: string;
      readonly to: number;
      readonly toInc: number;
      readonly members: readonly Member[];
    }
  | { readonly what: "query"; readonly move: string; readonly pids: readonly number[] }
  | {
      readonly what: "verdict";
      readonly move: string;
      readonly verdict: "committed" | "aborted" | "open";
    }
  | {
      readonly what: "refused" | "prepared" | "activate" | "activated" | "abort" | "inquire";
      readonly move: string;
    }
  | { readonly what: "settled" | "round" | "rounded"; readonly move: string }
  | { readonly what: "exited"; readonly pid: number; readonly epoch: number }
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
  /** A host that holds this one for dead says so. */
  | { readonly on: "disowned"; readonly by: number }
  | { readonly on: "told"; readonly declared: number; readonly incarnation: number }
  | { readonly on: "tick"; readonly move: string }
  | { readonly on: "order"; readonly to: number }
  | { readonly on: "touch"; readonly owed: number }
  | { readonly on: "exit"; readonly task: number }
  | { readonly on: "crash" | "restart" | "declared" };

export interface Outcome {
  readonly local: Local;
  readonly letters: readonly Letter[];
}

/** Every deadline has passed: a tick may come at any time. */
export const late = 1;

export function firstLocal(host: number, rules: HostRules, machines: Machines): Local {
  const tasks = pids.slice(0, rules.tasks);
  const records = tasks.flatMap((pid) => {
    const born: HomeEvent = { on: "born", pid, host: 1, incarnation: 1 };
    return machines.home(new Map(), born).write.get(pid) ?? [];
  });
  const copy: Copy = { state: "runs", epoch: 0, owed: [], asked: [], era: 0 };
  return {
    host,
    up: true,
    incarnation: 1,
    declared: false,
    dead: [0, 0, 0, 0],
    departures: {},
    arrivals: {},
    copies: tasks.map(() => (host === 1 ? copy : null)),
    keeps: false,
    awaited: [],
    wantedBy: 0,
    ran: tasks.map(() => 0),
    mourned: tasks.map(() => false),
    ended: tasks.map(() => "no"),
    missed: 0,
    moves: 0,
    records: host === rules.home ? records : null,
  };
}
