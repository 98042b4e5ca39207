// read, write and their vectors: bytes between a task's memory and a file's server.
//
// Any length is a loop over segments whose progress is in the wait record: what was transferred is
// never transferred again, wherever the task is when the next answer comes.

import { files, inBackground, isOp, type Message, type PortUid } from "../../ports/index.ts";
import {
  afterRefusal,
  type Caller,
  type CallResult,
  finishWith,
  request,
  returnValue,
} from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { hasSignal, pendSignal, restartFlag, signals } from "../task/signal.ts";
import type { CallData } from "../task/task.ts";
import { copyIn, copyOut, pageBytes, protection, allowedPages } from "../vm/index.ts";
import { fileOf } from "./descriptors.ts";
import { type CallRow, type Finishers, rowsOf } from "./table.ts";

/** Bytes asked for or sent in one message. */
const chunkBytes = 65536;
const segmentsMax = 1024;
/** Linux moves at most this in one call (MAX_RW_COUNT). */
const transferBytesMax = 0x7fff_f000;

/** One stretch of a task's memory in a read or write. */
type Segment = readonly [address: number, bytes: number];

function segmentsOf(caller: Caller, address: number, count: number): Segment[] | CallResult {
  if (count < 0 || count > segmentsMax) return returnValue(-errno.EINVAL);
  const bytes = copyIn(caller.kernel, caller.task.memory, address, count * 16);
  if (!(bytes instanceof Uint8Array)) return afterRefusal(caller, bytes, address);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const segments: Segment[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const start = Number(view.getBigInt64(at, true));
    const length = Number(view.getBigInt64(at + 8, true));
    if (length < 0) return returnValue(-errno.EINVAL);
    if (length > 0) segments.push([start, length]);
  }
  return segments;
}

/** How much of the segments may be accessed at all, or EFAULT when not even their first byte. */
function accessible(
  caller: Caller,
  segments: readonly Segment[],
  access: number,
): Segment[] | CallResult {
  const good: Segment[] = [];
  let room = transferBytesMax;
  for (const [address, bytes] of segments) {
    const first = Math.floor(address / pageBytes);
    const end = Math.floor((address + bytes - 1) / pageBytes) + 1;
    const pages = address < 0 ? 0 : allowedPages(caller.task.memory, first, end, access);
    const reach = Math.min(bytes, (first + pages) * pageBytes - address, room);
    if (reach > 0) good.push([address, reach]);
    if (reach < bytes) break;
    room -= reach;
  }
  return good.length > 0 || segments.length === 0 ? good : returnValue(-errno.EFAULT);
}

interface Transfer {
  readonly fd: number;
  readonly port: PortUid;
  readonly segments: readonly Segment[];
  readonly done: number;
  readonly offset: number;
  /** Regular files are read on until all is there or the file ends; others give what they have. */
  readonly whole: boolean;
  readonly asked: number;
}

function startTransfer(
  caller: Caller,
  fd: number,
  segments: readonly Segment[],
  how: { readonly call: "read" | "write"; readonly offset: number },
): CallResult {
  const found = fileOf(caller, fd);
  if (!found) return returnValue(-errno.EBADF);
  const access = how.call === "read" ? protection.write : protection.read;
  const good = accessible(caller, segments, access);
  const mode = found.file.flags & 3;
  const refused = mode === (how.call === "read" ? 1 : 0);
  if (!Array.isArray(good)) return refused ? returnValue(-errno.EBADF) : good;
  const whole = (found.file.mode & 0o170000) === 0o100000;
  const transfer = {
    fd,
    port: found.port,
    segments: good,
    done: 0,
    offset: how.offset,
    whole,
    asked: 0,
  };
  return how.call === "read" ? readNext(caller, transfer) : writeNext(caller, transfer);
}

const bytesIn = (segments: readonly Segment[]): number =>
  segments.reduce((sum, [, bytes]) => sum + bytes, 0);

/** What is left of the segments behind their first `bytes` bytes. */
function advance(segments: readonly Segment[], bytes: number): Segment[] {
  const rest: Segment[] = [];
  let skip = bytes;
  for (const [address, length] of segments) {
    if (skip < length) rest.push([address + skip, length - skip]);
    skip = Math.max(0, skip - length);
  }
  return rest;
}

function readNext(caller: Caller, transfer: Transfer): CallResult {
  const asked = Math.min(chunkBytes, bytesIn(transfer.segments));
  const then = { call: "read", data: { ...transfer, asked } };
  if (transfer.offset < 0)
    return request(caller, transfer.port, files.read, { count: asked }, then);
  const offset = transfer.offset + transfer.done;
  return request(caller, transfer.port, files.readAt, { offset, count: asked }, then);
}

function finishRead(caller: Caller, data: CallData, reply: Message | null): CallResult {
  const transfer = data as unknown as Transfer;
  if (!reply || !isOp(reply, files.data)) return partial(transfer, errno.EIO);
  const { error, bytes } = reply.body;
  if (error === inBackground && transfer.done === 0) return refusedTerminal(caller);
  if (error !== 0) return partial(transfer, error);
  let at = 0;
  for (const [address, length] of transfer.segments) {
    const part = bytes.subarray(at, at + length);
    if (part.length === 0) break;
    const refusal = copyOut(caller.kernel, caller.task.memory, address, part);
    if (refusal) return afterRefusal(caller, refusal, address, finishWith("read", data, reply));
    at += part.length;
  }
  const next = {
    ...transfer,
    segments: advance(transfer.segments, bytes.length),
    done: transfer.done + bytes.length,
  };
  const more = transfer.whole && bytes.length === transfer.asked && next.segments.length > 0;
  return more ? readNext(caller, next) : returnValue(next.done);
}

