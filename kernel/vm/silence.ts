// Pagers that do not answer, and pagers that are no more.
//
//   asked, no answer in time     the page fails, or is zeros: as the object's patience says
//   returned, not taken in time  the default pager keeps what was written (Mach: double paging)
//   its port is dead             all who wait look again: what is not here is lost
//
// Whatever a pager does, the frames that its pages take are not lost to the host.

import { locatePort, memory as memoryOps, portName, type PortUid } from "../../ports/index.ts";
import type { HostId } from "../../ports/index.ts";
import { sendToPager } from "./agreement.ts";
import { memoryErrors, type VmContext } from "./context.ts";
import { onDrainTimer } from "./drain.ts";
import { zeroPage } from "./fill.ts";
import { type Manager, patienceOf } from "./manager.ts";
import type { MemoryObject } from "./object.ts";
import type { PagesSettled } from "./pager.ts";
import { double, endPager } from "./pager-end.ts";
import { placePage } from "./reclaim.ts";

/** Some deadline of the object may be over. */
export function onPagerTimer(vm: VmContext, id: number): PagesSettled | undefined {
  onDrainTimer(vm, id);
  const object = vm.memory.objects.all.get(id);
  if (!object?.manager) return undefined;
  const { manager } = object;
  const { now } = vm.host;
  const late = [...manager.returning.values()].some((until) => until <= now);
  const untaken = late ? [...manager.returning.keys()] : [];
  if (late) double(vm, object, manager);
  const pages = [...manager.deadlines].filter(([, until]) => until <= now).map(([page]) => page);
  if (pages.length === 0) return { object, pages: untaken };
  const { action } = patienceOf(manager);
  vm.host.emit("pager.silent", { object: object.id, pages: pages.length, action });
  for (const page of pages) giveUp(vm, object, manager, page);
  return { object, pages: [...pages, ...untaken] };
}

/** Nobody waits for this answer any more; if it comes all the same, it was not asked for. */
function giveUp(vm: VmContext, object: MemoryObject, manager: Manager, page: number): void {
  manager.deadlines.delete(page);
  manager.awaiting.delete(page);
  const lock = manager.locks.get(page);
  if (object.resident.has(page)) {
    if (lock) {
      lock.refused = true;
      lock.asked = 0; // who touches it again asks again
    }
    return;
  }
  object.requested.delete(page);
  if (object.unwanted.delete(page)) return;
  const frame = patienceOf(manager).action === "substitute" ? zeroPage(vm) : undefined;
  if (frame !== undefined) placePage(vm, object, page, frame);
  else object.failed.set(page, { error: memoryErrors.io, host: null });
}

/** Nobody receives from the port any more: if it was a pager's, its pages that are not here are lost. */
export function onPagerDead(vm: VmContext, uid: PortUid): PagesSettled | undefined {
  const object = vm.memory.objects.files.get(uid);
  const manager = object?.manager;
  if (!object || !manager || manager.state === "dead") return undefined;
  vm.host.emit("pager.died", { object: object.id, pager: portName(uid) });
  return { object, pages: endPager(vm, object, manager) };
}

/**
 * A host is dead. A pager that was there may have moved on before, or be lost with it: its port
 * will tell. What it was asked for may have been lost on the way, and is asked for again.
 */
export function noteHostOfPagers(vm: VmContext, dead: HostId): void {
  const { ports, objects } = vm.memory;
  for (const object of objects.all.values()) {
    const { manager, pager, requested } = object;
    if (!manager || !pager || manager.state === "dead") continue;
    if (locatePort(ports, pager.port).host !== dead) continue;
    manager.lostWith = dead;
    for (const [page, asked] of requested) {
      if (asked !== pager.port) continue;
      const body = { page, count: 1, access: 1 };
      sendToPager(vm, object, pager.port, memoryOps.request, body);
    }
  }
}
