// Starting a program: a thread that talks to the console, the file server and the file's pager
// before it has an address space. Each step is the finish of the request before it, so a task that
// is being loaded is data like any other.
//
//   attach ──attached──▶ streams, each in turn ──▶
//   open ──opened──▶ head ──data──▶ map ──mapped──▶ build, zero the rest ──▶ runs

import { assert } from "../../ports/base/index.ts";
import {
  console as consoleOps,
  files,
  fsHost,
  inputKinds,
  isOp,
  type Message,
  type Right,
  wellKnownPort,
} from "../../ports/index.ts";
import {
  copyOut,
  type CopyRefusal,
  fileObject,
  mapAnonymous,
  mapPrivate,
  pageBytes,
  protect,
  protection,
  type Region,
} from "../vm/index.ts";
import { afterRefusal, type Caller, type CallResult, finishWith, request } from "./call.ts";
import { type Elf, elfHeadBytes, type ElfSegment, parseElf } from "./elf.ts";
import { errnoText } from "./errno.ts";
import { post } from "./kernel.ts";
import { isForStream, nextStream, openFile, streamCame } from "./open-streams.ts";
import { startAt } from "./registers.ts";
import { buildStack, stackPages, stackTop } from "./stack.ts";
import { parseStream } from "./streams.ts";
import type { CallData } from "./task.ts";

export const execCall = "exec";
const [writeOnly, readWrite] = [1, 2];
const finish = (data: CallData): { call: string; data: CallData } => ({ call: execCall, data });

/** What the order to start a task says of its standard streams. */
export interface StartOrder {
  readonly input: number;
  readonly terminal: boolean;
  readonly foreground: boolean;
  /** As in `control.spawn`. */
  readonly streams: readonly string[];
}

/** The first request of a task that was just made. */
export function startExec(caller: Caller, order: StartOrder): CallResult {
  const { task } = caller;
  const { input, terminal, foreground } = order;
  let malformed: string | undefined;
  for (const text of order.streams) {
    const stream = parseStream(text);
    if (stream) task.streams.push(stream);
    else malformed ??= text;
  }
  if (malformed !== undefined) return fail(caller, `no stream: ${malformed}`);
  const body = { job: task.job, input, terminal, foreground };
  const then = finish({ input, terminal });
  return request(caller, wellKnownPort(fsHost, "console"), consoleOps.attach, body, then);
}

/** Every later step. The reply says which one it is. */
export function finishExec(caller: Caller, data: CallData, reply: Message | null): CallResult {
  if (!reply) return zeroTails(caller, data as unknown as Loaded);
  if (isOp(reply, consoleOps.attached)) return attached(caller, data, reply.rights);
  if (isForStream(data)) {
    const refused = streamCame(caller, data, reply);
    return refused === undefined ? openStreams(caller) : fail(caller, refused);
  }
  if (isOp(reply, files.count)) return openStreams(caller); // one that was there before is closed
  if (isOp(reply, files.opened)) return opened(caller, reply);
  if (isOp(reply, files.data)) return head(caller, data, reply);
  if (isOp(reply, files.mapped)) return mapped(caller, data, reply);
  return fail(caller, "the file server is gone");
}

function fail(caller: Caller, reason: string): CallResult {
  const { task, kernel } = caller;
  kernel.host.emit("exec.refused", {
    pid: task.pid,
    job: task.job,
    program: task.program.path,
    reason,
  });
  return { do: "signal", signal: 9, lost: null };
}

function attached(caller: Caller, data: CallData, rights: readonly Right[]): CallResult {
  const { task } = caller;
  if (rights.length !== 3) return fail(caller, "no console");
  rights.forEach((right, fd) => {
    const name = ["stdin", "stdout", "stderr"][fd] as string;
    const isTerminal = fd === 0 ? data["input"] === inputKinds.terminal : data["terminal"] === true;
    const path = isTerminal ? `terminal:${name}` : name;
    const flags = isTerminal ? readWrite : fd === 0 ? 0 : writeOnly;
    task.files[fd] = openFile(caller, right, { path, mode: 0o20620, flags });
  });
  return openStreams(caller);
}

/** The streams that the order names, and when they are there, the program. */
function openStreams(caller: Caller): CallResult {
  const { task } = caller;
  const step = nextStream(caller, execCall);
  if (step !== "done") return "refused" in step ? fail(caller, step.refused) : step;
  const root = wellKnownPort(fsHost, "files");
  const body = { path: task.program.path, flags: 0, mode: 0 };
  return request(caller, root, files.open, body, finish({}));
}

function opened(caller: Caller, reply: Message<typeof files.opened.body>): CallResult {
  const { error, mode, size } = reply.body;
  const [right] = reply.rights;
  if (error !== 0 || !right) return fail(caller, errnoText(error));
  if ((mode & 0o170000) !== 0o100000) return fail(caller, "not a regular file");
  const data = { file: right.uid, size };
  return request(caller, right.uid, files.readAt, { offset: 0, count: elfHeadBytes }, finish(data));
}

function head(caller: Caller, data: CallData, reply: Message<typeof files.data.body>): CallResult {
  const { error, bytes } = reply.body;
  if (error !== 0) return fail(caller, errnoText(error));
  const elf = parseElf(bytes, data["size"] as number);
  if (typeof elf === "string") return fail(caller, elf);
  const file = data["file"] as number;
  return request(caller, file, files.map, {}, finish({ ...data, elf }));
}

