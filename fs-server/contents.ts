// The bytes of a file: what guests wrote, over what the disk has, over zeros.
//
//   chunks   64 KiB each, made by the first write into them      ┌────┐     ┌────┐
//   disk     the machine's file, never changed                   ├────┴─────┴────┼───┐
//   zeros    between its end and the file's size                 └───────────────┴───┘ size
//
// A chunk begins as a copy of what it covers, so a hole costs nothing and no disk byte shows
// through where a guest has written, or where the file was cut off.

import { errno } from "./errno.ts";
import type { FileNode, FilesState, Serving } from "./state.ts";

const chunkBytes = 65536;
/** 8 TiB, ext4's order of magnitude: beyond it offsets are refused. */
export const fileBytesMax = 8796093022208;
const writtenBytesMaxDefault = 1073741824;

/** A copy, as messages keep what they were sent with. Zeros after the end of the file. */
export function readContents(
  file: FileNode,
  disk: Uint8Array,
  range: { readonly offset: number; readonly count: number },
): Uint8Array {
  const bytes = new Uint8Array(range.count);
  for (const part of parts(range)) {
    const chunk = file.chunks.get(part.chunk);
    const from = chunk
      ? chunk.subarray(part.inChunk, part.inChunk + part.count)
      : disk.subarray(part.offset, part.offset + part.count);
    bytes.set(from, part.offset - range.offset);
  }
  return bytes;
}

/** How many bytes fit, or why none do. Changes nothing. */
export function roomForWrite(
  { config, state }: Serving,
  file: FileNode,
  range: { readonly offset: number; readonly count: number },
): { readonly count: number } | { readonly error: number } {
  if (range.count === 0) return { count: 0 };
  if (range.offset >= fileBytesMax) return { error: errno.EFBIG };
  const count = Math.min(range.count, fileBytesMax - range.offset);
  const fresh = parts({ offset: range.offset, count }).filter(
    ({ chunk }) => !file.chunks.has(chunk),
  );
  const { writtenBytesMax = writtenBytesMaxDefault } = config;
  const full = state.writtenBytes + fresh.length * chunkBytes > writtenBytesMax;
  return full ? { error: errno.ENOSPC } : { count };
}

/** Requires: `roomForWrite` said so. */
export function writeContents(
  state: FilesState,
  file: FileNode,
  disk: Uint8Array,
  write: { readonly offset: number; readonly bytes: Uint8Array },
): void {
  const { offset, bytes } = write;
  for (const part of parts({ offset, count: bytes.length })) {
    const chunk = file.chunks.get(part.chunk) ?? addChunk(state, file, disk, part.chunk);
    const start = part.offset - offset;
    chunk.set(bytes.subarray(start, start + part.count), part.inChunk);
  }
  if (bytes.length > 0) file.size = Math.max(file.size, offset + bytes.length);
}

/**
 * The file is this long from now on. What is cut off is gone, from the disk's bytes too: should the
 * file grow again, zeros stand there. So all that lies behind a file's end is zero, always.
 */
export function truncate(state: FilesState, file: FileNode, size: number): void {
  for (const [index, chunk] of [...file.chunks]) {
    const left = size - index * chunkBytes;
    if (left > 0) {
      chunk.fill(0, Math.min(left, chunkBytes));
    } else {
      file.chunks.delete(index);
      state.writtenBytes -= chunkBytes;
    }
  }
  if (size === 0) file.diskBytes = null;
  else if (file.diskBytes !== null) file.diskBytes = Math.min(file.diskBytes, size);
  file.size = size;
}

/** Whether nothing but zeros can be at that offset, so that no byte need travel. */
export function isHole(file: FileNode, disk: Uint8Array, offset: number): boolean {
  return offset >= disk.length && !file.chunks.has(Math.floor(offset / chunkBytes));
}

function addChunk(state: FilesState, file: FileNode, disk: Uint8Array, index: number): Uint8Array {
  const chunk = new Uint8Array(chunkBytes);
  chunk.set(disk.subarray(index * chunkBytes, (index + 1) * chunkBytes));
  file.chunks.set(index, chunk);
  state.writtenBytes += chunkBytes;
  return chunk;
}

interface Part {
  readonly chunk: number;
  readonly inChunk: number;
  readonly offset: number;
  readonly count: number;
}

/** The range, cut where chunks meet. */
function parts(range: { readonly offset: number; readonly count: number }): Part[] {
  const end = range.offset + range.count;
  const list: Part[] = [];
  for (let offset = range.offset; offset < end;) {
    const inChunk = offset % chunkBytes;
    const count = Math.min(chunkBytes - inChunk, end - offset);
    list.push({ chunk: Math.floor(offset / chunkBytes), inChunk, offset, count });
    offset += count;
  }
  return list;
}
