// Memory without a kernel around it: a hart, frames, objects, and a pager that a test answers for.

import { must } from "../../../ports/base/index.ts";
import {
  createPort,
  createPorts,
  dequeue,
  isOp,
  makeMessage,
  memory as memoryOps,
  type Message,
  portHere,
  type PortUid,
} from "../../../ports/index.ts";
import { createHart } from "../../../kernel/machine/index.ts";
import {
  type AddressSpace,
  createFrames,
  createObjects,
  createSpace,
  type MemoryObject,
  onPagerMessage,
  pageBytes,
  type PagesSettled,
  translate,
  type VmContext,
} from "../../../kernel/vm/index.ts";
import { hartModule } from "../machine/bare.ts";
import { quietHost } from "../../ports/quiet-host.ts";

export interface Bench {
  readonly vm: VmContext;
  readonly space: AddressSpace;
  /** The port of the one pager. */
  readonly pager: PortUid;
  readonly events: string[];
}

export interface PageRequest {
  readonly page: number;
  readonly count: number;
}

export function createBench(frames: number): Bench {
  const ports = createPorts(1, 1);
  const memory = { frames: createFrames(frames), objects: createObjects(), ports };
  const space = createSpace(1);
  const events: string[] = [];
  const hart = createHart(hartModule, frames * pageBytes, (page, access) =>
    translate(space.pmap, memory.frames, page, access),
  );
  hart.setAddressSpace(1);
  const host: VmContext["host"] = {
    ...quietHost,
    wants: true,
    vmCosts: { faultNs: 0 },
    pagerTimer: () => undefined,
    wantsAll: true,
    paranoid: true,
    emit: (event) => void events.push(event),
  };
  const pager = createPort(ports, { kind: "kernel", what: "test", id: 0 });
  return { vm: { hart, memory, host }, space, pager, events };
}

/** What the pager has been asked, and not yet read. */
export function pagerMessages({ vm, pager }: Bench): Message[] {
  const port = must(portHere(vm.memory.ports, pager), "the pager's port");
  const messages: Message[] = [];
  for (let one = dequeue(port); one; one = dequeue(port)) messages.push(one);
  return messages;
}

export function pageRequests(bench: Bench): PageRequest[] {
  return pagerMessages(bench).flatMap((message) => {
    if (!isOp(message, memoryOps.request)) return [];
    const { page, count } = message.body;
    return [{ page, count }];
  });
}

/** Pages whose bytes are all their number plus one. */
export function pagesFrom(page: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count * pageBytes);
  for (let at = 0; at < count; at++) {
    bytes.fill(page + at + 1, at * pageBytes, (at + 1) * pageBytes);
  }
  return bytes;
}

export function supply(
  { vm }: Bench,
  object: MemoryObject,
  { page, count }: PageRequest,
): PagesSettled {
  const body = { page, bytes: pagesFrom(page, count), precious: false, prohibited: 0 };
  return onPagerMessage(vm, object, makeMessage(memoryOps.supply, body));
}

/** Answers whatever the pager was asked, for this object. Says how many pages that were. */
export function answerAll(bench: Bench, object: MemoryObject): number {
  return pageRequests(bench).reduce((sum, one) => sum + supply(bench, object, one).pages.length, 0);
}

/** Frames that something holds, by who should hold them: the objects. */
export function framesHeld({ vm }: Bench): number {
  const { objects } = vm.memory;
  return [...objects.all.values()].reduce((sum, { resident }) => sum + resident.size, 0);
}
