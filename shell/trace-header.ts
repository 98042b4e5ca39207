// The first line of a trace: what the run was made of, and nothing of where or how it ran.

import type { Settings } from "./options.ts";

export interface ProgramIdentity {
  readonly sha256: string;
  readonly args: readonly string[];
}

/** The trace's first line: what a run is made of, and nothing of the machine that ran it. */
export function traceHeader(settings: Settings, { sha256, args }: ProgramIdentity): string {
  const { hosts, seed, profile, memoryBytes: memory, net } = settings;
  const options = {
    on: settings.on,
    location: settings.location,
    ...(settings.plant === null ? {} : { plant: settings.plant }),
    epoch: settings.epoch,
    env: settings.env,
    net: { ...net.faults, ...(net.bandwidth === undefined ? {} : { bandwidth: net.bandwidth }) },
    at: settings.planned.map(({ at, line }) => [at, line]),
    wanderNs: settings.wanderNs,
    strategy: settings.strategy,
    maxTimeNs: settings.maxTimeNs,
    maxInstructions: settings.maxInstructions,
    traceLevel: settings.traceLevel,
  };
  const program = { sha256, args };
  const header = { sojourn: 1, seed, hosts, profile, memory, options, program };
  return `${JSON.stringify(header)}\n`;
}