interface Loaded {
  readonly elf: Elf;
  readonly segment: number;
}

function mapped(
  caller: Caller,
  data: CallData,
  reply: Message<typeof files.mapped.body>,
): CallResult {
  const { error, size } = reply.body;
  const [right] = reply.rights;
  if (error !== 0 || !right) return fail(caller, errnoText(error));
  const { kernel, task } = caller;
  post(kernel, data["file"] as number, files.close, {});
  const elf = data["elf"] as Elf;
  const file = fileObject(kernel.memory.objects, {
    port: right.uid,
    bytes: size,
    path: task.program.path,
  });
  for (const segment of elf.segments) mapSegment(caller, segment, file);
  const heap = Math.max(...elf.segments.map((segment) => segment.address + segment.memoryBytes));
  const heapStart = Math.ceil(heap / pageBytes) * pageBytes;
  task.heap = { start: heapStart, end: heapStart };
  mapAnonymous(kernel, task.memory, {
    start: stackTop / pageBytes - stackPages,
    pages: stackPages,
    protection: protection.read | protection.write | (elf.executableStack ? protection.execute : 0),
    name: "[stack]",
  });
  const rights = protection.read | protection.write;
  const sigreturn = { start: sigreturnPage, pages: 1, protection: rights, name: "[sigreturn]" };
  mapAnonymous(kernel, task.memory, sigreturn);
  return zeroTails(caller, { elf, segment: 0 });
}

/** li a7, 139 (rt_sigreturn); ecall: where a signal handler returns to. */
const sigreturnCode = [0x08b00893, 0x00000073] as const;
/** A page in the gap below the stack. */
const sigreturnPage = stackTop / pageBytes - stackPages - 64;
export const sigreturnAddress: number = sigreturnPage * pageBytes;

/** Undefined: the code stands there. */
function writeSigreturn({ kernel, task }: Caller): CopyRefusal | undefined {
  const code = new Uint8Array(Uint32Array.from(sigreturnCode).buffer);
  const refusal = copyOut(kernel, task.memory, sigreturnAddress, code);
  if (refusal) return refusal;
  const executable = protection.read | protection.execute;
  protect(kernel, task.memory, sigreturnPage, sigreturnPage + 1, executable);
  return undefined;
}

function mapSegment(
  caller: Caller,
  segment: ElfSegment,
  file: ReturnType<typeof fileObject>,
): void {
  const { kernel, task } = caller;
  const start = Math.floor(segment.address / pageBytes);
  const fileEnd = Math.ceil((segment.address + segment.fileBytes) / pageBytes);
  const end = Math.ceil((segment.address + segment.memoryBytes) / pageBytes);
  const allowed =
    (segment.readable ? protection.read : 0) |
    (segment.writable ? protection.read | protection.write : 0) |
    (segment.executable ? protection.execute : 0);
  const region = (from: number, to: number): Region => ({
    start: from,
    pages: to - from,
    protection: allowed,
    name: task.program.path,
  });
  const mapsFile = segment.fileBytes > 0;
  if (mapsFile) {
    const offset = Math.floor(segment.offset / pageBytes);
    mapPrivate(kernel, task.memory, region(start, fileEnd), file, offset);
  }
  const zeroStart = mapsFile ? fileEnd : start;
  if (end > zeroStart) mapAnonymous(kernel, task.memory, region(zeroStart, end));
}

/** The rest of the last file page of a segment with more memory than file is zero. */
function zeroTails(caller: Caller, { elf, segment: from }: Loaded): CallResult {
  const { kernel, task } = caller;
  for (let index = from; index < elf.segments.length; index++) {
    const segment = elf.segments[index] as ElfSegment;
    const end = segment.address + segment.fileBytes;
    const count = Math.min(
      (pageBytes - (end % pageBytes)) % pageBytes,
      segment.memoryBytes - segment.fileBytes,
    );
    if (segment.fileBytes === 0 || count <= 0 || !segment.writable) continue;
    const refusal = copyOut(kernel, task.memory, end, new Uint8Array(count));
    if (!refusal) continue;
    // There is no program yet to return an error to: another segment on the same page that may not
    // be written, or a file that is shorter than it said.
    if (refusal.at !== "wait" && refusal.at !== "full")
      return fail(caller, "a segment whose last page cannot be written");
    const data = { elf, segment: index };
    return afterRefusal(caller, refusal, end, finishWith(execCall, data, null));
  }
  return enter(caller, elf);
}

/** The program is in place: its first thread gets a stack and starts at the entry point. */
function enter(caller: Caller, elf: Elf): CallResult {
  const { kernel, task, thread } = caller;
  const stack = buildStack(task, elf, kernel.host.seed);
  if (typeof stack === "string") return fail(caller, stack);
  const refusal =
    copyOut(kernel, task.memory, stack.pointer, stack.bytes) ?? writeSigreturn(caller);
  assert(refusal?.at !== "refused", "the new stack can be written");
  if (refusal?.at === "lost") return fail(caller, "no memory for the stack");
  if (refusal) {
    const data = { elf, segment: elf.segments.length };
    return afterRefusal(caller, refusal, stack.pointer, finishWith(execCall, data, null));
  }
  startAt(thread.registers, elf.entry, stack.pointer);
  task.state = "running";
  kernel.host.emit("exec.done", { pid: task.pid, job: task.job, program: task.program.path });
  return { do: "continue" };
}
