// Ctrl-C, SIGTERM, and a reader of our output that has gone: what was asked for, and who is to stop.
//
// A command that can stop in order says how with `onStop`. It is given a moment; then the process
// ends anyhow, workers and all. A command that says nothing is ended at once.

import { codeOf, exitStatus, refuseMachineFile, say } from "./exit-status.ts";

export interface StopRequest {
  readonly status: number;
  readonly line: string;
}

/** Under the second within which Ctrl-C is promised to be answered. */
const patienceMs = 700;

let requested: StopRequest | null = null;
let told = false;
let stop: (() => void) | null = null;

/** What made us stop, if anything did. */
export function stopRequested(): StopRequest | null {
  return requested;
}

/** Says why we stopped; once, whoever comes to it first. */
export function tellStop(): void {
  if (requested === null || told) return;
  told = true;
  say(requested.line);
}

/** Says how to stop in order; null when the command has ended. Returns what held before. */
export function onStop(handler: (() => void) | null): (() => void) | null {
  const before = stop;
  stop = handler;
  return before;
}

/** Only the first request counts. */
export function requestStop(request: StopRequest): void {
  if (requested !== null) return;
  requested = request;
  if (stop === null) return leave(request);
  setTimeout(() => leave(request), patienceMs).unref();
  stop();
}

/** Ends the process at once. Worker threads end with it. */
function leave({ status }: StopRequest): void {
  tellStop();
  process.exit(status);
}

export function watchInterrupts(): void {
  process.on("SIGINT", () => {
    requestStop({ status: exitStatus.interrupted, line: "interrupted" });
  });
  process.on("SIGTERM", () => {
    requestStop({ status: exitStatus.terminated, line: "terminated" });
  });
  process.stdout.on("error", onOutputError);
  // Who closed standard error cannot be told anything.
  process.stderr.on("error", () => {});
}

/** For errors of writing to standard output, whether they come at once or later. */
export function onOutputError(error: unknown): void {
  if (codeOf(error) === "EPIPE") {
    requestStop({ status: exitStatus.outputClosed, line: "standard output was closed" });
    return;
  }
  const { status, message } = refuseMachineFile("write", "standard output", error);
  requestStop({ status, line: message });
}
