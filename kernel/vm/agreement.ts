// Speaking with a pager that is a task, and what a faulting thread waits for besides pages.
//
//   touched, not ready yet        init is sent, the thread waits
//   50 pages under way            it waits until one has come
//   resident, but locked          unlock is sent with all that was wanted so far, it waits
//   its port is dead              the page is lost; or, if the mapper said so, as if never written
//
// Every wait of these has a deadline if the object's patience has an end (`silence.ts`). Messages that
// no pager sends are counted, told to the trace, and change nothing.

import {
  type Body,
  createPort,
  dropRight,
  makeMessage,
  makePortUid,
  memory as memoryOps,
  type Message,
  type Op,
  type PortUid,
  type Schema,
  sendMessage,
} from "../../ports/index.ts";
import { pageBytes, type VmContext } from "./context.ts";
import { absentMax, type Manager, patienceOf } from "./manager.ts";
import type { MemoryObject } from "./object.ts";
import { encodeForTask } from "./pager-layout.ts";

/** Where pagers answer this kernel about the object. */
export function controlOf({ memory }: VmContext, object: MemoryObject): PortUid {
  const owner = { kind: "kernel", what: "object", id: object.id } as const;
  return (object.control ??= createPort(memory.ports, owner));
}

/** Sends one of the object's pagers a message that names the control port. */
export function sendToPager<S extends Schema>(
  vm: VmContext,
  object: MemoryObject,
  pager: PortUid,
  op: Op<S>,
  body: Body<S>,
): void {
  const { ports } = vm.memory;
  const control = { kind: "send", uid: controlOf(vm, object) } as const;
  const toTask = object.manager?.speaks === "task" && object.pager?.port === pager;
  const message = toTask
    ? encodeForTask(op, body, { id: newMessageId(vm), control })
    : makeMessage(op, body, { rights: [control] });
  sendMessage(ports, pager, message as Message, vm.host);
}

/** Messages of tasks, and to tasks, have ids of their own. */
export function newMessageId({ memory: { ports } }: VmContext): number {
  return makePortUid(ports.host, ports.incarnation, ports.messages++);
}

/** Answers a pager's message, if it wants an answer. */
export function answerPager<S extends Schema>(
  vm: VmContext,
  object: MemoryObject,
  { id, reply }: Message,
  op: Op<S>,
  body: Body<S>,
): void {
  if (!reply || reply.kind === "dead") return;
  const { ports } = vm.memory;
  const via = reply.kind === "send-once" ? reply.count : undefined;
  const message =
    object.manager?.speaks === "task"
      ? encodeForTask(op, body, { id: newMessageId(vm), control: null, via })
      : makeMessage(op, body, { id, via });
  sendMessage(ports, reply.uid, message as Message, vm.host);
  if (reply.kind === "send") dropRight(ports, reply);
}

/** The pager has sent what no pager sends. */
export function noteNonsense(vm: VmContext, object: MemoryObject, op: string, why: string): void {
  if (object.manager) object.manager.nonsense++;
  vm.host.emit("pager.nonsense", { object: object.id, op, why });
}

/** Somebody waits for what the pager has to say about the page. */
export function expectAnswer(vm: VmContext, object: MemoryObject, page: number): void {
  const { manager } = object;
  if (!manager || manager.deadlines.has(page)) return;
  const { action, ns } = patienceOf(manager);
  if (action === "wait") return;
  const deadline = vm.host.now + ns;
  manager.deadlines.set(page, deadline);
  vm.host.pagerTimer(deadline, object.id);
}

/**
 * Whether the pager may be asked for the page now. "wait": not yet. "lost": it will not answer.
 * "below": the page is looked for as if the object had no pager.
 */
export function mayAsk(
  vm: VmContext,
  object: MemoryObject,
  manager: Manager,
  page: number,
): "yes" | "wait" | "lost" | "below" {
  if (manager.state === "dead") {
    return patienceOf(manager).action === "substitute" ? "below" : "lost";
  }
  if (manager.state === "ready" && object.requested.size < absentMax) return "yes";
  if (manager.state === "new") greet(vm, object, manager);
  manager.awaiting.add(page);
  expectAnswer(vm, object, page);
  return "wait";
}

/** Tells the pager that this kernel shows its object. */
export function greet(vm: VmContext, object: MemoryObject, manager: Manager): void {
  if (manager.state !== "new" || !object.pager) return;
  manager.state = "asked";
  vm.host.emit("pager.init", { object: object.id });
  sendToPager(vm, object, object.pager.port, memoryOps.init, { pageBytes, moved: false });
}

/** Those who wait although nothing was asked for them look again. */
export function takeAwaiting({ manager }: MemoryObject): number[] {
  if (!manager) return [];
  const pages = [...manager.awaiting];
  manager.awaiting.clear();
  for (const page of pages) manager.deadlines.delete(page);
  return pages;
}

/** Whether the pager has prohibited the access to the resident page; it is asked to allow it. */
export function isLockedOut(
  vm: VmContext,
  object: MemoryObject,
  page: number,
  access: number,
): "no" | "wait" | "lost" {
  const { manager, pager } = object;
  const lock = manager?.locks.get(page);
  if (!manager || !pager || !lock || (lock.prohibited & access) === 0) return "no";
  if (manager.state === "dead") {
    return patienceOf(manager).action === "substitute" ? "no" : "lost";
  }
  if (lock.refused) {
    lock.refused = false;
    return "lost";
  }
  if ((lock.asked & access) === 0) {
    lock.asked |= access;
    vm.host.emit("pager.unlock", { object: object.id, page, access: lock.asked });
    const body = { page, count: 1, access: lock.asked };
    sendToPager(vm, object, pager.port, memoryOps.unlock, body);
  }
  expectAnswer(vm, object, page);
  return "wait";
}

/** The accesses to the page that the pager has not prohibited. */
export function allowedBy({ manager }: MemoryObject, page: number): number {
  return 7 & ~(manager?.locks.get(page)?.prohibited ?? 0);
}
