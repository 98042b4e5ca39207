// The kernel call port_message: mach_msg without a kernel's own ports.
//
//   read, check ─▶ send ─▶ (wait: outcome) ─▶ receive ─▶ (wait: message) ─▶ room? ─▶ dequeue, store
//        │                      └─▶ not sent: what was taken comes back        └─ page ─┘
//        └─ page, transits: the call is made once more, nothing has changed
//
// After the send has been handed over the call is never begun again: what is left of it is in the
// data of the wait, so that it is finished by whichever host the task is on by then. Receiving is in
// `port-receive.ts`.

import { allocateBytes, must } from "../../ports/base/index.ts";
import {
  control,
  dropRights,
  type Incoming,
  isOp,
  machSend,
  type Message,
  type Outgoing,
  sendCodes,
  type SendResult,
  takeBack,
  user,
} from "../../ports/index.ts";
import { type Caller, type CallResult, finishWith, returnValue } from "../task/call.ts";
import type { CallData } from "../task/task.ts";
import { copyInto, settleLoans } from "../vm/index.ts";
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
  outOfLine,
} from "./port-layout.ts";
import { lendQueued, movesReceive, planLending } from "./port-loans.ts";
import { dropSent, hasRoomFor, placeRegions, readParts } from "./port-memory.ts";
import {
  afterSend,
  options,
  receiveFinishers,
  type Rest,
  store,
  timeMax,
  until,
} from "./port-receive.ts";
import type { Arguments, Finishers } from "./table.ts";

/** Bytes of a message in line, at most. */
const messageMax = 1024 * 1024;
const copySend = 19;

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
  const lending = message.descriptors.length > 0 ? planLending(caller, message) : null;
  if (lending && "refusal" in lending) {
    return refuseMemory(caller, lending.refusal, lending.address, sendCodes.invalidMemory);
  }
  const outgoing = lending ? lending.outgoing : withParts(caller, message);
  if (typeof outgoing === "number") return returnValue(outgoing);
  if ("do" in outgoing) return outgoing;
  const { kernel, task, thread } = caller;
  const timeoutNs = (rest.options & options.sendTimeout) === 0 ? null : until(caller, rest.timeout);
  const sender = { pid: task.pid, tid: thread.tid };
  const context = spaceOf(caller);
  if (kernel.memory.objects.loans.size > 0 && movesReceive(message)) settleLoans(kernel);
  const sent = attempt<Sent>(caller, () => machSend(context, sender, outgoing, { timeoutNs }));
  if (isLacking(sent)) return waitForPort(sent);
  if (lending && sent.done && sent.code === 0) lendQueued(caller, lending);
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

/** Those of the receiving half are beside it. */
export const portFinishers: Finishers = {
  ...receiveFinishers,
  portSent: finishSend,
};
