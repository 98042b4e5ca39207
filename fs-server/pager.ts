// The pager of files: a memory object for each file that is mapped, served at a port of its own.
//
//   map (at an open file) ──▶ mapped + the object's port, the same for all who map the file
//   memory.request        ──▶ the pages, at once or when the disk has been read
//   the file is written   ──▶ flush to every kernel that was sent pages of it
//   memory.return         ──▶ written into the file; returned
//   memory.init, gone,    ──▶ where the file is mapped (`showing.ts`): while it is, it stays
//   memory.terminate

import {
  files,
  isOp,
  memory,
  type Message,
  type PortUid,
  type Right,
  uidHost,
  uidIncarnation,
} from "../ports/index.ts";
import { onClaim, onRelease, onWrote } from "./claims.ts";
import { fileBytesMax, roomForWrite, writeContents } from "./contents.ts";
import { bringIn, loadFromDisk } from "./disk.ts";
import { errno } from "./errno.ts";
import { onFlushed, tellChanged } from "./flushing.ts";
import { answerAt } from "./late.ts";
import { pageBytes, type PagesAsked, pagesOf, refusePages } from "./pager-pages.ts";
import { forgetUnused } from "./remove.ts";
import { incarnationName, noteGone, noteHidden, noteMapped, noteShown } from "./showing.ts";
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
  if (error === 0) noteMapped(serving.state, node.inode);
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
  if (isOp(message, memory.claim) && control !== undefined) {
    onClaim(serving, inode, { control, ...message.body });
    return;
  }
  if (isOp(message, memory.release) && control !== undefined) {
    onRelease(serving, inode, control, message.body);
    return;
  }
  if (isOp(message, memory.init) && control !== undefined) {
    const { moved } = message.body;
    noteShown(serving.state, inode, { control, moved, host: hostOf(control) });
    if (moved) refresh(serving, inode, control);
    return;
  }
  if (isOp(message, memory.gone) && control !== undefined) {
    const { to, incarnation } = message.body;
    const lives = serving.context.watchHost(to, incarnation);
    noteGone(serving.state, inode, incarnationName(to, incarnation), lives);
    return;
  }
  if (message.op === memory.terminate.name && control !== undefined) {
    noteHidden(serving.state, inode, control);
    serving.state.caching.get(inode)?.delete(control);
    onFlushed(serving, inode, control, true);
    onRelease(serving, inode, control, { to: -1, incarnation: 0 });
    forgetUnused(serving, inode);
    return;
  }
  if (message.op === memory.flushed.name && control !== undefined) {
    onFlushed(serving, inode, control, false);
    return;
  }
  if (isOp(message, memory.wrote) && control !== undefined) {
    onWrote(serving, inode, control, message.body.writes);
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
  if (state.objects.has(inode)) state.changed.add(inode);
  const caching = state.caching.get(inode);
  for (const control of caching ?? []) {
    if (control === except) continue;
    tellChanged({ state, context }, inode, control, null);
    caching?.delete(control);
  }
}

/** The file has become shorter: pages behind its end are gone, wherever they are mapped. */
export function cutCopies({ state, context }: Serving, inode: number, bytes: number): void {
  for (const control of state.showing.get(inode)?.kernels ?? []) {
    tellChanged({ state, context }, inode, control, bytes);
  }
}

/**
 * A kernel has a file's pages by a move. They may be older than what was written while they were under
 * way, of which nobody could tell it; from now on it is told. A file that nobody has changed since it
 * could first be mapped is as it was.
 */
function refresh(serving: Serving, inode: number, control: PortUid): void {
  const { state } = serving;
  const file = nodeAt(serving, inode);
  if (file.kind !== "file") return;
  state.caching.set(inode, (state.caching.get(inode) ?? new Set()).add(control));
  if (!state.changed.has(inode)) return;
  tellChanged(serving, inode, control, null);
  tellChanged(serving, inode, control, file.size);
}

function hostOf(control: PortUid): string {
  return incarnationName(uidHost(control), uidIncarnation(control));
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
