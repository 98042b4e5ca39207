// What only pagers say that are tasks, and what has to be checked because they may say anything.

import { dropRights, isOp, memory as memoryOps, type Message, user } from "../../ports/index.ts";
import { answerPager, noteNonsense } from "./agreement.ts";
import { memoryErrors, type VmContext } from "./context.ts";
import { onLock } from "./lock.ts";
import { type Manager, patienceMax } from "./manager.ts";
import type { MemoryObject } from "./object.ts";
import { endPager } from "./pager-end.ts";
import { decodeFromTask } from "./pager-layout.ts";
import { evict } from "./reclaim.ts";

/** Pages that one answer of a task speaks of, at most. */
const rangeMax = 65536;

/** What a task has sent, as a message of the interface. Undefined: it means nothing, and was noted. */
export function readTaskMessage(
  vm: VmContext,
  object: MemoryObject,
  message: Message<typeof user.message.body>,
): Message | undefined {
  const { manager } = object;
  const decoded = manager?.speaks === "task" ? decodeFromTask(message) : undefined;
  const why = manager && decoded ? whyNonsense(manager, decoded) : "layout";
  if (!manager || !decoded || why !== undefined) {
    dropRights(vm.memory.ports, message as Message);
    noteNonsense(vm, object, decoded?.op ?? message.op, why ?? "layout");
    return undefined;
  }
  manager.pid = message.body.token;
  manager.lostWith = null;
  return decoded;
}

/** Why no pager says that now; undefined: it may. */
function whyNonsense(manager: Manager, message: Message): string | undefined {
  if (isOp(message, memoryOps.returned) && manager.doubled) return "late";
  const count = message.body["count"] as number | undefined;
  const isRange = count !== undefined && !isOp(message, memoryOps.lock);
  return isRange && count > rangeMax ? "range" : undefined;
}

/** Whether the reply right of the message has been used, if it had one. */
export function isAnswered({ op }: Message): boolean {
  return [memoryOps.lock, memoryOps.supply, memoryOps.ready].some(({ name }) => name === op);
}

/** What only pagers say that are tasks; undefined: it is none of these. */
export function onManagerMessage(
  vm: VmContext,
  object: MemoryObject,
  manager: Manager,
  message: Message,
): readonly number[] | undefined {
  if (isOp(message, memoryOps.ready)) return onReady(vm, object, manager, message);
  if (isOp(message, memoryOps.lock)) return onLock(vm, object, manager, message);
  if (isOp(message, memoryOps.destroy)) {
    manager.error = message.body.error || memoryErrors.io;
    vm.host.emit("pager.destroy", { object: object.id, pages: object.resident.size });
    for (const page of [...object.resident.keys()]) evict(vm, object, page);
    object.swap.storing.clear();
    return endPager(vm, object, manager);
  }
  return undefined;
}

const actions = ["wait", "error", "substitute"] as const;

function onReady(
  vm: VmContext,
  object: MemoryObject,
  manager: Manager,
  message: Message<typeof memoryOps.ready.body>,
): readonly number[] {
  const { mayCache, copy, action, waitNs } = message.body;
  const named = actions[action];
  if (!named || copy > 1 || waitNs > patienceMax || manager.state === "dead") {
    noteNonsense(vm, object, message.op, "attributes");
    dropRights(vm.memory.ports, message as Message);
    return [];
  }
  manager.state = "ready";
  manager.mayCache = mayCache;
  manager.copies = copy === 0 ? "at-once" : "when-written";
  manager.stated = { action: named, ns: waitNs };
  vm.host.emit("pager.ready", { object: object.id, mayCache, copy, action: named });
  answerPager(vm, object, message as Message, memoryOps.changed, {});
  return [];
}
