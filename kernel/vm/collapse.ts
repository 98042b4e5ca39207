// Chains of objects, and how they stay short. An object ends with its last user.
//
//   range ─▶ A ─▶ B ─▶ file        B has no user but A:            A takes B's pages, B ends
//                                  A hides all that B has:         A looks past B
//                                  a page of B that only A shows:  A takes it instead of copying it
//
// So a task that was copied by a thousand generations has as many objects as its living copies
// explain. Pages have the same numbers all along a chain of objects without a pager.

import { must } from "../../ports/base/index.ts";
import { destroyPort, portHere } from "../../ports/index.ts";
import { isWritten, releaseWrites } from "./claim.ts";
import type { VmContext } from "./context.ts";
import { frameRecord } from "./frames.ts";
import type { MemoryObject, User } from "./object.ts";
import { hides, isBusy, isEntry, isFound, isReached, pagesHeld } from "./reach.ts";
import { placePage } from "./reclaim.ts";
import { endObject, releasePages, terminate } from "./release.ts";
import { forgetSwapped } from "./swap.ts";

/** The user shows the object no more: what nobody else reaches goes, in the objects below too. */
export function dropUse(vm: VmContext, object: MemoryObject, user: User): void {
  if (isEntry(user) && !user.shared) {
    const end = user.offset + user.end - user.start;
    leave(vm, object, user, { first: user.offset, end });
  } else leave(vm, object, user, { first: -Infinity, end: Infinity });
}

/** As `dropUse` for several users at once, parts of one range. */
export function dropUses(vm: VmContext, object: MemoryObject, users: readonly User[]): void {
  const [last, ...others] = users;
  for (const user of others) object.users.delete(user);
  if (last) leave(vm, object, last, { first: -Infinity, end: Infinity });
}

interface Pages {
  readonly first: number;
  readonly end: number;
}

function leave(vm: VmContext, object: MemoryObject, user: User, pages: Pages): void {
  object.users.delete(user);
  if (object.users.size === 0) {
    endObject(vm, object);
    const { shadow } = object;
    object.shadow = null;
    if (!shadow) return;
    const { offset } = shadow;
    leave(vm, shadow.object, object, { first: pages.first + offset, end: pages.end + offset });
    return;
  }
  if (object.pager) {
    if (object.writes !== "no" && !isWritten(object)) releaseWrites(vm, object);
    return;
  }
  trim(vm, object, pages);
  const [last, more] = object.users;
  if (last && !more && !isEntry(last)) shorten(vm, last);
  else shorten(vm, object);
}

const never = (): boolean => false;

/** Frees pages in the range that nobody reaches, of the object and of those below it. */
function trim(vm: VmContext, first: MemoryObject, { first: from, end: to }: Pages): void {
  const { frames } = vm.memory;
  let [object, start, end] = [first, from, to];
  // Ends because shadow chains do.
  while (!object.pager) {
    const { shadow } = object;
    const held = pagesHeld(object, start, end);
    const nobody = held.size > 0 && !(object.common && isReached(object, start, end, never));
    const gone = nobody ? held : [...held].filter((page) => !isFound(frames, object, page));
    releasePages(vm, object, gone);
    if (!shadow) return;
    start += shadow.offset;
    end += shadow.offset;
    ({ object } = shadow);
  }
}

/** Makes the chain below the object as short as its users need it. */
export function shorten(vm: VmContext, object: MemoryObject): void {
  // Ends because each time around the chain has become shorter.
  while (!object.pager && object.shadow && !isBusy(object)) {
    const { object: below, offset } = object.shadow;
    if (below.pager || isBusy(below) || offset !== 0) return;
    if (below.users.size === 1) merge(vm, object, below);
    else if (hidesAll(vm, object, below)) bypass(vm, object, below);
    else return;
  }
}

/** What could not be merged when it became possible, because requests were under way, is merged now. */
export function tidyChain(vm: VmContext, first: MemoryObject): void {
  let object = first;
  // Ends because shadow chains do.
  while (object.shadow && !object.pager) {
    const below = object.shadow.object;
    if (below.users.size === 1 && !below.pager && !isBusy(below)) shorten(vm, object);
    if (object.shadow) object = object.shadow.object;
  }
}

