// One host with ports and a few tasks that have nothing but name spaces, for the tests of rights.
//
// Every call ends as a host's actions do: with the agenda worked off. Time stands still except in
// `advance`, which only fires timers.

import {
  acquireTransits,
  copyout,
  createPorts,
  createSpace,
  dispositions,
  drainAgenda,
  dropRight,
  grantTransits,
  heldBySpace,
  type Incoming,
  kern,
  machReceive,
  machSend,
  onPortsTimer,
  type Outgoing,
  portAllocate,
  portDied,
  portExtractRight,
  type PortName,
  portRequestNotification,
  type Ports,
  type PortsHost,
  type PortsTimer,
  type PortUid,
  type Right,
  type SendEnd,
  type SendResult,
  type SpaceContext,
} from "../../ports/index.ts";

export interface Seen {
  readonly event: string;
  readonly ids: Readonly<Record<string, unknown>>;
}

export interface OneHost {
  readonly ports: Ports;
  readonly host: PortsHost;
  readonly tasks: SpaceContext[];
  readonly events: Seen[];
  /** Sends that had to wait and have ended. */
  readonly ended: SendEnd[];
  readonly timers: { at: number; what: PortsTimer }[];
  now: number;
}

/** Tasks 1 … `count`; `wants` false: no trace, for measurements. */
export function createOneHost(count: number = 2, wants: boolean = true): OneHost {
  const ports = createPorts(1, 1);
  const world: OneHost = {
    ports,
    host: hostOf(() => world, wants),
    tasks: [],
    events: [],
    ended: [],
    timers: [],
    now: 0,
  };
  for (let pid = 1; pid <= count; pid++) addTask(world, pid);
  return world;
}

export function addTask(world: OneHost, pid: number): SpaceContext {
  const { ports, host } = world;
  const task = { ports, space: createSpace(), spaceId: pid, host };
  world.tasks.push(task);
  return task;
}

function hostOf(world: () => OneHost, wants: boolean): PortsHost {
  const taskOf = (pid: number): SpaceContext | undefined =>
    world().tasks.find(({ spaceId }) => spaceId === pid);
  return {
    get now() {
      return world().now;
    },
    costs: { messageNs: 0, packetNs: 0 },
    hosts: 1,
    paranoid: false,
    wants,
    emit: (event, ids) => {
      if (wants) world().events.push({ event, ids });
    },
    charge: () => undefined,
    transmit: () => undefined,
    timer: (at, what) => void world().timers.push({ at, what }),
    arrived: () => undefined,
    hostDead: () => undefined,
    toldDead: () => undefined,
    portDead: (uid) => world().tasks.forEach((task) => portDied(task, uid)),
    sendEnded: (end) => void world().ended.push(end),
    granted: (space, uid, transits) => {
      const task = taskOf(space);
      return task !== undefined && grantTransits(task.space, uid, transits);
    },
    claimed: () => undefined,
    holdersPaused: () => undefined,
    heldInSpaces: (uid) => {
      const held = world().tasks.map(({ space }) => heldBySpace(space, uid));
      const transits = held.reduce((sum, one) => sum + one.transits, 0);
      return { transits, once: held.flatMap(({ once }) => once), moving: false };
    },
  };
}

/** Whatever follows from the call has happened when it returns. */
export function settle<T>(task: SpaceContext, result: T): T {
  drainAgenda(task.ports, task.host);
  return result;
}

export function advance(world: OneHost, ns: number): void {
  world.now += ns;
  const due = world.timers.filter(({ at }) => at <= world.now);
  for (const timer of due) world.timers.splice(world.timers.indexOf(timer), 1);
  for (const { what } of due) onPortsTimer(world.ports, what, world.host);
}

/** A new port of the task: the name of its receive right. */
export function newPort(task: SpaceContext): PortName {
  const { code, name } = portAllocate(task, "receive");
  if (code !== kern.success) throw new Error(`allocate: ${code}`);
  return settle(task, name);
}

