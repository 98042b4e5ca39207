// The types of the public API: what a program that drives a cluster sees.

import type { LedgerEntry } from "../kernel/index.ts";
import type { NetFaults } from "./cable.ts";
import type { LocationName, Plant } from "../ports/index.ts";
import type { Exit, Move, Stop } from "./observed.ts";

/** Options of `Cluster.boot`. Times in virtual ns, sizes in bytes. */
export interface ClusterOptions {
  /** Hosts h1 … hN; `fs` comes on top. Default 4. */
  readonly hosts?: number;
  readonly seed?: number;
  /** Hosts in worker threads, or all in this thread; the trace is the same. Default "worker". */
  readonly driver?: "worker" | "inline";
  readonly profile?: string;
  /** Physical memory of each host, whole pages. Default 256 MiB. */
  readonly memoryBytes?: number;
  /** The folder of this machine that is the guests' disk. Default: the one that comes along. */
  readonly root?: string;
  /** Files of this machine that guests see as /mnt/NAME. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Faults on all cables, drawn from the seed. */
  readonly net?: Partial<NetFaults>;
  /** Bytes a second of every cable instead of the profile's. */
  readonly bandwidth?: number;
  /** CLOCK_REALTIME at virtual time 0, as Date.parse takes it. Default 2026-01-01T00:00:00Z. */
  readonly epoch?: string;
  /** Messages within a host go through the codec too. */
  readonly paranoid?: boolean;
  /** A bug that is made on purpose, to see it caught. */
  readonly plant?: Plant;
  /** How ports are found when they have moved. Default "redirect". */
  readonly location?: LocationName;
  /** What of the trace is kept. "control" keeps no trace. Default "default". */
  readonly trace?: "control" | "default" | "all";
  /** Whether standard input is kept for a recording. Default true. */
  readonly keepInput?: boolean;
  /**
   * Makes the run stand still at random places, in real time, and saves and restores every host at
   * each: no trace may show it. For checks of that.
   */
  readonly disturbed?: boolean;
  /** Sees every byte that a program writes, as it is written. */
  readonly onOutput?: (task: Task, stream: 1 | 2, bytes: Uint8Array) => void;
}

/** Where a program's standard input comes from. Bytes are asked for when the program reads. */
export interface InputSource {
  readonly kind: "file" | "pipe" | "terminal";
  /** Up to `count` bytes; of a pipe up to and with the first newline; empty at the end. */
  read(count: number): Promise<Uint8Array>;
}

export interface SpawnOptions {
  /** Standard input: all of it, or a source. Default: empty. */
  readonly stdin?: string | Uint8Array | InputSource;
  readonly env?: Readonly<Record<string, string>>;
  /** The program in the guests' tree, if it is not argv[0] looked up in the guests' PATH. */
  readonly program?: string;
  readonly wander?: { readonly periodNs: number; readonly strategy?: string };
  /**
   * What its descriptors are instead of the console's streams, opened in this order in the guests'
   * tree: `FD<PATH`, `FD>PATH`, `FD>>PATH`, `FD|PIPE` (a number from `makePipe`), `FD&FD`.
   */
  readonly streams?: readonly string[];
  /** Whether what it writes goes to a terminal. Default: if that is its input. */
  readonly terminal?: boolean;
  /** Whether it may read its terminal, if that is its input. Default true. */
  readonly foreground?: boolean;
}

export interface Task {
  readonly job: number;
  /** Null until virtual time has passed: a job has not begun before. */
  readonly pid: number | null;
  readonly program: string;
  /** The host it is on. */
  readonly host: string;
  /** What it has written to standard output, and to standard error. */
  readonly output: string;
  readonly errors: string;
  readonly outputBytes: Uint8Array;
  readonly exit: Exit | null;
  /** By which signal it stands still; null while it does not. */
  readonly stopped: Stop | null;
  readonly moves: readonly Move[];
  readonly movesFailed: number;
}

export interface MigrateOptions {
  readonly strategy?: string;
  /** Pages that a fault at the target asks for beyond the one touched. Default 0. */
  readonly readAhead?: number;
  /** Pre-copy: at most so many rounds. Default 8. */
  readonly rounds?: number;
  /** Pre-copy: no further round for so few dirty bytes. Default 64 KiB. */
  readonly stopBelowBytes?: number;
  /** Tasks that go along, as far as they are on its host; they move as one. Default: none. */
  readonly with?: readonly Task[];
  /**
   * What becomes of tasks that share writable memory with those that move: they go along, or the move
   * is refused. Default "refuse".
   */
  readonly sharing?: "together" | "refuse";
}

export interface MoveResult {
  readonly outcome: "moved" | "aborted" | "refused";
  /** If it was not made: the rule that forbade it, and the rule, the thing and what is wrong with it. */
  readonly rule?: string;
  readonly reason?: string;
  readonly from: string;
  readonly to: string;
  readonly strategy: string;
  /** From the freeze at the source to the activation at the target, as the trace has them. */
  readonly freezeNs: number;
  readonly pages: number;
  readonly bytes: number;
  /** Pages that stayed with the source. */
  readonly owed: number;
}

/** What `runUntil` waits for. */
export type Condition =
  | { readonly exited: Task }
  /** One of the tasks is stopped, or all have ended. */
  | { readonly halted: readonly Task[] }
  /** All tasks that were spawned have ended. */
  | { readonly allExited: true }
  /** The output of the task matches. */
  | { readonly output: RegExp; readonly of: Task }
  /** An event of this name, as it stands in the trace; needs a trace level that has it. */
  | { readonly event: string }
  /** The order with this number has been carried out or refused. */
  | { readonly ordered: number }
  /** Nothing: time passes until its limit, or until nothing will ever happen by itself. */
  | { readonly never: true };

export interface RunLimits {
  /** At most this much virtual time. */
  readonly withinNs?: number;
}

/** Why `runUntil` returned. "deadlock": nothing will ever happen by itself. */
export type RunOutcome = "met" | "time" | "deadlock" | "stopped";

export type Residual = LedgerEntry & { readonly sentence: string };
