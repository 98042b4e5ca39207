// A file that becomes shorter: what lies behind its end is gone from every mapping, private copies too,
// and the rest of its last page is zeros, as in Linux.
//
// The server tells every kernel that has said that a program there mapped the file (init), until it
// says that none does any more (terminate). Programs that only run have their files as they were.

import { type HostId, memory as memoryOps } from "../../ports/index.ts";
import { sendToPager } from "./agreement.ts";
import { pageBytes, type VmContext } from "./context.ts";
import type { MemoryObject } from "./object.ts";
import { evict } from "./reclaim.ts";
import { releasePages } from "./release.ts";

/** A program here has mapped the file, or has come with it mapped: its server keeps it, and tells of cuts. */
export function showFile(vm: VmContext, object: MemoryObject, moved: boolean): void {
  const { pager, manager } = object;
  if (!pager || manager) return;
  pager.shown = true;
  sendToPager(vm, object, pager.port, memoryOps.init, { pageBytes, moved });
}

/** A program that maps the file is going to that host. */
export function passFile(
  vm: VmContext,
  object: MemoryObject,
  to: { readonly host: HostId; readonly incarnation: number },
): void {
  const { pager } = object;
  if (!pager?.shown) return;
  const body = { to: to.host, incarnation: to.incarnation };
  sendToPager(vm, object, pager.port, memoryOps.gone, body);
}

/** The file ends there now. */
export function onCut(vm: VmContext, object: MemoryObject, bytes: number): void {
  if (!object.pager || object.manager) return;
  const end = Math.ceil(bytes / pageBytes);
  vm.host.emit("pager.cut", { object: object.id, bytes });
  object.pager.bytes = bytes;
  object.failed.clear();
  for (const page of [...object.resident.keys()]) {
    if (page < end) continue;
    object.swap.storing.delete(page);
    evict(vm, object, page);
  }
  const last = object.resident.get(end - 1);
  if (last !== undefined && bytes % pageBytes !== 0) {
    vm.hart.frame(last).fill(0, bytes % pageBytes);
    vm.hart.dropCode(last);
  }
  for (const user of object.users) if ("users" in user) cutCopies(vm, user, end);
  sendToPager(vm, object, object.pager.port, memoryOps.flushed, {});
}

/** Pages of an object above that stand for pages behind the end are as if never touched. */
function cutCopies(vm: VmContext, object: MemoryObject, below: number): void {
  const end = below - (object.shadow?.offset ?? 0);
  const { resident, owed, swap, requested } = object;
  const held = new Set([...resident, ...owed, ...requested].map(([page]) => page));
  for (const page of swap.pages) held.add(page);
  releasePages(
    vm,
    object,
    [...held].filter((page) => page >= end),
  );
  for (const user of [...object.users]) if ("users" in user) cutCopies(vm, user, end);
}
