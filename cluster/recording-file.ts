// A recording as a file: JSON Lines, keys in fixed order, so that a person can read what was done.
//
//   {"sojourn-recording":1,"version":…,"trace-format":1,"options":…,"inputs":[…],"session":…}
//   {"at":…,"n":0,"host":"h1","do":…}          a line for each command
//   {"input":1,"chunks":[…]}                    what a job read, as often as it takes
//   {"end":…,"events":…,"sha256":…,"trace":…}   the trace: lines, gzip, base64
//
// A file whose last line is missing was cut short. Written in pieces: no text holds all of it.

import { constants } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import { UsageError } from "./config.ts";
import { hashOfLines, type LoggedCommand, type Recording } from "./recording.ts";
import { readCommand, writeCommand } from "./recording-command.ts";
import { readHeader, writeHeader } from "./recording-header.ts";
import {
  field,
  type JsonObject,
  Malformed,
  readBytes,
  readCount,
  readList,
  readObject,
  readString,
  writeBytes,
} from "./recording-json.ts";

/** So many bytes of input go on one line, and so many of the trace into one member of the gzip. */
const inputBytesMax = 2 ** 20;
const memberCharsMax = 2 ** 22;
/** A line has to fit in a text when it is read. */
const traceCharsMax = 500_000_000;
const newline = 10;

/** The text of the file, piece by piece. Throws `UsageError` if no text could hold the trace. */
export function* writeRecording(recording: Recording): Generator<string> {
  const trace = packTrace(recording.trace);
  const chars = trace.reduce((sum, { length }) => sum + Math.ceil((length * 4) / 3), 0);
  if (chars > traceCharsMax) {
    throw new UsageError("nothing saved: the trace is too long for a recording (over 500 MB)");
  }
  yield line(writeHeader(recording));
  for (const command of recording.commands) yield line(writeCommand(command));
  for (const [job, chunks] of recording.input) {
    for (const part of partsOf(chunks)) yield line({ input: job, chunks: part.map(writeBytes) });
  }
  const { end, sha256 } = recording;
  const last = JSON.stringify({ end, events: recording.trace.length, sha256, trace: "" });
  yield last.slice(0, -2);
  yield* base64Of(trace);
  yield '"}\n';
}

function line(object: JsonObject): string {
  return `${JSON.stringify(object)}\n`;
}

function* partsOf(chunks: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  let part: Uint8Array[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    part.push(chunk);
    bytes += chunk.length;
    if (bytes < inputBytesMax) continue;
    yield part;
    [part, bytes] = [[], 0];
  }
  if (part.length > 0) yield part;
}

/** Members of one gzip file, one after the other. */
function packTrace(lines: readonly string[]): readonly Buffer[] {
  const members: Buffer[] = [];
  let text: string[] = [];
  let chars = 0;
  const pack = (): void => {
    members.push(gzipSync(text.join("")));
    [text, chars] = [[], 0];
  };
  for (const one of lines) {
    text.push(one, "\n");
    chars += one.length + 1;
    if (chars >= memberCharsMax) pack();
  }
  if (text.length > 0 || members.length === 0) pack();
  return members;
}

function* base64Of(parts: readonly Buffer[]): Generator<string> {
  let rest = Buffer.alloc(0);
  for (const part of parts) {
    const bytes = Buffer.concat([rest, part]);
    const whole = bytes.length - (bytes.length % 3);
    yield bytes.toString("base64", 0, whole);
    rest = bytes.subarray(whole);
  }
  yield rest.toString("base64");
}

/**
 * Reads a file's bytes. `name` is the file's, for messages; `version` is the one that may read it.
 * Throws `UsageError` that says why it is no recording, or not one of ours.
 */
export function readRecording(bytes: Buffer, name: string, version: string): Recording {
  const reader = new LineReader(bytes, name);
  const header = reader.read((value) => readHeader(value, version));
  if (!header) throw new UsageError(`${name} is no recording: it is empty`);
  const commands: LoggedCommand[] = [];
  const input = new Map<number, Uint8Array[]>();
  for (;;) {
    const recording = reader.read((value) => {
      const object = readObject(value, "the line");
      if (Object.hasOwn(object, "end")) return { ...header, commands, input, ...readEnd(object) };
      if (Object.hasOwn(object, "input")) readInput(object, input);
      else commands.push(readCommand(object, header.options.hosts));
      return null;
    });
    if (recording === undefined) throw cutShort(name);
    if (recording === null) continue;
    reader.expectEnd();
    checkOrder(recording, name);
    return recording;
  }
}

