// Kernel calls on the rights of the caller's own name space: Mach's, without the task as argument.
//
// Each returns a Mach code in a0, and only a code of 0 has changed anything. What rights are, and
// what follows when one ends, is in ports/; here are arguments, memory and the answer.

import {
  copyout,
  namesLeft,
  portAllocate,
  portDeallocate,
  portDestroy,
  portGetRefs,
  portGetSetMembers,
  portGetStatus,
  portInsertNamed,
  portModRefs,
  portMoveMember,
  portNames,
  portSetMscount,
  portSetQlimit,
  portType,
  kern,
  rightKinds,
  type RightKind,
  wellKnownPort,
  fsHost,
} from "../../ports/index.ts";
import { type Caller, type CallResult, returnValue } from "../task/call.ts";
import { portMessage } from "./port-exchange.ts";
import {
  attempt,
  isLacking,
  noteChanged,
  prepareWords,
  readWord,
  spaceOf,
  storeWords,
  waitForPort,
  wordOf,
} from "./port-context.ts";
import { requestNotification } from "./port-notify.ts";
import { type Arguments, type CallRow, rowsOf } from "./table.ts";

function kindOf(argument: number): RightKind | undefined {
  return rightKinds[argument];
}

/** The answer of a call after which waiting receivers may have nothing to wait for. */
function changed(caller: Caller, code: number): CallResult {
  noteChanged(caller);
  return returnValue(code);
}

function replyPort(caller: Caller): CallResult {
  return returnValue(portAllocate(spaceOf(caller), "receive").name);
}

function bootstrapPort(caller: Caller): CallResult {
  const context = spaceOf(caller);
  if (namesLeft(context.space) === 0) return returnValue(0);
  return returnValue(copyout(context, { kind: "send", uid: wellKnownPort(fsHost, "names") }));
}

function allocate(caller: Caller, [right, address]: Arguments): CallResult {
  const kind = kindOf(right);
  if (!kind) return returnValue(kern.invalidValue);
  const refused = prepareWords(caller, [address, 1]);
  if (refused) return refused;
  const { code, name } = portAllocate(spaceOf(caller), kind);
  if (code === kern.success) storeWords(caller, address, [name]);
  return returnValue(code);
}

function deallocate(caller: Caller, [name]: Arguments): CallResult {
  return changed(caller, portDeallocate(spaceOf(caller), wordOf(name)));
}

function destroy(caller: Caller, [name]: Arguments): CallResult {
  return changed(caller, portDestroy(spaceOf(caller), wordOf(name)));
}

function modRefs(caller: Caller, [name, right, delta]: Arguments): CallResult {
  const kind = kindOf(right);
  if (!kind || Math.abs(delta) > 2 ** 31) return returnValue(kern.invalidValue);
  return changed(caller, portModRefs(spaceOf(caller), wordOf(name), kind, delta));
}

function insertRight(caller: Caller, [name, right, disposition]: Arguments): CallResult {
  const from = { name: wordOf(right), disposition };
  const context = spaceOf(caller);
  const answer = attempt(caller, () => portInsertNamed(context, wordOf(name), from));
  return isLacking(answer) ? waitForPort(answer) : changed(caller, answer);
}

function moveMember(caller: Caller, [member, set]: Arguments): CallResult {
  return changed(caller, portMoveMember(spaceOf(caller), wordOf(member), wordOf(set)));
}

/** Lists of words, with their common length in and out at `count`; an address of 0 wants none. */
function storeLists(
  caller: Caller,
  count: number,
  lists: readonly (readonly [address: number, words: readonly number[]])[],
): CallResult {
  const room = readWord(caller, count);
  if (typeof room !== "number") return room;
  const length = lists[0]?.[1].length ?? 0;
  const wanted = lists.filter(([address]) => address !== 0);
  const fits = length <= room;
  const places = fits
    ? wanted.map(([address, { length: words }]) => [address, words] as const)
    : [];
  const refused = prepareWords(caller, [count, 1], ...places);
  if (refused) return refused;
  storeWords(caller, count, [length]);
  if (!fits) return returnValue(kern.noSpace);
  for (const [address, words] of wanted) storeWords(caller, address, words);
  return returnValue(kern.success);
}

