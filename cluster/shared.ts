// Memory that all workers share: gates, the board, mailboxes. Nothing else passes between threads
// once the hosts are up.
//
//   words     stop | awake | bell | park | looking | run[i] | gate[i] | answer[i]       (Int32, Atomics)
//   board     what hosts publish at the barrier
//   inbox i   packets for host i           requests i   what the main thread asks while parked
//   outbox i  trace, console, answers to the main thread
//
// A mailbox is filled under a lock and emptied whole. A writer that finds it full waits, in real
// time only, until its reader has emptied it.

import { assert } from "../ports/base/index.ts";
import { boardBytes } from "./board.ts";

export const word = { stop: 0, awake: 1, bell: 2, park: 3, looking: 4 } as const;
const wordsFixed = 5;

/** Values of the park word. */
export const parkCode = { running: 0, limit: 1, quiescent: 2, stopped: 3, failed: 4 } as const;

export interface Shared {
  readonly count: number;
  readonly words: Int32Array;
  readonly board: SharedArrayBuffer;
  readonly inboxes: readonly Mailbox[];
  readonly outboxes: readonly Mailbox[];
  readonly requests: readonly Mailbox[];
}

/** What is handed to a worker at its start: the shared buffers. */
export interface SharedBuffers {
  readonly count: number;
  readonly words: SharedArrayBuffer;
  readonly board: SharedArrayBuffer;
  readonly inboxes: readonly SharedArrayBuffer[];
  readonly outboxes: readonly SharedArrayBuffer[];
  readonly requests: readonly SharedArrayBuffer[];
}

const mailboxBytes = 1 << 20;

export function allocateShared(count: number): SharedBuffers {
  const boxes = (): SharedArrayBuffer[] =>
    Array.from({ length: count }, () => new SharedArrayBuffer(mailboxBytes));
  return {
    count,
    words: new SharedArrayBuffer(4 * (wordsFixed + 3 * count)),
    board: new SharedArrayBuffer(boardBytes(count)),
    inboxes: boxes(),
    outboxes: boxes(),
    requests: boxes(),
  };
}

export function openShared(buffers: SharedBuffers): Shared {
  const open = (list: readonly SharedArrayBuffer[]): Mailbox[] =>
    list.map((buffer) => new Mailbox(buffer));
  return {
    count: buffers.count,
    words: new Int32Array(buffers.words),
    board: buffers.board,
    inboxes: open(buffers.inboxes),
    outboxes: open(buffers.outboxes),
    requests: open(buffers.requests),
  };
}

/** 1 when the host is to run a window. */
export function runWord(id: number): number {
  return wordsFixed + id;
}

/** Counts up when the host is to look up: a window, a request, or mail to make room for. */
export function gateWord({ count }: Shared, id: number): number {
  return wordsFixed + count + id;
}

/** Counts up when the host's request for input has been answered. */
export function answerWord({ count }: Shared, id: number): number {
  return wordsFixed + 2 * count + id;
}

export function openGate(shared: Shared, id: number): void {
  Atomics.add(shared.words, gateWord(shared, id), 1);
  Atomics.notify(shared.words, gateWord(shared, id));
}

export function ringBell({ words }: Shared): void {
  Atomics.add(words, word.bell, 1);
  Atomics.notify(words, word.bell);
}

const lockAt = 0;
const usedAt = 1;
const headBytes = 16;
const lockTries = 1000;
const lockNapMs = 0.05;

const empty = new Uint8Array(0);

/** Bytes from many writers to one reader. */
export class Mailbox {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer, 0, headBytes / 4);
    this.#bytes = new Uint8Array(buffer, headBytes);
  }

  /** Runs `act` while nobody else is at the mailbox. Held for microseconds, by every thread. */
  locked<T>(act: () => T): T {
    // Ends because whoever holds the lock does a few copies and nothing else. It may have lost its
    // core meanwhile: then this one is better given to it than kept busy.
    for (let tries = 1; Atomics.compareExchange(this.#words, lockAt, 0, 1) !== 0; tries++) {
      if (tries % lockTries === 0) Atomics.wait(this.#words, lockAt, 1, lockNapMs);
    }
    try {
      return act();
    } finally {
      Atomics.store(this.#words, lockAt, 0);
    }
  }

  /** Appends the record, or says that there is no room now. */
  put(record: Uint8Array): boolean {
    return this.locked(() => this.putLocked(record, empty));
  }

  /** As `put`, for a caller that holds the lock; of a record in two pieces. */
  putLocked(head: Uint8Array, rest: Uint8Array): boolean {
    const used = Atomics.load(this.#words, usedAt);
    const length = head.length + rest.length;
    const need = length + 4;
    assert(need <= this.#bytes.length, "a record fits an empty mailbox");
    if (used + need > this.#bytes.length) return false;
    this.#bytes[used] = length & 0xff;
    this.#bytes[used + 1] = (length >>> 8) & 0xff;
    this.#bytes[used + 2] = (length >>> 16) & 0xff;
    this.#bytes[used + 3] = length >>> 24;
    this.#bytes.set(head, used + 4);
    this.#bytes.set(rest, used + 4 + head.length);
    Atomics.store(this.#words, usedAt, used + need);
    return true;
  }

  get used(): number {
    return Atomics.load(this.#words, usedAt);
  }

  /** Takes all records out, as copies, in order. */
  drain(): Uint8Array[] {
    if (this.used === 0) return [];
    const all = this.locked(() => {
      const used = Atomics.load(this.#words, usedAt);
      const copy = this.#bytes.slice(0, used);
      Atomics.store(this.#words, usedAt, 0);
      return copy;
    });
    Atomics.notify(this.#words, usedAt);
    const records: Uint8Array[] = [];
    const view = new DataView(all.buffer);
    for (let at = 0; at < all.length;) {
      const length = view.getUint32(at, true);
      records.push(all.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    return records;
  }

  /** For a worker: sleeps until the reader has emptied the mailbox, or a little while. */
  waitForRoom(): void {
    const used = this.used;
    if (used > 0) Atomics.wait(this.#words, usedAt, used, 5);
  }
}
