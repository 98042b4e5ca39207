// The last of an object of a pager that is a task, when nobody shows it any more.
//
//   nothing was asked for   terminate, and the control port is gone
//   answers are under way   the control port stays until they have come: a page that the pager has
//                           dropped its copy of goes back to it. Then terminate, its last message
//
// Mach moves the control port to the pager for this; here the kernel drains it, which knows what it
// has asked for. A pager that does not answer is not waited for longer than `takeBackNs`.

import {
  destroyPort,
  dropRights,
  isOp,
  memory as memoryOps,
  type Message,
  type Op,
  type Body,
  type Schema,
  sendMessage,
  makeMessage,
  user,
} from "../../ports/index.ts";
import { newMessageId } from "./agreement.ts";
import { pageBytes, type VmContext } from "./context.ts";
import { takeBackNs } from "./manager.ts";
import type { Drained, MemoryObject } from "./object.ts";
import { decodeFromTask, encodeForTask } from "./pager-layout.ts";

/** Takes leave of the pager; the control port is not the object's any more if it is still needed. */
export function endManaged(vm: VmContext, object: MemoryObject): void {
  const { manager, pager, control } = object;
  if (!manager || !pager || control === null || manager.state === "dead") return;
  const pages = [...object.requested].filter(([, asked]) => asked === pager.port);
  const drained: Drained = {
    control,
    pager: pager.port,
    speaks: manager.speaks,
    asked: new Set(pages.map(([page]) => page)),
    until: vm.host.now + takeBackNs,
  };
  if (drained.asked.size === 0) {
    tell(vm, drained, memoryOps.terminate, {});
    return;
  }
  object.control = null;
  vm.memory.objects.draining.set(object.id, drained);
  vm.host.pagerTimer(drained.until, object.id);
}

/** An answer to what an object had asked that is no more. */
export function onDrained(vm: VmContext, id: number, message: Message): void {
  const { objects, ports } = vm.memory;
  const drained = objects.draining.get(id);
  dropRights(ports, message);
  if (!drained) return;
  const answer = isOp(message, user.message) ? decodeFromTask(message) : message;
  if (!answer) return;
  if (isOp(answer, memoryOps.supply)) {
    const { page, bytes, precious } = answer.body;
    const pages = settle(drained, page, Math.floor(bytes.length / pageBytes));
    if (precious) {
      for (const at of pages) {
        const from = (at - page) * pageBytes;
        const contents = bytes.slice(from, from + pageBytes);
        const body = { page: at, bytes: contents, dirty: false, keeps: false };
        tell(vm, drained, memoryOps.return, body);
      }
    }
  } else if (isOp(answer, memoryOps.unavailable) || isOp(answer, memoryOps.error)) {
    settle(drained, answer.body.page, answer.body.count);
  }
  if (drained.asked.size === 0) end(vm, id, drained);
}

/** Those of the pages that were asked for. */
function settle({ asked }: Drained, page: number, count: number): number[] {
  const pages = [...asked].filter((at) => at >= page && at < page + count);
  for (const at of pages) asked.delete(at);
  return pages;
}

/** The pager has had its time. */
export function onDrainTimer(vm: VmContext, id: number): void {
  const drained = vm.memory.objects.draining.get(id);
  if (drained && drained.until <= vm.host.now) end(vm, id, drained);
}

function end(vm: VmContext, id: number, drained: Drained): void {
  tell(vm, drained, memoryOps.terminate, {});
  vm.memory.objects.draining.delete(id);
  destroyPort(vm.memory.ports, drained.control, vm.host);
}

function tell<S extends Schema>(
  vm: VmContext,
  { control, pager, speaks }: Drained,
  op: Op<S>,
  body: Body<S>,
): void {
  const right = { kind: "send", uid: control } as const;
  const message =
    speaks === "task"
      ? encodeForTask(op, body, { id: newMessageId(vm), control: right })
      : makeMessage(op, body, { rights: [right] });
  sendMessage(vm.memory.ports, pager, message as Message, vm.host);
}
