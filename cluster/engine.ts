// One host in virtual time: its inputs in order, what it may do below a horizon, its cables.
//
//   room(H)   one indivisible action that starts before H: deliver the next input, or run
//
// Inputs are consumed in the total order (time, class, source, number) that contains no window, no
// thread and no real time: class 0 is the world (operator, plan), 1 a packet, 2 an own timer.
// A stop at a horizon, or because someone wants to look, changes nothing here.

import { decodePlain, encodePlain, heapPop, heapPush } from "../ports/base/index.ts";
import {
  awaitsOutcome,
  type HostId,
  hostName,
  type Message,
  type NativeServer,
  type PortUid,
} from "../ports/index.ts";
import {
  bootHost,
  type Host,
  type HostConfig,
  type HostInput,
  type HostState,
  type HostTimer,
  restoreHost,
  type StableStore,
} from "../kernel/index.ts";
import { type Cable, createCable, handToCable, type NetFaults } from "./cable.ts";
import type { MachineOutside, SeenFile } from "./outside.ts";
import type { CableCosts } from "./profile.ts";
import { createTracer, type TraceOutput, type Tracer } from "./trace.ts";

/** What the operator, or the plan, does to a host. Plain data. */
export type WorldCommand =
  | { readonly do: "order"; readonly to: PortUid; readonly message: Message }
  | { readonly do: "crash" }
  | { readonly do: "restart" }
  | { readonly do: "pause" }
  | { readonly do: "continue" }
  | { readonly do: "cut"; readonly peer: HostId }
  | { readonly do: "heal"; readonly peer: HostId }
  | { readonly do: "delay"; readonly peer: HostId; readonly ns: number }
  | { readonly do: "drop"; readonly peer: HostId; readonly ppm: number };

type InputWhat =
  | { readonly on: "world"; readonly command: WorldCommand; readonly number: number }
  | { readonly on: "packet"; readonly bytes: Uint8Array }
  | { readonly on: "timer"; readonly timer: HostTimer };

interface Input {
  readonly time: number;
  readonly class: 0 | 1 | 2;
  readonly source: number;
  readonly number: number;
  readonly what: InputWhat;
}

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

interface EngineState {
  readonly world: Input[];
  readonly inputs: Input[];
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
  /** Something that a program waits for is ahead: a sleep, or a planned event. */
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

function inputOrder(a: Input, b: Input): number {
  return a.time - b.time || a.class - b.class || a.source - b.source || a.number - b.number;
}

function isCommitting({ moves }: HostState, pid: number): boolean {
  return [...moves.departures.values()].some(
    ({ state }) => state.plan.pid === pid && state.at === "committing",
  );
}

/** What names an order for whoever waits for its answer. */
function idsOf({ body }: Message): { readonly command?: number; readonly job?: number } {
  const { command, job } = body as { readonly command?: number; readonly job?: number };
  return { ...(command === undefined ? {} : { command }), ...(job === undefined ? {} : { job }) };
}

export interface EngineParts {
  readonly config: EngineConfig;
  readonly module: WebAssembly.Module;
  readonly servers: readonly NativeServer[];
  readonly outside: MachineOutside;
  readonly output: EngineOutput;
}

export function createEngine(parts: EngineParts): Engine {
  return new HostEngine(parts);
}

class HostEngine implements Engine {
  readonly #parts: EngineParts;
  readonly #id: HostId;
  readonly #tracer: Tracer;
  #state: EngineState;
  #host: Host | null = null;
  #horizon: Horizon = { at: 0 };

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#id = parts.config.host.id;
    this.#tracer = createTracer(this.#id, parts.config.host.trace, parts.output);
    this.#state = {
      world: [],
      inputs: [],
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
    this.#boot();
  }

  get host(): Host | null {
    return this.#host;
  }

  get cables(): ReadonlyMap<HostId, Cable> {
    return this.#state.cables;
  }

  arriving(): ReadonlyMap<HostId, number> {
    const packets = new Map<HostId, number>();
    for (const { class: kind, source } of this.#state.inputs) {
      if (kind === 1) packets.set(source, (packets.get(source) ?? 0) + 1);
    }
    return packets;
  }

  get incarnation(): number {
    return this.#state.incarnation;
  }

  get down(): boolean {
    return this.#state.down;
  }

