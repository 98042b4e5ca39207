// What one host is made of: what is fixed for the run, its state, and what goes in and comes out.

import {
  createPorts,
  type HostId,
  type LocationName,
  type Message,
  type NativeServer,
  type Outside,
  type Plant,
  type PortsTimer,
  type PortUid,
} from "../ports/index.ts";
import { type AgentKernel, type AgentState, createAgentState } from "./agent/index.ts";
import { pageBytes } from "./machine/index.ts";
import {
  createMoveState,
  createResidualState,
  type MoveState,
  type ResidualState,
} from "./migrate/index.ts";
import type { HostCosts } from "./profile.ts";
import { type ServerGrant, type ServerHost, type ServerRecord, serverState } from "./servers.ts";
import type { HomeState } from "./task/home.ts";
import type { TaskState, ThreadRef } from "./task/kernel.ts";
import { createFrames, createObjects } from "./vm/index.ts";

/** The same for all hosts of a cluster, and fixed for the run. */
export interface HostConfig {
  readonly id: HostId;
  readonly hosts: number;
  readonly seed: number;
  readonly costs: HostCosts;
  readonly memoryBytes: number;
  readonly epochSeconds: number;
  readonly paranoid: boolean;
  /** A bug that is made on purpose. */
  readonly plant: Plant | null;
  /** How ports that are made here are found when they have moved. */
  readonly location: LocationName;
  /** "control": what commands wait for; "default" adds every step; "all" adds each trap. */
  readonly trace: "control" | "default" | "all";
}

/** What a host asks its own future self for. */
export type HostTimer =
  | { readonly on: "ports"; readonly what: PortsTimer }
  | { readonly on: "sleep"; readonly thread: ThreadRef; readonly deadline: number }
  | { readonly on: "move"; readonly move: string }
  | { readonly on: "wander"; readonly pid: number }
  | { readonly on: "agent"; readonly command: number }
  | { readonly on: "pager"; readonly object: number }
  | { readonly on: "server"; readonly server: string; readonly data: unknown }
  | { readonly on: "keepalive" };

/** What reaches a host from outside itself, apart from crashes and the like. */
export type HostInput =
  | { readonly on: "packet"; readonly from: HostId; readonly bytes: Uint8Array }
  | { readonly on: "timer"; readonly timer: HostTimer }
  | { readonly on: "order"; readonly to: PortUid; readonly message: Message };

/** Whoever drives the host. Its calls are performed at once. */
export interface HostOutput {
  transmit(to: HostId, frame: Uint8Array): void;
  timer(at: number, timer: HostTimer): void;
  emit(event: string, ids: Readonly<Record<string, unknown>>): void;
}

/** What survives a crash. */
export interface StableStore {
  readonly home: HomeState;
  /** Disks of native servers, by server. */
  readonly disks: ReadonlyMap<string, unknown>;
}

export interface HostState extends TaskState {
  clock: number;
  /** Parts of an instruction's cost that are not a whole nanosecond yet. */
  costRest: number;
  /** Virtual time at which the first guest instruction was begun; null: there was none. */
  firstInstruction: number | null;
  /** Virtual time at which the last guest instruction was done. */
  lastInstruction: number;
  instructions: number;
  readonly residual: ResidualState;
  readonly moves: MoveState;
  readonly agent: AgentState;
  readonly servers: Map<string, ServerRecord>;
  /** Ports with a message that the kernel or a server has still to receive, in order. */
  readonly kernelArrivals: PortUid[];
  /** Transits that servers have asked for and that have come. */
  readonly serverGrants: ServerGrant[];
  /** Hosts found dead by the links, and not dealt with yet. */
  readonly deadHosts: { readonly host: HostId; readonly incarnation: number }[];
  /** Hosts that hold this incarnation for dead, and were not dealt with yet. */
  readonly toldDeadBy: HostId[];
  keepaliveArmed: boolean;
}

export interface HostParts {
  readonly config: HostConfig;
  readonly module: WebAssembly.Module;
  readonly servers: readonly NativeServer[];
  readonly outside: Outside;
  readonly output: HostOutput;
}

/** What a host is switched on with. */
export interface HostBoot {
  readonly incarnation: number;
  readonly stable: StableStore;
  readonly clock: number;
}

/** One host at work: its state, and all that acts on it. */
export interface HostContext {
  readonly parts: HostParts;
  readonly state: HostState;
  readonly kernel: AgentKernel;
  readonly serverHost: ServerHost;
  readonly armKeepalive: () => void;
}

/** The state of a host that has just been switched on: no port, no task. */
export function freshState({ config, servers }: HostParts, boot: HostBoot): HostState {
  return {
    id: config.id,
    incarnation: boot.incarnation,
    frames: createFrames(config.memoryBytes / pageBytes),
    objects: createObjects(),
    ports: createPorts(config.id, boot.incarnation, config.location, config.plant),
    tasks: new Map(),
    ready: [],
    current: null,
    quantumLeft: 0,
    pageWaiters: new Map(),
    memoryWaiters: [],
    openSends: new Map(),
    spaceEvents: [],
    recheck: new Set(),
    serverGrants: [],
    sleepers: 0,
    spacesFree: [],
    spaceNext: 1,
    unsupported: new Map(),
    home: boot.stable.home,
    clock: boot.clock,
    costRest: 0,
    firstInstruction: null,
    lastInstruction: 0,
    instructions: 0,
    residual: createResidualState(),
    moves: createMoveState(),
    agent: createAgentState(),
    servers: new Map(
      servers.map((server) => [server.name, serverState(server, boot.stable.disks)]),
    ),
    kernelArrivals: [],
    deadHosts: [],
    toldDeadBy: [],
    keepaliveArmed: false,
  };
}
