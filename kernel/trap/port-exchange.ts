// The kernel call port_message: mach_msg without a kernel's own ports.
//
//   read, check ─▶ send ─▶ (wait: outcome) ─▶ receive ─▶ (wait: message) ─▶ room? ─▶ dequeue, store
//        │                      └─▶ not sent: what was taken comes back        └─ page ─┘
//        └─ page, transits: the call is made once more, nothing has changed
//
// After the send has been handed over the call is never begun again: what is left of it is in the
// data of the wait, so that it is finished by whichever host the task is on by then. A message is
// taken from its queue when all that it needs is there: so none is lost.

import { allocateBytes, assert, must } from "../../ports/base/index.ts";
import {
  arriving,
  control,
  destroyFirst,
  dropRights,
  type Incoming,
  isOp,
  machReceive,
  machSend,
  type Message,
  type Outgoing,
  partKinds,
  peekSize,
  receivable,
  receiveCodes,
  sendCodes,
  type SendResult,
  shortages,
  takeBack,
  user,
  waitedCode,
} from "../../ports/index.ts";
import { type Caller, type CallResult, finishWith, returnValue } from "../task/call.ts";
import type { CallData } from "../task/task.ts";
import { copyInto, copyOut, prepareRange } from "../vm/index.ts";
import {
  attempt,
  isLacking,
  noteChanged,
  refuseMemory,
  spaceOf,
  waitForPort,
  wordOf,
} from "./port-context.ts";
import {
  type Decoded,
  decodeLayout,
  encodeLayout,
  type HeaderRights,
  layoutBytes,
  outOfLine,
  receivedBytes,
} from "./port-layout.ts";
import { dropSent, hasRoomFor, placeRegions, readParts } from "./port-memory.ts";
import type { Arguments, Finishers } from "./table.ts";

const options = {
  send: 0x1,
  receive: 0x2,
  large: 0x4,
  sendTimeout: 0x10,
  receiveTimeout: 0x100,
} as const;

/** Bytes of a message in line, at most. */
const messageMax = 1024 * 1024;
const copySend = 19;
const timeMax = Number.MAX_SAFE_INTEGER;

/** What is left to do of a call when its send is over; all numbers, for the data of a wait. */
interface Rest {
  readonly address: number;
  readonly options: number;
  readonly limit: number;
  readonly name: number;
  readonly timeout: number;
}

export function portMessage(caller: Caller, args: Arguments): CallResult {
  const [address, optionBits, size, limit, name, timeout] = args;
  const rest: Rest = {
    address,
    options: wordOf(optionBits),
    limit: Math.max(0, limit),
    name: wordOf(name),
    // A time beyond 2^63 is negative here.
    timeout: timeout < 0 ? timeMax : Math.min(timeout, timeMax),
  };
  if ((rest.options & options.send) !== 0) return send(caller, rest, size);
  return afterSend(caller, rest);
}

function send(caller: Caller, rest: Rest, size: number): CallResult {
  if (size > messageMax) return returnValue(sendCodes.noBuffer);
  if (size < 0) return returnValue(sendCodes.messageTooSmall);
  const read = allocateBytes(size);
  const absent = copyInto(caller.kernel, caller.task.memory, rest.address, read);
  if (absent) return refuseMemory(caller, absent, rest.address, sendCodes.invalidData);
  const message = decodeLayout(read);
  if (typeof message === "number") return returnValue(message);
  const outgoing = withParts(caller, message);
  if (typeof outgoing === "number") return returnValue(outgoing);
  if ("do" in outgoing) return outgoing;
  const { kernel, task, thread } = caller;
  const timeoutNs = (rest.options & options.sendTimeout) === 0 ? null : until(caller, rest.timeout);
  const sender = { pid: task.pid, tid: thread.tid };
  const context = spaceOf(caller);
  const sent = attempt<Sent>(caller, () => machSend(context, sender, outgoing, { timeoutNs }));
  if (isLacking(sent)) return waitForPort(sent);
  if (!sent.done || sent.code === 0 || sent.returned) {
    dropSent(caller, message.descriptors);
    noteChanged(caller);
  }
  if (sent.done) {
    if (sent.code === 0) return afterSend(caller, rest);
    return afterOutcome(caller, rest, { ...sent, ...destinationOf(message) });
  }
  const { id: host, incarnation } = kernel.state;
  const { address, options: bits, limit, name, timeout } = rest;
  const { remote, remoteDisposition } = message;
  const data = {
    address,
    options: bits,
    limit,
    name,
    timeout,
    to: sent.to,
    remote,
    remoteDisposition,
  };
  const then = finishWith("portSent", data, null);
  return { do: "wait", wait: { for: "send", id: sent.id, to: sent.to, host, incarnation, then } };
}

