// Tasks on a host alone whose threads make kernel calls on ports when a test says so.
//
// Threads never run: a call is performed for a thread as the trap does it, and what follows from it
// is worked off as after a trap. A call that waits gives "waits"; `resultOf` tells how it ended.

import { kernelCalls } from "../../../kernel/index.ts";
import { imageWords } from "../../../kernel/machine/index.ts";
import { addThread } from "../../../kernel/task/life.ts";
import { suspend } from "../../../kernel/task/sched.ts";
import type { Task, Thread } from "../../../kernel/task/task.ts";
import type { Arguments } from "../../../kernel/trap/table.ts";
import { apply } from "../../../kernel/trap/trap.ts";
import { copyIn, copyOut } from "../../../kernel/vm/index.ts";
import { must } from "../../../ports/base/index.ts";
import { copyout, makeSendRight, portHere } from "../../../ports/index.ts";
import {
  createLoneHost,
  createRunning,
  dataAddress,
  firstThread,
  type LoneHost,
} from "../lone-host.ts";

export interface Guest {
  readonly lone: LoneHost;
  readonly task: Task;
  readonly thread: Thread;
}

export function createGuest(lone: LoneHost = createLoneHost()): Guest {
  const task = createRunning(lone, [0x73]);
  const thread = firstThread(task);
  suspend(lone.kernel, thread);
  return { lone, task, thread };
}

/** Another thread of the same task. */
export function anotherThread({ lone, task }: Guest): Guest {
  const thread = addThread(lone.kernel, task, Math.max(...task.threads.keys()) + 2_000_000);
  thread.registers.set(firstThread(task).registers);
  return { lone, task, thread };
}

/** Works off what an action leaves to be done on its host. */
export function settle({ lone }: Pick<Guest, "lone">): void {
  const nobody = { pid: 0, tid: 0 };
  lone.host.deliver({ on: "timer", timer: { on: "sleep", thread: nobody, deadline: -1 } });
}

export const names = 0x100;
/** Where a word that a call answers comes. */
export const answerAt: number = dataAddress + names;

export type CallName = (typeof kernelCalls)[number]["name"];

/** Performs the call. "waits": the thread waits now. "gone": the task has ended. */
export function call(guest: Guest, name: CallName, ...args: readonly number[]): number | string {
  const row = must(
    kernelCalls.find((one) => one.name === name),
    `kernel call ${name}`,
  );
  const { task, thread } = guest;
  const caller = { kernel: guest.lone.kernel, task, thread };
  const six = [0, 1, 2, 3, 4, 5].map((index) => args[index] ?? 0) as unknown as Arguments;
  apply(caller, row.call(caller, six));
  settle(guest);
  return resultOf(guest);
}

/** What the thread's last call has answered. */
export function resultOf({ lone, task, thread }: Guest): number | string {
  if (thread.state.at === "gone" || !lone.kernel.state.tasks.has(task.pid)) return "gone";
  if (thread.state.at === "waiting") return "waits";
  suspend(lone.kernel, thread);
  const a0 = imageWords.x(10);
  const low = thread.registers[a0] ?? 0;
  const high = thread.registers[a0 + 1] ?? 0;
  return (high | 0) * 2 ** 32 + low;
}

export function write({ lone, task }: Guest, address: number, bytes: Uint8Array): void {
  const refusal = copyOut(lone.kernel, task.memory, address, bytes);
  if (refusal) throw new Error(`nothing can be written at ${address}`);
}

export function read({ lone, task }: Guest, address: number, bytes: number): Uint8Array {
  const found = copyIn(lone.kernel, task.memory, address, bytes);
  if (!(found instanceof Uint8Array)) throw new Error(`nothing can be read at ${address}`);
  return found;
}

export function writeWords(guest: Guest, address: number, ...words: readonly number[]): void {
  write(guest, address, new Uint8Array(Uint32Array.from(words).buffer));
}

export function wordAt(guest: Guest, address: number = answerAt): number {
  return new DataView(read(guest, address, 4).buffer).getUint32(0, true);
}

/** Kinds of right as calls take them. */
export const kind = { send: 0, receive: 1, once: 2, set: 3, dead: 4 } as const;
/** Dispositions as messages have them. */
export const how = {
  moveReceive: 16,
  moveSend: 17,
  moveOnce: 18,
  copySend: 19,
  makeSend: 20,
  makeOnce: 21,
} as const;

export function newPort(guest: Guest): number {
  return Number(call(guest, "reply_port"));
}

/** A port with a send right under the same name. */
export function newPortToSend(guest: Guest): number {
  const name = newPort(guest);
  if (call(guest, "port_insert_right", name, name, how.makeSend) !== 0) throw new Error("no right");
  return name;
}

