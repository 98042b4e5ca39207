// Standard input: when a read completes, and with what.
//
//   empty      at once, with the end of input
//   file, pipe when the outside has bytes; until then the host stands still ("wait")
//   terminal   when a whole line is there; at most that line (canonical mode), first reader first;
//              a job in the background gets none: its read, also one that waits, ends at once, and
//              its kernel stops it

import { files, inBackground, isOp, type Message, type ServerContext } from "../ports/index.ts";
import type { Job, Typed } from "./console-state.ts";

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
    if (job.foreground) serveReaders(job, context);
    else refuseReaders(job, inBackground, context);
    return "done";
  }
  const bytes = context.outside.input(job.job, Math.min(count, inputBytesMax));
  if (bytes === "wait") return "wait";
  context.reply(message, files.data, { error: 0, bytes });
  return "done";
}

/** Bytes typed at the job's terminal. What comes after the end of input is for nobody. */
export function onTyped(job: Job, { bytes, flush, end }: Typed, context: ServerContext): void {
  if (job.ended) return;
  addLines(job, bytes);
  if (flush || (end && job.partial.length > 0)) {
    job.lines.push(job.partial);
    job.partial = nothing;
  }
  if (end) job.ended = true;
  serveReaders(job, context);
}

/** The terminal is the job's, or another's: then nobody waits for it any more. */
export function onForeground(job: Job, foreground: boolean, context: ServerContext): void {
  job.foreground = foreground;
  if (!foreground && job.input === "terminal") refuseReaders(job, inBackground, context);
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

/** Whoever waits gets that error. */
export function refuseReaders(job: Job, error: number, context: ServerContext): void {
  for (const reader of job.readers.splice(0)) {
    context.reply(reader, files.data, { error, bytes: nothing });
  }
}

/** A copy, also when one part is empty: the message's bytes are not ours to keep. */
function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
