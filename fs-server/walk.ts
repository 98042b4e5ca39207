// How a path leads to a node: Linux's walk in a chroot, from which nothing leads out.
//
//   "a/b/"  ──▶  a, b, ""       the empty name at the end is a trailing slash: a directory, please
//   a link  ──▶  its names are put before those that are left; an absolute one starts at the root
//   ".." of the root is the root
//
// Each turn of the loop takes one name. It ends because names come only from links, at most 40.

import { errno } from "./errno.ts";
import type { DirectoryNode, Looking, Node } from "./state.ts";
import { childOf, parentOf, rootOf } from "./tree.ts";

const pathBytesMax = 4095;
const nameBytesMax = 255;
const linksMax = 40;

export interface Walk {
  readonly path: string;
  /** Whether a link at the very end is followed. A trailing slash follows it anyway. */
  readonly follow: boolean;
  /** The last name may be created: then it may not ask for a directory. */
  readonly create: boolean;
}

export type Arrival =
  | { readonly at: "node"; readonly node: Node }
  | { readonly at: "absent"; readonly parent: DirectoryNode; readonly name: string }
  | { readonly at: "error"; readonly error: number };

/** Walks from `from`, or from the root if the path is absolute. */
export function walk(looking: Looking, from: Node, request: Walk): Arrival {
  const { path } = request;
  if (path === "") return failed(errno.ENOENT);
  if (path.includes("\0")) return failed(errno.EINVAL);
  if (byteLength(path) > pathBytesMax) return failed(errno.ENAMETOOLONG);

  let at: Node = path.startsWith("/") ? rootOf(looking) : from;
  const names = namesReversed(path);
  let links = 0;
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    if (at.kind !== "directory") return failed(errno.ENOTDIR);
    if (name === "" || name === ".") continue;
    if (name === "..") {
      at = parentOf(looking, at);
      continue;
    }
    if (byteLength(name) > nameBytesMax) return failed(errno.ENAMETOOLONG);
    const last = names.length === 0;
    if (request.create && !last && onlySlashes(names)) return failed(errno.EISDIR);
    const child = childOf(looking, at, name);
    if (!child) return last ? { at: "absent", parent: at, name } : failed(errno.ENOENT);
    if (child.kind === "link" && (request.follow || !last)) {
      if (++links > linksMax) return failed(errno.ELOOP);
      if (child.target === "") return failed(errno.ENOENT);
      if (child.target.startsWith("/")) at = rootOf(looking);
      names.push(...namesReversed(child.target));
    } else {
      at = child;
    }
  }
  return { at: "node", node: at };
}

function failed(error: number): Arrival {
  return { at: "error", error };
}

/** The names of a path, the last first; a trailing slash is an empty name. */
function namesReversed(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  if (path.endsWith("/")) names.push("");
  return names.reverse();
}

function onlySlashes(names: readonly string[]): boolean {
  return names.every((name) => name === "");
}

const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).length;
}
