// What the operator can ask of the guests' tree: the entries of a directory, and what a path is.
//
// Looking changes nothing: nothing is remembered of what the outside says now, for a guest that
// looks later has to find what it would have found. So the walk goes through a copy of the tree,
// in which what it meets is entered, and which is then forgotten.

import type { Outside } from "../ports/index.ts";
import { errno } from "./errno.ts";
import { entriesBehind, positions } from "./listing.ts";
import type { FileServerConfig, FilesState, Looking, Node } from "./state.ts";
import { sizeOf } from "./status.ts";
import { rootOf } from "./tree.ts";
import { walk } from "./walk.ts";

export type FileQuestion =
  /** The entries of a directory, "." and ".." not among them; a link at the end is followed. */
  { readonly ask: "list"; readonly path: string } | { readonly ask: "stat"; readonly path: string };

export type NodeKind = Node["kind"];

export interface ListedFile {
  readonly name: string;
  readonly kind: NodeKind;
}

/** `error` is an errno, as the guests get it. */
export type ListAnswer = { readonly entries: readonly ListedFile[] } | { readonly error: number };
export type StatAnswer =
  { readonly kind: NodeKind; readonly size: number } | { readonly error: number };

export function answerFiles(
  config: FileServerConfig,
  state: FilesState,
  question: unknown,
  outside: Outside,
): ListAnswer | StatAnswer | undefined {
  const asked = question as FileQuestion;
  switch (asked.ask) {
    case "list":
      return list(glass(config, state, outside), asked.path);
    case "stat":
      return stat(glass(config, state, outside), asked.path);
    default:
      return undefined;
  }
}

/** The tree to look at: what is entered into it is not in the state. */
function glass(config: FileServerConfig, state: FilesState, outside: Outside): Looking {
  const nodes = [...state.nodes].map(([inode, node]): [number, Node] => [
    inode,
    node.kind === "directory" ? { ...node, children: new Map(node.children) } : node,
  ]);
  const disk = { entries: new Map(state.disk.entries), contents: state.disk.contents };
  return { config, state: { ...state, disk, nodes: new Map(nodes) }, context: { outside } };
}

function find(looking: Looking, path: string): Node | number {
  const found = walk(looking, rootOf(looking), { path, follow: true, create: false });
  if (found.at === "node") return found.node;
  return found.at === "error" ? found.error : errno.ENOENT;
}

function list(looking: Looking, path: string): ListAnswer {
  const node = find(looking, path);
  if (typeof node === "number") return { error: node };
  if (node.kind !== "directory") return { error: errno.ENOTDIR };
  const entries = [...entriesBehind(looking, node, positions.parent)];
  return { entries: entries.map((entry) => ({ name: entry.name, kind: entry.node.kind })) };
}

function stat(looking: Looking, path: string): StatAnswer {
  const node = find(looking, path);
  return typeof node === "number" ? { error: node } : { kind: node.kind, size: sizeOf(node) };
}
