// Names that come and go: remove (unlink, rmdir) and makeDirectory.
//
//   a name ──remove──▶ unlinked, and still there for those who have it open or mapped
//          ──last close, and the last mapping is gone──▶ gone with its contents

import { must } from "../ports/base/index.ts";
import { files, type Message } from "../ports/index.ts";
import { truncate } from "./contents.ts";
import { errno } from "./errno.ts";
import { isShown } from "./showing.ts";
import { type DirectoryNode, type Node, type OpenFile, rootInode, type Serving } from "./state.ts";
import { childOf, createDirectory, nodeAt } from "./tree.ts";
import { walk } from "./walk.ts";

export function onRemove(
  serving: Serving,
  from: OpenFile,
  message: Message<typeof files.remove.body>,
): void {
  const { path, directory } = message.body;
  const error = remove(serving, nodeAt(serving, from.inode), path, directory);
  serving.context.reply(message, files.count, { error, value: 0 });
}

function remove(serving: Serving, from: Node, path: string, directory: boolean): number {
  const found = walk(serving, from, { path, follow: false, create: false });
  if (found.at === "error") return found.error;
  if (found.at === "absent") return errno.ENOENT;
  const { node } = found;
  const last = path
    .split("/")
    .filter((name) => name !== "")
    .at(-1);
  if (node.inode === rootInode) return directory ? errno.EBUSY : errno.EISDIR;
  if (directory) {
    if (last === ".") return errno.EINVAL;
    if (last === "..") return errno.ENOTEMPTY;
    if (node.kind !== "directory") return errno.ENOTDIR;
  } else if (node.kind === "directory") return errno.EISDIR;
  else if (path.endsWith("/")) return errno.ENOTDIR;
  const parent = holderOf(serving, node);
  if (parent.sealed || isPlanted(parent, node)) return errno.EPERM;
  if (node.kind === "directory" && node.children.size > 0) return errno.ENOTEMPTY;
  parent.children.delete(nameOf(node));
  serving.state.unlinked.add(node.inode);
  forgetUnused(serving, node.inode);
  return 0;
}

/** The directory that has the node's name. */
export function holderOf(serving: Serving, node: Node): DirectoryNode {
  if (node.kind === "directory") return nodeAt(serving, node.parent) as DirectoryNode;
  let at = nodeAt(serving, rootInode);
  for (const name of node.path.split("/").slice(1, -1)) {
    at = must(childOf(serving, at as DirectoryNode, name), "a directory of a node");
  }
  return at as DirectoryNode;
}

export const nameOf = ({ path }: Node): string => path.slice(path.lastIndexOf("/") + 1);

/** The folders that are there from the start, and the devices. */
export function isPlanted(parent: DirectoryNode, node: Node): boolean {
  if (node.kind === "device") return true;
  const planted = ["dev", "tmp", "mnt", "proc"].includes(nameOf(node));
  return parent.inode === rootInode && planted;
}

/** Frees a file that has neither a name nor a holder. */
export function forgetUnused({ state, context }: Serving, inode: number): void {
  if (!state.unlinked.has(inode) || isShown(state, inode)) return;
  for (const open of state.opens.values()) if (open.inode === inode) return;
  for (const late of state.late.values()) {
    if (late.send === "pages" && late.inode === inode) return; // the disk is still reading it
  }
  const node = must(state.nodes.get(inode), "an unlinked node");
  if (node.kind === "file") truncate(state, node, 0);
  const port = state.objects.get(inode);
  if (port !== undefined) context.destroyPort(port);
  const { nodes, objects, showing, caching, writers, turns, claiming, flushing } = state;
  for (const table of [nodes, objects, showing, caching, writers, turns, claiming, flushing]) {
    table.delete(inode);
  }
  for (const known of [state.unlinked, state.changed]) known.delete(inode);
}

export function onMakeDirectory(
  serving: Serving,
  from: OpenFile,
  message: Message<typeof files.makeDirectory.body>,
): void {
  const { path } = message.body;
  const wanted = path.replace(/\/+$/, "");
  const where = { path: wanted === "" ? path : wanted, follow: false, create: false };
  const found = walk(serving, nodeAt(serving, from.inode), where);
  let error: number = errno.EEXIST;
  if (found.at === "error") error = found.error;
  else if (found.at === "absent") {
    const { parent, name } = found;
    error = parent.sealed || serving.state.unlinked.has(parent.inode) ? errno.ENOENT : 0;
    if (error === 0) createDirectory(serving, parent, name);
  }
  serving.context.reply(message, files.count, { error, value: 0 });
}