/** The port that a name stands for. */
export function uidOf(task: SpaceContext, name: PortName): PortUid {
  return task.space.entries.get(name)?.uid ?? 0;
}

/** A right of the space as a value, as if it had been sent. */
export function extract(task: SpaceContext, name: PortName, disposition: number): Right {
  for (;;) {
    const taken = portExtractRight(task, name, disposition);
    if ("acquire" in taken) acquireTransits(task.ports, taken.acquire, task.spaceId, task.host);
    else if ("right" in taken && taken.right) return settle(task, taken.right);
    else throw new Error(`extract: ${JSON.stringify(taken)}`);
  }
}

/** One task gives another a right: the name under which that has it. */
export function give(
  from: SpaceContext,
  name: PortName,
  disposition: number,
  to: SpaceContext,
): PortName {
  return settle(to, copyout(to, extract(from, name, disposition)));
}

export const plain: Outgoing = {
  remote: 0,
  remoteDisposition: dispositions.copySend,
  local: 0,
  localDisposition: 0,
  number: 0,
  bytes: new Uint8Array(0),
  parts: [],
};

/** Sends as a thread of the task; transits that are needed are acquired first. */
export function send(
  task: SpaceContext,
  out: Partial<Outgoing>,
  timeoutNs: number | null = null,
): Exclude<SendResult, { acquire: PortUid }> {
  for (;;) {
    const sender = { pid: task.spaceId, tid: task.spaceId };
    const result = settle(task, machSend(task, sender, { ...plain, ...out }, { timeoutNs }));
    if (!("acquire" in result)) return result;
    acquireTransits(task.ports, result.acquire, task.spaceId, task.host);
    settle(task, undefined);
  }
}

/** The code of a send that ended at once; undefined when it waits. */
export function sendCode(
  task: SpaceContext,
  out: Partial<Outgoing>,
  timeoutNs: number | null = null,
): number | undefined {
  const result = send(task, out, timeoutNs);
  return "done" in result && result.done ? result.code : undefined;
}

/** The next message, a code, or undefined when there is none. */
export function receive(task: SpaceContext, name: PortName): Incoming | number | undefined {
  const result = settle(task, machReceive(task, name, { pid: task.spaceId, tid: task.spaceId }));
  if ("message" in result) return result.message;
  return "code" in result ? result.code : undefined;
}

/** The next message, which has to be there. */
export function received(task: SpaceContext, name: PortName): Incoming {
  const result = receive(task, name);
  if (typeof result !== "object") throw new Error(`receive: ${String(result)}`);
  return result;
}

/** Asks for a notification, to be received at the port `at`. A request that it replaces ends. */
export function ask(
  task: SpaceContext,
  which: "dead-name" | "no-senders",
  name: PortName,
  at: PortName,
  sync: number = 0,
): number {
  const notify = extract(task, at, dispositions.makeSendOnce);
  const { code, previous } = portRequestNotification(task, { name, which, sync, notify });
  const over = code === kern.success ? previous : notify;
  if (over) dropRight(task.ports, over);
  return settle(task, code);
}

/** What has been received there as notifications, as `kind value`, until nothing is left. */
export function notifications(task: SpaceContext, at: PortName): string[] {
  const found: string[] = [];
  for (let next = receive(task, at); typeof next === "object"; next = receive(task, at)) {
    const value = next.bytes.length === 4 ? new DataView(next.bytes.buffer).getUint32(0, true) : 0;
    found.push(`${(next.notification ?? "message").replace("notify.", "")} ${value}`);
  }
  return found;
}

/** A task, of which the test knows that it is there. */
export function task(world: OneHost, pid: number): SpaceContext {
  const found = world.tasks.find(({ spaceId }) => spaceId === pid);
  if (!found) throw new Error(`no task ${pid}`);
  return found;
}
