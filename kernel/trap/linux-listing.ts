// Linux calls on a directory's entries and on a file's length: each is a message to its server.
//
//   getdents64 ──list──▶ entries      the position is the server's; what was given out is stored even
//                                     if a page of the buffer has to come first
//   ftruncate ──truncate──▶ count
//   truncate ──open──▶ opened ──truncate──▶ count ──close──▶ count

import { files, isOp, type Message, type PortUid } from "../../ports/index.ts";
import {
  afterRefusal,
  type Caller,
  type CallResult,
  finishWith,
  request,
  returnValue,
} from "../task/call.ts";
import { errno } from "../task/errno.ts";
import type { CallData } from "../task/task.ts";
import { allowedPages, copyOut, pageBytes, protection } from "../vm/index.ts";
import { fileOf } from "./descriptors.ts";
import { currentDirectory, directoryOf, readPath } from "./linux-files.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

const kindMask = 0o170000;
const directoryKind = 0o40000;
const writeOnly = 1;
/** Bytes of entries asked for in one message. */
const listBytesMax = 65536;
/** struct linux_dirent64 up to its name: inode, position behind it, length of the record, kind. */
const entryHeadBytes = 19;

function getdents64(caller: Caller, [fd, address, count]: Arguments): CallResult {
  const found = fileOf(caller, fd);
  if (!found) return returnValue(-errno.EBADF);
  if ((found.file.mode & kindMask) !== directoryKind) return returnValue(-errno.ENOTDIR);
  const room = writableBytes(caller, address, Math.min(count >>> 0, listBytesMax));
  if (room === 0 && count !== 0) return returnValue(-errno.EFAULT);
  const then = { call: "getdents64", data: { address } };
  return request(caller, found.port, files.list, { count: room }, then);
}

/** How many of the bytes may be written at all. */
function writableBytes({ task }: Caller, address: number, count: number): number {
  if (address < 0 || count === 0) return 0;
  const first = Math.floor(address / pageBytes);
  const end = Math.floor((address + count - 1) / pageBytes) + 1;
  const pages = allowedPages(task.memory, first, end, protection.write);
  return Math.max(0, Math.min(count, (first + pages) * pageBytes - address));
}

function finishList(caller: Caller, data: CallData, reply: Message | null): CallResult {
  if (!reply || !isOp(reply, files.entries)) return returnValue(-errno.EIO);
  if (reply.body.error !== 0) return returnValue(-reply.body.error);
  const address = data["address"] as number;
  const bytes = encodeEntries(reply.body);
  const refusal = copyOut(caller.kernel, caller.task.memory, address, bytes);
  if (!refusal) return returnValue(bytes.length);
  return afterRefusal(caller, refusal, address, finishWith("getdents64", data, reply));
}

function encodeEntries(body: Message<typeof files.entries.body>["body"]): Uint8Array {
  const names = body.names.map((name) => new TextEncoder().encode(name));
  const sizes = names.map((name) => Math.ceil((entryHeadBytes + name.length + 1) / 8) * 8);
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  names.forEach((name, index) => {
    const size = sizes[index] ?? 0;
    view.setBigUint64(at, BigInt(body.inodes[index] ?? 0), true);
    view.setBigInt64(at + 8, BigInt(body.offsets[index] ?? 0), true);
    view.setUint16(at + 16, size, true);
    bytes[at + 18] = body.kinds[index] ?? 0;
    bytes.set(name, at + entryHeadBytes);
    at += size;
  });
  return bytes;
}

function ftruncate(caller: Caller, [fd, size]: Arguments): CallResult {
  const wrong = wrongSize(size);
  if (wrong !== 0) return returnValue(-wrong);
  const found = fileOf(caller, fd);
  if (!found) return returnValue(-errno.EBADF);
  return request(
    caller,
    found.port,
    files.truncate,
    { size, grows: false },
    { call: "ftruncate", data: {} },
  );
}

function wrongSize(size: number): number {
  if (size < 0) return errno.EINVAL;
  return Number.isSafeInteger(size) ? 0 : errno.EFBIG;
}

/** 0 or an error, whatever the count is. */
function finishTruncate(_caller: Caller, _data: CallData, reply: Message | null): CallResult {
  return returnValue(reply && isOp(reply, files.count) ? 0 - reply.body.error : -errno.EIO);
}

function truncate(caller: Caller, [address, size]: Arguments): CallResult {
  const wrong = wrongSize(size);
  if (wrong !== 0) return returnValue(-wrong);
  const path = readPath(caller, address);
  if (typeof path !== "string") return path;
  const directory = directoryOf(caller, currentDirectory, path);
  if (directory === undefined) return returnValue(-errno.EBADF);
  const body = { path, flags: writeOnly, mode: 0 };
  return request(caller, directory, files.open, body, { call: "truncate", data: { size } });
}

/** The answer to its open, to its truncate, or to its close. */
function truncateStep(caller: Caller, data: CallData, reply: Message | null): CallResult {
  if (!reply) return returnValue(-errno.EIO);
  if (isOp(reply, files.opened)) {
    const [right] = reply.rights;
    if (reply.body.error !== 0 || !right) return returnValue(-reply.body.error);
    const then = { call: "truncate", data: { port: right.uid } };
    const size = data["size"] as number;
    return request(caller, right.uid, files.truncate, { size, grows: false }, then);
  }
  if (data["result"] !== undefined) return returnValue(data["result"] as number);
  const result = isOp(reply, files.count) ? 0 - reply.body.error : -errno.EIO;
  const then = { call: "truncate", data: { result } };
  return request(caller, data["port"] as PortUid, files.close, {}, then);
}

const row = rowsOf("server");

export const listingCalls: readonly CallRow[] = [
  row(45, "truncate", truncate, "Opens, sets the length, and closes."),
  row(46, "ftruncate", ftruncate, "Sets the length; what is missing is zero."),
  row(61, "getdents64", getdents64, "The next entries; their order and position are the server's."),
];

export const listingFinishers: Finishers = {
  ftruncate: finishTruncate,
  getdents64: finishList,
  truncate: truncateStep,
};