/** A send right to the port under `name` comes to another task, as a message would bring it. */
export function give(from: Guest, name: number, to: Guest): number {
  const { ports } = to.lone.kernel.state;
  const { host } = to.lone.kernel;
  const uid = must(from.task.space.entries.get(name), "a name of the giver").uid;
  const right = makeSendRight(ports, must(portHere(ports, uid), "a port that is here"), host);
  const context = { ports, space: to.task.space, spaceId: to.task.pid, host };
  return copyout(context, right);
}

/** Two tasks on one host; the second has a send right to a port of the first. */
export function pair(): { server: Guest; client: Guest; port: number; right: number } {
  const server = createGuest();
  const client = createGuest(server.lone);
  const port = newPort(server);
  return { server, client, port, right: give(server, port, client) };
}

export interface Header {
  readonly remote: number;
  readonly how: number;
  readonly reply?: number;
  readonly replyHow?: number;
  readonly id?: number;
}

export type Descriptor =
  | { readonly port: number; readonly how: number }
  | {
      readonly memory: number;
      readonly size: number;
      readonly deallocate?: boolean;
    }
  | { readonly ports: number; readonly count: number; readonly how: number };

export const messageAt: number = dataAddress + 0x400;
export const bufferAt: number = dataAddress + 0x1000;

/** Writes a message; returns its size. */
export function writeMessage(
  guest: Guest,
  header: Header,
  body: { readonly parts?: readonly Descriptor[]; readonly bytes?: Uint8Array } = {},
  address: number = messageAt,
): number {
  const parts = body.parts ?? [];
  const bytes = body.bytes ?? new Uint8Array(0);
  const view = new DataView(new ArrayBuffer(28 + parts.length * 16 + bytes.length));
  const complex = parts.length > 0 ? 0x80000000 : 0;
  view.setUint32(0, complex + header.how + ((header.replyHow ?? 0) << 8), true);
  view.setUint32(8, header.remote, true);
  view.setUint32(12, header.reply ?? 0, true);
  view.setInt32(20, header.id ?? 0, true);
  let at = 24;
  if (parts.length > 0) {
    view.setUint32(at, parts.length, true);
    at += 4;
  }
  for (const part of parts) at = writePart(view, at, part);
  new Uint8Array(view.buffer).set(bytes, at);
  const size = at + bytes.length;
  write(guest, address, new Uint8Array(view.buffer, 0, size));
  return size;
}

function writePart(view: DataView, at: number, part: Descriptor): number {
  if ("port" in part) {
    view.setUint32(at, part.port, true);
    view.setUint8(at + 10, part.how);
    return at + 12;
  }
  const memory = "memory" in part;
  view.setBigUint64(at, BigInt(memory ? part.memory : part.ports), true);
  view.setUint8(at + 8, memory && part.deallocate ? 1 : 0);
  if (!memory) view.setUint8(at + 10, part.how);
  view.setUint8(at + 11, memory ? 1 : 2);
  view.setUint32(at + 12, memory ? part.size : part.count, true);
  return at + 16;
}

export const option = {
  send: 1,
  receive: 2,
  large: 4,
  sendTimeout: 0x10,
  receiveTimeout: 0x100,
} as const;

/** Sends; `timeoutNs` undefined: waits without end. */
export function send(
  guest: Guest,
  header: Header,
  body: Parameters<typeof writeMessage>[2] = {},
  timeoutNs?: number,
): number | string {
  const size = writeMessage(guest, header, body);
  const options = option.send | (timeoutNs === undefined ? 0 : option.sendTimeout);
  return call(guest, "port_message", messageAt, options, size, 0, 0, timeoutNs ?? 0);
}

export const bufferBytes = 0x1000;

/** Receives into the buffer; `timeoutNs` undefined: waits without end. */
export function receive(guest: Guest, name: number, timeoutNs?: number): number | string {
  const options = option.receive | (timeoutNs === undefined ? 0 : option.receiveTimeout);
  return call(guest, "port_message", bufferAt, options, 0, bufferBytes, name, timeoutNs ?? 0);
}

export interface Received {
  readonly remoteType: number;
  readonly localType: number;
  readonly complex: boolean;
  readonly size: number;
  readonly remote: number;
  readonly local: number;
  readonly id: number;
  readonly sequence: number;
  readonly sender: number;
  /** What stands behind the header. */
  readonly body: DataView;
}

/** The message that lies in the buffer. */
export function received(guest: Guest, address: number = bufferAt): Received {
  const bytes = read(guest, address, bufferBytes);
  const view = new DataView(bytes.buffer);
  const bits = view.getUint32(0, true);
  const size = view.getUint32(4, true);
  const trailer = Math.ceil(size / 4) * 4;
  return {
    remoteType: bits & 0xff,
    localType: (bits >>> 8) & 0xff,
    complex: bits >= 0x80000000,
    size,
    remote: view.getUint32(8, true),
    local: view.getUint32(12, true),
    id: view.getInt32(20, true),
    sequence: view.getUint32(trailer + 8, true),
    sender: Number(view.getBigUint64(trailer + 16, true)),
    body: new DataView(bytes.buffer, 24, size - 24),
  };
}
