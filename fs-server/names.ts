// What is asked of a directory by path: open, statPath, readLink.

import { files, type Message } from "../ports/index.ts";
import { truncate } from "./contents.ts";
import { errno } from "./errno.ts";
import { decodeOpenFlags, type OpenFlags } from "./open-flags.ts";
import { cutCopies, flushCopies } from "./pager.ts";
import type { Node, OpenFile, Serving } from "./state.ts";
import { modeOf, sizeOf, statusOf, statusRefused } from "./status.ts";
import { createFile, createNameless, nodeAt } from "./tree.ts";
import { walk } from "./walk.ts";

type OpenMessage = Message<typeof files.open.body>;

export function onOpen(serving: Serving, from: OpenFile, message: OpenMessage): void {
  const flags = decodeOpenFlags(message.body.flags);
  if ("error" in flags) {
    refuseOpen(serving, message, flags.error);
    return;
  }
  const opened = findOrCreate(serving, from, message, flags);
  if ("error" in opened) refuseOpen(serving, message, opened.error);
  else grantOpen(serving, message, opened.node, flags);
}

function findOrCreate(
  serving: Serving,
  from: OpenFile,
  { body }: OpenMessage,
  flags: OpenFlags,
): { readonly node: Node } | { readonly error: number } {
  const { follow, create } = flags;
  const found = walk(serving, nodeAt(serving, from.inode), { path: body.path, follow, create });
  switch (found.at) {
    case "error":
      return found;
    case "absent":
      if (
        flags.temporary ||
        !create ||
        found.parent.sealed ||
        serving.state.unlinked.has(found.parent.inode)
      ) {
        return { error: errno.ENOENT };
      }
      return { node: createFile(serving, found.parent, found.name, body.mode) };
    case "node": {
      if (flags.temporary) return temporaryFile(serving, found.node, body.mode);
      const error = refusalToOpen(found.node, flags);
      if (error !== 0) return { error };
      if (found.node.kind === "file" && flags.truncate) {
        truncate(serving.state, found.node, 0);
        flushCopies(serving, found.node.inode);
        cutCopies(serving, found.node.inode, 0);
      }
      return found;
    }
  }
}

function temporaryFile(
  serving: Serving,
  directory: Node,
  mode: number,
): { readonly node: Node } | { readonly error: number } {
  if (directory.kind !== "directory") return { error: errno.ENOTDIR };
  if (directory.sealed) return { error: errno.EOPNOTSUPP };
  const node = createNameless(serving, directory, mode);
  serving.state.unlinked.add(node.inode);
  return { node };
}

/** Why this node is not opened so, in Linux's order; 0 if it is. */
function refusalToOpen(node: Node, flags: OpenFlags): number {
  if (flags.exclusive) return errno.EEXIST;
  if (flags.create && node.kind === "directory") return errno.EISDIR;
  if (flags.directory && node.kind !== "directory") return errno.ENOTDIR;
  if (flags.pathOnly) return 0;
  if (node.kind === "link") return errno.ELOOP;
  if (node.kind === "directory" && flags.asksToWrite) return errno.EISDIR;
  // No task has a controlling terminal: consoles are handed out, not opened.
  if (node.kind === "device" && node.device === "tty") return errno.ENXIO;
  return 0;
}

function grantOpen(serving: Serving, message: OpenMessage, node: Node, flags: OpenFlags): void {
  const { state, context } = serving;
  const tag = `${state.openNext++}`;
  const right = context.makePort(tag);
  const { readable, writable, append } = flags;
  const { inode, path } = node;
  state.opens.set(tag, {
    tag,
    inode,
    readable,
    writable,
    append,
    offset: 0,
    holders: 1,
    port: right.uid,
  });
  const body = { error: 0, mode: modeOf(node), size: sizeOf(node), path };
  context.reply(message, files.opened, body, [right]);
}

function refuseOpen({ context }: Serving, message: OpenMessage, error: number): void {
  context.reply(message, files.opened, { error, mode: 0, size: 0, path: "" });
}

export function onStatPath(
  serving: Serving,
  from: OpenFile,
  message: Message<typeof files.statPath.body>,
): void {
  const { path, follow } = message.body;
  const found = walk(serving, nodeAt(serving, from.inode), { path, follow, create: false });
  const status =
    found.at === "node"
      ? statusOf(found.node)
      : statusRefused(found.at === "error" ? found.error : errno.ENOENT);
  serving.context.reply(message, files.status, status);
}

export function onReadLink(
  serving: Serving,
  from: OpenFile,
  message: Message<typeof files.readLink.body>,
): void {
  const { path } = message.body;
  const found = walk(serving, nodeAt(serving, from.inode), { path, follow: false, create: false });
  const text = found.at === "node" && found.node.kind === "link" ? found.node.target : "";
  const refusals = { node: errno.EINVAL, absent: errno.ENOENT } as const;
  const refusal = found.at === "error" ? found.error : refusals[found.at];
  serving.context.reply(message, files.text, { error: text === "" ? refusal : 0, text });
}
