// How bytes go through a pipe, and what becomes of those who wait when an end is gone.
//
//   writers: the first one's bytes go in as there is room; up to 4,096 only all at once, as POSIX
//            has it. It is answered when all are in. Then the next one's turn comes.
//   readers: the first one gets what there is, at most what it asked for.
//
//   no reader any more   a writer gets EPIPE; if a part was in, how much: its next write gets EPIPE
//   no writer any more   a reader gets what is left, then the end of file

import { files, hostName, type ServerContext } from "../ports/index.ts";
import { errno } from "./errno.ts";
import { putBytes, roomIn, takeBytes } from "./pipe-buffer.ts";
import { type Pipe, type PipeEnd, type PipesState, type WaitingWrite } from "./pipe-state.ts";

/** PIPE_BUF: a write of so many bytes is not mixed with others. */
const atomicBytesMax = 4096;
const nothing = new Uint8Array(0);

/** Everything that can happen in the pipe now happens. */
export function flow(pipe: Pipe, context: ServerContext): void {
  // Ends because each turn takes bytes from a write into the buffer, or from there to a reader.
  while (fill(pipe, context) || drain(pipe, context));
  if (pipe.read.at === "gone") refuseWriters(pipe, errno.EPIPE, context);
  if (pipe.write.at !== "gone" || pipe.buffer.length > 0) return;
  for (const reader of pipe.readers.splice(0)) {
    context.reply(reader, files.data, { error: 0, bytes: nothing });
  }
}

/** The first write that waits goes in as far as it may. Whether any byte did. */
function fill({ writers, buffer, read }: Pipe, context: ServerContext): boolean {
  const [first] = writers;
  if (!first || read.at === "gone") return false;
  const part = nextPart(first, roomIn(buffer));
  if (part.length === 0) return false;
  putBytes(buffer, part);
  first.done += part.length;
  if (first.done === first.request.body.bytes.length) {
    writers.shift();
    context.reply(first.request, files.count, { error: 0, value: first.done });
  }
  return true;
}

function nextPart({ request, done }: WaitingWrite, room: number): Uint8Array {
  const { bytes } = request.body;
  if (bytes.length <= atomicBytesMax && room < bytes.length) return nothing;
  return bytes.subarray(done, done + room);
}

/** The first reader that waits gets what there is. Whether that is anything. */
function drain({ readers, buffer }: Pipe, context: ServerContext): boolean {
  if (buffer.length === 0) return false;
  const first = readers.shift();
  if (!first) return false;
  const bytes = takeBytes(buffer, first.body.count);
  context.reply(first, files.data, { error: 0, bytes });
  return true;
}

function refuseWriters({ writers }: Pipe, error: number, context: ServerContext): void {
  for (const { request, done } of writers.splice(0)) {
    context.reply(request, files.count, { error: done > 0 ? 0 : error, value: done });
  }
}

function refuseReaders({ readers }: Pipe, error: number, context: ServerContext): void {
  for (const reader of readers.splice(0)) {
    context.reply(reader, files.data, { error, bytes: nothing });
  }
}

export type WhyGone = "closed" | "no-senders" | "host-dead" | "forgone";

/** Nobody has the end any more, and nobody ever will. */
export function loseEnd(
  state: PipesState,
  pipe: Pipe,
  end: PipeEnd,
  why: WhyGone,
  context: ServerContext,
): void {
  if (end.at === "gone") return;
  end.at = "gone";
  const { number: pipeNumber } = pipe;
  context.emit("pipe.gone", { pipe: pipeNumber, end: end.name, from: hostName(end.host), why });
  // Who still waits at the end itself does not hold it any more.
  if (end === pipe.read) refuseReaders(pipe, errno.EBADF, context);
  else refuseWriters(pipe, errno.EBADF, context);
  flow(pipe, context);
  if (end.port !== null) context.destroyPort(end.port);
  if (pipe.read.at === "gone" && pipe.write.at === "gone") state.pipes.delete(pipeNumber);
}
