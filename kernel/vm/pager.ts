// The kernel's half of the pager interface: asking for pages, and what answers do to objects.
//
// At most one request is outstanding for a page. An answer is looked at only if the page was asked
// for; a page that is resident meanwhile is never overwritten.

import { hostName, portName, type PortUid } from "../../ports/index.ts";
import {
  type Body,
  dropRights,
  fsHost,
  type HostId,
  isOp,
  locatePort,
  memory as memoryOps,
  type Message,
  uidHost,
  uidIncarnation,
  user,
} from "../../ports/index.ts";
import { expectAnswer, noteNonsense, sendToPager, takeAwaiting } from "./agreement.ts";
import { fail, settle, supply, whole } from "./answers.ts";
import {
  claimPage,
  forgetRefusal,
  isWritten,
  onClaimed,
  onWriting,
  releaseWrites,
} from "./claim.ts";
import { memoryErrors, type VmContext } from "./context.ts";
import { onCut } from "./cut.ts";
import { fillFrame, zeroPage } from "./fill.ts";
import { frameRecord } from "./frames.ts";
import { isAnswered, onManagerMessage, readTaskMessage } from "./manager-messages.ts";
import type { MemoryObject } from "./object.ts";
import { takePushed } from "./push.ts";
import { dropLeaving, evict } from "./reclaim.ts";
import { endObject } from "./release.ts";
import { loseSwap, onSwapAnswer } from "./swap.ts";

/** Asks the pager for `count` pages from `page` on. Requires: none is resident or requested. */
export function requestPages(
  vm: VmContext,
  object: MemoryObject,
  pager: PortUid,
  page: number,
  count: number,
  access: number = 1,
): void {
  for (let at = page; at < page + count; at++) {
    object.requested.set(at, pager);
    expectAnswer(vm, object, at);
  }
  vm.host.emit("pager.request", { object: object.id, pager: portName(pager), page, count });
  sendToPager(vm, object, pager, memoryOps.request, { page, count, access });
}

/** Pages of an object whose waiters should look again. */
export interface PagesSettled {
  readonly object: MemoryObject;
  readonly pages: readonly number[];
}

/** A pager's message arrived at the control port of an object. */
export function onPagerMessage(
  vm: VmContext,
  object: MemoryObject,
  message: Message,
  from: PortUid | null = null,
): PagesSettled {
  if (isOp(message, user.message)) {
    const read = readTaskMessage(vm, object, message);
    if (!read) return { object, pages: [] };
    const settled = onPagerMessage(vm, object, read, object.pager?.port);
    if (!isAnswered(read)) dropRights(vm.memory.ports, read);
    return settled;
  }
  if (object.manager) {
    const pages = onManagerMessage(vm, object, object.manager, message);
    if (pages) return { object, pages: [...pages, ...takeAwaiting(object)] };
  }
  if (isOp(message, memoryOps.supply)) {
    return { object, pages: supply(vm, object, message, from) };
  }
  if (isOp(message, memoryOps.unavailable)) {
    const { page, count } = message.body;
    const answered = { page, count, precious: object.owed.has(page), from };
    const pages = settle(vm, object, answered, () => zeroPage(vm));
    return { object, pages: whole(vm, object, message.op, pages, count) };
  }
  if (isOp(message, memoryOps.error)) {
    const { page, count, error } = message.body;
    vm.host.emit("pager.error", { object: object.id, page, count, error });
    const pages = fail(object, { page, count, from }, error);
    return { object, pages: whole(vm, object, message.op, pages, count) };
  }
  if (isOp(message, memoryOps.flush) && object.pager) {
    vm.host.emit("pager.flush", { object: object.id, pages: object.resident.size });
    object.failed.clear();
    for (const [page, frame] of [...object.resident]) {
      // What was written here and is not returned yet will be: the last writer wins.
      const { dirty } = frameRecord(vm.memory.frames, frame);
      if (!dirty && !object.swap.storing.has(page)) evict(vm, object, page);
    }
    sendToPager(vm, object, object.pager.port, memoryOps.flushed, {});
    return { object, pages: [] };
  }
  if (isOp(message, memoryOps.claimed)) {
    return { object, pages: onClaimed(vm, object, message) };
  }
  if (isOp(message, memoryOps.cut)) {
    onCut(vm, object, message.body.bytes);
    return { object, pages: [] };
  }
  if (message.op === memoryOps.writing.name) {
    onWriting(vm, object);
    return { object, pages: [] };
  }
  if (isOp(message, memoryOps.pushed)) {
    return { object, pages: takePushed(vm, object, message, (bytes) => fillFrame(vm, bytes)) };
  }
  if (onSwapAnswer(vm, object, message)) {
    const pages = isOp(message, memoryOps.returned) ? takenBack(vm, object, message.body) : [];
    if (isOp(message, memoryOps.created) && object.users.size === 0) endObject(vm, object);
    return { object, pages };
  }
  noteNonsense(vm, object, message.op, "unknown");
  return { object, pages: [] };
}

