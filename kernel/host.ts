// One host's kernel: builds the parts, delivers one input, runs one stretch of instructions.
//
//   deliver(input)   a packet, a timer, or an operator's command: all that follows happens at once
//   run(limit)       one message for a native server, or instructions of the current thread
//
// Between two such actions the whole host is plain data (`HostState`) and the memory of its hart.

import { decodePlain, encodePlain, must } from "../ports/base/index.ts";
import {
  createWellKnownPort,
  dequeue,
  drainAgenda,
  type Message,
  type NativeServer,
  onFrame,
  portHere,
  roomFor,
  sendMessage,
  wellKnownPort,
} from "../ports/index.ts";
import { type AgentKernel, agentOwner } from "./agent/index.ts";
import { onHostDead, onToldDead } from "./dead-hosts.ts";
import { dispatchMessage, passing } from "./dispatch.ts";
import { onPagerPortDead } from "./settled.ts";
import { kernelHost } from "./host-offers.ts";
import {
  freshState,
  type HostBoot,
  type HostContext,
  type HostInput,
  type HostParts,
  type HostState,
} from "./host-state.ts";
import { onTimer } from "./host-timers.ts";
import { watchOwners } from "./interest.ts";
import { createHart, emptyThreadImage, type Hart, type HartState } from "./machine/index.ts";
import {
  runServer,
  type ServerHost,
  serverGranted,
  serversHostDied,
  serversPortDied,
} from "./servers.ts";
import { onSpaceEvent } from "./spaces.ts";
import type { ThreadRef } from "./task/kernel.ts";
import { anyReady, dispatch, rotate } from "./task/sched.ts";
import { onTrap, recheckReceivers, wakeForMemory } from "./trap/index.ts";
import { endLoans, translate } from "./vm/index.ts";

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

/** A host that has just been switched on, at virtual time `clock`. */
export function bootHost(parts: HostParts, boot: HostBoot): Host {
  const { config, servers } = parts;
  const { incarnation } = boot;
  const state = freshState(parts, boot);
  const kernelOwner = (what: string) => ({ kind: "kernel", what, id: 0 }) as const;
  const { ports } = state;
  createWellKnownPort(ports, wellKnownPort(config.id, "control"), kernelOwner("control"));
  createWellKnownPort(ports, wellKnownPort(config.id, "home"), kernelOwner("home"));
  createWellKnownPort(ports, wellKnownPort(config.id, "agent"), kernelOwner(agentOwner));
  for (const { name } of servers) {
    const uid = wellKnownPort(config.id, name as "files" | "swap");
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
  const context: HostContext = { parts, state, kernel, serverHost, armKeepalive };
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

function deliver(context: HostContext, input: HostInput): void {
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

/** Everything that follows from an input or a trap on this host: messages to the kernel's ports. */
function settle({ kernel, state, serverHost }: HostContext): void {
  let waiters = state.memoryWaiters.length;
  for (;;) {
    // Ends because messages between kernels cross a cable, and those within one are answers.
    drainAgenda(state.ports, kernel.host);
    if (state.objects.loans.size > 0) endLoans(kernel);
    const event = state.spaceEvents.shift();
    if (event) {
      if (event.on === "dead") {
        serversPortDied(serverHost, event.uid);
        onPagerPortDead(kernel, event.uid);
      }
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
      serversHostDied(serverHost, dead.host, dead.incarnation);
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
    if (uid === undefined) {
      // Once each: whoever waits again does so until something else happens.
      if (waiters-- > 0 && wakeForMemory(kernel)) continue;
      return;
    }
    const port = portHere(state.ports, uid);
    const message: Message | undefined = port && dequeue(port);
    if (!port || !message) continue;
    roomFor(state.ports, port, kernel.host);
    dispatchMessage(kernel, port, message);
  }
}

/** A native server with a message: servers go before guests. */
function readyServer({ parts, state }: HostContext): NativeServer | undefined {
  return parts.servers.find(({ name }) => (state.servers.get(name)?.arrivals.length ?? 0) > 0);
}

function run(context: HostContext, limit: number): "ran" | "wait" {
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

function runGuest(context: HostContext, limit: number): void {
  const { kernel, state, parts } = context;
  if (!dispatch(kernel)) return;
  const { hart } = kernel;
  state.firstInstruction ??= state.clock;
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
