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
  /** `wantsAll`: whether each step of each fault is kept too. */
  readonly host: PortsHost & {
    readonly vmCosts: VmCosts;
    readonly wantsAll: boolean;
    /** A time at which `onPagerTimer` is to be called for the object. */
    pagerTimer(at: number, object: number): void;
  };
}

/** errno values that memory can produce. */
export const memoryErrors = { io: 5, noMemory: 12 } as const;
