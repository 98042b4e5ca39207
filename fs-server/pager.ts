// The pager of files: a memory object for each file that is mapped, served at a port of its own.
//
//   map (at an open file) ──▶ mapped + the object's port, the same for all who map the file
//   memory.request        ──▶ the pages, at once or when the disk has been read
//   the file is written   ──▶ flush to every kernel that was sent pages of it
//   memory.return         ──▶ written into the file; returned
//   memory.terminate      ──▶ nothing: other kernels may have the object, so its port stays

import { files, isOp, memory, type Message, type PortUid, type Right } from "../ports/index.ts";
import { fileBytesMax, roomForWrite, writeContents } from "./contents.ts";
import { bringIn, loadFromDisk } from "./disk.ts";
import { errno } from "./errno.ts";
import { answerAt } from "./late.ts";
import { pageBytes, type PagesAsked, pagesOf, refusePages } from "./pager-pages.ts";
import type { FileNode, Node, OpenFile, Serving } from "./state.ts";
import { nodeAt } from "./tree.ts";

const objectPrefix = "object:";

export function onMap(
  serving: Serving,
  open: OpenFile,
  message: Message<typeof files.map.body>,
): void {
  const node = nodeAt(serving, open.inode);
  const error = refusalToMap(open, node);
  const rights = error === 0 ? [objectOf(serving, node)] : [];
  const size = node.kind === "file" ? node.size : fileBytesMax;
  serving.context.reply(message, files.mapped, { error, size: error === 0 ? size : 0 }, rights);
}

function refusalToMap(open: OpenFile, node: Node): number {
  if (!open.readable) return open.writable ? errno.EACCES : errno.EBADF;
  const mappable = node.kind === "file" || (node.kind === "device" && node.device === "zero");
  return mappable ? 0 : errno.ENODEV;
}

function objectOf({ state, context }: Serving, { inode }: Node): Right {
  const known = state.objects.get(inode);
  if (known !== undefined) return { kind: "send", uid: known };
  const right = context.makePort(`${objectPrefix}${inode}`);
  state.objects.set(inode, right.uid);
  return right;
}

/** The inode of the object whose port has this tag, or undefined if it is the tag of an open file. */
export function objectInode(tag: string): number | undefined {
  return tag.startsWith(objectPrefix) ? Number(tag.slice(objectPrefix.length)) : undefined;
}

export function onObjectMessage(serving: Serving, inode: number, message: Message): void {
  if (message.op === memory.synchronize.name) {
    serving.context.reply(message, memory.synchronized, {});
    return;
  }
  // A message without the control port of a kernel has nobody to answer.
  const control = message.rights[0]?.uid;
  if (isOp(message, memory.return) && control !== undefined) {
    onReturn(serving, { ...message.body, inode, control });
    return;
  }
  if (!isOp(message, memory.request) || control === undefined) return;
  const { page, count } = message.body;
  if (count > 0) onRequest(serving, { control, inode, page, count });
}

/**
 * A file has changed: kernels drop the pages that they were sent, before anyone hears of the change,
 * but for the kernel that has made it.
 */
export function flushCopies(
  { state, context }: Serving,
  inode: number,
  except: PortUid | null = null,
): void {
  const caching = state.caching.get(inode);
  for (const control of caching ?? []) {
    if (control === except) continue;
    context.send(control, memory.flush, {});
    caching?.delete(control);
  }
}

interface ReturnedPages {
  readonly inode: number;
  readonly control: PortUid;
  readonly page: number;
  readonly bytes: Uint8Array;
}

/** Pages that were written through a mapping: what lies behind the end of the file is not kept. */
function onReturn(serving: Serving, { inode, control, page, bytes }: ReturnedPages): void {
  const node = nodeAt(serving, inode);
  const error = node.kind === "file" ? storePages(serving, node, page, bytes) : errno.EIO;
  if (error === 0) flushCopies(serving, inode, control);
  const count = Math.floor(bytes.length / pageBytes);
  serving.context.send(control, memory.returned, { page, count, error });
}

function storePages(serving: Serving, file: FileNode, page: number, bytes: Uint8Array): number {
  const offset = page * pageBytes;
  const inside = bytes.subarray(0, Math.max(0, file.size - offset));
  const room = roomForWrite(serving, file, { offset, count: inside.length });
  if ("error" in room) return room.error;
  const disk = loadFromDisk(serving, file);
  if (!disk) return errno.EIO;
  writeContents(serving.state, file, disk, { offset, bytes: inside });
  return 0;
}

function onRequest(serving: Serving, asked: PagesAsked): void {
  const node = nodeAt(serving, asked.inode);
  if (node.kind === "device") {
    const { page, count } = asked;
    serving.context.send(asked.control, memory.unavailable, { page, count });
  } else if (node.kind !== "file" || !loadFromDisk(serving, node)) {
    refusePages(serving, asked);
  } else {
    const beyond = asked.page >= pagesOf(node);
    const at = beyond ? serving.context.now : bringIn(serving, node);
    answerAt(serving, at, { send: "pages", ...asked });
  }
}
