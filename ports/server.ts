// What a native server is: a task without an address space, whose program is a table of functions.
//
// Its state is plain data, so that its host can be saved; it sees messages and timers only, and it
// cannot tell whether a client is on its own host, on another, or has just moved.

import type { HostId, PortUid } from "./ids.ts";
import type { Body, Message, Op, Right, Schema } from "./protocol/index.ts";

/** What a server may do while it handles one message. Valid only during the call. */
export interface ServerContext {
  /** Virtual time, ns. */
  readonly now: number;
  /** Virtual time passes on this host while the server works. */
  charge(ns: number): void;
  /** Answers `request`; a request without a reply right is not answered. */
  reply<S extends Schema>(
    request: Message,
    op: Op<S>,
    body: Body<S>,
    rights?: readonly Right[],
  ): void;
  send<S extends Schema>(
    to: PortUid,
    op: Op<S>,
    body: Body<S>,
    extras?: { readonly rights?: readonly Right[] },
  ): void;
  /** A new port whose receive right the server holds; `tag` comes back with each message. */
  makePort(tag: string): Right;
  /**
   * The same, but the right is counted: when it is no more, wherever it has been and whatever it
   * was lost with, `notify.noSenders` comes to the port, behind the messages that came by it.
   */
  makeCountedPort(tag: string): Right;
  /** Divides a right for a copy of it. Null: it has to `acquire` more transits first. */
  split(right: Right): { readonly kept: Right; readonly given: Right } | null;
  /** Gives up a right that the server was sent. */
  drop(right: Right): void;
  /** Asks for more transits, for a send right that the server has: see `granted`. */
  acquire(uid: PortUid): void;
  /** Asks to be told when the port dies: see `portDied`. */
  watch(uid: PortUid): void;
  /** Asks to be told when this incarnation of the host dies: see `hostDied`. False: it is dead. */
  watchHost(host: HostId, incarnation: number): boolean;
  destroyPort(uid: PortUid): void;
  /** Calls the server's `timer` at that virtual time with that data. */
  timer(at: number, data: unknown): void;
  /** The outside: machine files below the root, console streams. Never time or chance. */
  readonly outside: Outside;
  emit(event: string, ids: Readonly<Record<string, unknown>>): void;
}

/** A file or directory of the machine that runs the cluster, as the guests may see it. */
export type OutsideEntry =
  | { readonly kind: "file"; readonly size: number; readonly executable: boolean }
  | { readonly kind: "directory"; readonly names: readonly string[] }
  | { readonly kind: "link"; readonly target: string };

/** The doors between the emulated cluster and the machine it runs on. */
export interface Outside {
  /** One component below the guests' root, no link followed; undefined when it does not exist.
   *  `path` is absolute in the guests' tree, normalised, without "." and "..". */
  lookup(path: string): OutsideEntry | undefined;
  /** The whole file; undefined when it cannot be read. */
  load(path: string): Uint8Array | undefined;
  /** Bytes that a program wrote to a stream of its console. */
  output(job: number, stream: 1 | 2, bytes: Uint8Array): void;
  /** The next bytes of a job's standard input that is no terminal: up to `count` bytes, up to and
   *  with the first newline of a pipe; empty at the end of input; "wait" when the driver has to
   *  get them first: the host then stands still and the server is called again. */
  input(job: number, count: number): Uint8Array | "wait";
}

export interface NativeServer<State = unknown> {
  readonly name: string;
  /** The state at boot. `kept` is what `keep` returned before a crash, undefined at first boot. */
  create(kept: unknown): State;
  /** What survives a crash of the host (a disk), as plain data. */
  keep?(state: State): unknown;
  /** Handles one message. Returns "wait" only when `outside.input` said so: nothing has changed. */
  receive(state: State, tag: string, message: Message, context: ServerContext): "done" | "wait";
  timer?(state: State, data: unknown, context: ServerContext): void;
  /** A watched port has died. */
  portDied?(state: State, uid: PortUid, context: ServerContext): void;
  /** An incarnation of a host, watched or not, is dead. */
  hostDied?(state: State, host: HostId, incarnation: number, context: ServerContext): void;
  /** The hosts whose death the server has to hear of now. */
  hosts?(state: State): readonly HostId[];
  /**
   * Answers a question of the operator's about the state, for the first door: nothing changes by
   * it, and no time passes.
   */
  observe?(state: State, question: unknown, outside: Outside): unknown;
  /** Transits that the server has asked for, once for each `acquire`. */
  granted?(state: State, uid: PortUid, transits: number, context: ServerContext): void;
  /** Transits that the server's rights to the port carry: for a recount. */
  held?(state: State, uid: PortUid): number;
}