  get paused(): boolean {
    return this.#state.paused;
  }

  clock(): number {
    return this.#host?.state.clock ?? this.#state.clock;
  }

  able(): boolean {
    return !this.#state.paused && (this.#host?.able() ?? false);
  }

  expects(): boolean {
    if (this.#state.world.length > 0) return true;
    return (
      this.#host !== null &&
      (this.#host.state.sleepers > 0 || awaitsOutcome(this.#host.state.ports))
    );
  }

  lastActivity(): number {
    return Math.max(this.#state.lastActivity, this.#host?.state.lastInstruction ?? 0);
  }

  next(): number {
    if (this.able()) return this.clock();
    const first = this.#first();
    return first ? Math.max(this.clock(), first.time) : Number.POSITIVE_INFINITY;
  }

  /** The next input; of a paused host only the world's, the rest waits for it to go on. */
  #first(): Input | undefined {
    const world = this.#state.world[0];
    const other = this.#state.paused ? undefined : this.#state.inputs[0];
    if (!world || !other) return world ?? other;
    return inputOrder(world, other) < 0 ? world : other;
  }

  room(horizon: Horizon): "acted" | "idle" | "wait" {
    const expected = this.expects();
    const did = this.#act(horizon);
    // Silence begins when the last that was waited for has come, whether a program ran then or not.
    if (did === "acted" && expected) this.#state.lastActivity = this.clock();
    return did;
  }

  #act(horizon: Horizon): "acted" | "idle" | "wait" {
    this.#horizon = horizon;
    const first = this.#first();
    const clock = this.clock();
    const able = this.able();
    if (first && first.time < horizon.at && (first.time <= clock || !able)) {
      this.#take(first);
      return "acted";
    }
    if (!able || clock >= horizon.at || !this.#host) return "idle";
    const until = Math.min(horizon.at, first?.time ?? Number.POSITIVE_INFINITY);
    const limit = Math.max(1, this.#host.instructionsUntil(until));
    return this.#host.run(limit) === "wait" ? "wait" : "acted";
  }

  #take(input: Input): void {
    const { world, inputs } = this.#state;
    heapPop(input.class === 0 ? world : inputs, inputOrder);
    this.#setClock(Math.max(this.clock(), input.time));
    const { what } = input;
    if (what.on === "world") {
      this.#state.lastActivity = this.clock();
      this.#onWorld(what.command, what.number);
    } else if (!this.#host) {
      if (what.on === "packet") this.#emit("cable.lost", { from: hostName(input.source) });
    } else if (what.on === "packet") {
      this.#host.deliver({ on: "packet", from: input.source, bytes: what.bytes });
    } else {
      this.#host.deliver(what satisfies HostInput);
    }
  }

  #setClock(time: number): void {
    if (this.#host) this.#host.state.clock = time;
    else this.#state.clock = time;
  }

  #onWorld(command: WorldCommand, number: number): void {
    switch (command.do) {
      case "order":
        if (this.#host) this.#host.deliver({ on: "order", ...command });
        else this.#emit("command.host-down", { number, ...idsOf(command.message) });
        return;
      case "crash":
        this.#crash();
        return;
      case "restart":
        this.#restart();
        return;
      case "pause":
        this.#state.paused = true;
        this.#emit("host.pause", {});
        return;
      case "continue":
        this.#state.paused = false;
        this.#emit("host.continue", {});
        return;
      case "cut":
        this.#cableTo(command.peer).cut = true;
        this.#emit("cable.cut", { to: hostName(command.peer) });
        return;
      case "heal":
        this.#cableTo(command.peer).cut = false;
        this.#cableTo(command.peer).extraNs = 0;
        this.#cableTo(command.peer).dropPpm = 0;
        this.#emit("cable.heal", { to: hostName(command.peer) });
        return;
      case "delay":
        this.#cableTo(command.peer).extraNs = command.ns;
        this.#emit("cable.delay", { to: hostName(command.peer), ns: command.ns });
        return;
      case "drop":
        this.#cableTo(command.peer).dropPpm = command.ppm;
        this.#emit("cable.drop", { to: hostName(command.peer), ppm: command.ppm });
        return;
    }
  }

  /** Memory, tasks, queues and packets inside are gone at once; the stable store is not. */
  #crash(): void {
    const host = this.#host;
    if (!host) return;
    const { home, tasks, servers } = host.state;
    const disks = new Map<string, unknown>();
    for (const server of this.#parts.servers) {
      const record = servers.get(server.name);
      if (server.keep && record) disks.set(server.name, server.keep(record.state));
    }
    this.#state.stable = { home, disks };
    this.#state.clock = host.state.clock;
    this.#emit("host.crash", { incarnation: this.#state.incarnation });
    for (const task of tasks.values()) {
      // Once COMMIT is sent there may be another copy: the home decides whether the task is lost.
      if (task.state === "frozen" && isCommitting(host.state, task.pid)) continue;
      this.#emit("task.died-with-host", { pid: task.pid, job: task.job });
    }
    this.#host = null;
    this.#state.down = true;
    // What is still on a cable arrives, or is lost on a host that is down by then.
    const onCable = this.#state.inputs.filter(
      (input) => input.class === 1 && input.time > this.#state.clock,
    );
    this.#state.inputs.splice(0, Number.POSITIVE_INFINITY, ...onCable.sort(inputOrder));
    this.#state.lastActivity = this.#state.clock;
  }

