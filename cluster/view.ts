// What can be seen of a host that stands still: no message, no charge, no stamp, no trace.

import { hostName, leftBehind, portName } from "../ports/index.ts";
import {
  describeSpace,
  type Forecast,
  forecastMove,
  type ForecastOrder,
  isMember,
  type LedgerEntry,
  ledgerOf,
  lossSentence,
  type RangeView,
  type RunState,
} from "../kernel/index.ts";
import type { Engine } from "./engine.ts";
import {
  type ForwarderView,
  type PortView,
  type RightView,
  viewForwarders,
  viewPorts,
  viewRights,
} from "./view-ports.ts";

type HostState = NonNullable<Engine["host"]>["state"];
type HostTask = Parameters<typeof ledgerOf>[1];

export interface TaskView {
  readonly pid: number;
  readonly job: number;
  readonly home: number;
  readonly program: string;
  readonly state: string;
  readonly threads: number;
  readonly pages: number;
  readonly moves: number;
  /** How long it has waited for pages, in all its life. */
  readonly pageWaitNs: number;
  readonly residuals: readonly (LedgerEntry & { readonly sentence: string })[];
}

export interface ResidualView {
  readonly pid: number;
  readonly pages: number;
  readonly since: number;
}

export interface CableView {
  readonly to: string;
  readonly packets: number;
  readonly bytes: number;
  readonly lost: number;
  readonly cut: boolean;
  readonly extraNs: number;
  readonly dropPpm: number;
}

/** Packets on their way to the host. */
export interface ArrivingView {
  readonly from: string;
  readonly packets: number;
}

/** What a port that has moved has left on the host. */
export interface LeftBehindView {
  readonly port: string;
  readonly what: "forwarder" | "made-here";
  readonly bytes: number;
  readonly since: number | null;
}

export interface HostView {
  readonly host: string;
  readonly state: "up" | "down" | "paused";
  readonly incarnation: number;
  readonly clock: number;
  readonly instructions: number;
  /** When the first guest instruction was begun, and the last one done; null: there was none. */
  readonly firstInstruction: number | null;
  readonly lastInstruction: number | null;
  readonly framesUsed: number;
  readonly objects: number;
  /** Moves from here and to here that are not over. */
  readonly moving: number;
  readonly tasks: readonly TaskView[];
  /** Copies that have arrived, whose source is dead, and of which only the home knows more. */
  readonly inDoubt: readonly TaskView[];
  readonly owes: readonly ResidualView[];
  readonly leftBehind: readonly LeftBehindView[];
  readonly cables: readonly CableView[];
  readonly arriving: readonly ArrivingView[];
  readonly ports: readonly PortView[];
  readonly rights: readonly RightView[];
  readonly forwarders: readonly ForwarderView[];
  readonly unsupported: readonly (readonly [string, number])[];
  /** The number of the next task at home here. */
  readonly pidNext: number;
}

export function viewHost(engine: Engine, id: number): HostView {
  const state = engine.host?.state;
  return {
    host: hostName(id),
    state: engine.down ? "down" : engine.paused ? "paused" : "up",
    incarnation: engine.incarnation,
    clock: engine.clock(),
    instructions: state?.instructions ?? 0,
    firstInstruction: state?.firstInstruction ?? null,
    lastInstruction: state?.instructions ? state.lastInstruction : null,
    framesUsed: state?.frames.used.size ?? 0,
    objects: state?.objects.all.size ?? 0,
    moving: (state?.moves.departures.size ?? 0) + (state?.moves.arrivals.size ?? 0),
    tasks: state ? [...state.tasks.values()].map((task) => viewTask(state, task)) : [],
    inDoubt: state ? arrivalsInDoubt(state) : [],
    owes: [...(state?.residual.objects.values() ?? [])].map(({ pids, kept, awaited, since }) => ({
      pid: pids[0] ?? 0,
      pages: kept.size + awaited.size,
      since,
    })),
    leftBehind: (state ? leftBehind(state.ports) : []).map(({ uid, what, bytes, since }) => ({
      port: portName(uid),
      what,
      bytes,
      since,
    })),
    cables: [...engine.cables.values()].map((cable) => ({
      to: hostName(cable.to),
      packets: cable.packets,
      bytes: cable.bytes,
      lost: cable.lost,
      cut: cable.cut,
      extraNs: cable.extraNs,
      dropPpm: cable.dropPpm,
    })),
    arriving: [...engine.arriving()].map(([from, packets]) => ({ from: hostName(from), packets })),
    ports: state ? viewPorts(id, state) : [],
    rights: state ? viewRights(id, state) : [],
    forwarders: state ? viewForwarders(id, state) : [],
    unsupported: [...(state?.unsupported ?? [])],
    pidNext: id * 10_000 + (state?.home.pidNext ?? 0),
  };
}

function viewTask(state: HostState, task: HostTask): TaskView {
  const threads = [...task.threads.values()].map((thread) => thread.state);
  const entries = ledgerOf(state.ports, task);
  return {
    pid: task.pid,
    job: task.job,
    home: task.home,
    program: task.program.name,
    state: isInDoubt(state, task) ? doubt(task.home) : describe(task, threads),
    threads: task.threads.size,
    pages: task.memory.pmap.pages.size,
    moves: task.moves,
    pageWaitNs: task.pageWaitNs,
    residuals: entries.map((entry) => ({ ...entry, sentence: lossSentence(entry) })),
  };
}

/** COMMIT is out, and only the home knows whether the task is still this host's. */
function isInDoubt({ moves }: HostState, { pid }: HostTask): boolean {
  return [...moves.departures.values()].some(
    ({ state: { at, plan } }) => at === "committing" && isMember(plan, pid),
  );
}

function arrivalsInDoubt(state: HostState): TaskView[] {
  const arrivals = [...state.moves.arrivals.values()].filter((one) => one.state.at === "in-doubt");
  return arrivals.flatMap(({ state: { plan }, tasks }) =>
    tasks.map((task) => ({ ...viewTask(state, task), state: doubt(plan.home) })),
  );
}

const doubt = (home: number): string => `in doubt (home ${hostName(home)})`;

/** Empty for a task that is not on the host. */
export function viewMemory(engine: Engine, pid: number): readonly RangeView[] {
  const state = engine.host?.state;
  const task = state?.tasks.get(pid);
  return state && task ? describeSpace(state, task.memory) : [];
}

/** Null for a task that is not on the host. */
export function viewForecast(engine: Engine, pid: number, order: ForecastOrder): Forecast | null {
  const kernel = engine.host?.kernel;
  const task = kernel?.state.tasks.get(pid);
  return kernel && task ? forecastMove(kernel, task, order) : null;
}

interface Doing {
  readonly state: string;
  readonly stopped: number;
}

/** What a task is doing, as `ps` shows it. */
function describe(task: Doing, threads: readonly RunState[]): string {
  if (task.stopped !== 0 && task.state !== "frozen") return "stopped";
  if (task.state !== "running") return task.state;
  if (threads.some(({ at }) => at === "runnable")) return "running";
  const waits = threads.flatMap((thread) => (thread.at === "waiting" ? [thread.wait.for] : []));
  return waits.includes("page") ? "waiting for a page" : `waiting (${waits.join(", ")})`;
}
