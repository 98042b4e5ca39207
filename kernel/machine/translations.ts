// The three translation tables (read, write, execute): what wasm looks up at every access, and only this file writes.
//
//   entry = u64 tag (space << 52 | page), u32 what the interpreter needs, u32 address of the frame
//
// Direct-mapped by the lowest bits of the page, moved by a distance that belongs to the space. Spaces begin at 1, so a tag of 0 is an empty entry.

import {
  accessExecute,
  accessWrite,
  entryMask,
  executeTable,
  readTable,
  tableBytes,
  writeTable,
} from "./hart/layout.ts";
import type { Views } from "./views.ts";

/** What an access does: read (0), write (1), fetch an instruction (2). */
export type Access = 0 | 1 | 2;

const entryWords = 4;
/**
 * How far the pages of a space are moved in the tables. Programs lie at the same addresses, and tasks alternate:
 * without this each would push out the other's entries. 37 is more than the pages that a small program touches.
 */
export function shiftOf(space: number): number {
  return (space * 37) & entryMask;
}

const allTables = [readTable, writeTable, executeTable];

export interface Translation {
  readonly space: number;
  readonly page: number;
  readonly access: Access;
  readonly frameAddress: number;
  /** Where the records of the page begin; only for `execute`. */
  readonly records: number;
}

export function enterTranslation({ words }: Views, entry: Translation): void {
  const { space, page, access, frameAddress } = entry;
  const at = indexOf(readTable + access * tableBytes, space, page);
  words[at] = page;
  words[at + 1] = space << 20;
  words[at + 2] = access === accessExecute ? entry.records : frameAddress - page * 4096;
  words[at + 3] = frameAddress;
}

/** The address of the frame that code at a page is fetched from, or -1 if the table does not say. */
export function executableFrame({ words }: Views, space: number, page: number): number {
  const at = indexOf(executeTable, space, page);
  const isMatch = words[at] === page && words[at + 1] === (space << 20) >>> 0;
  return isMatch ? (words[at + 3] ?? -1) : -1;
}

export function flushPage({ words }: Views, space: number, page: number): void {
  for (const table of allTables) {
    const at = indexOf(table, space, page);
    if (words[at] === page && words[at + 1] === (space << 20) >>> 0) clear(words, at);
  }
}

export function flushSpace({ words }: Views, space: number): void {
  for (const table of allTables) {
    for (let entry = 0; entry <= entryMask; entry++) {
      const at = (table >> 2) + entry * entryWords;
      if ((words[at + 1] ?? 0) >>> 20 === space) clear(words, at);
    }
  }
}

/** Takes the right to write from every page that shows a frame. */
export function flushWritesOf({ words }: Views, frameAddress: number): void {
  for (let entry = 0; entry <= entryMask; entry++) {
    const at = (writeTable >> 2) + entry * entryWords;
    if (words[at + 3] === frameAddress) clear(words, at);
  }
}

export function flushTable({ words }: Views, access: Access): void {
  const at = (readTable + access * tableBytes) >> 2;
  words.fill(0, at, at + (tableBytes >> 2));
}

export function flushTables(views: Views): void {
  for (const access of [0, accessWrite, accessExecute] as const) flushTable(views, access);
}

function indexOf(table: number, space: number, page: number): number {
  return (table >> 2) + ((page + shiftOf(space)) & entryMask) * entryWords;
}

function clear(words: Uint32Array, at: number): void {
  words.fill(0, at, at + entryWords);
}
