// The disk: the machine's folder as it was first seen, and the time that reading it takes.
//
//   lookup ──▶ entries     the first answer holds for the whole run, whatever the machine does later
//   load   ──▶ contents    the same; a file whose size has changed since is unreadable, not different
//
// Virtual time: the first touch of a file reads all of it, seek and transfer, after whatever the
// disk does already. From then on it is in memory. Names and sizes cost nothing.

import { must } from "../ports/base/index.ts";
import type { OutsideEntry } from "../ports/index.ts";
import type { Disk, FileNode, Looking, Serving } from "./state.ts";

export function createDisk(): Disk {
  return { entries: new Map(), contents: new Map() };
}

/** What survives a crash. Files that guests wrote will be added here by fsync. */
export function keepDisk(disk: Disk): Disk {
  return { entries: new Map(disk.entries), contents: new Map(disk.contents) };
}

export function lookupOnDisk({ state, context }: Looking, path: string): OutsideEntry | null {
  const { entries } = state.disk;
  const known = entries.get(path);
  if (known !== undefined) return known;
  const entry = context.outside.lookup(path) ?? null;
  entries.set(path, entry);
  return entry;
}

/**
 * The file's bytes on the disk, as far as they still count: none for a file that has none there,
 * null if they are unreadable.
 */
export function loadFromDisk(serving: Serving, file: FileNode): Uint8Array | null {
  if (file.diskBytes === null) return nothing;
  const bytes = contentsOnDisk(serving, file);
  return bytes && bytes.subarray(0, file.diskBytes);
}

function contentsOnDisk(serving: Serving, file: FileNode): Uint8Array | null {
  const { contents } = serving.state.disk;
  const known = contents.get(file.diskPath);
  if (known !== undefined) return known;
  const entry = lookupOnDisk(serving, file.diskPath);
  const bytes = serving.context.outside.load(file.diskPath) ?? null;
  const same = entry?.kind === "file" && bytes?.length === entry.size;
  contents.set(file.diskPath, same ? bytes : null);
  return same ? bytes : null;
}

const nothing = new Uint8Array(0);

/** When the file's bytes are in memory. Starts the disk if nobody has. Requires: they are readable. */
export function bringIn(serving: Serving, file: FileNode): number {
  const { state, config, context } = serving;
  if (file.diskBytes === null) return context.now;
  if (file.residentAt === null) {
    const { length } = must(loadFromDisk(serving, file), "readable bytes");
    const start = Math.max(context.now, state.diskFreeAt);
    file.residentAt = start + config.diskSeekNs + transferNs(length, config.diskBytesPerSecond);
    state.diskFreeAt = file.residentAt;
    context.emit("files.disk-read", { path: file.path, bytes: length, until: file.residentAt });
  }
  return file.residentAt;
}

/** Rounded up. In BigInt because bytes × 10^9 passes 2^53 at nine megabytes. */
export function transferNs(bytes: number, bytesPerSecond: number): number {
  const rate = BigInt(bytesPerSecond);
  return Number((BigInt(bytes) * 1_000_000_000n + rate - 1n) / rate);
}
