// The pager of files: a memory object for each file that is mapped, served at a port of its own.
//
//   map (at an open file) ──▶ mapped + the object's port, the same for all who map the file
//   memory.request        ──▶ the pages, at once or when the disk has been read
//   memory.terminate      ──▶ nothing: other kernels may have the object, so its port stays

import { files, isOp, memory, type Message, type Right } from "../ports/index.ts";
import { fileBytesMax } from "./contents.ts";
import { bringIn, loadFromDisk } from "./disk.ts";
import { errno } from "./errno.ts";
import { answerAt } from "./late.ts";
import { type PagesAsked, pagesOf, refusePages } from "./pager-pages.ts";
import type { Node, OpenFile, Serving } from "./state.ts";
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
  // A request without the control port of a kernel has nobody to answer.
  const control = message.rights[0]?.uid;
  if (!isOp(message, memory.request) || control === undefined) return;
  const { page, count } = message.body;
  if (count > 0) onRequest(serving, { control, inode, page, count });
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
