// What is asked of an open file: read, write, both at an offset, seek, truncate, stat, close. The offset lives here.
//
// An operation takes effect when its message comes; only the answer may wait for the disk. So two
// holders of one right see one offset, whatever the disk does in between.

import { files, type Message } from "../ports/index.ts";
import { fileBytesMax, readContents, roomForWrite, truncate, writeContents } from "./contents.ts";
import { bringIn, loadFromDisk } from "./disk.ts";
import { errno } from "./errno.ts";
import { answerAt } from "./late.ts";
import type { DeviceNode, FileNode, Node, OpenFile, Serving } from "./state.ts";
import { answerChange } from "./flushing.ts";
import { cutCopies, flushCopies } from "./pager.ts";
import { forgetUnused } from "./remove.ts";
import { sizeOf, statusOf } from "./status.ts";
import { nodeAt } from "./tree.ts";

const nothing = new Uint8Array(0);

type Range = { readonly offset: number; readonly count: number };

export function onRead(
  serving: Serving,
  open: OpenFile,
  message: Message<typeof files.read.body>,
): void {
  open.offset += read(serving, open, message, {
    offset: open.offset,
    count: message.body.count,
  });
}

export function onReadAt(
  serving: Serving,
  open: OpenFile,
  message: Message<typeof files.readAt.body>,
): void {
  read(serving, open, message, message.body);
}

/** Answers, now or when the disk has been read; returns how many bytes. */
function read(serving: Serving, open: OpenFile, request: Message, asked: Range): number {
  const node = nodeAt(serving, open.inode);
  const count = Math.min(asked.count, serving.config.messageBytesMax);
  if (!open.readable) return answerData(serving, request, errno.EBADF, nothing);
  switch (node.kind) {
    case "device":
      return answerData(serving, request, 0, readDevice(node, count));
    case "file":
      return readFile(serving, node, request, { offset: asked.offset, count });
    case "directory":
    case "link":
      return answerData(serving, request, errno.EISDIR, nothing);
  }
}

function readFile(serving: Serving, file: FileNode, request: Message, asked: Range): number {
  const count = Math.max(0, Math.min(asked.count, file.size - asked.offset));
  if (count === 0) return answerData(serving, request, 0, nothing);
  const disk = loadFromDisk(serving, file);
  if (!disk) return answerData(serving, request, errno.EIO, nothing);
  const bytes = readContents(file, disk, { offset: asked.offset, count });
  answerAt(serving, bringIn(serving, file), { send: "data", request, bytes });
  return count;
}

function answerData(
  { context }: Serving,
  request: Message,
  error: number,
  bytes: Uint8Array,
): number {
  context.reply(request, files.data, { error, bytes });
  return bytes.length;
}

function readDevice(node: DeviceNode, count: number): Uint8Array {
  return node.device === "null" ? nothing : new Uint8Array(count);
}

export function onWrite(
  serving: Serving,
  open: OpenFile,
  message: Message<typeof files.write.body>,
): void {
  const { bytes } = message.body;
  const written = write(serving, open, bytes, open.offset);
  if ("end" in written) open.offset = written.end;
  answerWrite(serving, open, message, written);
}

export function onWriteAt(
  serving: Serving,
  open: OpenFile,
  message: Message<typeof files.writeAt.body>,
): void {
  const { bytes, offset } = message.body;
  answerWrite(serving, open, message, write(serving, open, bytes, offset));
}

type Written = { readonly count: number; readonly end?: number } | { readonly error: number };

function answerWrite(
  serving: Serving,
  { inode }: OpenFile,
  message: Message,
  written: Written,
): void {
  const error = "error" in written ? written.error : 0;
  const value = "error" in written ? 0 : written.count;
  answerChange(serving, inode, message, { error, value });
}

