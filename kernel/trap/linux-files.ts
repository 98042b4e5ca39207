// Linux calls on files: each is a message to the port behind a descriptor.
//
// The offset lives with the server, so a file that is shared, or whose task moves, needs nothing
// here. Reading and writing are in `linux-transfer.ts`, descriptors in `linux-descriptors.ts`.

import {
  files,
  fsHost,
  isOp,
  type Message,
  type PortUid,
  releaseRight,
  wellKnownPort,
} from "../../ports/index.ts";
import {
  afterRefusal,
  type Caller,
  type CallResult,
  finishWith,
  request,
  returnValue,
  spaceOf,
} from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { openFile } from "../task/open-streams.ts";
import type { CallData } from "../task/task.ts";
import { copyInString, copyOut, pageBytes } from "../vm/index.ts";
import { fileOf, freeDescriptor } from "./descriptors.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

const pathBytesMax = 4096;
/** AT_FDCWD. */
export const currentDirectory = -100;
const emptyPath = 0x1000;
const noFollow = 0x100;

/** The directory that a relative path starts from. */
export function directoryOf(caller: Caller, fd: number, path: string): PortUid | undefined {
  if (path.startsWith("/") || fd === currentDirectory) return wellKnownPort(fsHost, "files");
  return fileOf(caller, fd)?.port;
}

/** `/proc/self/exe` is the one name that means something else in each task. */
function resolveSelf(caller: Caller, path: string): string {
  return path === "/proc/self/exe" ? caller.task.program.path : path;
}

export function readPath(caller: Caller, address: number): string | CallResult {
  const path = copyInString(caller.kernel, caller.task.memory, address, pathBytesMax);
  if (path === null) return returnValue(-errno.ENAMETOOLONG);
  return typeof path === "string" ? path : afterRefusal(caller, path, address);
}

function openat(caller: Caller, [fd, address, flags, mode]: Arguments): CallResult {
  const path = readPath(caller, address);
  if (typeof path !== "string") return path;
  const directory = directoryOf(caller, fd, path);
  if (directory === undefined) return returnValue(-errno.EBADF);
  if (freeDescriptor(caller) < 0) return returnValue(-errno.EMFILE);
  const body = { path: resolveSelf(caller, path), flags: flags >>> 0, mode: mode >>> 0 };
  const data = { flags: flags >>> 0 };
  return request(caller, directory, files.open, body, { call: "openat", data });
}

function finishOpen(caller: Caller, data: CallData, reply: Message | null): CallResult {
  if (!reply || !isOp(reply, files.opened)) return returnValue(-errno.EIO);
  const { error, mode, path } = reply.body;
  const [right] = reply.rights;
  if (error !== 0 || !right) return returnValue(-error);
  const fd = freeDescriptor(caller);
  if (fd < 0) return returnValue(-errno.EMFILE);
  const flags = data["flags"] as number;
  const file = openFile(caller, right, { path, mode, flags });
  caller.task.files[fd] = { ...file, closeOnExec: (flags & 0o2000000) !== 0 };
  return returnValue(fd);
}

function close(caller: Caller, [fd]: Arguments): CallResult {
  const found = fileOf(caller, fd);
  if (!found) return returnValue(-errno.EBADF);
  caller.task.files[fd] = null;
  if (!releaseRight(spaceOf(caller), found.file.name)) return returnValue(0);
  return request(caller, found.port, files.close, {}, { call: "close", data: {} });
}

export function finishCount(_caller: Caller, _data: CallData, reply: Message | null): CallResult {
  if (!reply || !isOp(reply, files.count)) return returnValue(-errno.EIO);
  return returnValue(reply.body.error === 0 ? reply.body.value : -reply.body.error);
}

function seek(caller: Caller, [fd, offset, whence]: Arguments): CallResult {
  const found = fileOf(caller, fd);
  if (!found) return returnValue(-errno.EBADF);
  if (whence < 0 || whence > 2) return returnValue(-errno.EINVAL);
  return request(caller, found.port, files.seek, { offset, whence }, { call: "count", data: {} });
}

function fstat(caller: Caller, [fd, address]: Arguments): CallResult {
  const found = fileOf(caller, fd);
  if (!found) return returnValue(-errno.EBADF);
  return request(caller, found.port, files.stat, {}, { call: "stat", data: { address } });
}

function newfstatat(caller: Caller, args: Arguments): CallResult {
  const [fd, address, buffer, flags] = args;
  const path = readPath(caller, address);
  if (typeof path !== "string") return path;
  if (path === "" && (flags & emptyPath) !== 0) return fstat(caller, [fd, buffer, 0, 0, 0, 0]);
  const directory = directoryOf(caller, fd, path);
  if (directory === undefined) return returnValue(-errno.EBADF);
  const body = { path: resolveSelf(caller, path), follow: (flags & noFollow) === 0 };
  const data = { address: buffer };
  return request(caller, directory, files.statPath, body, { call: "stat", data });
}

