// Several address spaces that are copies of one another, swap that answers when it is told to, and
// what must be true of their objects and frames at any time.

import { must } from "../../../ports/base/index.ts";
import {
  createPort,
  createPorts,
  createWellKnownPort,
  dequeue,
  fsHost,
  isOp,
  makeMessage,
  memory as memoryOps,
  type Message,
  portHere,
  type PortUid,
  wellKnownPort,
} from "../../../ports/index.ts";
import { createHart } from "../../../kernel/machine/index.ts";
import {
  type AddressSpace,
  copyIn,
  copyOut,
  createFrames,
  createObjects,
  createSpace,
  frameRecord,
  framesFree,
  type MapEntry,
  type MemoryObject,
  onPagerMessage,
  pageBytes,
  type VmContext,
} from "../../../kernel/vm/index.ts";
import { quietHost } from "../../ports/quiet-host.ts";
import { hartModule } from "../machine/bare.ts";

export interface World {
  readonly vm: VmContext;
  readonly frames: number;
  readonly spaces: Map<number, AddressSpace>;
  nextTag: number;
  /** What swap has, by its ports; an object there ends when its kernel says so. */
  readonly swap: Map<PortUid, Map<number, Uint8Array>>;
  readonly events: string[];
}

/** The host is the one that swap is on, so that every message to it can be read here. */
export function createWorld(frames: number): World {
  const ports = createPorts(fsHost, 1);
  createWellKnownPort(ports, wellKnownPort(fsHost, "swap"), { kind: "kernel", what: "t", id: 0 });
  const memory = { frames: createFrames(frames), objects: createObjects(), ports };
  const hart = createHart(hartModule, frames * pageBytes, () => -1);
  const events: string[] = [];
  const host: VmContext["host"] = {
    ...quietHost,
    wants: true,
    wantsAll: false,
    vmCosts: { faultNs: 0 },
    paranoid: true,
    emit: (event) => void events.push(event),
    pagerTimer: () => undefined,
  };
  const world = { vm: { hart, memory, host }, frames, spaces: new Map(), nextTag: 1 };
  return { ...world, swap: new Map(), events };
}

export function newSpace(world: World): AddressSpace {
  const tag = world.nextTag++;
  const space = createSpace(tag);
  world.spaces.set(tag, space);
  return space;
}

function messagesTo({ vm }: World, uid: PortUid): Message[] {
  const port = portHere(vm.memory.ports, uid);
  const messages: Message[] = [];
  for (let one = port && dequeue(port); one; one = port && dequeue(port)) messages.push(one);
  return messages;
}

/** Answers go to the object that has the control port by then. */
function tell({ vm }: World, control: PortUid | undefined, message: Message): void {
  const port = control === undefined ? undefined : portHere(vm.memory.ports, control);
  if (port?.owner.kind !== "kernel") return;
  const object = vm.memory.objects.all.get(port.owner.id);
  if (object) onPagerMessage(vm, object, message);
}

/** Swap does all that it was asked. */
export function answerSwap(world: World): void {
  const { vm, swap } = world;
  for (const message of messagesTo(world, wellKnownPort(fsHost, "swap"))) {
    const port = createPort(vm.memory.ports, { kind: "kernel", what: "t", id: 0 });
    swap.set(port, new Map());
    const rights = [{ kind: "send", uid: port }] as const;
    tell(world, message.reply?.uid, makeMessage(memoryOps.created, { error: 0 }, { rights }));
  }
  for (const [port, pages] of swap) {
    for (const message of messagesTo(world, port)) onSwapMessage(world, port, pages, message);
  }
}

function onSwapMessage(
  world: World,
  port: PortUid,
  pages: Map<number, Uint8Array>,
  message: Message,
): void {
  const control = message.rights[0]?.uid;
  if (isOp(message, memoryOps.return)) {
    const { page, bytes } = message.body;
    const count = bytes.length / pageBytes;
    for (let at = 0; at < count; at++) {
      pages.set(page + at, bytes.slice(at * pageBytes, (at + 1) * pageBytes));
    }
    tell(world, control, makeMessage(memoryOps.returned, { page, count, error: 0 }));
  } else if (isOp(message, memoryOps.request)) {
    const { page, count } = message.body;
    for (let at = page; at < page + count; at++) {
      const bytes = must(pages.get(at), `page ${at} at swap`);
      const body = { page: at, bytes, precious: false, prohibited: 0 };
      tell(world, control, makeMessage(memoryOps.supply, body));
    }
  } else if (isOp(message, memoryOps.terminate)) world.swap.delete(port);
}

