// What a host does when one of its timers goes off.

import { must } from "../ports/base/index.ts";
import { onPortsTimer, setInterest } from "../ports/index.ts";
import { onAgentTimer } from "./agent/index.ts";
import type { HostContext, HostTimer } from "./host-state.ts";
import { interestingHosts } from "./interest.ts";
import {
  departureOf,
  feedSource,
  feedTarget,
  orderMove,
  tuningDefaults,
  wanderOrder,
} from "./migrate/index.ts";
import { hostsOfServers, onServerTimer } from "./servers.ts";
import { onPagerPatience } from "./settled.ts";
import type { ThreadRef } from "./task/kernel.ts";
import { deadlineOf } from "./task/wait.ts";
import { wake } from "./trap/index.ts";

export function onTimer(context: HostContext, timer: HostTimer): void {
  const { kernel, state, parts } = context;
  switch (timer.on) {
    case "ports":
      onPortsTimer(state.ports, timer.what, kernel.host);
      return;
    case "sleep":
      onSleepTimer(context, timer.thread, timer.deadline);
      return;
    case "move":
      onMoveTimer(context, timer.move);
      return;
    case "wander":
      onWanderTimer(context, timer.pid);
      return;
    case "agent":
      onAgentTimer(kernel, timer.command);
      return;
    case "pager":
      onPagerPatience(kernel, timer.object);
      return;
    case "server": {
      const server = must(
        parts.servers.find(({ name }) => name === timer.server),
        "a server",
      );
      const record = must(state.servers.get(timer.server), "a server's state");
      onServerTimer(context.serverHost, server, record, timer.data);
      return;
    }
    case "keepalive":
      onKeepalive(context);
      return;
  }
}

/** The timer of a sleep that was cut short, or went on elsewhere, finds nobody and does nothing. */
function onSleepTimer({ kernel, state }: HostContext, ref: ThreadRef, deadline: number): void {
  const task = state.tasks.get(ref.pid);
  const thread = task?.threads.get(ref.tid);
  if (task?.state !== "running" || thread?.state.at !== "waiting") return;
  if (deadlineOf(thread.state.wait) === deadline) wake(kernel, ref, null);
}

function onMoveTimer({ kernel, state }: HostContext, move: string): void {
  const departure = state.moves.departures.get(move);
  if (departure) feedSource(kernel, departure, { on: "tick" });
  else feedTarget(kernel, move, { on: "tick" });
}

function onWanderTimer({ kernel, state }: HostContext, pid: number): void {
  const task = state.tasks.get(pid);
  // Who goes with another task is going anyway, and gets a new time where it arrives.
  if (!task || task.state === "frozen" || departureOf(kernel, pid)) return;
  const order = wanderOrder(kernel, task);
  if (order) orderMove(kernel, task, { command: 0, ...tuningDefaults, ...order });
}

function onKeepalive({ kernel, state, serverHost, armKeepalive }: HostContext): void {
  state.keepaliveArmed = false;
  const interesting = new Set([...interestingHosts(kernel), ...hostsOfServers(serverHost)]);
  // Also those that this host has never met: a right of its port may have been lost with one.
  for (const peer of new Set([...state.ports.peers.keys(), ...interesting])) {
    setInterest(state.ports, peer, interesting.has(peer), kernel.host);
  }
  if (interesting.size > 0) armKeepalive();
}
