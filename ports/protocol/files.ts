// Files, directories, consoles: one interface, so that a client cannot tell them apart.
//
//   client                        server
//     │── open (to a directory) ───▶│
//     │◀─ opened + right to file ───│   the offset lives with the server
//     │── read, write, seek … ─────▶│
//     │◀─ data, count, status … ────│   every request has exactly one reply
//     │── close ───────────────────▶│   acknowledged: the last reference is gone when it returns
//
// Errors are Linux errno values; 0 is success.

import { defineInterface, type Interface } from "./schema.ts";

/** d_type of getdents64. */
export const entryKinds = { fifo: 1, character: 2, directory: 4, file: 8, link: 10 } as const;

/**
 * The error of a read that a task in the background makes at its terminal. It is no errno that a
 * program sees: the kernel stops the task with SIGTTIN and makes the call again when it goes on.
 */
export const inBackground = 512;

const rows = {
  open: {
    doc: "Open a path, relative to the directory that the message is sent to.",
    body: { path: "string", flags: "u32", mode: "u32" },
  },
  opened: {
    doc: "The open file, its kind (as st_mode) and size.",
    body: { error: "u32", mode: "u32", size: "u53", path: "string" },
    rights: ["send: the open file"],
  },
  statPath: {
    doc: "Attributes of a path; `follow` says whether a final link is followed.",
    body: { path: "string", follow: "flag" },
  },
  readLink: { doc: "The text of a symbolic link.", body: { path: "string" } },
  text: { doc: "Answer to readLink.", body: { error: "u32", text: "string" } },
  read: {
    doc: "Up to `count` bytes at the file's offset, which advances.",
    body: { count: "u32" },
  },
  readAt: { doc: "Up to `count` bytes at an offset.", body: { offset: "u53", count: "u32" } },
  data: {
    doc: "Answer to read and readAt; no bytes means end of file.",
    body: { error: "u32", bytes: "bytes" },
  },
  write: { doc: "Bytes at the file's offset, which advances.", body: { bytes: "bytes" } },
  writeAt: {
    doc: "Bytes at an offset; at the end of a file that was opened to append.",
    body: { offset: "u53", bytes: "bytes" },
  },
  seek: {
    doc: "Move the offset: whence 0 set, 1 current, 2 end.",
    body: { offset: "i53", whence: "u8" },
  },
  remove: {
    doc: "Take a name out of its directory; what it names lives until its last holder closes it.",
    body: { path: "string", directory: "flag" },
  },
  rename: {
    doc: "Give a file or directory another name, below the directory with the inode `at` or, if that is 0, below the same as the old one; `replaces`: what has that name loses it.",
    body: { path: "string", at: "u53", to: "string", replaces: "flag" },
  },
  makeDirectory: { doc: "A new, empty directory.", body: { path: "string", mode: "u32" } },
  count: {
    doc: "Answer to write, writeAt, seek, truncate, remove, rename, makeDirectory, close and share.",
    body: { error: "u32", value: "u53" },
  },
  stat: { doc: "Attributes of the open file.", body: {} },
  status: {
    doc: "Answer to stat and statPath.",
    body: { error: "u32", mode: "u32", size: "u53", inode: "u53", links: "u32", device: "u53" },
  },
  close: { doc: "The client drops its last reference.", body: {} },
  share: { doc: "One client more has the open file: it is closed by as many.", body: {} },
  truncate: {
    doc: "Make the open file this long: what lies beyond is gone, what is missing is zero. `grows`: only if it is shorter.",
    body: { size: "u53", grows: "flag" },
  },
  list: {
    doc: "The next entries of an open directory, which stands behind them afterwards: as many as Linux's getdents64 fits into `count` bytes.",
    body: { count: "u32" },
  },
  entries: {
    doc: "Answer to list, in the order of the directory; none at its end. `kinds` as in d_type, `offsets` as in d_off: where a seek continues behind the entry.",
    body: { error: "u32", names: "strings", inodes: "u53s", kinds: "u53s", offsets: "u53s" },
  },
  map: { doc: "Ask for the memory object of the file.", body: {} },
  mapped: {
    doc: "The memory object, served by the file's pager, and its size in bytes.",
    body: { error: "u32", size: "u53" },
    rights: ["send: the memory object"],
  },
} as const;

export const files: Interface<typeof rows> = defineInterface("files", 0x100, rows);
