// On which hosts this one depends, so that it has to notice when they die.
//
// Keepalives go only to these: a link without interest may be silent for ever.

import {
  fsHost,
  type HostId,
  hostsOfInterest,
  locatePort,
  uidHost,
  watchIncarnation,
} from "../ports/index.ts";
import type { AgentKernel } from "./agent/index.ts";
import { departureOf, type MoveKernel } from "./migrate/index.ts";

export function interestingHosts(kernel: AgentKernel): ReadonlySet<HostId> {
  const { state } = kernel;
  const { ports } = state;
  const hosts = new Set<HostId>(hostsOfInterest(ports, kernel.host.hosts));
  for (const to of state.agent.given.values()) hosts.add(to);
  for (const object of state.objects.all.values()) {
    for (const pager of object.owed.values()) hosts.add(locatePort(ports, pager).host);
    for (const pager of object.requested.values()) hosts.add(locatePort(ports, pager).host);
    if (object.swap.asked || object.writes !== "no") hosts.add(fsHost);
  }
  for (const residual of state.residual.objects.values()) {
    for (const pager of residual.awaited.values()) hosts.add(locatePort(ports, pager).host);
  }
  for (const task of state.tasks.values()) {
    hosts.add(task.home);
    for (const thread of task.threads.values()) {
      const waits = thread.state.at === "waiting" ? thread.state.wait : undefined;
      if (waits?.for === "reply") hosts.add(locatePort(ports, waits.server).host);
      else if (waits?.for === "send") hosts.add(waits.host);
    }
    for (const [sending] of task.operator.sending.values()) {
      if (sending && sending.out !== 0) hosts.add(uidHost(sending.out));
    }
    const departure = departureOf(kernel, task.pid);
    if (departure) hosts.add(departure.state.plan.to);
  }
  for (const record of state.home.records.values()) {
    if (record.state === "owned") hosts.add(record.owner);
  }
  for (const { state: arrival } of state.moves.arrivals.values()) {
    hosts.add(arrival.plan.from);
    hosts.add(arrival.plan.home);
  }
  hosts.delete(state.id);
  return hosts;
}

/**
 * The home has to notice the death of whoever owns a task of its own, also of a host that it has
 * never met: after a commit, and when it has restarted.
 */
export function watchOwners(kernel: MoveKernel): void {
  const { state, host } = kernel;
  for (const { owner, ownerIncarnation, state: at } of state.home.records.values()) {
    if (at === "ended" || owner === state.id) continue;
    watchIncarnation(state.ports, owner, ownerIncarnation, host);
  }
}
