// What the kernel of one host works on: its state, all plain data, and what its host offers.

import { must } from "../../ports/base/index.ts";
import type {
  HostId,
  Message,
  PortsHost,
  PortUid,
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
  /** Threads that wait for a time, for the quiescence of the run. */
  sleepers: number;
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
