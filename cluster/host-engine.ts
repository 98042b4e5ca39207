// The engine of one host: its inputs in order, what it may do below a horizon, its cables.

import { decodePlain, encodePlain } from "../ports/base/index.ts";
import { awaitsOutcome, type HostId, hostName, type Message } from "../ports/index.ts";
import { bootHost, type Host, type HostInput, isMoving, restoreHost } from "../kernel/index.ts";
import { type Cable, createCable, handToCable } from "./cable.ts";
import { actOnCable } from "./cable-commands.ts";
import { keptOf, tasksLost } from "./crash.ts";
import type { Engine, EngineParts, Horizon } from "./engine.ts";
import { createEngineState, type EngineState } from "./engine-state.ts";
import {
  addInput,
  type CableCommand,
  firstInput,
  type Input,
  type InputWhat,
  isPlanned,
  keepOnCables,
  packetsOf,
  takeInput,
  type WorldCommand,
} from "./inputs.ts";
import type { SeenFile } from "./outside.ts";
import { createTracer, type Tracer } from "./trace.ts";

/** What names an order for whoever waits for its answer. */
function idsOf({ body }: Message): { readonly command?: number; readonly job?: number } {
  const { command, job } = body as { readonly command?: number; readonly job?: number };
  return { ...(command === undefined ? {} : { command }), ...(job === undefined ? {} : { job }) };
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
    this.#state = createEngineState();
    this.#boot();
  }

  get host(): Host | null {
    return this.#host;
  }

  get cables(): ReadonlyMap<HostId, Cable> {
    return this.#state.cables;
  }

  arriving(): ReadonlyMap<HostId, number> {
    return packetsOf(this.#state.inputs);
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
    if (isPlanned(this.#state.inputs)) return true;
    if (this.#host === null) return false;
    const { sleepers, ports, moves } = this.#host.state;
    return sleepers > 0 || awaitsOutcome(ports) || isMoving(moves);
  }

  lastActivity(): number {
    return Math.max(this.#state.lastActivity, this.#host?.state.lastInstruction ?? 0);
  }

  next(): number {
    if (this.able()) return this.clock();
    const first = this.#first();
    return first ? Math.max(this.clock(), first.time) : Number.POSITIVE_INFINITY;
  }

  #first(): Input | undefined {
    return firstInput(this.#state.inputs, this.#state.paused);
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
    takeInput(this.#state.inputs, input);
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
      case "heal":
      case "delay":
      case "drop":
        this.#onCable(command);
        return;
    }
  }

  #onCable(command: CableCommand): void {
    actOnCable(this.#cableTo(command.peer), command, (event, ids) => this.#emit(event, ids));
  }

  /** Memory, tasks, queues and packets inside are gone at once; the stable store is not. */
  #crash(): void {
    const host = this.#host;
    if (!host) return;
    this.#state.stable = keptOf(host.state, this.#parts.servers);
    this.#state.clock = host.state.clock;
    this.#emit("host.crash", { incarnation: this.#state.incarnation });
    for (const { pid, job } of tasksLost(host.state)) {
      this.#emit("task.died-with-host", { pid, job });
    }
    this.#host = null;
    this.#state.down = true;
    keepOnCables(this.#state.inputs, this.#state.clock);
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
    addInput(this.#state.inputs, input);
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
    addInput(this.#state.inputs, { time: arrive, class: 1, source: from, number, what });
  }

  receiveWorld(time: number, number: number, command: WorldCommand): void {
    const what = { on: "world", command, number } as const;
    addInput(this.#state.inputs, { time, class: 0, source: 0, number, what });
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
