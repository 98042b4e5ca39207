// Standard input of this process as a program's input: nothing is read before it is asked for.
//
//   regular file     as many bytes as were asked for
//   pipe, device     up to the count, a newline or the end, however the writer cut it up
//   terminal         what is typed goes in as it comes, with the time at which it came
//   /dev/null        empty

import { fstatSync, readSync, statSync } from "node:fs";
import { isatty } from "node:tty";
import type { InputSource } from "../cluster/index.ts";
import { exitStatus, Refusal, refuseMachineFile } from "./exit-status.ts";

const standardInput = 0;
const newline = 10;

/** Null if there is nothing at the other end. */
export type InputKind = InputSource["kind"] | null;

export function standardInputKind(): InputKind {
  if (isatty(standardInput)) return "terminal";
  const stats = fstatSync(standardInput);
  if (stats.isDirectory()) {
    throw new Refusal(exitStatus.machineFile, "cannot read standard input: it is a folder");
  }
  if (stats.isFile()) return "file";
  const nothing = stats.isCharacterDevice() && stats.rdev === statSync("/dev/null").rdev;
  return nothing ? null : "pipe";
}

/** A source whose reads can be given up, and that may fail. */
export interface MachineInput extends InputSource {
  /** The error that ended it early. The program has seen an end of input. */
  readonly failure: Error | null;
  /** Ends a read that waits. */
  cancel(): void;
}

export function openInput(kind: "file" | "pipe", onFailure: () => void): MachineInput {
  return kind === "file" ? new FileInput(onFailure) : new PipeInput(process.stdin, onFailure);
}

/** Reads on from where the file stands, as any program does that is given an open file. */
class FileInput implements MachineInput {
  readonly kind = "file";
  failure: Error | null = null;
  readonly #onFailure: () => void;

  constructor(onFailure: () => void) {
    this.#onFailure = onFailure;
  }

  read(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    let filled = 0;
    try {
      while (filled < count) {
        const got = readSync(standardInput, bytes, filled, count - filled, null);
        if (got === 0) break;
        filled += got;
      }
    } catch (error) {
      this.failure = refuseMachineFile("read", "standard input", error);
      this.#onFailure();
    }
    return Promise.resolve(bytes.subarray(0, filled));
  }

  cancel(): void {}
}

/** Chunk boundaries are the writer's and never reach the program. */
export class PipeInput implements MachineInput {
  readonly kind = "pipe";
  failure: Error | null = null;
  readonly #stream: NodeJS.ReadableStream;
  readonly #onFailure: () => void;
  #held: Buffer = Buffer.alloc(0);
  #ended = false;
  #listening = false;
  #wanted: { readonly count: number; readonly give: (bytes: Uint8Array) => void } | null = null;

  constructor(stream: NodeJS.ReadableStream, onFailure: () => void) {
    this.#stream = stream;
    this.#onFailure = onFailure;
  }

  read(count: number): Promise<Uint8Array> {
    return new Promise((give) => {
      this.#wanted = { count, give };
      this.#answer();
    });
  }

  cancel(): void {
    this.#ended = true;
    this.#answer();
    this.#stream.pause();
  }

  /** Gives what was asked for if it is there; else lets the stream flow. */
  #answer(): void {
    if (!this.#wanted) return;
    const { count, give } = this.#wanted;
    const line = this.#held.indexOf(newline) + 1;
    const enough = line > 0 || this.#held.length >= count || this.#ended;
    if (!enough) {
      this.#listen();
      this.#stream.resume();
      return;
    }
    const length = Math.min(count, line > 0 ? line : this.#held.length);
    const part = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    this.#wanted = null;
    this.#stream.pause();
    give(part);
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#stream.on("data", (chunk: Buffer) => {
      this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
      this.#answer();
    });
    this.#stream.on("end", () => {
      this.#ended = true;
      this.#answer();
    });
    this.#stream.on("error", (error: Error) => {
      this.failure = refuseMachineFile("read", "standard input", error);
      this.#onFailure();
      this.#ended = true;
      this.#answer();
    });
  }
}

export interface TypedChunk {
  readonly bytes: Uint8Array;
  readonly end: boolean;
}

/** What is typed, kept until the cluster stands still to take it. */
export class TerminalInput {
  readonly source: InputSource = {
    kind: "terminal",
    read: () => Promise.resolve(new Uint8Array(0)),
  };
  ended = false;
  #chunks: TypedChunk[] = [];
  #wake: (() => void) | null = null;

  /** `onTyped` is called whenever there is something to take. */
  open(onTyped: () => void): void {
    const add = (chunk: TypedChunk): void => {
      this.#chunks.push(chunk);
      this.#wake?.();
      onTyped();
    };
    process.stdin.on("data", (bytes: Buffer) => add({ bytes, end: false }));
    process.stdin.on("end", () => add({ bytes: new Uint8Array(0), end: true }));
    // A terminal that hangs up has nothing more to say.
    process.stdin.on("error", () => add({ bytes: new Uint8Array(0), end: true }));
  }

  get hasMore(): boolean {
    return this.#chunks.length > 0;
  }

  take(): readonly TypedChunk[] {
    const taken = this.#chunks;
    this.#chunks = [];
    if (taken.some(({ end }) => end)) this.ended = true;
    return taken;
  }

  /** Until something is typed, or the wait is given up. */
  async next(): Promise<void> {
    if (this.#chunks.length > 0 || this.ended) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = null;
  }

  cancel(): void {
    this.#wake?.();
    process.stdin.pause();
  }
}
