// Linux calls that say when and where a file's bytes are wanted: fsync and its kin, fallocate, advice.
//
// What a program wrote through mappings is with the server before any call on files is sent; what it
// wrote by write is there when the call returns. So fsync only has to be a call that is answered. It
// does not make files outlive a crash of fs: the disk is only read.

import { files, isOp, type Message } from "../../ports/index.ts";
import { type Caller, type CallResult, request, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import type { CallData } from "../task/task.ts";
import { returnShared } from "../vm/index.ts";
import { fileOf } from "./descriptors.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

const fileType = { mask: 0o170000, regular: 0o100000, directory: 0o040000 } as const;

function fsync(caller: Caller, [fd]: Arguments): CallResult {
  const found = fileOf(caller, fd);
  if (!found) return returnValue(-errno.EBADF);
  const type = found.file.mode & fileType.mask;
  const stored = type === fileType.regular || type === fileType.directory;
  if (!stored) return returnValue(-errno.EINVAL);
  return request(caller, found.port, files.stat, {}, { call: "fsync", data: {} });
}

function finishSync(_caller: Caller, _data: CallData, reply: Message | null): CallResult {
  const done = reply && isOp(reply, files.status);
  return returnValue(done ? 0 - reply.body.error : -errno.EIO);
}

function sync({ kernel, task }: Caller): CallResult {
  returnShared(kernel, task.memory);
  return returnValue(0);
}

/** Mode 0 makes the file longer; KEEP_SIZE alone has nothing to reserve. */
function fallocate(caller: Caller, [fd, mode, offset, bytes]: Arguments): CallResult {
  const found = fileOf(caller, fd);
  if (!found) return returnValue(-errno.EBADF);
  if (offset < 0 || bytes <= 0) return returnValue(-errno.EINVAL);
  if ((mode & ~1) !== 0) return returnValue(-errno.EOPNOTSUPP);
  if ((found.file.flags & 3) === 0) return returnValue(-errno.EBADF);
  const size = offset + bytes;
  if (!Number.isSafeInteger(size)) return returnValue(-errno.EFBIG);
  if ((found.file.mode & fileType.mask) !== fileType.regular) return returnValue(-errno.ENODEV);
  if (mode !== 0) return returnValue(0);
  const then = { call: "ftruncate", data: {} };
  return request(caller, found.port, files.truncate, { size, grows: true }, then);
}

/** Nothing is read ahead because it was said. */
function advise(caller: Caller, [fd]: Arguments): CallResult {
  return returnValue(fileOf(caller, fd) ? 0 : -errno.EBADF);
}

const row = rowsOf("server");
const syncDoc = "What was written is with the server; it does not outlive a crash of fs.";

export const syncCalls: readonly CallRow[] = [
  row(47, "fallocate", fallocate, "Makes a file longer; there are no holes to punch.", "partial"),
  row(81, "sync", sync, syncDoc, "partial"),
  row(82, "fsync", fsync, syncDoc, "partial"),
  row(83, "fdatasync", fsync, syncDoc, "partial"),
  row(213, "readahead", advise, "Accepted."),
  row(223, "fadvise64", advise, "Accepted."),
];

export const syncFinishers: Finishers = { fsync: finishSync };
