// The entries of a directory, a buffer's worth at a time, as getdents64 wants them.
//
//   ".", "..", then the names in the order of their bytes
//
// The position of an open directory is the entry behind which the next list goes on, not how many
// there were: so an entry that is there throughout comes exactly once, whatever is made meanwhile.
// As nodes are never removed, an entry's inode says which it was:
//
//   0  the beginning     1  behind "."     2  behind ".."     2 + inode  behind the entry

import { entryKinds, files, type Message } from "../ports/index.ts";
import { errno } from "./errno.ts";
import type { DirectoryNode, Looking, Node, OpenFile, Serving } from "./state.ts";
import { childOf, nodeAt, parentOf } from "./tree.ts";

export const positions = { start: 0, self: 1, parent: 2 } as const;
/** linux_dirent64 without its name: inode, offset, length, kind. */
const headBytes = 19;
const encoder = new TextEncoder();

export interface Entry {
  readonly name: string;
  readonly node: Node;
  /** Where the list goes on behind it. */
  readonly position: number;
}

export function onList(
  serving: Serving,
  open: OpenFile,
  message: Message<typeof files.list.body>,
): void {
  const node = nodeAt(serving, open.inode);
  const count = Math.min(message.body.count, serving.config.messageBytesMax);
  const listed = !open.readable
    ? { error: errno.EBADF }
    : node.kind !== "directory"
      ? { error: errno.ENOTDIR }
      : nextEntries(serving, node, open.offset, count);
  const entries = "entries" in listed ? listed.entries : [];
  open.offset = entries.at(-1)?.position ?? open.offset;
  serving.context.reply(message, files.entries, {
    error: "error" in listed ? listed.error : 0,
    names: entries.map(({ name }) => name),
    inodes: entries.map((entry) => entry.node.inode),
    kinds: entries.map((entry) => kindOf(entry.node)),
    offsets: entries.map(({ position }) => position),
  });
}

function kindOf(node: Node): number {
  return node.kind === "device" ? entryKinds.character : entryKinds[node.kind];
}

type Listed = { readonly entries: readonly Entry[] } | { readonly error: number };

/** What fits into `count` bytes behind the position; EINVAL if there is more and nothing fits. */
function nextEntries(
  looking: Looking,
  directory: DirectoryNode,
  position: number,
  count: number,
): Listed {
  const entries: Entry[] = [];
  let room = count;
  for (const entry of entriesBehind(looking, directory, position)) {
    room -= recordBytes(entry.name);
    if (room < 0) return entries.length > 0 ? { entries } : { error: errno.EINVAL };
    entries.push(entry);
  }
  return { entries };
}

/** The whole record, with the zero that ends the name, in units of eight bytes. */
function recordBytes(name: string): number {
  return Math.ceil((headBytes + encoder.encode(name).length + 1) / 8) * 8;
}

/** The entries behind the position, each looked up only when it is asked for. */
export function* entriesBehind(
  looking: Looking,
  directory: DirectoryNode,
  position: number,
): Generator<Entry> {
  if (position < positions.self) {
    yield { name: ".", node: directory, position: positions.self };
  }
  if (position < positions.parent) {
    yield { name: "..", node: parentOf(looking, directory), position: positions.parent };
  }
  const behind = position <= positions.parent ? "" : nameAt(looking, directory, position);
  if (behind === undefined) return;
  for (const name of namesBehind(directory, behind)) {
    // What the disk listed and has no more, or what is nothing that guests may see, is left out.
    const node = childOf(looking, directory, name);
    if (node) yield { name, node, position: positions.parent + node.inode };
  }
}

/** The name of the entry with that position; undefined for none that this directory ever gave. */
function nameAt(
  { state }: Looking,
  directory: DirectoryNode,
  position: number,
): string | undefined {
  const path = state.nodes.get(position - positions.parent)?.path ?? "";
  const cut = path.lastIndexOf("/");
  return (path.slice(0, cut) || "/") === directory.path ? path.slice(cut + 1) : undefined;
}

function namesBehind({ children }: DirectoryNode, behind: string): string[] {
  const after = encoder.encode(behind);
  const keyed = [...children.keys()].map((name) => ({ name, key: encoder.encode(name) }));
  const wanted = keyed.filter(({ key }) => compareBytes(key, after) > 0);
  return wanted.sort((a, b) => compareBytes(a.key, b.key)).map(({ name }) => name);
}

function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const least = Math.min(one.length, other.length);
  for (let at = 0; at < least; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
