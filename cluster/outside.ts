// The machine that runs the cluster, as its guests may see it: one folder, some mounts, the streams.
//
//   /mnt/NAME   a file of this machine that the operator has named
//   /…          the folder, confined (see outside-confined.ts)
//
// Every file that was read is an input of the run: its hash is kept for the recording, and it
// reads the same for as long as the run lasts or not at all. So is whatever was only looked for:
// what it was when it was first looked at is kept, for a recording to check before it is replayed.

import { realpathSync } from "node:fs";
import type { Outside, OutsideEntry } from "../ports/index.ts";
import { loadBelow, lookupBelow } from "./outside-confined.ts";

export interface OutsideOptions {
  /** The folder of this machine that the guests see as `/`. */
  readonly root: string;
  /** Files of this machine by the names under which the guests see them in `/mnt`. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly output: Outside["output"];
  readonly input: Outside["input"];
}

/**
 * What a run has seen of a path in the guests' tree. Of a folder only that it is one: programs
 * walk through folders all the time, and hardly ever list them.
 */
export interface SeenFile {
  readonly path: string;
  readonly is: "file" | "program" | "folder" | "link" | "nothing";
  readonly bytes: number;
  /** Of a file's bytes if they were read, of a link's text. */
  readonly sha256: string | null;
}

export interface MachineOutside extends Outside {
  /** All that was looked at or read so far, sorted by path. */
  seen(): readonly SeenFile[];
  /** The same for somebody whose looks are not the run's: they are not kept. */
  readonly onlooker: Outside;
}

const mountFolder = "/mnt";

/** Throws the error of `node:fs` if `root` is not there. */
export function createOutside(options: OutsideOptions): MachineOutside {
  const root = realpathSync(options.root);
  const mounts = resolveMounts(options.mounts);
  const hashes = new Map<string, string>();
  const looks = new Map<string, SeenFile>();
  const streams = { output: options.output, input: options.input };
  const onlooker: Outside = {
    lookup: (path) => lookup(root, mounts, path),
    load: (path) => load(root, mounts, path),
    ...streams,
  };
  return {
    lookup(path) {
      const entry = onlooker.lookup(path);
      if (!looks.has(path)) looks.set(path, seenOf(path, entry));
      return entry;
    },
    load(path) {
      const bytes = load(root, mounts, path);
      if (!bytes) return undefined;
      const sha256 = sha256Of(bytes);
      if ((hashes.get(path) ?? sha256) !== sha256) return undefined;
      hashes.set(path, sha256);
      return bytes;
    },
    seen: () =>
      [...looks.values()]
        .map((file) => ({ ...file, sha256: hashes.get(file.path) ?? file.sha256 }))
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
    onlooker,
    ...streams,
  };
}

function seenOf(path: string, entry: OutsideEntry | undefined): SeenFile {
  if (!entry) return { path, is: "nothing", bytes: 0, sha256: null };
  switch (entry.kind) {
    case "file":
      return { path, is: entry.executable ? "program" : "file", bytes: entry.size, sha256: null };
    case "directory":
      return { path, is: "folder", bytes: 0, sha256: null };
    case "link": {
      const text = Buffer.from(entry.target);
      return { path, is: "link", bytes: text.length, sha256: sha256Of(text) };
    }
  }
}

/** Whether what is there now is what a run has seen; if not, what it is now. */
export function changeOf(outside: MachineOutside, was: SeenFile): SeenFile | null {
  const now = seenOf(was.path, outside.onlooker.lookup(was.path));
  const bytes = was.is === "link" || was.sha256 === null ? null : outside.onlooker.load(was.path);
  const sha256 = bytes ? sha256Of(bytes) : now.sha256;
  const same = now.is === was.is && now.bytes === was.bytes && sha256 === was.sha256;
  return same ? null : { ...now, sha256 };
}

/** Loaded when the first file is read: only `fs` reads files, and every worker pays for imports. */
function sha256Of(bytes: Uint8Array): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex");
}

type Mounts = ReadonlyMap<string, string>;

function lookup(root: string, mounts: Mounts, path: string): OutsideEntry | undefined {
  if (path === mountFolder) return listMounts(mounts);
  if (!isMount(path)) return lookupBelow(root, path);
  const target = mounts.get(path);
  const entry = target === undefined ? undefined : lookupBelow("/", target);
  return entry?.kind === "file" ? entry : undefined;
}

function load(root: string, mounts: Mounts, path: string): Uint8Array | undefined {
  if (!isMount(path)) return loadBelow(root, path);
  const target = mounts.get(path);
  return target === undefined ? undefined : loadBelow("/", target);
}

function isMount(path: string): boolean {
  return path.startsWith(`${mountFolder}/`);
}

function listMounts(mounts: Mounts): OutsideEntry {
  const names = [...mounts.keys()].map((path) => path.slice(mountFolder.length + 1));
  return { kind: "directory", names: names.sort() };
}

/**
 * By path in the guests' tree. The operator named them, so links are followed, but only now: from
 * here on each is that file or nothing. A mount that is not there is nothing.
 */
function resolveMounts(named: OutsideOptions["mounts"]): Mounts {
  const mounts = new Map<string, string>();
  for (const [name, path] of Object.entries(named)) {
    const target = resolve(path);
    if (target !== undefined) mounts.set(`${mountFolder}/${name}`, target);
  }
  return mounts;
}

function resolve(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
