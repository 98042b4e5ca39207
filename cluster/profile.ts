// Cost profiles: what a machine and its network cost, as data, each number with its source.

import type { HostCosts } from "../kernel/index.ts";

export interface Profile {
  readonly name: string;
  readonly doc: string;
  readonly host: HostCosts;
  readonly cable: CableCosts;
  readonly disk: { readonly seekNs: number; readonly bytesPerSecond: number };
  readonly deathAfterNs: number;
  /** How far a host may run ahead of the slowest: the reach of an operator's conditions. */
  readonly skewMaxNs: number;
}

export interface CableCosts {
  readonly latencyNs: number;
  readonly bytesPerSecond: number;
}

/** A gigabit LAN of machines of about 2020. Numbers are round figures of that class, not measured. */
export const lan: Profile = {
  name: "lan",
  doc: "gigabit Ethernet, 1 ns an instruction",
  host: {
    instructionNs: 1, // about a billion instructions a second
    instructionsPer: 1,
    trapNs: 200, // a system call with mitigations
    messageNs: 2_000, // a local round through a queue and the scheduler
    faultNs: 1_000, // a page fault without input
    packetNs: 5_000, // driver and protocol, each end
    stableWriteNs: 10_000, // a small write to flash with power-loss protection
    quantumNs: 1_000_000,
    keepaliveNs: 1_000_000_000,
  },
  cable: { latencyNs: 100_000, bytesPerSecond: 125_000_000 }, // one switch; 1 Gbit/s
  disk: { seekNs: 5_000_000, bytesPerSecond: 100_000_000 }, // a rotating disk
  deathAfterNs: 5_000_000_000,
  skewMaxNs: 1_000_000,
};

const profiles: ReadonlyMap<string, Profile> = new Map([[lan.name, lan]]);

export function profileNamed(name: string): Profile | undefined {
  return profiles.get(name);
}

export function profileNames(): readonly string[] {
  return [...profiles.keys()];
}

/** After this much virtual time without a guest instruction nothing will happen by itself. */
export function settleNs(profile: Profile): number {
  return profile.deathAfterNs + 2 * profile.host.keepaliveNs;
}
