// One host's kernel: builds the parts, delivers one input, runs one stretch of instructions.
//
//   deliver(input)   a packet, a timer, or an operator's command: all that follows happens at once
//   run(limit)       one message for a native server, or instructions of the current thread
//
// Between two such actions the whole host is plain data (`HostState`) and the memory of its hart.

import { decodePlain, encodePlain, must } from "../ports/base/index.ts";
import {
  createPorts,
  createWellKnownPort,
  dequeue,
  drainAgenda,
  type HostId,
  type LocationName,
  type Message,
  type NativeServer,
  onFrame,
  onPortsTimer,
  type Outside,
  type Plant,
  portHere,
  type PortsTimer,
  type PortUid,
  roomFor,
  sendMessage,
  setInterest,
  wellKnownPort,
} from "../ports/index.ts";
import {
  type AgentKernel,
  type AgentHost,
  agentOwner,
  type AgentState,
  createAgentState,
  onAgentTimer,
} from "./agent/index.ts";
import { dispatchMessage, onHostDead, onToldDead, passing } from "./dispatch.ts";
import { interestingHosts, watchOwners } from "./interest.ts";
import {
  createHart,
  emptyThreadImage,
  type Hart,
  type HartState,
  pageBytes,
} from "./machine/index.ts";
import {
  createMoveState,
  createResidualState,
  feedSource,
  feedTarget,
  type MoveState,
  orderMove,
  type ResidualState,
  wanderOrder,
} from "./migrate/index.ts";
import type { HostCosts } from "./profile.ts";
import {
  heldByServers,
  isServerSpace,
  onServerTimer,
  runServer,
  serverGranted,
  type ServerGrant,
  type ServerHost,
  type ServerRecord,
  serversPortDied,
  serverState,
} from "./servers.ts";
import { onSpaceEvent, spacesHost } from "./spaces.ts";
import type { HomeState } from "./task/home.ts";
import type { TaskState, ThreadRef } from "./task/kernel.ts";
import { anyReady, dispatch, rotate } from "./task/sched.ts";
import { deadlineOf } from "./task/wait.ts";
import { onTrap, recheckReceivers, wake } from "./trap/index.ts";
import { createFrames, createObjects, translate } from "./vm/index.ts";

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

export interface Host {
  readonly state: HostState;
  readonly kernel: AgentKernel;
  /** Whether `run` would do something. */
  able(): boolean;
  deliver(input: HostInput): void;
  /** Executes at most `limit` instructions. "wait": the outside has to give input first. */
  run(limit: number): "ran" | "wait";
  /** Instructions that start before the clock reaches `time`. */
  instructionsUntil(time: number): number;
  snapshot(): Uint8Array;
}

/** Instructions in one call of the hart: the driver looks up from its work after each. */
const runMax = 200_000;

export interface HostParts {
  readonly config: HostConfig;
  readonly module: WebAssembly.Module;
  readonly servers: readonly NativeServer[];
  readonly outside: Outside;
  readonly output: HostOutput;
}

/** A host that has just been switched on, at virtual time `clock`. */
export function bootHost(
  parts: HostParts,
  boot: { readonly incarnation: number; readonly stable: StableStore; readonly clock: number },
): Host {
  const { config, servers } = parts;
  const { incarnation } = boot;
  const state = freshState(parts, boot);
  const kernelOwner = (what: string) => ({ kind: "kernel", what, id: 0 }) as const;
  const { ports } = state;
  createWellKnownPort(ports, wellKnownPort(config.id, "control"), kernelOwner("control"));
  createWellKnownPort(ports, wellKnownPort(config.id, "home"), kernelOwner("home"));
  createWellKnownPort(ports, wellKnownPort(config.id, "agent"), kernelOwner(agentOwner));
  for (const { name } of servers) {
    const uid = wellKnownPort(config.id, name as "files" | "console");
    createWellKnownPort(ports, uid, { kind: "server", server: name, tag: "" });
  }
  const host = makeHost(parts, state);
  // Tasks that this host owned in an earlier incarnation died with it.
  for (let before = 1; before < incarnation; before++) {
    onHostDead(host.kernel, config.id, before);
  }
  watchOwners(host.kernel);
  return host;
}

