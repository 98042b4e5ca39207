// Linux calls that take names out of directories and make directories: each is one message.

import { files } from "../../ports/index.ts";
import { type Caller, type CallResult, request, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { directoryOf, readPath } from "./linux-files.ts";
import { type Arguments, type CallRow, rowsOf } from "./table.ts";

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

const row = rowsOf("server");

export const removeCalls: readonly CallRow[] = [
  row(34, "mkdirat", mkdirat, "A new directory; its permissions are 0755 whatever is asked."),
  row(
    35,
    "unlinkat",
    unlinkat,
    "Takes a name away; the file lives until it is closed and unmapped everywhere.",
  ),
];
