// Opening the streams of a program before it starts, one after the other, each in two steps:
//
//   close ──count──▶ open a path ──opened──▶ placed        what stood at the descriptor before is
//               ├──▶ join a pipe ──joined──▶ placed        closed first, if anything did
//               └──▶ copy a descriptor
//
// The task's list has those that are still to come. When the task ends before its program runs, the
// pipe server is told of ends that will never be joined.

import { must } from "../../ports/base/index.ts";
import {
  files,
  fsHost,
  isOp,
  keepRight,
  lookupRight,
  type Message,
  pipes,
  releaseRight,
  type Right,
  wellKnownPort,
} from "../../ports/index.ts";
import { type Caller, type CallResult, request, spaceOf } from "./call.ts";
import { errno, errnoText } from "./errno.ts";
import { type Kernel, post } from "./kernel.ts";
import type { CallData, OpenFile, Stream, Task } from "./task.ts";

/** S_IFIFO, readable and writable by its owner: what the pipe server says of its ends. */
const pipeMode = 0o10600;
const newFileMode = 0o644;

/** The next request; "done" when there is none; or why the program cannot start. */
export type StreamStep = CallResult | "done" | { readonly refused: string };

/** An entry of the descriptor table for a right that a server gave. */
export function openFile(
  caller: Caller,
  right: Right,
  what: { readonly path: string; readonly mode: number; readonly flags?: number },
): OpenFile {
  return {
    name: keepRight(spaceOf(caller), right),
    path: what.path,
    mode: what.mode,
    flags: what.flags ?? 0,
    since: caller.kernel.host.now,
    closeOnExec: false,
  };
}

/** Puts the file at the descriptor, which is free. */
function placeFile(task: Task, fd: number, file: OpenFile): void {
  while (task.files.length < fd) task.files.push(null);
  task.files[fd] = file;
}

/** Goes on with the task's list. `call` is the finisher that gets the answer. */
export function nextStream(caller: Caller, call: string): StreamStep {
  const { task } = caller;
  for (;;) {
    const [stream] = task.streams;
    if (!stream) return "done";
    if (stream.open === "copy" && !task.files[stream.of]) {
      return { refused: `cannot copy descriptor ${stream.of}: it is not open` };
    }
    const isItself = stream.open === "copy" && stream.of === stream.fd;
    const closing = isItself ? undefined : closeBefore(caller, stream.fd, call);
    if (closing) return closing;
    task.streams.shift();
    if (stream.open !== "copy") return ask(caller, stream, call);
    if (!isItself) copyFile(task, stream.of, stream.fd);
  }
}

function closeBefore(caller: Caller, fd: number, call: string): CallResult | undefined {
  const { task } = caller;
  const before = task.files[fd];
  if (!before) return undefined;
  task.files[fd] = null;
  const { uid } = must(lookupRight(task.space, before.name), "right of an open file");
  if (!releaseRight(spaceOf(caller), before.name)) return undefined;
  return request(caller, uid, files.close, {}, { call, data: {} });
}

function copyFile(task: Task, from: number, to: number): void {
  const file = must(task.files[from], "the descriptor that is copied");
  must(lookupRight(task.space, file.name), "right of an open file").references++;
  placeFile(task, to, { ...file, closeOnExec: false });
}

function ask(
  caller: Caller,
  stream: Exclude<Stream, { readonly open: "copy" }>,
  call: string,
): CallResult {
  const then = { call, data: { stream } };
  if (stream.open === "pipe") {
    const { pipe, end } = stream;
    return request(caller, wellKnownPort(fsHost, "pipes"), pipes.join, { pipe, end }, then);
  }
  const { path, flags } = stream;
  const body = { path, flags, mode: newFileMode };
  return request(caller, wellKnownPort(fsHost, "files"), files.open, body, then);
}

/** Whether the data of a wait is that of a stream which was asked for. */
export function isForStream(data: CallData): boolean {
  return data["stream"] !== undefined;
}

/** The answer to the request of a stream: undefined, or why the program cannot start. */
export function streamCame(caller: Caller, data: CallData, reply: Message): string | undefined {
  const stream = data["stream"] as Stream;
  const [right] = reply.rights;
  if (stream.open === "path" && isOp(reply, files.opened)) {
    const { error, path, mode } = reply.body;
    if (error !== 0 || !right) return `cannot open ${stream.path}: ${errnoText(error)}`;
    const file = openFile(caller, right, { path, mode, flags: stream.flags });
    placeFile(caller.task, stream.fd, file);
    return undefined;
  }
  if (stream.open === "pipe" && isOp(reply, pipes.joined)) {
    const { error } = reply.body;
    if (error !== 0 || !right) return `cannot join pipe ${stream.pipe}: ${errnoText(error)}`;
    const path = `pipe:[${stream.pipe}]`;
    const flags = stream.end === 0 ? 0 : 1;
    placeFile(caller.task, stream.fd, openFile(caller, right, { path, mode: pipeMode, flags }));
    return undefined;
  }
  return errnoText(errno.EIO);
}

/** The pipe server is told that nobody will come for these ends. */
export function forgoStreams(kernel: Kernel, streams: readonly Stream[]): void {
  for (const stream of streams) {
    if (stream.open !== "pipe") continue;
    const { pipe, end } = stream;
    post(kernel, wellKnownPort(fsHost, "pipes"), pipes.forgo, { pipe, end });
  }
}
