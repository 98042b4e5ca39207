// Linux calls on descriptors themselves: other names for an open file, and what a terminal is asked.

import { must } from "../../ports/base/index.ts";
import { files, lookupRight, releaseRight } from "../../ports/index.ts";
import {
  afterRefusal,
  type Caller,
  type CallResult,
  request,
  returnValue,
  spaceOf,
} from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { copyOut } from "../vm/index.ts";
import { fileOf } from "./descriptors.ts";
import { finishCount } from "./linux-files.ts";
import { descriptorLimit } from "./linux-limits.ts";
import { type Arguments, type CallRow, type Finishers, rowsOf } from "./table.ts";

/** O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_CLOEXEC: of the opening, not of the open file. */
const openOnlyFlags = 0o2001700;

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
  const limit = descriptorLimit(caller.task);
  if (least < 0 || least >= limit) return returnValue(-errno.EINVAL);
  let free = least;
  while (free < limit && caller.task.files[free]) free++;
  if (free >= limit) return returnValue(-errno.EMFILE);
  must(lookupRight(caller.task.space, file.name), "right of an open file").references++;
  while (caller.task.files.length < free) caller.task.files.push(null);
  caller.task.files[free] = { ...file, closeOnExec };
  return returnValue(free);
}

/** As duplicate, but to a descriptor of the caller's choice; what was open there is closed. */
function dup3(caller: Caller, [from, to, flags]: Arguments): CallResult {
  const file = caller.task.files[from];
  if (!file || to < 0 || to >= descriptorLimit(caller.task)) return returnValue(-errno.EBADF);
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

export const descriptorCalls: readonly CallRow[] = [
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
];

export const descriptorFinishers: Finishers = {
  dup3: (caller, data, reply) => {
    const closed = finishCount(caller, data, reply);
    return closed.do === "return" ? returnValue(data["fd"] as number) : closed;
  },
};