/** Pages that the pager has now; the pages for which somebody may wait until it has. */
function takenBack(
  vm: VmContext,
  object: MemoryObject,
  { page, count }: Body<typeof memoryOps.returned.body>,
): number[] {
  dropLeaving(vm, object, page, count);
  const { manager } = object;
  if (!manager) return [];
  const pages = [...manager.returning.keys()].filter((at) => at >= page && at < page + count);
  for (const at of pages) manager.returning.delete(at);
  return pages;
}

/** Those who waited for a claim have been told. What nobody has mapped then is not needed. */
export function settleClaim(vm: VmContext, object: MemoryObject): void {
  forgetRefusal(object);
  if (object.users.size > 0 && !isWritten(object)) releaseWrites(vm, object);
  if (object.users.size === 0 && object.writes !== "asked") endObject(vm, object);
}

/**
 * A host's incarnation is dead: every page that it owed has failed, asked for or not; what a later one
 * has is safe. Returns what settled, so that those who wait get their bus error.
 */
export function failPagesOf(
  vm: VmContext,
  dead: HostId,
  incarnation: number,
): readonly PagesSettled[] {
  const settled: PagesSettled[] = [];
  for (const object of vm.memory.objects.all.values()) {
    const lost: number[] = [];
    // A task's port may have gone on before: it is lost when the ports say so.
    const own = object.manager && object.pager?.port;
    const isLater = (port: PortUid): boolean =>
      uidHost(port) === dead && uidIncarnation(port) > incarnation;
    const isLost = (pager: PortUid): boolean =>
      pager !== own && !isLater(pager) && locatePort(vm.memory.ports, pager).host === dead;
    for (const [page, pager] of object.requested) if (isLost(pager)) lost.push(page);
    for (const [page, pager] of object.owed) {
      if (isLost(pager) && !object.requested.has(page)) lost.push(page);
    }
    const { port: swap } = object.swap;
    const swaps = (!object.manager || object.manager.doubled) && (swap === null || !isLater(swap));
    if (dead === fsHost && swaps) lost.push(...loseSwap(object));
    if (dead === fsHost && object.users.size === 0) endObject(vm, object);
    for (const page of lost) {
      object.requested.delete(page);
      object.owed.delete(page);
      if (object.unwanted.delete(page)) continue;
      object.failed.set(page, { error: memoryErrors.io, host: dead });
    }
    if (object.writes === "asked" && object.pager && isLost(object.pager.port)) {
      object.writes = "refused";
      settled.push({ object, pages: [claimPage] });
    }
    if (lost.length === 0) continue;
    vm.host.emit("pager.lost", { object: object.id, peer: hostName(dead), pages: lost.length });
    settled.push({ object, pages: lost });
  }
  return settled;
}
