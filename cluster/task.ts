// A job as the API shows it: what has been observed of it, and what it has written.

import { hostName } from "../ports/index.ts";
import type { InputSource, Task } from "./api.ts";
import type { Exit, JobState, Move, Stop } from "./observed.ts";

/** Bytes as they come; joined when somebody looks. */
class Output {
  #parts: Uint8Array[] = [];

  add(bytes: Uint8Array): void {
    this.#parts.push(bytes);
  }

  get bytes(): Uint8Array {
    if (this.#parts.length !== 1) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0] as Uint8Array;
  }

  get text(): string {
    return Buffer.from(this.bytes).toString("utf8");
  }
}

export class JobTask implements Task {
  readonly job: number;
  readonly #state: () => JobState;
  readonly #streams = [new Output(), new Output()] as const;
  readonly input: InputSource | null;
  /** When its latest output was written. */
  lastOutputAt = 0;

  constructor(job: number, input: InputSource | null, state: () => JobState) {
    this.job = job;
    this.input = input;
    this.#state = state;
  }

  get pid(): number | null {
    return this.#state().pid;
  }

  get program(): string {
    return this.#state().program;
  }

  get host(): string {
    return hostName(this.#state().host);
  }

  get output(): string {
    return this.#streams[0].text;
  }

  get outputBytes(): Uint8Array {
    return this.#streams[0].bytes;
  }

  get errors(): string {
    return this.#streams[1].text;
  }

  get exit(): Exit | null {
    return this.#state().exit;
  }

  get stopped(): Stop | null {
    return this.#state().stopped;
  }

  get moves(): readonly Move[] {
    return this.#state().moves;
  }

  get movesFailed(): number {
    return this.#state().movesFailed;
  }

  wrote(stream: 1 | 2, bytes: Uint8Array, at: number): void {
    this.#streams[stream - 1]?.add(bytes);
    this.lastOutputAt = at;
  }
}

/** All of a job's input at once: it reads like a regular file. */
export function inputFromBytes(bytes: Uint8Array): InputSource {
  let at = 0;
  return {
    kind: "file",
    read(count) {
      const part = bytes.subarray(at, at + count);
      at += part.length;
      return Promise.resolve(part);
    },
  };
}
