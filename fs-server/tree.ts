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
  type Looking,
} from "./state.ts";

const devices = ["null", "zero", "full", "tty"] as const;

export function nodeAt(looking: Looking, inode: number): Node {
  return must(looking.state.nodes.get(inode), "node of an inode");
}

export function rootOf(looking: Looking): DirectoryNode {
  const known = looking.state.nodes.get(rootInode) ?? plantRoot(looking);
  return known as DirectoryNode;
}

export function parentOf(looking: Looking, directory: DirectoryNode): DirectoryNode {
  return nodeAt(looking, directory.parent) as DirectoryNode;
}

/** The child of that name, or undefined. No link is followed. */
export function childOf(
  looking: Looking,
  directory: DirectoryNode,
  name: string,
): Node | undefined {
  const inode = directory.children.get(name);
  if (inode === undefined) return undefined;
  if (inode > 0) return nodeAt(looking, inode);
  const node = nodeFromDisk(looking, directory, name);
  if (node) directory.children.set(name, node.inode);
  else directory.children.delete(name);
  return node;
}

export function createFile(
  looking: Looking,
  directory: DirectoryNode,
  name: string,
  permissions: number,
): FileNode {
  const file = emptyFile(looking, pathBelow(directory, name), permissions);
  directory.children.set(name, file.inode);
  return file;
}

/** A file that no name leads to. The path is for people, as Linux shows it. */
export function createNameless(
  looking: Looking,
  directory: DirectoryNode,
  permissions: number,
): FileNode {
  const name = `#${looking.state.inodeNext} (deleted)`;
  return emptyFile(looking, pathBelow(directory, name), permissions);
}

function emptyFile(looking: Looking, path: string, permissions: number): FileNode {
  return add(looking, {
    kind: "file",
    inode: inodeNext(looking),
    path,
    diskPath: "",
    mode: permissions & 0o777,
    size: 0,
    diskBytes: null,
    residentAt: null,
    chunks: new Map(),
  });
}

export function createDirectory(
  looking: Looking,
  directory: DirectoryNode,
  name: string,
): DirectoryNode {
  const inode = inodeNext(looking);
  const node = makeDirectory(inode, pathBelow(directory, name), directory.inode, []);
  directory.children.set(name, inode);
  return add(looking, node);
}

function nodeFromDisk(looking: Looking, directory: DirectoryNode, name: string): Node | undefined {
  const path = pathBelow(directory, name);
  const entry = lookupOnDisk(looking, path);
  const inode = inodeNext(looking);
  switch (entry?.kind) {
    case "directory":
      return add(looking, makeDirectory(inode, path, directory.inode, entry.names));
    case "file":
      return add(looking, {
        kind: "file",
        inode,
        path,
        diskPath: path,
        mode: entry.executable ? 0o555 : 0o444,
        size: entry.size,
        diskBytes: entry.size,
        residentAt: null,
        chunks: new Map(),
      });
    case "link":
      return add(looking, { kind: "link", inode, path, target: entry.target });
    case undefined:
      return undefined;
  }
}

function plantRoot(looking: Looking): DirectoryNode {
  const entry = lookupOnDisk(looking, "/");
  const names = entry?.kind === "directory" ? entry.names : [];
  const root = add(looking, makeDirectory(inodeNext(looking), "/", rootInode, names));
  const dev = plantDirectory(looking, root, "dev");
  for (const device of devices) plantDevice(looking, dev, device);
  plantDirectory(looking, root, "tmp");
  plantDirectory(looking, root, "mnt", { names: looking.config.mounts.map(({ name }) => name) });
  plantDirectory(looking, root, "proc", { sealed: true });
  return root;
}

function plantDirectory(
  looking: Looking,
  root: DirectoryNode,
  name: string,
  options: { readonly names?: readonly string[]; readonly sealed?: boolean } = {},
): DirectoryNode {
  const inode = inodeNext(looking);
  const { names = [], sealed = false } = options;
  const node = { ...makeDirectory(inode, pathBelow(root, name), rootInode, names), sealed };
  root.children.set(name, inode);
  return add(looking, node);
}

function plantDevice(looking: Looking, dev: DirectoryNode, device: DeviceNode["device"]): void {
  const inode = inodeNext(looking);
  add(looking, { kind: "device", inode, path: pathBelow(dev, device), device });
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

function add<N extends Node>(looking: Looking, node: N): N {
  looking.state.nodes.set(node.inode, node);
  return node;
}

function inodeNext({ state }: Looking): number {
  return state.inodeNext++;
}

export function pathBelow(directory: DirectoryNode, name: string): string {
  return directory.path === "/" ? `/${name}` : `${directory.path}/${name}`;
}
