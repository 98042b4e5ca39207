// Standard input: when a read completes, and with what.
//
//   empty      at once, with the end of input
//   file, pipe when the outside has bytes; until then the host stands still ("wait")
//   terminal   when a whole line is there; at most that line (canonical mode), first reader first

import { files, isOp, type Message, type ServerContext } from "../ports/index.ts";
import { errno } from "./errno.ts";
import type { Job } from "./console-state.ts";

const nothing = new Uint8Array(0);
const newline = 10;
/** Most bytes of one read: what a pipe of Linux holds. */
const inputBytesMax = 65536;

type ReadMessage = Message<typeof files.read.body>;

export function onInputRead(
  job: Job,
  message: ReadMessage,
  context: ServerContext,
): "done" | "wait" {
  const { count } = message.body;
  if (job.input === "empty" || count === 0) {
    context.reply(message, files.data, { error: 0, bytes: nothing });
    return "done";
  }
  if (job.input === "terminal") {
    job.readers.push(message);
    serveReaders(job, context);
    return "done";
  }
  const bytes = context.outside.input(job.job, Math.min(count, inputBytesMax));
  if (bytes === "wait") return "wait";
  context.reply(message, files.data, { error: 0, bytes });
  return "done";
}

/** Bytes typed at the job's terminal. What comes after the end of input is for nobody. */
export function onTyped(
  job: Job,
  typed: { readonly bytes: Uint8Array; readonly end: boolean },
  context: ServerContext,
): void {
  if (job.ended) return;
  addLines(job, typed.bytes);
  if (typed.end) {
    if (job.partial.length > 0) job.lines.push(job.partial);
    job.partial = nothing;
    job.ended = true;
  }
  serveReaders(job, context);
}

function addLines(job: Job, bytes: Uint8Array): void {
  let from = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
    job.lines.push(join(job.partial, bytes.subarray(from, at + 1)));
    job.partial = nothing;
    from = at + 1;
  }
  job.partial = join(job.partial, bytes.subarray(from));
}

function serveReaders(job: Job, context: ServerContext): void {
  while (job.readers.length > 0 && (job.lines.length > 0 || job.ended)) {
    const reader = job.readers.shift();
    if (!reader || !isOp(reader, files.read)) break;
    const bytes = takeLine(job, Math.min(reader.body.count, inputBytesMax));
    context.reply(reader, files.data, { error: 0, bytes });
  }
}

/** At most `count` bytes of the first line; what is left of it stays for the next read. */
function takeLine(job: Job, count: number): Uint8Array {
  const line = job.lines.shift() ?? nothing;
  if (line.length > count) job.lines.unshift(line.slice(count));
  return line.slice(0, count);
}

/** Whoever waits at a standard input that is closed gets nothing more. */
export function refuseReaders(job: Job, context: ServerContext): void {
  for (const reader of job.readers.splice(0)) {
    context.reply(reader, files.data, { error: errno.EBADF, bytes: nothing });
  }
}

/** A copy, also when one part is empty: the message's bytes are not ours to keep. */
function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
