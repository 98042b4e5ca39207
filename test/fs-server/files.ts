// The file server's clients, in the words of the tests: open, read, write, seek on a bench.

import { createFileServer, type FileServerConfig } from "../../fs-server/index.ts";
import { files, type PortUid } from "../../ports/index.ts";
import {
  advance,
  answerTo,
  type Bench,
  bytesOf,
  call,
  createBench,
  createMachine,
  type Planted,
  post,
  service,
  textOf,
} from "./bench.ts";

export const flags = {
  read: 0,
  write: 1,
  both: 2,
  neither: 3,
  create: 0o100,
  exclusive: 0o200,
  truncate: 0o1000,
  append: 0o2000,
  directory: 0o200000,
  noFollow: 0o400000,
  path: 0o10000000,
  temporary: 0o20200000,
} as const;

export const config: FileServerConfig = {
  diskSeekNs: 5_000_000,
  diskBytesPerSecond: 100_000_000,
  messageBytesMax: 8192,
  mounts: [{ name: "outside.txt" }],
  epochNs: 0,
};

export function serve(
  planted: Record<string, Planted>,
  changes: Partial<FileServerConfig> = {},
): Bench & { readonly machine: ReturnType<typeof createMachine> } {
  const machine = createMachine(planted);
  const server = createFileServer({ ...config, ...changes });
  return Object.assign(createBench(server, machine.outside), { machine });
}

export function tryOpen(
  bench: Bench,
  path: string,
  options: { readonly flags?: number; readonly mode?: number; readonly from?: PortUid } = {},
): { readonly error: number; readonly path: string; readonly port: PortUid } {
  const { flags: bits = 0, mode = 0o644, from = service } = options;
  const body = { path, flags: bits, mode };
  const opened = call(bench, from, files.open, body, files.opened);
  const right = opened.rights[0];
  if ((opened.body.error === 0) !== (right !== undefined)) throw new Error("a right iff opened");
  return { error: opened.body.error, path: opened.body.path, port: right?.uid ?? 0 };
}

export function open(bench: Bench, path: string, bits = 0, from: PortUid = service): PortUid {
  const opened = tryOpen(bench, path, { flags: bits, from });
  if (opened.error !== 0) throw new Error(`${path}: error ${opened.error}`);
  return opened.port;
}

/** Waits for the disk if it has to. */
export function read(bench: Bench, port: PortUid, count: number): { error: number; text: string } {
  const { id } = post(bench, port, files.read, { count });
  advance(bench, bench.now + 1_000_000_000);
  const { body } = answerTo(bench, id, files.data);
  return { error: body.error, text: textOf(body.bytes) };
}

/** The file from its beginning, in as many messages as it takes. */
export function readAll(bench: Bench, port: PortUid): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; ;) {
    const { id } = post(bench, port, files.readAt, { offset, count: 1 << 30 });
    advance(bench, bench.now + 1_000_000_000);
    const { error, bytes } = answerTo(bench, id, files.data).body;
    if (error !== 0) throw new Error(`readAt: error ${error}`);
    if (bytes.length === 0) return Buffer.concat(pieces);
    pieces.push(bytes);
    offset += bytes.length;
  }
}

export function write(bench: Bench, port: PortUid, text: string): { error: number; value: number } {
  return call(bench, port, files.write, { bytes: bytesOf(text) }, files.count).body;
}

export function seek(
  bench: Bench,
  port: PortUid,
  offset: number,
  whence: number,
): { error: number; value: number } {
  return call(bench, port, files.seek, { offset, whence }, files.count).body;
}

export function stat(
  bench: Bench,
  path: string,
  follow = true,
): { error: number; mode: number; size: number; inode: number } {
  return call(bench, service, files.statPath, { path, follow }, files.status).body;
}
