// The receiving half of port_message, and what is left of the call when its send is over.
//
// A message is taken from its queue when all that it needs is there: so none is lost.

import { assert } from "../../ports/base/index.ts";
import {
  arriving,
  destroyFirst,
  machReceive,
  partKinds,
  peekSize,
  receivable,
  receiveCodes,
  shortages,
  waitedCode,
} from "../../ports/index.ts";
import { type Caller, type CallResult, finishWith, returnValue } from "../task/call.ts";
import type { CallData } from "../task/task.ts";
import { copyOut, prepareRange } from "../vm/index.ts";
import { noteChanged, refuseMemory, spaceOf } from "./port-context.ts";
import { encodeLayout, layoutBytes, outOfLine, receivedBytes, type Region } from "./port-layout.ts";
import { hasRoomFor, placeLent, placeRegions } from "./port-memory.ts";
import type { Finishers } from "./table.ts";

export const options = {
  send: 0x1,
  receive: 0x2,
  large: 0x4,
  sendTimeout: 0x10,
  receiveTimeout: 0x100,
} as const;

export const timeMax: number = Number.MAX_SAFE_INTEGER;

/** What is left to do of a call when its send is over; all numbers, for the data of a wait. */
export interface Rest {
  readonly address: number;
  readonly options: number;
  readonly limit: number;
  readonly name: number;
  readonly timeout: number;
}

/** How long from now, so that the end is an exact number. */
export function until({ kernel }: Caller, timeout: number): number {
  return Math.min(timeout, timeMax - kernel.host.now);
}

export function afterSend(caller: Caller, rest: Rest): CallResult {
  if ((rest.options & options.receive) === 0) return returnValue(0);
  const timed = (rest.options & options.receiveTimeout) !== 0;
  const deadline = timed ? caller.kernel.host.now + until(caller, rest.timeout) : null;
  return receive(caller, rest, { deadline, waited: false });
}

/** How a receive stands, as often as it has to be tried. */
interface Standing {
  readonly deadline: number | null;
  /** It has waited before: the name may have lost its meaning since. */
  readonly waited: boolean;
}

function receive(caller: Caller, rest: Rest, standing: Standing): CallResult {
  const context = spaceOf(caller);
  const { name, address, limit } = rest;
  const next = peekSize(context, name);
  if (!next) return waitForMessage(caller, rest, standing);
  const size = layoutBytes(next);
  if (receivedBytes(size) > limit) return tooLarge(caller, rest, size);
  const { kernel, task, thread } = caller;
  const refusal = prepareRange(kernel, task.memory, address, receivedBytes(size), 1);
  if (refusal) {
    const then = finishReceiveWith(rest, standing);
    return refuseMemory(caller, refusal, address, receiveCodes.invalidData, then);
  }
  const lent = kernel.memory.objects.loans.has(next.id);
  const fits = hasRoomFor(caller, sizesOutOfLine(next.parts), lent);
  const received = machReceive(context, name, { pid: task.pid, tid: thread.tid });
  noteChanged(caller);
  if ("code" in received) return returnValue(received.code);
  assert("message" in received, "a message that was seen is received");
  const { message } = received;
  const pieces = outOfLine(message.parts);
  const [bytes] = sizesOutOfLine(next.parts);
  const place = (): readonly Region[] =>
    lent && bytes !== undefined
      ? placeLent(caller, message.id, bytes, pieces[0] ?? new Uint8Array(0))
      : placeRegions(caller, pieces);
  const regions = fits ? place() : [];
  const refused = copyOut(kernel, task.memory, address, encodeLayout(message, message, regions));
  assert(refused === undefined, "a buffer that was prepared can be written");
  return returnValue(fits ? 0 : receiveCodes.bodyError + shortages.memory);
}

function finishReceiveWith(rest: Rest, { deadline }: Standing): ReturnType<typeof finishWith> {
  const { address, options: bits, limit, name, timeout } = rest;
  const data = { address, options: bits, limit, name, timeout, deadline, waited: true };
  return finishWith("portReceived", data, null);
}

function finishReceive(caller: Caller, data: CallData): CallResult {
  return receive(caller, data as unknown as Rest, data as unknown as Standing);
}

/** Nothing is queued: the name is wrong, or the time is over, or the thread waits. */
function waitForMessage(caller: Caller, rest: Rest, standing: Standing): CallResult {
  const { name } = rest;
  const { deadline, waited } = standing;
  const found = receivable(spaceOf(caller), name);
  if ("code" in found) return returnValue(waited ? waitedCode(found.code) : found.code);
  const then = finishReceiveWith(rest, standing);
  if (deadline !== null && deadline <= caller.kernel.host.now) {
    // A port that is still on its way may have a queue: nobody is told that there is nothing.
    const port = arriving(spaceOf(caller), name);
    if (port === undefined) return returnValue(receiveCodes.timedOut);
    return { do: "wait", wait: { for: "port", port, then } };
  }
  return { do: "wait", wait: { for: "message", name, deadline, then } };
}

const sizeAt = 4;

/** The message stays where it is and its size is told, or it is destroyed: as the options say. */
function tooLarge(caller: Caller, what: Rest, size: number): CallResult {
  if ((what.options & options.large) === 0) {
    destroyFirst(spaceOf(caller), what.name);
    return returnValue(receiveCodes.tooLarge);
  }
  const bytes = new Uint8Array(Uint32Array.of(receivedBytes(size)).buffer);
  return store(caller, { address: what.address + sizeAt, bytes, code: receiveCodes.tooLarge });
}

const noSizes: readonly number[] = [];

/** Bytes of each part that lies out of line. */
function sizesOutOfLine(parts: readonly number[]): readonly number[] {
  if (parts.length === 0) return noSizes;
  const sizes: number[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const length = parts[at + 1] ?? 0;
    if (parts[at] === partKinds.memory) sizes.push(length);
    else if (parts[at] === partKinds.ports) sizes.push(length * 4);
  }
  return sizes;
}

export interface Store {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly code: number;
}

/** A buffer that cannot be written gets nothing; the rights are in the space all the same. */
export function store(caller: Caller, { address, bytes, code }: Store): CallResult {
  const refusal = copyOut(caller.kernel, caller.task.memory, address, bytes);
  if (!refusal) return returnValue(code);
  const then = finishWith("portStored", { address, bytes: bytes.slice(), code }, null);
  return refuseMemory(caller, refusal, address, code, then);
}

function finishStore(caller: Caller, data: CallData): CallResult {
  return store(caller, data as unknown as Store);
}

export const receiveFinishers: Finishers = {
  portStored: finishStore,
  portReceived: finishReceive,
};
