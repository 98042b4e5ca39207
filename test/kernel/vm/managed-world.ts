// A task's object without tasks: the test plays the pager, and says what time it is.

import {
  type Body,
  createPort,
  dequeue,
  drainAgenda,
  isOp,
  makeMessage,
  memory as memoryOps,
  type Message,
  type Op,
  portHere,
  type PortUid,
  type Right,
  type Schema,
} from "../../../ports/index.ts";
import {
  copyIn,
  copyOut,
  fault,
  managedObject,
  mapShared,
  type MemoryObject,
  onPagerMessage,
  onPagerTimer,
  pageBytes,
  type Patience,
  type VmContext,
} from "../../../kernel/vm/index.ts";
import { must } from "../../../ports/base/index.ts";
import { type Bench, createBench, pagerMessages } from "./memory-bench.ts";

export interface Managed extends Bench {
  readonly object: MemoryObject;
  readonly told: [event: string, ids: Readonly<Record<string, unknown>>][];
  readonly clock: { now: number };
  /** Where the pager wants answers. */
  readonly reply: PortUid;
}

export const start = 0x100;
export const access = { read: 0, write: 1, execute: 2 } as const;
export const second = 1_000_000_000;

export function createManaged(
  patience: Patience | null = null,
  { frames = 64, pages = 128 }: { readonly frames?: number; readonly pages?: number } = {},
): Managed {
  const bench = createBench(frames);
  const clock = { now: 0 };
  const told: Managed["told"] = [];
  const host: VmContext["host"] = {
    ...bench.vm.host,
    get now() {
      return clock.now;
    },
    emit: (event, ids) => void told.push([event, ids]),
  };
  const vm = { ...bench.vm, host };
  const object = managedObject(
    vm.memory.objects,
    { port: bench.pager, path: "test" },
    "kernel",
    patience,
  );
  mapShared(vm, bench.space, { start, pages, protection: 3, name: "test" }, object, 0);
  const reply = createPort(vm.memory.ports, { kind: "kernel", what: "test", id: 1 });
  return { ...bench, vm, object, told, clock, reply };
}

/** The pager says something; `replies`: it wants an answer. */
export function say<S extends Schema>(
  world: Managed,
  op: Op<S>,
  body: Body<S>,
  replies: boolean = false,
): readonly number[] {
  const right: Right = { kind: "send-once", uid: world.reply };
  const message = makeMessage(op, body, replies ? { reply: right } : {});
  const { pages } = onPagerMessage(world.vm, world.object, message as Message);
  drainAgenda(world.vm.memory.ports, world.vm.host);
  return pages;
}

export function sayReady(
  world: Managed,
  body: Partial<Body<typeof memoryOps.ready.body>> = {},
): void {
  say(world, memoryOps.ready, { mayCache: false, copy: 1, action: 0, waitNs: 0, ...body });
}

export function filled(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * pageBytes);
  values.forEach((value, at) => bytes.fill(value, at * pageBytes, (at + 1) * pageBytes));
  return bytes;
}

export function supplies(
  world: Managed,
  page: number,
  bytes: Uint8Array,
  more: {
    readonly precious?: boolean;
    readonly prohibited?: number;
    readonly replies?: boolean;
  } = {},
): readonly number[] {
  const { precious = false, prohibited = 0, replies = false } = more;
  return say(world, memoryOps.supply, { page, bytes, precious, prohibited }, replies);
}

/** Names of what the pager was sent since it was looked at last, with the page if they have one. */
export function heard(world: Managed): string[] {
  return pagerMessages(world).map(({ op, body }) => {
    const page = body["page"] as number | undefined;
    return op.replace("memory.", "") + (page === undefined ? "" : ` ${page}`);
  });
}

export function answers(world: Managed): Message[] {
  const port = must(portHere(world.vm.memory.ports, world.reply), "the reply port");
  const messages: Message[] = [];
  for (let one = dequeue(port); one; one = dequeue(port)) messages.push(one);
  return messages;
}

export function touch(world: Managed, page: number, how: 0 | 1 | 2 = access.read): string {
  return fault(world.vm, world.space, start + page, how).at;
}

export function get(world: Managed, page: number): number | string {
  const bytes = copyIn(world.vm, world.space, (start + page) * pageBytes + 9, 1);
  return bytes instanceof Uint8Array ? (bytes[0] as number) : bytes.at;
}

export function put(world: Managed, page: number, value: number): string {
  const refusal = copyOut(world.vm, world.space, (start + page) * pageBytes, filled(value));
  return refusal?.at ?? "done";
}

export function waits(world: Managed, ns: number): readonly number[] {
  world.clock.now += ns;
  return onPagerTimer(world.vm, world.object.id)?.pages ?? [];
}

export function nonsense(world: Managed): unknown[] {
  return world.told.filter(([event]) => event === "pager.nonsense").map(([, { why }]) => why);
}

/** A world whose pager has said that it is ready, and has heard the greeting. */
export function createReady(...how: Parameters<typeof createManaged>): Managed {
  const world = createManaged(...how);
  touch(world, 127);
  sayReady(world);
  heard(world);
  return world;
}

/** Answers all that was asked, honestly: pages hold their number plus one. */
export function answerHonestly(world: Managed): void {
  for (const message of pagerMessages(world)) {
    if (!isOp(message, memoryOps.request)) continue;
    const { page, count } = message.body;
    const values = Array.from({ length: count }, (_, at) => page + at + 1);
    supplies(world, page, filled(...values));
  }
}
