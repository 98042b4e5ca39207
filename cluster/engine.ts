// One host in virtual time: its inputs in order, what it may do below a horizon, its cables.
//
//   room(H)   one indivisible action that starts before H: deliver the next input, or run
//
// Inputs are consumed in an order that contains no window, no thread and no real time (`inputs.ts`).
// A stop at a horizon, or because someone wants to look, changes nothing here.

import type { HostId, NativeServer } from "../ports/index.ts";
import type { Host, HostConfig } from "../kernel/index.ts";
import type { Cable, NetFaults } from "./cable.ts";
import type { WorldCommand } from "./inputs.ts";
import type { MachineOutside, SeenFile } from "./outside.ts";
import type { CableCosts } from "./profile.ts";
import type { TraceOutput } from "./trace.ts";

export interface EngineConfig {
  readonly host: HostConfig;
  readonly cable: CableCosts;
  readonly faults: NetFaults;
  /** Shortest path over base latencies from each host back to this one. */
  readonly distanceFrom: readonly number[];
}

export interface EngineOutput extends TraceOutput {
  /** A packet for another host; it arrives no earlier than this host's horizon allows. */
  send(to: HostId, arrive: number, number: number, bytes: Uint8Array): void;
}

export interface EngineParts {
  readonly config: EngineConfig;
  readonly module: WebAssembly.Module;
  readonly servers: readonly NativeServer[];
  readonly outside: MachineOutside;
  readonly output: EngineOutput;
}

export interface Engine {
  readonly host: Host | null;
  readonly cables: ReadonlyMap<HostId, Cable>;
  /** Packets that were handed to a cable and have not been received here, by their senders. */
  arriving(): ReadonlyMap<HostId, number>;
  readonly incarnation: number;
  readonly down: boolean;
  readonly paused: boolean;
  clock(): number;
  /** The earliest time at which the host can act; infinity if never by itself. */
  next(): number;
  able(): boolean;
  /** Something that a program waits for is ahead: a sleep, the end of a move, or a planned event. */
  expects(): boolean;
  lastActivity(): number;
  /** One action, if one may start before the horizon. The horizon may come nearer by it. */
  room(horizon: Horizon): "acted" | "idle" | "wait";
  receivePacket(from: HostId, arrive: number, number: number, bytes: Uint8Array): void;
  receiveWorld(time: number, number: number, command: WorldCommand): void;
  /** What a native server answers to a question about its state; undefined if it answers none. */
  observeServer(name: string, question: unknown): unknown;
  /** What of this machine has been looked at, in the order of paths. */
  filesSeen(): readonly SeenFile[];
  /** Saves the whole host and goes on with what was saved: nothing may differ. */
  cycleThroughSnapshot(): void;
}

/** A horizon that an action may bring nearer. */
export interface Horizon {
  at: number;
}
