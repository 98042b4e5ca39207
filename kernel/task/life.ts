// A task's beginning and end on this host.

import { must } from "../../ports/base/index.ts";
import {
  createPort,
  createSpace as createPortSpace,
  destroyPort,
  endSpace,
  files,
  home as homeOps,
  type HostId,
  hostName,
  lookupRight,
  wellKnownPort,
} from "../../ports/index.ts";
import { emptyThreadImage } from "../machine/index.ts";
import { createSpace, destroySpace } from "../vm/index.ts";
import type { Lost } from "./call.ts";
import { homeStep } from "./home.ts";
import { type Kernel, post } from "./kernel.ts";
import { forgoStreams } from "./open-streams.ts";
import { suspend } from "./sched.ts";
import { emptySignals } from "./signal.ts";
import { type Pid, pidSpan, type Program, type Task, type Thread, type Wander } from "./task.ts";
import { disarm, giveUpWait } from "./wait.ts";

const spaceTagMax = 4095;

/** A tag for an address space that the hart does not know from an earlier one. */
export function takeSpaceTag(kernel: Kernel): number | undefined {
  const { state } = kernel;
  const free = state.spacesFree.pop();
  if (free !== undefined) return free;
  return state.spaceNext <= spaceTagMax ? state.spaceNext++ : undefined;
}

export interface Birth {
  readonly job: number;
  readonly program: Program;
  readonly wander: Wander | null;
}

/** A task with one thread, at home on this host, that has still to load its program. */
export function createTask(kernel: Kernel, birth: Birth): Task | undefined {
  const { state } = kernel;
  const tag = takeSpaceTag(kernel);
  const pid = tag === undefined ? undefined : takePid(kernel, state.id, state.incarnation);
  if (tag === undefined || pid === undefined) return undefined;
  const task = makeTask(kernel, pid, tag, birth);
  state.tasks.set(pid, task);
  addThread(kernel, task, pid);
  noteBorn(kernel, task, null);
  return task;
}

/** `parent`: the task that made it by a call; null: an order of the operator did. */
export function noteBorn({ host }: Kernel, { pid, job, program }: Task, parent: Pid | null): void {
  const by = parent === null ? {} : { parent };
  host.emit("task.born", { pid, job, program: program.path, ...by });
}

/** The home makes a pid and writes down who owns it; undefined: it has none left. */
export function takePid(kernel: Kernel, host: HostId, incarnation: number): Pid | undefined {
  const { state } = kernel;
  if (state.home.pidNext >= pidSpan) return undefined;
  const pid = state.id * pidSpan + state.home.pidNext++;
  record(kernel, { on: "born", pid, host, incarnation });
  return pid;
}

/** A task of this host that is entered nowhere yet and has no thread. */
export function makeTask(
  kernel: Kernel,
  pid: Pid,
  tag: number,
  { job, program, wander }: Birth,
): Task {
  const { state } = kernel;
  return {
    pid,
    job,
    home: state.id,
    epoch: 0,
    state: "loading",
    stopped: 0,
    program,
    threads: new Map(),
    memory: createSpace(tag),
    heap: { start: 0, end: 0 },
    space: createPortSpace(),
    files: [],
    port: createPort(state.ports, { kind: "kernel", what: "task", id: pid }),
    signals: { actions: new Map(), pending: emptySignals, senders: new Map(), lastOrder: 0 },
    limits: new Map(),
    randomDraws: 0,
    pageWaitNs: 0,
    moves: 0,
    since: kernel.host.now,
    owedSince: new Map(),
    wander,
    operator: { sending: new Map(), receiving: [] },
    postponed: null,
    streams: [],
  };
}

export function addThread(kernel: Kernel, task: Task, tid: number): Thread {
  const thread: Thread = {
    tid,
    registers: emptyThreadImage(),
    state: { at: "runnable" },
    replyPort: createPort(kernel.state.ports, { kind: "kernel", what: "reply", id: task.pid }),
    requests: 0,
    signalMask: emptySignals,
    handlerStack: null,
    clearTid: 0,
  };
  task.threads.set(tid, thread);
  return thread;
}

/** Applies a step of the home's machine: the stable store is written before anyone is answered. */
export function record(
  kernel: Kernel,
  event: Parameters<typeof homeStep>[1],
): ReturnType<typeof homeStep> {
  const { state, host } = kernel;
  const step = homeStep(state.home.records, event);
  for (const [pid, entry] of step.write) state.home.records.set(pid, entry);
  if (step.write.size > 0) host.charge(host.stableWriteNs);
  if (event.on === "host-dead") {
    for (const pid of step.lost) host.emit("task.lost", { pid, owner: hostName(event.host) });
  }
  return step;
}

/** How a task ended: its own status, or a signal. */
export interface Ending {
  readonly status: number;
  readonly signal: number;
  readonly lost: Lost | null;
}

/** Ends the task: its home is told, its files are closed, and nothing of it stays here. */
export function endTask(kernel: Kernel, task: Task, ending: Ending): void {
  const { status, signal, lost } = ending;
  kernel.host.emit("task.exit", {
    pid: task.pid,
    job: task.job,
    status,
    signal,
    ...(lost ? { address: lost.address, why: lost.why, lostHost: lost.host } : {}),
  });
  closeFiles(kernel, task);
  forgoStreams(kernel, task.streams);
  endRights(kernel, task);
  const { pid, epoch } = task;
  const code = signal === 0 ? status : 128 + signal;
  if (task.home === kernel.state.id) record(kernel, { on: "exited", pid, epoch });
  else post(kernel, wellKnownPort(task.home, "home"), homeOps.exited, { pid, epoch, status: code });
  removeTask(kernel, task, true);
  kernel.state.spaceEvents.push({ on: "gone", pid });
}

/** The task has died elsewhere; what is left of it here ends as if it had died here. */
export function buryTask(kernel: Kernel, task: Task): void {
  closeFiles(kernel, task);
  endRights(kernel, task);
  removeTask(kernel, task, true);
}

/** Each open file once, however many descriptors stand for it. Its right ends with the others. */
function closeFiles(kernel: Kernel, task: Task): void {
  for (const name of new Set(task.files.flatMap((file) => (file ? [file.name] : [])))) {
    const right = must(lookupRight(task.space, name), "right of an open file");
    post(kernel, right.uid, files.close, {});
  }
}

function endRights(kernel: Kernel, task: Task): void {
  const { state, host } = kernel;
  endSends(kernel, task);
  endSpace({ ports: state.ports, space: task.space, spaceId: task.pid, host });
}

/** Messages that are certainly not sent yet will not be; their rights end with the task. */
function endSends(kernel: Kernel, task: Task): void {
  for (const { state } of task.threads.values()) {
    if (state.at === "waiting" && state.wait.for === "send") giveUpWait(kernel, state.wait);
  }
}

/** Takes the task off this host. `withPorts`: they die with it; else they have gone elsewhere. */
export function removeTask(kernel: Kernel, task: Task, withPorts: boolean): void {
  const { state } = kernel;
  for (const thread of task.threads.values()) {
    suspend(kernel, thread);
    if (task.state !== "frozen") disarm(kernel, thread); // a frozen thread is in no index
    thread.state = { at: "gone" };
    if (withPorts) destroyPort(state.ports, thread.replyPort, kernel.host);
  }
  if (withPorts) destroyPort(state.ports, task.port, kernel.host);
  destroySpace(kernel, task.memory);
  state.spacesFree.push(task.memory.pmap.space);
  state.tasks.delete(task.pid);
  task.state = "gone";
}
