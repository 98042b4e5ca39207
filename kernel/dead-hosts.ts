// What follows for tasks, pages and moves here when a host is dead, is declared dead, or holds this one for dead.

import {
  type HostId,
  home as homeOps,
  locatePort,
  makeMessage,
  notify,
  wellKnownPort,
} from "../ports/index.ts";
import { type AgentKernel, onAgentDead } from "./agent/index.ts";
import {
  endResidualsOf,
  feedSource,
  feedTarget,
  loseAwaited,
  type MoveKernel,
  noteDisowned,
  noteStored,
} from "./migrate/index.ts";
import { onSettled } from "./settled.ts";
import { post } from "./task/kernel.ts";
import { endTask, record } from "./task/life.ts";
import { signals } from "./task/signal.ts";
import { failSends, onReply } from "./trap/index.ts";
import { failPagesOf, noteHostOfPagers, settleClaim } from "./vm/index.ts";

/** A host's incarnation is dead for this host: everything here that depended on it learns it. */
export function onHostDead(kernel: AgentKernel, dead: HostId, incarnation: number): void {
  const { state } = kernel;
  const { ports } = state;
  const { lost } = record(kernel, { on: "host-dead", host: dead, incarnation });
  if (lost.length > 0) tellEnded(kernel);
  noteHostOfPagers(kernel, dead);
  for (const settled of failPagesOf(kernel, dead, incarnation)) {
    onSettled(kernel, settled);
    if (settled.object.writes === "refused") settleClaim(kernel, settled.object);
  }
  noteStored(kernel);
  loseAwaited(kernel, (pager) => locatePort(ports, pager).host === dead);
  for (const departure of [...state.moves.departures.values()]) {
    if (departure.state.plan.to === dead) feedSource(kernel, departure, { on: "target-dead" });
  }
  for (const [move, { state: arrival }] of [...state.moves.arrivals]) {
    const { from, fromIncarnation } = arrival.plan;
    if (from === dead && fromIncarnation === incarnation) {
      feedTarget(kernel, move, { on: "source-dead" });
    }
  }
  failRequests(kernel, dead);
  failSends(kernel, dead, incarnation);
  onAgentDead(kernel, dead);
}

/**
 * Hosts that a lost task has visited may keep pages for it; only its home knows that it ended. All that
 * have ended are named, not only those just lost: pages may have been kept for several.
 */
function tellEnded(kernel: MoveKernel): void {
  const { state, host } = kernel;
  const records = [...state.home.records];
  const ended = records.filter(([, record]) => record.state === "ended" && record.move !== "");
  const pids = ended.map(([pid]) => pid);
  endResidualsOf(kernel, pids);
  for (let id = 1; id <= host.hosts; id++) {
    if (id !== state.id) post(kernel, wellKnownPort(id, "control"), homeOps.ended, { pids });
  }
}

/**
 * A home that holds this incarnation for dead has recorded that its tasks here have ended: what
 * runs on here is a copy that nobody owns, and ends at this first contact.
 */
export function onToldDead(kernel: MoveKernel, home: HostId): void {
  for (const task of [...kernel.state.tasks.values()]) {
    if (task.home !== home || task.state === "frozen") continue;
    noteDisowned(kernel, task.pid, home);
    endTask(kernel, task, { status: 0, signal: signals.SIGKILL, lost: null });
  }
  for (const departure of [...kernel.state.moves.departures.values()]) {
    const { plan } = departure.state;
    if (plan.home === home) feedSource(kernel, departure, { on: "disowned", by: "home" });
    if (plan.to === home) feedSource(kernel, departure, { on: "disowned", by: "target" });
  }
  for (const [move, { state }] of [...kernel.state.moves.arrivals]) {
    if (state.plan.from === home) feedTarget(kernel, move, { on: "source-dead" });
    if (state.plan.home === home) feedTarget(kernel, move, { on: "disowned" });
  }
}

/** Requests that the dead host had accepted will not be answered. */
function failRequests(kernel: MoveKernel, dead: HostId): void {
  const { state } = kernel;
  for (const task of [...state.tasks.values()]) {
    if (task.state === "frozen") continue;
    for (const thread of [...task.threads.values()]) {
      if (thread.state.at !== "waiting" || thread.state.wait.for !== "reply") continue;
      const { server, request } = thread.state.wait;
      if (locatePort(state.ports, server).host !== dead) continue;
      onReply(kernel, task, thread, makeMessage(notify.sendOnce, {}, { id: request }));
    }
  }
}

/** The operator says that a host is no more: moves that only that home could decide are given up: they would be in doubt for ever. */
export function onDeclared(kernel: MoveKernel, dead: HostId): void {
  const { departures, arrivals } = kernel.state.moves;
  for (const departure of [...departures.values()]) {
    if (departure.state.plan.home !== dead) continue;
    feedSource(kernel, departure, { on: "home-declared" });
  }
  for (const [move, { state }] of [...arrivals]) {
    if (state.plan.home === dead) feedTarget(kernel, move, { on: "home-declared" });
  }
}
