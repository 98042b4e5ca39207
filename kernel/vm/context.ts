// What the memory half of the kernel works on: the machine, its frames and objects, its ports.

import type { Ports, PortsHost } from "../../ports/index.ts";
import type { Hart } from "../machine/index.ts";
import type { Frames } from "./frames.ts";
import type { Objects } from "./object.ts";

export const pageBytes = 4096;

export interface MemoryState {
  readonly frames: Frames;
  readonly objects: Objects;
  readonly ports: Ports;
}

export interface VmCosts {
  readonly faultNs: number;
}

export interface VmContext {
  readonly hart: Hart;
  readonly memory: MemoryState;
  readonly host: PortsHost & { readonly vmCosts: VmCosts };
}

/** errno values that memory can produce. */
export const memoryErrors = { io: 5, noMemory: 12 } as const;
