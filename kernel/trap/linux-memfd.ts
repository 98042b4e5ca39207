// memfd_create: memory behind a descriptor. It is a file of the file server that never has a name, as one
// that is opened with O_TMPFILE, so that it can be mapped, read, written, cut, and taken along by a move.

import { files, fsHost, wellKnownPort } from "../../ports/index.ts";
import { type Caller, type CallResult, request, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { readPath } from "./linux-files.ts";
import { freeDescriptor } from "./descriptors.ts";
import { type Arguments, type CallRow, rowsOf } from "./table.ts";

/** MFD_CLOEXEC, and MFD_ALLOW_SEALING, which means nothing here; no huge pages. */
const flags = { closeOnExec: 1, known: 3 } as const;
/** O_TMPFILE | O_RDWR, and O_CLOEXEC. */
const open = { access: 0o20200002, closeOnExec: 0o2000000 } as const;
const nameMax = 249;

function memfdCreate(caller: Caller, [address, bits]: Arguments): CallResult {
  const name = readPath(caller, address);
  if (typeof name !== "string") return name;
  if ((bits & ~flags.known) !== 0 || name.length > nameMax) return returnValue(-errno.EINVAL);
  if (freeDescriptor(caller) < 0) return returnValue(-errno.EMFILE);
  const body = { path: "/tmp", flags: open.access, mode: 0o777 };
  const data = { flags: open.access | (bits & flags.closeOnExec ? open.closeOnExec : 0) };
  const directory = wellKnownPort(fsHost, "files");
  return request(caller, directory, files.open, body, { call: "openat", data });
}

const row = rowsOf("server");

export const memfdCalls: readonly CallRow[] = [
  row(279, "memfd_create", memfdCreate, "A file without a name; it has no seals.", "partial"),
];
