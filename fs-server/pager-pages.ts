// The pages of a file, as a kernel's control port gets them.
//
//   in chunks or on the disk ──▶ supply, zeros after the end of file, a message's worth at a time
//   zeros only               ──▶ unavailable: the kernel fills them itself
//   wholly beyond the end    ──▶ error EIO, which the program sees as SIGBUS
//
// Every page that was asked for is in exactly one of them. Contents are those of this moment.

import { memory, type PortUid } from "../ports/index.ts";
import { isHole, readContents } from "./contents.ts";
import { loadFromDisk } from "./disk.ts";
import { errno } from "./errno.ts";
import type { FileNode, Serving } from "./state.ts";
import { nodeAt } from "./tree.ts";

export const pageBytes = 4096;

export interface PagesAsked {
  readonly control: PortUid;
  readonly inode: number;
  readonly page: number;
  readonly count: number;
}

export function sendPages(serving: Serving, asked: PagesAsked): void {
  const file = nodeAt(serving, asked.inode);
  const disk = file.kind === "file" ? loadFromDisk(serving, file) : null;
  if (file.kind !== "file" || !disk) {
    refusePages(serving, asked);
    return;
  }
  const { caching } = serving.state;
  caching.set(asked.inode, (caching.get(asked.inode) ?? new Set()).add(asked.control));
  const inside = Math.max(0, Math.min(asked.count, pagesOf(file) - asked.page));
  const end = asked.page + inside;
  for (let page = asked.page; page < end;) {
    // Ends because each run has a page at least.
    const count = sendRun(serving, { file, disk, control: asked.control, page, end });
    page += count;
  }
  if (inside < asked.count) {
    refusePages(serving, { ...asked, page: end, count: asked.count - inside });
  }
}

export function pagesOf(file: FileNode): number {
  return Math.ceil(file.size / pageBytes);
}

export function refusePages({ context }: Serving, { control, page, count }: PagesAsked): void {
  context.send(control, memory.error, { page, count, error: errno.EIO });
}

/** Sends the pages from `page` on that go into one message; returns how many. */
function sendRun(
  { config, context }: Serving,
  run: {
    readonly file: FileNode;
    readonly disk: Uint8Array;
    readonly control: PortUid;
    readonly page: number;
    readonly end: number;
  },
): number {
  const { file, disk, control, page } = run;
  const hole = isHole(file, disk, page * pageBytes);
  const most = hole ? run.end : page + Math.max(1, Math.floor(config.messageBytesMax / pageBytes));
  let end = page + 1;
  while (end < run.end && end < most && isHole(file, disk, end * pageBytes) === hole) end++;
  const count = end - page;
  if (hole) {
    context.send(control, memory.unavailable, { page, count });
  } else {
    const range = { offset: page * pageBytes, count: count * pageBytes };
    const bytes = readContents(file, disk, range);
    context.send(control, memory.supply, { page, bytes, precious: false, prohibited: 0 });
  }
  return count;
}
