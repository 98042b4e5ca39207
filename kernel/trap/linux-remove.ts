// Linux calls that take names out of directories, change them, and make directories: each is one message.

import { files, isOp, type Message, type PortUid } from "../../ports/index.ts";
import { type Caller, type CallResult, request, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import type { CallData } from "../task/task.ts";
import { directoryOf, readPath } from "./linux-files.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

const removeDirectory = 0x200;

function unlinkat(caller: Caller, [fd, address, flags]: Arguments): CallResult {
  if ((flags & ~removeDirectory) !== 0) return returnValue(-errno.EINVAL);
  const path = readPath(caller, address);
  if (typeof path !== "string") return path;
  const parent = directoryOf(caller, fd, path);
  if (parent === undefined) return returnValue(-errno.EBADF);
  const body = { path, directory: flags !== 0 };
  return request(caller, parent, files.remove, body, { call: "count", data: {} });
}

function mkdirat(caller: Caller, [fd, address, mode]: Arguments): CallResult {
  const path = readPath(caller, address);
  if (typeof path !== "string") return path;
  const parent = directoryOf(caller, fd, path);
  if (parent === undefined) return returnValue(-errno.EBADF);
  const body = { path, mode: mode >>> 0 };
  return request(caller, parent, files.makeDirectory, body, { call: "count", data: {} });
}

/** RENAME_NOREPLACE; there is no RENAME_EXCHANGE. */
const renameFlags = { keep: 1 } as const;

/** Both paths go to the old one's directory; of the new one's, if it is another, it has to know which. */
function renameat2(caller: Caller, [fd, address, toFd, toAddress, flags]: Arguments): CallResult {
  if ((flags & ~renameFlags.keep) !== 0) return returnValue(-errno.EINVAL);
  const path = readPath(caller, address);
  if (typeof path !== "string") return path;
  const to = readPath(caller, toAddress);
  if (typeof to !== "string") return to;
  const parent = directoryOf(caller, fd, path);
  const toParent = directoryOf(caller, toFd, to);
  if (parent === undefined || toParent === undefined) return returnValue(-errno.EBADF);
  if (path === "" || to === "") return returnValue(-errno.ENOENT);
  const renaming = { parent, path, to, replaces: (flags & renameFlags.keep) === 0 };
  if (toParent === parent || to.startsWith("/")) return rename(caller, renaming, 0);
  return request(caller, toParent, files.stat, {}, { call: "rename", data: renaming });
}

interface Renaming {
  readonly parent: PortUid;
  readonly path: string;
  readonly to: string;
  readonly replaces: boolean;
}

function rename(caller: Caller, { parent, ...names }: Renaming, at: number): CallResult {
  return request(caller, parent, files.rename, { ...names, at }, { call: "count", data: {} });
}

function finishStat(caller: Caller, data: CallData, reply: Message | null): CallResult {
  if (!reply || !isOp(reply, files.status)) return returnValue(-errno.EIO);
  const { error, inode } = reply.body;
  return error === 0 ? rename(caller, data as unknown as Renaming, inode) : returnValue(-error);
}

const row = rowsOf("server");

export const removeCalls: readonly CallRow[] = [
  row(34, "mkdirat", mkdirat, "A new directory; its permissions are 0755 whatever is asked."),
  row(
    35,
    "unlinkat",
    unlinkat,
    "Takes a name away; the file lives until it is closed and unmapped everywhere.",
  ),
  row(276, "renameat2", renameat2, "Another name, in place of what has it; RENAME_NOREPLACE."),
];

export const removeFinishers: Finishers = { rename: finishStat };
