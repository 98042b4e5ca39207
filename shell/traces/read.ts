// Traces from files of this machine: line after line, so that a long one never stands in memory as a
// whole text. A recording holds a trace too, packed in its last line.
//
//   header?  event  event  event …        a trace
//   header   command … input … end        a recording: {"end":…,"trace":"base64 of gzip"}

import { closeSync, openSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { refuseMachineFile, refuseUsage } from "../exit-status.ts";
import { isHeader, parseEvent, type TraceEvent } from "./event.ts";
import { parseRecord } from "../json.ts";

export interface ReadTrace {
  /** The first line, or null. */
  readonly header: string | null;
  readonly events: Iterable<TraceEvent>;
}

/** Reads the events as they are asked for. Throws a `Refusal` that names file and line. */
export function openTrace(path: string): ReadTrace {
  const lines = linesOf(path);
  const first = lines.next();
  if (first.done) throw refuseUsage(`${path}: not a trace: it is empty`);
  if (first.value.startsWith('{"sojourn-recording":')) return unpackRecording(path, lines);
  return traceOf(path, first.value, lines);
}

/** A trace from lines that are in memory: `name` stands for the file in errors. */
export function readLines(name: string, lines: Iterable<string>): ReadTrace {
  const rest = lines[Symbol.iterator]();
  const first = rest.next();
  if (first.done) return { header: null, events: [] };
  return traceOf(name, first.value, rest);
}

function traceOf(path: string, first: string, rest: Iterator<string>): ReadTrace {
  const header = isHeader(first) ? first : null;
  return { header, events: eventsOf(path, header === null ? first : null, rest) };
}

function* eventsOf(
  path: string,
  first: string | null,
  rest: Iterator<string>,
): Generator<TraceEvent> {
  let number = 1;
  let before: TraceEvent | null = null;
  let next = first === null ? step() : { line: first };
  for (; next; next = step()) {
    const event = parseEvent(next.line);
    if (!event) throw refuseLine(path, number, next.line);
    if (before && event.at < before.at) {
      throw refuseUsage(
        `${path}:${number}: out of order: at ${event.at} after ${before.at}; a trace is sorted by time`,
      );
    }
    yield event;
    before = event;
  }

  function step(): { readonly line: string } | undefined {
    number++;
    const result = rest.next();
    return result.done ? undefined : { line: result.value };
  }
}

function refuseLine(path: string, number: number, line: string): Error {
  const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  const what = shown === "" ? "an empty line" : JSON.stringify(shown);
  return refuseUsage(
    `${path}:${number}: expected an event, as in {"at":…,"host":"h1","seq":…,"event":"msg.send",…}, got ${what}`,
  );
}

function unpackRecording(path: string, lines: Iterator<string>): ReadTrace {
  let last = "";
  for (let next = lines.next(); !next.done; next = lines.next()) last = next.value;
  const packed = parseRecord(last)?.["trace"];
  if (typeof packed !== "string") {
    throw refuseUsage(`${path}: this recording has no trace in its last line: it is cut short`);
  }
  let text: string;
  try {
    text = gunzipSync(Buffer.from(packed, "base64")).toString("utf8");
  } catch {
    throw refuseUsage(`${path}: the trace of this recording cannot be unpacked: it is damaged`);
  }
  return readLines(`${path} (its trace)`, linesOfText(text));
}

function* linesOfText(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\n", from);
    yield text.slice(from, end < 0 ? text.length : end);
    from = end < 0 ? text.length : end + 1;
  }
}

const chunkBytes = 1 << 16;
const streaming = { stream: true };

/** The lines of a file; a last line without an end counts. `-` is standard input. */
function* linesOf(path: string): Generator<string> {
  const file = path === "-" ? 0 : open(path);
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(chunkBytes);
  // The pieces of a line whose end has not come: one line may be most of the file.
  let pieces: string[] = [];
  try {
    for (let count = read(file, chunk, path); count > 0; count = read(file, chunk, path)) {
      const [head = "", ...lines] = decoder.decode(chunk.subarray(0, count), streaming).split("\n");
      pieces.push(head);
      if (lines.length === 0) continue;
      yield pieces.join("");
      pieces = [lines.pop() ?? ""];
      yield* lines;
    }
    const rest = pieces.join("") + decoder.decode();
    if (rest !== "") yield rest;
  } finally {
    if (file !== 0) closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw refuseMachineFile("read", path, error);
  }
}

function read(file: number, chunk: Uint8Array, path: string): number {
  try {
    return readSync(file, chunk, 0, chunk.length, null);
  } catch (error) {
    throw refuseMachineFile("read", path, error);
  }
}