/** Again and again while it has to wait, with swap answering in between. */
export function patiently<T>(world: World, doIt: () => T | "wait" | "full"): T | "never" {
  for (let attempt = 0; attempt < 30; attempt++) {
    const result = doIt();
    if (result !== "wait" && result !== "full") return result as T;
    answerSwap(world);
  }
  return "never";
}

/** Fills the page; "done", or why not. */
export function put(world: World, space: AddressSpace, page: number, value: number): string {
  const bytes = new Uint8Array(pageBytes).fill(value);
  return patiently<string>(
    world,
    () => copyOut(world.vm, space, page * pageBytes, bytes)?.at ?? "done",
  );
}

export function get(world: World, space: AddressSpace, page: number): number | string {
  return patiently<number | string>(world, () => {
    const bytes = copyIn(world.vm, space, page * pageBytes + 9, 1);
    return bytes instanceof Uint8Array ? (bytes[0] as number) : bytes.at;
  });
}

export function framesUsed({ vm, frames }: World): number {
  return frames - framesFree(vm.memory.frames);
}

/** The objects that a page is looked for in. */
export function chainOf({ object }: MapEntry): MemoryObject[] {
  const chain = [object];
  for (let at = object; at.shadow; at = at.shadow.object) chain.push(at.shadow.object);
  return chain;
}

/** What is wrong with the accounts: users, frames, translations, or pages that nobody finds. */
export function faultIn(world: World): string | undefined {
  return usersFault(world) ?? framesFault(world) ?? keptFault(world);
}

function allEntries({ spaces }: World): MapEntry[] {
  return [...spaces.values()].flatMap(({ map }) => map.entries);
}

function usersFault(world: World): string | undefined {
  const { all } = world.vm.memory.objects;
  const entries = allEntries(world);
  for (const object of all.values()) {
    const users = new Set([
      ...entries.filter((entry) => entry.object === object),
      ...[...all.values()].filter(({ shadow }) => shadow?.object === object),
    ]);
    const same = users.size === object.users.size && [...users].every((u) => object.users.has(u));
    if (!same) return `object ${object.id}: ${object.users.size} users, counted ${users.size}`;
    const waits = object.swap.asked && object.swap.port === null;
    if (users.size === 0 && !waits) return `object ${object.id} has no user`;
  }
  return entries.every(({ object }) => all.get(object.id) === object)
    ? undefined
    : "an entry shows an object that has ended";
}

function framesFault(world: World): string | undefined {
  const { memory } = world.vm;
  let held = 0;
  for (const { resident } of memory.objects.all.values()) held += resident.size;
  if (held !== framesUsed(world)) return `${framesUsed(world)} frames in use, ${held} held`;
  let mapped = 0;
  for (const { mappings } of memory.frames.used.values()) mapped += mappings.length;
  let translated = 0;
  for (const { pmap } of world.spaces.values()) translated += pmap.pages.size;
  return mapped === translated ? undefined : "the reverse lists are not the translations";
}

/** Somebody may show more of it than is shown now. */
function isShared({ users }: MemoryObject): boolean {
  return [...users].some((user) => ("shared" in user ? user.shared : isShared(user)));
}

/** Every page of anonymous memory that is kept is one that some range finds. */
function keptFault(world: World): string | undefined {
  const { frames, objects } = world.vm.memory;
  const found = new Map<MemoryObject, Set<number>>();
  for (const entry of allEntries(world)) {
    for (let page = entry.start; page < entry.end; page++) {
      let at = page - entry.start + entry.offset;
      for (const object of chainOf(entry)) {
        found.set(object, (found.get(object) ?? new Set()).add(at));
        const frame = object.resident.get(at);
        const record = frame === undefined ? undefined : frameRecord(frames, frame);
        if (record ? record.dirty || !record.remade : object.swap.pages.has(at)) break;
        if (object.owed.has(at)) break;
        at += object.shadow?.offset ?? 0;
      }
    }
  }
  for (const object of objects.all.values()) {
    if (object.pager || isShared(object)) continue;
    for (const page of object.resident.keys()) {
      if (!found.get(object)?.has(page)) return `object ${object.id} keeps page ${page} for nobody`;
    }
  }
  return undefined;
}