function write(serving: Serving, open: OpenFile, bytes: Uint8Array, offset: number): Written {
  const node = nodeAt(serving, open.inode);
  return !open.writable
    ? { error: errno.EBADF }
    : node.kind === "file"
      ? writeFile(serving, node, bytes, open.append ? node.size : offset)
      : node.kind === "device" && node.device === "full"
        ? { error: errno.ENOSPC }
        : { count: bytes.length };
}

/** Acknowledged from memory: writing never waits for the disk. */
function writeFile(serving: Serving, file: FileNode, bytes: Uint8Array, offset: number): Written {
  const { state } = serving;
  const room = roomForWrite(serving, file, { offset, count: bytes.length });
  if ("error" in room) return room;
  const disk = loadFromDisk(serving, file);
  if (!disk) return { error: errno.EIO };
  writeContents(state, file, disk, { offset, bytes: bytes.subarray(0, room.count) });
  flushCopies(serving, file.inode);
  return { ...room, end: offset + room.count };
}

export function onSeek(
  serving: Serving,
  open: OpenFile,
  message: Message<typeof files.seek.body>,
): void {
  const sought = seek(serving, open, message.body);
  if ("offset" in sought) open.offset = sought.offset;
  const error = "error" in sought ? sought.error : 0;
  const value = "error" in sought ? 0 : sought.offset;
  serving.context.reply(message, files.count, { error, value });
}

function seek(
  serving: Serving,
  open: OpenFile,
  asked: { readonly offset: number; readonly whence: number },
): { readonly offset: number } | { readonly error: number } {
  const node = nodeAt(serving, open.inode);
  // A name that was opened only as a path has no offset.
  if (!open.readable && !open.writable) return { error: errno.EBADF };
  if (asked.whence > 2) return { error: errno.EINVAL };
  // The memory devices have no offset and accept any.
  if (node.kind === "device") return { offset: 0 };
  const base = [0, open.offset, sizeOf(node)][asked.whence] ?? 0;
  const offset = base + asked.offset;
  return offset < 0 || offset > fileBytesMax ? { error: errno.EINVAL } : { offset };
}

export function onTruncate(
  serving: Serving,
  open: OpenFile,
  message: Message<typeof files.truncate.body>,
): void {
  const node = nodeAt(serving, open.inode);
  const { size, grows } = message.body;
  const error = refusalToTruncate(open, node, size);
  if (error === 0 && node.kind === "file" && !(grows && size <= node.size)) {
    const shorter = size < node.size;
    truncate(serving.state, node, size);
    flushCopies(serving, node.inode);
    if (shorter) cutCopies(serving, node.inode, size);
  }
  answerChange(serving, open.inode, message as Message, { error, value: 0 });
}

/** As Linux's ftruncate: EBADF only for what was opened as a path. */
function refusalToTruncate(open: OpenFile, node: Node, size: number): number {
  if (!open.readable && !open.writable) return errno.EBADF;
  if (!open.writable || node.kind !== "file") return errno.EINVAL;
  return size > fileBytesMax ? errno.EFBIG : 0;
}

export function onStat(
  serving: Serving,
  open: OpenFile,
  message: Message<typeof files.stat.body>,
): void {
  const links = serving.state.unlinked.has(open.inode) ? 0 : 1;
  const status = statusOf(nodeAt(serving, open.inode));
  serving.context.reply(message, files.status, { ...status, links });
}

export function onShare(
  { context }: Serving,
  open: OpenFile,
  message: Message<typeof files.share.body>,
): void {
  open.holders++;
  context.reply(message, files.count, { error: 0, value: 0 });
}

export function onClose(
  serving: Serving,
  open: OpenFile,
  message: Message<typeof files.close.body>,
): void {
  const { state, context } = serving;
  context.reply(message, files.count, { error: 0, value: 0 });
  if (open.port === null || --open.holders > 0) return;
  state.opens.delete(open.tag);
  context.destroyPort(open.port);
  forgetUnused(serving, open.inode);
}