const accessBits = { execute: 1, all: 7 } as const;

/** faccessat, and faccessat2 with its flags: guests are root, who may all but execute what nobody may. */
function faccessat(caller: Caller, [fd, address, mode, flags]: Arguments): CallResult {
  const path = readPath(caller, address);
  if (typeof path !== "string") return path;
  if ((mode & ~accessBits.all) !== 0) return returnValue(-errno.EINVAL);
  const directory = directoryOf(caller, fd, path);
  if (directory === undefined) return returnValue(-errno.EBADF);
  const body = { path: resolveSelf(caller, path), follow: (flags & noFollow) === 0 };
  const data = { mode };
  return request(caller, directory, files.statPath, body, { call: "access", data });
}

function finishAccess(_caller: Caller, data: CallData, reply: Message | null): CallResult {
  if (!reply || !isOp(reply, files.status)) return returnValue(-errno.EIO);
  const { error, mode } = reply.body;
  if (error !== 0) return returnValue(-error);
  const asked = data["mode"] as number;
  const executable = (mode & 0o111) !== 0;
  return returnValue((asked & accessBits.execute) !== 0 && !executable ? -errno.EACCES : 0);
}

function finishStat(caller: Caller, data: CallData, reply: Message | null): CallResult {
  if (!reply || !isOp(reply, files.status)) return returnValue(-errno.EIO);
  if (reply.body.error !== 0) return returnValue(-reply.body.error);
  const address = data["address"] as number;
  const refusal = copyOut(caller.kernel, caller.task.memory, address, encodeStat(reply));
  if (!refusal) return returnValue(0);
  return afterRefusal(caller, refusal, address, finishWith("stat", data, reply));
}

/** struct stat of asm-generic, 128 bytes. */
function encodeStat({ body }: Message<typeof files.status.body>): Uint8Array {
  const view = new DataView(new ArrayBuffer(128));
  const wide = (at: number, value: number): void => view.setBigInt64(at, BigInt(value), true);
  wide(0, 1);
  wide(8, body.inode);
  view.setUint32(16, body.mode, true);
  view.setUint32(20, body.links, true);
  wide(32, body.device);
  wide(48, body.size);
  view.setInt32(56, pageBytes, true);
  wide(64, Math.ceil(body.size / 512));
  return new Uint8Array(view.buffer);
}

function readlinkat(caller: Caller, [fd, address, buffer, size]: Arguments): CallResult {
  const path = readPath(caller, address);
  if (typeof path !== "string") return path;
  if (size <= 0) return returnValue(-errno.EINVAL);
  if (path === "/proc/self/exe") return storeText(caller, caller.task.program.path, buffer, size);
  const directory = directoryOf(caller, fd, path);
  if (directory === undefined) return returnValue(-errno.EBADF);
  const data = { buffer, size };
  return request(caller, directory, files.readLink, { path }, { call: "readlink", data });
}

function finishReadlink(caller: Caller, data: CallData, reply: Message | null): CallResult {
  if (!reply || !isOp(reply, files.text)) return returnValue(-errno.EIO);
  if (reply.body.error !== 0) return returnValue(-reply.body.error);
  const result = storeText(
    caller,
    reply.body.text,
    data["buffer"] as number,
    data["size"] as number,
  );
  if (result.do !== "wait") return result;
  return { do: "wait", wait: { ...result.wait, then: finishWith("readlink", data, reply) } };
}

function storeText(caller: Caller, text: string, buffer: number, size: number): CallResult {
  const bytes = new TextEncoder().encode(text).subarray(0, size);
  const refusal = copyOut(caller.kernel, caller.task.memory, buffer, bytes);
  return refusal ? afterRefusal(caller, refusal, buffer) : returnValue(bytes.length);
}

const row = rowsOf("server");

export const fileCalls: readonly CallRow[] = [
  row(
    56,
    "openat",
    openat,
    "Opens by message to the directory's server; the right becomes a descriptor.",
  ),
  row(
    48,
    "faccessat",
    (caller, [fd, path, mode]) => faccessat(caller, [fd, path, mode, 0, 0, 0]),
    "Whether a path is there, and may be executed: guests are root.",
  ),
  row(439, "faccessat2", faccessat, "As faccessat, with AT_SYMLINK_NOFOLLOW."),
  row(57, "close", close, "The last reference is closed by an acknowledged message."),
  row(62, "lseek", seek, "Moves the offset, which the server keeps; also of a directory."),
  row(78, "readlinkat", readlinkat, "The text of a link; /proc/self/exe is the program."),
  row(79, "newfstatat", newfstatat, "Attributes by path or, with AT_EMPTY_PATH, by descriptor."),
  row(80, "fstat", fstat, "Attributes of an open file."),
];

export const fileFinishers: Finishers = {
  openat: finishOpen,
  close: finishCount,
  count: finishCount,
  stat: finishStat,
  access: finishAccess,
  readlink: finishReadlink,
};
