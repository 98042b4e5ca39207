// The kernel's half of pushing: pages that a residual pager sends without being asked.
//
//   push ──▶ (residual pager) ──pushed*──▶ taken
//
// A pushed page counts only if it is still owed; "taken" tells the pager that it may drop its copy. An
// object of a frozen task takes nothing: where it goes, its image says, the page is still owed.

import {
  createPort,
  makeMessage,
  memory as memoryOps,
  type Message,
  type PortUid,
  sendMessage,
} from "../../ports/index.ts";
import { pageBytes, type VmContext } from "./context.ts";
import { type Frame, frameRecord } from "./frames.ts";
import type { MemoryObject } from "./object.ts";
import { hasRoomUnasked, placePage } from "./reclaim.ts";

/** Asks everybody who owes pages of the object to send them. */
export function invitePushes(vm: VmContext, object: MemoryObject): void {
  if (object.owed.size === 0) return;
  const { ports } = vm.memory;
  object.control ??= createPort(ports, { kind: "kernel", what: "object", id: object.id });
  const rights = [{ kind: "send", uid: object.control }] as const;
  for (const pager of new Set(object.owed.values())) {
    sendMessage(ports, pager, makeMessage(memoryOps.push, {}, { rights }), vm.host);
  }
}

/** Returns the pages that are here now, for those who wait for them. */
export function takePushed(
  vm: VmContext,
  object: MemoryObject,
  message: Message<typeof memoryOps.pushed.body>,
  fill: (bytes: Uint8Array) => Frame | undefined,
): number[] {
  if (object.sealed > 0) return [];
  const { page, bytes } = message.body;
  const count = Math.floor(bytes.length / pageBytes);
  const taken: number[] = [];
  const [pager] = message.rights;
  let at = 0;
  for (; at < count; at++) {
    const owing = object.owed.get(page + at);
    if (owing === undefined) continue; // unmapped meanwhile, or it came by request
    const from = at * pageBytes;
    const room = hasRoomUnasked(vm);
    const frame = room ? fill(bytes.subarray(from, from + pageBytes)) : undefined;
    if (frame === undefined) break; // the pager keeps it until it is asked for
    object.owed.delete(page + at);
    if (pager && owing !== pager.uid) declineOwed(vm, owing, page + at);
    // The answer to a request that has crossed it is older than what may be written from now on.
    if (object.requested.has(page + at)) object.unwanted.add(page + at);
    placePage(vm, object, page + at, frame);
    frameRecord(vm.memory.frames, frame).dirty = true; // nobody else has it
    taken.push(page + at);
  }
  if (pager && at > 0) {
    const answer = makeMessage(memoryOps.taken, { page, count: at });
    sendMessage(vm.memory.ports, pager.uid, answer, vm.host);
  }
  return taken;
}

/** A host that awaited the page, to pass it on, was passed over. */
function declineOwed(vm: VmContext, owing: PortUid, page: number): void {
  const answer = makeMessage(memoryOps.taken, { page, count: 1 });
  sendMessage(vm.memory.ports, owing, answer, vm.host);
}
