// Attributes: what stat says of a node. Everything is owned by root and has one link.

import { unreachable } from "../ports/base/index.ts";
import type { Body, files } from "../ports/index.ts";
import type { Node } from "./state.ts";

const kinds = { character: 0o020000, directory: 0o040000, regular: 0o100000, link: 0o120000 };
/** What a directory occupies on most file systems. */
const directoryBytes = 4096;
/** st_dev; consoles have another. */
const fileSystem = 1;

type Status = Body<typeof files.status.body>;

export function statusOf(node: Node): Status {
  const { inode } = node;
  const mode = modeOf(node);
  // One link also for directories: it tells tools that subdirectories were not counted.
  return { error: 0, mode, size: sizeOf(node), inode, links: 1, device: fileSystem };
}

export function statusRefused(error: number): Status {
  return { error, mode: 0, size: 0, inode: 0, links: 0, device: 0 };
}

export function modeOf(node: Node): number {
  switch (node.kind) {
    case "directory":
      return kinds.directory | 0o755;
    case "file":
      return kinds.regular | node.mode;
    case "link":
      return kinds.link | 0o777;
    case "device":
      return kinds.character | 0o666;
    default:
      return unreachable(node);
  }
}

export function sizeOf(node: Node): number {
  switch (node.kind) {
    case "directory":
      return directoryBytes;
    case "file":
      return node.size;
    case "link":
      return new TextEncoder().encode(node.target).length;
    case "device":
      return 0;
    default:
      return unreachable(node);
  }
}