type Sent = Extract<SendResult, { readonly done: boolean }>;

/** The message with what its descriptors point at, or a code, or a wait. */
function withParts(caller: Caller, message: Decoded): Outgoing | number | CallResult {
  if (message.descriptors.length === 0) return message;
  const parts = readParts(caller, message.descriptors);
  return typeof parts === "number" || "do" in parts ? parts : { ...message, parts };
}

/** How long from now, so that the end is an exact number. */
function until({ kernel }: Caller, timeout: number): number {
  return Math.min(timeout, timeMax - kernel.host.now);
}

/** The destination of a message, which a copy leaves with the sender. */
interface Destination {
  readonly remote: number;
  readonly remoteDisposition: number;
}

function destinationOf({ remote, remoteDisposition }: Decoded): Destination {
  return { remote, remoteDisposition };
}

interface Outcome extends Destination {
  readonly code: number;
  readonly returned: Incoming | null;
}

function afterOutcome(caller: Caller, rest: Rest, outcome: Outcome): CallResult {
  const { code, returned } = outcome;
  if (code === 0) return afterSend(caller, rest);
  return returned ? storeReturned(caller, rest, outcome, returned) : returnValue(code);
}

/** The outcome of a send has come to the thread, wherever it is: `control.sendEnded`. */
function finishSend(caller: Caller, data: CallData, reply: Message | null): CallResult {
  const rest = data as unknown as Rest & Destination & { readonly to: number };
  const ended = must(reply && isOp(reply, control.sendEnded) ? reply : null, "outcome of a send");
  const { code, returned } = ended.body;
  const back = returned ? takeBack(spaceOf(caller), returnedMessage(ended), rest.to) : null;
  if (!returned) dropRights(caller.kernel.state.ports, ended as Message);
  const { remote, remoteDisposition } = rest;
  return afterOutcome(caller, rest, { remote, remoteDisposition, code, returned: back });
}

function returnedMessage(ended: Message<typeof control.sendEnded.body>): Message {
  const { send: id, number, token, bytes, parts, memory } = ended.body;
  const { reply, rights, via } = ended;
  const body = { number, token, bytes, parts, memory };
  const message = { op: user.message.name, id, reply, rights, body };
  return via === undefined ? message : { ...message, via };
}

/** Pseudo-receive: the message can be sent again, with the names that its rights have now. */
function storeReturned(
  caller: Caller,
  rest: Rest,
  { code, remote, remoteDisposition }: Outcome,
  returned: Incoming,
): CallResult {
  const copied = remoteDisposition === copySend;
  const header: HeaderRights = copied
    ? { ...returned, remote, remoteType: remoteDisposition }
    : returned;
  const pieces = outOfLine(returned.parts);
  const fits = hasRoomFor(
    caller,
    pieces.map(({ length }) => length),
  );
  const bytes = encodeLayout(returned, header, fits ? placeRegions(caller, pieces) : []);
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  noteChanged(caller);
  return store(caller, { address: rest.address, bytes: bytes.subarray(0, size), code });
}

interface Store {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly code: number;
}

/** A buffer that cannot be written gets nothing; the rights are in the space all the same. */
function store(caller: Caller, { address, bytes, code }: Store): CallResult {
  const refusal = copyOut(caller.kernel, caller.task.memory, address, bytes);
  if (!refusal) return returnValue(code);
  const then = finishWith("portStored", { address, bytes: bytes.slice(), code }, null);
  return refuseMemory(caller, refusal, address, code, then);
}

function finishStore(caller: Caller, data: CallData): CallResult {
  return store(caller, data as unknown as Store);
}

function afterSend(caller: Caller, rest: Rest): CallResult {
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
  const fits = hasRoomFor(caller, sizesOutOfLine(next.parts));
  const received = machReceive(context, name, { pid: task.pid, tid: thread.tid });
  noteChanged(caller);
  if ("code" in received) return returnValue(received.code);
  assert("message" in received, "a message that was seen is received");
  const { message } = received;
  const pieces = outOfLine(message.parts);
  const regions = fits ? placeRegions(caller, pieces) : [];
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

export const portFinishers: Finishers = {
  portSent: finishSend,
  portStored: finishStore,
  portReceived: finishReceive,
};