function cutShort(name: string): UsageError {
  return new UsageError(`${name} is cut short: its last line, with the trace, is missing`);
}

class LineReader {
  readonly #bytes: Buffer;
  readonly #name: string;
  #at = 0;
  #line = 0;

  constructor(bytes: Buffer, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  /** Undefined behind the last line. */
  read<Value>(parse: (value: unknown) => Value): Value | undefined {
    if (this.#at >= this.#bytes.length) return undefined;
    const end = this.#bytes.indexOf(newline, this.#at);
    this.#line++;
    if (end < 0 && this.#line > 1) throw cutShort(this.#name);
    const last = end < 0 ? this.#bytes.length : end;
    if (last - this.#at > constants.MAX_STRING_LENGTH) throw this.#wrong("is too long");
    const text = this.#bytes.toString("utf8", this.#at, last);
    this.#at = last + 1;
    return this.#parse(text, parse);
  }

  #parse<Value>(text: string, parse: (value: unknown) => Value): Value {
    try {
      return parse(JSON.parse(text));
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`${this.#name}: ${error.message}`);
      if (this.#line === 1) throw new UsageError(`${this.#name} is no recording of sojourn`);
      if (error instanceof Malformed) throw this.#wrong(error.message);
      if (error instanceof SyntaxError) throw this.#wrong("is no JSON");
      throw error;
    }
  }

  expectEnd(): void {
    if (this.#at >= this.#bytes.length) return;
    this.#line++;
    throw this.#wrong("nothing may follow the trace");
  }

  #wrong(what: string): UsageError {
    return new UsageError(`${this.#name}:${this.#line}: the recording is damaged: ${what}`);
  }
}

function readInput(object: JsonObject, input: Map<number, Uint8Array[]>): void {
  const job = field(object, "input", readCount);
  const chunks = field(object, "chunks", readList(readBytes));
  input.set(job, [...(input.get(job) ?? []), ...chunks]);
}

function readEnd(object: JsonObject): Pick<Recording, "end" | "trace" | "sha256"> {
  const events = field(object, "events", readCount);
  const sha256 = field(object, "sha256", readString);
  const trace = unpackTrace(field(object, "trace", readString));
  if (trace.length !== events) {
    throw new Malformed(`the trace has ${trace.length} events, not ${events}`);
  }
  if (hashOfLines(trace) !== sha256) throw new Malformed("the trace does not have its hash");
  return { end: field(object, "end", readCount), trace, sha256 };
}

function unpackTrace(base64: string): readonly string[] {
  let bytes: Buffer;
  try {
    bytes = gunzipSync(Buffer.from(base64, "base64"));
  } catch {
    throw new Malformed("the trace cannot be unpacked");
  }
  const lines: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(newline, at);
    if (end < 0) throw new Malformed("the trace ends within a line");
    lines.push(bytes.toString("utf8", at, end));
    at = end + 1;
  }
  return lines;
}

/** Commands are numbered from 0 in the order of their times, and jobs from 1 in theirs. */
function checkOrder({ commands, end }: Recording, name: string): void {
  const wrong = (n: number, what: string): UsageError =>
    new UsageError(`${name}: the recording is damaged: command ${n} ${what}`);
  let [time, jobs] = [0, 0];
  for (const [index, { number, time: at, command }] of commands.entries()) {
    if (number !== index) throw wrong(number, `stands where command ${index} should`);
    if (at < time) throw wrong(number, "comes before the one in front of it");
    if (at > end) throw wrong(number, "comes after the end");
    time = at;
    if (command.do !== "order" || command.message.op !== "control.spawn") continue;
    const { job } = command.message.body as { readonly job?: number };
    if (job !== ++jobs) throw wrong(number, `starts job ${job}, where job ${jobs} should come`);
  }
}
