// A host reduced to what a native server sees of it: a clock, ports, timers, a machine folder in memory.
//
// After each call the state goes through structuredClone and through the codec of plain data: a
// server that keeps anything else in it, or shares an object with a message, fails every test.

import { decodePlain, encodePlain } from "../../ports/base/index.ts";
import {
  type Body,
  makeMessage,
  makePortUid,
  type Message,
  type NativeServer,
  notify,
  type Op,
  opByName,
  type Outside,
  type OutsideEntry,
  type PortUid,
  type Right,
  type Schema,
  type ServerContext,
  user,
} from "../../ports/index.ts";

export interface Sent {
  readonly at: number;
  readonly op: string;
  readonly body: unknown;
  readonly rights: readonly Right[];
}

export interface Reply extends Sent {
  readonly id: number;
}

export interface Bench {
  readonly server: NativeServer;
  readonly outside: Outside;
  state: unknown;
  now: number;
  counter: number;
  readonly tags: Map<PortUid, string>;
  readonly replies: Reply[];
  readonly sends: (Sent & { readonly to: PortUid })[];
  readonly events: string[];
  /** Rights that the server gave up, and ports of which it asked for transits or for their death. */
  readonly dropped: Right[];
  readonly acquired: PortUid[];
  readonly watched: PortUid[];
  /** Hosts that the server asked to be told of, as `host.incarnation`, and those that are dead. */
  readonly watchedHosts: string[];
  readonly deadHosts: Set<string>;
  timers: { readonly at: number; readonly data: unknown }[];
}

/** The well-known port of the server. */
export const service: PortUid = makePortUid(0, 0, 3);

export function createBench(server: NativeServer, outside: Outside, kept?: unknown): Bench {
  return {
    server,
    outside,
    state: server.create(kept),
    now: 0,
    counter: 16,
    tags: new Map([[service, ""]]),
    replies: [],
    sends: [],
    events: [],
    dropped: [],
    acquired: [],
    watched: [],
    watchedHosts: [],
    deadHosts: new Set(),
    timers: [],
  };
}

/** Sends a request and returns its id; the answer may come at once, later, or never. */
export function post<S extends Schema>(
  bench: Bench,
  port: PortUid,
  op: Op<S>,
  body: Body<S>,
  rights: readonly Right[] = [],
): { readonly id: number; readonly outcome: "done" | "wait" } {
  const tag = bench.tags.get(port);
  if (tag === undefined) throw new Error(`port ${port} is dead`);
  const id = bench.counter++;
  const reply: Right = { kind: "send-once", uid: makePortUid(1, 1, id) };
  const message: Message = makeMessage(op, body, { id, reply, rights });
  const before = encodePlain(bench.state);
  const outcome = bench.server.receive(bench.state, tag, message, contextOf(bench));
  if (outcome === "wait" && !Buffer.from(before).equals(encodePlain(bench.state))) {
    throw new Error("a server that waits has changed its state");
  }
  refresh(bench);
  return { id, outcome };
}

/** A port has died that the server watches. */
export function portDies(bench: Bench, uid: PortUid): void {
  bench.server.portDied?.(bench.state, uid, contextOf(bench));
  refresh(bench);
}

/** An incarnation of a host has died. */
export function hostDies(bench: Bench, host: number, incarnation: number): void {
  bench.deadHosts.add(`${host}.${incarnation}`);
  bench.server.hostDied?.(bench.state, host, incarnation, contextOf(bench));
  refresh(bench);
}

/** The last right to a counted port is gone. */
export function rightsEnd(bench: Bench, port: PortUid): void {
  const tag = bench.tags.get(port);
  if (tag === undefined) throw new Error(`port ${port} is dead`);
  const message = makeMessage(notify.noSenders, { makeSends: 1 }) as Message;
  bench.server.receive(bench.state, tag, message, contextOf(bench));
  refresh(bench);
}

/** Transits come that the server has asked for. */
export function grant(bench: Bench, uid: PortUid, transits: number): void {
  bench.server.granted?.(bench.state, uid, transits, contextOf(bench));
  refresh(bench);
}

/** Sends a request that has to be answered at once by that message. */
export function call<S extends Schema, R extends Schema>(
  bench: Bench,
  port: PortUid,
  op: Op<S>,
  body: Body<S>,
  answer: Op<R>,
): { readonly body: Body<R>; readonly rights: readonly Right[] } {
  const { id } = post(bench, port, op, body);
  return answerTo(bench, id, answer);
}

export function answerTo<R extends Schema>(
  bench: Bench,
  id: number,
  answer: Op<R>,
): { readonly at: number; readonly body: Body<R>; readonly rights: readonly Right[] } {
  const answers = bench.replies.filter((reply) => reply.id === id);
  const [only] = answers;
  if (!only || answers.length > 1) throw new Error(`${answers.length} answers to request ${id}`);
  if (only.op !== answer.name) throw new Error(`${only.op}, expected ${answer.name}`);
  return { at: only.at, body: only.body as Body<R>, rights: only.rights };
}

