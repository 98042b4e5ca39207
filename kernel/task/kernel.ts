// What the kernel of one host works on: its state, all plain data, and what its host offers.

import { must } from "../../ports/base/index.ts";
import type {
  HostId,
  Message,
  PortsHost,
  PortUid,
  SendEnd,
  Schema,
  Op,
  Body,
  Right,
} from "../../ports/index.ts";
import { makeMessage, sendMessage } from "../../ports/index.ts";
import type { MemoryState, VmContext, VmCosts } from "../vm/index.ts";
import type { HomeState } from "./home.ts";
import type { Pid, Task, Thread, Tid } from "./task.ts";

export interface ThreadRef {
  readonly pid: Pid;
  readonly tid: Tid;
}

export interface PageWaiter extends ThreadRef {
  readonly page: number;
}

/** A thread's send that has no outcome yet, and the port that leads to the thread wherever it is. */
export interface OpenSend extends ThreadRef {
  readonly port: PortUid;
}

/** Put down where it happens, and dealt with before the action ends: see `kernel/spaces.ts`. */
export type SpaceEvent =
  /** A message is in the queue of a port that this space holds. */
  | { readonly on: "arrived"; readonly space: Pid; readonly uid: PortUid }
  | { readonly on: "dead"; readonly uid: PortUid }
  | { readonly on: "ended"; readonly end: SendEnd }
  | { readonly on: "granted"; readonly space: Pid; readonly uid: PortUid }
  | { readonly on: "claimed"; readonly space: Pid; readonly uid: PortUid }
  /** Policy update: nobody sends to the port any more, which may move now. */
  | { readonly on: "paused"; readonly uid: PortUid }
  /** A task runs here again, or for the first time: it was thawed, or has arrived. */
  | { readonly on: "going"; readonly pid: Pid }
  /** A task here has made another. */
  | { readonly on: "born"; readonly pid: Pid }
  /** A task has been handed over to this host. */
  | { readonly on: "left"; readonly pid: Pid; readonly to: HostId }
  /** A task that was expected here will not come, or has ended. */
  | { readonly on: "gone"; readonly pid: Pid };

export interface TaskState extends MemoryState {
  readonly id: HostId;
  readonly incarnation: number;
  readonly tasks: Map<Pid, Task>;
  /** Runnable threads in the order of their turns, without the current one. */
  readonly ready: ThreadRef[];
  /** The thread whose registers are in the hart. */
  current: ThreadRef | null;
  /** Instructions that the current thread may run before its turn ends. */
  quantumLeft: number;
  /** Threads that wait for a page, by object. */
  readonly pageWaiters: Map<number, PageWaiter[]>;
  /** Threads that wait for a frame, in the order in which they came. */
  readonly memoryWaiters: ThreadRef[];
  /** Threads that wait for a time, for the quiescence of the run. */
  sleepers: number;
  /** Sends of threads that were made here, by the ids of their messages. */
  readonly openSends: Map<number, OpenSend>;
  /** Tasks whose waiting receivers have to look again: rights of theirs have changed hands. */
  readonly recheck: Set<Pid>;
  /** What has happened to ports and rights of spaces here, and was not dealt with yet, in order. */
  readonly spaceEvents: SpaceEvent[];
  /** Tags of address spaces that are free again; the rest start at `spaceNext`. */
  readonly spacesFree: number[];
  spaceNext: number;
  /** Calls that are not there, with their counts. */
  readonly unsupported: Map<string, number>;
  readonly home: HomeState;
}

export interface TaskHost extends PortsHost {
  /** Whether events of every trap are kept too. */
  readonly wantsAll: boolean;
  readonly trapNs: number;
  readonly vmCosts: VmCosts;
  readonly seed: number;
  /** CLOCK_REALTIME at virtual time 0, in ns as seconds and rest: exact above 2^53 ns. */
  readonly epochSeconds: number;
  readonly hosts: number;
  readonly quantumInstructions: number;
  readonly stableWriteNs: number;
  /** A time at which `wakeSleeper` is to be called for the thread. */
  sleepTimer(at: number, thread: ThreadRef): void;
  /** A time at which `onPagerTimer` is to be called for the object. */
  pagerTimer(at: number, object: number): void;
}

export interface Kernel extends VmContext {
  readonly state: TaskState;
  readonly host: TaskHost;
}

export function threadOf(state: TaskState, ref: ThreadRef): Thread {
  const task = must(state.tasks.get(ref.pid), `task ${ref.pid}`);
  return must(task.threads.get(ref.tid), `thread ${ref.tid}`);
}

/** Sends from the kernel; `extras` as in `makeMessage`. */
export function post<S extends Schema>(
  kernel: Kernel,
  to: PortUid,
  op: Op<S>,
  body: Body<S>,
  extras: { readonly id?: number; readonly reply?: Right; readonly rights?: readonly Right[] } = {},
): void {
  sendMessage(kernel.state.ports, to, makeMessage(op, body, extras) as Message, kernel.host);
}
