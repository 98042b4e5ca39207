// What a host offers to the parts of its kernel: the time, costs, timers, the cables, and the news
// that the ports bring, which are noted here and dealt with when the action at hand is done.

import { must } from "../ports/base/index.ts";
import type { AgentHost } from "./agent/index.ts";
import type { HostParts, HostState } from "./host-state.ts";
import type { HostCosts } from "./profile.ts";
import { heldByServers, isServerSpace } from "./servers.ts";
import { spacesHost } from "./spaces.ts";

export function kernelHost(
  { config, output, servers }: HostParts,
  state: HostState,
  armKeepalive: () => void,
): AgentHost {
  const { costs } = config;
  const soon = (at: number): number => Math.max(at, state.clock);
  const spaces = spacesHost(state);
  return {
    get now() {
      return state.clock;
    },
    wants: config.trace !== "control",
    wantsAll: config.trace === "all",
    costs: { messageNs: costs.messageNs, packetNs: costs.packetNs },
    vmCosts: { faultNs: costs.faultNs },
    trapNs: costs.trapNs,
    stableWriteNs: costs.stableWriteNs,
    paranoid: config.paranoid,
    seed: config.seed,
    epochSeconds: config.epochSeconds,
    hosts: config.hosts,
    quantumInstructions: quantumOf(costs),
    charge(ns) {
      state.clock += ns;
    },
    emit: (event, ids) => output.emit(event, ids),
    transmit(to, frame) {
      armKeepalive();
      output.transmit(to, frame);
    },
    timer: (at, what) => output.timer(soon(at), { on: "ports", what }),
    sleepTimer: (deadline, thread) =>
      output.timer(soon(deadline), { on: "sleep", thread, deadline }),
    moveTimer: (at, move) => output.timer(at, { on: "move", move }),
    wanderTimer: (at, pid) => output.timer(at, { on: "wander", pid }),
    arrived(port) {
      const { uid, owner } = port;
      if (owner.kind === "kernel") state.kernelArrivals.push(uid);
      else if (owner.kind === "server") {
        must(state.servers.get(owner.server), "a server").arrivals.push(uid);
      } else state.spaceEvents.push({ on: "arrived", space: owner.id, uid });
    },
    hostDead(host, incarnation) {
      state.deadHosts.push({ host, incarnation });
    },
    toldDead(host) {
      state.toldDeadBy.push(host);
    },
    pagerTimer: (at, object) => output.timer(soon(at), { on: "pager", object }),
    agentTimer: (at, command) => output.timer(soon(at), { on: "agent", command }),
    ...spaces,
    granted(space, uid, transits) {
      if (!isServerSpace(space)) return spaces.granted(space, uid, transits);
      state.serverGrants.push({ space, uid, transits });
      return true;
    },
    heldInSpaces(uid) {
      const held = spaces.heldInSpaces(uid);
      const transits = held.transits + heldByServers(servers, state.servers, uid);
      return { ...held, transits };
    },
  };
}

/** Never so short that a constrained LR/SC loop could not finish in one. */
function quantumOf({ quantumNs, instructionNs, instructionsPer }: HostCosts): number {
  return Math.max(1000, Math.floor((quantumNs * instructionsPer) / instructionNs));
}
