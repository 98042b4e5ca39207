// Tasks and threads, all of it data: whatever a thread is doing can be packed, sent, and
// finished on another host.
//
//   thread:  runnable ──trap──▶ waiting{for, then} ──event──▶ runnable
//                └───────────────────────────────────────────▶ gone
//
//   task:    loading ──▶ running ◀──thaw── frozen ──commit──▶ (elsewhere)
//                            └──▶ gone
//
//   stopped, in any of these: its threads become runnable and do not run, until it is continued
//
// `then` says how the call that blocked is finished: by doing the instruction again, or by the
// call's own `finish` with the data that it left. There are no closures to lose on the way.

import type { HostId, Message, PortName, PortUid, Space } from "../../ports/index.ts";
import type { AddressSpace } from "../vm/index.ts";

export type Pid = number;
export type Tid = number;

export interface Task {
  readonly pid: Pid;
  /** The job of the operator that this task is, 0 for none. */
  readonly job: number;
  readonly home: HostId;
  /** +1 with each change of owner; the home compares it. */
  epoch: number;
  state: "loading" | "running" | "frozen" | "gone";
  /** The signal by which it is stopped; 0 while it is not. It travels: a stopped task arrives so. */
  stopped: number;
  program: Program;
  readonly threads: Map<Tid, Thread>;
  /** The address space; its translations are this host's, its map travels. */
  readonly memory: AddressSpace;
  heap: Heap;
  readonly space: Space;
  /** Open files by descriptor. */
  readonly files: (OpenFile | null)[];
  /** The task's port: signals and orders are sent to it, wherever the task is. */
  readonly port: PortUid;
  readonly signals: Signals;
  /** The resources' limits that the program has set, soft and hard; 2^64 is none. */
  readonly limits: Map<number, readonly [number, number]>;
  /** Draws made from the task's generator so far. */
  randomDraws: number;
  /** Virtual time that its threads have waited for pages. */
  pageWaitNs: number;
  moves: number;
  /** When it last arrived on this host by a move, or was made. */
  since: number;
  /** Since when a residual pager has owed it pages, by the pager's port. */
  readonly owedSince: Map<PortUid, number>;
  wander: Wander | null;
  /** What the operator does in its name space; the host's agent does it (`kernel/agent`). */
  readonly operator: Operator;
  /** An order to move that came while the program was being loaded. */
  postponed: MoveOrder | null;
  /** While it is loading: the streams that have not been asked for yet. */
  readonly streams: Stream[];
}

/** What a descriptor is to stand for when the program starts. */
export type Stream =
  | { readonly open: "path"; readonly fd: number; readonly path: string; readonly flags: number }
  | { readonly open: "pipe"; readonly fd: number; readonly pipe: number; readonly end: number }
  | { readonly open: "copy"; readonly fd: number; readonly of: number };

/** Orders of the operator that are not done yet: they travel with the name space they act in. */
export interface Operator {
  /** What each of its threads has to send, in order; the first may be under way. */
  readonly sending: Map<Tid, Sending[]>;
  /** Those that wait for a message, in order. */
  readonly receiving: Receiving[];
}

export interface Sending {
  readonly command: number;
  readonly order: Message;
  /** The id of its message while its outcome is open; 0: it is not sent yet. */
  out: number;
}

export interface Receiving {
  readonly command: number;
  readonly uid: PortUid;
  readonly deadline: number | null;
}

export interface Program {
  readonly name: string;
  readonly path: string;
  readonly arguments: readonly string[];
  readonly environment: readonly string[];
}

export interface MoveOrder {
  readonly command: number;
  readonly to: HostId;
  readonly strategy: string;
  /** Pages that a fault at the target asks for beyond the one touched. */
  readonly readAhead: number;
  /** Pre-copy: at most so many rounds, and none for so few dirty pages. */
  readonly rounds: number;
  readonly stopPages: number;
  /** Jobs whose tasks are to go along, as far as they are on this host. */
  readonly jobs: readonly number[];
  /** What becomes of those who share memory with them: a row of `sharingPolicies`. */
  readonly sharing: string;
}