  #restart(): void {
    if (this.#host) return;
    this.#state.incarnation++;
    this.#state.down = false;
    this.#state.paused = false;
    this.#boot();
    this.#emit("host.restart", { incarnation: this.#state.incarnation });
  }

  #boot(): void {
    const { incarnation, stable, clock } = this.#state;
    this.#host = bootHost(this.#hostParts(), { incarnation, stable, clock });
  }

  #hostParts(): Parameters<typeof bootHost>[0] {
    const { config, module, servers, outside } = this.#parts;
    return {
      config: config.host,
      module,
      servers,
      outside,
      output: {
        transmit: (to, frame) => this.#transmit(to, frame),
        timer: (at, timer) => this.#push(at, { on: "timer", timer }),
        emit: (event, ids) => this.#emit(event, ids),
      },
    };
  }

  #push(time: number, what: InputWhat): void {
    const number = this.#state.numbers++;
    const input: Input = { time, class: 2, source: this.#id, number, what };
    heapPush(this.#state.inputs, input, inputOrder);
  }

  #transmit(to: HostId, frame: Uint8Array): void {
    const { config, output } = this.#parts;
    const { cable: costs, faults, host } = config;
    const cable = this.#cableTo(to);
    for (const { arrive, bytes } of handToCable(
      cable,
      frame,
      this.clock(),
      costs,
      faults,
      host.seed,
    )) {
      output.send(to, arrive, this.#state.packets++, bytes);
      const back = arrive + (config.distanceFrom[to] as number);
      this.#horizon.at = Math.min(this.#horizon.at, back);
    }
  }

  #cableTo(peer: HostId): Cable {
    let cable = this.#state.cables.get(peer);
    if (!cable) {
      cable = createCable(this.#id, peer);
      this.#state.cables.set(peer, cable);
    }
    return cable;
  }

  #emit(event: string, ids: Readonly<Record<string, unknown>>): void {
    this.#tracer.emit(this.clock(), event, ids);
  }

  receivePacket(from: HostId, arrive: number, number: number, bytes: Uint8Array): void {
    const what = { on: "packet", bytes } as const;
    heapPush(
      this.#state.inputs,
      { time: arrive, class: 1, source: from, number, what },
      inputOrder,
    );
  }

  receiveWorld(time: number, number: number, command: WorldCommand): void {
    const what = { on: "world", command, number } as const;
    heapPush(this.#state.world, { time, class: 0, source: 0, number, what }, inputOrder);
  }

  observeServer(name: string, question: unknown): unknown {
    const server = this.#parts.servers.find((candidate) => candidate.name === name);
    const record = this.#host?.state.servers.get(name);
    if (!server?.observe || !record) return undefined;
    return server.observe(record.state, question, this.#parts.outside.onlooker);
  }

  filesSeen(): readonly SeenFile[] {
    return this.#parts.outside.seen();
  }

  cycleThroughSnapshot(): void {
    this.#state = decodePlain(encodePlain(this.#state)) as EngineState;
    if (this.#host) this.#host = restoreHost(this.#hostParts(), this.#host.snapshot());
  }
}