/** Whether nobody who looks through the object finds anything in the one below. */
function hidesAll({ memory }: VmContext, object: MemoryObject, below: MemoryObject): boolean {
  const sizeOf = ({ resident, swap, owed }: MemoryObject): number =>
    resident.size + swap.pages.size + owed.size;
  if (sizeOf(object) < sizeOf(below) && sizeOf(object) < rangeOf(object)) return false;
  for (const page of pagesHeld(below, -Infinity, Infinity)) {
    if (hides(memory.frames, object, page)) continue;
    if (isReached(object, page, page + 1, never)) return false;
  }
  return true;
}

/** How many pages the object shows at most, if ranges alone show it. */
function rangeOf({ users }: MemoryObject): number {
  let pages = 0;
  for (const user of users) pages += isEntry(user) ? user.end - user.start : Infinity;
  return pages;
}

function bypass(vm: VmContext, object: MemoryObject, below: MemoryObject): void {
  vm.host.emit("vm.bypass", { object: object.id, below: below.id });
  lookBelow(object, below);
  below.users.delete(object);
  trim(vm, below, { first: -Infinity, end: Infinity });
}

/** The object looks from now on where the one below it looked. */
function lookBelow(object: MemoryObject, below: MemoryObject): void {
  object.shadow = below.shadow;
  below.shadow?.object.users.add(object);
}

/** Requires: the object is the only user of the one below, and both are at rest. */
function merge(vm: VmContext, object: MemoryObject, below: MemoryObject): void {
  const { memory, host } = vm;
  const hidden = new Set<number>();
  for (const page of pagesHeld(below, -Infinity, Infinity)) {
    if (object.resident.has(page) || hides(memory.frames, object, page)) hidden.add(page);
    else if (!isFound(memory.frames, object, page)) hidden.add(page);
  }
  releasePages(vm, below, hidden);
  host.emit("vm.collapse", { object: object.id, below: below.id, pages: below.resident.size });
  const swapped = takeSwap(vm, object, below);
  for (const [page, frame] of below.resident) {
    placePage(vm, object, page, frame);
    if (!swapped) frameRecord(memory.frames, frame).dirty ||= below.swap.pages.has(page);
  }
  for (const [page, pager] of below.owed) object.owed.set(page, pager);
  for (const [page, failure] of below.failed) object.failed.set(page, failure);
  takeControl(vm, object, below);
  lookBelow(object, below);
  below.shadow?.object.users.delete(below);
  memory.objects.all.delete(below.id);
}

/** What swap has of the one below. False: the upper has an object there too, and that one owes it. */
function takeSwap(vm: VmContext, object: MemoryObject, below: MemoryObject): boolean {
  const { port, pages } = below.swap;
  if (port === null) return true;
  if (object.swap.port === null) {
    object.swap.port = port;
    object.swap.asked = true;
    object.swap.error = below.swap.error;
    for (const page of pages) object.swap.pages.add(page);
    return true;
  }
  let owes = false;
  for (const page of pages) {
    if (below.resident.has(page)) continue;
    object.owed.set(page, port);
    owes = true;
  }
  if (!owes) terminate(vm, port);
  return false;
}

/** Those who owe pages send them to the port that they know. */
function takeControl(vm: VmContext, object: MemoryObject, below: MemoryObject): void {
  const { ports } = vm.memory;
  const controls = [...(below.control === null ? [] : [below.control]), ...below.formerControls];
  for (const control of controls) {
    if (below.owed.size === 0) {
      destroyPort(ports, control, vm.host);
      continue;
    }
    const port = must(portHere(ports, control), "control port of an object");
    port.owner = { kind: "kernel", what: "object", id: object.id };
    if (object.control === null) object.control = control;
    else object.formerControls.push(control);
  }
}

/**
 * The page is wanted for writing in an object above, and nobody else finds it: it goes there as it
 * is. False: it has to be copied.
 */
export function takeUp(vm: VmContext, from: MemoryObject, to: MemoryObject, page: number): boolean {
  const { frames } = vm.memory;
  const frame = from.resident.get(page);
  const bound = from.pager !== null || from.sealed > 0 || frame === undefined;
  if (bound || isFound(frames, from, page, to)) return false;
  from.resident.delete(page);
  forgetSwapped(from, (at) => at === page);
  placePage(vm, to, page, frame);
  const record = frameRecord(frames, frame);
  record.remade = false;
  record.dirty = true;
  vm.host.emit("vm.take-up", { object: to.id, page, from: from.id });
  return true;
}
