// What comes to a host from outside, until it takes it: commands, packets, its own timers.
//
// They are taken in the total order (time, class, source, number): class 0 is the world (operator,
// plan), 1 a packet, 2 an own timer. What the world does is kept apart: it comes to a host that is
// paused, and the rest waits.

import { heapPop, heapPush } from "../ports/base/index.ts";
import type { HostId, Message, PortUid } from "../ports/index.ts";
import type { HostTimer } from "../kernel/index.ts";

/** What the operator, or the plan, does to a host. Plain data. */
export type WorldCommand =
  | { readonly do: "order"; readonly to: PortUid; readonly message: Message }
  | { readonly do: "crash" }
  | { readonly do: "restart" }
  | { readonly do: "pause" }
  | { readonly do: "continue" }
  | CableCommand;

/** What is done to one direction of a cable, by its sender. */
export type CableCommand =
  | { readonly do: "cut"; readonly peer: HostId }
  | { readonly do: "heal"; readonly peer: HostId }
  | { readonly do: "delay"; readonly peer: HostId; readonly ns: number }
  | { readonly do: "drop"; readonly peer: HostId; readonly ppm: number };

export type InputWhat =
  | { readonly on: "world"; readonly command: WorldCommand; readonly number: number }
  | { readonly on: "packet"; readonly bytes: Uint8Array }
  | { readonly on: "timer"; readonly timer: HostTimer };

export interface Input {
  readonly time: number;
  readonly class: 0 | 1 | 2;
  readonly source: number;
  readonly number: number;
  readonly what: InputWhat;
}

/** Two heaps. */
export interface Inputs {
  readonly world: Input[];
  readonly other: Input[];
}

export function createInputs(): Inputs {
  return { world: [], other: [] };
}

function inputOrder(a: Input, b: Input): number {
  return a.time - b.time || a.class - b.class || a.source - b.source || a.number - b.number;
}

function heapOf({ world, other }: Inputs, input: Input): Input[] {
  return input.class === 0 ? world : other;
}

export function addInput(inputs: Inputs, input: Input): void {
  heapPush(heapOf(inputs, input), input, inputOrder);
}

/** The next input; of a paused host only the world's, the rest waits for it to go on. */
export function firstInput(inputs: Inputs, paused: boolean): Input | undefined {
  const world = inputs.world[0];
  const other = paused ? undefined : inputs.other[0];
  if (!world || !other) return world ?? other;
  return inputOrder(world, other) < 0 ? world : other;
}

/** Requires: it is the first one. */
export function takeInput(inputs: Inputs, first: Input): void {
  heapPop(heapOf(inputs, first), inputOrder);
}

/** Whether the world is going to do something. */
export function isPlanned({ world }: Inputs): boolean {
  return world.length > 0;
}

/** Packets that have not been taken, by their senders. */
export function packetsOf({ other }: Inputs): ReadonlyMap<HostId, number> {
  const packets = new Map<HostId, number>();
  for (const { class: kind, source } of other) {
    if (kind === 1) packets.set(source, (packets.get(source) ?? 0) + 1);
  }
  return packets;
}

/**
 * After a crash: what is still on a cable arrives, or is lost on a host that is down by then; what
 * had come is gone, with all timers.
 */
export function keepOnCables({ other }: Inputs, now: number): void {
  const onCable = other.filter((input) => input.class === 1 && input.time > now);
  other.splice(0, Number.POSITIVE_INFINITY, ...onCable.sort(inputOrder));
}
