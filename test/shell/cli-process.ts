// The real binary, as somebody else's process sees it: words in, bytes and a status out.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";

const main = fileURLToPath(new URL("../../shell/main.js", import.meta.url));

export interface Ended {
  readonly status: number | null;
  /** The signal that ended it from outside; a status of its own is expected instead. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines on standard error that are ours. */
  readonly ours: readonly string[];
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Writes to its standard input. */
  feed(bytes: string | Uint8Array): Promise<void>;
  closeInput(): void;
  /** Gives up reading its standard output. */
  closeOutput(): void;
  signal(name: NodeJS.Signals): void;
  /** Returns when something has come on standard output, or nothing will. */
  readonly speaking: Promise<void>;
  /** Returns when its standard output matches, or nothing more will come. */
  heard(pattern: RegExp): Promise<void>;
}

export interface StartOptions {
  readonly cwd?: string;
  /** A file descriptor or "pipe"; nothing by default. */
  readonly stdin?: "pipe" | "ignore" | number;
  readonly stdout?: number;
  /** Nobody reads its standard output before. */
  readonly readsAfterMs?: number;
  /** On a terminal of its own, by `script`; both streams come on standard output. */
  readonly terminal?: boolean;
}

export function start(words: readonly string[], options: StartOptions = {}): Running {
  const command = [process.execPath, main, ...words];
  const quoted = command.map((word) => `'${word}'`).join(" ");
  const [file = "", ...more] = options.terminal
    ? ["script", "-q", "-e", "-c", quoted, "/dev/null"]
    : command;
  const child = spawn(file, more, {
    cwd: options.cwd,
    stdio: [options.stdin ?? "ignore", options.stdout ?? "pipe", "pipe"],
  });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  const { promise: speaking, resolve: speak } = withResolvers();
  const listeners = new Set<() => void>();
  setTimeout(() => {
    child.stdout?.on("data", (bytes: Buffer) => {
      out.push(bytes);
      speak();
      for (const listener of listeners) listener();
    });
  }, options.readsAfterMs ?? 0);
  child.stderr?.on("data", (bytes: Buffer) => err.push(bytes));
  // It may end without having read all that it is fed.
  child.stdin?.on("error", () => {});
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => {
      speak();
      const stderr = Buffer.concat(err).toString();
      const ours = stderr.split("\n").filter((line) => line.startsWith("sojourn: "));
      resolve({ status, signal, stdout: Buffer.concat(out).toString(), stderr, ours });
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    speaking,
    heard: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (pattern.test(Buffer.concat(out).toString())) resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => resolve());
      }),
    feed: (bytes) => new Promise((resolve) => child.stdin?.write(bytes, () => resolve())),
    closeInput: () => child.stdin?.end(),
    closeOutput: () => child.stdout?.destroy(),
    signal: (name) => child.kill(name),
  };
}

export function sojourn(words: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(words, options).ended;
}

/** A folder of its own for a test. */
export function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), "sojourn-cli-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
