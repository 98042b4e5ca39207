// What a kernel knows of a pager that it has to be on its guard against: one that is a task.
//
//   new ──init──▶ asked ──ready──▶ ready ──its port dies, or it says destroy──▶ dead
//
// Pagers of the system (files, swap, hosts that a task has left) are believed, and have none of this:
// whoever needs them waits until they answer or their host is known to be dead.

import type { HostId } from "../../ports/index.ts";

/** What becomes of a page for which the pager does not answer in time. */
export interface Patience {
  /** Wait; fail, as if the pager had said so; or go on without it, with zeros. */
  readonly action: "wait" | "error" | "substitute";
  readonly ns: number;
}

/** The pager allows some accesses to a page only if it is asked. */
export interface PageLock {
  readonly prohibited: number;
  /** What the pager has been asked for so far. */
  asked: number;
  /** It did not answer in time: whoever looks next is refused. */
  refused: boolean;
}

export interface Manager {
  /** How it is spoken to: in the layouts of a task's messages, or as kernels speak. */
  readonly speaks: "task" | "kernel";
  state: "new" | "asked" | "ready" | "dead";
  /** The errno of a touch when it is dead. */
  error: number;
  /** Where it was when that host died; null: it is not known to have been lost with a host. */
  lostWith: HostId | null;
  /** The task, as its messages say; 0 before the first. */
  pid: number;
  mayCache: boolean;
  copies: "at-once" | "when-written";
  /** What those who mapped it want; null: they left it to the pager. */
  patience: Patience | null;
  /** What the pager says itself. */
  stated: Patience;
  /** Pages for which somebody waits although they were not asked for yet. */
  readonly awaiting: Set<number>;
  /** Page → until when somebody waits for an answer about it. */
  readonly deadlines: Map<number, number>;
  readonly locks: Map<number, PageLock>;
  /** Page → until when the pager has to have taken it back. */
  readonly returning: Map<number, number>;
  /** It did not take pages back in time: the default pager keeps what it should. */
  doubled: boolean;
  /** Messages that no pager sends. */
  nonsense: number;
}

/** Pages asked for and not answered, of one object at most (Mach: `vm_object_absent_max`). */
export const absentMax = 50;
/** Until a pager has to have taken pages back when nobody has said how long to wait. */
export const takeBackNs = 1_000_000_000;
/** The most that anybody is patient: about eleven days. */
export const patienceMax: number = 10 ** 15;

export function createManager(speaks: Manager["speaks"], patience: Patience | null): Manager {
  return {
    speaks,
    state: "new",
    error: 5,
    lostWith: null,
    pid: 0,
    mayCache: false,
    copies: "when-written",
    patience,
    stated: { action: "wait", ns: 0 },
    awaiting: new Set(),
    deadlines: new Map(),
    locks: new Map(),
    returning: new Map(),
    doubled: false,
    nonsense: 0,
  };
}

/** What is done when the pager does not answer. */
export function patienceOf({ patience, stated }: Manager): Patience {
  return patience ?? stated;
}
