// What a host keeps for tasks that have left it: one record for each memory object.

import type { HostId, PortUid } from "../../ports/index.ts";
import type { Kernel, TaskState } from "../task/kernel.ts";
import type { Pid } from "../task/task.ts";
import type { Frame } from "../vm/index.ts";

export interface ResidualObject {
  readonly id: number;
  readonly port: PortUid;
  /** The tasks that have gone with the object: those of them that may still want its pages. */
  pids: readonly Pid[];
  readonly since: number;
  /** Where they went from here. */
  readonly to: HostId;
  readonly kept: Map<number, Frame>;
  /** Pages on their way to here from an earlier host. */
  readonly awaited: Map<number, PortUid>;
  /** The port at which those come in. */
  control: PortUid | null;
  /** Who has asked for awaited pages. */
  readonly asked: Map<number, PortUid>;
  push: Push | null;
}

/** Pages that are sent without being asked for: kept until they are taken. */
export interface Push {
  readonly control: PortUid;
  /** Pages that are still to be sent, in order, from `at` on. */
  readonly order: readonly number[];
  at: number;
  chunkPages: number;
  readonly underWay: Set<number>;
}

/** 64 KiB, more by as much after each chunk that no fault disturbed, and 4 MiB at most. */
export const chunkStepPages = 16;
export const chunkPagesMax = 1024;

export interface ResidualState {
  next: number;
  readonly objects: Map<number, ResidualObject>;
}

export interface ResidualKernel extends Kernel {
  readonly state: TaskState & { readonly residual: ResidualState };
}

export function createResidualState(): ResidualState {
  return { next: 1, objects: new Map() };
}