function names(caller: Caller, [nameList, typeList, count]: Arguments): CallResult {
  const found = portNames(spaceOf(caller));
  return storeLists(caller, count, [
    [nameList, found.map(({ name }) => name)],
    [typeList, found.map(({ type }) => type)],
  ]);
}

function type(caller: Caller, [name, address]: Arguments): CallResult {
  const refused = prepareWords(caller, [address, 1]);
  if (refused) return refused;
  const answer = portType(spaceOf(caller), wordOf(name));
  if (answer.code === kern.success) storeWords(caller, address, [answer.type]);
  return returnValue(answer.code);
}

function getRefs(caller: Caller, [name, right, address]: Arguments): CallResult {
  const kind = kindOf(right);
  if (!kind) return returnValue(kern.invalidValue);
  const refused = prepareWords(caller, [address, 1]);
  if (refused) return refused;
  const answer = portGetRefs(spaceOf(caller), wordOf(name), kind);
  if (answer.code === kern.success) storeWords(caller, address, [answer.references]);
  return returnValue(answer.code);
}

const statusWords = 8;

function getStatus(caller: Caller, [name, address]: Arguments): CallResult {
  const refused = prepareWords(caller, [address, statusWords]);
  if (refused) return refused;
  const { code, status } = portGetStatus(spaceOf(caller), wordOf(name));
  if (!status) return returnValue(code);
  const { set, sequence, makeSends, limit, queued, once, sendRights, noSenders } = status;
  const flags = [Number(sendRights), Number(noSenders)];
  storeWords(caller, address, [set, sequence, makeSends, limit, queued, once, ...flags]);
  return returnValue(code);
}

function setQlimit(caller: Caller, [name, limit]: Arguments): CallResult {
  return returnValue(portSetQlimit(spaceOf(caller), wordOf(name), limit));
}

function setMscount(caller: Caller, [name, count]: Arguments): CallResult {
  const value = count < 0 && count >= -(2 ** 31) ? count >>> 0 : count;
  return returnValue(portSetMscount(spaceOf(caller), wordOf(name), value));
}

function getSetMembers(caller: Caller, [set, list, count]: Arguments): CallResult {
  const { code, members } = portGetSetMembers(spaceOf(caller), wordOf(set));
  if (code !== kern.success) return returnValue(code);
  return storeLists(caller, count, [[list, members]]);
}

const row = rowsOf("local");

/** The docs of the calls' arguments, of the answers and of the structures are in <sojourn.h>. */
export const portCalls: readonly CallRow[] = [
  row(-20, "reply_port", replyPort, "A new port; returns the name of its receive right, or 0."),
  row(
    -21,
    "bootstrap_port",
    bootstrapPort,
    "Returns the name of a send right to the name server, or 0.",
  ),
  row(
    -22,
    "port_allocate",
    allocate,
    "kind of right, address of the name: a port, set or dead name.",
  ),
  row(-23, "port_deallocate", deallocate, "name: one user reference less."),
  row(-24, "port_destroy", destroy, "name: all that it stands for is given up."),
  row(-25, "port_mod_refs", modRefs, "name, kind of right, change of its user references."),
  row(-26, "port_insert_right", insertRight, "new name, name of the right, disposition."),
  row(-27, "port_move_member", moveMember, "receive right, port set or 0: membership in the set."),
  row(
    -28,
    "port_request_notification",
    requestNotification,
    "name, notification, sync, send-once right, disposition, address of the earlier request's right.",
  ),
  row(-29, "port_names", names, "addresses of names, types and count: all of the task's names."),
  row(-30, "port_type", type, "name, address: what the name stands for."),
  row(-31, "port_get_refs", getRefs, "name, kind of right, address: its user references."),
  row(-32, "port_get_status", getStatus, "receive right, address of a struct PortStatus."),
  row(-33, "port_set_qlimit", setQlimit, "receive right, messages that its queue takes."),
  row(-34, "port_set_mscount", setMscount, "receive right, count of send rights made."),
  row(-35, "port_get_set_members", getSetMembers, "port set, addresses of members and count."),
  row(
    -36,
    "port_message",
    portMessage,
    "message, options, bytes to send, room for what is received, port or set, nanoseconds: mach_msg.",
  ),
];
