// The guests' tree: nodes made from the disk when a walk first meets them, and the synthetic folders.
//
//   /            the machine's folder, and over it:
//   /dev         null zero full tty       /tmp    empty, for the guests
//   /mnt         the mounts               /proc   empty, sealed
//
// A directory's names are those of its first look-up; a name outside that list is not asked for.

import { must } from "../ports/base/index.ts";
import { lookupOnDisk } from "./disk.ts";
import {
  type DeviceNode,
  type DirectoryNode,
  type FileNode,
  type Node,
  rootInode,
  type Serving,
} from "./state.ts";

const devices = ["null", "zero", "full", "tty"] as const;

export function nodeAt(serving: Serving, inode: number): Node {
  return must(serving.state.nodes.get(inode), "node of an inode");
}

export function rootOf(serving: Serving): DirectoryNode {
  const known = serving.state.nodes.get(rootInode) ?? plantRoot(serving);
  return known as DirectoryNode;
}

export function parentOf(serving: Serving, directory: DirectoryNode): DirectoryNode {
  return nodeAt(serving, directory.parent) as DirectoryNode;
}

/** The child of that name, or undefined. No link is followed. */
export function childOf(
  serving: Serving,
  directory: DirectoryNode,
  name: string,
): Node | undefined {
  const inode = directory.children.get(name);
  if (inode === undefined) return undefined;
  if (inode > 0) return nodeAt(serving, inode);
  const node = nodeFromDisk(serving, directory, name);
  if (node) directory.children.set(name, node.inode);
  else directory.children.delete(name);
  return node;
}

export function createFile(
  serving: Serving,
  directory: DirectoryNode,
  name: string,
  permissions: number,
): FileNode {
  const file: FileNode = {
    kind: "file",
    inode: inodeNext(serving),
    path: pathBelow(directory, name),
    mode: permissions & 0o777,
    size: 0,
    onDisk: false,
    residentAt: null,
    chunks: new Map(),
  };
  add(serving, file);
  directory.children.set(name, file.inode);
  return file;
}

function nodeFromDisk(serving: Serving, directory: DirectoryNode, name: string): Node | undefined {
  const path = pathBelow(directory, name);
  const entry = lookupOnDisk(serving, path);
  const inode = inodeNext(serving);
  switch (entry?.kind) {
    case "directory":
      return add(serving, makeDirectory(inode, path, directory.inode, entry.names));
    case "file":
      return add(serving, {
        kind: "file",
        inode,
        path,
        mode: entry.executable ? 0o555 : 0o444,
        size: entry.size,
        onDisk: true,
        residentAt: null,
        chunks: new Map(),
      });
    case "link":
      return add(serving, { kind: "link", inode, path, target: entry.target });
    case undefined:
      return undefined;
  }
}

function plantRoot(serving: Serving): DirectoryNode {
  const entry = lookupOnDisk(serving, "/");
  const names = entry?.kind === "directory" ? entry.names : [];
  const root = add(serving, makeDirectory(rootInode, "/", rootInode, names));
  const dev = plantDirectory(serving, root, "dev");
  for (const device of devices) plantDevice(serving, dev, device);
  plantDirectory(serving, root, "tmp");
  plantDirectory(serving, root, "mnt", { names: serving.config.mounts.map(({ name }) => name) });
  plantDirectory(serving, root, "proc", { sealed: true });
  return root;
}

function plantDirectory(
  serving: Serving,
  root: DirectoryNode,
  name: string,
  options: { readonly names?: readonly string[]; readonly sealed?: boolean } = {},
): DirectoryNode {
  const inode = inodeNext(serving);
  const { names = [], sealed = false } = options;
  const node = { ...makeDirectory(inode, pathBelow(root, name), rootInode, names), sealed };
  root.children.set(name, inode);
  return add(serving, node);
}

function plantDevice(serving: Serving, dev: DirectoryNode, device: DeviceNode["device"]): void {
  const inode = inodeNext(serving);
  add(serving, { kind: "device", inode, path: pathBelow(dev, device), device });
  dev.children.set(device, inode);
}

function makeDirectory(
  inode: number,
  path: string,
  parent: number,
  names: readonly string[],
): DirectoryNode {
  const children = new Map(names.map((name) => [name, 0]));
  return { kind: "directory", inode, path, parent, children, sealed: false };
}

function add<N extends Node>(serving: Serving, node: N): N {
  serving.state.nodes.set(node.inode, node);
  return node;
}

/** Nodes are never removed, so their count names the next one. */
function inodeNext(serving: Serving): number {
  return serving.state.nodes.size + 1;
}

function pathBelow(directory: DirectoryNode, name: string): string {
  return directory.path === "/" ? `/${name}` : `${directory.path}/${name}`;
}