export function isAnswered(bench: Bench, id: number): boolean {
  return bench.replies.some((reply) => reply.id === id);
}

/** Lets time pass; timers that are due fire in order. */
export function advance(bench: Bench, to: number): void {
  for (;;) {
    const [first] = bench.timers.sort((a, b) => a.at - b.at);
    if (!first || first.at > to) break;
    bench.timers.shift();
    bench.now = first.at;
    bench.server.timer?.(bench.state, first.data, contextOf(bench));
    refresh(bench);
  }
  bench.now = to;
}

/** The host crashes and starts again: only what the server keeps is left. */
export function crash(bench: Bench): Bench {
  const kept = structuredClone(bench.server.keep?.(bench.state));
  return { ...createBench(bench.server, bench.outside, kept), now: bench.now };
}

function refresh(bench: Bench): void {
  bench.state = structuredClone(decodePlain(encodePlain(bench.state)));
}

function contextOf(bench: Bench): ServerContext {
  return {
    now: bench.now,
    charge() {
      throw new Error("only messages cost time");
    },
    reply(request, op, body, rights = []) {
      check(op, body, rights);
      if (request.reply === null) {
        bench.dropped.push(...rights);
        return;
      }
      bench.replies.push({ at: bench.now, id: request.id, op: op.name, body, rights });
    },
    split(right) {
      const { count } = right;
      if (count === undefined) return { kept: right, given: right };
      if (count === 1) return null;
      const given = Math.floor(count / 2);
      return { kept: { ...right, count: count - given }, given: { ...right, count: given } };
    },
    drop: (right) => void bench.dropped.push(right),
    acquire: (uid) => void bench.acquired.push(uid),
    watch: (uid) => void bench.watched.push(uid),
    send(to, op, body, extras = {}) {
      check(op, body, extras.rights ?? []);
      bench.sends.push({ at: bench.now, to, op: op.name, body, rights: extras.rights ?? [] });
    },
    makePort(tag) {
      const uid = makePortUid(0, 1, bench.counter++);
      bench.tags.set(uid, tag);
      return { kind: "send", uid };
    },
    makeCountedPort(tag) {
      const uid = makePortUid(0, 1, bench.counter++);
      bench.tags.set(uid, tag);
      return { kind: "send", uid, count: 2 ** 24 };
    },
    watchHost(host, incarnation) {
      bench.watchedHosts.push(`${host}.${incarnation}`);
      return !bench.deadHosts.has(`${host}.${incarnation}`);
    },
    destroyPort(uid) {
      if (!bench.tags.delete(uid)) throw new Error(`port ${uid} was destroyed before`);
    },
    timer(at, data) {
      if (at <= bench.now) throw new Error("a timer in the past");
      bench.timers.push({ at, data: structuredClone(data) });
    },
    outside: bench.outside,
    emit(event) {
      bench.events.push(event);
    },
  };
}

/** The fields of a message are those of its row. */
function check(op: Op<never> | Op, body: object, rights: readonly Right[]): void {
  const row = opByName(op.name);
  const fields = Object.keys(body).sort().join();
  if (fields !== Object.keys(row.body).sort().join()) throw new Error(`${op.name} with ${fields}`);
  // How many rights a task's message has is its sender's business.
  if (row.name === user.message.name) return;
  if (rights.length > row.rights.length) throw new Error(`${op.name} with too many rights`);
}

export type Planted =
  string | Uint8Array | { readonly link: string } | { readonly program: string };

/** A folder of the machine, given by its files and links; it may be changed during a test. */
export function createMachine(planted: Record<string, Planted>): {
  readonly files: Record<string, Planted>;
  readonly asked: string[];
  readonly loads: string[];
  readonly outside: Outside;
} {
  const asked: string[] = [];
  const loads: string[] = [];
  const outside: Outside = {
    lookup(path) {
      asked.push(path);
      return entryAt(planted, path);
    },
    load(path) {
      loads.push(path);
      return bytesAt(planted, path);
    },
    output() {},
    input: () => "wait",
  };
  return { files: planted, asked, loads, outside };
}

function entryAt(planted: Record<string, Planted>, path: string): OutsideEntry | undefined {
  const item = planted[path];
  if (typeof item === "object" && "link" in item) return { kind: "link", target: item.link };
  const bytes = bytesAt(planted, path);
  if (bytes) {
    const executable = typeof item === "object" && "program" in item;
    return { kind: "file", size: bytes.length, executable };
  }
  const prefix = path === "/" ? "/" : `${path}/`;
  const below = Object.keys(planted).filter((name) => name.startsWith(prefix));
  const names = [...new Set(below.map((name) => name.slice(prefix.length).split("/")[0] ?? ""))];
  return below.length > 0 || path === "/" ? { kind: "directory", names: names.sort() } : undefined;
}

function bytesAt(planted: Record<string, Planted>, path: string): Uint8Array | undefined {
  const item = planted[path];
  if (item instanceof Uint8Array) return item.slice();
  if (typeof item === "string") return new TextEncoder().encode(item);
  if (item && "program" in item) return new TextEncoder().encode(item.program);
  return undefined;
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
