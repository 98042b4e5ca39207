// Linux calls on files: each is a message to the port behind a descriptor.
//
// The offset lives with the server, so a file that is shared, or whose task moves, needs nothing
// here. Reading and writing are in `linux-transfer.ts`.

import { must } from "../../ports/base/index.ts";
import {
  files,
  fsHost,
  isOp,
  lookupRight,
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
import { fileOf } from "./descriptors.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

const descriptorMax = 1024;
const pathBytesMax = 4096;
/** AT_FDCWD. */
export const currentDirectory = -100;
/** O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_CLOEXEC: of the opening, not of the open file. */
const openOnlyFlags = 0o2001700;
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

function freeDescriptor(caller: Caller): number {
  const { files: table } = caller.task;
  for (let fd = 0; fd < descriptorMax; fd++) if (!table[fd]) return fd;
  return -1;
}

function close(caller: Caller, [fd]: Arguments): CallResult {
  const found = fileOf(caller, fd);
  if (!found) return returnValue(-errno.EBADF);
  caller.task.files[fd] = null;
  if (!releaseRight(spaceOf(caller), found.file.name)) return returnValue(0);
  return request(caller, found.port, files.close, {}, { call: "close", data: {} });
}

function finishCount(_caller: Caller, _data: CallData, reply: Message | null): CallResult {
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

const terminalRequests = {
  getAttributes: 0x5401,
  setAttributes: 0x5402,
  windowSize: 0x5413,
} as const;

/** Only a console that is a terminal answers; everything else says ENOTTY, as programs expect. */
function ioctl(caller: Caller, [fd, operation, address]: Arguments): CallResult {
  const found = fileOf(caller, fd);
  if (!found) return returnValue(-errno.EBADF);
  const isTerminal = found.file.path.startsWith("terminal:");
  if (!isTerminal) return returnValue(-errno.ENOTTY);
  const answer = terminalAnswer(operation);
  if (!answer) return returnValue(operation === terminalRequests.setAttributes ? 0 : -errno.EINVAL);
  const refusal = copyOut(caller.kernel, caller.task.memory, address, answer);
  return refusal ? afterRefusal(caller, refusal, address) : returnValue(0);
}

function terminalAnswer(operation: number): Uint8Array | undefined {
  if (operation === terminalRequests.windowSize) {
    return new Uint8Array(new Uint16Array([24, 80, 0, 0]).buffer);
  }
  if (operation !== terminalRequests.getAttributes) return undefined;
  // struct termios: input, output, control and local flags of a line-wise terminal with echo.
  const bytes = new Uint8Array(36);
  new Uint32Array(bytes.buffer).set([0x500, 0x5, 0xbf, 0x8a3b]);
  return bytes;
}

function duplicate(caller: Caller, fd: number, least: number, closeOnExec: boolean): CallResult {
  const file = caller.task.files[fd];
  if (!file) return returnValue(-errno.EBADF);
  if (least < 0 || least >= descriptorMax) return returnValue(-errno.EINVAL);
  let free = least;
  while (free < descriptorMax && caller.task.files[free]) free++;
  if (free === descriptorMax) return returnValue(-errno.EMFILE);
  must(lookupRight(caller.task.space, file.name), "right of an open file").references++;
  while (caller.task.files.length < free) caller.task.files.push(null);
  caller.task.files[free] = { ...file, closeOnExec };
  return returnValue(free);
}

/** As duplicate, but to a descriptor of the caller's choice; what was open there is closed. */
function dup3(caller: Caller, [from, to, flags]: Arguments): CallResult {
  const file = caller.task.files[from];
  if (!file || to < 0 || to >= descriptorMax) return returnValue(-errno.EBADF);
  if (from === to || (flags & ~0o2000000) !== 0) return returnValue(-errno.EINVAL);
  const before = fileOf(caller, to);
  must(lookupRight(caller.task.space, file.name), "right of an open file").references++;
  while (caller.task.files.length < to) caller.task.files.push(null);
  caller.task.files[to] = { ...file, closeOnExec: flags !== 0 };
  if (!before || !releaseRight(spaceOf(caller), before.file.name)) return returnValue(to);
  const data = { port: before.port, fd: to };
  return request(caller, before.port, files.close, {}, { call: "dup3", data });
}

function fcntl(caller: Caller, [fd, operation, argument]: Arguments): CallResult {
  const file = caller.task.files[fd];
  if (!file) return returnValue(-errno.EBADF);
  switch (operation) {
    case 0:
    case 1030:
      return duplicate(caller, fd, argument, operation === 1030);
    case 1:
      return returnValue(file.closeOnExec ? 1 : 0);
    case 2:
      caller.task.files[fd] = { ...file, closeOnExec: (argument & 1) !== 0 };
      return returnValue(0);
    case 3:
      return returnValue(file.flags & ~openOnlyFlags);
    default:
      return returnValue(-errno.EINVAL);
  }
}

const row = rowsOf("server");

export const fileCalls: readonly CallRow[] = [
  row(
    23,
    "dup",
    (caller, [fd]) => duplicate(caller, fd, 0, false),
    "Another name for an open file; the offset is shared.",
  ),
  row(24, "dup3", dup3, "Another name of the caller's choice for an open file."),
  row(25, "fcntl", fcntl, "F_DUPFD, F_GETFD, F_SETFD, F_GETFL.", "partial"),
  row(
    29,
    "ioctl",
    ioctl,
    "Terminal attributes and window size of a console; else ENOTTY.",
    "partial",
  ),
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
  dup3: (caller, data, reply) => {
    const closed = finishCount(caller, data, reply);
    return closed.do === "return" ? returnValue(data["fd"] as number) : closed;
  },
  close: finishCount,
  count: finishCount,
  stat: finishStat,
  access: finishAccess,
  readlink: finishReadlink,
};
