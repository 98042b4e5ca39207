// Which host may write the pages of a file through shared mappings: one at a time.
//
//   no ──claim──▶ asked ──claimed──▶ yes ──last writer unmaps──▶ no          (release)
//                     └──refused──▶ no: ETXTBSY                └── moves ──▶ (release, to the target)
//
// Before another host is refused, the one that has the claim is asked whether it still writes: its
// release may be late, and what follows it cannot overtake it.
//
// At the target of a move the answer is yes at once: the image has brought the claim, one step further.
// The file's server follows the highest step of a grant, in whatever order claims and releases come. If
// the source was lost before, and a third host was quicker, the claim is lost: a write is a bus error
// from then on.

import {
  type HostId,
  isKnownDead,
  memory as memoryOps,
  type Message,
  type PortUid,
  uidHost,
  uidIncarnation,
} from "../../ports/index.ts";
import { sendToPager } from "./agreement.ts";
import type { VmContext } from "./context.ts";
import type { MemoryObject, Turn, User } from "./object.ts";
import { protection, removeMappings } from "./pmap.ts";
import { returnWritten } from "./swap.ts";

/** What threads wait for that wait for a claim: no page has this number. */
export const claimPage = -1;
const nobody = -1;

/** Whether the object is one that hosts take turns to write. */
function isFile({ pager, manager }: MemoryObject): boolean {
  return pager !== null && manager === null;
}

/** Whether this host may map the object to write it. "wait": `claimPage` settles. "gone": its server is. */
export function claimWrites(vm: VmContext, object: MemoryObject): "yes" | "wait" | "busy" | "gone" {
  if (!isFile(object)) return "yes";
  const port = portOf(object);
  if (isKnownDead(vm.memory.ports, uidHost(port), uidIncarnation(port))) return "gone";
  switch (object.writes) {
    case "yes":
      return object.sealed > 0 ? "busy" : "yes"; // whoever has it may be about to take it along
    case "asked":
      return "wait";
    case "refused":
    case "lost":
      return "busy";
    case "no":
      object.writes = "asked";
      sendToPager(vm, object, portOf(object), memoryOps.claim, { grant: 0, step: 0 });
      return "wait";
  }
}

/** A task that writes the object has come here; its image has brought the claim. */
export function claimMoved(vm: VmContext, object: MemoryObject): void {
  if (!isFile(object) || !isWritten(object) || object.writes === "yes") return;
  object.writes = object.turn ? "yes" : "lost";
  if (object.turn) sendToPager(vm, object, portOf(object), memoryOps.claim, object.turn);
}

/** The claim of an object that goes with its tasks; null: there is none. */
export function turnToPass({ writes, turn }: MemoryObject): Turn | null {
  return writes === "yes" && turn ? { grant: turn.grant, step: turn.step + 1 } : null;
}

/** The tasks that write the object are going to that host. */
export function passWrites(
  vm: VmContext,
  object: MemoryObject,
  to: { readonly host: HostId; readonly incarnation: number },
): void {
  if (!isFile(object) || object.writes !== "yes") return;
  object.writes = "no";
  const body = { to: to.host, incarnation: to.incarnation };
  sendToPager(vm, object, portOf(object), memoryOps.release, body);
}

/** Nobody here writes the object any more: another host may. What was written goes first. */
export function releaseWrites(vm: VmContext, object: MemoryObject): void {
  if (object.writes === "lost") object.writes = "no";
  if (object.writes !== "yes") return;
  returnWritten(vm, object);
  object.writes = "no";
  const body = { to: nobody, incarnation: 0 };
  sendToPager(vm, object, portOf(object), memoryOps.release, body);
}

/** The server's answer. Returns what settles. */
export function onClaimed(
  vm: VmContext,
  object: MemoryObject,
  message: Message<typeof memoryOps.claimed.body>,
): number[] {
  const { error, grant, step } = message.body;
  vm.host.emit("pager.claimed", { object: object.id, error });
  if (object.writes === "asked") {
    object.writes = error === 0 ? "yes" : "refused";
    object.turn = { grant, step };
  } else if (error !== 0 && object.writes === "yes" && object.turn?.grant === grant) {
    loseClaim(vm, object);
  }
  return [claimPage];
}

/** Another host wants to write: whoever does not write any more says so, behind its release. */
export function onWriting(vm: VmContext, object: MemoryObject): void {
  if (object.writes === "yes" && !isWritten(object)) releaseWrites(vm, object);
  const writes = object.writes === "yes" || object.writes === "asked";
  sendToPager(vm, object, portOf(object), memoryOps.wrote, { writes });
}

/** Those who waited have been told: a refusal is no answer to the next who asks. */
export function forgetRefusal(object: MemoryObject): void {
  if (object.writes === "refused") object.writes = "no";
}

function loseClaim(vm: VmContext, object: MemoryObject): void {
  object.writes = "lost";
  vm.host.emit("pager.claim-lost", { object: object.id });
  for (const frame of object.resident.values()) {
    removeMappings(vm.memory.frames, vm.hart, frame);
  }
}

/** Whether somebody here may write the object's own pages. */
export function isWritten({ users }: MemoryObject): boolean {
  return [...users].some(writes);
}

function writes(user: User): boolean {
  return "shared" in user && user.shared && (user.protection & protection.write) !== 0;
}

function portOf({ pager }: MemoryObject): PortUid {
  return pager?.port ?? 0;
}