/**
 * The terminal belongs to another job: SIGTTIN, and the call is made again once that has been dealt
 * with. A task that is stopped already just makes it again when it goes on.
 */
function refusedTerminal({ task, thread }: Caller): CallResult {
  if (task.stopped !== 0) return { do: "continue" };
  const blocked = hasSignal(thread.signalMask, signals.SIGTTIN);
  if (blocked) return returnValue(-errno.EIO);
  const effect = pendSignal(task, thread, signals.SIGTTIN);
  if (effect.do === "nothing") return returnValue(-errno.EIO);
  const flags = task.signals.actions.get(signals.SIGTTIN)?.flags ?? 0;
  const interrupts = effect.do === "handle" && (flags & restartFlag) === 0;
  return interrupts ? returnValue(-errno.EINTR) : { do: "continue" };
}

/** An error after a part was transferred is reported by the next call, as in Linux. */
function partial(transfer: Transfer, error: number): CallResult {
  return returnValue(transfer.done > 0 ? transfer.done : -error);
}

function writeNext(caller: Caller, transfer: Transfer): CallResult {
  const parts: Uint8Array[] = [];
  let room = chunkBytes;
  for (const [address, length] of transfer.segments) {
    const count = Math.min(room, length);
    if (count === 0) break;
    const bytes = copyIn(caller.kernel, caller.task.memory, address, count);
    if (!(bytes instanceof Uint8Array)) {
      const then = transfer.done > 0 ? finishWith("write", { ...transfer }, null) : undefined;
      return afterRefusal(caller, bytes, address, then);
    }
    parts.push(bytes);
    room -= count;
  }
  const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : joinBytes(parts);
  const then = { call: "write", data: { ...transfer, asked: bytes.length } };
  if (transfer.offset < 0) return request(caller, transfer.port, files.write, { bytes }, then);
  const offset = transfer.offset + transfer.done;
  return request(caller, transfer.port, files.writeAt, { offset, bytes }, then);
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function finishWrite(caller: Caller, data: CallData, reply: Message | null): CallResult {
  const transfer = data as unknown as Transfer;
  if (!reply) return writeNext(caller, transfer); // it only waited for a page
  if (!isOp(reply, files.count)) return partial(transfer, errno.EIO);
  const { error, value } = reply.body;
  if (error === errno.EPIPE && transfer.done === 0) {
    pendSignal(caller.task, caller.thread, signals.SIGPIPE);
  }
  if (error !== 0) return partial(transfer, error);
  const segments = advance(transfer.segments, value);
  const done = transfer.done + value;
  const more = value === transfer.asked && segments.length > 0;
  return more ? writeNext(caller, { ...transfer, segments, done }) : returnValue(done);
}

function vector(call: "read" | "write"): CallRow["call"] {
  return (caller, [fd, address, count]) => {
    const segments = segmentsOf(caller, address, count);
    if (!Array.isArray(segments)) return segments;
    return startTransfer(caller, fd, segments, { call, offset: -1 });
  };
}

/** preadv and pwritev; the offset's upper half is for machines with short registers. */
function vectorAtOffset(call: "read" | "write"): CallRow["call"] {
  return (caller, [fd, address, count, offset]) => {
    if (offset < 0) return returnValue(-errno.EINVAL);
    const segments = segmentsOf(caller, address, count);
    if (!Array.isArray(segments)) return segments;
    return startTransfer(caller, fd, segments, { call, offset });
  };
}

function single(call: "read" | "write"): CallRow["call"] {
  return (caller, [fd, address, count]) => {
    if (count < 0) return returnValue(fileOf(caller, fd) ? -errno.EFAULT : -errno.EBADF);
    const segments: Segment[] = count > 0 ? [[address, count]] : [];
    return startTransfer(caller, fd, segments, { call, offset: -1 });
  };
}

function atOffset(call: "read" | "write"): CallRow["call"] {
  return (caller, [fd, address, count, offset]) => {
    if (offset < 0) return returnValue(-errno.EINVAL);
    if (count < 0) return returnValue(-errno.EFAULT);
    return startTransfer(caller, fd, count > 0 ? [[address, count]] : [], { call, offset });
  };
}

const row = rowsOf("server");

export const transferCalls: readonly CallRow[] = [
  row(
    63,
    "read",
    single("read"),
    "Waits for the server; whole buffers from regular files. SIGTTIN in the background.",
  ),
  row(64, "write", single("write"), "Acknowledged by the server; EPIPE comes with SIGPIPE."),
  row(65, "readv", vector("read"), "As read, into several buffers."),
  row(
    66,
    "writev",
    vector("write"),
    "As write, from several buffers; up to 64 KiB in one message.",
  ),
  row(67, "pread64", atOffset("read"), "Reads at an offset of the caller's."),
  row(68, "pwrite64", atOffset("write"), "Writes at an offset of the caller's."),
  row(69, "preadv", vectorAtOffset("read"), "As pread64, into several buffers."),
  row(70, "pwritev", vectorAtOffset("write"), "As pwrite64, from several buffers."),
];

export const transferFinishers: Finishers = { read: finishRead, write: finishWrite };
