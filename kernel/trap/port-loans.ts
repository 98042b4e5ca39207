// Sending memory out of line to a task of this host without copying it: `vm/lend.ts` has the picture.
//
// The message is sent with what does not fill a page at its end. When it is queued the pages are lent
// to it, in the same action, and its description says how long all of it is.

import { assert, must } from "../../ports/base/index.ts";
import {
  dispositions,
  hasRoom,
  isOp,
  lookupRight,
  type Outgoing,
  type OutPart,
  partKinds,
  portHere,
  type PortUid,
  user,
} from "../../ports/index.ts";
import type { Caller } from "../task/call.ts";
import { copyIn, type CopyRefusal, lend, mayLend, pageBytes, prepareRange } from "../vm/index.ts";
import { isCrowded } from "./linux-ranges.ts";
import type { Decoded } from "./port-layout.ts";

/** Less than this is copied at less cost. */
const pagesMin = 4;
const bytesMax = 16 * 2 ** 20;

export interface Lending {
  readonly outgoing: Outgoing;
  readonly to: PortUid;
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

/** Null: the message's memory has to be copied, or there is none. */
export function planLending(
  caller: Caller,
  message: Decoded,
): Lending | { readonly refusal: CopyRefusal; readonly address: number } | null {
  const { kernel, task } = caller;
  const memory = message.descriptors.filter(({ kind }) => kind !== "port");
  const [one] = memory;
  if (memory.length !== 1 || one?.kind !== "memory" || one.address % pageBytes !== 0) return null;
  const start = one.address / pageBytes;
  const end = start + Math.floor(one.size / pageBytes);
  if (end - start < pagesMin || one.size > bytesMax || isCrowded(caller)) return null;
  const to = destinationOf(caller, message);
  if (to === null || !mayLend(task.memory, start, end)) return null;
  const refusal = prepareRange(kernel, task.memory, one.address, one.size, 0);
  if (refusal) return { refusal, address: one.address };
  const tail = copyIn(kernel, task.memory, end * pageBytes, one.size % pageBytes);
  assert(tail instanceof Uint8Array, "memory that was prepared can be read");
  const parts = message.descriptors.map((each): OutPart =>
    each.kind === "port" ? each : { kind: "memory", bytes: tail },
  );
  return { outgoing: { ...message, parts }, to, start, end, bytes: one.size };
}

/** The port, if what is sent to it is in its queue at once, and a task of this host receives it. */
function destinationOf({ kernel, task }: Caller, { remote }: Decoded): PortUid | null {
  const uid = lookupRight(task.space, remote)?.uid ?? 0;
  const port = portHere(kernel.state.ports, uid);
  if (!port || port.held || port.owner.kind !== "space" || !hasRoom(port)) return null;
  return kernel.state.tasks.get(port.owner.id)?.state === "running" ? uid : null;
}

/** Requires: the message was queued in this action. */
export function lendQueued({ kernel, task }: Caller, { to, start, end, bytes }: Lending): void {
  const { queue } = must(portHere(kernel.state.ports, to), "the port of a message");
  const message = must(queue.at(-1), "the message that was queued");
  assert(isOp(message, user.message), "a message of a task");
  const parts = message.body.parts.map((value, at, all) =>
    at % 2 === 1 && all[at - 1] === partKinds.memory ? bytes : value,
  );
  queue[queue.length - 1] = { ...message, body: { ...message.body, parts } };
  lend(kernel, task.memory, { start, end }, { id: message.id, port: to });
}

/** Whether a receive right goes with the message: its queue may go to another host. */
export function movesReceive({
  remoteDisposition,
  localDisposition,
  descriptors,
}: Decoded): boolean {
  const moved = dispositions.moveReceive;
  if (remoteDisposition === moved || localDisposition === moved) return true;
  return descriptors.some((one) => one.kind !== "memory" && one.disposition === moved);
}
