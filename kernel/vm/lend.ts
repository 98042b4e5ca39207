// Memory that a queued message refers to, in place of bytes that were copied when it was sent.
//
//   lend ──▶ lent ──message received──▶ the receiver's ranges      no page was copied
//              ├──its port or a task moves, memory is short──▶ bytes in the message
//              └──message destroyed──▶ gone
//
// A loan has ranges of its own over the sender's objects. Whoever writes first, sender or receiver,
// gets an object above them, as with copies of tasks. While memory is lent its objects are sealed, so
// that its bytes can be had at any time. The message has what does not fill a page at its end.

import { assert, must } from "../../ports/base/index.ts";
import { isOp, type Message, portHere, type PortUid, user } from "../../ports/index.ts";
import { dropUse } from "./collapse.ts";
import { pageBytes, type VmContext } from "./context.ts";
import {
  type AddressMap,
  clipRange,
  entriesIn,
  insertEntry,
  mappedPages,
  pagerBelow,
} from "./map.ts";
import type { Loan, MapEntry, MemoryObject } from "./object.ts";
import { denyWrites, type Pmap, protection } from "./pmap.ts";

/** Of an address space, what lending changes. */
interface Mapped {
  readonly map: AddressMap;
  readonly pmap: Pmap;
}

/** Whether the range is memory that nobody can change but through its map. */
export function mayLend({ map }: Pick<Mapped, "map">, start: number, end: number): boolean {
  if (mappedPages(map, start, end) < end - start) return false;
  return entriesIn(map, start, end).every(
    ({ object, shared, protection: allowed }) =>
      !shared && !pagerBelow(object) && (allowed & protection.read) !== 0,
  );
}

/** Requires: all pages of the range are here, and the message is queued at the port. */
export function lend(
  vm: VmContext,
  space: Mapped,
  { start, end }: { readonly start: number; readonly end: number },
  message: { readonly id: number; readonly port: PortUid },
): void {
  const entries = clipRange(space.map, start, end).map((entry): MapEntry => {
    entry.needsCopy = true;
    denyWrites(space.pmap, vm.hart, entry.start, entry.end);
    const lent: MapEntry = {
      ...{ start: entry.start - start, end: entry.end - start },
      ...{ object: entry.object, offset: entry.offset, shared: false },
      ...{ protection: protection.read | protection.write, limit: 7, name: "" },
      ...{ inheritance: "copy", needsCopy: true },
    };
    entry.object.users.add(lent);
    entry.object.common = true;
    for (const object of chainOf(lent)) object.sealed++;
    return lent;
  });
  vm.memory.objects.loans.set(message.id, { port: message.port, entries });
  vm.host.emit("vm.lend", { message: message.id, pages: end - start });
}

/** The message has been received: its memory is the receiver's, from page `at` on. */
export function takeLoan(vm: VmContext, space: Mapped, id: number, at: number): void {
  const { loans } = vm.memory.objects;
  const { entries } = must(loans.get(id), "memory that was lent");
  loans.delete(id);
  for (const lent of entries) {
    for (const object of chainOf(lent)) object.sealed--;
    insertEntry(space.map, { ...lent, start: at + lent.start, end: at + lent.end });
    lent.object.users.delete(lent);
  }
}

/** Loans of messages that are queued no more, and were not received, end. */
export function endLoans(vm: VmContext): void {
  for (const [id, loan] of vm.memory.objects.loans) {
    if (!queuedAt(vm, id, loan)) endLoan(vm, id, loan);
  }
}

/** All that is lent becomes bytes of the messages: it may go to other hosts from here on. */
export function settleLoans(vm: VmContext): void {
  for (const [id, loan] of vm.memory.objects.loans) {
    const found = queuedAt(vm, id, loan);
    if (found) {
      const { message, queue, index } = found;
      const memory = bytesOf(vm, loan, message.body.memory);
      queue[index] = { ...message, body: { ...message.body, memory } };
      vm.host.emit("vm.unlend", { message: id, bytes: memory.length });
    }
    endLoan(vm, id, loan);
  }
}

interface Queued {
  readonly message: Message<typeof user.message.body>;
  readonly queue: Message[];
  readonly index: number;
}

function queuedAt({ memory }: VmContext, id: number, { port }: Loan): Queued | undefined {
  const queue = portHere(memory.ports, port)?.queue;
  const index = queue?.findIndex((one) => one.id === id && isOp(one, user.message)) ?? -1;
  const message = queue?.[index];
  return queue && message && isOp(message, user.message) ? { message, queue, index } : undefined;
}

function endLoan(vm: VmContext, id: number, { entries }: Loan): void {
  vm.memory.objects.loans.delete(id);
  for (const lent of entries) {
    for (const object of chainOf(lent)) object.sealed--;
    dropUse(vm, lent.object, lent);
  }
}

function bytesOf(vm: VmContext, { entries }: Loan, tail: Uint8Array): Uint8Array {
  const pages = entries.at(-1)?.end ?? 0;
  const bytes = new Uint8Array(pages * pageBytes + tail.length);
  for (const lent of entries) {
    for (let page = lent.start; page < lent.end; page++) {
      bytes.set(vm.hart.frame(frameOf(lent, page)), page * pageBytes);
    }
  }
  bytes.set(tail, pages * pageBytes);
  return bytes;
}

function frameOf(lent: MapEntry, page: number): number {
  let at = page - lent.start + lent.offset;
  for (const object of chainOf(lent)) {
    const frame = object.resident.get(at);
    if (frame !== undefined) return frame;
    at += object.shadow?.offset ?? 0;
  }
  assert(false, "pages that are lent are here");
  return -1;
}

/** The objects that a page is looked for in. */
function chainOf({ object }: MapEntry): readonly MemoryObject[] {
  const chain = [object];
  for (let at = object.shadow; at; at = at.object.shadow) chain.push(at.object);
  return chain;
}
