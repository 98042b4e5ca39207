// rename: a node gets another name, in one step. Whoever has it open or mapped does not notice.
//
//   the new name ──there is none──▶ taken           ──is the same node──▶ nothing
//                ──names another──▶ that is unlinked, if it is of the same kind (and empty)
//
// A directory of the disk of which not all names were looked at cannot be renamed (EXDEV): the disk has
// them under the old path. Programs that rename then copy, as between file systems.

import { files, type Message } from "../ports/index.ts";
import { errno } from "./errno.ts";
import { forgetUnused, holderOf, isPlanted, nameOf } from "./remove.ts";
import { type DirectoryNode, type Node, type OpenFile, rootInode, type Serving } from "./state.ts";
import { nodeAt, parentOf, pathBelow } from "./tree.ts";
import { type Arrival, walk } from "./walk.ts";

export function onRename(
  serving: Serving,
  from: OpenFile,
  message: Message<typeof files.rename.body>,
): void {
  const { at } = message.body;
  const below = at === 0 ? from.inode : at;
  const base = serving.state.nodes.get(below);
  const error = base
    ? rename(serving, nodeAt(serving, from.inode), base, message.body)
    : errno.ENOENT;
  serving.context.reply(message, files.count, { error, value: 0 });
}

interface Renaming {
  readonly path: string;
  readonly to: string;
  readonly replaces: boolean;
}

function rename(
  serving: Serving,
  from: Node,
  base: Node,
  { path, to, replaces }: Renaming,
): number {
  const source = walk(serving, from, { path, follow: false, create: false });
  // The new name of a directory may end with a slash.
  const bare = to.replace(/\/+$/, "") || to;
  const target = walk(serving, base, { path: bare, follow: false, create: false });
  if (source.at !== "node") return source.at === "error" ? source.error : errno.ENOENT;
  if (target.at === "error") return target.error;
  if (isDots(path) || isDots(bare)) return errno.EBUSY;
  const { node } = source;
  const slash = path.endsWith("/") || to.endsWith("/");
  if (slash && node.kind !== "directory") return errno.ENOTDIR;
  if (target.at === "node" && !replaces) return errno.EEXIST;
  if (target.at === "node" && target.node === node) return 0;
  const error = refusal(serving, node, target);
  if (error !== 0) return error;
  if (target.at === "node") {
    const parent = holderOf(serving, target.node);
    const name = nameOf(target.node);
    serving.state.unlinked.add(target.node.inode);
    forgetUnused(serving, target.node.inode);
    give(serving, node, parent, name);
  } else give(serving, node, target.parent, target.name);
  return 0;
}

const isDots = (path: string): boolean => /(^|\/)\.\.?\/*$/.test(path);

function refusal(serving: Serving, node: Node, target: Exclude<Arrival, { at: "error" }>): number {
  if (node.inode === rootInode) return errno.EBUSY;
  const holder = holderOf(serving, node);
  const parent = target.at === "node" ? holderOf(serving, target.node) : target.parent;
  if (holder.sealed || parent.sealed || isPlanted(holder, node)) return errno.EPERM;
  if (serving.state.unlinked.has(parent.inode)) return errno.ENOENT;
  if (node.kind === "directory" && isWithin(serving, parent, node)) return errno.EINVAL;
  if (target.at === "node") {
    const over = target.node;
    if (over.inode === rootInode || isPlanted(parent, over)) return errno.EBUSY;
    if (over.kind === "directory") {
      if (node.kind !== "directory") return errno.EISDIR;
      if (over.children.size > 0) return errno.ENOTEMPTY;
    } else if (node.kind === "directory") return errno.ENOTDIR;
  }
  return isWalked(serving, node) ? 0 : errno.EXDEV;
}

function isWithin(serving: Serving, at: DirectoryNode, directory: DirectoryNode): boolean {
  for (let node = at; ; node = parentOf(serving, node)) {
    if (node === directory) return true;
    if (node.inode === rootInode) return false;
  }
}

/** Whether no name below the node is still only on the disk. */
function isWalked(serving: Serving, node: Node): boolean {
  if (node.kind !== "directory") return true;
  return [...node.children.values()].every(
    (inode) => inode > 0 && isWalked(serving, nodeAt(serving, inode)),
  );
}

/** Requires: the name is free, or what had it is unlinked. */
function give(serving: Serving, node: Node, parent: DirectoryNode, name: string): void {
  holderOf(serving, node).children.delete(nameOf(node));
  parent.children.set(name, node.inode);
  if (node.kind === "directory") node.parent = parent.inode;
  setPath(serving, node, pathBelow(parent, name));
}

function setPath(serving: Serving, node: Node, path: string): void {
  node.path = path;
  if (node.kind !== "directory") return;
  for (const [name, inode] of node.children) {
    setPath(serving, nodeAt(serving, inode), pathBelow(node, name));
  }
}