export interface Thread {
  readonly tid: Tid;
  readonly registers: Uint32Array;
  state: RunState;
  /** Where the answers to this thread's requests come. */
  readonly replyPort: PortUid;
  /** Names the thread's requests; an answer to an earlier one is dropped. */
  requests: number;
  signalMask: SignalSet;
  /** Where handlers run that ask for it (sigaltstack); null: where the thread stands. */
  handlerStack: HandlerStack | null;
  /** Address to clear and wake when the thread ends; 0 for none. */
  clearTid: number;
}

export interface HandlerStack {
  readonly address: number;
  readonly bytes: number;
  /** SS_AUTODISARM: a handler that runs on it finds none, until it returns. */
  readonly disarms: boolean;
}

export type RunState =
  | { readonly at: "runnable" }
  | { readonly at: "waiting"; readonly wait: Wait }
  | { readonly at: "gone" };

export type Wait =
  | {
      readonly for: "page";
      readonly object: number;
      readonly page: number;
      readonly since: number;
      readonly then: Continuation;
    }
  | {
      readonly for: "reply";
      readonly request: number;
      readonly server: PortUid;
      readonly then: Continuation;
    }
  /** A frame: all are in use, and pages are on their way to swap. */
  | { readonly for: "memory"; readonly since: number; readonly then: Continuation }
  | { readonly for: "time"; readonly deadline: number; readonly then: Continuation }
  /** A message: in the queue of a port of the task's, or of a set. Null: without end. */
  | {
      readonly for: "message";
      readonly name: PortName;
      readonly deadline: number | null;
      readonly then: Continuation;
    }
  /** The outcome of a send; the send stays on the host where it was made. */
  | {
      readonly for: "send";
      readonly id: number;
      readonly to: PortUid;
      readonly host: HostId;
      readonly incarnation: number;
      readonly then: Continuation;
    }
  /** More transits for the right to that port: the call is then made again. */
  | { readonly for: "port"; readonly port: PortUid; readonly then: Continuation };

/** "again": do the trapping instruction once more, nothing has changed. */
export type Continuation =
  | { readonly do: "again" }
  | {
      readonly do: "finish";
      readonly call: string;
      readonly data: CallData;
      /** An answer that has come and cannot be stored yet for want of a page. */
      readonly reply: Message | null;
    };

/** What a blocked call needs to be finished: plain values by name. */
export type CallData = Readonly<Record<string, unknown>>;

export interface Heap {
  readonly start: number;
  end: number;
}

export interface OpenFile {
  readonly name: PortName;
  readonly path: string;
  /** File type and permissions as st_mode. */
  readonly mode: number;
  readonly flags: number;
  readonly since: number;
  readonly closeOnExec: boolean;
}

/** Signals 1 to 32 and 33 to 64, as bits. */
export type SignalSet = readonly [number, number];

export interface SignalAction {
  readonly handler: number;
  readonly flags: number;
  readonly mask: SignalSet;
}

/** si_code and si_pid of a signal that somebody sent. */
export interface SignalSender {
  readonly code: number;
  readonly pid: Pid;
}

export interface Signals {
  readonly actions: Map<number, SignalAction>;
  pending: SignalSet;
  /** Who sent what is pending; the first one, if several did. */
  readonly senders: Map<number, SignalSender>;
  /** The operator's last order by which it stopped or went on: an earlier one that comes later,
   *  because it was sent after the task, does nothing. */
  lastOrder: number;
}

export interface Wander {
  readonly periodNs: number;
  /** Fixed strategy, or empty: the seed draws one for each move. */
  readonly strategy: string;
  draws: number;
  /** When the last move was committed, and how much page waiting there had been by then. */
  lastNs: number;
  lastPageWaitNs: number;
}

export const pidSpan = 10_000;