function freshState(
  { config, servers }: HostParts,
  boot: { readonly incarnation: number; readonly stable: StableStore; readonly clock: number },
): HostState {
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

/** The inverse of `snapshot`, on a machine of the same size. */
export function restoreHost(parts: HostParts, bytes: Uint8Array): Host {
  const saved = decodePlain(bytes) as Saved;
  const host = makeHost(parts, saved.state);
  const { hart } = host.kernel;
  for (const [frame, contents] of saved.frames) hart.frame(frame).set(contents);
  hart.dropAllCode();
  const { current, tasks } = saved.state;
  if (current) {
    hart.loadThread(saved.registers);
    hart.setAddressSpace(must(tasks.get(current.pid), "the current task").memory.pmap.space);
  }
  hart.restoreState(saved.hart);
  return host;
}

interface Saved {
  readonly state: HostState;
  readonly hart: HartState;
  readonly registers: Uint32Array;
  readonly frames: ReadonlyMap<number, Uint8Array>;
}

function makeHost(parts: HostParts, state: HostState): Host {
  const { config, module, outside, output } = parts;
  const currentSpace = () =>
    must(state.tasks.get((state.current as ThreadRef).pid), "the current task").memory.pmap;
  const hart = createHart(module, config.memoryBytes, (page, access) =>
    translate(currentSpace(), state.frames, page, access),
  );
  const armKeepalive = (): void => {
    if (state.keepaliveArmed) return;
    state.keepaliveArmed = true;
    output.timer(state.clock + config.costs.keepaliveNs, { on: "keepalive" });
  };
  const kernel: AgentKernel = {
    hart,
    memory: state,
    state,
    host: kernelHost(parts, state, armKeepalive),
  };
  const serverHost: ServerHost = {
    kernel,
    outside,
    servers: parts.servers,
    records: state.servers,
    serverTimer: (at, server, data) => output.timer(at, { on: "server", server, data }),
  };
  const context: Context = { parts, state, kernel, serverHost, armKeepalive };
  return {
    state,
    kernel,
    able: () => anyReady(state) || readyServer(context) !== undefined,
    deliver: (input) => deliver(context, input),
    run: (limit) => run(context, limit),
    instructionsUntil(time) {
      const { instructionNs, instructionsPer } = config.costs;
      const left = (time - state.clock) * instructionsPer - state.costRest;
      return Math.ceil(left / instructionNs);
    },
    snapshot: () => snapshot(state, hart),
  };
}

interface Context {
  readonly parts: HostParts;
  readonly state: HostState;
  readonly kernel: AgentKernel;
  readonly serverHost: ServerHost;
  readonly armKeepalive: () => void;
}

function kernelHost(
  { config, output, servers }: HostParts,
  state: HostState,
  armKeepalive: () => void,
): AgentHost {
  const { costs } = config;
  const soon = (at: number): number => Math.max(at, state.clock);
  const spaces = spacesHost(state);
  return {
    get now() {
      return state.clock;
    },
    wants: config.trace !== "control",
    wantsAll: config.trace === "all",
    costs: { messageNs: costs.messageNs, packetNs: costs.packetNs },
    vmCosts: { faultNs: costs.faultNs },
    trapNs: costs.trapNs,
    stableWriteNs: costs.stableWriteNs,
    paranoid: config.paranoid,
    seed: config.seed,
    epochSeconds: config.epochSeconds,
    hosts: config.hosts,
    quantumInstructions: quantumOf(costs),
    charge(ns) {
      state.clock += ns;
    },
    emit: (event, ids) => output.emit(event, ids),
    transmit(to, frame) {
      armKeepalive();
      output.transmit(to, frame);
    },
    timer: (at, what) => output.timer(soon(at), { on: "ports", what }),
    sleepTimer: (deadline, thread) =>
      output.timer(soon(deadline), { on: "sleep", thread, deadline }),
    moveTimer: (at, move) => output.timer(at, { on: "move", move }),
    wanderTimer: (at, pid) => output.timer(at, { on: "wander", pid }),
    arrived(port) {
      const { uid, owner } = port;
      if (owner.kind === "kernel") state.kernelArrivals.push(uid);
      else if (owner.kind === "server") {
        must(state.servers.get(owner.server), "a server").arrivals.push(uid);
      } else state.spaceEvents.push({ on: "arrived", space: owner.id, uid });
    },
    hostDead(host, incarnation) {
      state.deadHosts.push({ host, incarnation });
    },
    toldDead(host) {
      state.toldDeadBy.push(host);
    },
    agentTimer: (at, command) => output.timer(soon(at), { on: "agent", command }),
    ...spaces,
    granted(space, uid, transits) {
      if (!isServerSpace(space)) return spaces.granted(space, uid, transits);
      state.serverGrants.push({ space, uid, transits });
      return true;
    },
    heldInSpaces(uid) {
      const held = spaces.heldInSpaces(uid);
      const transits = held.transits + heldByServers(servers, state.servers, uid);
      return { ...held, transits };
    },
  };
}

/** Never so short that a constrained LR/SC loop could not finish in one. */
function quantumOf({ quantumNs, instructionNs, instructionsPer }: HostCosts): number {
  return Math.max(1000, Math.floor((quantumNs * instructionsPer) / instructionNs));
}

function deliver(context: Context, input: HostInput): void {
  const { kernel, state } = context;
  switch (input.on) {
    case "packet":
      onFrame(state.ports, input.from, input.bytes, kernel.host);
      break;
    case "timer":
      onTimer(context, input.timer);
      break;
    case "order":
      sendMessage(state.ports, input.to, input.message, kernel.host);
      break;
  }
  settle(context);
}

function onTimer(context: Context, timer: HostTimer): void {
  const { kernel, state, parts } = context;
  switch (timer.on) {
    case "ports":
      onPortsTimer(state.ports, timer.what, kernel.host);
      return;
    case "sleep":
      onSleepTimer(context, timer.thread, timer.deadline);
      return;
    case "move":
      onMoveTimer(context, timer.move);
      return;
    case "wander":
      onWanderTimer(context, timer.pid);
      return;
    case "agent":
      onAgentTimer(kernel, timer.command);
      return;
    case "server": {
      const server = must(
        parts.servers.find(({ name }) => name === timer.server),
        "a server",
      );
      const record = must(state.servers.get(timer.server), "a server's state");
      onServerTimer(context.serverHost, server, record, timer.data);
      return;
    }
    case "keepalive":
      onKeepalive(context);
      return;
  }
}

/** The timer of a sleep that was cut short, or went on elsewhere, finds nobody and does nothing. */
function onSleepTimer({ kernel, state }: Context, ref: ThreadRef, deadline: number): void {
  const task = state.tasks.get(ref.pid);
  const thread = task?.threads.get(ref.tid);
  if (task?.state !== "running" || thread?.state.at !== "waiting") return;
  if (deadlineOf(thread.state.wait) === deadline) wake(kernel, ref, null);
}

function onMoveTimer({ kernel, state }: Context, move: string): void {
  const departure = state.moves.departures.get(move);
  if (departure) feedSource(kernel, departure, { on: "tick" });
  else feedTarget(kernel, move, { on: "tick" });
}

function onWanderTimer({ kernel, state }: Context, pid: number): void {
  const task = state.tasks.get(pid);
  if (!task || task.state === "frozen") return;
  const order = wanderOrder(kernel, task);
  if (order) orderMove(kernel, task, { command: 0, readAhead: 0, ...order });
}

function onKeepalive({ kernel, state, armKeepalive }: Context): void {
  state.keepaliveArmed = false;
  const interesting = interestingHosts(kernel);
  // Also those that this host has never met: a right of its port may have been lost with one.
  for (const peer of new Set([...state.ports.peers.keys(), ...interesting])) {
    setInterest(state.ports, peer, interesting.has(peer), kernel.host);
  }
  if (interesting.size > 0) armKeepalive();
}

/** Everything that follows from an input or a trap on this host: messages to the kernel's ports. */
function settle({ kernel, state, serverHost }: Context): void {
  for (;;) {
    // Ends because messages between kernels cross a cable, and those within one are answers.
    drainAgenda(state.ports, kernel.host);
    const event = state.spaceEvents.shift();
    if (event) {
      if (event.on === "dead") serversPortDied(serverHost, event.uid);
      onSpaceEvent(kernel, event, passing);
      continue;
    }
    const believer = state.toldDeadBy.shift();
    if (believer !== undefined) {
      onToldDead(kernel, believer);
      continue;
    }
    const dead = state.deadHosts.shift();
    if (dead) {
      onHostDead(kernel, dead.host, dead.incarnation);
      continue;
    }
    const grant = state.serverGrants.shift();
    if (grant) {
      serverGranted(serverHost, grant);
      continue;
    }
    if (state.recheck.size > 0) {
      recheckReceivers(kernel);
      continue;
    }
    const uid = state.kernelArrivals.shift();
    if (uid === undefined) return;
    const port = portHere(state.ports, uid);
    const message: Message | undefined = port && dequeue(port);
    if (!port || !message) continue;
    roomFor(state.ports, port, kernel.host);
    dispatchMessage(kernel, port, message);
  }
}

/** A native server with a message: servers go before guests. */
function readyServer({ parts, state }: Context): NativeServer | undefined {
  return parts.servers.find(({ name }) => (state.servers.get(name)?.arrivals.length ?? 0) > 0);
}

function run(context: Context, limit: number): "ran" | "wait" {
  const { state, serverHost } = context;
  const server = readyServer(context);
  if (server) {
    const record = must(state.servers.get(server.name), "a server's state");
    if (runServer(serverHost, server, record) === "wait") return "wait";
    settle(context);
    return "ran";
  }
  runGuest(context, limit);
  return "ran";
}

function runGuest(context: Context, limit: number): void {
  const { kernel, state, parts } = context;
  if (!dispatch(kernel)) return;
  const { hart } = kernel;
  const reason = hart.run(Math.min(limit, state.quantumLeft, runMax));
  const done = hart.executed;
  if (done > 0) {
    const { instructionNs, instructionsPer } = parts.config.costs;
    const cost = state.costRest + done * instructionNs;
    state.clock += Math.floor(cost / instructionsPer);
    state.costRest = cost % instructionsPer;
    state.quantumLeft -= done;
    state.instructions += done;
    state.lastInstruction = state.clock;
  }
  if (reason !== "budget") {
    onTrap(kernel, reason);
    settle(context);
  }
  if (state.current && state.quantumLeft <= 0) rotate(kernel);
}

/** The whole host as bytes. Requires: it is between two actions. */
function snapshot(state: HostState, hart: Hart): Uint8Array {
  const registers = emptyThreadImage();
  if (state.current) hart.saveThread(registers);
  const frames = new Map<number, Uint8Array>();
  for (const frame of state.frames.used.keys()) frames.set(frame, hart.frame(frame));
  const saved: Saved = { state, hart: hart.saveState(), registers, frames };
  return encodePlain(saved).slice();
}
