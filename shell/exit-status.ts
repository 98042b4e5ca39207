// How sojourn ends: its own exit statuses, and the one line on standard error that goes with each.

import { UsageError } from "../cluster/index.ts";
import { outputIsMuted } from "./diversion.ts";

/** Besides these: the program's own status, and 128 + signal. Part of the interface. */
export const exitStatus = {
  ok: 0,
  /** An expectation or a checker failed. */
  failed: 1,
  /** Bad usage, or a program that cannot be run. */
  usage: 64,
  /** Our bug. */
  internal: 70,
  /** A file of this machine cannot be read or written. */
  machineFile: 74,
  /** No task can ever run again. */
  deadlock: 75,
  /** --max-time or --max-instructions. */
  spent: 124,
  /** Ctrl-C. */
  interrupted: 130,
  /** A page that the task needed died with its host. */
  pageLost: 135,
  /** The task died with its host. */
  hostLost: 137,
  /** Whoever read our output has gone. */
  outputClosed: 141,
  terminated: 143,
} as const;

/** An end that has nothing to do with the program: thrown wherever it is found. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, line: string) {
    super(line);
    this.status = status;
  }
}

export function refuseUsage(line: string): Refusal {
  return new Refusal(exitStatus.usage, line);
}

/** For what `node:fs` throws: one line with the path and the reason in words. */
export function refuseMachineFile(doing: string, path: string, error: unknown): Refusal {
  return new Refusal(exitStatus.machineFile, `cannot ${doing} ${path}: ${reasonOf(error)}`);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EISDIR: "it is a folder",
  EEXIST: "something else is there",
  ENOTDIR: "not a folder",
  ENOSPC: "no space left",
  EROFS: "a read-only file system",
  ELOOP: "too many links",
  EIO: "input or output error",
};

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return reasons[code] ?? (code === "" ? String(error) : code);
}

/** The name of a machine error, as in ENOENT; empty for any other. */
export function codeOf(error: unknown): string {
  const isMachine = error instanceof Error && "code" in error && typeof error.code === "string";
  return isMachine ? String(error.code) : "";
}

/** What to tell of an error that ended a command, and with which status. */
export function endingOf(error: unknown): { readonly status: number; readonly line: string } {
  if (error instanceof Refusal) return { status: error.status, line: error.message };
  if (error instanceof UsageError) return { status: exitStatus.usage, line: error.message };
  const what = error instanceof Error ? error.message : String(error);
  return { status: exitStatus.internal, line: `internal error: ${what.split("\n", 1)[0]}` };
}

/** One line of ours. Standard error may be closed: then there is nobody to tell. */
export function say(line: string): void {
  if (outputIsMuted()) return;
  try {
    process.stderr.write(`sojourn: ${line.replaceAll("\n", " ")}\n`);
  } catch {
    // Nobody listens.
  }
}
