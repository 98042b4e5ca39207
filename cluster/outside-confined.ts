// Reading files of this machine below one folder, so that nothing leads out: no link, no "..", no race.
//
//   folder ──open, follow no link──▶ descriptor ──is it where it should be?──▶ /proc/self/fd/N
//                                                                                │
//   the entry is then looked at, or opened, below the descriptor ◀──────────────┘
//
// A path can be changed between two looks at it; an open folder cannot become another. So each
// folder is opened, the kernel is asked for the path of what was opened, and only if that is the
// path that was meant is anything below it touched. Where there is no /proc, every component is
// looked at before and after instead, which a race can beat; only Linux is safe against one.

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import type { OutsideEntry } from "../ports/index.ts";

const descriptors = "/proc/self/fd";
const hasDescriptors = process.platform === "linux" && existsSync(descriptors);
/** More than this would have to be held in memory at once. */
const fileBytesMax = 1073741824;
// Never waits for the other end of a FIFO, never follows a link.
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** What is at `path` below `root`; undefined for what is neither file, folder nor link. */
export function lookupBelow(root: string, path: string): OutsideEntry | undefined {
  if (!isNormal(path)) return undefined;
  if (path === "/") return inFolder(root, path, listFolder);
  return inFolder(root, parentOf(path), (folder) => {
    const at = `${folder}/${nameOf(path)}`;
    const status = lstatSync(at);
    if (status.isSymbolicLink()) return readLink(at);
    if (status.isDirectory()) return inFolder(root, path, listFolder);
    if (!status.isFile()) return undefined;
    return { kind: "file", size: status.size, executable: (status.mode & 0o111) !== 0 };
  });
}

/** The whole file, or undefined when it cannot be read or is larger than a gibibyte. */
export function loadBelow(root: string, path: string): Uint8Array | undefined {
  if (!isNormal(path) || path === "/") return undefined;
  return inFolder(root, parentOf(path), (folder) =>
    withOpen(`${folder}/${nameOf(path)}`, openFlags, (fd) =>
      isAt(fd, below(root, path)) ? readWhole(fd) : undefined,
    ),
  );
}

/** Absolute, and every component a name: what the file server promises, checked all the same. */
function isNormal(path: string): boolean {
  if (path === "/") return true;
  const [first, ...names] = path.split("/");
  if (first !== "" || names.length === 0) return false;
  return names.every((name) => !/^\.{0,2}$/.test(name) && !forbidden.test(name));
}

const forbidden = process.platform === "win32" ? /[\0\\:]/ : /\0/;

/** Calls `use` with a path that names the folder for as long as the call lasts. */
function inFolder<T>(
  root: string,
  path: string,
  use: (folder: string) => T | undefined,
): T | undefined {
  const meant = below(root, path);
  return absentOnError(() =>
    withOpen(meant, openFlags | constants.O_DIRECTORY, (fd) => {
      if (!isAt(fd, meant)) return undefined;
      if (hasDescriptors) return use(`${descriptors}/${fd}`);
      const result = use(meant);
      return isAt(fd, meant) ? result : undefined;
    }),
  );
}

function withOpen<T>(path: string, flags: number, use: (fd: number) => T): T {
  const fd = openSync(path, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Whether what was opened is what that path names, with no link on the way. */
function isAt(fd: number, path: string): boolean {
  if (hasDescriptors) return readlinkSync(`${descriptors}/${fd}`) === path;
  for (let at = parentOf(path); at !== "/"; at = parentOf(at)) {
    if (!lstatSync(at).isDirectory()) return false;
  }
  const [opened, named] = [fstatSync(fd), lstatSync(path)];
  return opened.ino === named.ino && opened.dev === named.dev;
}

function listFolder(folder: string): OutsideEntry {
  const entries = readdirSync(`${folder}/`, { withFileTypes: true, encoding: "buffer" });
  const visible = entries.filter(
    (entry) => entry.isFile() || entry.isDirectory() || entry.isSymbolicLink(),
  );
  // The default order of sort is by code unit: the same on every machine, in every language.
  const names = visible.flatMap((entry) => textOf(entry.name) ?? []).sort();
  return { kind: "directory", names };
}

function readLink(path: string): OutsideEntry | undefined {
  const target = textOf(readlinkSync(path, { encoding: "buffer" }));
  return target === undefined ? undefined : { kind: "link", target };
}

/** Names are text to the guests; one that is no UTF-8 does not exist for them. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

function readWhole(fd: number): Uint8Array | undefined {
  const status = fstatSync(fd);
  if (!status.isFile() || status.size > fileBytesMax) return undefined;
  const bytes = new Uint8Array(status.size);
  let have = 0;
  while (have < bytes.length) {
    const count = readSync(fd, bytes, have, bytes.length - have, have);
    if (count === 0) return undefined;
    have += count;
  }
  const more = readSync(fd, new Uint8Array(1), 0, 1, have);
  // It grew or shrank while it was read: these bytes were never its contents.
  return more === 0 ? bytes : undefined;
}

/** What an honest machine answers for a path that is not there, or not ours to see. */
const absences: ReadonlySet<string> = new Set([
  ...["ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG", "EINVAL", "EILSEQ"],
  ...["EACCES", "EPERM", "EIO", "ENXIO", "ENODEV", "ESTALE", "EOVERFLOW", "EOPNOTSUPP"],
]);

/** Anything else, such as too many open files, would make a run depend on chance: it is thrown. */
function absentOnError<T>(look: () => T | undefined): T | undefined {
  try {
    return look();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (typeof code === "string" && absences.has(code)) return undefined;
    throw error;
  }
}

function below(root: string, path: string): string {
  if (path === "/") return root;
  return root === "/" ? path : `${root}${path}`;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
