// What the engine of a host keeps of it, whether it is up or not: plain data.

import type { HostId } from "../ports/index.ts";
import type { StableStore } from "../kernel/index.ts";
import type { Cable } from "./cable.ts";
import { createInputs, type Inputs } from "./inputs.ts";

export interface EngineState {
  readonly inputs: Inputs;
  readonly cables: Map<HostId, Cable>;
  numbers: number;
  packets: number;
  clock: number;
  incarnation: number;
  down: boolean;
  paused: boolean;
  stable: StableStore;
  lastActivity: number;
}

export function createEngineState(): EngineState {
  return {
    inputs: createInputs(),
    cables: new Map(),
    numbers: 0,
    packets: 0,
    clock: 0,
    incarnation: 1,
    down: false,
    paused: false,
    stable: { home: { pidNext: 1, records: new Map() }, disks: new Map() },
    lastActivity: 0,
  };
}
