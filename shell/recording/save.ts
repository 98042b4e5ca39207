// Writes the recording of a session to a file of this machine, and reads one.

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import {
  readRecording,
  type Recording,
  takeRecording,
  writeRecording,
} from "../../cluster/index.ts";
import { refuseMachineFile } from "../exit-status.ts";
import type { Session } from "../language/session.ts";
import { traceHeader } from "../trace-header.ts";
import { writeSession } from "./session-part.ts";
import { sojournVersion } from "./version.ts";

/** Found out before the run and not after it: that the file cannot be written. */
export function createSaveFile(path: string): void {
  try {
    closeSync(openSync(path, "w"));
  } catch (error) {
    throw refuseMachineFile("write", path, error);
  }
}

export interface SaveOptions {
  /** The first line of the trace; default: that of a run without a program. */
  readonly header?: string;
}

/**
 * Saves what has happened up to now; no virtual time passes. Throws a `Refusal` if the file cannot
 * be written, and `UsageError` if the cluster has not kept what a recording needs.
 */
export async function saveRecording(
  session: Session,
  path: string,
  { header = traceHeader(session.settings, { sha256: "", args: [] }) }: SaveOptions = {},
): Promise<Recording> {
  const recording = await takeRecording(session.cluster, {
    version: sojournVersion(),
    session: writeSession(session, header),
  });
  // Whatever may be refused has been refused before the file is touched.
  const pieces = writeRecording(recording);
  const first = pieces.next();
  try {
    const file = openSync(path, "w");
    try {
      if (first.value !== undefined) writeAll(file, first.value);
      for (const piece of pieces) writeAll(file, piece);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw refuseMachineFile("write", path, error);
  }
  return recording;
}

/** The system may take less at once than it is given. */
function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** Throws a `Refusal` for a file that cannot be read, `UsageError` for one that is no recording. */
export function loadRecording(path: string): Recording {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw refuseMachineFile("read", path, error);
  }
  return readRecording(bytes, path, sojournVersion());
}
